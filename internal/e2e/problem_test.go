package e2e

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/app"
)

// Whatever face tells a problem, it counts once, by its code.
func TestProblemsAreCountedOnce(t *testing.T) {
	w := NewWorld(t)
	ada := w.Learner("Ada", "uni-a")
	course := map[string]any{"institutionId": w.Institution("uni-b"), "code": "CS-1", "kind": "COURSE", "content": content("X")}
	for what, tt := range map[string]struct {
		code string
		do   func()
	}{
		"a refusal in a payload": {"FORBIDDEN", func() { ada.IsRefused("writes a course", "FORBIDDEN", "createCourse", course) }},
		"an error of a mutation": {"UNAUTHENTICATED", func() { w.Nobody().IsRefused("writes a course", "UNAUTHENTICATED", "createCourse", course) }},
		"an error of a query":    {"INVALID", func() { ada.Post("{ catalogue(first: -1) { totalCount } }", nil) }},
		"a page":                 {"NOT_FOUND", func() { w.request(http.MethodGet, "/courses/none", "Accept", "text/html") }},
		"a document":             {"NOT_FOUND", func() { w.request(http.MethodGet, "/issuers/none/jwks.json") }},
		"a method":               {"INVALID", func() { w.request(http.MethodDelete, "/account") }},
		"a request not let in":   {"UNAUTHENTICATED", func() { w.request(http.MethodGet, "/account", "Authorization", "Bearer none") }},
	} {
		before := w.App.Problems.Counts()
		tt.do()
		var more []string
		for code, n := range w.App.Problems.Counts() {
			if d := n - before[code]; d != 0 {
				more = append(more, fmt.Sprintf("%s %d", code, d))
			}
		}
		if got := strings.Join(more, ", "); got != tt.code+" 1" {
			t.Errorf("%s counts as %q, want one %s", what, got, tt.code)
		}
	}
}

// Who closes a page, or gives an answer up, before it is complete is no fault.
func TestWhoGoesAwayIsNoFault(t *testing.T) {
	w := NewWorld(t)
	var log bytes.Buffer
	parts := w.parts
	parts.Log = slog.New(slog.NewTextHandler(&log, nil))
	a, err := app.New(parts)
	if err != nil {
		t.Fatal(err)
	}
	ada := w.Learner("Ada", "uni-a")
	for what, r := range map[string]*http.Request{
		"a page":                httptest.NewRequest(http.MethodGet, base+"/", nil),
		"a page of somebody":    httptest.NewRequest(http.MethodGet, base+"/account", nil),
		"the catalogue":         httptest.NewRequest(http.MethodGet, base+"/catalogue/courses.csv", nil),
		"an answer in full":     httptest.NewRequest(http.MethodPost, base+"/graphql", strings.NewReader(`{"query":"{ institutions { nodes { id } } }"}`)),
		"an answer of somebody": httptest.NewRequest(http.MethodPost, base+"/graphql", strings.NewReader(`{"query":"{ viewer { person { id } } }"}`)),
	} {
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		r.Header.Set("Content-Type", "application/json")
		if strings.HasSuffix(what, "somebody") {
			r.Header.Set("Authorization", "Bearer "+ada.token)
		}
		before := a.Problems.Counts()
		func() {
			defer func() {
				if fault := recover(); fault != nil && fault != http.ErrAbortHandler {
					panic(fault)
				}
			}()
			a.Handler.ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
		}()
		if strings.Contains(log.String(), "level=ERROR") {
			t.Errorf("%s logs %s", what, &log)
		}
		if n := a.Problems.Counts()["INTERNAL"] - before["INTERNAL"]; n != 0 {
			t.Errorf("%s counts %d faults", what, n)
		}
		log.Reset()
	}
	if a.Problems.Counts()["UNAVAILABLE"] == 0 {
		t.Error("nobody was cut short")
	}
}
