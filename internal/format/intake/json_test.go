package intake

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// read returns how many items came, how many of them were refused, and what
// ended them.
func read(r io.Reader) (n, refused int, rest Members, end error) {
	rest = Members{}
	for item, err := range JSON(r, "items", rest) {
		if err != nil {
			return n, refused, rest, err
		}
		if n++; item.Err != nil {
			refused++
		}
	}
	return n, refused, rest, nil
}

func TestItemsOfEveryForm(t *testing.T) {
	for doc, want := range map[string]string{
		`[]`:                              "",
		`[1,{"a":[null,true]},"x"]`:       `[0]=1 [1]=map[a:[<nil> true]] [2]=x `,
		`{"items":[1],"n":2}`:             `items[0]=1 `,
		`{"n":2,"items":{"a":1}}`:         `items=map[a:1] `,
		`{"items":null}`:                  "",
		`{"a":1,"b":{}}`:                  `=map[a:1 b:map[]] `,
		`{"items":[1],"items":[2],"x":0}`: `items[0]=1 items[0]=2 `,
	} {
		got := ""
		for item, err := range JSON(strings.NewReader(doc), "items", Members{}) {
			if err != nil {
				t.Fatal(err)
			}
			got += fmt.Sprintf("%s=%v ", item.Place, item.Value)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", doc, got, want)
		}
	}
}

func TestRowsThatAreNotWantedAreNotRead(t *testing.T) {
	for range JSON(io.MultiReader(strings.NewReader(`[1,2`), failing{}), "items", Members{}) {
		break
	}
}

type failing struct{}

var errCable = errors.New("cable cut")

func (failing) Read([]byte) (int, error) { return 0, errCable }

func TestABoundOfEachRow(t *testing.T) {
	text := func(n int) string { return `"` + strings.Repeat("x", n-2) + `"` }
	for name, tt := range map[string]struct {
		doc        string
		n, refused int
		ended      bool
	}{
		"as large as allowed":       {`[` + text(format.MaxRow) + `]`, 1, 0, false},
		"many small ones":           {`[` + strings.Repeat(`"`+strings.Repeat("x", 100)+`",`, format.MaxRow/50) + `1]`, format.MaxRow/50 + 1, 0, false},
		"one larger of small parts": {`[[` + strings.Repeat(`"`+strings.Repeat("x", 100)+`",`, format.MaxRow/100) + `1],2]`, 2, 1, false},
		"one part larger":           {`[` + text(format.MaxRow+1024) + `,2]`, 0, 0, true},
		"blanks without end":        {`[` + strings.Repeat(" ", format.MaxRow+1024) + `1]`, 0, 0, true},
		"names of members":          {`{"` + strings.Repeat("x", format.MaxRow/2) + `":1,"` + strings.Repeat("y", format.MaxRow/2) + `":1,"items":[1]}`, 0, 0, true},
		"a page's own members":      {`{"a":` + text(format.MaxRow/2) + `,"b":` + text(format.MaxRow/2) + `,"items":[1]}`, 0, 0, true},
	} {
		n, refused, _, end := read(strings.NewReader(tt.doc))
		if n != tt.n || refused != tt.refused || (end != nil) != tt.ended || end != nil && !errors.Is(end, problem.Is(problem.Invalid)) {
			t.Errorf("%s: %d items, %d refused, %v", name, n, refused, end)
		}
	}
}

func TestADeepDocumentIsRefused(t *testing.T) {
	for depth, ok := range map[int]bool{MaxDepth: true, MaxDepth + 1: false} {
		_, _, _, err := read(strings.NewReader(strings.Repeat("[", depth) + strings.Repeat("]", depth)))
		if (err == nil) != ok {
			t.Errorf("%d levels: %v", depth, err)
		}
	}
	for _, bomb := range []string{"[", `{"a":`, `{"items":[`} {
		endless := &repeated{part: bomb}
		if _, _, _, err := read(endless); !errors.Is(err, problem.Is(problem.Invalid)) {
			t.Errorf("%s: %v", bomb, err)
		}
		if endless.read > 1<<16 {
			t.Errorf("%d bytes of %s were read", endless.read, bomb)
		}
	}
}

// repeated is a document that says the same for ever, or times times.
type repeated struct {
	head, part, tail string
	times            int
	read             int
	rest             string
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.rest == "" {
		r.times--
		switch {
		case r.head != "":
			r.rest, r.head = r.head, ""
		case r.times == 0:
			r.rest = r.tail
		case r.times == -1 && r.tail != "":
			return 0, io.EOF
		default:
			r.rest = r.part
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	r.read += n
	return n, nil
}

// capped ends a document with a problem, as callers of the formats do.
type capped struct {
	io.Reader
	left int
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, problem.New(problem.Limited, "the body is larger than %d bytes", 1<<16)
	}
	n, err := c.Reader.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

func TestTheCallersLimitEndsTheItems(t *testing.T) {
	n, _, _, err := read(&capped{Reader: &repeated{head: "[1", part: ",1"}, left: 1 << 16})
	if n < 1000 || !errors.Is(err, problem.Is(problem.Limited)) {
		t.Errorf("%d items, %v", n, err)
	}
	if _, _, _, err := read(io.LimitReader(&repeated{head: "[1", part: ",1"}, 1<<16)); !errors.Is(err, problem.Is(problem.Invalid)) {
		t.Errorf("a reader that only stops: %v", err)
	}
	if _, _, _, err := read(io.MultiReader(strings.NewReader(`[1,`), failing{})); !errors.Is(err, errCable) || problem.All(err) != nil {
		t.Errorf("a fault: %v", err)
	}
}

// 40 MB as 20 000 items, of which a test that kept them all would need far more
// than the bound.
func TestMemoryDoesNotGrowWithTheDocument(t *testing.T) {
	const items, most = 20_000, 8 << 20
	item := `{"a":"` + strings.Repeat("light ", 330) + `","b":[{"n":1.5},null]}`
	doc := &repeated{head: `{"items":[0`, part: "," + item, tail: `],"n":1}`, times: items + 2}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n, grown := 0, uint64(0)
	rest := Members{}
	for _, err := range JSON(doc, "items", rest) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%4000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			grown = max(grown, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
		}
	}
	if n != items+1 || rest["n"] == nil || doc.read < 40_000_000 || grown > most {
		t.Errorf("%d items of %d bytes, heap grew by %d", n, doc.read, grown)
	}
	t.Logf("%d items, %d bytes, heap grew by at most %d bytes", n, doc.read, grown)
}
