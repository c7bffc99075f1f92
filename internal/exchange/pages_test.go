package exchange_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"maps"
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
	endless, below, asked := false, 0, []string{}
	server := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/courses" {
			below++
			http.NotFound(rw, r)
			return
		}
		asked = append(asked, r.URL.RawQuery)
		page := 1
		if n, err := strconv.Atoi(r.URL.Query().Get("pageNumber")); err == nil {
			page = n
		}
		var items []string
		for i := range size {
			n := (page-1)*size + i
			items = append(
				items,
				fmt.Sprintf(`{"courseId":"c-%d","primaryCode":{"codeType":"identifier","code":"C-%d"},"name":[{"language":"en-GB","value":"Course %d"}]}`, n, n, n),
			)
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
	w.AllowTo = []string{server.Listener.Addr().String()}
	w.Fetcher = client{fetch.New(fetch.Options{AllowTo: w.AllowTo, Roots: roots})}
	w.Readers = map[importrun.Format]exchange.Reader{importrun.FormatOEAPI_V6: func(r io.Reader) format.Rows { return oeapi.Read(r, oeapi.V6) }}
	source, err := w.AddSource(
		w.ctx,
		exchange.NewSource{InstitutionID: w.uni, Name: "SIS", Format: importrun.FormatOEAPI_V6, URL: server.URL + "/courses", EveryMinutes: 60, Policy: importsource.PolicyDRAFT},
	)
	if err != nil {
		t.Fatal(err)
	}
	w.pulls(1)
	run := w.db.Client.ImportRun.Query().OnlyX(w.ctx)
	w.expect("three pages", run, "DONE 12 12 0 0 0 0")
	if got := strings.Join(asked, " "); got != "pageSize=250 pageNumber=2&pageSize=250 pageNumber=3&pageSize=250" {
		t.Errorf("asked for %s", got)
	}
	if below != 5 {
		t.Errorf("a server without offerings below its courses was asked for them %d times", below)
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

// The Open Education API has the offerings of a course in a collection below
// it, which comes in pages too; where a course has none, nothing is lost.
func TestOfferingsBelowTheirCoursesAreRead(t *testing.T) {
	w := newWorld(t)
	asked := map[string]int{}
	server := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked[r.URL.Path+"?"+r.URL.Query().Get("key")]++
		rw.Header().Set("Content-Type", "application/json")
		course := func(id string) string {
			return fmt.Sprintf(`{"courseId":%q,"primaryCode":{"codeType":"identifier","code":%q},"name":[{"language":"en-GB","value":"Course"}]}`, id, id)
		}
		offering := func(id string) string {
			return fmt.Sprintf(
				`{"courseOfferingId":%q,"primaryCode":{"codeType":"identifier","code":%q},"name":[{"language":"en-GB","value":"Spring"}],"teachingLanguage":["en-GB"],"offeringState":"active",
				"startDateTime":"2027-03-01T09:00:00Z","endDateTime":"2027-06-30T17:00:00Z","enrollmentPeriods":[{"startDateTime":"2026-12-01T00:00:00Z","endDateTime":"2027-02-01T00:00:00Z"}],"maxNumberStudents":20}`,
				id,
				id,
			)
		}
		var items []string
		more := false
		switch r.URL.Path {
		case "/v6/courses":
			items = []string{course("c 1"), course("c2"), strings.TrimSuffix(course("c3"), "}") + `,"courseOfferings":[` + offering("o5") + `]}`}
		case "/v6/courses/c 1/course-offerings":
			if items = []string{offering("o1"), offering("o2")}; r.URL.Query().Get("pageNumber") == "2" {
				items = []string{offering("o3")}
			}
			more = r.URL.Query().Get("pageNumber") == "1"
		default:
			rw.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprintf(rw, `{"pageSize":250,"pageNumber":1,"hasNextPage":%t,"items":[%s]}`, more, strings.Join(items, ","))
	}))
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	w.AllowTo = []string{server.Listener.Addr().String()}
	w.Fetcher = client{fetch.New(fetch.Options{AllowTo: w.AllowTo, Roots: roots})}
	read := map[string]int{}
	w.Readers = map[importrun.Format]exchange.Reader{importrun.FormatOEAPI_V6: func(r io.Reader) format.Rows {
		return func(yield func(format.Row, error) bool) {
			for row, err := range oeapi.Read(r, oeapi.V6) {
				read[row.Course.Code] = len(row.Course.Offerings)
				if !yield(row, err) {
					return
				}
			}
		}
	}}
	if _, err := w.AddSource(w.ctx, exchange.NewSource{InstitutionID: w.uni, Name: "SIS", Format: importrun.FormatOEAPI_V6, URL: server.URL + "/v6/courses?key=k", EveryMinutes: 60, Policy: importsource.PolicyDRAFT}); err != nil {
		t.Fatal(err)
	}
	w.pulls(1)
	w.expect("courses", w.db.Client.ImportRun.Query().OnlyX(w.ctx), "DONE 3 3 0 0 0 0")
	if want := map[string]int{"c 1": 3, "c2": 0, "c3": 1}; !maps.Equal(read, want) {
		t.Errorf("offerings of each course: %v, want %v", read, want)
	}
	if want := map[string]int{"/v6/courses?k": 1, "/v6/courses/c 1/course-offerings?k": 2, "/v6/courses/c2/course-offerings?k": 1}; !maps.Equal(asked, want) {
		t.Errorf("asked %v, want %v", asked, want)
	}
}
