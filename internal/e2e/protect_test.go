package e2e

import (
	"fmt"
	"slices"
	"testing"

	entinstitution "github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// proves has all sessions of somebody say how they proved themselves, just now.
func (a *Actor) proves(acr string) {
	a.w.DB.Client.Session.Update().Where(session.PersonID(a.ID)).SetAcr(acr).SetAuthenticatedAt(a.w.Now()).ExecX(a.w.system())
}

// R19: the second factor is not switched off without it, nor gone around by a
// portal, a source, a rule of recognition or a unit.
func TestR19NoProtectionIsLoweredByOneFactor(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	at := w.Institution("uni-b")
	admin := w.Staff("Admin-of-host", "uni-b", viewer.Administrator, viewer.CourseEditor)
	unit := id(admin.Does("adds a unit", "addUnit", map[string]any{"institutionId": at, "key": "law", "kind": "FACULTY", "name": []map[string]any{{"language": "en", "text": "Law"}}}))
	source := map[string]any{"institutionId": at, "name": "SIS", "format": "CSV", "url": "https://sis.uni-b.example/courses.csv", "everyMinutes": 15, "policy": "DRAFT"}
	known := id(c.editor.Does("adds a source", "addImportSource", source))
	admin.Does("asks for two factors", "updateInstitution", map[string]any{"institutionId": at, "stepUp": "REQUIRED", "courseReview": "REQUIRED"})
	for _, tt := range []struct {
		who      *Actor
		mutation string
		input    map[string]any
	}{
		{admin, "updateInstitution", map[string]any{"institutionId": at, "stepUp": "OPTIONAL"}},
		{admin, "updateInstitution", map[string]any{"institutionId": at, "courseReview": "OPTIONAL"}},
		{admin, "proposeInstitutionIdentity", map[string]any{"institutionId": at, "domains": []string{"uni-x.example"}}},
		{admin, "registerPortal", map[string]any{"at": at, "name": "Portal", "origin": "https://portal.example", "returnAddresses": []string{"https://portal.example/back"}}},
		{admin, "updateUnit", map[string]any{"unitId": unit, "atTop": true}},
		{admin, "closeUnit", map[string]any{"unitId": unit}},
		{c.editor, "addImportSource", map[string]any{"institutionId": at, "name": "Other", "format": "CSV", "url": "https://sis.uni-b.example/other.csv", "everyMinutes": 15, "policy": "DRAFT"}},
		{c.editor, "updateImportSource", map[string]any{"sourceId": known, "everyMinutes": 60}},
	} {
		tt.who.IsRefused("by one factor", "STEP_UP_REQUIRED", tt.mutation, tt.input)
	}
	c.editor.Does("pauses it by one factor", "pauseImportSource", map[string]any{"sourceId": known})
	c.editor.IsRefused("lets it go on", "STEP_UP_REQUIRED", "resumeImportSource", map[string]any{"sourceId": known})
	admin.proves(authz.MultiFactor)
	admin.Does("asks for it no longer, by two", "updateInstitution", map[string]any{"institutionId": at, "stepUp": "OPTIONAL"})
}

// What an alliance asks of all its members no member lowers, those that lack it
// have it at once, and those that come later with their membership.
func TestAMemberDoesNotGoBelowItsAlliance(t *testing.T) {
	w := NewWorld(t)
	head := w.Staff("Alma", "uni-c", viewer.AllianceAdministrator)
	admin := w.Staff("Admin-of-host", "uni-b", viewer.Administrator)
	lower := func(what ...string) map[string]any {
		input := map[string]any{"institutionId": w.Institution("uni-b")}
		for _, field := range what {
			input[field] = "OPTIONAL"
		}
		return input
	}
	all := []string{"RESULT_CONFIRMATION", "STEP_UP", "COURSE_REVIEW"}
	made := head.Does("asks for all", "updateAlliance", map[string]any{"allianceId": w.alliance, "memberProtections": append(all, "STEP_UP")})
	if got := fmt.Sprint(made["memberProtections"]); got != "[COURSE_REVIEW RESULT_CONFIRMATION STEP_UP]" {
		t.Errorf("the alliance asks for %s", got)
	}
	admin.IsRefused("lowers by one factor", "STEP_UP_REQUIRED", "updateInstitution", lower("stepUp"))
	admin.proves(authz.MultiFactor)
	for _, field := range []string{"stepUp", "courseReview", "resultConfirmation"} {
		if got := admin.IsRefused("lowers "+field, "CONFLICT", "updateInstitution", lower(field)); fmt.Sprint(got["field"]) != "[input "+field+"]" {
			t.Errorf("the refusal is at %v", got["field"])
		}
	}
	for _, i := range w.DB.Client.Institution.Query().AllX(w.system()) {
		if i.StepUp != vocab.StepUpRequired || i.CourseReview != entinstitution.CourseReviewREQUIRED || i.ResultConfirmation != entinstitution.ResultConfirmationREQUIRED {
			t.Errorf("%s has %s, %s, %s", i.Acronym, i.StepUp, i.CourseReview, i.ResultConfirmation)
		}
	}
	invited := head.Does("invites another", "inviteMember", map[string]any{"allianceId": w.alliance, "part": "MEMBER", "institution": map[string]any{
		"schac": "uni-n.example", "name": []map[string]any{{"language": "en", "text": "New"}}, "acronym": "N", "country": "FI",
		"town": []map[string]any{{"language": "en", "text": "Town"}}, "timeZone": "Europe/Helsinki", "domains": []string{}}})
	late := w.DB.Client.Institution.Query().Where(entinstitution.Schac("uni-n.example")).OnlyX(w.system())
	if late.StepUp != vocab.StepUpOptional {
		t.Errorf("an invitation alone gives %s", late.StepUp)
	}
	w.institutions["uni-n"], w.providers["uni-n"] = late.ID, w.providers["uni-b"]
	rector := w.Staff("Rector", "uni-n", viewer.Administrator)
	rector.Does("accepts", "answerInvitation", map[string]any{"membershipId": id(invited), "accept": true})
	if late = w.DB.Client.Institution.GetX(w.system(), late.ID); late.StepUp != vocab.StepUpRequired || late.CourseReview != entinstitution.CourseReviewREQUIRED {
		t.Errorf("the new member has %s, %s", late.StepUp, late.CourseReview)
	}
	head.Does("asks for less", "updateAlliance", map[string]any{"allianceId": w.alliance, "memberProtections": slices.Clone(all[:1])})
	admin.Does("lowers what is not asked for", "updateInstitution", lower("stepUp", "courseReview"))
	admin.IsRefused("lowers what is", "CONFLICT", "updateInstitution", lower("resultConfirmation"))
}
