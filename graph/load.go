package graph

import (
	"context"
	"slices"
	"sync"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/alliance"
	"github.com/peregrine-exchange/peregrine/ent/amendment"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/call"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/draft"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/homemodule"
	"github.com/peregrine-exchange/peregrine/ent/importsource"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/person"
	"github.com/peregrine-exchange/peregrine/ent/programme"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/ent/recognitionrule"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/ent/rolerule"
	"github.com/peregrine-exchange/peregrine/ent/unit"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
)

func ids[O relay.Node](objs []O) []ident.ID { return each(objs, O.NodeID) }

func maybe(id *ident.ID) ident.ID {
	if id == nil {
		return ""
	}
	return *id
}

// load loads rows by their ids.
type load[E any] = func(context.Context, []ident.ID) ([]E, error)

func (r *Resolver) institutions() load[*ent.Institution] {
	return rows(r.DB.Institution.Query, institution.IDIn)
}
func (r *Resolver) units() load[*ent.Unit] { return rows(r.DB.Unit.Query, unit.IDIn) }
func (r *Resolver) programmes() load[*ent.Programme] {
	return rows(r.DB.Programme.Query, programme.IDIn)
}
func (r *Resolver) modules() load[*ent.HomeModule] {
	return rows(r.DB.HomeModule.Query, homemodule.IDIn)
}
func (r *Resolver) courses() load[*ent.Course] { return rows(r.DB.Course.Query, course.IDIn) }
func (r *Resolver) people() load[*ent.Person]  { return rows(r.DB.Person.Query, person.IDIn) }
func (r *Resolver) applications(ctx context.Context, ids []ident.ID) ([]*ent.Application, error) {
	return applicationsFor(ctx, r.DB.Application.Query().Where(application.IDIn(ids...))).All(ctx)
}
func (r *Resolver) enrolments() load[*ent.Enrolment] {
	return rows(r.DB.Enrolment.Query, enrolment.IDIn)
}
func (r *Resolver) results() load[*ent.Result] { return rows(r.DB.Result.Query, result.IDIn) }
func (r *Resolver) amendments() load[*ent.Amendment] {
	return rows(r.DB.Amendment.Query, amendment.IDIn)
}
func (r *Resolver) calls() load[*ent.Call]   { return rows(r.DB.Call.Query, call.IDIn) }
func (r *Resolver) drafts() load[*ent.Draft] { return rows(r.DB.Draft.Query, draft.IDIn) }
func (r *Resolver) cases() load[*ent.RecognitionCase] {
	return rows(r.DB.RecognitionCase.Query, recognitioncase.IDIn)
}
func (r *Resolver) rules() load[*ent.RecognitionRule] {
	return rows(r.DB.RecognitionRule.Query, recognitionrule.IDIn)
}
func (r *Resolver) alliances() load[*ent.Alliance] { return rows(r.DB.Alliance.Query, alliance.IDIn) }
func (r *Resolver) roleRules() load[*ent.RoleRule] { return rows(r.DB.RoleRule.Query, rolerule.IDIn) }
func (r *Resolver) importSources() load[*ent.ImportSource] {
	return rows(r.DB.ImportSource.Query, importsource.IDIn)
}

func (r *Resolver) versions(ctx context.Context, ids []ident.ID) ([]*ent.CourseVersion, error) {
	return versionsFor(ctx, r.DB.CourseVersion.Query().Where(courseversion.IDIn(ids...))).All(ctx)
}

func (r *Resolver) offerings(ctx context.Context, ids []ident.ID) ([]*ent.Offering, error) {
	q := r.DB.Offering.Query().Where(offering.IDIn(ids...))
	if !asks(ctx, wholeOffering()) {
		q.Modify(only([]string{offering.FieldID, offering.FieldInstitutionID, offering.FieldCourseID, offering.FieldVersionID, offering.FieldState}))
	}
	all, err := q.All(ctx)
	r.Discovery.Belongs(all)
	return all, err
}

func (r *Resolver) credentials(ctx context.Context, ids []ident.ID) ([]*ent.Credential, error) {
	return credentialsFor(ctx, r.DB.Credential.Query().Where(credential.IDIn(ids...))).All(ctx)
}

// Columns are read as they are asked for: the long texts of a version, and the
// documents of a credential, are many times what else a row holds.
var (
	briefVersion = without(
		courseversion.Columns,
		courseversion.FieldDescription,
		courseversion.FieldOutcomes,
		courseversion.FieldAssessments,
		courseversion.FieldAssessmentNote,
		courseversion.FieldSupervision,
		courseversion.FieldAttempts,
		courseversion.FieldQuality,
		courseversion.FieldPrerequisites,
		courseversion.FieldURL,
	)
	briefApplication = without(application.Columns, application.FieldMotivation, application.FieldAnswers, application.FieldStatements, application.FieldCommitment,
		application.FieldSharing, application.FieldReason, application.FieldCondition)
	longApplication = map[string]bool{
		"motivation": true, "answers": true, "statements": true, "commitment": true, "sharing": true, "reason": true, "condition": true, "viewerActions": true,
	}
	briefCredential  = without(credential.Columns, credential.FieldAward, credential.FieldJwt)
	signedCredential = without(credential.Columns, credential.FieldAward)
	documentFields   = map[string]bool{"jwt": true}
)

// wholeOffering are the fields of an offering that need more of its row than
// what it is of. A new field is one of them.
var wholeOffering = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for _, f := range Schema(&Resolver{}).Schema().Types["Offering"].Fields {
		if !slices.Contains([]string{"id", "institution", "course", "version", "state", "recognition", "quotas", "viewerApplication"}, f.Name) {
			all[f.Name] = true
		}
	}
	return all
})

func without(columns []string, left ...string) []string {
	return slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return slices.Contains(left, c) })
}

// versionsFor has the long texts read only of who asks for them.
func versionsFor(ctx context.Context, q *ent.CourseVersionQuery) *ent.CourseVersionQuery {
	if !asks(ctx, longFields) {
		q.Modify(only(briefVersion))
	}
	return q
}

// applicationsFor has what an applicant wrote and was promised read only of who asks
// for it, or for what depends on it.
func applicationsFor(ctx context.Context, q *ent.ApplicationQuery) *ent.ApplicationQuery {
	if !asks(ctx, longApplication) {
		q.Modify(only(briefApplication))
	}
	return q
}

// credentialsFor has the signed document read only of who asks for it; what it
// was made of, nobody does here.
func credentialsFor(ctx context.Context, q *ent.CredentialQuery) *ent.CredentialQuery {
	if asks(ctx, documentFields) {
		q.Modify(only(signedCredential))
	} else {
		q.Modify(only(briefCredential))
	}
	return q
}

// only has columns read and no others. Unlike a selection it leaves a query that
// can be counted.
func only(columns []string) func(*sql.Selector) {
	return func(s *sql.Selector) { s.Select(s.Columns(columns...)...) }
}
