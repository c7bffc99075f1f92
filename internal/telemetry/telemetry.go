// Package telemetry carries the request id and makes the logger, so that an
// answer, its log lines and its audit entries can be found by one id.
package telemetry

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"

	"github.com/lmittmann/tint"

	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

type requestKey struct{}

// NewRequest returns a context with a new request id and the id, 26 characters.
func NewRequest(ctx context.Context) (context.Context, string) {
	id := rand.Text()
	return context.WithValue(ctx, requestKey{}, id), id
}

// RequestID returns the id of the request that ctx belongs to, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// NewLogger writes to w: JSON lines for machines, or coloured lines for people.
// Each record names the request and the viewer of its context.
func NewLogger(w io.Writer, level slog.Level, forPeople bool) *slog.Logger {
	var h slog.Handler = slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
	if forPeople {
		h = tint.NewTextHandler(w, &tint.Options{Level: level, TimeFormat: "15:04:05.000"})
	}
	return slog.New(contextual{h})
}

// contextual adds what the context knows to each record.
type contextual struct{ slog.Handler }

func (c contextual) Handle(ctx context.Context, r slog.Record) error {
	if id := RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("request", id))
	}
	if v := viewer.From(ctx); v != nil && v.Actor() != "" {
		r.AddAttrs(slog.String("viewer", string(v.Actor())))
	}
	return c.Handler.Handle(ctx, r)
}

func (c contextual) WithAttrs(attrs []slog.Attr) slog.Handler {
	return contextual{c.Handler.WithAttrs(attrs)}
}

func (c contextual) WithGroup(name string) slog.Handler { return contextual{c.Handler.WithGroup(name)} }
