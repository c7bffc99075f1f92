package explorer

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var options = Options{
	Endpoint:   "/graphql",
	Title:      "Peregrine API explorer",
	SignInURL:  "/signin?return_to=%2Fexplorer%2F",
	SignOutURL: "/account/sign-out",
	AccountURL: "/account",
	SchemaURL:  "/schema.graphql",
	DocsURL:    "/docs",
	Examples: []Example{
		{Key: "catalogue", Title: "What is on offer", Document: "query Catalogue($first: Int!) { courses(first: $first) { id } }", Variables: `{"first": 3}`},
		{Key: "hostile", Title: `</script><script src="https://example.org/x.js">`, Document: "query Hostile { ok }"},
	},
}

// ask mounts the explorer as its package comment says and sends it one request.
func ask(t *testing.T, opts Options, method, path string, header ...string) *http.Response {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/explorer/", http.StripPrefix("/explorer", Handler(opts)))
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, resp *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func configOf(t *testing.T, html string) config {
	t.Helper()
	block := regexp.MustCompile(`(?s)<script type="application/json" id="explorer-config">(.*?)</script>`).FindStringSubmatch(html)
	if block == nil {
		t.Fatalf("no configuration in\n%s", html)
	}
	var c config
	if err := json.Unmarshal([]byte(block[1]), &c); err != nil {
		t.Fatalf("configuration %s: %v", block[1], err)
	}
	return c
}

func TestPageIsStrict(t *testing.T) {
	resp := ask(t, options, "GET", "/explorer/")
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d", resp.StatusCode)
	}
	for name, want := range map[string]string{
		"Content-Type":               "text/html; charset=utf-8",
		"X-Content-Type-Options":     "nosniff",
		"Referrer-Policy":            "no-referrer",
		"Cross-Origin-Opener-Policy": "same-origin",
		"Cache-Control":              "no-store",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	got := map[string]string{}
	for directive := range strings.SplitSeq(resp.Header.Get("Content-Security-Policy"), ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(directive), " ")
		got[name] = sources
	}
	want := map[string]string{
		"default-src":     "'none'",
		"script-src":      "'self'",
		"style-src":       "'self' 'unsafe-inline'",
		"img-src":         "'self' data:",
		"font-src":        "'self'",
		"connect-src":     "'self'",
		"worker-src":      "'self'",
		"base-uri":        "'none'",
		"form-action":     "'none'",
		"frame-ancestors": "'none'",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("policy (-want +got)\n%s", diff)
	}
}

func TestPageNamesOnlyFilesOfTheBundle(t *testing.T) {
	html := body(t, ask(t, options, "GET", "/explorer/"))
	named := regexp.MustCompile(`<(?:script|link)\b[^>]*\b(?:src|href)="([^"]*)"`).FindAllStringSubmatch(html, -1)
	served := 0
	for _, m := range named {
		if m[1] == "data:," {
			continue
		}
		resp := ask(t, options, "GET", "/explorer/"+m[1])
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s answers %d", m[1], resp.StatusCode)
		}
		served++
	}
	if served != 3 {
		t.Errorf("the page names %d files, want licences, style and script", served)
	}
}

func TestPageAsksNoOtherHost(t *testing.T) {
	html := body(t, ask(t, options, "GET", "/explorer/"))
	markup := regexp.MustCompile(`(?s)(<script type="application/json"[^>]*>).*?</script>`).ReplaceAllString(html, "$1</script>")
	if markup == html {
		t.Fatal("no configuration was found to set aside")
	}
	if found := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9]`).FindString(markup); found != "" {
		t.Errorf("the page names another host, %q:\n%s", found, markup)
	}
	if n := strings.Count(markup, "<script"); n != 2 {
		t.Errorf("%d scripts, want the configuration and the bundle:\n%s", n, markup)
	}
}

func TestPageTellsVisitorsWithoutJavaScript(t *testing.T) {
	html := body(t, ask(t, options, "GET", "/explorer/"))
	message := regexp.MustCompile(`(?s)<noscript>(.*)</noscript>`).FindString(html)
	for _, want := range []string{"JavaScript", `href="/schema.graphql"`, `href="/docs"`, "/graphql"} {
		if !strings.Contains(message, want) {
			t.Errorf("no %s in %s", want, message)
		}
	}
}

func TestConfigurationReachesThePage(t *testing.T) {
	opts := options
	opts.Viewer = func(r *http.Request) string { return r.Header.Get("X-Who") }
	got := configOf(t, body(t, ask(t, opts, "GET", "/explorer/", "X-Who", "Ada </script>")))
	want := config{Options: options, Version: got.Version, Viewer: "Ada </script>"}
	want.Options.Viewer = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got)\n%s", diff)
	}
}

func TestLeastOptionsSuffice(t *testing.T) {
	html := body(t, ask(t, Options{Endpoint: "/graphql"}, "GET", "/explorer/"))
	got := configOf(t, html)
	if got.Title != "API explorer" || got.Viewer != "" || got.Examples == nil || len(got.Examples) != 0 {
		t.Errorf("configuration %+v", got)
	}
	if strings.Contains(html, `href=""`) {
		t.Errorf("a link leads nowhere:\n%s", html)
	}
}

func TestVersionFollowsTheExamples(t *testing.T) {
	version := func(opts Options) string {
		return configOf(t, body(t, ask(t, opts, "GET", "/explorer/"))).Version
	}
	changed := options
	changed.Examples = append([]Example{}, options.Examples...)
	changed.Examples[0].Variables = `{"first": 4}`
	titled := options
	titled.Title = "Another title"

	first := version(options)
	if again := version(options); first == "" || again != first {
		t.Errorf("the same examples have versions %q and %q", first, again)
	}
	if version(changed) == first {
		t.Error("changed variables have the version of the old ones")
	}
	if version(titled) != first {
		t.Error("a new title drops the visitors' tabs")
	}
}

func TestAssetsGoCompressedOrPlain(t *testing.T) {
	path := "/explorer/" + entry.Script
	packed := ask(t, options, "GET", path, "Accept-Encoding", "br, gzip;q=0.8")
	plain := ask(t, options, "GET", path)
	for name, resp := range map[string]*http.Response{"gzip": packed, "identity": plain} {
		for header, want := range map[string]string{
			"Content-Type":           "text/javascript; charset=utf-8",
			"Cache-Control":          "public, max-age=31536000, immutable",
			"X-Content-Type-Options": "nosniff",
			"Vary":                   "Accept-Encoding",
		} {
			if got := resp.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
	}
	if got := packed.Header.Get("Content-Encoding"); got != "gzip" {
		t.Errorf("Content-Encoding is %q, want gzip", got)
	}
	if got := plain.Header.Get("Content-Encoding"); got != "" {
		t.Errorf("Content-Encoding is %q, want none", got)
	}
	unpacked, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) == 0 || string(text) != body(t, plain) {
		t.Error("the two forms differ")
	}
}

func TestGzipIsSentOnlyWhereAccepted(t *testing.T) {
	for _, tt := range []struct {
		header string
		want   bool
	}{
		{"", false},
		{"gzip", true},
		{"GZIP", true},
		{"deflate, br", false},
		{"br;q=1.0, gzip;q=0.5", true},
		{"gzip;q=0", false},
		{"gzip; q=0.000, *", false},
		{"*", true},
		{"identity, *;q=0", false},
		{"gzip;q=many", false},
		{"gzipped", false},
	} {
		t.Run(tt.header, func(t *testing.T) {
			resp := ask(t, options, "GET", "/explorer/"+entry.Style, "Accept-Encoding", tt.header)
			if got := resp.Header.Get("Content-Encoding") == "gzip"; got != tt.want {
				t.Errorf("gzip %v, want %v", got, tt.want)
			}
		})
	}
}

func TestUnknownIsNotFound(t *testing.T) {
	for _, path := range []string{
		"/explorer/assets/none.js",
		"/explorer/assets/",
		"/explorer/" + entry.Script + ".gz",
		"/explorer/manifest.json",
		"/explorer/index.html",
	} {
		if resp := ask(t, options, "GET", path); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %d, want 404", path, resp.StatusCode)
		}
	}
}

func TestOnlyReadingIsAllowed(t *testing.T) {
	for _, path := range []string{"/explorer/", "/explorer/" + entry.Script} {
		resp := ask(t, options, "POST", path)
		if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s answers %d, Allow %q", path, resp.StatusCode, resp.Header.Get("Allow"))
		}
		if resp := ask(t, options, "HEAD", path); resp.StatusCode != http.StatusOK {
			t.Errorf("HEAD %s answers %d", path, resp.StatusCode)
		}
	}
}

func TestBundleIsWholeAndSmall(t *testing.T) {
	text, err := dist.ReadFile("dist/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest map[string]struct {
		File   string
		Assets []string
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	for _, chunk := range manifest {
		for _, name := range append(chunk.Assets, chunk.File) {
			resp := ask(t, options, "GET", "/explorer/"+name)
			if resp.StatusCode != http.StatusOK || body(t, resp) == "" {
				t.Errorf("%s answers %d, or nothing", name, resp.StatusCode)
			}
		}
	}
	var size int64
	err = fs.WalkDir(dist, "dist", func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		size += info.Size()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if size > 3<<20 {
		t.Errorf("the bundle has %d bytes, more than 3 MiB", size)
	}
}

// Scripts name their workers, and style sheets their fonts, in ways that the manifest
// does not list. Each must be there, or the editor fails only once it is used.
func TestAssetsNameOnlyFilesOfTheBundle(t *testing.T) {
	sibling := regexp.MustCompile(`["'(](?:\./)?([\w.-]+-[\w-]{8}\.(?:js|css|ttf))["')]`)
	named := map[string]int{}
	for asset := range files {
		if !strings.HasSuffix(asset, ".js") && !strings.HasSuffix(asset, ".css") {
			continue
		}
		text := body(t, ask(t, options, "GET", "/explorer/"+asset))
		for _, m := range sibling.FindAllStringSubmatch(text, -1) {
			if _, ok := files["assets/"+m[1]]; !ok {
				t.Errorf("%s names %s, which is not there", asset, m[1])
			}
			for _, kind := range []string{".worker-", ".ttf"} {
				if strings.Contains(m[1], kind) {
					named[kind]++
				}
			}
		}
	}
	if named[".worker-"] < 3 || named[".ttf"] < 1 {
		t.Errorf("named are %v, want the workers for GraphQL, JSON and the editor, and the icons", named)
	}
}

func TestLicencesAreServed(t *testing.T) {
	resp := ask(t, options, "GET", "/explorer/LICENCES.txt")
	if got := resp.Header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("Content-Type is %q", got)
	}
	text := body(t, resp)
	for _, want := range []string{"graphiql 5.", "monaco-editor 0.", "react 19.", "Permission is hereby granted"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the licences", want)
		}
	}
}
