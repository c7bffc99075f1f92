package gate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

func TestR44WhatABodyMayBe(t *testing.T) {
	const hello = `{"query":"{ hello }"}`
	h := New(resolvers(), Options{})
	for _, tt := range []struct {
		name, contentType, encoding, body string
		status                            int
		code                              string
	}{
		{"plain", "application/json", "", hello, 200, ""},
		{"charset", "application/json; charset=UTF-8", "", hello, 200, ""},
		{"other charset", "application/json; charset=latin1", "", hello, 415, "INVALID"},
		{"other parameter", "application/json; profile=x", "", hello, 415, "INVALID"},
		{"no type", "", "", hello, 415, "INVALID"},
		{"broken type", "application/json;;=", "", hello, 415, "INVALID"},
		{"text", "text/plain", "", hello, 415, "INVALID"},
		{"form", "application/x-www-form-urlencoded", "", "query={hello}", 415, "INVALID"},
		{"multipart", "multipart/form-data; boundary=x", "", "--x--", 415, "INVALID"},
		{"graphql", "application/graphql", "", "{ hello }", 415, "INVALID"},
		{"gzip", "application/json", "gzip", hello, 415, "INVALID"},
		{"identity", "application/json", "identity", hello, 415, "INVALID"},
		{"empty", "application/json", "", "", 400, "INVALID"},
		{"malformed", "application/json", "", `{"query":"{ s3cret"`, 400, "INVALID"},
		{"two values", "application/json", "", hello + hello, 400, "INVALID"},
		{"batch", "application/json", "", " [" + hello + "]", 400, "INVALID"},
		{"null", "application/json", "", "null", 400, "INVALID"},
		{"text value", "application/json", "", `"s3cret"`, 400, "INVALID"},
		{"no query", "application/json", "", `{}`, 400, "INVALID"},
		{"null query", "application/json", "", `{"query":null}`, 400, "INVALID"},
		{"number query", "application/json", "", `{"query":5}`, 400, "INVALID"},
		{"list variables", "application/json", "", `{"query":"{ hello }","variables":["s3cret"]}`, 400, "INVALID"},
		{"text variables", "application/json", "", `{"query":"{ hello }","variables":"s3cret"}`, 400, "INVALID"},
		{"text extensions", "application/json", "", `{"query":"{ hello }","extensions":"s3cret"}`, 400, "INVALID"},
		{"number name", "application/json", "", `{"query":"{ hello }","operationName":1}`, 400, "INVALID"},
		{"null members", "application/json", "", `{"query":"{ hello }","operationName":null,"variables":null,"extensions":null}`, 200, ""},
		{"unknown members", "application/json", "", `{"query":"{ hello }","other":[1],"Query":"{ x }"}`, 200, ""},
		{"names are exact", "application/json", "", `{"Query":"{ hello }"}`, 400, "INVALID"},
		{"unknown document", "application/json", "", `{"documentId":"sha256:s3cret"}`, 400, "NOT_FOUND"},
		{"query and document", "application/json", "", `{"query":"{ hello }","documentId":"x"}`, 400, "INVALID"},
		{"nested", "application/json", "", `{"query":"{ hello }","x":` + strings.Repeat("[", MaxNesting) + strings.Repeat("]", MaxNesting) + `}`, 400, "INVALID"},
		{"nested just enough", "application/json", "", `{"query":"{ hello }","x":` + strings.Repeat("[", MaxNesting-1) + strings.Repeat("]", MaxNesting-1) + `}`, 200, ""},
		{"brackets in text", "application/json", "", `{"query":"{ hello }","x":"\"` + strings.Repeat("[", MaxNesting) + `"}`, 200, ""},
		{"just small enough", "application/json", "", hello + strings.Repeat(" ", MaxBody-len(hello)), 200, ""},
		{"too large", "application/json", "", hello + strings.Repeat(" ", MaxBody-len(hello)+1), 413, "LIMITED"},
		{"mutation", "application/json", "", `{"query":"mutation { set }"}`, 200, ""},
		{"subscription", "application/json", "", `{"query":"subscription { ticks }"}`, 400, "INVALID"},
		{"unknown operation", "application/json", "", `{"query":"query A { hello }","operationName":"B"}`, 400, "INVALID"},
		{"which operation", "application/json", "", `{"query":"query A { hello } query B { hello }"}`, 400, "INVALID"},
		{"named operation", "application/json", "", `{"query":"query A { hello } query B { hello }","operationName":"B"}`, 200, ""},
		{"no operation", "application/json", "", `{"query":"fragment F on Query { hello }"}`, 400, "INVALID"},
		{"variable missing", "application/json", "", `{"query":"query($i: ID!) { find(by: {id: $i}) { id } }"}`, 400, "INVALID"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := postBody(tt.body)
			r.Header.Set("Content-Type", tt.contentType)
			if tt.encoding != "" {
				r.Header.Set("Content-Encoding", tt.encoding)
			}
			a := serve(t, h, r)
			if a.Status != tt.status || a.code() != tt.code {
				t.Errorf("got %d %s, want %d %s: %s", a.Status, a.code(), tt.status, tt.code, a.Body)
			}
			if strings.Contains(a.Body, "s3cret") {
				t.Errorf("the body came back: %s", a.Body)
			}
			if (len(a.Errors) > 0) == (len(a.Data) > 0) {
				t.Errorf("a request error has no data: %s", a.Body)
			}
		})
	}
}

func TestR45WhatAGetMayAsk(t *testing.T) {
	h := New(resolvers(), Options{})
	for _, tt := range []struct {
		name, query, client string
		status              int
		code                string
	}{
		{"query", "query={hello}", "cli", 200, ""},
		{"without header", "query={hello}", "", 403, "FORBIDDEN"},
		{"mutation", "query=mutation{set}", "cli", 405, "INVALID"},
		{"mutation by name", "query=query+A{hello}mutation+B{set}&operationName=B", "cli", 405, "INVALID"},
		{"query by name", "query=query+A{hello}mutation+B{set}&operationName=A", "cli", 200, ""},
		{"subscription", "query=subscription{ticks}", "cli", 400, "INVALID"},
		{"variables", `query=query($n:Int){people(first:$n){totalCount}}&variables={"n":5}&extensions={}`, "cli", 200, ""},
		{"variables checked", `query=query($n:Int){people(first:$n){totalCount}}&variables={"n":500}`, "cli", 400, "INVALID"},
		{"variables malformed", `query={hello}&variables={"s3cret`, "cli", 400, "INVALID"},
		{"variables nested", `query={hello}&variables={"x":` + strings.Repeat("[", MaxNesting) + strings.Repeat("]", MaxNesting) + "}", "cli", 400, "INVALID"},
		{"variables of another type", `query={hello}&variables=[]`, "cli", 400, "INVALID"},
		{"nothing", "", "cli", 400, "INVALID"},
		{"malformed", "query=%zz", "cli", 400, "INVALID"},
		{"too large", "query={hello}&x=" + strings.Repeat("x", MaxBody), "cli", 414, "LIMITED"},
		{"unknown document", "documentId=sha256:x", "cli", 400, "NOT_FOUND"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/graphql", nil)
			r.URL.RawQuery = tt.query
			r.Header.Set(ClientHeader, tt.client)
			a := serve(t, h, r)
			if a.Status != tt.status || a.code() != tt.code {
				t.Errorf("got %d %s, want %d %s: %s", a.Status, a.code(), tt.status, tt.code, a.Body)
			}
			if want := map[bool]string{true: "POST"}[tt.status == 405]; a.Header.Get("Allow") != want {
				t.Errorf("Allow = %q, want %q", a.Header.Get("Allow"), want)
			}
			if strings.Contains(a.Body, "s3cret") {
				t.Errorf("a parameter came back: %s", a.Body)
			}
		})
	}
}

func TestR45MutationByGetDoesNotRun(t *testing.T) {
	ran := false
	s := resolvers()
	s["set"] = func(context.Context, map[string]any) (any, error) { ran = true; return nil, nil }
	r := httptest.NewRequest(http.MethodGet, "/graphql?query="+url.QueryEscape("mutation { set }"), nil)
	r.Header.Set(ClientHeader, "cli")
	serve(t, New(s, Options{}), r)
	if ran {
		t.Error("it ran")
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	for _, method := range []string{"PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"} {
		a := serve(t, New(resolvers(), Options{}), httptest.NewRequest(method, "/graphql?query={hello}", nil))
		if a.Status != 405 || a.Header.Get("Allow") != "GET, POST" || a.code() != "INVALID" {
			t.Errorf("%s: %d %v %s", method, a.Status, a.Header, a.Body)
		}
	}
}

func TestRegisteredDocument(t *testing.T) {
	h := New(resolvers(), Options{Document: func(_ context.Context, id string) (string, error) {
		switch id {
		case "sha256:1":
			return "{ hello }", nil
		case "sha256:2":
			return "", errors.New("secret of the database")
		case "sha256:3":
			return "", problem.New(problem.Unavailable, "not now")
		}
		return "", unknownDocument()
	}})
	for id, want := range map[string]string{
		"sha256:1": `200 `,
		"sha256:2": `500 INTERNAL`,
		"sha256:3": `503 UNAVAILABLE`,
		"sha256:4": `400 NOT_FOUND`,
	} {
		a := serve(t, h, postBody(`{"documentId":"`+id+`"}`))
		if got := fmt.Sprint(a.Status, " ", a.code()); got != want || strings.Contains(a.Body, "secret") {
			t.Errorf("%s: %s, want %s: %s", id, got, want, a.Body)
		}
	}
}

// broken fails while it is read, as the body of a client does that goes away.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset by s3cret") }

func TestUnreadableBody(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/graphql", broken{})
	r.Header.Set("Content-Type", "application/json")
	if a := serve(t, New(resolvers(), Options{}), r); a.Status != 400 || strings.Contains(a.Body, "s3cret") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}
