package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/alliance"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/microdegree"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/relay"
)

// maxNodes bounds one nodes query.
const maxNodes = 100

// loaders loads the nodes of each kind. A kind without a line has no Node.
func (r *Resolver) loaders() map[ident.Kind]func(context.Context, []ident.ID) ([]model.Node, error) {
	return map[ident.Kind]func(context.Context, []ident.ID) ([]model.Node, error){
		ident.Alliance:        asNodes(r.alliances),
		ident.Membership:      asNodes(r.memberships),
		ident.Institution:     asNodes(r.institutions),
		ident.Unit:            asNodes(r.units),
		ident.Programme:       asNodes(r.programmes),
		ident.HomeModule:      asNodes(r.modules),
		ident.Course:          asNodes(r.courses),
		ident.CourseVersion:   asNodes(r.versions),
		ident.Offering:        asNodes(r.offerings),
		ident.MicroDegree:     asNodes(r.microDegrees),
		ident.Person:          asNodes(r.people),
		ident.Affiliation:     asNodes(r.affiliations),
		ident.Application:     asNodes(r.applications),
		ident.Enrolment:       asNodes(r.enrolments),
		ident.Result:          asNodes(r.results),
		ident.Credential:      asNodes(r.credentials),
		ident.RecognitionRule: asNodes(r.rules),
		ident.RecognitionCase: asNodes(r.cases),
		ident.Role:            asNodes(r.roleGrants),
		ident.ImportRun:       asNodes(r.importRuns),
		ident.ImportSource:    asNodes(r.importSources),
		ident.Provider:        asNodes(r.providers),
	}
}

func asNodes[E model.Node](load func(context.Context, []ident.ID) ([]E, error)) func(context.Context, []ident.ID) ([]model.Node, error) {
	return func(ctx context.Context, ids []ident.ID) ([]model.Node, error) {
		found, err := load(ctx, ids)
		all := make([]model.Node, len(found))
		for i, e := range found {
			all[i] = e
		}
		return all, err
	}
}

func (r *Resolver) node(ctx context.Context, id ident.ID) (model.Node, error) {
	found, err := r.nodes(ctx, []ident.ID{id})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// nodes loads things of any kinds, with one statement a kind.
func (r *Resolver) nodes(ctx context.Context, ids []ident.ID) ([]model.Node, error) {
	if len(ids) > maxNodes {
		return nil, problem.New(problem.Invalid, "at most %d identifiers at once", maxNodes).At("ids")
	}
	byKind := map[ident.Kind][]ident.ID{}
	for _, id := range relay.Keys(ids, func(id ident.ID) ident.ID { return id }) {
		byKind[id.Kind()] = append(byKind[id.Kind()], id)
	}
	loaders := r.loaders()
	byID := map[ident.ID]model.Node{}
	for kind, wanted := range byKind {
		load, ok := loaders[kind]
		if !ok {
			continue
		}
		found, err := load(ctx, wanted)
		if err != nil {
			return nil, err
		}
		for _, n := range found {
			byID[n.NodeID()] = n
		}
	}
	all := make([]model.Node, len(ids))
	for i, id := range ids {
		all[i] = byID[id]
	}
	return all, nil
}

func (r *Resolver) alliances(ctx context.Context, ids []ident.ID) ([]*ent.Alliance, error) {
	return r.DB.Alliance.Query().Where(alliance.IDIn(ids...)).All(ctx)
}

func (r *Resolver) memberships(ctx context.Context, ids []ident.ID) ([]*ent.Membership, error) {
	return r.DB.Membership.Query().Where(membership.IDIn(ids...)).All(ctx)
}

func (r *Resolver) microDegrees(ctx context.Context, ids []ident.ID) ([]*ent.MicroDegree, error) {
	return r.DB.MicroDegree.Query().Where(microdegree.IDIn(ids...)).All(ctx)
}

func (r *Resolver) cases(ctx context.Context, ids []ident.ID) ([]*ent.RecognitionCase, error) {
	return r.DB.RecognitionCase.Query().Where(recognitioncase.IDIn(ids...)).All(ctx)
}

func (r *Resolver) roleGrants(ctx context.Context, ids []ident.ID) ([]*ent.RoleGrant, error) {
	return r.DB.RoleGrant.Query().Where(rolegrant.IDIn(ids...)).All(ctx)
}
