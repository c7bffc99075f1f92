package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/document"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
)

// Bounds of a form with a document.
const (
	documentTime = 10 * time.Minute // in which it arrives, or is read
	aroundFile   = 64 << 10         // bytes of the form beside the file
	maxQuestion  = 64               // bytes of a key
)

// addDocument stores a file that a learner sends, as it arrives: it is never whole
// in memory, nor in a file of its own.
func (s *site) addDocument(w http.ResponseWriter, r *http.Request) {
	patience := patient(w, pieceTime, documentTime)
	r.Body = http.MaxBytesReader(w, reader{r.Body, patience}, document.MaxBytes+aroundFile)
	ctx, done := unhurried(r)
	defer done()
	to, _ := ident.Parse(r.PathValue("id"))
	upload, file, err := formOf(r, to)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	d, err := s.Documents.Add(ctx, upload, file)
	_ = patience.control.SetWriteDeadline(time.Now().Add(pieceTime))
	switch {
	case err != nil:
		s.fail(w, r, err)
	case wantsPage(r):
		s.done(w, r, pages.DocumentAdded)
	default:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "no-store")
		h.Set("Location", s.BaseURL+"/documents/"+string(d.ID))
		w.WriteHeader(http.StatusCreated)
		writeJSON(w, map[string]any{"id": d.ID, "name": d.Name, "mediaType": d.MediaType, "bytes": d.Bytes, "digest": d.Digest})
	}
}

// formOf reads a form up to its file. The fields stand before it, as nothing is
// stored before it is known what it answers.
func formOf(r *http.Request, to ident.ID) (document.Upload, io.Reader, error) {
	upload := document.Upload{To: to}
	form, err := r.MultipartReader()
	if err != nil {
		return upload, nil, problem.New(problem.Invalid, "the file comes in a form, as multipart/form-data").Because(err)
	}
	for {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return upload, nil, problem.New(problem.Invalid, "the form has no file").At("file")
		case err != nil:
			return upload, nil, brokenForm(err)
		case part.FormName() == "file":
			upload.Name = part.FileName()
			return upload, lastPart{part, form}, nil
		case part.FormName() == "question":
			key, err := io.ReadAll(io.LimitReader(part, maxQuestion+1))
			if err != nil {
				return upload, nil, brokenForm(err)
			}
			upload.Question = string(key)
		default:
			return upload, nil, problem.New(problem.Invalid, "the form has a field that is not known; there is a file and, before it, a question")
		}
	}
}

// lastPart is a part of a form behind which there is no other.
type lastPart struct {
	*multipart.Part
	form *multipart.Reader
}

func (l lastPart) Read(p []byte) (int, error) {
	n, err := l.Part.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		if _, next := l.form.NextPart(); next == nil {
			return n, problem.New(problem.Invalid, "the form goes on after the file; its other fields stand before it")
		} else if !errors.Is(next, io.EOF) {
			return n, brokenForm(next)
		}
		return n, err
	case err != nil:
		return n, brokenForm(err)
	}
	return n, nil
}

// brokenForm is the refusal of a form that cannot be read on.
func brokenForm(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return document.TooLarge(document.MaxBytes)
	}
	return problem.New(problem.Invalid, "the file did not arrive whole; send it again").Because(err)
}

// document gives somebody a document to save. It is never shown in a page: it is
// the work of others, and a browser that opened it here would do so as this server.
func (s *site) document(w http.ResponseWriter, r *http.Request) {
	id, _ := ident.Parse(r.PathValue("id"))
	ctx, done := unhurried(r)
	defer done()
	file, err := s.Documents.Open(ctx, id)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer file.Close()
	h := w.Header()
	h.Set("Content-Type", file.MediaType)
	h.Set("Content-Length", strconv.Itoa(file.Bytes))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
	h.Set("Cache-Control", "private, no-store")
	_, err = io.Copy(writer{w, patient(w, pieceTime, documentTime)}, file)
	s.finish(w, r, err)
}
