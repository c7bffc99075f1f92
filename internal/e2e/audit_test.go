package e2e

import (
	"testing"

	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// R80: each change writes its audit entry and its event in its own transaction,
// by who did it; a refused one writes neither.
func TestEveryChangeIsOnRecord(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	ctx, db := w.system(), w.DB.Client
	changes := func(a *Actor, verbs []string, change func()) {
		t.Helper()
		entries, events := db.AuditEntry.Query().CountX(ctx), db.OutboxEvent.Query().CountX(ctx)
		change()
		for _, verb := range verbs {
			if !db.AuditEntry.Query().Where(auditentry.Verb(verb), auditentry.ActorID(a.ID), auditentry.RequestIDNEQ("")).ExistX(ctx) {
				t.Errorf("%s by %s is not on record", verb, a.Name)
			}
		}
		if got := db.AuditEntry.Query().CountX(ctx) - entries; got != len(verbs) {
			t.Errorf("%v wrote %d audit entries", verbs, got)
		}
		told := 0
		for _, verb := range verbs {
			if db.OutboxEvent.Query().Where(outboxevent.Type(verb)).ExistX(ctx) {
				told++
			}
		}
		if got := db.OutboxEvent.Query().CountX(ctx) - events; got != told {
			t.Errorf("%v wrote %d events, want %d", verbs, got, told)
		}
	}
	course := w.course(c.editor, "CS-1")
	off := w.offering(c.editor, course, 1)
	var app, cred map[string]any
	changes(c.ada, []string{"application.submit"}, func() {
		app = c.ada.Does("applies", "submitApplication", map[string]any{"offeringId": off})
	})
	changes(c.ada, nil, func() {
		c.ada.IsRefused("twice", "CONFLICT", "submitApplication", map[string]any{"offeringId": off})
	})
	changes(c.homeOffice, []string{"application.nominate"}, func() {
		c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": id(app)})
	})
	changes(c.hostOffice, []string{"application.admit", "enrolment.begin"}, func() {
		c.hostOffice.Does("admits", "admitApplication", map[string]any{"applicationId": id(app)})
	})
	seat := c.teacher.Asks("", `query($id: ID!) { application(id: $id) { enrolment { id } } }`, map[string]any{"id": id(app)})
	res := ""
	changes(c.teacher, []string{"result.record"}, func() {
		res = id(c.teacher.Does("records", "recordResult", assessment(at(seat, "application", "enrolment", "id").(string))))
	})
	changes(c.hostRegistrar, []string{"result.confirm", "enrolment.complete"}, func() {
		c.hostRegistrar.Does("confirms", "confirmResult", map[string]any{"resultId": res})
	})
	w.course(c.editor, "CS-KEY") // unrelated
	first := c.hostRegistrar.Does("issues, which also makes the key", "issueCredential", map[string]any{"resultId": res})
	changes(c.hostRegistrar, []string{"credential.revoke"}, func() {
		c.hostRegistrar.Does("revokes", "revokeCredential", map[string]any{"credentialId": id(first), "reason": "ISSUED_IN_ERROR"})
	})
	changes(c.hostRegistrar, []string{"credential.intend", "credential.issue"}, func() {
		cred = c.hostRegistrar.Does("issues again", "issueCredential", map[string]any{"resultId": res})
	})
	changes(c.ada, []string{"recognition.request"}, func() {
		c.ada.Does("asks home", "requestRecognition", map[string]any{"credentialId": id(cred)})
	})
	entry := db.AuditEntry.Query().Where(auditentry.ObjectID(ident.ID(id(app))), auditentry.Verb("application.nominate")).OnlyX(ctx)
	if entry.Details["from"] != "SUBMITTED" || entry.Details["to"] != "NOMINATED" || len(entry.Institutions) != 2 {
		t.Errorf("the entry is %+v", entry)
	}
}
