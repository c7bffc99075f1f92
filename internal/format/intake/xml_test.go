package intake

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

func readXML(r io.Reader) (found string, end error) {
	for item, err := range XML(r, xml.Name{Space: "urn:x", Local: "all"}) {
		if err != nil {
			return found, err
		}
		if item.Err != nil {
			found += item.Place + "! "
			continue
		}
		e := item.Value
		found += fmt.Sprintf("%s:%s:%q%d ", item.Place, e.Lang, e.Text, len(e.Children))
	}
	return found, nil
}

func TestElementsAreReadOneByOne(t *testing.T) {
	for inner, want := range map[string]string{
		``: "",
		`<a xml:lang="de"> x &amp; y<!-- no --> </a> <b><c/><c/></b><?pi?>`: `a[0]:de:"x & y"0 b[1]::""2 `,
		`<a><![CDATA[<b>]]></a>`: `a[0]::"<b>"0 `,
		`<a>` + strings.Repeat("<b>many</b>", format.MaxRow/10) + `</a><a>next</a>`: `a[0]! a[1]::"next"0 `,
	} {
		got, err := readXML(strings.NewReader(`<?xml version="1.0" encoding="UTF-8"?><all xmlns="urn:x">` + inner + `</all>`))
		if got != want || err != nil {
			t.Errorf("%.60s: %s, %v; want %s", inner, got, err, want)
		}
	}
}

func TestXMLThatIsMalformedOrHostileIsRefused(t *testing.T) {
	for name, doc := range map[string]string{
		"empty":              "",
		"another root":       `<some xmlns="urn:x"/>`,
		"another namespace":  `<all xmlns="urn:y"/>`,
		"not closed":         `<all xmlns="urn:x"><a>`,
		"closed in disorder": `<all xmlns="urn:x"><a></all></a>`,
		"two roots":          `<all xmlns="urn:x"/><all xmlns="urn:x"/>`,
		"text after it":      `<all xmlns="urn:x"/>x`,
		"text before it":     `x<all xmlns="urn:x"/>`,
		"an entity":          `<all xmlns="urn:x"><a>&lol;</a></all>`,
		"a DTD":              `<!DOCTYPE all [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]><all xmlns="urn:x"><a>&lol2;</a></all>`,
		"an external DTD":    `<!DOCTYPE all SYSTEM "file:///etc/passwd"><all xmlns="urn:x"/>`,
		"Latin-1":            `<?xml version="1.0" encoding="ISO-8859-1"?><all xmlns="urn:x"/>`,
		"one long text":      `<all xmlns="urn:x"><a>` + strings.Repeat("x", format.MaxRow+5000) + `</a></all>`,
		"one long tag":       `<all xmlns="urn:x"><a b="` + strings.Repeat("x", format.MaxRow+5000) + `"/></all>`,
		"deep":               `<all xmlns="urn:x">` + strings.Repeat("<a>", MaxDepth) + strings.Repeat("</a>", MaxDepth) + `</all>`,
	} {
		if got, err := readXML(strings.NewReader(doc)); !errors.Is(err, problem.Is(problem.Invalid)) || got != "" {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	bomb := &repeated{head: `<all xmlns="urn:x">`, part: "<a>"}
	if _, err := readXML(bomb); !errors.Is(err, problem.Is(problem.Invalid)) || bomb.read > 1<<16 {
		t.Errorf("%d bytes, %v", bomb.read, err)
	}
	if _, err := readXML(&capped{Reader: &repeated{head: `<all xmlns="urn:x">`, part: "<a/>"}, left: 1 << 16}); !errors.Is(err, problem.Is(problem.Limited)) {
		t.Error(err)
	}
	if _, err := readXML(io.MultiReader(strings.NewReader(`<all xmlns="urn:x"><a>`), failing{})); !errors.Is(err, errCable) {
		t.Error(err)
	}
}

// 20 MB as 10 000 elements.
func TestMemoryDoesNotGrowWithXML(t *testing.T) {
	const items, most = 10_000, 8 << 20
	doc := &repeated{head: `<all xmlns="urn:x">`, part: `<a><b>` + strings.Repeat("light ", 330) + `</b></a>`, tail: `</all>`, times: items + 2}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n, grown := 0, uint64(0)
	for _, err := range XML(doc, xml.Name{Space: "urn:x", Local: "all"}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%2000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			grown = max(grown, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
		}
	}
	if n != items || doc.read < 19_000_000 || grown > most {
		t.Errorf("%d items of %d bytes, heap grew by %d", n, doc.read, grown)
	}
	t.Logf("%d items, %d bytes, heap grew by at most %d bytes", n, doc.read, grown)
}
