package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/microdegree"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/graph"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Who may do what: each mutation of the schema as each role at home (uni-a), at
// the host (uni-b) and at a third university. The things that the mutations
// are tried on are in a final state, so a CONFLICT or INVALID says "you may,
// but not with this". A mutation without a row here fails the test.
func TestR64EveryMutationAsEveryRole(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	inputs := w.finished(c)

	columns := w.everybody(c)
	var names []string
	for _, f := range graph.Schema(&graph.Resolver{}).Schema().Mutation.Fields {
		if !strings.HasPrefix(f.Name, "__") {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, name := range names {
		input, ok := inputs[name]
		if !ok {
			t.Errorf("the mutation %s has no row in this matrix", name)
			continue
		}
		may := map[string][]string{}
		for _, col := range columns {
			code := col.actor.codeOf(name, input)
			may[code] = append(may[code], col.name)
		}
		for _, code := range []string{"CONFLICT", "INVALID", "LIMITED", "FORBIDDEN", "STEP_UP_REQUIRED", "NOT_FOUND", "UNAUTHENTICATED"} {
			if len(may[code]) > 0 {
				fmt.Fprintf(tw, "%s\t%s\t%s\n", name, code, strings.Join(may[code], ", "))
				delete(may, code)
			}
		}
		for code, who := range may {
			t.Errorf("%s answers %q to %v", name, code, who)
		}
	}
	_ = tw.Flush()
	golden(t, "testdata/matrix.txt", b.String(), "who may do what")
}

// codeOf runs a mutation and returns the code of its refusal, or "done".
func (a *Actor) codeOf(mutation string, input map[string]any) string {
	a.w.t.Helper()
	code, _ := a.refusal(mutation, input)
	return code
}

// refusal is codeOf with the field that is refused, or "".
func (a *Actor) refusal(mutation string, input map[string]any) (code, field string) {
	a.w.t.Helper()
	got := a.Post(mutations[mutation].document(mutation), map[string]any{"input": input})
	if len(got.Errors) > 0 {
		return got.Errors[0].Extensions["code"].(string), ""
	}
	payload := got.Data[mutation].(map[string]any)
	if refusals := payload["errors"].([]any); len(refusals) > 0 {
		for _, step := range at(refusals, 0, "field").([]any) {
			field = strings.TrimPrefix(field+"."+fmt.Sprint(step), ".")
		}
		return at(refusals, 0, "code").(string), field
	}
	return "done", ""
}

// finished plays a journey to its end and returns, for each mutation, an input
// that is refused to everybody: for its state to who has the right, and
// otherwise for the right.
func (w *World) finished(c cast) map[string]map[string]any {
	course := w.course(c.editor, "CS-1")
	gone := w.course(c.editor, "CS-GONE")
	c.editor.Does("withdraws a course", "withdrawCourse", map[string]any{"courseId": gone})
	off := w.offering(c.editor, course, 5)
	cancelled := w.offering(c.editor, course, 5)
	left := c.ada.Does("applies", "submitApplication", map[string]any{"offeringId": cancelled})
	c.ada.Does("withdraws", "withdrawApplication", map[string]any{"applicationId": id(left)})
	c.editor.Does("calls an offering off", "cancelOffering", map[string]any{"offeringId": cancelled})
	_, enrolment := w.enrolled(c, off)
	res := w.passed(c, enrolment)
	cred := c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": res})
	asked := c.ada.Does("asks home", "requestRecognition", map[string]any{"credentialId": id(cred)})
	c.homeRecognition.Does("grants", "decideRecognition", map[string]any{"caseId": id(asked), "outcome": "GRANTED", "reasons": "It fits."})
	rule := c.homeRecognition.Does("proposes", "proposeRecognitionRule", map[string]any{
		"homeId": w.Institution("uni-a"), "courseId": course, "ects": "5", "gradeTransfer": "AS_GIVEN", "validFrom": "2027-01-01"})
	c.hostRecognition.Does("declines", "answerRecognitionRule", map[string]any{"ruleId": id(rule), "agree": false})
	admin := w.Staff("Admin-of-host", "uni-b", viewer.Administrator)
	ended := admin.Does("registers a portal", "registerPortal", map[string]any{"at": w.Institution("uni-b"), "name": "Gone", "origin": "https://gone.example"})
	admin.Does("ends it", "endPortal", map[string]any{"portalId": id(ended)})
	past := id(admin.Does("gives a role", "grantRole", map[string]any{"personId": c.editor.ID, "role": "TEACHER", "at": w.Institution("uni-b")}))
	admin.Does("takes it back", "endRole", map[string]any{"roleGrantId": past, "reason": "Left."})
	claim := id(admin.Does("makes a rule", "makeRoleRule", staffRule(w.Institution("uni-b"))))
	admin.Does("ends it", "endRoleRule", map[string]any{"roleRuleId": claim, "reason": "Gone."})
	closed := admin.Does("adds a unit", "addUnit", unit(w.Institution("uni-b"), "closed", ""))
	admin.Does("closes it", "closeUnit", map[string]any{"unitId": id(closed)})
	host := map[string]any{"membershipId": w.membership("uni-b")}
	reasonless := map[string]any{"membershipId": w.membership("uni-b"), "reason": " "}
	application := map[string]any{"applicationId": id(left)}
	refusal := map[string]any{"applicationId": id(left), "reason": "No."}
	noSeats := cohort(course, 0)
	run := c.editor.Does("imports", "startImport", map[string]any{"institutionId": w.Institution("uni-b"), "format": "CSV", "mode": "DRY_RUN", "content": "x"})
	c.editor.Does("cancels it", "cancelImport", map[string]any{"runId": id(run)})
	source := func(name string) map[string]any {
		return map[string]any{
			"institutionId": w.Institution("uni-b"),
			"name":          name,
			"format":        "CSV",
			"url":           "https://sis.uni-b.example/courses",
			"everyMinutes":  60,
			"policy":        "DRAFT",
		}
	}
	active := id(c.editor.Does("adds a source", "addImportSource", source("one")))
	still := id(c.editor.Does("adds a source", "addImportSource", source("two")))
	c.editor.Does("pauses it", "pauseImportSource", map[string]any{"sourceId": still})
	degree := id(
		c.editor.Does(
			"puts a micro-degree together",
			"createMicroDegree",
			map[string]any{"institutionId": w.Institution("uni-b"), "key": "short", "content": composed("Short", 10, course)},
		),
	)
	if err := w.DB.Client.MicroDegree.Update().Where(microdegree.ID(ident.ID(degree))).SetState("WITHDRAWN").Exec(w.system()); err != nil {
		w.t.Fatal(err)
	}
	on, disabled := w.Program("uni-b", "on", "catalogue.read").ID, w.Program("uni-b", "off", "catalogue.read").ID
	admin.Does("disables a program", "disableApiClient", map[string]any{"clientId": disabled})
	w.DB.Client.Provider.Update().Where(provider.Key("uni-a.example")).SetState(provider.StateDISABLED).ExecX(w.system())
	w.DB.Client.Provider.Update().Where(provider.Key("uni-b.example")).SetCheckedAt(w.Now()).ExecX(w.system())
	idp := map[string]any{"providerId": w.providers["uni-b"]}
	rules := id(admin.Does("sets a policy", "setAdmissionPolicy", map[string]any{"institutionId": w.Institution("uni-b")}))
	change := id(admin.Does("proposes a name", "proposeInstitutionIdentity", map[string]any{"institutionId": w.Institution("uni-b"), "name": english("Old name")}))
	admin.Does("takes it back", "withdrawInstitutionIdentity", map[string]any{"changeId": change})
	tender, _ := w.tender(c, 2)
	retired := id(c.hostRegistrar.Does("defines a scale", "defineGradingScale", halves(w.Institution("uni-b"))))
	c.hostRegistrar.Does("retires it", "retireGradingScale", map[string]any{"code": retired})
	made := id(c.hostRegistrar.Does("corrects", "correctResult", correction(res, "1.3")))
	return map[string]map[string]any{
		"registerApiClient":           {"institutionId": w.Institution("uni-b"), "name": "on", "scopes": []string{}},
		"updateApiClient":             {"clientId": on, "scopes": []string{"role.grant"}},
		"addApiClientKey":             {"clientId": on, "key": map[string]any{"jwk": "x"}},
		"retireApiClientKey":          {"clientId": on, "keyId": on},
		"disableApiClient":            {"clientId": disabled},
		"enableApiClient":             {"clientId": on},
		"inviteMember":                {"allianceId": w.alliance, "part": "MEMBER", "institutionId": w.Institution("uni-b")},
		"answerInvitation":            {"membershipId": w.membership("uni-b"), "accept": true},
		"suspendMember":               reasonless,
		"reinstateMember":             host,
		"endMembership":               reasonless,
		"updateInstitution":           {"institutionId": w.Institution("uni-b"), "timeZone": "x"},
		"proposeInstitutionIdentity":  {"institutionId": w.Institution("uni-b"), "pic": "1"},
		"approveInstitutionIdentity":  {"changeId": change, "proposal": ""},
		"rejectInstitutionIdentity":   {"changeId": change, "reason": ""},
		"withdrawInstitutionIdentity": {"changeId": change},
		"addUnit":                     unit(w.Institution("uni-b"), "", ""),
		"updateUnit":                  {"unitId": id(closed), "atTop": true},
		"closeUnit":                   {"unitId": id(closed)},
		"updateAlliance":              {"allianceId": w.alliance, "bounds": []map[string]any{{"kind": "COURSE", "min": "5", "max": "4"}}},
		"grantRole":                   {"personId": c.ada.ID, "role": "TEACHER", "at": w.Institution("uni-b"), "unitId": id(closed)},
		"endSession":                  {"sessionId": w.sessionOf("Yara")},
		"endOtherSessions":            {"exceptSessionId": w.sessionOf("Zoe")},
		"unlinkIdentity":              {"identityId": w.identityOf(c.ada.ID)},
		"endRole":                     {"roleGrantId": past, "reason": "Left."},
		"makeRoleRule":                {"institutionId": w.Institution("uni-b"), "attribute": "EDUPERSON_AFFILIATION", "value": "staff", "role": "TEACHER", "months": 14},
		"endRoleRule":                 {"roleRuleId": claim, "reason": "Gone."},
		"createCourse":                {"institutionId": w.Institution("uni-b"), "code": "", "kind": "COURSE", "content": content("X")},
		"updateCourseDraft":           {"courseId": course, "content": map[string]any{"title": []map[string]any{}, "eqfLevel": 9}},
		"submitCourseForReview":       {"courseId": course},
		"returnCourseDraft":           {"courseId": course, "note": "More."},
		"publishCourse":               {"courseId": course},
		"withdrawCourse":              {"courseId": gone},
		"createMicroDegree":           {"institutionId": w.Institution("uni-b"), "key": "Not a key", "content": composed("X", 10, course)},
		"updateMicroDegree":           {"microDegreeId": degree, "content": composed("X", 10, course)},
		"publishMicroDegree":          {"microDegreeId": degree},
		"withdrawMicroDegree":         {"microDegreeId": degree},
		"createCall":                  {"institutionId": w.Institution("uni-b"), "title": english("x"), "choices": 0},
		"updateCall":                  {"callId": tender, "title": english("x"), "choices": 0},
		"reorderChoices":              {"callId": tender, "applicationIds": []string{}},
		"rankApplications":            {"offeringId": off, "homeId": w.Institution("uni-a"), "applicationIds": []any{application["applicationId"]}},
		"createOffering":              noSeats,
		"updateOffering":              cohortOf("offeringId", cancelled, 5),
		"publishOffering":             {"offeringId": off},
		"cancelOffering":              {"offeringId": cancelled},
		"submitApplication":           {"offeringId": cancelled},
		"withdrawApplication":         application,
		"nominateApplication":         application,
		"refuseNomination":            refusal,
		"admitApplication":            application,
		"refuseApplication":           refusal,
		"waitlistApplication":         application,
		"admitConditionally":          conditional(w, application["applicationId"].(string)),
		"fulfilCondition":             application,
		"acceptSeat":                  application,
		"declineSeat":                 application,
		"decideApplications":          {"items": []map[string]any{{"applicationId": application["applicationId"], "decision": "ADMIT"}}},
		"recordResult":                assessment(enrolment),
		"confirmResult":               {"resultId": res},
		"recordResults":               {"rows": []map[string]any{assessment(enrolment)}},
		"confirmResults":              {"resultIds": []string{res}},
		"reviseResult":                correction(res, "2.3"),
		"discardResult":               {"resultId": res, "reason": "x"},
		"correctResult":               correction(res, "6.0"),
		"annulResult":                 {"resultId": res, "reason": ""},
		"approveAmendment":            {"amendmentId": made},
		"dismissAmendment":            {"amendmentId": made, "reason": "x"},
		"recordParticipation":         {"rows": []map[string]any{{"enrolmentId": enrolment, "attendance": 101}}},
		"noteDropOut":                 {"enrolmentId": enrolment, "reason": "x"},
		"reopenEnrolment":             {"enrolmentId": enrolment, "reason": "x"},
		"defineGradingScale":          {"institutionId": w.Institution("uni-b"), "name": english("x"), "lastPass": "x"},
		"retireGradingScale":          {"code": retired},
		"issueCredential":             {"resultId": res},
		"revokeCredential":            {"credentialId": w.revoked(c, off), "reason": "ISSUED_IN_ERROR"},
		"proposeRecognitionRule":      {"homeId": w.Institution("uni-a"), "courseId": course, "ects": "0", "gradeTransfer": "AS_GIVEN", "validFrom": "2027-01-01"},
		"answerRecognitionRule":       {"ruleId": id(rule), "agree": true},
		"terminateRecognitionRule":    {"ruleId": id(rule)},
		"requestRecognition":          {"credentialId": id(cred)},
		"startImport":                 {"institutionId": w.Institution("uni-b"), "format": "CSV", "mode": "DRY_RUN", "content": " "},
		"cancelImport":                {"runId": id(run)},
		"addImportSource":             source("one"),
		"setAdmissionPolicy":          {"institutionId": w.Institution("uni-b"), "homeDays": 0},
		"removeAdmissionPolicy":       {"policyId": rules, "idempotencyKey": ""}, // it has no state that forbids it; policy_test.go has its roles
		"updateImportSource":          {"sourceId": active, "everyMinutes": 5},
		"pauseImportSource":           {"sourceId": still},
		"resumeImportSource":          {"sourceId": active},
		"pullImportSource":            {"sourceId": still},
		"registerPortal":              {"at": w.Institution("uni-b"), "name": "X", "origin": "*"},
		"endPortal":                   {"portalId": id(ended)},
		"saveDraft":                   {"offeringId": cancelled, "motivation": "\u202e"},
		"discardDraft":                {"draftId": missing(ident.Draft)},
		"removeDocument":              {"documentId": w.documentOf(c.ada, id(left))},
		"giveConsent":                 {"applicationId": application["applicationId"], "items": []string{"EMAIL"}, "consentVersion": vocab.CurrentConsent().Version},
		"requestErasure":              {},
		"cancelErasure":               {"erasureId": w.remembered(c)},
		"withdrawConsent":             {"applicationId": application["applicationId"], "items": []string{"NAME"}},
		"proposeProvider": {
			"key":      "Not a key",
			"issuer":   "https://idp.uni-b.example",
			"clientId": "x",
			"homes":    []map[string]any{{"domain": "uni-b.example", "institutionId": w.Institution("uni-b")}},
		},
		"approveProvider":    {"providerId": w.providers["uni-b"], "proposal": ""},
		"rejectProvider":     idp,
		"updateProvider":     {"providerId": w.providers["uni-b"], "issuer": "http://idp.uni-b.example"},
		"addProviderHome":    {"providerId": w.providers["uni-b"], "domain": "uni-b.example", "institutionId": w.Institution("uni-b")},
		"removeProviderHome": {"providerId": w.providers["uni-b"], "domain": "uni-b.example"},
		"disableProvider":    {"providerId": w.providers["uni-a"]},
		"enableProvider":     idp,
		"checkProvider":      idp,
		"decideRecognition":  {"caseId": id(asked), "outcome": "GRANTED", "reasons": "It fits."},
	}
}

// sessionOf returns a session of another learner.
func (w *World) sessionOf(name string) ident.ID {
	w.t.Helper()
	who := w.Learner("S-"+name, "uni-a")
	return w.DB.Client.Session.Query().Where(session.PersonID(who.ID), session.KindEQ(session.KindBROWSER)).OnlyX(w.system()).ID
}

// identityOf returns the account of a person.
func (w *World) identityOf(person ident.ID) ident.ID {
	w.t.Helper()
	return w.DB.Client.Identity.Query().Where(identity.PersonID(person)).OnlyX(w.system()).ID
}

// revoked returns a revoked credential of another learner of the same home.
func (w *World) revoked(c cast, offering string) string {
	c.ada = w.Learner("Zoe", "uni-a")
	_, enrolment := w.enrolled(c, offering)
	cred := c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": w.passed(c, enrolment)})
	c.hostRegistrar.Does("revokes", "revokeCredential", map[string]any{"credentialId": id(cred), "reason": "ISSUED_IN_ERROR"})
	return id(cred)
}

// What a viewer does not see does not exist: the same status, code and body for
// a foreign id as for one that was never made, for every kind of thing.
func TestInvisibleIsTheSameAsMissing(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 5)
	draft := c.editor.Does(
		"writes a course",
		"createCourse",
		map[string]any{"institutionId": w.Institution("uni-b"), "code": "CS-2", "kind": "COURSE", "content": content("Draft")},
	)
	planned := c.editor.Does(
		"plans an offering",
		"createOffering",
		cohort(at(c.editor.Asks("", `query($id: ID!) { offering(id: $id) { course { id } } }`, map[string]any{"id": off}), "offering", "course", "id").(string), 3),
	)
	app, enrolment := w.enrolled(c, off)
	res := w.passed(c, enrolment)
	cred := c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": res})
	asked := c.ada.Does("asks home", "requestRecognition", map[string]any{"credentialId": id(cred)})
	things := map[string]string{
		"portal": id(w.Staff("Admin-of-host", "uni-b", viewer.Administrator).Does("registers a portal", "registerPortal", map[string]any{
			"at": w.Institution("uni-b"), "name": "Portal", "origin": "https://portal.example"})),
		"draft course": id(draft), "its version": at(draft, "draft", "id").(string), "draft offering": id(planned), "application": app,
		"enrolment": enrolment, "result": res, "credential": id(cred), "case": id(asked), "person": string(c.ada.ID),
		"import": id(c.editor.Does("imports", "startImport", map[string]any{"institutionId": w.Institution("uni-b"), "format": "CSV", "mode": "DRY_RUN", "content": "x"})),
		"source": id(c.editor.Does("adds a source", "addImportSource", map[string]any{"institutionId": w.Institution("uni-b"), "name": "SIS", "format": "CSV",
			"url": "https://sis.uni-b.example/courses?key=topsecret", "everyMinutes": 60, "policy": "DRAFT"})),
	}
	strangers := []*Actor{w.Nobody(), w.Learner("Bela", "uni-a"), w.Staff("Third", "uni-c", viewer.Registrar, viewer.MobilityOfficer)}
	const q = `query($id: ID!, $ids: [ID!]!) { node(id: $id) { id __typename } nodes(ids: $ids) { id } application(id: $id) { id } enrolment(id: $id) { id } credential(id: $id) { id } recognitionCase(id: $id) { id } importRun(id: $id) { id } course(id: $id) { id } offering(id: $id) { id } }`
	for what, thing := range things {
		missing := thing[:4] + "06h0hph4yvw3v2c0x5e4r7t9n8"
		for _, a := range strangers {
			got := a.Post(q, map[string]any{"id": thing, "ids": []string{thing}})
			none := a.Post(q, map[string]any{"id": missing, "ids": []string{missing}})
			if got.Raw != none.Raw || got.Status != none.Status {
				t.Errorf("%s can tell that the %s exists:\n%s\n%s", a.Name, what, got.Raw, none.Raw)
			}
		}
	}
	for _, a := range strangers {
		counts := a.Asks("counts", `{ applications { totalCount } enrolments { totalCount } credentials { totalCount } recognitionCases { totalCount } }`, nil)
		for list, v := range counts {
			if n := at(v, "totalCount"); n != float64(0) {
				t.Errorf("%s counts %v %s", a.Name, n, list)
			}
		}
	}
}
