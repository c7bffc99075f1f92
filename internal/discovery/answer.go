package discovery

import (
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/readmodel"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Bucket is a value of a facet and how many courses have it.
type Bucket struct {
	Value string
	Count int
	label vocab.Text
}

// Label names an institution or a field of education; nil where the value says
// it all.
func (b Bucket) Label() vocab.Text { return b.label }

// errLoading is the answer to what only the whole catalogue knows.
func errLoading() error {
	return problem.New(problem.Unavailable, "the catalogue is being read; ask again in a few seconds").With(problem.RetryAfter(5))
}

// Total returns how many courses the query has on all pages.
func (r *Result) Total(context.Context) (int, error) {
	if r.members == nil {
		return 0, errLoading()
	}
	r.counting.Lock()
	defer r.counting.Unlock()
	return r.answer.Total(), nil
}

// Counted is a facet with its values.
type Counted struct {
	Key     Facet
	Buckets []Bucket
}

// Count returns the most frequent values of each facet among the results that
// the query would have without its filter on that very facet.
func (r *Result) Count(wanted []Facet, limit int) ([]*Counted, error) {
	if r.members == nil {
		return nil, errLoading()
	}
	q := r.query
	q.Facets = map[int]int{}
	for _, f := range wanted {
		q.Facets[f.number()] = limit
	}
	r.counting.Lock()
	counts := r.answer.Count(q)
	r.counting.Unlock()
	all := make([]*Counted, len(wanted))
	for i, f := range wanted {
		all[i] = &Counted{Key: f, Buckets: []Bucket{}}
		for _, c := range counts[f.number()] {
			all[i].Buckets = append(all[i].Buckets, Bucket{Value: c.Value, Count: c.Count, label: r.label(f, c.Value)})
		}
	}
	return all, nil
}

// number is the facet's place in the read model.
func (f Facet) number() int {
	if f == ByAvailability {
		return readmodel.StateFacet
	}
	return slices.Index(facets, f)
}

// DidYouMean returns the search text with its unknown words replaced by known
// ones, or "".
func (r *Result) DidYouMean() string {
	if r.answer == nil {
		return ""
	}
	r.counting.Lock()
	defer r.counting.Unlock()
	return r.answer.DidYouMean()
}

// Highlight returns where the words of the search stand in a text.
func (r *Result) Highlight(text string) []readmodel.Span {
	return readmodel.Highlight(text, r.query.Text)
}

func (r *Result) label(f Facet, value string) vocab.Text {
	switch f {
	case ByProvider:
		if host := r.members.institutions[ident.ID(value)]; host != nil {
			return host.Name
		}
	case ByField:
		return vocab.Text{"en": vocab.ISCEDF(value).Label()}
	}
	return nil
}
