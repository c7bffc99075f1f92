package gate

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

func TestR48DeadlineEndsAnOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		a := ask(t, New(resolvers(), Options{}), `{ wait }`, "")
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("it took %v", took)
		}
		// Nothing has a value, so it is worth another try.
		if a.Status != 503 || a.code() != "UNAVAILABLE" || len(a.Errors[0].Path) != 1 || strings.Contains(a.Body, "driver") {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	})
}

func TestDeadlineOfTheOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := resolvers()
		var left time.Duration
		s["hello"] = func(ctx context.Context, _ map[string]any) (any, error) {
			deadline, _ := ctx.Deadline()
			left = time.Until(deadline)
			return nil, nil
		}
		ask(t, New(s, Options{Timeout: time.Minute}), `{ hello }`, "")
		if left != time.Minute {
			t.Errorf("%v are left", left)
		}
	})
}

// What fails because of the deadline reaches the owner as a problem, with the
// error of the driver for the log.
func TestDeadlineKeepsItsCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cause error
		h := New(resolvers(), Options{Present: func(ctx context.Context, err error) *gqlerror.Error {
			if all := problem.All(err); all != nil {
				cause = all[0].Cause()
			}
			return show(ctx, err)
		}})
		ask(t, h, `{ wait }`, "")
		if cause == nil || !strings.Contains(cause.Error(), "driver: interrupted") {
			t.Errorf("cause = %v", cause)
		}
	})
}

// gqlgen answers nothing once the context has ended before execution.
func TestEndedContextIsAnswered(t *testing.T) {
	for name, end := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"cancelled": context.WithCancel,
		"late": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithDeadline(ctx, time.Unix(0, 0))
		},
	} {
		ctx, cancel := end(t.Context())
		cancel()
		a := serve(t, New(resolvers(), Options{}), postBody(`{"query":"{ hello }"}`).WithContext(ctx))
		if a.Status != 503 || a.code() != "UNAVAILABLE" || a.Header.Get("Retry-After") != "5" || len(a.Data) > 0 {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
}

func TestInterceptorThatAnswersNothing(t *testing.T) {
	h := New(resolvers(), Options{Extensions: []graphql.HandlerExtension{hook{around: func(context.Context, graphql.OperationHandler) graphql.ResponseHandler {
		return nil
	}}}})
	if a := ask(t, h, `{ hello }`, ""); a.Status != 503 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestR48AClientThatGoesAwayEndsItsOperation(t *testing.T) {
	started, ended := make(chan struct{}), make(chan error, 1)
	s := resolvers()
	s["wait"] = func(ctx context.Context, _ map[string]any) (any, error) {
		close(started)
		<-ctx.Done()
		ended <- ctx.Err()
		return nil, ctx.Err()
	}
	server := httptest.NewServer(New(s, Options{Timeout: time.Hour}))
	defer server.Close()
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-started
		leave()
	}()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader(`{"query":"{ wait }"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if _, err := server.Client().Do(r); !errors.Is(err, context.Canceled) {
		t.Errorf("the client got %v", err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the operation saw %v", err)
	}
}

func TestAViewerRunsFewOperationsAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const places = 4
		h := New(resolvers(), Options{ViewerKey: func(r *http.Request) string { return r.Header.Get("Viewer") }})
		send := func(viewer, document string) answered {
			r := postBody(`{"query":"` + document + `"}`)
			r.Header.Set("Viewer", viewer)
			return serve(t, h, r)
		}
		for range places {
			go send("ada", "{ wait }")
		}
		synctest.Wait()

		a := send("ada", "{ hello }")
		if a.Status != 429 || a.code() != "LIMITED" || a.Header.Get("Retry-After") != "1" || len(a.Data) > 0 {
			t.Errorf("one more: %d %v %s", a.Status, a.Header, a.Body)
		}
		if a := send("bea", "{ hello }"); a.Status != 200 {
			t.Errorf("another viewer: %d %s", a.Status, a.Body)
		}
		time.Sleep(10 * time.Second) // in the bubble: until the deadline has ended them
		synctest.Wait()
		if a := send("ada", "{ hello }"); a.Status != 200 {
			t.Errorf("afterwards: %d %s", a.Status, a.Body)
		}
	})
}

// A place is given back however an operation ends.
func TestAPlaceIsGivenBack(t *testing.T) {
	h := New(resolvers(), Options{Concurrent: 1})
	for range 3 {
		for _, document := range []string{`{ hello }`, `{ nothing }`, `{ panic }`, `{ people(first: 0) { totalCount } }`, bomb(40)} {
			if a := ask(t, h, document, ""); a.Header.Get("Retry-After") != "" {
				t.Errorf("%.20s: %d %s", document, a.Status, a.Body)
			}
		}
	}
	var turn turnstile
	turn.places = 1
	turn.enter("a")
	turn.leave("a")
	if len(turn.running) != 0 {
		t.Errorf("%v is remembered", turn.running)
	}
}
