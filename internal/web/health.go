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
// away or its clock is another. It names nobody's provider. That the seal of the
// audit is behind it only says: nobody is served better by a server less.
func ready(ping func(context.Context) error, lag func(context.Context) (time.Duration, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
		defer cancel()
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if err := ping(ctx); err != nil {
			w.Header().Set("Retry-After", "5")
			w.WriteHeader(http.StatusServiceUnavailable)
			said := "database: away\n"
			if all := problem.All(err); all != nil {
				said = all[0].Error() + "\n"
			}
			_, _ = w.Write([]byte(said))
			return
		}
		said := "audit: sealed\n"
		if behind, err := lag(ctx); err != nil {
			said = "audit: unknown\n"
		} else if behind > audit.MaxLag {
			said = fmt.Sprintf("audit: %d s behind\n", int(behind.Seconds()))
		}
		_, _ = w.Write([]byte("database: ok\n" + said))
	}
}
