package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// health answers whether the process lives.
func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// ready answers whether the server can do its work: 503 while the database is
// away or its clock is another. A database that is full or read-only, and a seal
// of the audit that is behind, it only tells: readers are served, and nobody is
// served better by a server less. It names nobody's provider.
func ready(p Parts) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
		defer cancel()
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if err := p.Ping(ctx); err != nil {
			w.Header().Set("Retry-After", "5")
			w.WriteHeader(http.StatusServiceUnavailable)
			said := "reading: failed: the database is away\n"
			if all := problem.All(err); all != nil {
				said = all[0].Error() + "\n"
			}
			_, _ = w.Write([]byte(said))
			return
		}
		said := "reading: ok\nwriting: ok\n"
		if refused := p.Refuses(); refused != nil {
			said = "reading: ok\nwriting: failed: " + refused.Error() + "\n"
		}
		if behind, err := p.Audit.Lag(ctx); err != nil {
			said += "audit: unknown\n"
		} else if behind > audit.MaxLag {
			said += fmt.Sprintf("audit: %d s behind\n", int(behind.Seconds()))
		} else {
			said += "audit: sealed\n"
		}
		_, _ = w.Write([]byte(said))
	}
}
