package learner_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/profile"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/ent/rolerule"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// house is an institution with an administrator and a rule that makes its staff
// registrars.
type house struct {
	*testing.T
	db       *ent.Client
	now      time.Time
	system   context.Context
	admin    context.Context
	learners *learner.Service
	roles    *role.Service
	places   *institution.Service
	inst     ident.ID
	provider *ent.Provider
	rule     *ent.RoleRule
}

func newHouse(t *testing.T, opts ...testkit.Option) *house {
	t.Helper()
	h := &house{T: t, db: testkit.Database(t, opts...).Client, now: time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC)}
	h.system = viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.System})
	clock := func() time.Time { return h.now }
	h.learners, h.roles, h.places = &learner.Service{DB: h.db, Now: clock}, &role.Service{DB: h.db, Now: clock}, &institution.Service{DB: h.db, Now: clock}
	a, err := h.places.Found(h.system, institution.Founding{Slug: "test", Name: vocab.Text{"en": "Test"}, Bounds: institution.DefaultBounds})
	h.must(err)
	inst, err := h.places.Admit(h.system, institution.Admission{AllianceID: a.ID, Part: membership.PartMEMBER, Details: institution.Details{
		SCHAC: "uni-s.example", Name: vocab.Text{"en": "S"}, Country: "DE", Zone: "Europe/Berlin"}})
	h.must(err)
	h.inst = inst.ID
	h.provider, err = (&registry.Service{DB: h.db, Now: clock}).Register(
		h.system,
		registry.Proposal{Key: "s", Issuer: "https://idp.uni-s.example", ClientID: "c", ClientSecretRef: new("env:X"),
			Mode: provider.ModeDIRECT, Scopes: []string{"openid"}, Homes: []registry.Home{{Domain: "uni-s.example", InstitutionID: inst.ID}}},
	)
	h.must(err)
	h.admin = h.as(h.db.Person.Create().SetSignedInAt(h.now).SaveX(h.system).ID, viewer.Grant{Role: viewer.Administrator, At: h.inst})
	h.rule = h.makeRule(nil)
	return h
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) as(person ident.ID, grants ...viewer.Grant) context.Context {
	return viewer.With(h.Context(), &viewer.Viewer{Kind: viewer.Person, PersonID: person, Grants: grants})
}

func (h *house) makeRule(unit *ident.ID) *ent.RoleRule {
	h.Helper()
	held := viewer.Registrar
	if unit != nil {
		held = viewer.CourseEditor
	}
	r, err := h.roles.MakeRule(
		h.admin,
		role.NewRule{InstitutionID: h.inst, Attribute: rolerule.AttributeEDUPERSON_AFFILIATION, Value: "staff", Role: held, UnitID: unit, Months: 12},
	)
	h.must(err)
	return r
}

func (h *house) said(subject string, affiliations ...string) learner.Assertion {
	return learner.Assertion{ProviderID: h.provider.ID, Issuer: h.provider.Issuer, Subject: subject, GivenName: "Sam", InstitutionID: h.inst, Affiliations: affiliations}
}

func (h *house) signIn(subject string, affiliations ...string) *ent.Identity {
	h.Helper()
	id, err := h.learners.SignIn(h.system, h.said(subject, affiliations...))
	h.must(err)
	return id
}

// held counts the roles of a person by rule that hold.
func (h *house) held(person ident.ID) int {
	return h.db.RoleGrant.Query().Where(rolegrant.PersonID(person), rolegrant.RuleIDNotNil(), rolegrant.ValidUntilGT(h.now)).CountX(h.system)
}

// atOnce runs all at the same moment.
func atOnce(all ...func() error) []error {
	errs := make([]error, len(all))
	var group sync.WaitGroup
	start := make(chan struct{})
	for i, fn := range all {
		group.Go(func() { <-start; errs[i] = fn() })
	}
	close(start)
	group.Wait()
	return errs
}

// However often somebody signs in at the same moment, a rule gives its role
// once, and the sign-in at which the value is gone ends it: on every database.
func TestSignInsAtOnceGiveARoleOnce(t *testing.T) {
	h := newHouse(t)
	for round := range 5 {
		subject := fmt.Sprint("s-", round)
		person := h.signIn(subject, "student").PersonID
		var all []func() error
		for range 6 {
			all = append(all, func() error { _, err := h.learners.SignIn(h.system, h.said(subject, "staff")); return err })
		}
		h.must(errors.Join(atOnce(all...)...))
		if n := h.held(person); n != 1 {
			t.Errorf("round %d: %d roles", round, n)
		}
		h.signIn(subject, "student")
		if n := h.held(person); n != 0 {
			t.Errorf("round %d: %d roles are left without the value", round, n)
		}
	}
}

// A rule that ends while somebody signs in leaves them no role: on every database.
func TestRuleEndsWhileSomebodySignsIn(t *testing.T) {
	h := newHouse(t)
	for round := range 10 {
		var all []func() error
		for i := range 4 {
			subject := fmt.Sprint("s-", round, "-", i)
			h.signIn(subject, "student")
			all = append(all, func() error { _, err := h.learners.SignIn(h.system, h.said(subject, "staff")); return err })
		}
		rule := h.rule
		all = append(all, func() error {
			_, err := h.roles.EndRule(h.admin, role.RuleEnd{RoleRuleID: rule.ID, Reason: "By hand."})
			return err
		})
		h.must(errors.Join(atOnce(all...)...))
		if n := h.db.RoleGrant.Query().Where(rolegrant.RuleID(rule.ID), rolegrant.ValidUntilGT(h.now)).CountX(h.system); n != 0 {
			t.Fatalf("round %d: %d roles of a rule that has ended hold", round, n)
		}
		h.rule = h.makeRule(nil)
	}
}

// The same, with the rule's end in the very moment before the role is given.
func TestRuleEndsBeforeItsRoleIsGiven(t *testing.T) {
	var meanwhile func()
	h := newHouse(t, testkit.OnStatement(func(query string, _ any) {
		if fn := meanwhile; fn != nil && strings.HasPrefix(query, "INSERT INTO `role_grants`") {
			meanwhile = nil
			fn()
		}
	}))
	h.db.RoleRule.Update().SetEndedAt(h.now).ExecX(h.system)
	h.signIn("s-1", "staff") // so that the next sign-in makes no row that would hold the institution by itself
	h.rule = h.makeRule(nil)
	ended := make(chan error, 1)
	meanwhile = func() {
		go func() {
			_, err := h.roles.EndRule(h.admin, role.RuleEnd{RoleRuleID: h.rule.ID, Reason: "By hand."})
			ended <- err
		}()
		select {
		case err := <-ended:
			ended <- err
		case <-time.After(300 * time.Millisecond): // it waits for the sign-in
		}
	}
	person := h.signIn("s-1", "staff").PersonID
	h.must(<-ended)
	if n := h.held(person); n != 0 {
		t.Errorf("%d roles of a rule that has ended hold", n)
	}
}

// A role by rule that somebody has ended for a later day is not prolonged, and
// ends before that day when home no longer asserts the value.
func TestRoleThatEndsLaterLapsesBefore(t *testing.T) {
	h := newHouse(t)
	person := h.signIn("s-1", "staff").PersonID
	grant := h.db.RoleGrant.Query().OnlyX(h.system)
	later := h.now.AddDate(0, 3, 0)
	_, err := h.roles.End(h.admin, role.End{RoleGrantID: grant.ID, At: &later, Reason: "Moving on."})
	h.must(err)
	h.now = h.now.AddDate(0, 0, 2)
	h.signIn("s-1", "staff")
	if got := h.db.RoleGrant.Query().OnlyX(h.system); !got.ValidUntil.Equal(later) {
		t.Errorf("while it is asserted it holds until %s", got.ValidUntil)
	}
	h.signIn("s-1", "student")
	if n := h.held(person); n != 0 {
		t.Errorf("%d roles hold without the value", n)
	}
	h.signIn("s-1", "staff")
	if n := h.db.RoleGrant.Query().CountX(h.system); n != 1 {
		t.Errorf("what somebody ended is given again: %d roles", n)
	}
	if n := h.db.AuditEntry.Query().Where(auditentry.Verb("role.end")).CountX(h.system); n != 2 {
		t.Errorf("%d ends are on record", n)
	}
}

// A rule gives no role at a unit that is closed, as nobody can by hand.
func TestRuleGivesNothingAtAClosedUnit(t *testing.T) {
	h := newHouse(t)
	unit, err := h.places.AddUnit(h.admin, institution.NewUnit{InstitutionID: h.inst, Kind: "FACULTY", Key: "f1", Name: []vocab.Translation{{Language: "en", Text: "F"}}})
	h.must(err)
	rule := h.makeRule(&unit.ID)
	of := func(subject string) int {
		person := h.signIn(subject, "staff").PersonID
		return h.db.RoleGrant.Query().Where(rolegrant.PersonID(person), rolegrant.RuleID(rule.ID), rolegrant.ValidUntilGT(h.now)).CountX(h.system)
	}
	if n := of("before"); n != 1 {
		t.Errorf("%d roles at the open unit", n)
	}
	_, err = h.places.CloseUnit(h.admin, unit.ID)
	h.must(err)
	if n := of("after"); n != 0 {
		t.Errorf("%d roles at the closed unit", n)
	}
	until := h.db.RoleGrant.Query().Where(rolegrant.RuleID(rule.ID)).OnlyX(h.system).ValidUntil
	h.now = h.now.AddDate(0, 1, 0)
	of("before")
	if got := h.db.RoleGrant.Query().Where(rolegrant.RuleID(rule.ID)).OnlyX(h.system).ValidUntil; !got.Equal(*until) {
		t.Errorf("a role at a closed unit is prolonged to %s", got)
	}
}

// Two browsers of one person that unlink each other's account leave one: on
// every database.
func TestTwoWhoUnlinkLeaveOneAccount(t *testing.T) {
	h := newHouse(t)
	for round := range 10 {
		a := h.signIn(fmt.Sprint("a-", round), "student")
		b, err := h.learners.Link(h.as(a.PersonID), h.said(fmt.Sprint("b-", round), "student"))
		h.must(err)
		errs := atOnce(
			func() error { return h.learners.Unlink(h.as(a.PersonID), b.ID) },
			func() error { return h.learners.Unlink(h.as(a.PersonID), a.ID) },
		)
		left := h.db.Identity.Query().Where(identity.PersonID(a.PersonID)).CountX(h.system)
		if left != 1 || (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), problem.Is(problem.Conflict)) {
			t.Fatalf("round %d: %d accounts are left: %v", round, left, errs)
		}
	}
}

// A name has room for as many letters of every script, and what is longer is
// cut; nobody is kept out by their name or their language.
func TestNamesOfEveryScriptSignIn(t *testing.T) {
	h := newHouse(t)
	for i, letter := range []string{"a", "Ω", "Ж", "ა", "漢", "👩", "é"} {
		for _, n := range []int{60, 100, 300} {
			given := strings.Repeat(letter, n)
			account, err := h.learners.SignIn(h.system, learner.Assertion{
				ProviderID: h.provider.ID, Issuer: h.provider.Issuer, Subject: fmt.Sprint(i, "-", n), GivenName: given, FamilyName: given,
				Language: "de-DE-u-ca-gregory-co-phonebk-nu-latn-x-abcdefgh", InstitutionID: h.inst, Affiliations: []string{"student"},
			})
			if err != nil {
				t.Errorf("%d times %s: %v", n, letter, err)
				continue
			}
			p := h.db.Profile.Query().Where(profile.PersonID(account.PersonID)).OnlyX(h.system)
			if want := min(n, 100); utf8.RuneCountInString(p.GivenName) != want || p.FamilyName != p.GivenName || p.Language != "en" {
				t.Errorf("%d times %s became %d letters in %q", n, letter, utf8.RuneCountInString(p.GivenName), p.Language)
			}
		}
	}
}

// R16: what home asserted of an account at its last sign-in holds, and nothing
// else; what it says of another account of the person is untouched by that.
func TestR16AffiliationEndsWhenNoLongerAsserted(t *testing.T) {
	h := newHouse(t)
	holds := func(person ident.ID) (all []string) {
		for _, a := range h.db.Affiliation.Query().Where(affiliation.PersonID(person), affiliation.ExpiresAtGT(h.now)).Order(affiliation.ByID()).AllX(h.system) {
			all = append(all, string(a.Kind))
		}
		return all
	}
	person := h.signIn("s-1", "student", "staff").PersonID
	second, err := h.learners.Link(h.as(person), h.said("s-2", "student"))
	h.must(err)
	for _, step := range []struct {
		account string
		says    []string
		want    []string
	}{
		{"s-1", []string{"alum"}, []string{"STUDENT", "ALUM"}}, // the other account's
		{"s-2", nil, []string{"ALUM", "AFFILIATE"}},
		{"s-2", []string{"student"}, []string{"STUDENT", "ALUM"}}, // again
		{"s-1", []string{"alum"}, []string{"STUDENT", "ALUM"}},
	} {
		h.now = h.now.AddDate(0, 0, 1)
		h.signIn(step.account, step.says...)
		if got := holds(person); !slices.Equal(got, step.want) {
			t.Errorf("after %s says %v: %v", step.account, step.says, got)
		}
	}
	gone := h.db.Affiliation.Query().Where(affiliation.KindEQ(affiliation.KindSTAFF)).OnlyX(h.system)
	if !gone.ExpiresAt.After(gone.VerifiedAt) || gone.ExpiresAt.After(h.now) {
		t.Errorf("it says that it was asserted at %s and ended at %s", gone.VerifiedAt, gone.ExpiresAt)
	}
	h.now = h.now.AddDate(0, 0, 1)
	h.must(h.learners.Unlink(h.as(person), second.ID))
	if got := holds(person); !slices.Equal(got, []string{"ALUM"}) {
		t.Errorf("after the account is unlinked: %v", got)
	}
	third, err := h.learners.Link(h.as(person), h.said("s-3", "staff"))
	h.must(err)
	h.signIn("s-3", "staff")
	if n := h.held(person); n != 1 {
		t.Fatalf("%d roles by rule", n)
	}
	h.must(h.learners.Unlink(h.as(person), third.ID))
	if n := h.held(person); n != 0 {
		t.Errorf("%d roles of an account that is unlinked hold", n)
	}
}

// What the provider no longer sends at all, as for a home that has left it, ends
// as well.
func TestR16AffiliationWithFormerHomeEnds(t *testing.T) {
	h := newHouse(t)
	person := h.signIn("s-1", "student", "staff").PersonID
	other, err := h.places.Admit(h.system, institution.Admission{AllianceID: h.db.Alliance.Query().OnlyIDX(h.system), Part: membership.PartMEMBER,
		Details: institution.Details{SCHAC: "uni-t.example", Name: vocab.Text{"en": "T"}, Country: "DE", Zone: "Europe/Berlin"}})
	h.must(err)
	h.now = h.now.AddDate(0, 0, 1)
	moved := h.said("s-1", "student")
	moved.InstitutionID = other.ID
	_, err = h.learners.SignIn(h.system, moved)
	h.must(err)
	if got := h.db.Affiliation.Query().Where(affiliation.PersonID(person), affiliation.ExpiresAtGT(h.now)).OnlyX(h.system); got.InstitutionID != other.ID {
		t.Errorf("affiliated with %s", got.InstitutionID)
	}
	if n := h.held(person); n != 0 {
		t.Errorf("%d roles by rule are left there", n)
	}
}

// R1: an account is its issuer and its subject, byte by byte. Nothing else that a
// provider says of somebody makes two accounts one person.
func TestR1IssuerAndSubjectAlone(t *testing.T) {
	h := newHouse(t)
	said := func(issuer, subject string) learner.Assertion {
		a := h.said(subject, "student")
		a.Issuer, a.GivenName, a.FamilyName, a.Email = issuer, "Ada", "Example", "ada@uni-s.example"
		return a
	}
	own := h.provider.Issuer
	people := map[ident.ID]string{}
	for _, a := range []learner.Assertion{
		said(own, "ada"), said(own, "Ada"), said(own, "ADA"), said(own, "ada "), said(own, " ada"), said(own, "adá"), said(own, "ada\u0301"), said(own, "ad\u0430"), said(own, "0"), said(own, "00"),
		said(own+"/", "ada"), said(strings.ToUpper(own), "ada"), said("https://idp.uni-x.example", "ada"),
	} {
		name := fmt.Sprintf("%q at %s", a.Subject, a.Issuer)
		account, err := h.learners.SignIn(h.system, a)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if other, taken := people[account.PersonID]; taken {
			t.Errorf("%s is the person of %s", name, other)
		}
		people[account.PersonID] = name
		again, err := h.learners.SignIn(h.system, a)
		if err != nil || again.PersonID != account.PersonID {
			t.Errorf("%s is another person the next time: %v", name, err)
		}
	}
}
