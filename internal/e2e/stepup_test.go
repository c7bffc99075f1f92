package e2e

import (
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// R19: once its administrator asks for it, the staff of an institution need a
// second factor for what weighs most, and for nothing else.
func TestR19InstitutionAsksForAStepUp(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 5)
	_, enrolment := w.enrolled(c, off)
	result := map[string]any{"resultId": id(c.teacher.Does("records", "recordResult", assessment(enrolment)))}
	admin := w.Staff("Admin-of-host", "uni-b", viewer.Administrator)
	mine := w.Program("uni-b", "sis", "catalogue.read")
	if got := admin.Does("asks for it", "updateInstitution", map[string]any{"institutionId": w.Institution("uni-b"), "stepUp": "REQUIRED"}); got["stepUp"] != "REQUIRED" {
		t.Fatalf("the institution is %v", got)
	}
	refusal := c.hostRegistrar.IsRefused("confirms", "STEP_UP_REQUIRED", "confirmResult", result)
	if refusal["stepUpUrl"] != authz.StepUpPath {
		t.Errorf("the refusal leads to %v", refusal)
	}
	key := at(admin.Asks("looks", `query($id: ID!) { apiClient(id: $id) { keys { id } } }`, map[string]any{"id": mine.ID}), "apiClient", "keys").([]any)[0].(map[string]any)["id"]
	_, public := pair(t, mine.alg, "stolen")
	for mutation, input := range map[string]map[string]any{
		"registerApiClient":  {"institutionId": w.Institution("uni-b"), "name": "another", "scopes": []string{"catalogue.read"}, "keys": []map[string]any{{"jwk": public}}},
		"updateApiClient":    {"clientId": mine.ID, "name": "another"},
		"addApiClientKey":    {"clientId": mine.ID, "key": map[string]any{"jwk": public}},
		"retireApiClientKey": {"clientId": mine.ID, "keyId": key},
		"disableApiClient":   {"clientId": mine.ID},
		"enableApiClient":    {"clientId": mine.ID},
	} {
		admin.IsRefused("changes programs by one factor", "STEP_UP_REQUIRED", mutation, input)
	}
	c.hostRegistrar.proves("https://refeds.org/profile/sfa")
	c.hostRegistrar.IsRefused("confirms by one factor", "STEP_UP_REQUIRED", "confirmResult", result)
	c.hostRegistrar.proves(authz.MultiFactor)
	c.hostRegistrar.Does("confirms by two", "confirmResult", result)
}

// R16: a person lists their own sessions and accounts, and ends the others.
func TestR16SessionsInTheAPI(t *testing.T) {
	w := NewWorld(t)
	ada := w.Learner("Ada", "uni-a")
	w.Learner("Bela", "uni-a")
	const mine = `{ viewer { sessions(first: 10) { totalCount nodes { id kind current identity { issuer } } } identities(first: 1) { totalCount nodes { issuer signedInAt } } } }`
	got := ada.Asks("lists", mine, nil)
	if n := at(got, "viewer", "sessions", "totalCount"); n != 2.0 || at(got, "viewer", "identities", "totalCount") != 1.0 {
		t.Fatalf("Ada sees %v", got)
	}
	current := ""
	for _, node := range at(got, "viewer", "sessions", "nodes").([]any) {
		if s := node.(map[string]any); s["current"] == true {
			current = s["id"].(string)
		}
	}
	ada.Does("ends the others", "endOtherSessions", map[string]any{"exceptSessionId": current})
	if got := ada.Asks("lists", mine, nil); at(got, "viewer", "sessions", "totalCount") != 2.0 { // the token and the browser that lent it
		t.Errorf("Ada sees %v", got)
	}
	ada.Does("ends it", "endSession", map[string]any{"sessionId": current})
	if answer := ada.Post(mine, nil); len(answer.Errors) == 0 {
		t.Errorf("the ended token still works: %s", answer.Raw)
	}
	if got := w.Nobody().Asks("lists", mine, nil); at(got, "viewer", "sessions", "totalCount") != 0.0 {
		t.Errorf("nobody sees %v", got)
	}
}
