package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
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
