package web

import (
	"net/http"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// receiveImport stores an upload of any length and answers 202 with its run.
func (s *site) receiveImport(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	institution, _ := ident.Parse(q.Get("institution"))
	body := reader{r.Body, patient(w, pieceTime, uploadTime)}
	ctx, done := unhurried(r)
	defer done()
	run, err := s.Exchange.Receive(ctx, exchange.Upload{
		InstitutionID: institution, Format: importrun.Format(q.Get("format")), Mode: importrun.Mode(q.Get("mode")), Name: q.Get("name"), Length: r.ContentLength,
	}, body)
	_ = body.control.SetWriteDeadline(time.Now().Add(pieceTime))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Location", s.runURL(run))
	s.answerRun(w, run, http.StatusAccepted)
}

// showImport tells a program how an import goes.
func (s *site) showImport(w http.ResponseWriter, r *http.Request) {
	id, _ := ident.Parse(r.PathValue("id"))
	run, err := s.Exchange.Run(r.Context(), id)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.answerRun(w, run, http.StatusOK)
}

func (s *site) runURL(run *ent.ImportRun) string { return s.BaseURL + "/imports/" + string(run.ID) }

func (s *site) answerRun(w http.ResponseWriter, run *ent.ImportRun, status int) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	writeJSON(w, map[string]any{
		"id": run.ID, "state": run.State, "url": s.runURL(run), "bytes": run.Bytes, "rows": run.Rows, "created": run.Created, "updated": run.Updated,
		"unchanged": run.Unchanged, "rejected": run.Rejected, "incomplete": run.Incomplete, "error": run.Error,
	})
}
