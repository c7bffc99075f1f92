package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/peregrine-exchange/peregrine/internal/exchange"
	"github.com/peregrine-exchange/peregrine/internal/gate"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
)

// exports is how many exports one server writes at a time.
const exports = 4

// exportRoutes serve the catalogue as a file in each form, and the templates
// that partners fill in.
func (s *site) exportRoutes(mux *http.ServeMux) {
	running := make(chan struct{}, exports)
	for _, e := range s.Exports {
		mux.Handle("GET /catalogue/"+e.Name, compressed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.export(w, r, e, running) })))
	}
	for _, t := range s.Templates {
		mux.Handle("GET /templates/"+t.Name, compressed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			openTo(w, t.MediaType, documentTTL)
			w.Header().Set("Content-Disposition", `attachment; filename="`+t.Name+`"`)
			s.finish(w, r, t.Write(w))
		})))
	}
}

// export streams the catalogue in one form. It answers 304 to who has the
// present one, and 429 while too many others are being written.
func (s *site) export(w http.ResponseWriter, r *http.Request, e exchange.Export, running chan struct{}) {
	var institution *ident.ID
	if name := r.URL.Query().Get("institution"); name != "" {
		id, err := ident.Parse(name)
		if err != nil {
			s.fail(w, r, problem.Missing("institution"))
			return
		}
		if _, err := s.Institutions.Get(r.Context(), id); err != nil {
			s.fail(w, r, storage.Found(err, "institution"))
			return
		}
		institution = &id
	}
	if version := s.Discovery.Version(); version != "" {
		sum := sha256.Sum256([]byte(version + "\n" + r.URL.RequestURI()))
		etag := `W/"` + hex.EncodeToString(sum[:12]) + `"` // weak: equal in meaning, perhaps not in bytes
		w.Header().Set("ETag", etag)
		if gate.Has(r.Header.Values("If-None-Match"), etag) {
			openTo(w, e.MediaType, documentTTL) // what the answer in full has
			w.Header().Del("Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	select {
	case running <- struct{}{}:
		defer func() { <-running }()
	default:
		w.Header().Del("ETag")
		s.fail(w, r, problem.New(problem.Limited, "the catalogue is being exported %d times at the moment; try again in a minute", exports).With(problem.RetryAfter(60)))
		return
	}
	openTo(w, e.MediaType, documentTTL)
	w.Header().Set("Content-Disposition", `attachment; filename="`+e.Name+`"`)
	ctx, done := unhurried(r)
	defer done()
	s.finish(w, r.WithContext(ctx), e.Write(writer{w, patient(w, pieceTime, exportTime)}, exchange.Listed(ctx, s.Discovery, s.BaseURL, institution)))
}

// finish breaks the connection off when a file could not be written to its
// end, so that nobody takes a part for the whole.
func (s *site) finish(w http.ResponseWriter, r *http.Request, err error) {
	if err == nil {
		return
	}
	if r.Context().Err() == nil { // and who has gone away misses nothing
		s.Log.ErrorContext(r.Context(), "a file broke off", "err", err)
	}
	panic(http.ErrAbortHandler)
}
