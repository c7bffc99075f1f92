package authz

import (
	"context"
	"maps"
	"slices"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Verb is something that staff may do for their institution.
type Verb string

// The verbs.
const (
	ManageAlliance      Verb = "alliance.manage"
	ManageInstitution   Verb = "institution.manage"
	GrantRoles          Verb = "role.grant"
	EditCourse          Verb = "course.edit"
	PublishCourse       Verb = "course.publish"
	ManageOffering      Verb = "offering.manage"
	ImportCatalogue     Verb = "catalogue.import"
	EditMicroDegree     Verb = "micro_degree.edit"
	NominateApplication Verb = "application.nominate"
	DecideApplication   Verb = "application.decide"
	ManagePolicies      Verb = "policy.manage"
	RecordResult        Verb = "result.record"
	ConfirmResult       Verb = "result.confirm"
	ManageGrading       Verb = "grading.manage"
	IssueCredential     Verb = "credential.issue"
	RevokeCredential    Verb = "credential.revoke"
	ManageKeys          Verb = "key.manage"
	ManageClients       Verb = "client.manage"
	ProposeRule         Verb = "recognition_rule.propose"
	AnswerRule          Verb = "recognition_rule.answer"
	TerminateRule       Verb = "recognition_rule.terminate"
	DecideRecognition   Verb = "recognition.decide"
)

// rights says which roles carry a verb. The role must be held at the very
// institution (or alliance) that the thing belongs to.
var rights = map[Verb][]viewer.Role{
	ManageAlliance:      {viewer.AllianceAdministrator},
	ManageInstitution:   {viewer.Administrator, viewer.AllianceAdministrator},
	GrantRoles:          {viewer.Administrator, viewer.AllianceAdministrator},
	EditCourse:          {viewer.CourseEditor},
	PublishCourse:       {viewer.CourseEditor},
	ManageOffering:      {viewer.CourseEditor},
	ImportCatalogue:     {viewer.CourseEditor, viewer.Administrator},
	EditMicroDegree:     {viewer.CourseEditor},
	NominateApplication: {viewer.MobilityOfficer},
	DecideApplication:   {viewer.MobilityOfficer},
	ManagePolicies:      {viewer.MobilityOfficer, viewer.Administrator},
	RecordResult:        {viewer.Teacher, viewer.Registrar},
	ConfirmResult:       {viewer.Registrar},
	ManageGrading:       {viewer.Registrar},
	IssueCredential:     {viewer.Registrar},
	RevokeCredential:    {viewer.Registrar},
	ManageKeys:          {viewer.Administrator},
	ManageClients:       {viewer.Administrator},
	ProposeRule:         {viewer.RecognitionOfficer},
	AnswerRule:          {viewer.RecognitionOfficer},
	TerminateRule:       {viewer.RecognitionOfficer},
	DecideRecognition:   {viewer.RecognitionOfficer},
}

// Verbs lists all verbs in order.
func Verbs() []Verb { return slices.Sorted(maps.Keys(rights)) }

// UnitRoles are the roles that may be held at a unit. There they carry the
// verbs about things that have one: UnitVerbs.
var (
	UnitRoles = []viewer.Role{viewer.CourseEditor}
	UnitVerbs = []Verb{EditCourse, PublishCourse, ManageOffering}
)

// Allowed says whether v may do verb at the institution or alliance. A thing
// that has a unit is also in the hands of that unit's staff; nil is no unit.
func Allowed(v *viewer.Viewer, verb Verb, at ident.ID, units ...*ident.ID) bool {
	if v.Kind == viewer.System {
		return true
	}
	if v.Kind == viewer.Program {
		return programMay(v, verb, at)
	}
	if !slices.Contains(UnitVerbs, verb) {
		units = nil
	}
	return slices.ContainsFunc(rights[verb], func(r viewer.Role) bool {
		return v.Has(r, at) || slices.ContainsFunc(units, func(u *ident.ID) bool { return u != nil && v.HasIn(r, at, *u) })
	})
}

// RightsAt lists the rights of v at an institution or alliance, or at one of its
// units, in order.
func RightsAt(v *viewer.Viewer, at ident.ID, units ...*ident.ID) []string {
	var all []string
	for _, verb := range Verbs() {
		if Allowed(v, verb, at, units...) {
			all = append(all, string(verb))
		}
	}
	return all
}

// Require returns nil when the viewer may do verb at the institution or
// alliance, or at one of the units that the thing belongs to, an
// UNAUTHENTICATED problem when nobody has signed in, and a FORBIDDEN problem
// when they may not. Whether a change also takes a step-up is declared with its
// verb (package ledger).
func Require(ctx context.Context, verb Verb, at ident.ID, units ...*ident.ID) error {
	v, err := SignedIn(ctx)
	if err != nil {
		return err
	}
	if !Allowed(v, verb, at, units...) {
		if v.Kind == viewer.Program {
			return problem.New(problem.Forbidden, "the token of this program does not have the scope %q there", verb).With(problem.Right(verb))
		}
		return problem.New(problem.Forbidden, "your roles do not include the right %q there", verb).With(problem.Right(verb))
	}
	return nil
}

// SignedIn returns the viewer, or an UNAUTHENTICATED problem when nobody has
// signed in. A context without any viewer is a fault.
func SignedIn(ctx context.Context) (*viewer.Viewer, error) {
	v := viewer.From(ctx)
	switch {
	case v == nil:
		return nil, errNoViewer
	case v.Kind == viewer.Anonymous:
		return nil, problem.New(problem.Unauthenticated, "sign in first")
	}
	return v, nil
}

// SignedInPerson returns the viewer, an UNAUTHENTICATED problem when nobody has
// signed in, and a FORBIDDEN problem for a program: what somebody does for
// themselves no program does.
func SignedInPerson(ctx context.Context) (*viewer.Viewer, error) {
	v, err := SignedIn(ctx)
	if err == nil && v.Kind == viewer.Program {
		return nil, problem.New(problem.Forbidden, "a person does this, not a program")
	}
	return v, err
}

// RequireSelf returns nil when the viewer is the person, and a FORBIDDEN
// problem otherwise.
func RequireSelf(ctx context.Context, person ident.ID) error {
	v, err := SignedIn(ctx)
	if err != nil {
		return err
	}
	return problem.If(v.Kind != viewer.System && (v.Kind != viewer.Person || v.PersonID != person),
		problem.New(problem.Forbidden, "only the learner can do this"))
}

// RequireSystem returns nil for the system, on behalf of which an operator acts.
func RequireSystem(ctx context.Context) error {
	v, err := SignedIn(ctx)
	if err != nil {
		return err
	}
	return problem.If(v.Kind != viewer.System, problem.New(problem.Forbidden, "only an operator can do this, on the command line"))
}

// RequireOther returns nil unless the viewer is the person: nobody decides
// about themselves.
func RequireOther(ctx context.Context, person ident.ID) error {
	v, err := SignedIn(ctx)
	if err != nil {
		return err
	}
	return problem.If(v.PersonID != "" && v.PersonID == person, problem.New(problem.Forbidden, "nobody decides about themselves"))
}

// OtherEyes returns nil for who has proposed no part of what waits, and a
// FORBIDDEN problem otherwise: two who change each other's proposal are still
// two, and neither approves it.
func OtherEyes(v *viewer.Viewer, proposers []ident.ID) error {
	return problem.If(v.Kind != viewer.System && slices.Contains(proposers, v.PersonID),
		problem.New(problem.Forbidden, "whoever proposed it cannot approve it; a second administrator of the alliance does"))
}
