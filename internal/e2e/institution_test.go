package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// membership returns the membership of a university in the alliance.
func (w *World) membership(uni string) ident.ID {
	w.t.Helper()
	found, err := w.DB.Client.Membership.Query().Where(membership.AllianceID(w.alliance), membership.InstitutionID(w.institutions[uni])).OnlyID(w.system())
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

func english(s string) []map[string]any { return []map[string]any{{"language": "en", "text": s}} }

// unit is the input of a new unit below another one, or at the top.
func unit(at ident.ID, key, parent string) map[string]any {
	input := map[string]any{"institutionId": at, "key": key, "kind": "FACULTY", "name": english("Faculty " + key)}
	if parent != "" {
		input["parentId"] = parent
	}
	return input
}

// newcomer are the details of a university that nobody knows yet.
func newcomer() map[string]any {
	return map[string]any{
		"schac": "uni-d.example", "name": english("University D"), "acronym": "UD", "country": "ES", "town": english("Town"),
		"erasmusCode": "E  MADRID99", "ror": "https://ror.org/0304hq317", "deqar": "DEQARINST0042", "website": "https://uni-d.example",
		"domains": []string{"uni-d.example"}, "timeZone": "Europe/Madrid",
	}
}

// An alliance invites a university that is new here, appoints its first
// administrator, and the university joins, leaves and comes back.
func TestUniversityJoinsAnAlliance(t *testing.T) {
	w := NewWorld(t)
	alma := w.Staff("Alma", "uni-c", viewer.AllianceAdministrator)
	input := map[string]any{"allianceId": w.alliance, "part": "MEMBER", "institution": newcomer(), "idempotencyKey": "d"}
	invited := alma.Does("invites a new university", "inviteMember", input)
	if again := alma.Does("repeats herself", "inviteMember", input); id(again) != id(invited) {
		t.Errorf("the repetition made %v", again)
	}
	if invited["state"] != "INVITED" || invited["since"] != nil || at(invited, "institution", "schac") != "uni-d.example" {
		t.Errorf("invited as %v", invited)
	}
	uniD := ident.ID(at(invited, "institution", "id").(string))
	w.institutions["uni-d"] = uniD
	p := w.register("uni-d", "https://idp.uni-d.example", registry.Home{Domain: "uni-d.example", InstitutionID: uniD})
	w.providers["uni-d"] = p.ID
	dora, dirk := w.Staff("Dora", "uni-d"), w.Staff("Dirk", "uni-d")

	const q = `query($id: ID!) { node(id: $id) { ... on Membership { state reason } } }`
	byID := map[string]any{"id": id(invited)}
	if seen := w.Nobody().Asks("does not see the invitation", q, byID); seen["node"] != nil {
		t.Error("an invitation is public")
	}
	answer := map[string]any{"membershipId": id(invited), "accept": true}
	dora.IsRefused("is nobody there yet", "NOT_FOUND", "answerInvitation", answer)
	appointed := map[string]any{"personId": dora.ID, "role": "ADMINISTRATOR", "at": uniD}
	dora.IsRefused("cannot appoint herself", "FORBIDDEN", "grantRole", appointed)
	alma.IsRefused("gives no other role there", "FORBIDDEN", "grantRole", map[string]any{"personId": dora.ID, "role": "REGISTRAR", "at": uniD})
	alma.Does("appoints the first administrator", "grantRole", appointed)
	alma.IsRefused("appoints no second one", "FORBIDDEN", "grantRole", map[string]any{"personId": dirk.ID, "role": "ADMINISTRATOR", "at": uniD})
	dora.Does("does so herself", "grantRole", map[string]any{"personId": dirk.ID, "role": "COURSE_EDITOR", "at": uniD})

	course := dirk.Does("writes a course", "createCourse", map[string]any{"institutionId": uniD, "code": "D-1", "kind": "MICRO_CREDENTIAL", "content": content("Compilers")})
	dirk.IsRefused("cannot publish it yet", "FORBIDDEN", "publishCourse", map[string]any{"courseId": id(course)})
	alma.IsRefused("cannot accept for them", "FORBIDDEN", "answerInvitation", answer)
	if joined := dora.Does("accepts", "answerInvitation", answer); joined["state"] != "ACTIVE" || joined["since"] == nil {
		t.Errorf("joined as %v", joined)
	}
	dirk.Does("publishes it", "publishCourse", map[string]any{"courseId": id(course)})
	dora.IsRefused("cannot accept twice", "CONFLICT", "answerInvitation", answer)
	alma.IsRefused("cannot invite a member", "CONFLICT", "inviteMember", map[string]any{"allianceId": w.alliance, "part": "MEMBER", "institutionId": uniD})

	dora.IsRefused("cannot leave without a word", "INVALID", "endMembership", map[string]any{"membershipId": id(invited), "reason": ""})
	left := dora.Does("leaves", "endMembership", map[string]any{"membershipId": id(invited), "reason": "We merge with another one."})
	if left["state"] != "LEFT" || left["until"] == nil || left["reason"] != "We merge with another one." {
		t.Errorf("left as %v", left)
	}
	if seen := w.Nobody().Asks("sees that they left, and not why", q, byID); at(seen, "node", "state") != "LEFT" || at(seen, "node", "reason") != nil {
		t.Errorf("everybody sees %v", seen)
	}
	alma.Does("invites them again", "inviteMember", map[string]any{"allianceId": w.alliance, "part": "ASSOCIATED_PARTNER", "institutionId": uniD})
	dora.Does("declines", "answerInvitation", map[string]any{"membershipId": id(invited), "accept": false})
	history := alma.Asks("sees it all", `query($id: ID!) { node(id: $id) { ... on Membership { history { state since } } } }`, byID)
	var states []string
	for _, h := range at(history, "node", "history").([]any) {
		states = append(states, at(h, "state").(string))
	}
	if diff := cmp.Diff([]string{"INVITED", "ACTIVE", "LEFT", "INVITED", "LEFT"}, states); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	events, err := w.DB.Client.OutboxEvent.Query().Where(outboxevent.ObjectID(ident.ID(id(invited)))).Order(outboxevent.ByID()).All(w.system())
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range events {
		told = append(told, fmt.Sprintf("%s %s %s", e.Audience, e.Type, e.Payload.To))
		if string(e.Payload.Alliance) != string(w.alliance) || string(e.Payload.Institution) != string(uniD) {
			t.Errorf("%s says %v", e.Type, e.Payload)
		}
	}
	if diff := cmp.Diff([]string{"PARTIES membership.invite INVITED", "PUBLIC membership.accept ACTIVE", "PUBLIC membership.end LEFT",
		"PARTIES membership.invite INVITED", "PUBLIC membership.decline LEFT"}, told); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// Faulty and taken identifiers are all named at once, each at its field.
func TestIdentifiersAreCheckedSideBySide(t *testing.T) {
	w := NewWorld(t)
	alma := w.Staff("Alma", "uni-c", viewer.AllianceAdministrator)
	fields := func(payload map[string]any) (all []string) {
		for _, e := range payload["errors"].([]any) {
			var path []string
			for _, p := range at(e, "field").([]any) {
				path = append(path, p.(string))
			}
			all = append(all, at(e, "code").(string)+" "+strings.Join(path, "."))
		}
		slices.Sort(all)
		return all
	}
	faulty := newcomer()
	for field, value := range map[string]string{"schac": "Uni D", "erasmusCode": "E MADRID99", "pic": "12", "oid": "E1", "ror": "https://ror.org/0304hq318", "deqar": "DEQAR42", "timeZone": "Europe/Atlantis", "country": "XX"} {
		faulty[field] = value
	}
	invitation := map[string]any{"allianceId": w.alliance, "part": "MEMBER", "institution": faulty}
	var want []string
	for _, field := range []string{"country", "deqar", "erasmusCode", "oid", "pic", "ror", "schac", "timeZone"} {
		want = append(want, "INVALID input.institution."+field)
	}
	if diff := cmp.Diff(want, fields(alma.Tries("invites", "inviteMember", invitation))); diff != "" {
		t.Errorf("faulty fields (-want +got):\n%s", diff)
	}
	taken := newcomer()
	taken["schac"], taken["erasmusCode"] = "uni-a.example", "D  HANNOVE99"
	invitation["institution"] = taken
	if diff := cmp.Diff([]string{"CONFLICT input.institution.erasmusCode", "CONFLICT input.institution.schac"}, fields(alma.Tries("invites", "inviteMember", invitation))); diff != "" {
		t.Errorf("taken fields (-want +got):\n%s", diff)
	}

	admin := w.Staff("Anna", "uni-a", viewer.Administrator)
	uniA := w.Institution("uni-a")
	w.Golden("institution-updated.json", admin.Does("updates her university", "updateInstitution", map[string]any{"institutionId": uniA, "courseReview": "REQUIRED"}))
	approve := func(change map[string]any) {
		alma.Does("approves", "approveInstitutionIdentity", map[string]any{"changeId": id(change), "proposal": change["proposal"]})
	}
	got := admin.Does("proposes identifiers", "proposeInstitutionIdentity", map[string]any{"institutionId": uniA, "name": english("University of A"),
		"erasmusCode": "CZ PRAHA99", "pic": "999999999", "oid": "E10000001", "ror": "https://ror.org/0304hq317", "deqar": "DEQARINSTAP0010", "domains": []string{"a.example"}})
	shown := maps.Clone(got)
	shown["proposal"] = fmt.Sprint(len(got["proposal"].(string)), " digits") // of identifiers that are new each time
	w.Golden("institution-proposed.json", shown)
	approve(got)
	for by, value := range map[string]any{"erasmusCode": "CZ PRAHA99", "pic": "999999999", "oid": "E10000001", "ror": "https://ror.org/0304hq317", "deqar": "DEQARINSTAP0010", "schac": "uni-a.example"} {
		found := w.Nobody().Asks("finds it", `query($by: InstitutionBy!) { institution(by: $by) { id } }`, map[string]any{"by": map[string]any{by: value}})
		if found["institution"] == nil || at(found, "institution", "id") != string(uniA) {
			t.Errorf("by %s %v is found", by, found)
		}
	}
	payload := admin.Tries("takes what is another's", "proposeInstitutionIdentity", map[string]any{"institutionId": uniA, "erasmusCode": "D  HANNOVE99", "deqar": "DEQARINSTAP0010"})
	if diff := cmp.Diff([]string{"CONFLICT input.erasmusCode"}, fields(payload)); diff != "" {
		t.Errorf("taken fields (-want +got):\n%s", diff)
	}
	payload = admin.Tries("breaks all", "proposeInstitutionIdentity",
		map[string]any{"institutionId": uniA, "erasmusCode": "x", "deqar": "x", "domains": []string{"X"}, "name": english("")})
	if got := len(fields(payload)); got != 4 {
		t.Errorf("%d faults are told, want 4: %v", got, payload)
	}
	payload = admin.Tries("breaks the rest", "updateInstitution", map[string]any{"institutionId": uniA, "website": "x", "timeZone": "x"})
	if got := len(fields(payload)); got != 2 {
		t.Errorf("%d faults are told, want 2: %v", got, payload)
	}
	got = admin.Does("removes one", "proposeInstitutionIdentity", map[string]any{"institutionId": uniA, "pic": ""})
	approve(got)
	if i := w.DB.Client.Institution.GetX(w.system(), uniA); i.Pic != nil || *i.Oid != "E10000001" {
		t.Errorf("removed: %v", i)
	}
}

// What a suspended member's offers, applications and credentials do: each line
// of the table in the comment of package institution.
func TestSuspendedMemberFinishesWhatHasBegun(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	alma := w.Staff("Alma", "uni-c", viewer.AllianceAdministrator)
	course := w.course(c.editor, "CS-1")
	off := w.offering(c.editor, course, 9)
	planned := c.editor.Does("plans another", "createOffering", cohort(course, 3))
	draft := c.editor.Does(
		"writes another",
		"createCourse",
		map[string]any{"institutionId": w.Institution("uni-b"), "code": "CS-2", "kind": "MICRO_CREDENTIAL", "content": content("More")},
	)
	_, enrolment := w.enrolled(c, off)
	old := c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": w.passed(c, enrolment)})
	bela, cora := w.Learner("Bela", "uni-a"), w.Learner("Cora", "uni-a")
	_, running := w.enrolled(cast{ada: bela, homeOffice: c.homeOffice, hostOffice: c.hostOffice}, off)
	waiting := cora.Does("applies", "submitApplication", map[string]any{"offeringId": off})
	nominated := w.Learner("Dana", "uni-a").Does("applies", "submitApplication", map[string]any{"offeringId": off})
	c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": id(nominated)})

	host := map[string]any{"membershipId": w.membership("uni-b"), "reason": "No accreditation."}
	w.SetClock(w.Now().Add(time.Minute))
	if got := alma.Does("suspends the host", "suspendMember", host); got["state"] != "SUSPENDED" || got["reason"] != "No accreditation." || got["since"] == nil {
		t.Errorf("suspended as %v", got)
	}
	w.SetClock(w.Now().Add(time.Minute))
	learner := w.Learner("Emil", "uni-a")
	apply := map[string]any{"offeringId": off}
	t.Run("its courses and offerings are not published", func(t *testing.T) {
		c.editor.IsRefused("publishes a course", "FORBIDDEN", "publishCourse", map[string]any{"courseId": id(draft)})
		c.editor.IsRefused("publishes an offering", "CONFLICT", "publishOffering", map[string]any{"offeringId": id(planned)})
	})
	t.Run("its offerings are not available", func(t *testing.T) {
		const q = `query($id: ID!) { offering(id: $id) { availability course { state } viewerActions { name allowed reason } } offerings(filter: {openNow: true}) { totalCount } }`
		w.Golden("suspended-offering.json", learner.Asks("looks", q, map[string]any{"id": off}))
		learner.IsRefused("applies", "CONFLICT", "submitApplication", apply)
	})
	t.Run("it admits nobody", func(t *testing.T) {
		c.hostOffice.IsRefused("admits", "CONFLICT", "admitApplication", map[string]any{"applicationId": id(nominated)})
	})
	const verify = `query($by: VerifyCredentialBy!) { verifyCredential(by: $by) { outcome memberAtIssue memberNow checks { kind result message } } }`
	jwt := func(cred map[string]any) map[string]any {
		return map[string]any{"by": map[string]any{"jwt": cred["jwt"]}}
	}
	t.Run("running enrolments end in a credential", func(t *testing.T) {
		cred := c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": w.passed(c, running)})
		w.Golden("issued-while-suspended.json", w.Nobody().Asks("verifies", verify, jwt(cred)))
		bela.Does("asks home", "requestRecognition", map[string]any{"credentialId": id(cred)})
	})
	t.Run("issued credentials stay valid", func(t *testing.T) {
		w.Golden("issued-before-suspension.json", w.Nobody().Asks("verifies", verify, jwt(old)))
	})

	alma.Does("reinstates the host", "reinstateMember", map[string]any{"membershipId": host["membershipId"]})
	learner.Does("applies", "submitApplication", apply)
	c.hostOffice.Does("admits", "admitApplication", map[string]any{"applicationId": id(nominated)})
	t.Run("verification says that it is a member again", func(t *testing.T) {
		got := w.Nobody().Asks("verifies", verify, jwt(old))
		if at(got, "verifyCredential", "memberAtIssue") != true || at(got, "verifyCredential", "memberNow") != true {
			t.Errorf("verified as %v", got)
		}
	})

	home := map[string]any{"membershipId": w.membership("uni-a"), "reason": "Fees."}
	alma.Does("suspends the home", "suspendMember", home)
	t.Run("its learners do not apply and its officers do not nominate", func(t *testing.T) {
		w.Learner("Finn", "uni-a").IsRefused("applies", "CONFLICT", "submitApplication", apply)
		c.homeOffice.IsRefused("nominates", "CONFLICT", "nominateApplication", map[string]any{"applicationId": id(waiting)})
		cora.Does("withdraws", "withdrawApplication", map[string]any{"applicationId": id(waiting)})
	})
	alma.Does("ends its membership", "endMembership", home)
	alma.IsRefused("does not reinstate who has left", "CONFLICT", "reinstateMember", map[string]any{"membershipId": home["membershipId"]})
	c.ada.Does("is recognised at home all the same", "requestRecognition", map[string]any{"credentialId": id(old)})
}

// One membership that is active is enough: who leaves one alliance goes on in
// the other.
func TestInstitutionMayBeInSeveralAlliances(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	other, err := w.institutionService().
		Found(w.system(), institution.Founding{Slug: "other", Name: map[string]string{"en": "Other alliance"}, Website: "https://other.example", Bounds: institution.DefaultBounds})
	if err != nil {
		t.Fatal(err)
	}
	olga := w.person("Olga", "uni-c", "staff")
	if _, err := (&role.Service{DB: w.DB.Client, Now: w.Now}).Grant(w.system(), role.NewGrant{PersonID: olga.ID, Role: viewer.AllianceAdministrator, At: other.ID}); err != nil {
		t.Fatal(err)
	}
	alma := w.Staff("Alma", "uni-c", viewer.AllianceAdministrator)
	second := olga.Does("invites", "inviteMember", map[string]any{"allianceId": other.ID, "part": "MEMBER", "institutionId": w.Institution("uni-b")})
	admin := w.Staff("Admin", "uni-b", viewer.Administrator)
	admin.Does("accepts", "answerInvitation", map[string]any{"membershipId": id(second), "accept": true})
	olga.IsRefused("cannot suspend in the first alliance", "FORBIDDEN", "suspendMember", map[string]any{"membershipId": w.membership("uni-b"), "reason": "x"})
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 2)
	alma.Does("suspends", "suspendMember", map[string]any{"membershipId": w.membership("uni-b"), "reason": "x"})
	c.ada.Does("applies", "submitApplication", map[string]any{"offeringId": off})
	got := w.Nobody().
		Asks("lists", `query($id: ID!) { alliances { totalCount nodes { slug } } institution(by: {id: $id}) { memberships { nodes { state alliance { slug } } } } }`, map[string]any{"id": w.Institution("uni-b")})
	want := map[string]any{"alliances": map[string]any{"totalCount": 2.0, "nodes": []any{map[string]any{"slug": "test"}, map[string]any{"slug": "other"}}},
		"institution": map[string]any{"memberships": map[string]any{"nodes": []any{
			map[string]any{"state": "SUSPENDED", "alliance": map[string]any{"slug": "test"}}, map[string]any{"state": "ACTIVE", "alliance": map[string]any{"slug": "other"}}}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Every state of a membership, every verb, by the alliance, by the institution
// and by others: the table of the states as people meet it.
func TestMembershipByStateAndRole(t *testing.T) {
	w := NewWorld(t)
	people := []struct {
		name  string
		actor *Actor
	}{
		{"alliance", w.Staff("Alma", "uni-c", viewer.AllianceAdministrator)}, {"institution", w.Staff("Admin", "uni-b", viewer.Administrator)},
		{"registrar", w.Staff("Rita", "uni-b", viewer.Registrar)}, {"other institution", w.Staff("Other", "uni-a", viewer.Administrator)},
	}
	member := w.membership("uni-b")
	verbs := []struct {
		name, mutation string
		input          map[string]any
	}{
		{"invite", "inviteMember", map[string]any{"allianceId": w.alliance, "part": "MEMBER", "institutionId": w.Institution("uni-b")}},
		{"accept", "answerInvitation", map[string]any{"membershipId": member, "accept": true}},
		{"decline", "answerInvitation", map[string]any{"membershipId": member, "accept": false}},
		{"suspend", "suspendMember", map[string]any{"membershipId": member, "reason": "x"}},
		{"reinstate", "reinstateMember", map[string]any{"membershipId": member}},
		{"end", "endMembership", map[string]any{"membershipId": member, "reason": "x"}},
	}
	done := map[string]bool{ // all else is refused
		"LEFT invite alliance": true, "INVITED accept institution": true, "INVITED decline institution": true,
		"ACTIVE suspend alliance": true, "SUSPENDED reinstate alliance": true,
		"INVITED end alliance": true, "INVITED end institution": true, "ACTIVE end alliance": true, "ACTIVE end institution": true,
		"SUSPENDED end alliance": true, "SUSPENDED end institution": true,
	}
	for _, state := range []membership.State{membership.StateINVITED, membership.StateACTIVE, membership.StateSUSPENDED, membership.StateLEFT} {
		for _, v := range verbs {
			for _, p := range people {
				if err := w.DB.Client.Membership.UpdateOneID(member).SetState(state).Exec(w.system()); err != nil {
					t.Fatal(err)
				}
				move := fmt.Sprintf("%s %s %s", state, v.name, p.name)
				if got := p.actor.codeOf(v.mutation, v.input); (got == "done") != done[move] {
					t.Errorf("%s: %s", move, got)
				}
			}
		}
	}
}

// Units are a tree, and staff of a unit look after the courses of it and of
// the units below, and after no other.
func TestUnitStaffKeepToTheirUnit(t *testing.T) {
	w := NewWorld(t)
	admin, uniB := w.Staff("Admin", "uni-b", viewer.Administrator), w.Institution("uni-b")
	faculty := id(admin.Does("adds a faculty", "addUnit", unit(uniB, "cs", "")))
	institute := id(admin.Does("adds an institute", "addUnit", unit(uniB, "compilers", faculty)))
	other := id(admin.Does("adds another faculty", "addUnit", unit(uniB, "arts", "")))
	foreign := id(w.Staff("Foreign", "uni-a", viewer.Administrator).Does("adds a faculty", "addUnit", unit(w.Institution("uni-a"), "cs", "")))

	fay := w.Staff("Fay", "uni-b")
	atUnit := func(role, unit string) map[string]any {
		return map[string]any{"personId": fay.ID, "role": role, "at": uniB, "unitId": unit}
	}
	admin.IsRefused("cannot give this role at a unit", "INVALID", "grantRole", atUnit("REGISTRAR", faculty))
	admin.IsRefused("cannot give a role at a foreign unit", "INVALID", "grantRole", atUnit("COURSE_EDITOR", foreign))
	admin.Does("makes Fay an editor of the faculty", "grantRole", atUnit("COURSE_EDITOR", faculty))

	write := func(unit any) map[string]any {
		return map[string]any{"institutionId": uniB, "unitId": unit, "code": fmt.Sprint("C-", unit), "kind": "MICRO_CREDENTIAL", "content": content("Compilers")}
	}
	for _, allowed := range []string{faculty, institute} {
		course := id(fay.Does("writes a course", "createCourse", write(allowed)))
		fay.Does("edits it", "updateCourseDraft", map[string]any{"courseId": course, "content": content("Better")})
		fay.Does("publishes it", "publishCourse", map[string]any{"courseId": course})
		off := fay.Does("plans an offering", "createOffering", cohort(course, 3))
		fay.Does("opens it", "publishOffering", map[string]any{"offeringId": id(off)})
		got := fay.Asks(
			"may cancel it",
			`query($id: ID!) { offering(id: $id) { viewerActions { name allowed } course { viewerActions { name allowed } } } }`,
			map[string]any{"id": id(off)},
		)
		if !slices.Contains(allowedOf(at(got, "offering", "viewerActions")), "cancelOffering") ||
			!slices.Contains(allowedOf(at(got, "offering", "course", "viewerActions")), "withdrawCourse") {
			t.Errorf("the actions are %v", got)
		}
	}
	editor := w.Staff("Edda", "uni-b", viewer.CourseEditor)
	for _, refused := range []any{other, nil} {
		fay.IsRefused("writes a course", "FORBIDDEN", "createCourse", write(refused))
		course := id(editor.Does("writes a course", "createCourse", write(refused)))
		if seen := fay.Asks("sees it", `query($id: ID!) { course(id: $id) { state viewerActions { name allowed } } }`, map[string]any{"id": course}); len(
			allowedOf(at(seen, "course", "viewerActions")),
		) > 0 {
			t.Errorf("Fay may %v", seen)
		}
		fay.IsRefused("edits it", "FORBIDDEN", "updateCourseDraft", map[string]any{"courseId": course, "content": content("Worse")})
		fay.IsRefused("publishes it", "FORBIDDEN", "publishCourse", map[string]any{"courseId": course})
		editor.Does("publishes it", "publishCourse", map[string]any{"courseId": course})
		fay.IsRefused("offers it", "FORBIDDEN", "createOffering", cohort(course, 3))
		off := id(editor.Does("offers it", "createOffering", cohort(course, 3)))
		fay.IsRefused("opens it", "FORBIDDEN", "publishOffering", map[string]any{"offeringId": off})
	}
	roles := fay.Asks("knows her role", `{ viewer { roles { role unit { id } } } }`, nil)
	if at(roles, "viewer", "roles", 0, "unit", "id") != faculty {
		t.Errorf("her roles are %v", roles)
	}

	admin.Does("moves the institute", "updateUnit", map[string]any{"unitId": institute, "parentId": other})
	fay.IsRefused(
		"has lost it",
		"FORBIDDEN",
		"createCourse",
		map[string]any{"institutionId": uniB, "unitId": institute, "code": "LOST", "kind": "COURSE", "content": content("Lost")},
	)
	got := w.Nobody().
		Asks("sees the tree", `query($id: ID!) { node(id: $id) { ... on Unit { children { key parent { key } } institution { acronym } } } }`, map[string]any{"id": other})
	if at(got, "node", "children", 0, "key") != "compilers" || at(got, "node", "children", 0, "parent", "key") != "arts" {
		t.Errorf("the tree is %v", got)
	}
}

func allowedOf(actions any) (names []string) {
	for _, a := range actions.([]any) {
		if at(a, "allowed") == true && at(a, "name") != "submitApplication" {
			names = append(names, at(a, "name").(string))
		}
	}
	return names
}

// The tree of units has no circle, is at most eight levels deep, and a unit is
// closed from the leaves up.
func TestUnitsStayATree(t *testing.T) {
	w := NewWorld(t)
	admin, uniB := w.Staff("Admin", "uni-b", viewer.Administrator), w.Institution("uni-b")
	var chain []string
	parent := ""
	for i := range institution.MaxUnitDepth {
		parent = id(admin.Does("adds a unit", "addUnit", unit(uniB, fmt.Sprint("level-", i+1), parent)))
		chain = append(chain, parent)
	}
	move := func(u, below string) map[string]any { return map[string]any{"unitId": u, "parentId": below} }
	top, leaf := chain[0], chain[len(chain)-1]
	admin.IsRefused("adds a ninth level", "CONFLICT", "addUnit", unit(uniB, "level-9", leaf))
	admin.IsRefused("repeats a key", "CONFLICT", "addUnit", unit(uniB, "level-1", ""))
	admin.IsRefused("makes a circle", "INVALID", "updateUnit", move(top, leaf))
	admin.IsRefused("puts a unit below itself", "INVALID", "updateUnit", move(top, top))
	second := id(admin.Does("adds another top", "addUnit", unit(uniB, "second", "")))
	admin.IsRefused("moves eight levels below it", "CONFLICT", "updateUnit", move(top, second))
	admin.Does("moves seven", "updateUnit", move(chain[1], second))
	if got := admin.Does("renames and moves back to the top", "updateUnit", map[string]any{"unitId": chain[1], "atTop": true, "name": english("Free"), "kind": "CENTRE"}); got["parent"] != nil ||
		at(got, "name", "text") != "Free" ||
		got["kind"] != "CENTRE" {
		t.Errorf("updated as %v", got)
	}
	foreign := id(w.Staff("Foreign", "uni-a", viewer.Administrator).Does("adds a faculty", "addUnit", unit(w.Institution("uni-a"), "cs", "")))
	admin.IsRefused("moves below a foreign unit", "NOT_FOUND", "updateUnit", move(leaf, foreign))

	admin.IsRefused("closes from above", "CONFLICT", "closeUnit", map[string]any{"unitId": chain[6]})
	editor := w.Staff("Edda", "uni-b", viewer.CourseEditor)
	course := id(editor.Does("writes", "createCourse", map[string]any{"institutionId": uniB, "unitId": leaf, "code": "L", "kind": "MICRO_CREDENTIAL", "content": content("Leaf")}))
	editor.Does("publishes", "publishCourse", map[string]any{"courseId": course})
	admin.IsRefused("closes a unit that teaches", "CONFLICT", "closeUnit", map[string]any{"unitId": leaf})
	editor.Does("withdraws", "withdrawCourse", map[string]any{"courseId": course})
	if got := admin.Does("closes it", "closeUnit", map[string]any{"unitId": leaf}); got["closedAt"] == nil {
		t.Errorf("closed as %v", got)
	}
	admin.IsRefused("closes it twice", "CONFLICT", "closeUnit", map[string]any{"unitId": leaf})
	admin.IsRefused("adds below it", "CONFLICT", "addUnit", unit(uniB, "late", leaf))
	editor.IsRefused("writes for it", "CONFLICT", "createCourse", map[string]any{"institutionId": uniB, "unitId": leaf, "code": "L2", "kind": "COURSE", "content": content("Late")})
	admin.Does("closes the next one", "closeUnit", map[string]any{"unitId": chain[6]})
}

// Each check of readiness turns from FAILED to PASSED when its thing is there,
// says how to fix it before, and all of them take few statements.
func TestReadinessSaysWhatIsMissing(t *testing.T) {
	w := NewWorld(t)
	alma := w.Staff("Alma", "uni-b", viewer.AllianceAdministrator)
	invited := alma.Does("invites", "inviteMember", map[string]any{"allianceId": w.alliance, "part": "MEMBER", "institution": map[string]any{
		"schac": "uni-d.example", "name": english("University D"), "acronym": "UD", "country": "DE", "town": english("Town"), "timeZone": "Europe/Berlin"}})
	uniD := ident.ID(at(invited, "institution", "id").(string))
	w.institutions["uni-d"] = uniD
	const q = `query($id: ID!) { institution(by: {id: $id}) { readiness { code status message hint } } }`
	byID := map[string]any{"id": uniD}
	w.Golden("readiness-at-first.json", alma.Asks("looks what is missing", q, byID))
	for _, a := range []*Actor{w.Nobody(), w.Learner("Ada", "uni-a"), w.Staff("Rita", "uni-a", viewer.Registrar)} {
		if got := a.Asks("asks", q, byID); at(got, "institution", "readiness") != nil {
			t.Errorf("%s sees the readiness", a.Name)
		}
	}

	p := w.register("uni-d", "https://idp.uni-d.example", registry.Home{Domain: "uni-d.example", InstitutionID: uniD})
	w.providers["uni-d"] = p.ID
	dora := w.Staff("Dora", "uni-d")
	alma.Does("appoints", "grantRole", map[string]any{"personId": dora.ID, "role": "ADMINISTRATOR", "at": uniD})
	emil := w.Staff("Emil", "uni-d")
	dora.Does("appoints another", "grantRole", map[string]any{"personId": emil.ID, "role": "ADMINISTRATOR", "at": uniD})
	for _, role := range []string{"REGISTRAR", "MOBILITY_OFFICER", "RECOGNITION_OFFICER", "COURSE_EDITOR"} {
		emil.Does("gives her the role", "grantRole", map[string]any{"personId": dora.ID, "role": role, "at": uniD})
	}
	dora.Does("accepts", "answerInvitation", map[string]any{"membershipId": id(invited), "accept": true})
	change := dora.Does("proposes identifiers", "proposeInstitutionIdentity",
		map[string]any{"institutionId": uniD, "ror": "https://ror.org/0304hq317", "deqar": "DEQARINST0042", "domains": []string{"uni-d.example"}})
	alma.Does("approves", "approveInstitutionIdentity", map[string]any{"changeId": id(change), "proposal": change["proposal"]})
	course := dora.Does("writes", "createCourse", map[string]any{"institutionId": uniD, "code": "D", "kind": "MICRO_CREDENTIAL", "content": content("D")})
	dora.Does("publishes", "publishCourse", map[string]any{"courseId": id(course)})
	off := dora.Does("offers", "createOffering", cohort(id(course), 2))
	dora.Does("opens", "publishOffering", map[string]any{"offeringId": id(off)})
	if _, err := w.institutionService().AddProgramme(w.system(), institution.NewProgramme{InstitutionID: uniD, Code: "P", Title: map[string]string{"en": "P"}, EQF: 6, ECTS: 180_00, ISCED: "0613",
		Modules: []institution.NewModule{{Code: "M", Title: map[string]string{"en": "M"}, ECTS: 5_00, Place: "ELECTIVE"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.App.Credentials.RotateKey(w.system(), uniD, "EdDSA"); err != nil {
		t.Fatal(err)
	}
	source, err := w.DB.Client.ImportSource.Create().SetInstitutionID(uniD).SetName("OEAPI").SetFormat("OEAPI_V5").SetURL("https://uni-d.example/ooapi").
		SetState("ACTIVE").SetEveryMinutes(60).SetPolicy("DRAFT").SetDueAt(w.Now()).SetFailures(3).Save(w.system())
	if err != nil {
		t.Fatal(err)
	}
	failed := func() (left []string) {
		w.Statements.Store(0)
		got := dora.Asks("looks again", q, byID)
		if n := w.Statements.Load(); n > 15 { // five for the session, the roles and the institution
			t.Errorf("readiness takes %d statements", n)
		}
		for _, check := range at(got, "institution", "readiness").([]any) {
			if at(check, "status") != "PASSED" {
				left = append(left, at(check, "code").(string)+" "+at(check, "status").(string))
				if at(check, "hint") == nil {
					t.Errorf("%v has no hint", check)
				}
			} else if at(check, "hint") != nil {
				t.Errorf("%v has a hint", check)
			}
		}
		return left
	}
	if diff := cmp.Diff([]string{"IMPORT FAILED"}, failed()); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	if err := source.Update().SetFailures(1).Exec(w.system()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"IMPORT WARNING"}, failed()); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	if err := source.Update().SetFailures(0).Exec(w.system()); err != nil {
		t.Fatal(err)
	}
	if left := failed(); left != nil {
		t.Errorf("left: %v", left)
	}
	// Of all institutions at once it takes no more.
	w.Statements.Store(0)
	alma.Asks("looks at all", `{ institutions { edges { node { readiness { code } } } } }`, nil)
	if n := w.Statements.Load(); n > 15 {
		t.Errorf("the readiness of all takes %d statements", n)
	}
}

// Bounds of awards go up, name each kind once, and hold from then on.
func TestAllianceSetsItsBounds(t *testing.T) {
	w := NewWorld(t)
	alma := w.Staff("Alma", "uni-c", viewer.AllianceAdministrator)
	set := func(bounds ...map[string]any) map[string]any {
		return map[string]any{"allianceId": w.alliance, "bounds": bounds}
	}
	bound := func(kind, least, most string) map[string]any {
		return map[string]any{"kind": kind, "min": least, "max": most}
	}
	alma.IsRefused("sets them upside down", "INVALID", "updateAlliance", set(bound("COURSE", "5", "4")))
	alma.IsRefused("sets none at all", "INVALID", "updateAlliance", set(bound("COURSE", "0", "0")))
	alma.IsRefused("names a kind twice", "INVALID", "updateAlliance", set(bound("COURSE", "1", "4"), bound("COURSE", "1", "5")))
	got := alma.Does(
		"sets them",
		"updateAlliance",
		map[string]any{"allianceId": w.alliance, "name": english("Renamed"), "website": "", "bounds": []map[string]any{bound("MICRO_CREDENTIAL", "1", "4")}},
	)
	want := map[string]any{
		"id":      string(w.alliance),
		"name":    map[string]any{"text": "Renamed"},
		"website": nil,
		"bounds":  []any{map[string]any{"kind": "MICRO_CREDENTIAL", "min": "1", "max": "4"}},

		"memberProtections": []any{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	editor := w.Staff("Edda", "uni-b", viewer.CourseEditor)
	course := editor.Does(
		"writes five credits",
		"createCourse",
		map[string]any{"institutionId": w.Institution("uni-b"), "code": "CS", "kind": "MICRO_CREDENTIAL", "content": content("Five")},
	)
	editor.IsRefused("publishes them", "INVALID", "publishCourse", map[string]any{"courseId": id(course)})
}
