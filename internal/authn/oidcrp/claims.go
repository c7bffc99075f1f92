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
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// The eduPerson vocabulary of affiliations.
var vocabulary = []string{"faculty", "student", "staff", "alum", "member", "affiliate", "employee", "library-walk-in"}

// Accounts that GÉANT reserves for tests of the proxies and asks services not
// to let in.
var reserved = []string{"test@myacademicid.org", "test@erasmus.eduteams.org"}

// accountNames are the claims in which such an account may show itself, however
// else the provider spells.
var accountNames = []string{"sub", "voperson_id", "vopersonId", "eduperson_principal_name", "edu_person_principal_name", "edu_person_principal_names",
	"eduPersonPrincipalName", "eduperson_unique_id", "eduPersonUniqueId", "uids", "email", "mail"}

// rafValues are those of the REFEDS Assurance Framework that are kept.
//
// Source: REFEDS Assurance Framework 2.0, section 4, with the profiles of 1.0.
var rafValues = []string{
	"https://refeds.org/assurance", "https://refeds.org/assurance/version/2",
	"https://refeds.org/assurance/ID/unique", "https://refeds.org/assurance/ID/eppn-unique-no-reassign", "https://refeds.org/assurance/ID/eppn-unique-reassign-1y",
	"https://refeds.org/assurance/IAP/low", "https://refeds.org/assurance/IAP/medium", "https://refeds.org/assurance/IAP/high", "https://refeds.org/assurance/IAP/local-enterprise",
	"https://refeds.org/assurance/ATP/ePA-1m", "https://refeds.org/assurance/ATP/ePA-1d",
	"https://refeds.org/assurance/profile/cappuccino", "https://refeds.org/assurance/profile/espresso",
}

// Bounds of claims.
const (
	maxValues    = 200
	maxValue     = 255 // bytes of one of many
	maxAssurance = 20
	maxMethods   = 20
)

// esiPrefix begins a European Student Identifier; other codes of a person stand
// in the same claim.
const esiPrefix = "urn:schac:personaluniquecode:int:esi:"

type claims map[string]any

// texts returns the values of the first claim that is there, be it one text or
// many. What is no text, or too long to mean anything, is dropped.
func (c claims) texts(names ...string) []string {
	for _, name := range names {
		var all []string
		keep := func(value any) {
			if s, ok := value.(string); ok && len(s) <= maxValue {
				all = append(all, s)
			}
		}
		switch v := c[name].(type) {
		case string:
			keep(v)
		case []any:
			for _, item := range v[:min(len(v), maxValues)] {
				keep(item)
			}
		}
		if len(all) > 0 {
			return all
		}
	}
	return nil
}

func (c claims) text(names ...string) string {
	if all := c.texts(names...); len(all) > 0 {
		return all[0]
	}
	return ""
}

// complete says whether every attribute that is used stands in c, so that
// userinfo could add nothing. Of the names, one says who somebody is.
func (c claims) complete(s spelling) bool {
	named := c.texts(slices.Concat(s[givenName], s[familyName], s[fullName])...) != nil
	for attribute, names := range s {
		isName := attribute == givenName || attribute == familyName || attribute == fullName
		if c.texts(names...) == nil && (!isName || !named) {
			return false
		}
	}
	return true
}

// claims returns what the ID token says, with what only userinfo says. Userinfo
// about somebody else ends the sign-in, and never overrides the token.
func (rp *RelyingParty) claims(ctx context.Context, p *known, id *oidc.IDToken, token *oauth2.Token) (claims, Cause, error) {
	said := claims{}
	if err := id.Claims(&said); err != nil {
		return nil, Misconfigured, err
	}
	if said.complete(p.spelling) && p.row.Mode != provider.ModePROXY || p.UserInfoEndpoint() == "" {
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
	said.add(more, p.spelling)
	return said, "", nil
}

// add takes from more what c does not say, by whichever of an attribute's names.
func (c claims) add(more claims, s spelling) {
	for _, name := range registry.Protected {
		delete(more, name)
	}
	for _, names := range s {
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
// are registered for it, and affiliations count only with that very home. Both
// are domain names, so capitals of ASCII are the same; nothing else is.
//
// Source: SCHAC 1.6, schacHomeOrganization; eduPerson 202208,
// eduPersonScopedAffiliation.
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
	s := p.spelling
	a := learner.Assertion{
		ProviderID: p.row.ID, Issuer: p.row.Issuer, Subject: id.Subject, InstitutionID: institution,
		GivenName: c.text(s[givenName]...), FamilyName: c.text(s[familyName]...), Email: c.text(s[email]...),
		ESI: c.esi(s), Language: c.text(s[locale]...), Entitlements: c.texts(s[entitlement]...),
	}
	if a.GivenName == "" && a.FamilyName == "" {
		a.FamilyName = c.text(s[fullName]...)
	}
	for _, value := range c.texts(s[affiliation]...) {
		kind, scope, _ := strings.Cut(vocab.FoldASCII(value), "@")
		switch {
		case scope != domain || !slices.Contains(vocabulary, kind):
			a.Dropped++
		case !slices.Contains(a.Affiliations, kind):
			a.Affiliations = append(a.Affiliations, kind)
		}
	}
	for _, value := range c.texts(s[assurance]...) {
		if slices.Contains(rafValues, value) && !slices.Contains(a.Assurance, value) && len(a.Assurance) < maxAssurance {
			a.Assurance = append(a.Assurance, value)
		}
	}
	return a, "", nil
}

// esi returns the European Student Identifier as it is asserted, or "".
func (c claims) esi(s spelling) string {
	for _, value := range c.texts(s[esi]...) {
		if len(value) > len(esiPrefix) && strings.EqualFold(value[:len(esiPrefix)], esiPrefix) {
			return value
		}
	}
	return ""
}

// acr returns the level of authentication, as REFEDS calls it where the
// registry knows what the provider calls it.
func (p *known) acr(c claims) string {
	said, _ := c["acr"].(string)
	for profile, own := range p.row.AcrValues {
		if own != "" && own == said {
			return profile
		}
	}
	return vocab.Clean(maxValue, said)
}

// own returns what the provider calls a level of REFEDS.
func (p *known) own(profile string) string {
	if own := p.row.AcrValues[profile]; own != "" {
		return own
	}
	return profile
}

// amr returns how somebody proved themselves.
func (c claims) amr() []string {
	all := c.texts("amr")
	return all[:min(len(all), maxMethods)]
}

// sid returns the provider's name of its session, or "" for none or one that is
// too long to be found again.
func (c claims) sid() string {
	if sid, ok := c["sid"].(string); ok && len(sid) <= maxValue {
		return sid
	}
	return ""
}

// authenticated returns when somebody proved themselves to the provider, which
// may be long before this sign-in, or nil when it does not say, or names a
// moment to come: unknown is not fresh.
func (c claims) authenticated(now time.Time) *time.Time {
	seconds, ok := c["auth_time"].(float64)
	if !ok || seconds <= 0 || seconds > float64(now.Add(skew).Unix()) {
		return nil
	}
	at := time.Unix(int64(seconds), 0).UTC()
	if at.After(now) { // by its clock
		at = now
	}
	return &at
}

// homeOf returns the home organisation that the claims name, if the provider
// may assert it. A direct provider with one home need not name it.
func (p *known) homeOf(c claims) (string, ident.ID, error) {
	values := c.texts(p.spelling[home]...)
	said := slices.ContainsFunc(p.spelling[home], func(name string) bool { return c[name] != nil })
	if !said && p.row.Mode == provider.ModeDIRECT && len(p.homes) == 1 {
		for domain, institution := range p.homes {
			return domain, institution, nil
		}
	}
	if len(values) != 1 {
		return "", "", errors.New("not exactly one home organisation is named")
	}
	domain := vocab.FoldASCII(values[0])
	institution, ok := p.homes[domain]
	if !ok {
		return "", "", errors.New("the provider may not speak for that home organisation")
	}
	return domain, institution, nil
}
