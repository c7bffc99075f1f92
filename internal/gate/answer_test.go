package gate

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

func TestR51StatusFollowsTheTable(t *testing.T) {
	for _, tt := range []struct {
		name       string
		data       string
		codes      []problem.Code
		retry      int
		status     int
		retryAfter string
	}{
		{"data", `{}`, nil, 0, 200, ""},
		{"partial data", `{"a":null,"b":1}`, []problem.Code{problem.Unavailable}, 0, 200, ""},
		{"no root has a value, unavailable", `{"a":null,"b":null}`, []problem.Code{problem.Unavailable}, 0, 503, "5"},
		{"no root has a value, forbidden", `{"a":null}`, []problem.Code{problem.Forbidden}, 0, 200, ""},
		{"partial data, no sign-in", `{"a":null}`, []problem.Code{problem.Unauthenticated}, 0, 200, ""},
		{"null data", `null`, []problem.Code{problem.Internal}, 0, 200, ""},
		{"null data, limited", `null`, []problem.Code{problem.Limited}, 9, 200, ""},
		{"null data, unavailable", `null`, []problem.Code{problem.Forbidden, problem.Unavailable}, 0, 503, "5"},
		{"invalid", ``, []problem.Code{problem.Invalid}, 0, 400, ""},
		{"not found", ``, []problem.Code{problem.NotFound}, 0, 400, ""},
		{"conflict", ``, []problem.Code{problem.Conflict}, 0, 400, ""},
		{"unknown code", ``, []problem.Code{"OTHER"}, 0, 400, ""},
		{"unauthenticated", ``, []problem.Code{problem.Unauthenticated}, 0, 401, ""},
		{"forbidden", ``, []problem.Code{problem.Forbidden}, 0, 403, ""},
		{"limited", ``, []problem.Code{problem.Limited}, 0, 429, ""},
		{"limited for a while", ``, []problem.Code{problem.Limited}, 7, 429, "7"},
		{"internal", ``, []problem.Code{problem.Internal}, 0, 500, ""},
		{"unavailable", ``, []problem.Code{problem.Unavailable}, 0, 503, "5"},
		{"unavailable for a while", ``, []problem.Code{problem.Unavailable}, 60, 503, "60"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			response := &graphql.Response{Data: json.RawMessage(tt.data)}
			for _, code := range tt.codes {
				p := problem.New(code, "as asked")
				if tt.retry > 0 {
					p = p.With(problem.RetryAfter(tt.retry))
				}
				response.Errors = append(response.Errors, refusal(p))
			}
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				(&gate{show: show}).answer(w, r, response)
			})
			a := serve(t, h, postBody(""))
			if a.Status != tt.status || a.Header.Get("Retry-After") != tt.retryAfter {
				t.Errorf("got %d, Retry-After %q, want %d, %q", a.Status, a.Header.Get("Retry-After"), tt.status, tt.retryAfter)
			}
			if got := a.Header.Get("WWW-Authenticate") == "Bearer"; got != (tt.status == 401) {
				t.Errorf("WWW-Authenticate = %q", a.Header.Get("WWW-Authenticate"))
			}
		})
	}
}

// An owner may put the code into the extensions as it is.
func TestStatusOfATypedCode(t *testing.T) {
	response := &graphql.Response{Errors: gqlerror.List{{Extensions: map[string]any{"code": problem.Limited}}}}
	if got := statusOf(response); got != http.StatusTooManyRequests {
		t.Errorf("status = %d", got)
	}
	if got := statusOf(&graphql.Response{Errors: gqlerror.List{{}}}); got != http.StatusBadRequest {
		t.Errorf("without a code, status = %d", got)
	}
}

func TestStatusOfExecution(t *testing.T) {
	h := New(resolvers(), Options{})
	for document, status := range map[string]int{
		`{ hello fail(code: "UNAVAILABLE") }`:     200,
		`{ hello fail(code: "UNAUTHENTICATED") }`: 200,
		`{ hello fail(code: "LIMITED") }`:         200,
		`{ hello must(code: "UNAUTHENTICATED") }`: 200,
		`{ hello must(code: "UNAVAILABLE") }`:     503,
	} {
		a := ask(t, h, document, "")
		if a.Status != status || len(a.Errors) != 1 || len(a.Errors[0].Path) != 1 {
			t.Errorf("%s: %d, want %d: %s", document, a.Status, status, a.Body)
		}
	}
}

func TestAnswerHasTheMediaTypeThatAcceptPrefers(t *testing.T) {
	h := New(resolvers(), Options{})
	for accept, want := range map[string]string{
		"":                                  plainJSON,
		"*/*":                               plainJSON,
		"application/*":                     plainJSON,
		"application/json":                  plainJSON,
		"text/html":                         plainJSON,
		"text/html, */*;q=0.8":              plainJSON,
		"application/graphql-response+json": graphqlResponse,
		"application/graphql-response+json; charset=utf-8, application/json; charset=utf-8": graphqlResponse,
		"application/graphql-response+json, application/json;q=0.9":                         graphqlResponse,
		"application/json, application/graphql-response+json":                               plainJSON,
		"application/graphql-response+json;q=0.1, application/json;q=0.9":                   plainJSON,
		"application/graphql-response+json;q=0":                                             plainJSON,
		"application/graphql-response+json;q=high, text/plain":                              plainJSON,
		";;, application/graphql-response+json":                                             graphqlResponse,
	} {
		for _, body := range []string{`{"query":"{ hello }"}`, `{"query":"{ nothing }"}`, `{`} {
			r := postBody(body)
			if accept != "" {
				r.Header.Set("Accept", accept)
			}
			if got := serve(t, h, r).Header.Get("Content-Type"); got != want+"; charset=utf-8" {
				t.Errorf("Accept %q: %q, want %q", accept, got, want)
			}
		}
	}
}

func TestResponseThatCannotBeEncodedIsInternal(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(&gate{show: show}).answer(w, r, &graphql.Response{
			Data:       json.RawMessage(`{}`),
			Errors:     gqlerror.List{{Message: "x", Extensions: map[string]any{"code": "INVALID", "bad": make(chan int)}}},
			Extensions: map[string]any{},
		})
	})
	if a := serve(t, h, postBody("")); a.Status != 500 || a.code() != "INTERNAL" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}
