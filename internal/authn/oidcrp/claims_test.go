package oidcrp_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/profile"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// hannover is a party whose first provider speaks for uni-hannover.de, where the
// cases from practice come from.
func hannover(t *testing.T) *party {
	p := newParty(t)
	p.db.Client.ProviderHome.Delete().ExecX(p.system())
	row := p.db.Client.Provider.Query().FirstX(p.system())
	p.db.Client.ProviderHome.Create().SetProviderID(row.ID).SetInstitutionID(p.homes["uni-s.example"]).SetDomain("uni-hannover.de").ExecX(p.system())
	return p
}

// says has the provider say these claims, and nothing else of the person.
func says(claims map[string]any) func(map[string]any) {
	return func(token map[string]any) {
		for _, name := range []string{"given_name", "family_name", "name", "email", "schac_home_organization", "eduperson_scoped_affiliation", "schac_personal_unique_code", "eduperson_assurance"} {
			delete(token, name)
		}
		for name, value := range claims {
			token[name] = value
		}
	}
}

func read[T any](t *testing.T, file string) (v T) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

type claimCase struct {
	Case   string
	Claims map[string]any
}

// profileOf signs in and returns what is known of the person.
func (p *party) profileOf() *ent.Profile {
	p.t.Helper()
	return p.db.Client.Profile.Query().Where(profile.PersonID(p.signedIn().PersonID)).OnlyX(p.system())
}

// A person with one name, or with none that the provider tells, is called so,
// without a blank for what is missing.
func TestClaimsWithOneName(t *testing.T) {
	for _, c := range read[[]claimCase](t, "claims-single-name.json") {
		t.Run(c.Case, func(t *testing.T) {
			p := hannover(t)
			p.fake.claims = says(c.Claims)
			want := "Exampleton"
			if c.Case == "no name at all" {
				want = ""
			}
			if got := learner.FullName(p.profileOf()); got != want {
				t.Errorf("called %q", got)
			}
		})
	}
}

// Domain names are compared without regard to the case of ASCII letters, and
// nothing else counts as equal: no suffix, no look-alike, no blank.
func TestClaimsInCapitals(t *testing.T) {
	cases := read[[]claimCase](t, "claims-upper-case.json")
	for _, c := range cases {
		t.Run(c.Case, func(t *testing.T) {
			p := hannover(t)
			p.fake.claims = says(c.Claims)
			person := p.signedIn().PersonID
			got := p.db.Client.Affiliation.Query().Where(affiliation.PersonID(person)).OnlyX(p.system())
			if got.Kind != affiliation.KindSTUDENT || got.InstitutionID != p.homes["uni-s.example"] {
				t.Errorf("affiliated as %v", got)
			}
		})
	}
	for _, other := range []string{"uni-hannover.de ", "x.uni-hannover.de", "uni-hannover.de.example", "unı-hannover.de", "uni-hannover.de\u212a", "uni‑hannover.de"} {
		p := hannover(t)
		p.fake.claims = says(cases[0].Claims)
		with := p.fake.claims
		p.fake.claims = func(token map[string]any) { with(token); token["eduperson_scoped_affiliation"] = "student@" + other }
		person := p.signedIn().PersonID
		if got := p.db.Client.Affiliation.Query().Where(affiliation.PersonID(person)).OnlyX(p.system()); got.Kind != affiliation.KindAFFILIATE {
			t.Errorf("student@%q counts as %s", other, got.Kind)
		}
		p = hannover(t)
		p.fake.claims = func(token map[string]any) { with(token); token["schac_home_organization"] = other }
		if p.signIn() {
			t.Errorf("%q counts as home", other)
		}
	}
}

// What only userinfo tells is asked for, be it no more than one attribute.
func TestClaimsInUserinfo(t *testing.T) {
	c := read[struct{ IDToken, UserInfo map[string]any }](t, "claims-esi-in-userinfo.json")
	p := hannover(t)
	p.fake.claims, p.fake.userinfo = says(c.IDToken), c.UserInfo
	person := p.profileOf()
	if got := vocab.OrZero(person.Esi); got != "urn:schac:personalUniqueCode:int:esi:uni-hannover.de:0000000013" {
		t.Errorf("the student identifier is %q", got)
	}
	if got := p.db.Client.Identity.Query().OnlyX(p.system()).Assurance; !slices.Equal(got, []string{"https://refeds.org/assurance/IAP/medium"}) {
		t.Errorf("the assurance is %v", got)
	}
}
