package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/document"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	documents "github.com/peregrine-exchange/peregrine/internal/document"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

const onePDF = "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

// pdfOf is a PDF of so many bytes.
func pdfOf(size int) string {
	return onePDF[:20] + strings.Repeat(" ", size-len(onePDF)) + onePDF[20:]
}

// drafted makes a draft of a learner.
func (w *World) drafted(learner *Actor, off string) ident.ID {
	w.t.Helper()
	return w.DB.Client.Draft.Create().SetLearnerID(learner.ID).SetOfferingID(ident.ID(off)).SaveX(w.system()).ID
}

// documentOf makes a document of an application, whatever has become of that.
func (w *World) documentOf(learner *Actor, app string) string {
	w.t.Helper()
	return string(w.DB.Client.Document.Create().SetLearnerID(learner.ID).SetApplicationID(ident.ID(app)).SetState(document.StateSTORED).SetName("a.pdf").
		SetMediaType("application/pdf").SaveX(w.system()).ID)
}

// form is one with fields, each a name and its value, and a file behind them.
func form(name string, content io.Reader, fields ...string) (body io.Reader, contentType string) {
	var head, tail bytes.Buffer
	f := multipart.NewWriter(&head)
	for i := 0; i < len(fields); i += 2 {
		_ = f.WriteField(fields[i], fields[i+1])
	}
	_, _ = f.CreateFormFile("file", name)
	fmt.Fprintf(&tail, "\r\n--%s--\r\n", f.Boundary())
	return io.MultiReader(&head, content, &tail), f.FormDataContentType()
}

func (a *Actor) sendsTo(to ident.ID, name string, content io.Reader, fields ...string) answer {
	a.w.t.Helper()
	body, contentType := form(name, content, fields...)
	r := httptest.NewRequest(http.MethodPost, base+pathOf(to), body)
	r.Header.Set("Content-Type", contentType)
	return a.send(r)
}

func pathOf(to ident.ID) string {
	if to.Kind() == ident.Draft {
		return "/drafts/" + string(to) + "/documents"
	}
	return "/applications/" + string(to) + "/documents"
}

// added sends a document that must be taken, and returns its id.
func (a *Actor) added(to ident.ID) string {
	a.w.t.Helper()
	got := a.sendsTo(to, "a.pdf", strings.NewReader(onePDF))
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(got.Raw), &made); err != nil || got.Status != http.StatusCreated {
		a.w.t.Fatalf("%s: %d %s", a.Name, got.Status, got.Raw)
	}
	return made.ID
}

func (a *Actor) fetches(id string) answer {
	a.w.t.Helper()
	return a.send(httptest.NewRequest(http.MethodGet, base+"/documents/"+id, nil))
}

// nothingLeft says that no document and no byte is kept but those of so many.
func (w *World) nothingLeft(what string, but int) {
	w.t.Helper()
	chunks := w.DB.Client.DocumentChunk.Query().CountX(w.system())
	if n := w.DB.Client.Document.Query().CountX(w.system()); n != but || but == 0 && chunks > 0 {
		w.t.Errorf("%s leaves %d documents and %d chunks", what, n, chunks)
	}
}

// A learner sends a document, reads it, and takes it back; it arrives byte by
// byte as it was sent, and is served to be saved and nothing else.
func TestALearnerSendsADocument(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 5)
	w.DB.Client.Offering.Update().Where(offering.ID(ident.ID(off))).SetQuestions([]vocab.Question{{Key: "cv", Kind: vocab.AskFile}, {Key: "why", Kind: vocab.AskText}}).ExecX(w.system())
	draft := w.drafted(c.ada, off)
	content := pdfOf(700_000) // three chunks
	got := c.ada.sendsTo(draft, "Výpis známek.pdf", strings.NewReader(content), "question", "cv")
	var made struct {
		ID, Name, MediaType, Digest string
		Bytes                       int
	}
	if err := json.Unmarshal([]byte(got.Raw), &made); err != nil || got.Status != http.StatusCreated || got.Header.Get("Location") != base+"/documents/"+made.ID {
		t.Fatalf("%d %v %s", got.Status, got.Header, got.Raw)
	}
	sum := sha256.Sum256([]byte(content))
	if made.Name != "Výpis známek.pdf" || made.MediaType != "application/pdf" || made.Bytes != len(content) || made.Digest != hex.EncodeToString(sum[:]) {
		t.Errorf("it is %+v", made)
	}
	file := c.ada.fetches(made.ID)
	kind, params, err := mime.ParseMediaType(file.Header.Get("Content-Disposition"))
	if file.Raw != content || err != nil || kind != "attachment" || params["filename"] != made.Name || !strings.Contains(file.Header.Get("Content-Disposition"), "filename*=utf-8''V%C3%BDpis") {
		t.Errorf("%d bytes, %q, %v", len(file.Raw), file.Header.Get("Content-Disposition"), err)
	}
	for name, want := range map[string]string{"Content-Type": "application/pdf", "Content-Length": "700000", "Cache-Control": "private, no-store",
		"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox"} {
		if got := file.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	seen := at(c.ada.Asks("looks", `query($id: ID!) { node(id: $id) { ... on Document { name mediaType bytes digest question addedAt viewerActions { name allowed } } } }`,
		map[string]any{"id": made.ID}), "node").(map[string]any)
	if seen["question"] != "cv" || seen["digest"] != made.Digest || seen["bytes"] != 700_000.0 || at(seen, "viewerActions", 0, "allowed") != true {
		t.Errorf("she sees %v", seen)
	}
	for question, want := range map[string]int{"why": 400, "photo": 400, strings.Repeat("c", 100): 400} {
		if got := c.ada.sendsTo(draft, "a.pdf", strings.NewReader(onePDF), "question", question); got.Status != want || !strings.Contains(got.Raw, "no such question") {
			t.Errorf("for %q: %d %s", question, got.Status, got.Raw)
		}
	}
	removal := map[string]any{"documentId": made.ID, "idempotencyKey": "k"}
	w.Learner("Bela", "uni-a").IsRefused("removes it", "NOT_FOUND", "removeDocument", map[string]any{"documentId": made.ID})
	for range 2 {
		if gone := c.ada.Does("takes it back", "removeDocument", removal); gone["id"] != made.ID {
			t.Errorf("gone is %v", gone)
		}
	}
	if got := c.ada.fetches(made.ID); got.Status != http.StatusNotFound {
		t.Errorf("afterwards: %d", got.Status)
	}
	w.nothingLeft("taking it back", 0)
	app := w.applies(c)
	of := c.ada.added(ident.ID(app))
	c.ada.IsRefused("takes that back", "CONFLICT", "removeDocument", map[string]any{"documentId": of})
	c.ada.Does("withdraws", "withdrawApplication", map[string]any{"applicationId": app})
	if got := c.ada.sendsTo(ident.ID(app), "a.pdf", strings.NewReader(onePDF)); got.Status != http.StatusConflict {
		t.Errorf("after its end: %d %s", got.Status, got.Raw)
	}
	if got := c.ada.fetches(of); got.Raw != onePDF {
		t.Errorf("of an application that has ended she gets %d", got.Status)
	}
}

// What is refused leaves nothing, and says why; what is not the learner's does
// not exist.
func TestDocumentsThatAreRefused(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	app := w.applies(c)
	draft := w.drafted(c.ada, w.offering(c.editor, w.course(c.editor, "CS-1"), 5))
	for what, tt := range map[string]struct {
		name    string
		content io.Reader
		status  int
		says    string
	}{
		"a page":              {"a.pdf", strings.NewReader("<html>" + onePDF), 400, "no PDF, PNG or JPEG"},
		"nothing":             {"a.pdf", strings.NewReader(""), 400, "empty"},
		"half":                {"a.pdf", strings.NewReader(onePDF[:50]), 400, "has no end"},
		"a byte too many":     {"a.pdf", strings.NewReader(pdfOf(documents.MaxBytes + 1)), 413, "at most 10 MiB"},
		"far too many":        {"a.pdf", io.MultiReader(strings.NewReader(onePDF), io.LimitReader(zeros{}, 11<<20)), 413, "at most 10 MiB"},
		"a name that turns":   {"a\u202efdp.exe", strings.NewReader(onePDF), 400, "U+202E"},
		"no name":             {"..", strings.NewReader(onePDF), 400, "name"},
		"a line that is torn": {"a.pdf", io.MultiReader(strings.NewReader(onePDF), iotest.ErrReader(io.ErrUnexpectedEOF)), 400, "did not arrive whole"},
	} {
		got := c.ada.sendsTo(draft, tt.name, tt.content)
		if got.Status != tt.status || !strings.Contains(got.Raw, tt.says) || what != "a line that is torn" && !strings.Contains(got.Raw, `"field":["`) {
			t.Errorf("%s: %d %s", what, got.Status, got.Raw)
		}
		w.nothingLeft(what, 0)
	}
	if got := c.ada.sendsTo(draft, "a.pdf", strings.NewReader(pdfOf(documents.MaxBytes))); got.Status != http.StatusCreated {
		t.Errorf("10 MiB: %d %s", got.Status, got.Raw)
	}
	missing := ident.ID("drf_06h0hph4yvw3v2c0x5e4r7t9n8")
	program := w.Program("uni-a", "sis", "learner.read").Actor()
	for who, a := range map[string]struct {
		*Actor
		status int
	}{"nobody": {w.Nobody(), 401}, "another": {w.Learner("Bela", "uni-a"), 404}, "home": {c.homeOffice, 404}, "a program": {program, 403}} {
		for _, to := range []ident.ID{draft, ident.ID(app)} {
			got, none := a.sendsTo(to, "a.pdf", strings.NewReader(onePDF)), a.sendsTo(missing, "a.pdf", strings.NewReader(onePDF))
			if to.Kind() != ident.Draft {
				none = a.sendsTo("app_06h0hph4yvw3v2c0x5e4r7t9n8", "a.pdf", strings.NewReader(onePDF))
			}
			if got.Status != a.status || withoutRequest(got.Raw) != withoutRequest(none.Raw) {
				t.Errorf("%s: %d %s, and of none %s", who, got.Status, got.Raw, none.Raw)
			}
		}
	}
	w.nothingLeft("whoever is turned away", 1)
	for what, body := range map[string]string{
		"no form":         "x",
		"no file":         "--x\r\nContent-Disposition: form-data; name=\"question\"\r\n\r\n\r\n--x--\r\n",
		"another field":   "--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n\r\n--x--\r\n",
		"a field behind":  "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n" + onePDF + "\r\n--x\r\nContent-Disposition: form-data; name=\"question\"\r\n\r\ncv\r\n--x--\r\n",
		"no end":          "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n" + onePDF,
		"fields for ever": "--x\r\nContent-Disposition: form-data; name=\"question\"\r\n\r\n" + strings.Repeat("x", 11<<20),
	} {
		r := httptest.NewRequest(http.MethodPost, base+pathOf(draft), strings.NewReader(body))
		r.Header.Set("Content-Type", `multipart/form-data; boundary=x`)
		if got := c.ada.send(r); got.Status != http.StatusBadRequest && got.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d %s", what, got.Status, got.Raw)
		}
		w.nothingLeft(what, 1)
	}
	body, contentType := form("a.pdf", strings.NewReader(onePDF))
	r := httptest.NewRequest(http.MethodPost, base+pathOf(draft), body)
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if got := c.ada.send(r); got.Status != http.StatusForbidden {
		t.Errorf("from another site: %d", got.Status)
	}
	body, contentType = form("a.pdf", strings.NewReader(onePDF))
	r = httptest.NewRequest(http.MethodPost, base+pathOf(draft), body)
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Accept", "text/html")
	if got := c.ada.answered(r); got.Code != http.StatusSeeOther || got.Header().Get("Location") != "/account" {
		t.Errorf("a form of a browser: %d %v", got.Code, got.Header())
	}
}

// Ten are taken and no more, however many come at once.
func TestNoMoreThanTenDocuments(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	draft := w.drafted(c.ada, w.offering(c.editor, w.course(c.editor, "CS-1"), 5))
	for range documents.MaxEach - 2 {
		c.ada.added(draft)
	}
	var statuses sync.Map
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() { statuses.Store(i, c.ada.sendsTo(draft, "a.pdf", strings.NewReader(onePDF)).Status) })
	}
	all.Wait()
	counts := map[int]int{}
	statuses.Range(func(_, status any) bool { counts[status.(int)]++; return true })
	if counts[http.StatusCreated] != 2 || counts[http.StatusConflict] != 6 {
		t.Errorf("eight at once: %v", counts)
	}
	w.nothingLeft("a crowd", documents.MaxEach)
}

// Who reads a document, at each stage and as it is shared: by its bytes and by
// what is said of it alike. The learner hears who did.
func TestWhoReadsADocument(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	app := w.applies(c)
	doc := c.ada.added(ident.ID(app))
	reader := w.Program("uni-a", "sis", "learner.read").Actor()
	hostReader := w.Program("uni-b", "his", "learner.read").Actor()
	never := []*Actor{w.Nobody(), w.Learner("Bela", "uni-a"), c.editor, c.teacher, c.hostRegistrar, c.hostRecognition, c.homeRecognition, w.Staff("Third", "uni-c", viewer.MobilityOfficer),
		w.Staff("Hal", "uni-a", viewer.Administrator), w.Staff("Reg", "uni-a", viewer.Registrar), w.Program("uni-a", "cat", "catalogue.read").Actor()}
	missing := w.Nobody().fetches("doc_06h0hph4yvw3v2c0x5e4r7t9n8")
	const q = `query($app: ID!, $doc: ID!) { application(id: $app) { documents { id name } } node(id: $doc) { id } }`
	expect := func(stage string, readers ...*Actor) {
		t.Helper()
		for _, a := range append([]*Actor{c.ada, c.homeOffice, c.hostOffice, reader, hostReader}, never...) {
			reads := slices.Contains(readers, a)
			got := a.fetches(doc)
			if reads && (got.Status != http.StatusOK || got.Raw != onePDF) || !reads && (got.Status != http.StatusNotFound || a.token == "" && withoutRequest(got.Raw) != withoutRequest(missing.Raw)) {
				t.Errorf("%s: %s gets %d %s", stage, a.Name, got.Status, got.Raw)
			}
			said := a.Asks("looks", q, map[string]any{"app": app, "doc": doc})
			if seen := said["application"] != nil && at(said, "application", "documents") != nil; seen != reads || reads != (said["node"] != nil) {
				t.Errorf("%s: %s sees %v", stage, a.Name, said)
			}
		}
	}
	expect("applied", c.ada, c.homeOffice, reader)
	share := map[string]any{"applicationId": app, "items": []string{"DOCUMENTS"}, "consentVersion": vocab.CurrentConsent().Version}
	c.ada.Does("shares", "giveConsent", share)
	expect("applied and shared", c.ada, c.homeOffice, reader)
	c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": app})
	expect("nominated and shared", c.ada, c.homeOffice, reader, c.hostOffice, hostReader)
	c.ada.Does("shares no more", "withdrawConsent", map[string]any{"applicationId": app, "items": []string{"DOCUMENTS"}})
	expect("nominated", c.ada, c.homeOffice, reader)
	c.ada.Does("shares again", "giveConsent", share)
	c.hostOffice.Does("admits", "admitApplication", map[string]any{"applicationId": app})
	w.disclosures(c.ada) // those of before are written
	w.DB.Client.Disclosure.Delete().ExecX(w.system())
	expect("seated and shared", c.ada, c.homeOffice, reader, c.hostOffice, hostReader)
	notes := map[string]int{}
	for _, d := range w.disclosures(c.ada) {
		if !slices.Equal(d.Fields, []vocab.PersonalField{vocab.FieldDocuments}) || string(*d.ApplicationID) != app {
			t.Errorf("it is noted that %v was read", d)
		}
		notes[d.Purpose] += d.Count
	}
	if notes["document"] != 4 || len(notes) != 2 {
		t.Errorf("it is noted %v", notes)
	}
	c.ada.Does("leaves", "withdrawApplication", map[string]any{"applicationId": app})
	expect("ended", c.ada)
}

// However many applications there are, their documents take a few statements.
func TestDocumentsAreReadTogether(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 9)
	cost := func(fields string) int64 {
		c.homeOffice.Asks("warms up", `{ viewer { kind } }`, nil)
		w.Statements.Store(0)
		c.homeOffice.Asks("lists", `{ applications { edges { node { id `+fields+` } } } }`, nil)
		return w.Statements.Load()
	}
	for i, l := range []*Actor{c.ada, w.Learner("Bela", "uni-a"), w.Learner("Cleo", "uni-a"), w.Learner("Dora", "uni-a")} {
		app := ident.ID(id(l.Does("applies", "submitApplication", map[string]any{"offeringId": off})))
		for range i {
			l.added(app)
		}
	}
	without, with := cost(""), cost("documents { id name }")
	if with != without+2 {
		t.Errorf("%d statements without documents, %d with them", without, with)
	}
	all := at(c.homeOffice.Asks("lists", `{ applications { nodes { documents { id } } } }`, nil), "applications", "nodes").([]any)
	for i, node := range all {
		if got := at(node, "documents"); len(got.([]any)) != 3-i {
			t.Errorf("application %d has %v", i, got)
		}
	}
}

// What a killed server was receiving is seen by nobody, counts for an hour, and
// is gone after that; what has arrived stays.
func TestWhatNeverArrivesIsRemoved(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	draft := w.drafted(c.ada, w.offering(c.editor, w.course(c.editor, "CS-1"), 5))
	stored := c.ada.added(draft)
	half := w.DB.Client.Document.Create().SetLearnerID(c.ada.ID).SetDraftID(draft).SetState(document.StateRECEIVING).SetName("a.pdf").SaveX(w.system()).ID
	w.DB.Client.DocumentChunk.Create().SetDocumentID(half).SetNumber(0).SetContent([]byte(onePDF)).ExecX(w.system())
	if got := c.ada.fetches(string(half)); got.Status != http.StatusNotFound {
		t.Errorf("she gets %d", got.Status)
	}
	if got := c.ada.Asks("looks", `query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": half}); got["node"] != nil {
		t.Errorf("she sees %v", got)
	}
	c.ada.IsRefused("removes it", "NOT_FOUND", "removeDocument", map[string]any{"documentId": half})
	clear := func(after time.Duration) int {
		w.SetClock(time.Now().Add(after))
		n, err := w.App.Documents.Clear(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := clear(59 * time.Minute); n != 0 {
		t.Errorf("%d are removed within the hour", n)
	}
	if n := clear(61 * time.Minute); n != 1 {
		t.Errorf("%d are removed after it", n)
	}
	w.nothingLeft("the job", 1)
	if n := w.DB.Client.DocumentChunk.Query().CountX(w.system()); n != 1 || w.DB.Client.Document.Query().OnlyIDX(w.system()) != ident.ID(stored) {
		t.Errorf("%d chunks are left", n)
	}
}

// Documents go with the motivation of an application that has come to nothing,
// whenever they were sent, and those of others stay.
func TestDocumentsAreKeptNoLongerThanNeeded(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	ended, alive, fresh := w.applies(c), w.applies(c), w.applies(c)
	for _, app := range []string{ended, alive, fresh} {
		c.ada.added(ident.ID(app))
	}
	c.ada.added(w.drafted(c.ada, w.offering(c.editor, w.course(c.editor, "CS-1"), 5)))
	c.ada.Does("withdraws", "withdrawApplication", map[string]any{"applicationId": ended})
	w.SetClock(vocab.AddMonths(w.Now(), w.App.Privacy.Periods["texts"]))
	w.DB.Client.Application.Update().Where(application.ID(ident.ID(fresh))).SetState(application.StateWITHDRAWN).SetDecidedAt(w.Now()).ExecX(w.system())
	if _, err := w.App.Privacy.Enforce(w.system()); err != nil {
		t.Fatal(err)
	}
	w.nothingLeft("the end of the period", 2) // a draft that nobody has touched for as long goes too
	if w.DB.Client.Document.Query().Where(document.ApplicationID(ident.ID(ended))).ExistX(w.system()) {
		t.Error("documents of an application that has come to nothing are kept")
	}
	if n := w.DB.Client.DocumentChunk.Query().CountX(w.system()); n != 2 {
		t.Errorf("%d chunks are left", n)
	}
}
