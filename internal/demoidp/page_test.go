package demoidp

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/lang"
)

var english = speech{language.English}

func TestPagesAreLockedDown(t *testing.T) {
	w := newWorld(t)
	s := w.client("vutbr.cz")
	request, page := s.login()
	if strings.Contains(page, "<b>") || !strings.Contains(page, "&lt;b&gt;") {
		t.Error("a name is not escaped")
	}
	for _, never := range []string{"<script", "src=", "http://", "https://", "style="} {
		if strings.Contains(page, never) {
			t.Errorf("the sign-in page contains %q", never)
		}
	}
	for _, path := range []string{"/", "/vutbr.cz/login?request=" + request, "/vutbr.cz/login?request=nonsense", "/vutbr.cz/signed-out"} {
		res, body := w.get(w.base + path)
		for name, want := range map[string]string{
			"Content-Security-Policy": contentSecurityPolicy,
			"Cache-Control":           "no-store",
			"Referrer-Policy":         "no-referrer",
			"X-Content-Type-Options":  "nosniff",
			"X-Frame-Options":         "DENY",
			"Content-Type":            "text/html; charset=utf-8",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s = %q", path, name, got)
			}
		}
		if !strings.Contains(body, "<style>"+pageCSS+"</style>") {
			t.Errorf("%s: the style sheet is not the one that the policy allows", path)
		}
		if strings.Count(body, "<h1>") != 1 {
			t.Errorf("%s has not one h1", path)
		}
		for _, banner := range []string{english.Say("banner.provider"), english.Say("banner.invented"), english.Say("banner.password")} {
			if !strings.Contains(body, banner) {
				t.Errorf("%s does not say %q", path, banner)
			}
		}
	}
}

func TestPagesSpeakTheLanguageAskedFor(t *testing.T) {
	w := newWorld(t)
	s := w.client("uni-hannover.de")
	for _, tt := range []struct{ uiLocales, accept, want string }{
		{"", "", "en"},
		{"", "de-AT,de;q=0.9,en;q=0.8", "de"},
		{"", "fi,de;q=0.5", "de"},
		{"", "fi", "en"},
		{"", "%%%", "en"},
		{"de", "en", "de"},
		{"fi en", "de", "en"},
	} {
		res, _ := s.ask(oauth2.SetAuthURLParam("ui_locales", tt.uiLocales))
		req, err := http.NewRequest(http.MethodGet, res.Header.Get("Location"), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Language", tt.accept)
		res, page := w.do(req)
		if !strings.Contains(page, `<html lang="`+tt.want+`">`) || res.Header.Get("Content-Language") != tt.want {
			t.Errorf("ui_locales %q, Accept-Language %q: not in %s", tt.uiLocales, tt.accept, tt.want)
		}
	}
}

func TestEveryMessageIsThereAndUsed(t *testing.T) {
	used := map[string]bool{}
	for _, name := range []string{"page.html", "login.go", "notice.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`Say[ (]"([a-z_.]+)"`).FindAllSubmatch(text, -1) {
			used["demoidp."+string(m[1])] = true
		}
	}
	for _, tag := range lang.Languages {
		for key := range used {
			if !lang.Has(tag, key) {
				t.Errorf("%s lacks %s", tag, key)
			}
		}
		for _, key := range lang.Keys(tag) {
			if strings.HasPrefix(key, "demoidp.") && !used[key] {
				t.Errorf("%s has %s, which no page says", tag, key)
			}
		}
	}
}

func TestIndexListsTheRealms(t *testing.T) {
	w := newWorld(t)
	_, body := w.get(w.base + "/")
	for _, r := range testRealms {
		if !strings.Contains(body, r.Name) || !strings.Contains(body, w.base+"/"+r.Key+"/.well-known/openid-configuration") {
			t.Errorf("the list lacks %s", r.Key)
		}
	}
}
