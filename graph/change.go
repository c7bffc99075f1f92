package graph

import (
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/outbox"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// changeTypes are the kinds of objects that the change feed tells of.
var changeTypes = map[ident.Kind]model.ChangeType{
	ident.Alliance:        model.ChangeTypeAlliance,
	ident.Membership:      model.ChangeTypeMembership,
	ident.Institution:     model.ChangeTypeInstitution,
	ident.Course:          model.ChangeTypeCourse,
	ident.Offering:        model.ChangeTypeOffering,
	ident.MicroDegree:     model.ChangeTypeMicroDegree,
	ident.Application:     model.ChangeTypeApplication,
	ident.Enrolment:       model.ChangeTypeEnrolment,
	ident.Result:          model.ChangeTypeResult,
	ident.Credential:      model.ChangeTypeCredential,
	ident.RecognitionRule: model.ChangeTypeRecognitionRule,
	ident.RecognitionCase: model.ChangeTypeRecognitionCase,
}

// changesAfter returns a page of the change feed, each object as the viewer
// sees it now.
func (r *Resolver) changesAfter(ctx context.Context, after string, types []model.ChangeType, first *int) (*model.ChangePage, error) {
	sequence, err := outbox.ParseCursor(after, "after")
	if err != nil {
		return nil, err
	}
	size, err := relay.Page{First: first}.Size()
	if err != nil {
		return nil, err
	}
	var kinds []ident.Kind
	for kind, t := range changeTypes {
		if len(types) == 0 || slices.Contains(types, t) {
			kinds = append(kinds, kind)
		}
	}
	page, err := outbox.Feed(ctx, r.DB, sequence, kinds, size)
	if err != nil {
		return nil, err
	}
	objects := make([]ident.ID, len(page.Events))
	for i, e := range page.Events {
		objects[i] = e.ObjectID
	}
	seen, err := r.nodes(ctx, objects)
	if err != nil {
		return nil, err
	}
	left, err := r.existing(ctx, page.Events, seen)
	if err != nil {
		return nil, err
	}
	out := &model.ChangePage{Nodes: []*model.Change{}, Cursor: outbox.Cursor(page.Next), HasMore: page.HasMore}
	for i, e := range page.Events {
		state := model.ChangeStateVisible
		if seen[i] == nil {
			state = model.ChangeStateDeleted
			if left[e.ObjectID] {
				state = model.ChangeStateNoLongerVisible
			}
		}
		out.Nodes = append(out.Nodes, &model.Change{
			Cursor: outbox.Cursor(*e.Sequence), At: e.CreatedAt, Event: e.Type, Type: changeTypes[e.ObjectID.Kind()],
			ObjectID: e.ObjectID, State: state, Node: seen[i],
		})
	}
	return out, nil
}

// existing says which of the objects that the viewer does not see still exist.
func (r *Resolver) existing(ctx context.Context, events []*ent.OutboxEvent, seen []model.Node) (map[ident.ID]bool, error) {
	var hidden []ident.ID
	for i, e := range events {
		if seen[i] == nil {
			hidden = append(hidden, e.ObjectID)
		}
	}
	found, err := r.nodes(viewer.AsSystem(ctx), hidden)
	if err != nil {
		return nil, err
	}
	left := map[ident.ID]bool{}
	for i, n := range found {
		left[hidden[i]] = n != nil
	}
	return left, nil
}
