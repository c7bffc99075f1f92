package graph

import (
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// null answers a look-up: what the viewer does not see is null, as what does
// not exist.
func null[E any](found *E, err error) (*E, error) {
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return found, err
}

// ofKind looks a thing up by an id that is empty, or of another kind, where there is
// none.
func ofKind[E any](ctx context.Context, kind ident.Kind, id ident.ID, get func(context.Context, ident.ID) (*E, error)) (*E, error) {
	if id.Kind() != kind {
		return nil, nil
	}
	return null(get(ctx, id))
}

// page is the page of a list that its arguments ask for.
func page(first *int, after *string, last *int, before *string) relay.Page {
	return relay.Page{First: first, After: after, Last: last, Before: before}
}

// payload answers a mutation: err becomes a refusal in it (Refusals).
func payload[E any](done E, err error) (*model.Payload[E], error) {
	if err != nil {
		return nil, err
	}
	return &model.Payload[E]{Done: done}, nil
}

// actions says what the viewer may do, in the viewer's language.
func actions(ctx context.Context, all []authz.Action) []*model.ViewerAction {
	out := make([]*model.ViewerAction, len(all))
	for i, a := range all {
		out[i] = &model.ViewerAction{Name: a.Name, Allowed: a.Err == nil}
		if a.Err != nil {
			p, in := storage.Reporter{}.Report(ctx, a.Err, a.Name)[0], languageOf(ctx) // nobody has asked for it, so it does not count
			out[i].Reason, out[i].Refusal = new(p.In(in)), userError(p, in)
		}
	}
	return out
}

func fieldOfEducation(code *vocab.ISCEDF) *model.FieldOfEducation {
	if code == nil {
		return nil
	}
	return &model.FieldOfEducation{Code: string(*code), Label: code.Label()}
}

// coursesOfOfferings returns the course of each offering.
func (r *Resolver) coursesOfOfferings(ctx context.Context, offerings []*ent.Offering) ([]*ent.Course, error) {
	return follow(ctx, offerings, func(o *ent.Offering) ident.ID { return o.CourseID }, r.courses())
}

// provided is a version of a course and who provides it.
type provided struct{ version, host ident.ID }

// previews answers what each course version will count at the home that is
// named, or at the signed-in learner's own. It takes three statements for all of them.
func (r *Resolver) previews(ctx context.Context, courses []provided, home, programme *ident.ID) ([]*agreement.Preview, error) {
	all := make([]*agreement.Preview, len(courses))
	if home == nil {
		var err error
		if home, programme, err = r.Journeys.OwnHome(ctx, programme); err != nil || home == nil {
			return all, err
		}
	}
	versions, err := follow(ctx, courses, func(p provided) ident.ID { return p.version }, r.versions)
	if err != nil {
		return nil, err
	}
	versions = slices.DeleteFunc(versions, func(v *ent.CourseVersion) bool { return v == nil }) // not visible
	byVersion, err := agreement.PreviewAll(ctx, r.DB, r.Now(), *home, programme, versions)
	if err != nil {
		return nil, err
	}
	for i, p := range courses {
		if p.host == *home { // at home nothing is recognised, it simply counts
			continue
		}
		all[i] = &agreement.Preview{Verdict: vocab.NeedsCase}
		if known, ok := byVersion[p.version]; ok {
			all[i] = &known
		}
	}
	return all, nil
}

// each returns the result of a function for each object.
func each[O, V any](objs []O, of func(O) V) []V {
	all := make([]V, len(objs))
	for i, o := range objs {
		all[i] = of(o)
	}
	return all
}

// courseActions says what the viewer may do with a course. Only who may edit it
// needs to know of its draft.
func (r *Resolver) courseActions(ctx context.Context, c *ent.Course) ([]*model.ViewerAction, error) {
	if authz.Require(ctx, authz.EditCourse, c.InstitutionID, c.UnitID) != nil && authz.Require(ctx, authz.PublishCourse, c.InstitutionID, c.UnitID) != nil {
		return actions(ctx, catalogue.CourseActions(ctx, c, nil, nil)), nil
	}
	drafts, err := r.draftOf(ctx, []*ent.Course{c})
	if err != nil {
		return nil, err
	}
	providers, err := follow(ctx, []*ent.Course{c}, func(c *ent.Course) ident.ID { return c.InstitutionID }, r.institutions())
	if err != nil {
		return nil, err
	}
	return actions(ctx, catalogue.CourseActions(ctx, c, drafts[0], providers[0])), nil
}
