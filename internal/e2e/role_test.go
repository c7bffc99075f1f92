package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// staffRule makes every member of staff a teacher.
func staffRule(institution ident.ID) map[string]any {
	return map[string]any{"institutionId": institution, "attribute": "EDUPERSON_AFFILIATION", "value": "staff", "role": "TEACHER", "months": 6}
}

// A role that ends acts on a running session at once; every grant and every end
// is one audit entry.
func TestARoleEndsInARunningSession(t *testing.T) {
	w := NewWorld(t)
	admin := w.Staff("Ada", "uni-b", viewer.Administrator)
	bob := w.Staff("Bob", "uni-b")
	before := w.DB.Client.AuditEntry.Query().Where(auditentry.VerbIn("role.grant", "role.end")).CountX(w.system())
	grant := admin.Does("gives a role", "grantRole", map[string]any{"personId": bob.ID, "role": "COURSE_EDITOR", "at": w.Institution("uni-b")})
	if at(grant, "person", "id") != string(bob.ID) {
		t.Errorf("the administrator does not see who holds it: %v", grant)
	}
	w.course(bob, "CS-1")
	ended := admin.Does("takes it back", "endRole", map[string]any{"roleGrantId": id(grant), "reason": "Moved on."})
	if ended["endReason"] != "Moved on." || at(ended, "endedBy", "id") != string(admin.ID) {
		t.Errorf("ended as %v", ended)
	}
	bob.IsRefused(
		"writes another course",
		"FORBIDDEN",
		"createCourse",
		map[string]any{"institutionId": w.Institution("uni-b"), "code": "CS-2", "kind": "COURSE", "content": content("X")},
	)
	admin.IsRefused("takes it back again", "CONFLICT", "endRole", map[string]any{"roleGrantId": id(grant), "reason": "Again."})
	if n := w.DB.Client.AuditEntry.Query().Where(auditentry.VerbIn("role.grant", "role.end")).CountX(w.system()); n != before+2 {
		t.Errorf("%d audit entries for a grant and its end", n-before)
	}
}

// A role holds between its dates, to the moment.
func TestARoleHoldsBetweenItsDates(t *testing.T) {
	w := NewWorld(t)
	admin := w.Staff("Ada", "uni-b", viewer.Administrator)
	bob := w.Staff("Bob", "uni-b")
	now := w.Now()
	from, until := now.Add(10*time.Minute), now.Add(20*time.Minute)
	give := func(from, until time.Time) map[string]any {
		return map[string]any{"personId": bob.ID, "role": "COURSE_EDITOR", "at": w.Institution("uni-b"), "validFrom": from, "validUntil": until}
	}
	admin.IsRefused("gives one for yesterday", "INVALID", "grantRole", give(now.Add(-time.Hour), until))
	admin.IsRefused("gives one that ends before it begins", "INVALID", "grantRole", give(until, from))
	grant := id(admin.Does("gives one for ten minutes", "grantRole", give(from, until)))
	roles := func() int {
		return len(at(bob.Asks("looks", `{ viewer { roles { role } } }`, nil), "viewer", "roles").([]any))
	}
	for _, c := range []struct {
		at   time.Time
		want int
	}{{now, 0}, {from.Add(-time.Microsecond), 0}, {from, 1}, {until.Add(-time.Microsecond), 1}, {until, 0}} {
		if w.SetClock(c.at); roles() != c.want {
			t.Errorf("at %s: %d roles, want %d", c.at, roles(), c.want)
		}
	}
	w.SetClock(from)
	admin.IsRefused("prolongs it by ending it later", "INVALID", "endRole", map[string]any{"roleGrantId": grant, "at": until.Add(time.Hour), "reason": "Later."})
	sooner := from.Add(time.Minute)
	admin.Does("shortens it", "endRole", map[string]any{"roleGrantId": grant, "at": sooner, "reason": "Sooner."})
	if roles() != 1 {
		t.Error("a role that ends later has ended")
	}
	if w.SetClock(sooner); roles() != 0 {
		t.Error("a role outlives its end")
	}
}

// Nobody raises their own rights: not by a grant, and not by a rule that fits
// their own claims. Everybody may give up what they have.
func TestNobodyRaisesTheirOwnRights(t *testing.T) {
	w := NewWorld(t)
	admin := w.Staff("Ada", "uni-b", viewer.Administrator)
	admin.IsRefused("makes themselves registrar", "FORBIDDEN", "grantRole", map[string]any{"personId": admin.ID, "role": "REGISTRAR", "at": w.Institution("uni-b")})
	admin.Does("makes a rule", "makeRoleRule", staffRule(w.Institution("uni-b")))
	w.person("Ada", "uni-b", "staff")
	if n := len(at(admin.Asks("looks", `{ viewer { roles { role } } }`, nil), "viewer", "roles").([]any)); n != 1 {
		t.Errorf("a rule gave its maker a role: %d", n)
	}
	bob := w.person("Bob", "uni-b", "staff")
	mine := w.DB.Client.RoleGrant.Query().Where(rolegrant.PersonID(bob.ID)).OnlyX(w.system())
	bob.Does("gives a role up", "endRole", map[string]any{"roleGrantId": mine.ID, "reason": "Too much."})
}

// The last administrator stays: of an institution, and of an alliance.
func TestTheLastAdministratorStays(t *testing.T) {
	w := NewWorld(t)
	for _, place := range []struct {
		name string
		role viewer.Role
		at   ident.ID
	}{{"institution", viewer.Administrator, w.Institution("uni-b")}, {"alliance", viewer.AllianceAdministrator, w.alliance}} {
		t.Run(place.name, func(t *testing.T) {
			first := w.Staff("First-"+place.name, "uni-b", place.role)
			own := w.DB.Client.RoleGrant.Query().Where(rolegrant.PersonID(first.ID)).OnlyX(w.system())
			end := map[string]any{"roleGrantId": own.ID, "reason": "Leaving."}
			later := map[string]any{"roleGrantId": own.ID, "at": w.Now().Add(time.Hour), "reason": "Leaving."}
			first.IsRefused("leaves alone", "CONFLICT", "endRole", end)
			first.IsRefused("leaves later", "CONFLICT", "endRole", later)
			second := w.person("Second-"+place.name, "uni-b", "staff")
			first.Does("appoints a deputy", "grantRole", map[string]any{"personId": second.ID, "role": place.role, "at": place.at, "validUntil": w.Now().Add(24 * time.Hour)})
			first.IsRefused("leaves to a deputy for a day", "CONFLICT", "endRole", end)
			first.Does("appoints a successor", "grantRole", map[string]any{"personId": second.ID, "role": place.role, "at": place.at})
			first.Does("leaves", "endRole", end)
		})
	}
}

// Two administrators who end each other, or themselves, at the same moment
// leave one: on every database.
func TestTwoAdministratorsLeaveOne(t *testing.T) {
	w := NewWorld(t)
	for _, place := range []struct {
		uni  string
		role viewer.Role
		at   ident.ID
	}{{"uni-a", viewer.Administrator, w.Institution("uni-a")}, {"uni-b", viewer.AllianceAdministrator, w.alliance}} {
		for round := range 5 {
			var pair [2]*Actor
			var grants [2]ident.ID
			for i := range pair {
				pair[i] = w.Staff(string(place.role)+string(rune('A'+2*round+i)), place.uni, place.role)
				grants[i] = w.DB.Client.RoleGrant.Query().Where(rolegrant.PersonID(pair[i].ID)).OnlyX(w.system()).ID
			}
			// What is left of the round before would be a third.
			w.DB.Client.RoleGrant.Update().Where(rolegrant.RoleEQ(rolegrant.Role(place.role)), rolegrant.IDNotIn(grants[:]...)).SetValidUntil(w.Now()).ExecX(w.system())
			of := func(i int) ident.ID { return grants[(i+round)%2] } // each other, or themselves
			var done [2]map[string]any
			together(2, func(i int) {
				done[i] = pair[i].Tries("ends a role", "endRole", map[string]any{"roleGrantId": of(i), "reason": "Rivals."})
			})
			left := w.DB.Client.RoleGrant.Query().Where(rolegrant.IDIn(grants[:]...), rolegrant.ValidUntilIsNil()).CountX(w.system())
			if left != 1 {
				t.Fatalf("%s, round %d: %d administrators are left: %v", place.role, round, left, done)
			}
		}
	}
}

// R21: no claim gives a role, except by a rule of the institution for which it
// is asserted; the role lapses when the claim does, and never makes anybody
// administrator.
func TestRolesFollowFromClaimsByRuleOnly(t *testing.T) {
	w := NewWorld(t)
	const entitlement = "urn:mace:uni-b.example:registrar"
	signIn := func(uni string, entitlements ...string) *Actor {
		t.Helper()
		identity, err := w.App.Learners.SignIn(w.system(), learner.Assertion{ProviderID: w.providers[uni], Issuer: "https://idp." + uni + ".example", Subject: "Rita",
			GivenName: "Rita", FamilyName: "Example", InstitutionID: w.institutions[uni], Affiliations: []string{"staff"}, Entitlements: entitlements})
		if err != nil {
			t.Fatal(err)
		}
		return &Actor{w: w, Name: "Rita", ID: identity.PersonID, token: w.bearer(identity)}
	}
	roles := func(a *Actor) []any {
		t.Helper()
		return at(a.Asks("looks", `{ viewer { roles { role institution { id } } } }`, nil), "viewer", "roles").([]any)
	}
	if got := roles(signIn("uni-b", entitlement, "ADMINISTRATOR", "urn:peregrine:role:ADMINISTRATOR")); len(got) > 0 {
		t.Fatalf("claims alone gave %v", got)
	}
	admin := w.Staff("Ada", "uni-b", viewer.Administrator)
	rule := map[string]any{"institutionId": w.Institution("uni-b"), "attribute": "EDUPERSON_ENTITLEMENT", "value": entitlement, "role": "REGISTRAR", "months": 6}
	with := func(key string, value any) map[string]any {
		changed := map[string]any{key: value}
		for k, v := range rule {
			if k != key {
				changed[k] = v
			}
		}
		return changed
	}
	admin.IsRefused("gives administrators by rule", "INVALID", "makeRoleRule", with("role", "ADMINISTRATOR"))
	admin.IsRefused("gives alliance administrators by rule", "INVALID", "makeRoleRule", with("role", "ALLIANCE_ADMINISTRATOR"))
	admin.IsRefused("gives it for 14 months", "INVALID", "makeRoleRule", with("months", 14))
	admin.IsRefused("names no URI", "INVALID", "makeRoleRule", with("value", "registrar"))
	admin.IsRefused("makes it for another institution", "FORBIDDEN", "makeRoleRule", with("institutionId", w.Institution("uni-a")))
	made := id(admin.Does("makes the rule", "makeRoleRule", rule))
	admin.IsRefused("makes it twice", "CONFLICT", "makeRoleRule", rule)

	for _, other := range []string{"urn:mace:uni-b.example:REGISTRAR", entitlement + " ", entitlement + ":x"} {
		if got := roles(signIn("uni-b", other)); len(got) > 0 {
			t.Errorf("%q gave %v", other, got)
		}
	}
	if got := roles(signIn("uni-a", entitlement)); len(got) > 0 {
		t.Errorf("another institution gave %v", got)
	}
	rita := signIn("uni-b", entitlement)
	if got := roles(rita); len(got) != 1 || at(got[0], "role") != "REGISTRAR" || at(got[0], "institution", "id") != string(w.Institution("uni-b")) {
		t.Fatalf("the rule gave %v", got)
	}
	held := func() []time.Time {
		var ends []time.Time
		for _, g := range w.DB.Client.RoleGrant.Query().Where(rolegrant.PersonID(rita.ID)).Order(rolegrant.ByID()).AllX(w.system()) {
			ends = append(ends, *g.ValidUntil)
		}
		return ends
	}
	if want := w.Now().AddDate(0, 6, 0); len(held()) != 1 || !held()[0].Equal(want) {
		t.Errorf("it holds until %v, want %s", held(), want)
	}
	w.SetClock(w.Now().AddDate(0, 0, 7))
	signIn("uni-b", entitlement)
	if want := w.Now().AddDate(0, 6, 0); len(held()) != 1 || !held()[0].Equal(want) {
		t.Errorf("a week later it holds until %v, want %s", held(), want)
	}
	rita = signIn("uni-b")
	if got := roles(rita); len(got) > 0 {
		t.Errorf("the claim is gone, the role is not: %v", got)
	}
	rita = signIn("uni-b", entitlement)
	if got := roles(rita); len(got) != 1 {
		t.Errorf("the claim is back, the role is not: %v", got)
	}
	admin = w.person("Ada", "uni-b", "staff") // her session has ended
	admin.Does("ends the rule", "endRoleRule", map[string]any{"roleRuleId": made, "reason": "By hand from now on."})
	if got := roles(rita); len(got) > 0 {
		t.Errorf("the rule is gone, the role is not: %v", got)
	}
	if rita = signIn("uni-b", entitlement); len(roles(rita)) > 0 {
		t.Error("a rule that has ended gave a role")
	}
	grants := w.DB.Client.AuditEntry.Query().Where(auditentry.ObjectID(rita.ID), auditentry.Verb("role.grant")).CountX(w.system())
	ends := w.DB.Client.AuditEntry.Query().Where(auditentry.ObjectID(rita.ID), auditentry.Verb("role.end")).CountX(w.system())
	if grants != 2 || ends != 2 {
		t.Errorf("%d grants and %d ends are recorded, want 2 and 2", grants, ends)
	}
}

// What somebody took back by hand, the same rule does not give again.
func TestARuleDoesNotUndoAPerson(t *testing.T) {
	w := NewWorld(t)
	admin := w.Staff("Ada", "uni-b", viewer.Administrator)
	admin.Does("makes a rule", "makeRoleRule", staffRule(w.Institution("uni-b")))
	bob := w.person("Bob", "uni-b", "staff")
	grant := w.DB.Client.RoleGrant.Query().Where(rolegrant.PersonID(bob.ID)).OnlyX(w.system())
	admin.Does("takes it back", "endRole", map[string]any{"roleGrantId": grant.ID, "reason": "Not Bob."})
	w.SetClock(w.Now().Add(time.Hour))
	w.person("Bob", "uni-b", "staff")
	if n := w.DB.Client.RoleGrant.Query().Where(rolegrant.PersonID(bob.ID)).CountX(w.system()); n != 1 {
		t.Errorf("the rule gave it again: %d grants", n)
	}
}

// Administrators list who holds what, page by page; others see only their own.
func TestAdministratorsListRoles(t *testing.T) {
	w := NewWorld(t)
	admin := w.Staff("Ada", "uni-b", viewer.Administrator)
	bob := w.Staff("Bob", "uni-b", viewer.Teacher, viewer.Registrar)
	eve := w.Staff("Eve", "uni-c", viewer.Administrator)
	const q = `query($at: ID!, $filter: RoleGrantFilter) { institution(by: {id: $at}) {
		roleGrants(filter: $filter, first: 2) { totalCount pageInfo { hasNextPage } nodes { role person { displayName } grantedBy { id } endReason viewerActions { name allowed } } }
		roleRules { totalCount } } }`
	ask := func(a *Actor, filter map[string]any) map[string]any {
		t.Helper()
		return at(a.Asks("lists", q, map[string]any{"at": w.Institution("uni-b"), "filter": filter}), "institution", "roleGrants").(map[string]any)
	}
	all := ask(admin, nil)
	if all["totalCount"] != float64(3) || at(all, "pageInfo", "hasNextPage") != true || at(all, "nodes", 0, "person", "displayName") != "Bob Example" {
		t.Errorf("an administrator sees %v", all)
	}
	for _, c := range []struct {
		who    *Actor
		filter map[string]any
		want   float64
	}{
		{admin, map[string]any{"role": "TEACHER"}, 1}, {admin, map[string]any{"personId": bob.ID}, 2}, {admin, map[string]any{"current": true}, 3},
		{admin, map[string]any{"current": false}, 0}, {bob, nil, 2}, {eve, nil, 0}, {w.Nobody(), nil, 0},
	} {
		if got := ask(c.who, c.filter); got["totalCount"] != c.want {
			t.Errorf("%s with %v: %v, want %v", c.who.Name, c.filter, got["totalCount"], c.want)
		}
	}
	if got := eve.Post(`query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": bob.ID}); got.Status != http.StatusOK || at(got.Data, "node") != nil {
		t.Errorf("the administrator of another institution sees a person: %s", got.Raw)
	}
}

// The rights of somebody who works for one unit only show at that unit.
func TestPermissionsOfUnitStaff(t *testing.T) {
	w := NewWorld(t)
	admin := w.Staff("Ada", "uni-b", viewer.Administrator)
	faculty := id(admin.Does("adds a unit", "addUnit", unit(w.Institution("uni-b"), "faculty", "")))
	bob := w.person("Bob", "uni-b", "staff")
	admin.Does("gives a role there", "grantRole", map[string]any{"personId": bob.ID, "role": "COURSE_EDITOR", "at": w.Institution("uni-b"), "unitId": faculty})
	root := w.Staff("Root", "uni-b", viewer.AllianceAdministrator)
	const q = `{ viewer { permissions { institution { id } unit { id } alliance { id } rights } roles { alliance { id } } } }`
	got := at(bob.Asks("looks", q, nil), "viewer", "permissions", 0)
	if at(got, "unit", "id") != faculty || len(at(got, "rights").([]any)) != 3 {
		t.Errorf("staff of a unit have %v", got)
	}
	if got := root.Asks("looks", q, nil); at(got, "viewer", "permissions", 0, "alliance", "id") != string(w.alliance) ||
		at(got, "viewer", "roles", 0, "alliance", "id") != string(w.alliance) {
		t.Errorf("an alliance administrator has %v", got)
	}
}

// What the viewer may do costs nothing by the thing: lists of ten take as many
// statements as lists of one.
func TestViewerActionsCostNothingByTheThing(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	admin := w.Staff("Ada", "uni-b", viewer.Administrator)
	faculty := id(admin.Does("adds a unit", "addUnit", unit(w.Institution("uni-b"), "faculty", "")))
	half := w.person("Half", "uni-b", "staff")
	admin.Does("gives a role there", "grantRole", map[string]any{"personId": half.ID, "role": "COURSE_EDITOR", "at": w.Institution("uni-b"), "unitId": faculty})
	for i := range 10 {
		off := w.offering(c.editor, w.course(c.editor, "CS-"+string(rune('A'+i))), 5)
		c.ada.Does("applies", "submitApplication", map[string]any{"offeringId": off})
		admin.Does("gives a role", "grantRole", map[string]any{"personId": half.ID, "role": "TEACHER", "at": w.Institution("uni-b")})
	}
	for _, list := range []struct {
		who   *Actor
		query string
	}{
		{half, `query($n: Int!) { offerings(first: $n) { nodes { viewerActions { name } } } }`},
		{half, `query($n: Int!) { courses(first: $n) { nodes { viewerActions { name } } } }`},
		{c.editor, `query($n: Int!) { courses(first: $n) { nodes { viewerActions { name } } } }`},
		{c.ada, `query($n: Int!) { offerings(first: $n) { nodes { viewerActions { name } } } applications(first: $n) { nodes { viewerActions { name } } } }`},
		{c.hostOffice, `query($n: Int!) { applications(first: $n) { nodes { viewerActions { name refusal { code } } } } }`},
		{admin, `query($n: Int!) { institutions(first: $n) { nodes { viewerActions { name } roleGrants(first: 1) { nodes { viewerActions { name } } } } } }`},
		{admin, `query($n: Int!) { institutions(first: 2) { nodes { roleGrants(first: $n) { nodes { person { displayName } grantedBy { id } unit { id } rule { id } viewerActions { name } } } } } }`},
	} {
		var took [2]int64
		for i, n := range []int{2, 10} {
			w.Statements.Store(0)
			list.who.Asks("lists", list.query, map[string]any{"n": n})
			took[i] = w.Statements.Load()
		}
		if took[1] > took[0]+1 {
			t.Errorf("ten take %d statements, two take %d: %s", took[1], took[0], list.query)
		}
	}
}
