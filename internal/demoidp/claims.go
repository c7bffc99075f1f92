package demoidp

import (
	"slices"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/text/language"
)

// Academic claims, named as in the REFEDS mapping of SCHAC and eduPerson to
// OpenID Connect. Each is also a scope of its own.
const (
	claimHome        = "schac_home_organization"
	claimAffiliation = "eduperson_scoped_affiliation"
	claimUniqueCode  = "schac_personal_unique_code"
	claimAssurance   = "eduperson_assurance"
)

var (
	academicClaims  = []string{claimHome, claimAffiliation, claimUniqueCode, claimAssurance}
	supportedClaims = append([]string{
		"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp",
		"name", "given_name", "family_name", "locale", "email", "email_verified",
	}, academicClaims...)
)

// describe fills in what the client learns of the person, in the ID token and
// from userinfo alike. Names and e-mail follow the scopes; the academic claims
// are always there, as from a university that has agreed to release them to
// this client.
func (s *store) describe(info *oidc.UserInfo, g *grant) {
	p := g.person
	info.Subject = p.Subject
	if slices.Contains(g.scopes, oidc.ScopeProfile) {
		info.Name, info.GivenName, info.FamilyName = p.Name(), p.GivenName, p.FamilyName
		info.Locale = oidc.NewLocale(language.Make(s.realm.Language))
	}
	if slices.Contains(g.scopes, oidc.ScopeEmail) && p.Email != "" {
		info.Email, info.EmailVerified = p.Email, true
	}
	info.AppendClaims(claimHome, s.realm.Domain)
	if len(p.Affiliations) > 0 {
		scoped := make([]string, len(p.Affiliations))
		for i, a := range p.Affiliations {
			scoped[i] = a + "@" + s.realm.Domain
		}
		info.AppendClaims(claimAffiliation, scoped)
	}
	if p.ESI != "" {
		info.AppendClaims(claimUniqueCode, []string{p.ESI})
	}
	if len(p.Assurance) > 0 {
		info.AppendClaims(claimAssurance, p.Assurance)
	}
}
