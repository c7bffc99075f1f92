package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strconv"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importsource"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Bounds of a collection that comes in pages.
const (
	pageSize  = "250"    // the largest that the Open Education API allows
	pageBytes = 32 << 20 // of one page
	maxPages  = 4000
)

// collection is a page as the Open Education API has it, in both versions.
type collection struct {
	PageNumber  int               `json:"pageNumber"`
	HasNextPage bool              `json:"hasNextPage"`
	Items       []json.RawMessage `json:"items"`
}

// fetch gets the document of a source. The pages of an Open Education API are
// put together to one document, a list of all their items.
func (s *Service) fetch(ctx context.Context, source *ent.ImportSource) (*Document, error) {
	previous := Previous{source.Etag, source.LastModified}
	if source.Format != importsource.FormatOEAPI_V5 && source.Format != importsource.FormatOEAPI_V6 {
		return s.Fetcher.Fetch(ctx, source.URL, previous)
	}
	if source.WithOfferings {
		previous = Previous{} // what the courses' ETag says is not said of their offerings
	}
	address := paged(source.URL, 0)
	doc, err := s.Fetcher.Fetch(ctx, address, previous)
	if err != nil || doc.NotModified {
		return doc, err
	}
	first, err := pageOf(doc)
	if err != nil {
		return nil, err
	}
	var page collection
	if json.Unmarshal(first, &page) != nil || len(page.Items) == 0 || !page.HasNextPage && !source.WithOfferings {
		// The whole document, or none that comes in pages: the reader judges it.
		return &Document{Body: io.NopCloser(bytes.NewReader(first)), Previous: doc.Previous}, nil
	}
	read, write := io.Pipe()
	go func() { write.CloseWithError(s.join(ctx, write, source, page)) }()
	// One page's ETag says nothing about the others, so nothing is asked with it.
	return &Document{Body: read}, nil
}

// join writes the items of a page and of all that follow it as one list, each
// with its offerings. It ends at a page without items, because a broken server
// may promise a next one for ever.
func (s *Service) join(ctx context.Context, w io.Writer, source *ent.ImportSource, page collection) error {
	courses := &enricher{fetcher: s.Fetcher, source: source}
	if _, err := io.WriteString(w, "["); err != nil {
		return err
	}
	comma := ""
	read := 0
	for number := max(1, page.PageNumber); ; number++ {
		for _, item := range page.Items {
			if _, err := io.WriteString(w, comma); err != nil {
				return err
			}
			item, err := courses.offered(ctx, item)
			if err != nil {
				return err
			}
			if _, err := w.Write(item); err != nil {
				return err
			}
			comma = ","
		}
		if !page.HasNextPage || len(page.Items) == 0 {
			_, err := io.WriteString(w, "]")
			return err
		}
		if read++; read == maxPages { // whatever number the source gives them
			return problem.New(problem.Limited, "the source has more than %d pages", maxPages)
		}
		var err error
		if page, err = readPage(ctx, s.Fetcher, source.URL, number+1); err != nil {
			return err
		}
	}
}

// readPage gets one page of the collection at an address.
func readPage(ctx context.Context, from Fetcher, address string, number int) (page collection, err error) {
	doc, err := from.Fetch(ctx, paged(address, number), Previous{})
	if err != nil {
		return page, err
	}
	body, err := pageOf(doc)
	if err != nil {
		return page, err
	}
	if json.Unmarshal(body, &page) != nil {
		return page, problem.New(problem.Invalid, "page %d of the source is not well-formed", number)
	}
	return page, nil
}

// pageOf reads a page to its end.
func pageOf(doc *Document) (body []byte, err error) {
	defer func() { err = errors.Join(err, doc.Body.Close()) }()
	body, err = io.ReadAll(io.LimitReader(doc.Body, pageBytes+1))
	if err == nil && len(body) > pageBytes {
		err = problem.New(problem.Limited, "a page of the source is larger than %d MiB", pageBytes>>20)
	}
	return body, err
}

// paged is the address of a page; 0 is the one that the address itself names.
// Pages are as large as allowed unless the address says otherwise.
func paged(address string, number int) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // the fetcher refuses it
	}
	q := u.Query()
	if !q.Has("pageSize") {
		q.Set("pageSize", pageSize)
	}
	if number > 0 {
		q.Set("pageNumber", strconv.Itoa(number))
	}
	u.RawQuery = q.Encode()
	return u.String()
}
