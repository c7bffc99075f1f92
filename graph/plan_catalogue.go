package graph

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/ident"
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
	inner := object("CatalogueConnection", catalogueConnectionFields(), f.SelectionSet)
	if inner == nil {
		return nil
	}
	type input struct {
		pageArguments
		Text, AtLeast *string
		Filter        *model.CatalogueFilter
		OrderBy       *discovery.Order
	}
	read := arguments[input](f)
	return func(p *pass, b []byte) ([]byte, error) {
		in, err := read(p)
		if err != nil {
			return nil, err
		}
		c, err := p.r.searchCatalogue(p.ctx, in.Text, in.Filter, in.OrderBy, in.AtLeast, in.page())
		if err != nil {
			return nil, err
		}
		return inner(p, c, b)
	}
}

func planCourse(f *ast.Field) root {
	inner := object("Course", courseFields(), f.SelectionSet)
	if inner == nil {
		return nil
	}
	read := arguments[struct{ ID ident.ID }](f)
	return func(p *pass, b []byte) ([]byte, error) {
		in, err := read(p)
		if err != nil {
			return nil, err
		}
		e := p.r.Discovery.Entry(in.ID)
		if e == nil {
			return nil, errNoPlan
		}
		return inner(p, e.Course, b)
	}
}

func catalogueConnectionFields() table[*model.CatalogueConnection] {
	type connection = *model.CatalogueConnection
	return table[connection]{
		"nodes":    lists("CatalogueEntry", catalogueEntryFields, func(_ *pass, c connection) []*model.CatalogueEntry { return c.Nodes }),
		"edges":    lists("CatalogueEdge", catalogueEdgeFields, func(_ *pass, c connection) []*model.CatalogueEdge { return c.Edges }),
		"pageInfo": nested("PageInfo", pageInfoFields, func(_ *pass, c connection) (*relay.PageInfo, error) { return &c.PageInfo, nil }),
		"totalCount": func(*ast.Field) emit[connection] {
			return func(p *pass, c connection, b []byte) ([]byte, error) {
				n, err := c.Result.Total(p.ctx)
				return addInt(b, n), err
			}
		},
		"facets": func(f *ast.Field) emit[connection] {
			inner := object("Facet", facetFields(), f.SelectionSet)
			read := arguments[struct {
				Keys  []discovery.Facet
				First *int
			}](f)
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
					return nil, errNoPlan
				}
				counted, err := c.Result.Count(in.Keys, size)
				if err != nil {
					return nil, err
				}
				return list(p, counted, inner, b)
			}
		},
		"didYouMean":    plain(func(_ *pass, c connection) *string { return c.DidYouMean() }, maybeNull(addText[string])),
		"changesCursor": plain(func(_ *pass, c connection) string { return c.ChangesCursor() }, addText[string]),
	}
}

func catalogueEdgeFields() table[*model.CatalogueEdge] {
	return table[*model.CatalogueEdge]{
		"cursor": plain(func(_ *pass, e *model.CatalogueEdge) string { return e.Cursor }, addText[string]),
		"node":   nested("CatalogueEntry", catalogueEntryFields, func(_ *pass, e *model.CatalogueEdge) (**model.CatalogueEntry, error) { return &e.Node, nil }),
	}
}

func catalogueEntryFields() table[*model.CatalogueEntry] {
	type entry = *model.CatalogueEntry
	return table[entry]{
		"course":       nested("Course", courseFields, func(_ *pass, e entry) (**ent.Course, error) { return &e.Course, nil }),
		"nextOffering": nested("Offering", offeringFields, func(_ *pass, e entry) (**ent.Offering, error) { return present(e.NextOffering), nil }),
		"availability": plain(func(_ *pass, e entry) string { return string(e.Availability) }, addText[string]),
	}
}

func facetFields() table[*discovery.Counted] {
	return table[*discovery.Counted]{
		"key":     plain(func(_ *pass, c *discovery.Counted) discovery.Facet { return c.Key }, addText[discovery.Facet]),
		"buckets": lists("FacetBucket", bucketFields, func(_ *pass, c *discovery.Counted) []discovery.Bucket { return c.Buckets }),
	}
}

func bucketFields() table[discovery.Bucket] {
	return table[discovery.Bucket]{
		"value": plain(func(_ *pass, b discovery.Bucket) string { return b.Value }, addText[string]),
		"count": plain(func(_ *pass, b discovery.Bucket) int { return b.Count }, addInt),
		"label": nested("LocalizedText", textFields, func(_ *pass, b discovery.Bucket) (*vocab.Text, error) { return words(b.Label()), nil }),
	}
}

func pageInfoFields() table[relay.PageInfo] {
	return table[relay.PageInfo]{
		"hasNextPage":     plain(func(_ *pass, i relay.PageInfo) bool { return i.HasNextPage }, addBool),
		"hasPreviousPage": plain(func(_ *pass, i relay.PageInfo) bool { return i.HasPreviousPage }, addBool),
		"startCursor":     plain(func(_ *pass, i relay.PageInfo) *string { return i.StartCursor }, maybeNull(addText[string])),
		"endCursor":       plain(func(_ *pass, i relay.PageInfo) *string { return i.EndCursor }, maybeNull(addText[string])),
	}
}

func courseFields() table[*ent.Course] {
	type course = *ent.Course
	return table[course]{
		"id":    plain(func(_ *pass, c course) ident.ID { return c.ID }, addText[ident.ID]),
		"code":  plain(func(_ *pass, c course) string { return c.Code }, addText[string]),
		"kind":  plain(func(_ *pass, c course) string { return string(c.Kind) }, addText[string]),
		"state": plain(func(_ *pass, c course) string { return string(c.State) }, addText[string]),
		"institution": nested("Institution", institutionFields, func(p *pass, c course) (**ent.Institution, error) {
			return needed(p.r.Discovery.Institution(c.InstitutionID))
		}),
		"published": nested("CourseVersion", versionFields, func(p *pass, c course) (**ent.CourseVersion, error) {
			e := p.r.Discovery.Entry(c.ID)
			if e == nil || e.Version.ID != maybe(c.PublishedVersionID) {
				return nil, errNoPlan
			}
			return &e.Version, nil
		}),
		"offerings": func(f *ast.Field) emit[course] {
			inner := object("OfferingConnection", offeringConnectionFields(), f.SelectionSet)
			if inner == nil {
				return nil
			}
			read := arguments[pageArguments](f)
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
				e := p.r.Discovery.Entry(c.ID)
				if e == nil || !firstPage(e, page, size) || slices.Contains(viewer.From(p.ctx).StaffAt(), c.InstitutionID) {
					return nil, errNoPlan
				}
				return inner(p, relay.Known(e.Offerings, size), b)
			}
		},
	}
}

func versionFields() table[*ent.CourseVersion] {
	type version = *ent.CourseVersion
	return table[version]{
		"id":       plain(func(_ *pass, v version) ident.ID { return v.ID }, addText[ident.ID]),
		"number":   plain(func(_ *pass, v version) int { return v.Number }, addInt),
		"state":    plain(func(_ *pass, v version) string { return string(v.State) }, addText[string]),
		"title":    nested("LocalizedText", textFields, func(_ *pass, v version) (*vocab.Text, error) { return &v.Title, nil }),
		"summary":  nested("LocalizedText", textFields, func(_ *pass, v version) (*vocab.Text, error) { return words(v.Summary), nil }),
		"ects":     plain(func(_ *pass, v version) vocab.ECTS { return v.Ects }, addStringer[vocab.ECTS]),
		"hours":    plain(func(_ *pass, v version) int { return v.Hours }, addInt),
		"eqfLevel": plain(func(_ *pass, v version) *int { return v.Eqf }, maybeNull(addInt)),
		"field": nested("FieldOfEducation", fieldFields, func(_ *pass, v version) (**model.FieldOfEducation, error) {
			return present(fieldOfEducation(v.Isced)), nil
		}),
		"languages":    plain(func(_ *pass, v version) []string { return v.Languages }, addList(addText[string])),
		"mode":         plain(func(_ *pass, v version) *vocab.DeliveryMode { return v.Mode }, maybeNull(addText[vocab.DeliveryMode])),
		"targetGroups": plain(func(_ *pass, v version) []vocab.TargetGroup { return v.TargetGroups }, addList(addText[vocab.TargetGroup])),
		"stackability": plain(func(_ *pass, v version) *vocab.Stackability { return v.Stackability }, maybeNull(addText[vocab.Stackability])),
		"topics":       plain(func(_ *pass, v version) []string { return v.Topics }, addList(addText[string])),
	}
}

func institutionFields() table[*ent.Institution] {
	type institution = *ent.Institution
	return table[institution]{
		"id":       plain(func(_ *pass, i institution) ident.ID { return i.ID }, addText[ident.ID]),
		"schac":    plain(func(_ *pass, i institution) string { return i.Schac }, addText[string]),
		"name":     nested("LocalizedText", textFields, func(_ *pass, i institution) (*vocab.Text, error) { return &i.Name, nil }),
		"acronym":  plain(func(_ *pass, i institution) string { return i.Acronym }, addText[string]),
		"country":  plain(func(_ *pass, i institution) string { return i.Country }, addText[string]),
		"town":     nested("LocalizedText", textFields, func(_ *pass, i institution) (*vocab.Text, error) { return &i.Town, nil }),
		"ror":      plain(func(_ *pass, i institution) *string { return i.Ror }, maybeNull(addText[string])),
		"website":  plain(func(_ *pass, i institution) *string { return i.Website }, maybeNull(addText[string])),
		"timeZone": plain(func(_ *pass, i institution) string { return i.Zone }, addText[string]),
	}
}

func offeringConnectionFields() table[*relay.Connection[*ent.Offering]] {
	type connection = *relay.Connection[*ent.Offering]
	return table[connection]{
		"nodes":    lists("Offering", offeringFields, func(_ *pass, c connection) []*ent.Offering { return c.Nodes }),
		"pageInfo": nested("PageInfo", pageInfoFields, func(_ *pass, c connection) (*relay.PageInfo, error) { return &c.PageInfo, nil }),
	}
}

func offeringFields() table[*ent.Offering] {
	type offering = *ent.Offering
	return table[offering]{
		"id":          plain(func(_ *pass, o offering) ident.ID { return o.ID }, addText[ident.ID]),
		"state":       plain(func(_ *pass, o offering) string { return string(o.State) }, addText[string]),
		"schedule":    plain(func(_ *pass, o offering) string { return string(o.Schedule) }, addText[string]),
		"timeZone":    plain(func(_ *pass, o offering) string { return o.Zone }, addText[string]),
		"startsOn":    plain(func(_ *pass, o offering) *string { return o.StartsOn }, maybeNull(addText[string])),
		"endsOn":      plain(func(_ *pass, o offering) *string { return o.EndsOn }, maybeNull(addText[string])),
		"seats":       plain(func(_ *pass, o offering) int { return o.Seats }, addInt),
		"seatsFree":   plain(func(_ *pass, o offering) int { return max(0, o.Seats-o.SeatsTaken) }, addInt),
		"language":    plain(func(_ *pass, o offering) string { return o.Language }, addText[string]),
		"mode":        plain(func(_ *pass, o offering) vocab.DeliveryMode { return o.Mode }, addText[vocab.DeliveryMode]),
		"place":       nested("LocalizedText", textFields, func(_ *pass, o offering) (*vocab.Text, error) { return words(o.Place), nil }),
		"feeCents":    plain(func(_ *pass, o offering) int { return o.FeeCents }, addInt),
		"feeCurrency": plain(func(_ *pass, o offering) string { return o.FeeCurrency }, addText[string]),
	}
}

func fieldFields() table[*model.FieldOfEducation] {
	return table[*model.FieldOfEducation]{
		"code":  plain(func(_ *pass, f *model.FieldOfEducation) string { return f.Code }, addText[string]),
		"label": plain(func(_ *pass, f *model.FieldOfEducation) string { return f.Label }, addText[string]),
	}
}

func textFields() table[vocab.Text] {
	in := func(say func(vocab.Text, []string) string) maker[vocab.Text] {
		return func(f *ast.Field) emit[vocab.Text] {
			read := arguments[struct{ Languages []string }](f)
			return func(p *pass, t vocab.Text, b []byte) ([]byte, error) {
				in, err := read(p)
				return addText(b, say(t, in.Languages)), err
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
		return nil, errNoPlan
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
