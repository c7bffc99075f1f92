package graph

import (
	"context"
	"slices"
	"sync"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/homemodule"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/microdegree"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/person"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/programme"
	"github.com/peregrine-exchange/peregrine/ent/recognitionrule"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/ent/unit"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
)

func ids[O relay.Node](objs []O) []ident.ID {
	all := make([]ident.ID, len(objs))
	for i, o := range objs {
		all[i] = o.NodeID()
	}
	return all
}

func maybe(id *ident.ID) ident.ID {
	if id == nil {
		return ""
	}
	return *id
}

func (r *Resolver) institutions(ctx context.Context, ids []ident.ID) ([]*ent.Institution, error) {
	return r.DB.Institution.Query().Where(institution.IDIn(ids...)).All(ctx)
}

func (r *Resolver) identities(ctx context.Context, ids []ident.ID) ([]*ent.Identity, error) {
	return r.DB.Identity.Query().Where(identity.IDIn(ids...)).All(ctx)
}

func (r *Resolver) units(ctx context.Context, ids []ident.ID) ([]*ent.Unit, error) {
	return r.DB.Unit.Query().Where(unit.IDIn(ids...)).All(ctx)
}

func (r *Resolver) programmes(ctx context.Context, ids []ident.ID) ([]*ent.Programme, error) {
	return r.DB.Programme.Query().Where(programme.IDIn(ids...)).All(ctx)
}

func (r *Resolver) modules(ctx context.Context, ids []ident.ID) ([]*ent.HomeModule, error) {
	return r.DB.HomeModule.Query().Where(homemodule.IDIn(ids...)).All(ctx)
}

func (r *Resolver) courses(ctx context.Context, ids []ident.ID) ([]*ent.Course, error) {
	return r.DB.Course.Query().Where(course.IDIn(ids...)).All(ctx)
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

func (r *Resolver) people(ctx context.Context, ids []ident.ID) ([]*ent.Person, error) {
	return r.DB.Person.Query().Where(person.IDIn(ids...)).All(ctx)
}

func (r *Resolver) applications(ctx context.Context, ids []ident.ID) ([]*ent.Application, error) {
	return r.DB.Application.Query().Where(application.IDIn(ids...)).All(ctx)
}

func (r *Resolver) enrolments(ctx context.Context, ids []ident.ID) ([]*ent.Enrolment, error) {
	return r.DB.Enrolment.Query().Where(enrolment.IDIn(ids...)).All(ctx)
}

func (r *Resolver) results(ctx context.Context, ids []ident.ID) ([]*ent.Result, error) {
	return r.DB.Result.Query().Where(result.IDIn(ids...)).All(ctx)
}

func (r *Resolver) credentials(ctx context.Context, ids []ident.ID) ([]*ent.Credential, error) {
	return credentialsFor(ctx, r.DB.Credential.Query().Where(credential.IDIn(ids...))).All(ctx)
}

func (r *Resolver) rules(ctx context.Context, ids []ident.ID) ([]*ent.RecognitionRule, error) {
	return r.DB.RecognitionRule.Query().Where(recognitionrule.IDIn(ids...)).All(ctx)
}

func (r *Resolver) affiliations(ctx context.Context, ids []ident.ID) ([]*ent.Affiliation, error) {
	return r.DB.Affiliation.Query().Where(affiliation.IDIn(ids...)).All(ctx)
}

func (r *Resolver) credentialsOf(learner ident.ID) *ent.CredentialQuery {
	return r.DB.Credential.Query().Where(credential.LearnerID(learner))
}

func (r *Resolver) microDegreeByKey(key string) *ent.MicroDegreeQuery {
	return r.DB.MicroDegree.Query().Where(microdegree.Key(key))
}

func (r *Resolver) publishedMicroDegrees(since *time.Time) *ent.MicroDegreeQuery {
	all := when([]predicate.MicroDegree{microdegree.StateEQ(microdegree.StatePUBLISHED)}, since, microdegree.UpdatedAtGTE)
	return r.DB.MicroDegree.Query().Where(all...)
}

// Columns are read as they are asked for: the long texts of a version, and the
// documents of a credential, are many times what else a row holds.
var (
	briefVersion = without(courseversion.Columns, courseversion.FieldDescription, courseversion.FieldOutcomes, courseversion.FieldAssessments,
		courseversion.FieldAssessmentNote, courseversion.FieldSupervision, courseversion.FieldQuality, courseversion.FieldPrerequisites, courseversion.FieldURL)
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
