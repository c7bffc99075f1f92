package explorer

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed dist
var dist embed.FS

// entryFiles are the addresses that the page begins with, relative to it.
type entryFiles struct{ Script, Style string }

// entry and files are read from the bundle once. A bundle that lacks what its
// manifest promises was not built, only half copied, and stops the program.
var (
	entry = mustEntry()
	files = mustFiles()
)

// file is one file of the bundle. Assets are held as gzip alone.
type file struct {
	body         []byte
	gzipped      bool
	contentType  string
	cacheControl string
}

// contentTypes of the kinds of file that a bundle has. The operating system's table
// is not asked, for scripts of a wrong type do not run.
var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".ttf":  "font/ttf",
	".woff": "font/woff",
}

func mustEntry() entryFiles {
	text, err := dist.ReadFile("dist/manifest.json")
	if err != nil {
		panic(fmt.Errorf("explorer: %w", err))
	}
	var manifest map[string]struct{ File string }
	if err := json.Unmarshal(text, &manifest); err != nil {
		panic(fmt.Errorf("explorer: manifest.json: %w", err))
	}
	e := entryFiles{Script: manifest["src/main.tsx"].File, Style: manifest["style.css"].File}
	if e.Script == "" || e.Style == "" {
		panic("explorer: manifest.json names no script or no style sheet")
	}
	return e
}

// mustFiles returns what may be asked for, by address relative to the page.
func mustFiles() map[string]file {
	licences, err := dist.ReadFile("dist/LICENCES.txt")
	if err != nil {
		panic(fmt.Errorf("explorer: %w", err))
	}
	found := map[string]file{"LICENCES.txt": {body: licences, contentType: "text/plain; charset=utf-8", cacheControl: "no-cache"}}
	assets, err := fs.Glob(dist, "dist/assets/*.gz")
	if err != nil {
		panic(fmt.Errorf("explorer: %w", err))
	}
	for _, asset := range assets {
		body, err := dist.ReadFile(asset)
		if err != nil {
			panic(fmt.Errorf("explorer: %w", err))
		}
		name := strings.TrimSuffix(strings.TrimPrefix(asset, "dist/"), ".gz")
		contentType, ok := contentTypes[path.Ext(name)]
		if !ok {
			panic("explorer: no content type is known for " + name)
		}
		// The name has a hash of the content.
		found[name] = file{body: body, gzipped: true, contentType: contentType, cacheControl: "public, max-age=31536000, immutable"}
	}
	return found
}

// serveFile answers with the named file of the bundle, or with 404.
func serveFile(w http.ResponseWriter, r *http.Request, name string) {
	f, ok := files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", f.cacheControl)
	// A worker obeys the policy of its own script, and needs no right at all.
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if !f.gzipped {
		h.Set("Content-Length", strconv.Itoa(len(f.body)))
		_, _ = w.Write(f.body)
		return
	}
	h.Set("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		h.Set("Content-Length", strconv.Itoa(len(f.body)))
		_, _ = w.Write(f.body)
		return
	}
	if r.Method == http.MethodHead {
		return
	}
	plain, err := gzip.NewReader(bytes.NewReader(f.body))
	if err != nil {
		panic(fmt.Errorf("explorer: %s: %w", name, err)) // a broken bundle: tests read every file
	}
	_, _ = io.Copy(w, plain)
}

// acceptsGzip reads Accept-Encoding as RFC 9110, section 12.5.3, has it: a coding of
// weight 0 is refused, and * stands for any that is not named.
func acceptsGzip(values []string) bool {
	wildcard := false
	for item := range strings.SplitSeq(strings.Join(values, ","), ",") {
		coding, params, _ := strings.Cut(item, ";")
		_, weight, weighted := strings.Cut(strings.ToLower(params), "q=")
		accepted := true
		if weighted {
			q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
			accepted = err == nil && q > 0
		}
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			return accepted
		case "*":
			wildcard = accepted
		}
	}
	return wildcard
}
