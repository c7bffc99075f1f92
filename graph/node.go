package graph

import (
	"context"
	"maps"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/admissionpolicy"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/apiclient"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/disclosure"
	"github.com/peregrine-exchange/peregrine/ent/erasure"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/ent/institutionchange"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/microdegree"
	"github.com/peregrine-exchange/peregrine/ent/portal"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/relay"
)

// maxNodes bounds one nodes query.
const maxNodes = 100

// loaders loads the nodes of each kind. A kind without a line has no Node.
func (r *Resolver) loaders() map[ident.Kind]load[model.Node] {
	return map[ident.Kind]load[model.Node]{
		ident.Alliance:          asNodes(r.alliances()),
		ident.Membership:        asNodes(rows(r.DB.Membership.Query, membership.IDIn)),
		ident.Institution:       asNodes(r.institutions()),
		ident.Unit:              asNodes(r.units()),
		ident.Programme:         asNodes(r.programmes()),
		ident.HomeModule:        asNodes(r.modules()),
		ident.Course:            asNodes(r.courses()),
		ident.CourseVersion:     asNodes(r.versions),
		ident.Offering:          asNodes(r.offerings),
		ident.Call:              asNodes(r.calls()),
		ident.Amendment:         asNodes(r.amendments()),
		ident.MicroDegree:       asNodes(rows(r.DB.MicroDegree.Query, microdegree.IDIn)),
		ident.Person:            asNodes(r.people()),
		ident.Disclosure:        asNodes(rows(r.DB.Disclosure.Query, disclosure.IDIn)),
		ident.AuditEntry:        asNodes(rows(r.DB.AuditEntry.Query, auditentry.IDIn)),
		ident.Affiliation:       asNodes(rows(r.DB.Affiliation.Query, affiliation.IDIn)),
		ident.Application:       asNodes(r.applications),
		ident.Draft:             asNodes(r.drafts()),
		ident.Document:          asNodes(func(ctx context.Context, ids []ident.ID) ([]*ent.Document, error) { return r.Documents.Seen(ctx, ids) }),
		ident.Enrolment:         asNodes(r.enrolments()),
		ident.Result:            asNodes(r.results()),
		ident.Credential:        asNodes(r.credentials),
		ident.RecognitionRule:   asNodes(r.rules()),
		ident.RecognitionCase:   asNodes(r.cases()),
		ident.Role:              asNodes(rows(r.DB.RoleGrant.Query, rolegrant.IDIn)),
		ident.RoleRule:          asNodes(r.roleRules()),
		ident.ImportRun:         asNodes(rows(r.DB.ImportRun.Query, importrun.IDIn)),
		ident.ImportSource:      asNodes(r.importSources()),
		ident.Provider:          asNodes(rows(r.DB.Provider.Query, provider.IDIn)),
		ident.Portal:            asNodes(rows(r.DB.Portal.Query, portal.IDIn)),
		ident.AdmissionPolicy:   asNodes(rows(r.DB.AdmissionPolicy.Query, admissionpolicy.IDIn)),
		ident.APIClient:         asNodes(rows(r.DB.ApiClient.Query, apiclient.IDIn)),
		ident.InstitutionChange: asNodes(rows(r.DB.InstitutionChange.Query, institutionchange.IDIn)),
		ident.Erasure:           asNodes(rows(r.DB.Erasure.Query, erasure.IDIn)),
	}
}

func asNodes[E model.Node](load load[E]) load[model.Node] {
	return func(ctx context.Context, ids []ident.ID) ([]model.Node, error) {
		found, err := load(ctx, ids)
		return each(found, func(e E) model.Node { return e }), err
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
	return each(ids, func(id ident.ID) model.Node { return byID[id] }), nil
}

// NodeKinds lists the kinds of things that node answers with, in order.
func NodeKinds(r *Resolver) []ident.Kind { return slices.Sorted(maps.Keys(r.loaders())) }
