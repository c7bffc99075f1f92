package oidcrp

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/learner"
)

// The names of claims differ by federation: REFEDS and MyAcademicID, SURFconext,
// and providers that write camel case. The first that is there counts.
var (
	homeNames        = []string{"schac_home_organization", "schacHomeOrganization"}
	esiNames         = []string{"schac_personal_unique_code", "schac_personal_unique_codes", "schacPersonalUniqueCode"}
	affiliationNames = []string{"eduperson_scoped_affiliation", "edu_person_scoped_affiliations", "eduPersonScopedAffiliation"}
	proxiedNames     = []string{"voperson_external_affiliation", "vopersonExternalAffiliation"}
)

// The eduPerson vocabulary of affiliations.
var vocabulary = []string{"faculty", "student", "staff", "alum", "member", "affiliate", "employee", "library-walk-in"}

// Accounts that GÉANT reserves for tests of the proxies and asks services not
// to let in.
var reserved = []string{"test@myacademicid.org", "test@erasmus.eduteams.org"}

// maxValues bounds the values of one claim.
const maxValues = 200

type claims map[string]any

// texts returns the values of the first claim that is there, be it one text or
// many. What is no text is dropped.
func (c claims) texts(names ...string) []string {
	for _, name := range names {
		var all []string
		switch v := c[name].(type) {
		case string:
			all = []string{v}
		case []any:
			for _, item := range v[:min(len(v), maxValues)] {
				if s, ok := item.(string); ok {
					all = append(all, s)
				}
			}
		}
		if len(all) > 0 {
			return all
		}
	}
	return nil
}

func (c claims) text(names ...string) string {
	if all := c.texts(names...); len(all) > 0 && len(all[0]) <= 1024 {
		return all[0]
	}
	return ""
}

// claims returns what the ID token says, with what only userinfo says. Userinfo
// about somebody else ends the sign-in, and never overrides the token.
func (rp *RelyingParty) claims(ctx context.Context, p *known, id *oidc.IDToken, token *oauth2.Token) (claims, error) {
	said := claims{}
	if err := id.Claims(&said); err != nil {
		return nil, err
	}
	complete := said.text(homeNames...) != "" && said.texts(slices.Concat(affiliationNames, proxiedNames)...) != nil
	if complete && p.row.Mode != provider.ModePROXY || p.discovered.UserInfoEndpoint() == "" {
		return said, nil
	}
	info, err := p.discovered.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, err
	}
	if info.Subject != id.Subject {
		return nil, errors.New("userinfo is about another subject")
	}
	more := claims{}
	if err := info.Claims(&more); err != nil {
		return nil, err
	}
	for name, value := range more {
		if _, have := said[name]; !have {
			said[name] = value
		}
	}
	return said, nil
}

// assertion applies the scope rule: a provider speaks only for the homes that
// are registered for it, and affiliations count only with that very home.
func (rp *RelyingParty) assertion(p *known, id *oidc.IDToken, c claims) (learner.Assertion, Cause, error) {
	var none learner.Assertion
	for _, name := range []string{"sub", "voperson_id", "eduperson_principal_name", "email"} {
		if slices.Contains(reserved, strings.ToLower(c.text(name))) {
			return none, RefusedAccount, errors.New("a reserved test account")
		}
	}
	domain, institution, err := p.homeOf(c)
	if err != nil {
		return none, ForeignHome, err
	}
	names := affiliationNames
	if p.row.Mode == provider.ModePROXY {
		names = proxiedNames
	}
	a := learner.Assertion{
		ProviderID: p.row.ID, Issuer: p.row.Issuer, Subject: id.Subject, InstitutionID: institution,
		GivenName: c.text("given_name", "givenName"), FamilyName: c.text("family_name", "familyName"), Email: c.text("email"),
		ESI: c.text(esiNames...), Language: c.text("locale", "preferred_language"), ACR: c.text("acr"), AuthTime: rp.Now(),
	}
	if a.GivenName == "" && a.FamilyName == "" {
		a.FamilyName = c.text("name")
	}
	for _, value := range c.texts(names...) {
		kind, scope, ok := strings.Cut(strings.ToLower(value), "@")
		if ok && scope == domain && slices.Contains(vocabulary, kind) {
			a.Affiliations = append(a.Affiliations, kind)
		}
	}
	if len(a.Affiliations) == 0 {
		a.Affiliations = []string{"affiliate"} // home knows them, and says no more
	}
	return a, "", nil
}

// homeOf returns the home organisation that the claims name, if the provider
// may assert it. A direct provider with one home need not name it.
func (p *known) homeOf(c claims) (string, ident.ID, error) {
	values := c.texts(homeNames...)
	if len(values) == 0 && p.row.Mode == provider.ModeDIRECT && len(p.homes) == 1 {
		for domain, institution := range p.homes {
			return domain, institution, nil
		}
	}
	if len(values) != 1 {
		return "", "", errors.New("not exactly one home organisation is named")
	}
	institution, ok := p.homes[values[0]]
	if !ok {
		return "", "", errors.New("the provider may not speak for that home organisation")
	}
	return values[0], institution, nil
}
