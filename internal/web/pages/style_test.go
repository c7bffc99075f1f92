package pages

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestStyleHasAnAddressOfItsContent(t *testing.T) {
	r := renderer(t, usual)
	page := samples()[0].ask(r, "en").Body.String()
	found := 0
	for _, e := range parse(t, page) {
		if e.name != "link" {
			continue
		}
		found++
		w := httptest.NewRecorder()
		r.Style().ServeHTTP(w, httptest.NewRequest(http.MethodGet, e.attrs["href"], nil))
		if w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("%s answers %d", e.attrs["href"], w.Code)
		}
		if got := w.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("%s has Cache-Control %q", e.attrs["href"], got)
		}
	}
	if found != 2 {
		t.Errorf("the page has %d links to files, want style and icon", found)
	}
	w := httptest.NewRecorder()
	r.Style().ServeHTTP(w, httptest.NewRequest(http.MethodGet, StylePath+"pages.000000000000.css", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("another version answers %d", w.Code)
	}
	if a, b := newAsset("pages", ".css", "", []byte("a")), newAsset("pages", ".css", "", []byte("b")); a.path == b.path {
		t.Error("two contents have one address")
	}
}

func TestStyleLoadsNothing(t *testing.T) {
	for _, call := range []string{"url(", "@import", "http:", "https:"} {
		if strings.Contains(string(css), call) {
			t.Errorf("the style sheet has %q", call)
		}
	}
}
