package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent/draft"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// asking is a cohort of a course that asks its applicants for something of every
// kind.
func asking(course string) map[string]any {
	run := cohort(course, 5)
	run["questions"] = []map[string]any{
		{"key": "why", "kind": "TEXT", "text": english("Why this course?"), "required": true, "maxLength": 100},
		{"key": "track", "kind": "CHOICE", "text": english("Which track?"), "choices": []map[string]any{{"key": "a", "text": english("A")}, {"key": "b", "text": english("B")}}},
		{"key": "transcript", "kind": "FILE", "text": english("Your transcript"), "required": true},
	}
	run["requirements"] = []map[string]any{{"key": "english", "kind": "LANGUAGE", "language": "en", "level": "B2"}}
	run["requestedData"] = []map[string]any{{"item": "EMAIL", "required": true}, {"item": "ACCESS_NEEDS"}}
	return run
}

// A learner begins, saves, changes and submits; what is missing is named, what the
// host has not asked for is not shared, and each side sees what is for it.
func TestADraftBecomesAnApplication(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := id(c.editor.Does("plans", "createOffering", asking(w.course(c.editor, "CS-1"))))
	c.ada.IsRefused("begins what is no offer yet", "NOT_FOUND", "saveDraft", map[string]any{"offeringId": off})
	c.editor.Does("publishes", "publishOffering", map[string]any{"offeringId": off})
	version := vocab.CurrentConsent().Version
	answer := func(key, field string, value any) []map[string]any {
		return []map[string]any{{"question": key, field: value}}
	}
	for _, tt := range []struct {
		field string
		value any
		at    string
	}{
		{"answers", answer("who", "text", "Me"), "input.answers.0.question"}, {"answers", answer("track", "choice", "c"), "input.answers.0.choice"},
		{"answers", answer("transcript", "text", "x"), "input.answers.0.text"}, {"statements", []string{"other"}, "input.statements"},
		{"sharedData", []string{"MOTIVATION"}, "input.sharedData"},
	} {
		if code, at := c.ada.refusal("saveDraft", map[string]any{"offeringId": off, tt.field: tt.value}); code != "INVALID" || at != tt.at {
			t.Errorf("%s %v: %s at %s", tt.field, tt.value, code, at)
		}
	}
	begun := id(c.ada.Does("begins", "saveDraft", map[string]any{"offeringId": off, "motivation": "First."}))
	submit := map[string]any{"offeringId": off, "fromDraft": true, "consentVersion": version}
	if code, at := c.ada.refusal("submitApplication", submit); code != "INVALID" || at != "input.answers.why" {
		t.Errorf("unfinished: %s at %s", code, at)
	}
	saved := c.ada.Does("goes on", "saveDraft", map[string]any{"offeringId": off, "motivation": "Second.", "accessNeeds": "A ramp.", "statements": []string{"english"},
		"answers": []map[string]any{{"question": "why", "text": "Because."}, {"question": "track", "choice": "b"}}, "sharedData": []string{"EMAIL", "ANSWERS", "DOCUMENTS"}})
	if id(saved) != begun || saved["motivation"] != "Second." {
		t.Errorf("saved is %v", saved)
	}
	if code, at := c.ada.refusal("submitApplication", submit); code != "INVALID" || at != "input.answers.transcript" {
		t.Errorf("without the file: %s at %s", code, at)
	}
	doc := c.ada.added(ident.ID(begun))
	w.DB.Client.Document.UpdateOneID(ident.ID(doc)).SetQuestion("transcript").ExecX(w.system())
	for _, other := range []*Actor{c.homeOffice, c.hostOffice, w.Learner("Bela", "uni-a")} {
		got := other.Asks("looks", `query($id: ID!) { node(id: $id) { id } drafts { nodes { id } } }`, map[string]any{"id": begun})
		if got["node"] != nil || len(at(got, "drafts", "nodes").([]any)) > 0 {
			t.Errorf("%s sees a draft: %v", other.Name, got)
		}
	}
	app := id(c.ada.Does("submits", "submitApplication", submit))
	if w.DB.Client.Draft.Query().Where(draft.ID(ident.ID(begun))).ExistX(w.system()) {
		t.Error("the draft is still there")
	}
	shown := func(by *Actor) string {
		got := by.Asks("looks", `query($id: ID!) { application(id: $id) { motivation accessNeeds statements documents { id } answers { question { key } text choice } } }`, map[string]any{"id": app})
		return fmt.Sprint(at(got, "application", "motivation"), at(got, "application", "accessNeeds"), at(got, "application", "statements"), at(got, "application", "answers"),
			at(got, "application", "documents") != nil)
	}
	answers := "[map[choice:<nil> question:map[key:why] text:Because.] map[choice:b question:map[key:track] text:<nil>]]"
	own := "Second.A ramp.[english] " + answers + " true"
	if got := shown(c.ada); got != own {
		t.Errorf("she sees %s", got)
	}
	if got := shown(c.homeOffice); got != own {
		t.Errorf("home sees %s", got)
	}
	if got := shown(c.hostOffice); got != "<nil> <nil> [english] <nil> false" {
		t.Errorf("before the nomination the host sees %s", got)
	}
	c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": app})
	if got := shown(c.hostOffice); got != "<nil> <nil> [english] "+answers+" true" { // it has not asked why, and she does not share what she needs
		t.Errorf("the host sees %s", got)
	}
	c.ada.Does("shares what she needs", "giveConsent", map[string]any{"applicationId": app, "items": []string{"ACCESS_NEEDS"}, "consentVersion": version})
	c.ada.Does("no longer shares her answers", "withdrawConsent", map[string]any{"applicationId": app, "items": []string{"ANSWERS", "DOCUMENTS"}})
	if got := shown(c.hostOffice); got != "<nil>A ramp.[english] <nil> false" {
		t.Errorf("then the host sees %s", got)
	}
	seen := ""
	for _, d := range w.disclosures(c.ada) {
		seen += fmt.Sprintln(d.Fields)
	}
	for _, field := range []string{"ACCESS_NEEDS", "ANSWERS", "DOCUMENTS", "MOTIVATION"} {
		if !strings.Contains(seen, field) {
			t.Errorf("the reading of %s is not noted: %s", field, seen)
		}
	}
	c.ada.IsRefused("shares what the host has not asked for", "INVALID", "giveConsent",
		map[string]any{"applicationId": app, "items": []string{"MOTIVATION"}, "consentVersion": version})
}
