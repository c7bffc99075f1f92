package model

import (
	"time"
	"unicode/utf8"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/journey/eligible"
	"github.com/peregrine-exchange/peregrine/internal/outbox"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// CatalogueConnection is a page of the catalogue.
type CatalogueConnection struct {
	Nodes    []*CatalogueEntry
	Edges    []*CatalogueEdge
	PageInfo relay.PageInfo
	Result   *discovery.Result
}

// CatalogueEdge is a result and its place in the list.
type CatalogueEdge struct {
	Cursor string
	Node   *CatalogueEntry
}

// CatalogueEntry is a result with what the search says about it.
type CatalogueEntry struct {
	Course       *ent.Course
	NextOffering *ent.Offering
	Availability catalogue.Availability
	entry        *discovery.Entry
	result       *discovery.Result
}

// Catalogue makes a page of the catalogue of what a search found. now decides
// what learners can do.
func Catalogue(r *discovery.Result, now time.Time, audiences []vocab.TargetGroup) *CatalogueConnection {
	c := &CatalogueConnection{Result: r, PageInfo: r.PageInfo, Nodes: make([]*CatalogueEntry, len(r.Entries)), Edges: make([]*CatalogueEdge, len(r.Entries))}
	for i, e := range r.Entries {
		next, state := nextOffering(e, now, audiences)
		c.Nodes[i] = &CatalogueEntry{Course: e.Course, NextOffering: next, Availability: state, entry: e, result: r}
		c.Edges[i] = &CatalogueEdge{Cursor: r.Cursors[i], Node: c.Nodes[i]}
	}
	return c
}

// AsOf is when the answer was last known to be up to date.
func (c *CatalogueConnection) AsOf() time.Time { return c.Result.AsOf }

// ChangesCursor is the cursor of the change feed up to which everything is in
// the answer.
func (c *CatalogueConnection) ChangesCursor() string { return outbox.Cursor(c.Result.Sequence) }

// DidYouMean is a better search text, if there is one.
func (c *CatalogueConnection) DidYouMean() *string {
	if s := c.Result.DidYouMean(); s != "" {
		return &s
	}
	return nil
}

// nextOffering picks, of what is on offer, what learners can take next; of several
// the newest. What the catalogue lists is of active members.
func nextOffering(e *discovery.Entry, now time.Time, audiences []vocab.TargetGroup) (*ent.Offering, catalogue.Availability) {
	var all []eligible.Facts
	for _, o := range e.OnOffer() {
		all = append(all, eligible.Facts{Offering: o, Course: e.Course, Active: true, Now: now, Audiences: audiences})
	}
	i, word := eligible.Next(all)
	if i < 0 {
		return nil, word
	}
	return all[i].Offering, word
}

// Highlights are where the words of the search stand in the title and the
// summary, in the language in which most of them stand.
func (e *CatalogueEntry) Highlights() []*Highlight {
	all := []*Highlight{}
	for _, f := range []struct {
		name string
		text vocab.Text
	}{{"title", e.entry.Version.Title}, {"summary", e.entry.Version.Summary}} {
		var best *Highlight
		for _, tr := range f.text.Translations() {
			h := &Highlight{Field: f.name, Text: tr.Text, Language: tr.Language}
			for _, s := range e.result.Highlight(tr.Text) {
				start := utf8.RuneCountInString(tr.Text[:s.Start])
				h.Spans = append(h.Spans, &TextSpan{Start: start, End: start + utf8.RuneCountInString(tr.Text[s.Start:s.End])})
			}
			if len(h.Spans) > 0 && (best == nil || len(h.Spans) > len(best.Spans)) {
				best = h
			}
		}
		if best != nil {
			all = append(all, best)
		}
	}
	return all
}
