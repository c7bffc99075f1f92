package web

import (
	"context"
	"net/http"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// health answers whether the process lives.
func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// ready answers whether the server can do its work: 503 while the database is
// away or its clock is another. It names nobody's provider.
func ready(ping func(context.Context) error) http.HandlerFunc {
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
		_, _ = w.Write([]byte("database: ok\n"))
	}
}
