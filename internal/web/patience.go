package web

import (
	"context"
	"io"
	"net/http"
	"time"
)

// answerBy is when each request is answered at the latest, whatever it waits
// for: a connection of the pool, the session it is shown, another request. It
// begins before it is asked who that is.
const answerBy = 10 * time.Second

type unlimitedKey struct{}

// timely gives each request its deadline.
func timely(within time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), unlimitedKey{}, r.Context()), within)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// unhurried is what a request goes on with that takes long and gets on: it ends
// with its connection, and no longer by the deadline.
func unhurried(r *http.Request) (ctx context.Context, done func()) {
	whole := r.Context().Value(unlimitedKey{}).(context.Context)
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(r.Context()))
	stop := context.AfterFunc(whole, func() { cancel(context.Cause(whole)) })
	return ctx, func() { stop(); cancel(nil) }
}

// Every request has the time limits of the server (package app). What takes long
// and gets on has more: each piece that is read or written buys time for the
// next one, up to a limit for the whole, or without one for what lasts as long
// as somebody listens.
const (
	pieceTime   = 30 * time.Second
	uploadTime  = time.Hour
	exportTime  = time.Hour
	extendEvery = 64 << 10 // bytes that are a piece
)

// patience is that with one request.
type patience struct {
	control *http.ResponseController
	piece   time.Duration
	until   time.Time // zero: no limit for the whole
	left    int       // bytes of the piece
}

// patient begins to be patient with a request, for the whole no longer than a
// time; 0 is without a limit.
func patient(w http.ResponseWriter, piece, whole time.Duration) *patience {
	p := &patience{control: http.NewResponseController(w), piece: piece}
	if whole > 0 {
		p.until = time.Now().Add(whole)
	}
	return p
}

// spend notes bytes and gives time for the next piece when one is over.
func (p *patience) spend(n int) {
	if p.left -= n; p.left > 0 {
		return
	}
	deadline := time.Now().Add(p.piece)
	if !p.until.IsZero() && deadline.After(p.until) {
		deadline = p.until
	}
	_ = p.control.SetReadDeadline(deadline) // a recorder of tests has none
	_ = p.control.SetWriteDeadline(deadline.Add(p.piece))
	p.left = extendEvery
}

// reader is a body that may take longer than others.
type reader struct {
	io.ReadCloser
	*patience
}

func (r reader) Read(b []byte) (int, error) {
	r.spend(0)
	n, err := r.ReadCloser.Read(b)
	r.spend(n)
	return n, err
}

// writer is an answer that may take longer than others.
type writer struct {
	http.ResponseWriter
	*patience
}

func (w writer) Write(b []byte) (int, error) {
	w.spend(0)
	n, err := w.ResponseWriter.Write(b)
	w.spend(n)
	return n, err
}
