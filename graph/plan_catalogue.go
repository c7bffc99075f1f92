package graph

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/plan"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// The fields of the catalogue that plans know, by type.

type pageArguments struct {
	First, Last   *int
	After, Before *string
}

func (a pageArguments) page() relay.Page { return relay.Page(a) }

func planCatalogue(f *ast.Field) root {
	inner := plan.Object("CatalogueConnection", catalogueConnectionFields(), f.SelectionSet)
	if inner == nil {
		return nil
	}
	type input struct {
		pageArguments
		Text, AtLeast *string
		Filter        *model.CatalogueFilter
		OrderBy       *discovery.Order
	}
	read := plan.Arguments[input, *Resolver](f)
	return func(p *pass, b []byte) ([]byte, error) {
		in, err := read(p)
		if err != nil {
			return nil, err
		}
		c, err := p.Env.searchCatalogue(p.Ctx, in.Text, in.Filter, in.OrderBy, in.AtLeast, in.page())
		if err != nil {
			return nil, err
		}
		return inner(p, c, b)
	}
}

func planCourse(f *ast.Field) root {
	inner := plan.Object("Course", courseFields(), f.SelectionSet)
	if inner == nil {
		return nil
	}
	read := plan.Arguments[struct{ ID ident.ID }, *Resolver](f)
	return func(p *pass, b []byte) ([]byte, error) {
		in, err := read(p)
		if err != nil {
			return nil, err
		}
		e := p.Env.Discovery.Entry(in.ID)
		if e == nil {
			return nil, plan.ErrNone
		}
		return inner(p, e.Course, b)
	}
}

func catalogueConnectionFields() table[*model.CatalogueConnection] {
	type connection = *model.CatalogueConnection
	return table[connection]{
		"nodes":    plan.Lists("CatalogueEntry", catalogueEntryFields, func(_ *pass, c connection) []*model.CatalogueEntry { return c.Nodes }),
		"edges":    plan.Lists("CatalogueEdge", catalogueEdgeFields, func(_ *pass, c connection) []*model.CatalogueEdge { return c.Edges }),
		"pageInfo": plan.Nested("PageInfo", pageInfoFields, func(_ *pass, c connection) (*relay.PageInfo, error) { return &c.PageInfo, nil }),
		"totalCount": func(*ast.Field) emit[connection] {
			return func(p *pass, c connection, b []byte) ([]byte, error) {
				n, err := c.Result.Total(p.Ctx)
				return plan.Int(b, n), err
			}
		},
		"facets": func(f *ast.Field) emit[connection] {
			inner := plan.Object("Facet", facetFields(), f.SelectionSet)
			read := plan.Arguments[struct {
				Keys  []discovery.Facet
				First *int
			}, *Resolver](f)
			if inner == nil {
				return nil
			}
			return func(p *pass, c connection, b []byte) ([]byte, error) {
				in, err := read(p)
				if err != nil {
					return nil, err
				}
				size, err := relay.Page{First: in.First}.Size()
				if err != nil {
					return nil, err
				}
				if in.First == nil {
					return nil, plan.ErrNone
				}
				counted, err := c.Result.Count(in.Keys, size)
				if err != nil {
					return nil, err
				}
				return plan.List(p, counted, inner, b)
			}
		},
		"didYouMean":    plan.Plain(func(_ *pass, c connection) *string { return c.DidYouMean() }, plan.MaybeNull(plan.Text[string])),
		"changesCursor": plan.Plain(func(_ *pass, c connection) string { return c.ChangesCursor() }, plan.Text[string]),
	}
}

func catalogueEdgeFields() table[*model.CatalogueEdge] {
	return table[*model.CatalogueEdge]{
		"cursor": plan.Plain(func(_ *pass, e *model.CatalogueEdge) string { return e.Cursor }, plan.Text[string]),
		"node":   plan.Nested("CatalogueEntry", catalogueEntryFields, func(_ *pass, e *model.CatalogueEdge) (**model.CatalogueEntry, error) { return &e.Node, nil }),
	}
}

func catalogueEntryFields() table[*model.CatalogueEntry] {
	type entry = *model.CatalogueEntry
	return table[entry]{
		"course":       plan.Nested("Course", courseFields, func(_ *pass, e entry) (**ent.Course, error) { return &e.Course, nil }),
		"nextOffering": plan.Nested("Offering", offeringFields, func(_ *pass, e entry) (**ent.Offering, error) { return present(e.NextOffering), nil }),
		"availability": plan.Plain(func(_ *pass, e entry) string { return string(e.Availability) }, plan.Text[string]),
	}
}

func facetFields() table[*discovery.Counted] {
	return table[*discovery.Counted]{
		"key":     plan.Plain(func(_ *pass, c *discovery.Counted) discovery.Facet { return c.Key }, plan.Text[discovery.Facet]),
		"buckets": plan.Lists("FacetBucket", bucketFields, func(_ *pass, c *discovery.Counted) []discovery.Bucket { return c.Buckets }),
	}
}

func bucketFields() table[discovery.Bucket] {
	return table[discovery.Bucket]{
		"value": plan.Plain(func(_ *pass, b discovery.Bucket) string { return b.Value }, plan.Text[string]),
		"count": plan.Plain(func(_ *pass, b discovery.Bucket) int { return b.Count }, plan.Int),
		"label": plan.Nested("LocalizedText", textFields, func(_ *pass, b discovery.Bucket) (*vocab.Text, error) { return words(b.Label()), nil }),
	}
}

func pageInfoFields() table[relay.PageInfo] {
	return table[relay.PageInfo]{
		"hasNextPage":     plan.Plain(func(_ *pass, i relay.PageInfo) bool { return i.HasNextPage }, plan.Bool),
		"hasPreviousPage": plan.Plain(func(_ *pass, i relay.PageInfo) bool { return i.HasPreviousPage }, plan.Bool),
		"startCursor":     plan.Plain(func(_ *pass, i relay.PageInfo) *string { return i.StartCursor }, plan.MaybeNull(plan.Text[string])),
		"endCursor":       plan.Plain(func(_ *pass, i relay.PageInfo) *string { return i.EndCursor }, plan.MaybeNull(plan.Text[string])),
	}
}

func courseFields() table[*ent.Course] {
	type course = *ent.Course
	return table[course]{
		"id":    plan.Plain(func(_ *pass, c course) ident.ID { return c.ID }, plan.Text[ident.ID]),
		"code":  plan.Plain(func(_ *pass, c course) string { return c.Code }, plan.Text[string]),
		"kind":  plan.Plain(func(_ *pass, c course) string { return string(c.Kind) }, plan.Text[string]),
		"state": plan.Plain(func(_ *pass, c course) string { return string(c.State) }, plan.Text[string]),
		"institution": plan.Nested("Institution", institutionFields, func(p *pass, c course) (**ent.Institution, error) {
			return needed(p.Env.Discovery.Institution(c.InstitutionID))
		}),
		"published": plan.Nested("CourseVersion", versionFields, func(p *pass, c course) (**ent.CourseVersion, error) {
			e := p.Env.Discovery.Entry(c.ID)
			if e == nil || e.Version.ID != maybe(c.PublishedVersionID) {
				return nil, plan.ErrNone
			}
			return &e.Version, nil
		}),
		"offerings": func(f *ast.Field) emit[course] {
			inner := plan.Object("OfferingConnection", offeringConnectionFields(), f.SelectionSet)
			if inner == nil {
				return nil
			}
			read := plan.Arguments[pageArguments, *Resolver](f)
			return func(p *pass, c course, b []byte) ([]byte, error) {
				in, err := read(p)
				if err != nil {
					return nil, err
				}
				page := in.page()
				size, err := page.Size()
				if err != nil {
					return nil, err
				}
				e := p.Env.Discovery.Entry(c.ID)
				if e == nil || !firstPage(e, page, size) || slices.Contains(viewer.From(p.Ctx).StaffAt(), c.InstitutionID) {
					return nil, plan.ErrNone
				}
				return inner(p, relay.Known(e.Offerings, size), b)
			}
		},
	}
}

func versionFields() table[*ent.CourseVersion] {
	type version = *ent.CourseVersion
	return table[version]{
		"id":       plan.Plain(func(_ *pass, v version) ident.ID { return v.ID }, plan.Text[ident.ID]),
		"number":   plan.Plain(func(_ *pass, v version) int { return v.Number }, plan.Int),
		"state":    plan.Plain(func(_ *pass, v version) string { return string(v.State) }, plan.Text[string]),
		"title":    plan.Nested("LocalizedText", textFields, func(_ *pass, v version) (*vocab.Text, error) { return &v.Title, nil }),
		"summary":  plan.Nested("LocalizedText", textFields, func(_ *pass, v version) (*vocab.Text, error) { return words(v.Summary), nil }),
		"ects":     plan.Plain(func(_ *pass, v version) vocab.ECTS { return v.Ects }, plan.Stringer[vocab.ECTS]),
		"hours":    plan.Plain(func(_ *pass, v version) int { return v.Hours }, plan.Int),
		"attempts": plan.Plain(func(_ *pass, v version) *int { return v.Attempts }, plan.MaybeNull(plan.Int)),
		"eqfLevel": plan.Plain(func(_ *pass, v version) *int { return v.Eqf }, plan.MaybeNull(plan.Int)),
		"field": plan.Nested("FieldOfEducation", fieldFields, func(_ *pass, v version) (**model.FieldOfEducation, error) {
			return present(fieldOfEducation(v.Isced)), nil
		}),
		"languages":    plan.Plain(func(_ *pass, v version) []string { return v.Languages }, plan.ListOf(plan.Text[string])),
		"mode":         plan.Plain(func(_ *pass, v version) *vocab.DeliveryMode { return v.Mode }, plan.MaybeNull(plan.Text[vocab.DeliveryMode])),
		"targetGroups": plan.Plain(func(_ *pass, v version) []vocab.TargetGroup { return v.TargetGroups }, plan.ListOf(plan.Text[vocab.TargetGroup])),
		"stackability": plan.Plain(func(_ *pass, v version) *vocab.Stackability { return v.Stackability }, plan.MaybeNull(plan.Text[vocab.Stackability])),
		"topics":       plan.Plain(func(_ *pass, v version) []string { return v.Topics }, plan.ListOf(plan.Text[string])),
	}
}

func institutionFields() table[*ent.Institution] {
	type institution = *ent.Institution
	return table[institution]{
		"id":       plan.Plain(func(_ *pass, i institution) ident.ID { return i.ID }, plan.Text[ident.ID]),
		"schac":    plan.Plain(func(_ *pass, i institution) string { return i.Schac }, plan.Text[string]),
		"name":     plan.Nested("LocalizedText", textFields, func(_ *pass, i institution) (*vocab.Text, error) { return &i.Name, nil }),
		"acronym":  plan.Plain(func(_ *pass, i institution) string { return i.Acronym }, plan.Text[string]),
		"country":  plan.Plain(func(_ *pass, i institution) string { return i.Country }, plan.Text[string]),
		"town":     plan.Nested("LocalizedText", textFields, func(_ *pass, i institution) (*vocab.Text, error) { return &i.Town, nil }),
		"ror":      plan.Plain(func(_ *pass, i institution) *string { return i.Ror }, plan.MaybeNull(plan.Text[string])),
		"website":  plan.Plain(func(_ *pass, i institution) *string { return i.Website }, plan.MaybeNull(plan.Text[string])),
		"timeZone": plan.Plain(func(_ *pass, i institution) string { return i.Zone }, plan.Text[string]),
	}
}

func offeringConnectionFields() table[*relay.Connection[*ent.Offering]] {
	type connection = *relay.Connection[*ent.Offering]
	return table[connection]{
		"nodes":    plan.Lists("Offering", offeringFields, func(_ *pass, c connection) []*ent.Offering { return c.Nodes }),
		"pageInfo": plan.Nested("PageInfo", pageInfoFields, func(_ *pass, c connection) (*relay.PageInfo, error) { return &c.PageInfo, nil }),
	}
}

func offeringFields() table[*ent.Offering] {
	type offering = *ent.Offering
	return table[offering]{
		"id":          plan.Plain(func(_ *pass, o offering) ident.ID { return o.ID }, plan.Text[ident.ID]),
		"state":       plan.Plain(func(_ *pass, o offering) string { return string(o.State) }, plan.Text[string]),
		"schedule":    plan.Plain(func(_ *pass, o offering) string { return string(o.Schedule) }, plan.Text[string]),
		"timeZone":    plan.Plain(func(_ *pass, o offering) string { return o.Zone }, plan.Text[string]),
		"startsOn":    plan.Plain(func(_ *pass, o offering) *string { return o.StartsOn }, plan.MaybeNull(plan.Text[string])),
		"endsOn":      plan.Plain(func(_ *pass, o offering) *string { return o.EndsOn }, plan.MaybeNull(plan.Text[string])),
		"seats":       plan.Plain(func(_ *pass, o offering) int { return o.Seats }, plan.Int),
		"seatsFree":   plan.Plain(func(_ *pass, o offering) int { return max(0, o.Seats-o.SeatsTaken) }, plan.Int),
		"language":    plan.Plain(func(_ *pass, o offering) string { return o.Language }, plan.Text[string]),
		"mode":        plan.Plain(func(_ *pass, o offering) vocab.DeliveryMode { return o.Mode }, plan.Text[vocab.DeliveryMode]),
		"place":       plan.Nested("LocalizedText", textFields, func(_ *pass, o offering) (*vocab.Text, error) { return words(o.Place), nil }),
		"feeCents":    plan.Plain(func(_ *pass, o offering) int { return o.FeeCents }, plan.Int),
		"feeCurrency": plan.Plain(func(_ *pass, o offering) string { return o.FeeCurrency }, plan.Text[string]),
	}
}

func fieldFields() table[*model.FieldOfEducation] {
	return table[*model.FieldOfEducation]{
		"code":  plan.Plain(func(_ *pass, f *model.FieldOfEducation) string { return f.Code }, plan.Text[string]),
		"label": plan.Plain(func(_ *pass, f *model.FieldOfEducation) string { return f.Label }, plan.Text[string]),
	}
}

func textFields() table[vocab.Text] {
	in := func(say func(vocab.Text, []string) string) plan.Maker[*Resolver, vocab.Text] {
		return func(f *ast.Field) emit[vocab.Text] {
			read := plan.Arguments[struct{ Languages []string }, *Resolver](f)
			return func(p *pass, t vocab.Text, b []byte) ([]byte, error) {
				in, err := read(p)
				return plan.Text(b, say(t, in.Languages)), err
			}
		}
	}
	return table[vocab.Text]{
		"text":     in(vocab.Text.TextIn),
		"language": in(vocab.Text.LanguageIn),
	}
}

// present is a value that may be null.
func present[V any](v *V) **V {
	if v == nil {
		return nil
	}
	return &v
}

// needed is a value without which there is no plan.
func needed[V any](v *V) (**V, error) {
	if v == nil {
		return nil, plan.ErrNone
	}
	return &v, nil
}

// words is a text that is null when it says nothing.
func words(t vocab.Text) *vocab.Text {
	if t == nil {
		return nil
	}
	return &t
}
