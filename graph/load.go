package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/homemodule"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/microdegree"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/person"
	"github.com/peregrine-exchange/peregrine/ent/programme"
	"github.com/peregrine-exchange/peregrine/ent/recognitionrule"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/ent/unit"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// follow returns, for each object, the row that its key names, with one
// statement for all of them; nil where the viewer does not see it.
func follow[O any, E relay.Node](ctx context.Context, objs []O, key func(O) ident.ID, load func(context.Context, []ident.ID) ([]E, error)) ([]E, error) {
	keys := relay.Keys(objs, key)
	if len(keys) == 0 {
		return make([]E, len(objs)), nil
	}
	found, err := load(ctx, keys)
	if err != nil {
		return nil, err
	}
	return relay.Align(objs, key, found), nil
}

// gather returns, for each object, the rows whose owner it is.
func gather[O relay.Node, E any](objs []O, found []E, owner func(E) ident.ID) [][]E {
	by := map[ident.ID][]E{}
	for _, e := range found {
		by[owner(e)] = append(by[owner(e)], e)
	}
	all := make([][]E, len(objs))
	for i, o := range objs {
		all[i] = by[o.NodeID()]
	}
	return all
}

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
	return r.DB.CourseVersion.Query().Where(courseversion.IDIn(ids...)).All(ctx)
}

func (r *Resolver) offerings(ctx context.Context, ids []ident.ID) ([]*ent.Offering, error) {
	return r.DB.Offering.Query().Where(offering.IDIn(ids...)).All(ctx)
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
	return r.DB.Credential.Query().Where(credential.IDIn(ids...)).All(ctx)
}

func (r *Resolver) rules(ctx context.Context, ids []ident.ID) ([]*ent.RecognitionRule, error) {
	return r.DB.RecognitionRule.Query().Where(recognitionrule.IDIn(ids...)).All(ctx)
}

func (r *Resolver) affiliations(ctx context.Context, ids []ident.ID) ([]*ent.Affiliation, error) {
	return r.DB.Affiliation.Query().Where(affiliation.IDIn(ids...)).All(ctx)
}

// enrolmentOf returns the seat of each application, if it has one.
func (r *Resolver) enrolmentOf(ctx context.Context, apps []*ent.Application) ([]*ent.Enrolment, error) {
	found, err := r.DB.Enrolment.Query().Where(enrolment.ApplicationIDIn(ids(apps)...)).All(ctx)
	if err != nil {
		return nil, err
	}
	return first1(gather(apps, found, func(e *ent.Enrolment) ident.ID { return e.ApplicationID })), nil
}

// resultsOf returns the attempts of each enrolment, oldest first.
func (r *Resolver) resultsOf(ctx context.Context, enrolments []*ent.Enrolment) ([][]*ent.Result, error) {
	found, err := r.DB.Result.Query().Where(result.EnrolmentIDIn(ids(enrolments)...)).Order(result.ByAttempt()).All(ctx)
	if err != nil {
		return nil, err
	}
	return gather(enrolments, found, func(r *ent.Result) ident.ID { return r.EnrolmentID }), nil
}

// credentialOf returns the live credential of each result, if it has one.
func (r *Resolver) credentialOf(ctx context.Context, results []*ent.Result) ([]*ent.Credential, error) {
	found, err := r.DB.Credential.Query().Where(credential.ResultIDIn(ids(results)...), credential.LiveKeyNotNil()).All(ctx)
	if err != nil {
		return nil, err
	}
	return first1(gather(results, found, func(c *ent.Credential) ident.ID { return c.ResultID })), nil
}

// viewerApplications returns the signed-in learner's live application for each
// offering, if there is one.
func (r *Resolver) viewerApplications(ctx context.Context, offerings []*ent.Offering) ([]*ent.Application, error) {
	v := viewer.From(ctx)
	if v.Kind != viewer.Person {
		return make([]*ent.Application, len(offerings)), nil
	}
	found, err := r.DB.Application.Query().
		Where(application.LearnerID(v.PersonID), application.LiveKeyNotNil(), application.OfferingIDIn(ids(offerings)...)).All(ctx)
	if err != nil {
		return nil, err
	}
	return first1(gather(offerings, found, func(a *ent.Application) ident.ID { return a.OfferingID })), nil
}

func (r *Resolver) credentialsOf(learner ident.ID) *ent.CredentialQuery {
	return r.DB.Credential.Query().Where(credential.LearnerID(learner))
}

func (r *Resolver) microDegreeByKey(key string) *ent.MicroDegreeQuery {
	return r.DB.MicroDegree.Query().Where(microdegree.Key(key))
}

func (r *Resolver) publishedMicroDegrees() *ent.MicroDegreeQuery {
	return r.DB.MicroDegree.Query().Where(microdegree.StateEQ(microdegree.StatePUBLISHED))
}
