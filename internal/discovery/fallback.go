package discovery

import (
	"context"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/readmodel"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Bounds of a search in the database.
const (
	scanBatch   = 500
	scanBatches = 20
)

// searchDatabase answers while the read model is not loaded: it reads courses,
// newest first, and indexes them batch by batch until the page is full. So the
// same rules decide what matches. It knows no other order, no total and no
// facets, and returns an UNAVAILABLE problem for them.
func (s *Service) searchDatabase(ctx context.Context, q Query, rq readmodel.Query) (*Result, error) {
	if q.Page.Backwards() || q.Order != Newest && (q.Order != Relevance && q.Order != "" || q.Text != "") {
		return nil, errLoading()
	}
	now := vocab.Now(s.Now)
	result := &Result{query: rq, AsOf: now}
	after, err := readmodel.IDOf(rq.After)
	if err != nil {
		return nil, err
	}
	ctx = viewer.AsSystem(ctx) // what a search finds is public
	m, err := s.members(ctx)
	if err != nil {
		return nil, err
	}
	rq.Order = readmodel.Newest
	for n := 0; !result.PageInfo.HasNextPage; n++ {
		if n == scanBatches {
			return nil, errLoading()
		}
		records, err := s.next(ctx, ident.ID(after), true, scanBatch, nil)
		if err != nil {
			return nil, err
		}
		docs, err := m.documents(nil, records, now)
		if err != nil {
			return nil, err
		}
		index := readmodel.New(schema)
		index.Apply(0, docs, nil)
		answer, err := index.Snapshot().Search(rq)
		if err != nil {
			return nil, err
		}
		for _, hit := range answer.Hits {
			if len(result.Entries) == rq.First {
				result.PageInfo.HasNextPage = true
				break
			}
			if e := s.decoded(ident.ID(hit.ID), hit.Payload); e != nil {
				result.Entries, result.Cursors = append(result.Entries, e), append(result.Cursors, hit.Cursor())
			}
		}
		if answer.HasNext {
			result.PageInfo.HasNextPage = true
		}
		if len(records) < scanBatch {
			break
		}
		after = string(records[scanBatch-1].Course.ID)
	}
	result.PageInfo.HasPreviousPage = q.Page.After != nil
	if n := len(result.Cursors); n > 0 {
		result.PageInfo.StartCursor, result.PageInfo.EndCursor = &result.Cursors[0], &result.Cursors[n-1]
	}
	return result, nil
}
