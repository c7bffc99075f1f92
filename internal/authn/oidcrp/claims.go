package oidcrp

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

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
	givenNames       = []string{"given_name", "givenName"}
	familyNames      = []string{"family_name", "familyName"}
	esiNames         = []string{"schac_personal_unique_code", "schac_personal_unique_codes", "schacPersonalUniqueCode"}
	affiliationNames = []string{"eduperson_scoped_affiliation", "edu_person_scoped_affiliations", "eduPersonScopedAffiliation"}
	proxiedNames     = []string{"voperson_external_affiliation", "vopersonExternalAffiliation"}
)

// spellings lists the names of one thing, so that userinfo does not override
// by another spelling.
var spellings = [][]string{homeNames, esiNames, affiliationNames, proxiedNames, givenNames, familyNames}

// protected claims are the ID token's alone: they say who signed in, how and
// for whom.
var protected = []string{"iss", "sub", "aud", "azp", "nonce", "acr", "amr", "auth_time", "sid", "exp", "iat", "nbf", "at_hash"}

// The eduPerson vocabulary of affiliations.
var vocabulary = []string{"faculty", "student", "staff", "alum", "member", "affiliate", "employee", "library-walk-in"}

// Accounts that GÉANT reserves for tests of the proxies and asks services not
// to let in.
var reserved = []string{"test@myacademicid.org", "test@erasmus.eduteams.org"}

// accountNames are the claims in which such an account may show itself.
var accountNames = []string{"sub", "voperson_id", "vopersonId", "eduperson_principal_name", "edu_person_principal_names",
	"eduPersonPrincipalName", "eduperson_unique_id", "eduPersonUniqueId", "uids", "email"}

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

// complete says whether userinfo could add what is needed here.
func (c claims) complete() bool {
	return c.texts(homeNames...) != nil && c.texts(affiliationNames...) != nil &&
		c.texts(slices.Concat(givenNames, familyNames, []string{"name"})...) != nil && c.texts("email") != nil
}

// claims returns what the ID token says, with what only userinfo says. Userinfo
// about somebody else ends the sign-in, and never overrides the token.
func (rp *RelyingParty) claims(ctx context.Context, p *known, id *oidc.IDToken, token *oauth2.Token) (claims, Cause, error) {
	said := claims{}
	if err := id.Claims(&said); err != nil {
		return nil, Misconfigured, err
	}
	if said.complete() && p.row.Mode != provider.ModePROXY || p.UserInfoEndpoint() == "" {
		return said, "", nil
	}
	info, err := p.Provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, ProviderDown, err
	}
	if info.Subject != id.Subject {
		return nil, Misconfigured, errors.New("userinfo is about another subject")
	}
	more := claims{}
	if err := info.Claims(&more); err != nil {
		return nil, Misconfigured, err
	}
	said.add(more)
	return said, "", nil
}

// add takes from more what c does not say in any spelling.
func (c claims) add(more claims) {
	for _, name := range protected {
		delete(more, name)
	}
	for _, names := range spellings {
		if c.texts(names...) != nil {
			for _, name := range names {
				delete(more, name)
			}
		}
	}
	for name, value := range more {
		if _, have := c[name]; !have {
			c[name] = value
		}
	}
}

// assertion applies the scope rule: a provider speaks only for the homes that
// are registered for it, and affiliations count only with that very home.
func (rp *RelyingParty) assertion(p *known, id *oidc.IDToken, c claims) (learner.Assertion, Cause, error) {
	var none learner.Assertion
	for _, name := range accountNames {
		for _, value := range c.texts(name) {
			if slices.Contains(reserved, strings.ToLower(strings.TrimSpace(value))) {
				return none, RefusedAccount, errors.New("a reserved test account")
			}
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
		GivenName: c.text(givenNames...), FamilyName: c.text(familyNames...), Email: c.text("email"),
		ESI: c.text(esiNames...), Language: c.text("locale", "preferred_language"), ACR: c.text("acr"), AuthTime: c.authenticated(rp.Now()),
	}
	if a.GivenName == "" && a.FamilyName == "" {
		a.FamilyName = c.text("name")
	}
	for _, value := range c.texts(names...) {
		kind, scope, _ := strings.Cut(value, "@")
		kind = strings.ToLower(kind)
		switch {
		case scope != domain || !slices.Contains(vocabulary, kind):
			a.Dropped++
		case !slices.Contains(a.Affiliations, kind):
			a.Affiliations = append(a.Affiliations, kind)
		}
	}
	if len(a.Affiliations) == 0 {
		a.Affiliations = []string{"affiliate"} // home knows them, and says no more
	}
	return a, "", nil
}

// authenticated is when somebody proved themselves to the provider, which may
// be long before this sign-in: now, unless the provider says otherwise.
func (c claims) authenticated(now time.Time) time.Time {
	seconds, ok := c["auth_time"].(float64)
	if !ok || seconds <= 0 || seconds > float64(now.Unix()) {
		return now
	}
	return time.Unix(int64(seconds), 0).UTC()
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
