package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/outbox"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// searchCatalogue answers a query of the catalogue.
func (r *Resolver) searchCatalogue(ctx context.Context, text *string, filter *model.CatalogueFilter, order *discovery.Order, atLeast *string,
	page relay.Page) (*model.CatalogueConnection, error) {
	if atLeast != nil {
		sequence, err := outbox.ParseCursor(*atLeast, "atLeast")
		if err != nil {
			return nil, err
		}
		if err := r.Discovery.AtLeast(ctx, sequence); err != nil {
			return nil, err
		}
	}
	q := discovery.Query{Page: page, Groups: viewer.From(ctx).Audiences}
	if text != nil {
		q.Text = *text
	}
	if order != nil {
		q.Order = *order
	}
	if f := filter; f != nil {
		q.Filter = discovery.Filter{
			Alliances: f.Alliances, InstitutionIDs: f.InstitutionIds, UnitIDs: f.UnitIds, Countries: f.Countries, Kinds: f.Kinds,
			Languages: f.Languages, EQFLevels: f.EqfLevels, Fields: f.Fields, Modes: f.Modes, TargetGroups: f.TargetGroups, Topics: f.Topics,
			Schedules: f.Schedules, Stackability: f.Stackability, Availability: f.Availability, ECTS: f.Ects, StartsOn: f.StartsOn,
		}
		if p := f.CountsTowardsProgrammeID; p != nil {
			counting, err := agreement.CountingTowards(ctx, r.DB, r.Now(), *p)
			if err != nil {
				return nil, err
			}
			q.Filter.CourseIDs = counting
		}
	}
	result, err := r.Discovery.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	return model.Catalogue(result, r.Now(), viewer.From(ctx).Audiences), nil
}

// selects says whether the field that is being answered selects one of these.
func selects(ctx context.Context, names map[string]bool) bool {
	for _, f := range graphql.CollectFieldsCtx(ctx, nil) {
		if names[f.Name] {
			return true
		}
	}
	return false
}

// movingFields are the fields of a course that change without a public event:
// when its draft is edited, or when its source is read again.
var movingFields = map[string]bool{"updatedAt": true, "externalId": true, "sourceModifiedAt": true, "sourceSeenAt": true}

// courseOf returns the course of each object: from the read model where that has
// it, and its fields that move without it are not asked for.
func courseOf[O any](ctx context.Context, r *Resolver, objs []O, key func(O) ident.ID) ([]*ent.Course, error) {
	return shelfOr(ctx, shelved(ctx) && !selects(ctx, movingFields), objs, func(o O) *ent.Course {
		if e := r.Discovery.Entry(key(o)); e != nil {
			return e.Course
		}
		return nil
	}, key, r.courses())
}

// offeringOf returns the offering of each object, from the read model, but for its
// own staff, who may do more with it, where more is asked than what it is of.
func offeringOf[O any](ctx context.Context, r *Resolver, objs []O, key func(O) ident.ID) ([]*ent.Offering, error) {
	var at []ident.ID
	if asks(ctx, wholeOffering()) {
		at = viewer.From(ctx).StaffAt()
	}
	return shelfOr(ctx, shelved(ctx), objs, func(o O) *ent.Offering {
		if known := r.Discovery.Offering(key(o)); known != nil && !slices.Contains(at, known.InstitutionID) {
			return known
		}
		return nil
	}, key, r.offerings)
}

// versionOnShelf returns a version of a course from the read model, or nil where
// another one is published.
func (r *Resolver) versionOnShelf(course, version ident.ID) *ent.CourseVersion {
	if e := r.Discovery.Entry(course); e != nil && e.Version.ID == version {
		return e.Version
	}
	return nil
}

// versionsOfOfferings returns the version of each offering. brief says that what the
// read model holds of one is enough.
func (r *Resolver) versionsOfOfferings(ctx context.Context, objs []*ent.Offering, brief bool) ([]*ent.CourseVersion, error) {
	return shelfOr(ctx, shelved(ctx) && brief, objs, func(o *ent.Offering) *ent.CourseVersion {
		return r.versionOnShelf(o.CourseID, o.VersionID)
	}, func(o *ent.Offering) ident.ID { return o.VersionID }, r.versions)
}

// shelved says whether the read model may answer: what a mutation returns is as
// it has just made it, which the read model takes in afterwards.
func shelved(ctx context.Context) bool {
	return graphql.GetOperationContext(ctx).Operation.Operation != ast.Mutation
}

// longFields are the fields of a version that the read model leaves out.
var longFields = map[string]bool{
	"description": true, "outcomes": true, "assessments": true, "assessmentNote": true, "supervision": true, "quality": true,
	"prerequisites": true, "url": true, "issues": true, "submittedAt": true, "reviewNote": true,
}

// providersOf returns the institution of each object, from the read model when
// it is loaded.
func providersOf[O any](ctx context.Context, r *Resolver, objs []O, key func(O) ident.ID) ([]*ent.Institution, error) {
	return shelfOr(ctx, true, objs, func(o O) *ent.Institution { return r.Discovery.Institution(key(o)) }, key, r.institutions())
}

// shelfOr finds one for each object in the read model if it may, and follows a
// key in the database where it may not or one is not there.
func shelfOr[O any, E interface {
	comparable
	relay.Node
}](ctx context.Context, may bool, objs []O, find func(O) E, key func(O) ident.ID, load load[E]) ([]E, error) {
	if may {
		if all, ok := everyOne(objs, find); ok {
			return all, nil
		}
	}
	return follow(ctx, objs, key, load)
}

// everyOne finds one for each object, or says that it cannot.
func everyOne[O any, E comparable](objs []O, find func(O) E) ([]E, bool) {
	var none E
	all := make([]E, len(objs))
	for i, o := range objs {
		if all[i] = find(o); all[i] == none {
			return nil, false
		}
	}
	return all, true
}

// firstPage says whether the entry holds the page of its course's offerings.
func firstPage(e *discovery.Entry, page relay.Page, size int) bool {
	return page.After == nil && !page.Backwards() && (e.All || len(e.Offerings) > size)
}

// offeringsFromShelf returns a page of the offerings of each course from the
// read model, or false when the database has to answer: to the staff of a
// provider, who see drafts too, and for pages that the read model does not hold.
func (r *Resolver) offeringsFromShelf(ctx context.Context, courses []*ent.Course, page relay.Page) ([]*relay.Connection[*ent.Offering], bool) {
	v := viewer.From(ctx)
	size, err := page.Size()
	if err != nil || v.Kind == viewer.System {
		return nil, false
	}
	at := v.StaffAt()
	return everyOne(courses, func(c *ent.Course) *relay.Connection[*ent.Offering] {
		e := r.Discovery.Entry(c.ID)
		if e == nil || !firstPage(e, page, size) || slices.Contains(at, c.InstitutionID) {
			return nil
		}
		return relay.Known(e.Offerings, size)
	})
}
