package pages

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
)

//go:embed style.css
var css []byte

//go:embed mark.svg
var mark []byte

// StylePath is where Style must be mounted.
const StylePath = "/style/"

// asset is a file at an address that holds its digest, so that browsers may
// keep it for ever and still see the next version at once.
type asset struct {
	path        string
	contentType string
	body        []byte
}

func newAsset(stem, extension, contentType string, body []byte) asset {
	sum := sha256.Sum256(body)
	return asset{StylePath + stem + "." + hex.EncodeToString(sum[:6]) + extension, contentType, body}
}

func styleSheet() asset { return newAsset("pages", ".css", "text/css; charset=utf-8", css) }
func markFile() asset   { return newAsset("mark", ".svg", "image/svg+xml", mark) }

// Mark leads browsers to the icon that look for one at its old address.
func (r *Renderer) Mark() http.Handler { return http.RedirectHandler(r.mark.path, http.StatusFound) }

// Style serves the style sheet and the icon below StylePath. An address of
// another version is not found.
func (r *Renderer) Style() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		for _, a := range []asset{r.style, r.mark} {
			if req.URL.Path != a.path {
				continue
			}
			h := w.Header()
			h.Set("Content-Type", a.contentType)
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
			_, _ = w.Write(a.body)
			return
		}
		http.NotFound(w, req)
	})
}
