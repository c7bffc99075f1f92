package oidcrp

import (
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
)

// Attributes that a provider asserts, by the names that they have in the
// registry.
const (
	home        = "home"
	affiliation = "affiliation"
	givenName   = "given_name"
	familyName  = "family_name"
	fullName    = "name"
	email       = "email"
	esi         = "esi"
	locale      = "language"
	assurance   = "assurance"
	entitlement = "entitlement"
	external    = "external_affiliation" // with the home, as a proxy passes it on
)

// spelling says which claims tell an attribute; the first that is there counts.
type spelling map[string][]string

// standard claims are spelt alike everywhere (OpenID Connect Core, section 5.1).
var standard = spelling{
	givenName: {"given_name"}, familyName: {"family_name"}, fullName: {"name"}, email: {"email"}, locale: {"locale", "preferred_language"},
}

// spellings are those of federations.
//
// Source: REFEDS mapping of SCHAC and eduPerson to OpenID Connect and AARC-G069
// (REFEDS), the claims of SURFconext (SURF), and the attributes' own names as
// many providers send them (CAMEL).
var spellings = map[provider.Claims]spelling{
	provider.ClaimsREFEDS: {
		home: {"schac_home_organization"}, affiliation: {"eduperson_scoped_affiliation"}, external: {"voperson_external_affiliation"},
		esi: {"schac_personal_unique_code"}, assurance: {"eduperson_assurance"}, entitlement: {"eduperson_entitlement", "entitlements"},
	},
	provider.ClaimsSURF: {
		home: {"schac_home_organization"}, affiliation: {"edu_person_scoped_affiliations"}, external: {"voperson_external_affiliation"},
		esi: {"schac_personal_unique_codes"}, assurance: {"edu_person_assurances", "eduperson_assurance"}, entitlement: {"edu_person_entitlements"},
	},
	provider.ClaimsCAMEL: {
		home: {"schacHomeOrganization"}, affiliation: {"eduPersonScopedAffiliation"}, external: {"vopersonExternalAffiliation"},
		esi: {"schacPersonalUniqueCode"}, assurance: {"eduPersonAssurance"}, entitlement: {"eduPersonEntitlement"},
		givenName: {"givenName", "given_name"}, familyName: {"familyName", "sn", "family_name"}, fullName: {"displayName", "name"}, email: {"mail", "email"},
		locale: {"preferredLanguage", "locale"},
	},
}

// spellingOf returns how a provider spells its claims. A proxy tells the
// affiliation with the home apart from the one with itself.
func spellingOf(row *ent.Provider) spelling {
	s := spelling{}
	for _, names := range []spelling{standard, spellings[row.Claims]} {
		for attribute, claims := range names {
			s[attribute] = claims
		}
	}
	for attribute, claim := range row.ClaimNames {
		if slices.Contains(registry.Attributes, attribute) && !slices.Contains(registry.Protected, claim) {
			s[attribute] = []string{claim}
		}
	}
	if row.Mode == provider.ModePROXY {
		s[affiliation] = s[external]
	}
	delete(s, external)
	return s
}
