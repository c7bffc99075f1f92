package exchange_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/ent/importsource"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
	"github.com/peregrine-exchange/peregrine/internal/fetch"
	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/format/oeapi"
)

// client is the real one, which fetches from one server on this machine.
type client struct{ *fetch.Client }

func (c client) Fetch(ctx context.Context, address string, previous exchange.Previous) (*exchange.Document, error) {
	r, err := c.Get(ctx, address, fetch.Previous(previous))
	if err != nil {
		return nil, err
	}
	return &exchange.Document{NotModified: r.NotModified, Body: r.Body, Previous: exchange.Previous(r.Previous)}, nil
}

// An endpoint of the Open Education API comes in pages; all of them are read.
func TestSourceIsPulledPageByPage(t *testing.T) {
	w := newWorld(t)
	const size, pages = 4, 3
	endless, asked := false, []string{}
	server := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		page := 1
		if n, err := strconv.Atoi(r.URL.Query().Get("pageNumber")); err == nil {
			page = n
		}
		var items []string
		for i := range size {
			n := (page-1)*size + i
			items = append(items, fmt.Sprintf(`{"courseId":"c-%d","primaryCode":{"codeType":"identifier","code":"C-%d"},"name":[{"language":"en-GB","value":"Course %d"}]}`, n, n, n))
		}
		if page > pages {
			items = nil
		}
		rw.Header().Set("Content-Type", "application/json")
		rw.Header().Set("ETag", `"1"`)
		fmt.Fprintf(rw, `{"pageSize":%d,"pageNumber":%d,"hasNextPage":%t,"items":[%s]}`, size, page, page < pages || endless, strings.Join(items, ","))
	}))
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	w.Fetcher = client{fetch.New(fetch.Options{AllowTo: []string{server.Listener.Addr().String()}, Roots: roots})}
	w.Readers = map[importrun.Format]exchange.Reader{importrun.FormatOEAPI_V6: func(r io.Reader) format.Rows { return oeapi.Read(r, oeapi.V6) }}
	source, err := w.AddSource(w.ctx, exchange.NewSource{InstitutionID: w.uni, Name: "SIS", Format: importrun.FormatOEAPI_V6, URL: server.URL + "/courses", EveryMinutes: 60, Policy: importsource.PolicyDRAFT})
	if err != nil {
		t.Fatal(err)
	}
	w.pulls(1)
	run := w.db.Client.ImportRun.Query().OnlyX(w.ctx)
	w.expect("three pages", run, "DONE 12 12 0 0 0 0")
	if got := strings.Join(asked, " "); got != "pageSize=250 pageNumber=2&pageSize=250 pageNumber=3&pageSize=250" {
		t.Errorf("asked for %s", got)
	}
	if s := w.db.Client.ImportSource.GetX(w.ctx, source.ID); s.Etag != "" {
		t.Errorf("one page's ETag %q was kept for all", s.Etag)
	}
	endless, asked = true, nil
	if _, err := w.PullOnce(w.ctx, source.ID); err != nil {
		t.Fatal(err)
	}
	if len(asked) != pages+1 {
		t.Errorf("a server that always promises a next page was asked %d times", len(asked))
	}
}
