package gate

import (
	"context"
	"net/http"
	"strings"
	"testing"
)

func TestAGetIsAnsweredWithAValidator(t *testing.T) {
	s := newShop()
	first := s.send(got(`{ open }`))
	etag := first.Header().Get("ETag")
	if len(etag) != 24 || etag[0] != '"' {
		t.Fatalf("ETag = %s", etag)
	}
	for _, tt := range []struct {
		name   string
		match  string
		status int
	}{
		{"none", "", 200},
		{"the same", etag, 304},
		{"weak", "W/" + etag, 304},
		{"one of many", `"x", ` + etag + `,"y"`, 304},
		{"any", "*", 304},
		{"another", `"x"`, 200},
		{"without quotes", strings.Trim(etag, `"`), 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := got(`{ open }`)
			if tt.match != "" {
				r.Header.Set("If-None-Match", tt.match)
			}
			w := s.send(r)
			if w.Code != tt.status || (w.Body.Len() == 0) != (tt.status == 304) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			for name, want := range map[string]string{
				"ETag":          etag,
				"Cache-Control": "public, max-age=10, stale-while-revalidate=60",
				"Vary":          "Accept, Accept-Language, Authorization, Cookie",
			} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
			if has := w.Header().Get("Content-Length") != ""; has != (tt.status == 200) {
				t.Errorf("%v", w.Header())
			}
		})
	}
	if n := s.runs.Load(); n != 1 {
		t.Errorf("it ran %d times", n)
	}
}

// After a new version the answer is made again; when it is the same, the client
// need not load it.
func TestAnUnchangedAnswerOfANewVersionIsNotSent(t *testing.T) {
	s := newShop(func(_ *Options, r stub) {
		r["shown"] = func(context.Context, map[string]any) (any, error) { return "same", nil }
	})
	same, changed := s.send(got(`{ shown { id } }`)).Header().Get("ETag"), s.send(got(`{ open }`)).Header().Get("ETag")
	s.version.Store("2")
	if w := s.send(with(got(`{ shown { id } }`), "If-None-Match", same)); w.Code != 304 {
		t.Errorf("unchanged: %d", w.Code)
	}
	if w := s.send(with(got(`{ open }`), "If-None-Match", changed)); w.Code != 200 || w.Header().Get("ETag") == changed {
		t.Errorf("changed: %d %v", w.Code, w.Header())
	}
}

func TestMediaTypesHaveValidatorsOfTheirOwn(t *testing.T) {
	s := newShop(func(_ *Options, r stub) {
		r["open"] = func(context.Context, map[string]any) (any, error) { return "same", nil }
	})
	plain := s.send(got(`{ open }`))
	other := s.send(with(got(`{ open }`), "Accept", graphqlResponse))
	if plain.Body.String() != other.Body.String() || plain.Header().Get("ETag") == other.Header().Get("ETag") {
		t.Errorf("%v and %v", plain.Header(), other.Header())
	}
}

func TestPostHasNoValidator(t *testing.T) {
	s := newShop()
	for range 2 {
		w := s.send(with(posted(`{ open }`, ""), "If-None-Match", "*"))
		if w.Code != 200 || w.Header().Get("ETag") != "" || w.Header().Get("Vary") != "" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	}
}

// A cookie that is set on the way belongs to one client.
func TestAnAnswerThatSetsACookieIsNotStored(t *testing.T) {
	s := newShop()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", MaxAge: -1})
		s.Handler.ServeHTTP(w, r)
	})
	w := (&shop{Handler: h}).send(got(`{ open }`))
	if w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("ETag") != "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
