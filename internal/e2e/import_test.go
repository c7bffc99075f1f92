package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// readers stand for the formats, which have tests of their own: one course a
// line, as JSON.
var readers = map[importrun.Format]exchange.Reader{
	importrun.FormatCSV: func(r io.Reader) format.Rows {
		return func(yield func(format.Row, error) bool) {
			s := bufio.NewScanner(r)
			for n := 1; s.Scan(); n++ {
				row := format.Row{Place: fmt.Sprintf("line %d", n)}
				if err := json.Unmarshal(s.Bytes(), &row.Course); err != nil {
					row.Err = problem.New(problem.Invalid, "this row cannot be read")
				}
				if !yield(row, nil) {
					return
				}
			}
		}
	},
}

const threeRows = `{"ExternalID":"a","Code":"A-1","Title":{"en":"Compilers"},"Languages":["en"]}
{"ExternalID":"b","Code":"B-1","Title":{"en":"Logic"},"EQF":9}
nonsense
`

const importQuery = `query($id: ID!) { importRun(id: $id) {
	id state format mode name rows created updated unchanged rejected incomplete missing error institution { schac } startedBy { id } source { id }
	findings { totalCount nodes { number place externalId outcome course { id code state } problems { field message blocking } } }
	viewerActions { name allowed } } }`

// An editor sends a file, follows how it goes, and reads what is wrong with it
// in their own language; a learner sees nothing of it.
func TestEditorImportsAFile(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	got := c.editor.upload("institution="+string(w.Institution("uni-b"))+"&format=CSV&mode=DRAFT&name=courses.csv", strings.NewReader(threeRows))
	var answer struct{ ID, State, URL string }
	if err := json.Unmarshal([]byte(got.Raw), &answer); err != nil || got.Status != http.StatusAccepted || answer.State != "QUEUED" {
		t.Fatalf("%d %s", got.Status, got.Raw)
	}
	if n, err := w.App.Work.Drain(w.system(), "import.read"); n != 1 || err != nil {
		t.Fatalf("Work = %d, %v", n, err)
	}
	w.Golden("import.json", c.editor.Asks("follows it", importQuery, map[string]any{"id": answer.ID}))
	r := httptest.NewRequest(http.MethodPost, base+"/graphql?lang=de", strings.NewReader(
		`{"query":"query($id: ID!) { importRun(id: $id) { findings(first: 1) { nodes { problems { message } } } } }","variables":{"id":"`+answer.ID+`"}}`))
	r.Header.Set("Content-Type", "application/json")
	if german := c.editor.send(r); !strings.Contains(german.Raw, "EQR-Niveaus gehen von 1 bis 8") {
		t.Errorf("in German: %s", german.Raw)
	}
	r = httptest.NewRequest(http.MethodGet, strings.Replace(answer.URL, "http://localhost:8080", base, 1), nil)
	if shown := c.editor.send(r); shown.Status != http.StatusOK || !strings.Contains(shown.Raw, `"rejected":2`) {
		t.Errorf("over HTTP: %d %s", shown.Status, shown.Raw)
	}
	for _, stranger := range []*Actor{w.Nobody(), c.ada, w.Staff("Third", "uni-c", viewer.CourseEditor)} {
		if run := stranger.Asks("looks", importQuery, map[string]any{"id": answer.ID})["importRun"]; run != nil {
			t.Errorf("%s sees %v", stranger.Name, run)
		}
		list := stranger.Asks("looks", `query($i: ID!) { importRuns(institutionId: $i) { totalCount nodes { id } } }`, map[string]any{"i": w.Institution("uni-b")})
		if n := at(list, "importRuns", "totalCount"); n != float64(0) {
			t.Errorf("%s counts %v imports", stranger.Name, n)
		}
		r := httptest.NewRequest(http.MethodGet, answer.URL, nil)
		if shown := stranger.send(r); shown.Status != http.StatusNotFound {
			t.Errorf("%s gets %d", stranger.Name, shown.Status)
		}
	}
	list := c.editor.Asks("lists", `query($i: ID!) { importRuns(institutionId: $i) { totalCount nodes { name state } } }`, map[string]any{"i": w.Institution("uni-b")})
	if n := at(list, "importRuns", "totalCount"); n != float64(1) {
		t.Errorf("the editor counts %v imports", n)
	}
}

// An upload is refused before its first byte without the right, from another
// site, in an unknown format, and when it is too large.
func TestUploadsThatAreRefused(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	good := "institution=" + string(w.Institution("uni-b")) + "&format=CSV&mode=DRY_RUN"
	admin := w.Staff("Adam", "uni-b", viewer.Administrator)
	for _, tt := range []struct {
		what   string
		who    *Actor
		query  string
		status int
	}{
		{"nobody", w.Nobody(), good, 401}, {"learner", c.ada, good, 403}, {"registrar", c.hostRegistrar, good, 403},
		{"editor elsewhere", w.Staff("Third", "uni-c", viewer.CourseEditor), good, 403}, {"administrator", admin, good, 202},
		{"format", c.editor, strings.Replace(good, "CSV", "PDF", 1), 400}, {"mode", c.editor, strings.Replace(good, "DRY_RUN", "ALL", 1), 400},
		{"institution", c.editor, strings.Replace(good, "ins_", "ins-", 1), 403},
	} {
		body := &counted{Reader: strings.NewReader(threeRows)}
		if got := tt.who.upload(tt.query, body); got.Status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.what, got.Status, got.Raw, tt.status)
		}
		if tt.status != 202 && body.read > 0 {
			t.Errorf("%s: %d bytes were read", tt.what, body.read)
		}
	}
	r := httptest.NewRequest(http.MethodPost, base+"/imports?"+good, strings.NewReader(threeRows))
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if got := c.editor.send(r); got.Status != http.StatusForbidden {
		t.Errorf("from another site: %d", got.Status)
	}
	w.App.Exchange.MaxBytes = 1 << 20
	if got := c.editor.upload(good, io.LimitReader(zeros{}, 2<<20)); got.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: %d %s", got.Status, got.Raw)
	}
	for range 4 { // and the administrator's
		c.editor.upload(good, strings.NewReader(threeRows))
	}
	if got := c.editor.upload(good, strings.NewReader(threeRows)); got.Status != http.StatusConflict {
		t.Errorf("a sixth import: %d %s", got.Status, got.Raw)
	}
}

// A key that is sent twice starts one import; a long text is a file.
func TestSmallImportIsStartedOnce(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	input := map[string]any{"institutionId": w.Institution("uni-b"), "format": "CSV", "mode": "DRAFT", "name": "paste", "content": threeRows, "idempotencyKey": "k"}
	one := c.editor.Does("imports", "startImport", input)
	two := c.editor.Does("repeats", "startImport", input)
	if id(one) != id(two) {
		t.Errorf("two runs, %s and %s", id(one), id(two))
	}
	if _, err := w.App.Work.Drain(w.system(), "import.read"); err != nil {
		t.Fatal(err)
	}
	run := at(c.editor.Asks("follows it", importQuery, map[string]any{"id": id(one)}), "importRun").(map[string]any)
	if run["state"] != "DONE" || run["rows"] != float64(3) || run["created"] != float64(1) || at(run, "startedBy", "id") != string(c.editor.ID) {
		t.Errorf("the run is %v", run)
	}
	input["idempotencyKey"], input["content"] = "l", strings.Repeat("x", 200_001)
	c.editor.IsRefused("sends a long text", "INVALID", "startImport", input)
	input["idempotencyKey"], input["content"] = "m", strings.Repeat("x", 200_000)
	c.editor.Does("sends the longest text", "startImport", input)
}

// A source is administered by the provider's staff, who alone see it, and
// shows what became of it.
func TestSourceIsAdministeredByItsStaff(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	input := map[string]any{"institutionId": w.Institution("uni-b"), "name": "SIS", "format": "CSV", "url": "http://sis.uni-b.example/", "everyMinutes": 14, "policy": "DRAFT"}
	payload := c.editor.Tries("adds a bad one", "addImportSource", input)
	if refusals := payload["errors"].([]any); len(refusals) != 2 {
		t.Errorf("refused with %v", refusals)
	}
	input["everyMinutes"] = 60
	for _, inside := range []string{"https://localhost/", "https://10.0.0.1:8443/courses", "https://sis.internal/", "https://ada:topsecret@sis.uni-b.example/"} {
		input["url"] = inside
		c.editor.IsRefused("adds what can never be called: "+inside, "INVALID", "addImportSource", input)
	}
	input["url"] = "https://sis.uni-b.example/?key=topsecret"
	source := c.editor.Does("adds a source", "addImportSource", input)
	w.App.Exchange.Fetcher = silent{}
	if n, err := w.pullDue(); n != 1 || err != nil {
		t.Fatalf("PullDue = %d, %v", n, err)
	}
	const q = `query($s: String!) { institution(by: { schac: $s }) { importSources { totalCount nodes { name state format url policy everyMinutes dueAt failures lastError viewerActions { name allowed } } } } }`
	w.Golden("import-source.json", c.editor.Asks("looks", q, map[string]any{"s": "uni-b.example"}))
	for _, stranger := range []*Actor{w.Nobody(), c.ada, c.homeOffice} {
		if n := at(stranger.Asks("looks", q, map[string]any{"s": "uni-b.example"}), "institution", "importSources", "totalCount"); n != float64(0) {
			t.Errorf("%s counts %v sources", stranger.Name, n)
		}
	}
	c.editor.IsRefused("moves it inside", "INVALID", "updateImportSource", map[string]any{"sourceId": id(source), "url": "https://[::1]/"})
	c.editor.Does("wants it more often", "updateImportSource", map[string]any{"sourceId": id(source), "everyMinutes": 15})
	c.editor.Does("pauses it", "pauseImportSource", map[string]any{"sourceId": id(source)})
	c.editor.IsRefused("cannot pull what is paused", "CONFLICT", "pullImportSource", map[string]any{"sourceId": id(source)})
	c.editor.Does("resumes it", "resumeImportSource", map[string]any{"sourceId": id(source)})
	c.editor.Does("pulls it", "pullImportSource", map[string]any{"sourceId": id(source)})
}

// What a source no longer lists stays, and is counted.
func TestMissingCoursesAreCounted(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	source := c.editor.Does("adds a source", "addImportSource", map[string]any{"institutionId": w.Institution("uni-b"), "name": "SIS", "format": "CSV",
		"url": "https://sis.uni-b.example/", "everyMinutes": 15, "policy": "DRAFT"})
	for _, document := range []string{strings.Replace(threeRows, `,"EQF":9`, "", 1), strings.SplitAfter(threeRows, "\n")[0]} {
		w.App.Exchange.Fetcher = publishing(document)
		w.SetClock(w.Now().Add(20 * time.Minute))
		if n, err := w.pullDue(); n != 1 || err != nil {
			t.Fatalf("PullDue = %d, %v", n, err)
		}
		if n, err := w.App.Work.Drain(w.system(), "import.read"); n != 1 || err != nil {
			t.Fatalf("Work = %d, %v", n, err)
		}
	}
	runs := c.editor.Asks(
		"looks",
		`query($i: ID!) { importRuns(institutionId: $i) { nodes { created unchanged missing source { id } } } }`,
		map[string]any{"i": w.Institution("uni-b")},
	)
	newest := at(runs, "importRuns", "nodes", 0).(map[string]any)
	if newest["unchanged"] != float64(1) || newest["missing"] != float64(1) || at(newest, "source", "id") != id(source) {
		t.Errorf("runs %v", runs)
	}
	courses := at(c.editor.Asks("looks", `query($i: ID!) { courses(filter: { institutionId: $i, states: [DRAFT] }) { nodes { externalId sourceSeenAt sourceModifiedAt } } }`,
		map[string]any{"i": w.Institution("uni-b")}), "courses", "nodes")
	if at(courses, 0, "externalId") != "b" || at(courses, 0, "sourceSeenAt") != "2027-02-10T09:20:00Z" || at(courses, 1, "sourceSeenAt") != "2027-02-10T09:40:00Z" {
		t.Errorf("courses %v", courses)
	}
}

type publishing string

func (p publishing) Fetch(context.Context, string, exchange.Previous) (*exchange.Document, error) {
	return &exchange.Document{Body: io.NopCloser(strings.NewReader(string(p)))}, nil
}

func (a *Actor) upload(query string, body io.Reader) answer {
	a.w.t.Helper()
	return a.send(httptest.NewRequest(http.MethodPost, base+"/imports?"+query, body))
}

type silent struct{}

func (silent) Fetch(context.Context, string, exchange.Previous) (*exchange.Document, error) {
	return nil, problem.New(problem.Unavailable, "%s does not answer", "sis.uni-b.example")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type counted struct {
	io.Reader
	read int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

// pullDue pulls the sources that are due.
func (w *World) pullDue() (int, error) {
	if _, err := w.App.Exchange.Schedule(w.system()); err != nil {
		return 0, err
	}
	return w.App.Work.Drain(w.system(), "source.pull")
}
