package authz

import (
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Stage is how far an application has come, as far as it matters for who needs
// to know what of its learner.
type Stage string

// The stages.
const (
	Applied   Stage = "APPLIED"   // home has not decided; it is none of the host's business yet
	Nominated Stage = "NOMINATED" // the host decides, or the learner waits for a seat or answers to one
	Seated    Stage = "SEATED"    // the learner takes part
	Recorded  Stage = "RECORDED"  // the learner has finished; a record is left
	Ended     Stage = "ENDED"     // refused, withdrawn, lapsed or called off
)

// StageOf returns the stage of an application. seat is that of its enrolment,
// nil when there is none or it is not known: then a seat counts as taken.
func StageOf(state application.State, seat *enrolment.State) Stage {
	switch state {
	case application.StateSUBMITTED:
		return Applied
	case application.StateNOMINATED, application.StateWAITLISTED, application.StateOFFERED, application.StateCONDITIONAL:
		return Nominated
	case application.StateADMITTED:
		switch {
		case seat == nil || *seat == enrolment.StateENROLLED || *seat == enrolment.StateSTARTED:
			return Seated
		case *seat == enrolment.StateCOMPLETED:
			return Recorded
		}
	}
	return Ended
}

// Side is a side of an application.
type Side string

// The sides.
const (
	AtHome Side = "HOME"
	AtHost Side = "HOST"
)

// Look is a reason to see a personal field of a learner: to hold one of the
// roles at that side of an application at that stage.
type Look struct {
	Field  vocab.PersonalField
	Side   Side
	Roles  []viewer.Role
	Stages []Stage
	Shared bool // only while the learner shares it with the host
}

var (
	offices  = []viewer.Role{viewer.MobilityOfficer}
	atHome   = []viewer.Role{viewer.MobilityOfficer, viewer.Registrar, viewer.RecognitionOfficer}
	atHost   = []viewer.Role{viewer.MobilityOfficer, viewer.Teacher, viewer.Registrar}
	records  = []viewer.Role{viewer.MobilityOfficer, viewer.Registrar}
	pending  = []Stage{Applied, Nominated, Seated}
	admitted = []Stage{Nominated, Seated}
)

// looks are all reasons to see a personal field of somebody else. Who has to
// write to a learner handles applications; who teaches or keeps the record needs
// the name alone. A host knows nobody before home has nominated them, and nobody
// whose application has come to nothing. Home keeps the name of who applied, for
// the record of what it decided.
var looks = []Look{
	{vocab.FieldName, AtHome, atHome, []Stage{Applied, Nominated, Seated, Recorded}, false},
	{vocab.FieldName, AtHome, offices, []Stage{Ended}, false},
	{vocab.FieldName, AtHost, offices, []Stage{Nominated, Seated, Recorded}, true},
	{vocab.FieldName, AtHost, atHost, []Stage{Seated, Recorded}, true},
	{vocab.FieldEmail, AtHome, offices, pending, false},
	{vocab.FieldEmail, AtHost, offices, admitted, true},
	{vocab.FieldStudentIdentifier, AtHome, records, []Stage{Applied, Nominated, Seated, Recorded}, false},
	{vocab.FieldStudentIdentifier, AtHost, offices, admitted, true},
	{vocab.FieldHomeProgramme, AtHome, atHome, []Stage{Applied, Nominated, Seated, Recorded}, false},
	{vocab.FieldHomeProgramme, AtHost, offices, admitted, true},
	{vocab.FieldMotivation, AtHome, offices, pending, false},
	{vocab.FieldMotivation, AtHost, offices, admitted, true},
	{vocab.FieldDocuments, AtHome, offices, pending, false},
	{vocab.FieldDocuments, AtHost, offices, admitted, true},
	{vocab.FieldAnswers, AtHome, offices, pending, false},
	{vocab.FieldAnswers, AtHost, offices, admitted, true},
	{vocab.FieldAccessNeeds, AtHome, offices, pending, false},
	{vocab.FieldAccessNeeds, AtHost, offices, admitted, true},
	{vocab.FieldReason, AtHome, offices, []Stage{Applied, Nominated, Seated, Ended}, false},
	{vocab.FieldReason, AtHost, offices, []Stage{Nominated, Seated, Ended}, false},
}

// Looks lists all reasons to see a personal field of a learner, in order. It is
// the very table that decides.
func Looks() []Look { return slices.Clone(looks) }

// Case is an application as the reason to see a field.
type Case struct {
	ID, Home, Host ident.ID
	Stage          Stage
	Sharing        vocab.Sharing
}

// CaseOf returns an application as a reason.
func CaseOf(app *ent.Application, seat *enrolment.State) Case {
	return Case{app.ID, app.HomeID, app.HostID, StageOf(app.State, seat), app.Sharing}
}

// Ground is why a viewer sees a field of somebody else.
type Ground struct {
	Institution ident.ID    // for which they work
	Application ident.ID    // that concerns it; empty when none does
	Role        viewer.Role // that they hold there, or that a program stands in for
}

// Ground returns why the viewer sees a field of the learner by this application,
// and whether they do.
func (c Case) Ground(v *viewer.Viewer, f vocab.PersonalField) (Ground, bool) {
	for _, l := range looks {
		if l.Field != f || !slices.Contains(l.Stages, c.Stage) || l.Shared && !c.Sharing.Has(vocab.SharedItem(f)) {
			continue
		}
		at := c.Home
		if l.Side == AtHost {
			at = c.Host
		}
		if role, ok := WorksAs(v, at, l.Roles); ok {
			return Ground{at, c.ID, role}, true
		}
	}
	return Ground{}, false
}

// WorksAs returns the first of the roles that the viewer holds at the
// institution. A program stands in for the roles that carry the verbs of its
// scopes; one that only reads does so for who handles applications and records.
func WorksAs(v *viewer.Viewer, at ident.ID, roles []viewer.Role) (viewer.Role, bool) {
	i := slices.IndexFunc(roles, func(r viewer.Role) bool {
		return v.Has(r, at) || v.Kind == viewer.Program && v.ClientAt == at && standsIn(v, r)
	})
	if i < 0 {
		return "", false
	}
	return roles[i], true
}

func standsIn(program *viewer.Viewer, r viewer.Role) bool {
	return slices.ContainsFunc(program.Scopes, func(s string) bool {
		return s == readLearners && slices.Contains(records, r) || scopes[s] == learners && slices.Contains(rights[Verb(s)], r)
	})
}
