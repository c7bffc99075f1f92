package authz

import (
	"maps"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// A program has scopes instead of roles. A scope is a verb that it may do for
// the institution whose program it is, or it only reads; either way it opens
// the rows of one part of that institution's work beside what anybody sees.

// part is a part of an institution's work.
type part string

const (
	catalogue part = "catalogue" // drafts, imports, signing keys, policies: nothing about people
	learners  part = "learners"  // applications, results, credentials, and the people behind them
)

// readLearners is the scope of a program that reads and changes nothing.
const readLearners = "learner.read"

// scopes are all that a program may hold, with the part that each opens. What
// is missing is done by people: whatever gives rights (roles, keys, programs,
// the institution and the alliance themselves), and agreements.
var scopes = map[string]part{
	"catalogue.read":            catalogue,
	string(EditCourse):          catalogue,
	string(PublishCourse):       catalogue,
	string(ManageOffering):      catalogue,
	string(ImportCatalogue):     catalogue,
	string(EditMicroDegree):     catalogue,
	string(ManagePolicies):      catalogue,
	readLearners:                learners,
	string(NominateApplication): learners,
	string(DecideApplication):   learners,
	string(RecordResult):        learners,
	string(ConfirmResult):       learners,
	string(ManageGrading):       catalogue,
	string(IssueCredential):     learners,
	string(RevokeCredential):    learners,
	string(DecideRecognition):   learners,
}

// opened says to which part the rows of an entity belong. Of an entity that is
// not here, or whose part is closed to a token, a program sees what anybody
// sees: a new entity is closed to programs until it has a line.
var opened = map[string]part{
	ent.TypeCourse:        catalogue,
	ent.TypeCourseVersion: catalogue,
	ent.TypeOffering:      catalogue,
	ent.TypeMicroDegree:   catalogue,
	ent.TypeSigningKey:    catalogue,
	ent.TypeImportSource:  catalogue,
	ent.TypeImportRun:     catalogue,

	ent.TypeAdmissionPolicy: catalogue,

	ent.TypePerson:          learners,
	ent.TypeAffiliation:     learners,
	ent.TypeApplication:     learners,
	ent.TypeEnrolment:       learners,
	ent.TypeResult:          learners,
	ent.TypeAmendment:       learners,
	ent.TypeCredential:      learners,
	ent.TypeRecognitionCase: learners,
}

// Scopes lists all that a program may hold, in order.
func Scopes() []string { return slices.Sorted(maps.Keys(scopes)) }

// IsScope says whether a program may hold the scope.
func IsScope(s string) bool { return scopes[s] != "" }

// programMay says whether a program's token allows a verb at an institution.
func programMay(v *viewer.Viewer, verb Verb, at ident.ID) bool {
	return v.ClientAt != "" && v.ClientAt == at && IsScope(string(verb)) && slices.Contains(v.Scopes, string(verb))
}

// SeesLearners says whether what happens to the applications and results of an
// institution is open to v, as far as its staff would see it.
func SeesLearners(v *viewer.Viewer) bool { return v.Kind != viewer.Program || opens(v, learners) }

func opens(v *viewer.Viewer, p part) bool {
	return slices.ContainsFunc(v.Scopes, func(s string) bool { return scopes[s] == p })
}

// asReader returns who a viewer is as a reader of an entity: a program is
// nobody where its token does not open the rows.
func asReader(v *viewer.Viewer, entity string) *viewer.Viewer {
	if v.Kind != viewer.Program {
		return v
	}
	if p, ok := opened[entity]; ok && opens(v, p) {
		return v
	}
	return &viewer.Viewer{Kind: viewer.Anonymous}
}
