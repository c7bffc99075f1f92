package gate

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
)

func TestErrorsOfValidationAreFewAndShort(t *testing.T) {
	h := New(resolvers(), Options{})
	numbered := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	long := strings.Repeat("ü", 2000)
	for _, tt := range []struct {
		name, text string
		errors     int
	}{
		{"unknown fields", "{ me {" + numbered(1400, " x%d") + "} }", MaxErrors},
		{"unknown directives", "{ hello" + numbered(2400, " @d%d") + "}", MaxErrors},
		{"5000 unknown fields", "{ me {" + numbered(5000, " x%d") + "} }", 1},
		{"5000 unknown directives", "{ hello" + numbered(5000, " @d%d") + "}", 1},
		{"conflicts", "{ me {" + strings.Repeat(" x: id x: name", MaxNamesakes/2) + "} }", MaxErrors},
		{"unknown arguments", "{ hello(" + numbered(1000, " a%d: 1") + ") }", MaxErrors},
		{"long text", `{ find(by: {id: ["` + long + `"]}) { id } }`, 1},
		{"long name", `{ ` + strings.Repeat("x", 200000) + ` }`, 1},
		{"long garbage", `{ hello ` + `"` + strings.Repeat("x", 200000) + `" }`, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := ask(t, h, tt.text, "")
			if len(a.Errors) != tt.errors || a.Status != 400 {
				t.Errorf("%d, %d errors, want %d: %.300s", a.Status, len(a.Errors), tt.errors, a.Body)
			}
			for _, e := range a.Errors {
				if n := utf8.RuneCountInString(e.Message); n > MaxMessage {
					t.Errorf("a message of %d characters", n)
				}
				if e.Extensions["code"] != "INVALID" {
					t.Errorf("code %v", e.Extensions["code"])
				}
			}
			if len(a.Body) > 64<<10 {
				t.Errorf("%d bytes", len(a.Body))
			}
		})
	}
	t.Run("operation name", func(t *testing.T) {
		a := serve(t, h, postBody(`{"query":"query A { hello }","operationName":"`+strings.Repeat("x", 100000)+`"}`))
		if a.Status != 400 || len(a.Body) > 1000 {
			t.Errorf("%d, %d bytes", a.Status, len(a.Body))
		}
	})
}

func TestR49NothingIsSuggested(t *testing.T) {
	h := New(resolvers(), Options{})
	for _, text := range []string{
		`{ helo }`,
		`{ me }`,
		`{ me { ... on Persn { id } } }`,
		`{ people(frist: 1) { totalCount } }`,
		`{ take(color: REDD) }`,
		`{ take(color: "RED") }`,
		`{ find(by: {idd: 1}) { id } }`,
	} {
		a := ask(t, h, text, "")
		if a.code() != "INVALID" || strings.Contains(a.Body, "Did you mean") {
			t.Errorf("%s: %s", text, a.Body)
		}
	}
}

func TestPathOfAVariableIsTheField(t *testing.T) {
	a := ask(t, New(resolvers(), Options{}), `query($i: Inputs) { take(input: $i) }`, `{"i":{"list":[{"id":"1"},{"nope":1}]}}`)
	if a.code() != "INVALID" || a.field() != "variables.i.list.1.nope" || a.Errors[0].Path != nil {
		t.Errorf("%s", a.Body)
	}
}

func TestADocumentIsJudgedOnce(t *testing.T) {
	d := newDocuments(schema)
	for _, text := range []string{`{ hello }`, `{ nothing }`, `{`, bomb(40)} {
		if first, second := d.verdict(text), d.verdict(text); first != second {
			t.Errorf("%.20s was judged twice", text)
		}
	}
}

// What a client gets of a refusal is a copy, so that one request cannot change
// what the next one sees.
func TestRefusalsFromTheCacheAreEqual(t *testing.T) {
	h := New(resolvers(), Options{})
	for _, text := range []string{`{ nothing }`, bomb(40)} {
		if first, second := ask(t, h, text, ""), ask(t, h, text, ""); first.Body != second.Body {
			t.Errorf("%s, then %s", first.Body, second.Body)
		}
	}
}

// Run with -race: requests share documents and refusals.
func TestRequestsAtATimeShareDocuments(t *testing.T) {
	h := New(resolvers(), Options{Concurrent: 100})
	var all sync.WaitGroup
	for range 20 {
		for _, text := range []string{`{ hello me { id } }`, `{ nothing }`, bomb(40), `{`} {
			all.Go(func() { ask(t, h, text, "") })
		}
	}
	all.Wait()
}

func TestCacheOfDocumentsIsBounded(t *testing.T) {
	t.Run("by number", func(t *testing.T) {
		d := newDocuments(schema)
		for i := range cachedDocuments + 10 {
			d.keep(fmt.Sprint(i), &verdict{})
		}
		if n := d.kept.Len(); n != cachedDocuments {
			t.Errorf("%d are kept", n)
		}
	})
	t.Run("by text", func(t *testing.T) {
		d := newDocuments(schema)
		total := 0
		for i := range 100 {
			d.keep(fmt.Sprint(i)+strings.Repeat(" ", cachedEach-10), &verdict{})
			d.keep(fmt.Sprint(i)+strings.Repeat(" ", cachedEach-10), &verdict{})
		}
		for _, text := range d.kept.Keys() {
			total += len(text)
		}
		if total != d.size || total > cachedText || total < cachedText-cachedEach {
			t.Errorf("%d bytes are kept, %d counted", total, d.size)
		}
	})
	t.Run("not at all when too long", func(t *testing.T) {
		d := newDocuments(schema)
		d.verdict("{ hello }" + strings.Repeat(" ", cachedEach))
		if n := d.kept.Len(); n != 0 {
			t.Errorf("%d are kept", n)
		}
	})
}

func TestADocumentTooLongForTheCacheRuns(t *testing.T) {
	a := ask(t, New(resolvers(), Options{}), "{ hello }"+strings.Repeat(" ", cachedEach), "")
	if a.Status != 200 || string(a.Data) != `{"hello":"world"}` {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestVariablesDoNotLeakIntoTheCache(t *testing.T) {
	s := resolvers()
	s["find"] = func(_ context.Context, args map[string]any) (any, error) { return fmt.Sprint(args["by"]), nil }
	h := New(s, Options{})
	for _, id := range []string{"a", "b"} {
		a := ask(t, h, `query($i: ID!) { find(by: {id: $i}) { id } }`, `{"i":"`+id+`"}`)
		if want := `{"find":"map[id:` + id + `]"}`; string(a.Data) != want {
			t.Errorf("%s, want %s", a.Body, want)
		}
	}
}

// What the owner keeps with a document is made once, lives as long as the
// verdict about it, and cannot outlive it: nothing else holds it.
func TestNotesLiveAndDieWithTheDocument(t *testing.T) {
	d := newDocuments(schema)
	made := 0
	note := func(text, key string) int {
		ctx := graphql.WithOperationContext(t.Context(), &graphql.OperationContext{})
		if err := d.MutateOperationParameters(ctx, &graphql.RawParams{Query: text}); err != nil {
			t.Fatal(err)
		}
		return Note(ctx, key, func() int { made++; return made })
	}
	for i, want := range []int{1, 1, 2, 3, 1} {
		text, key := [...]string{"{ hello }", "{ hello }", "{ hello }", "{ me { id } }", "{ hello }"}[i], [...]string{"a", "a", "b", "a", "a"}[i]
		if got := note(text, key); got != want {
			t.Errorf("note %d is %d, want %d", i, got, want)
		}
	}
	for i := range cachedDocuments {
		d.keep(fmt.Sprint(i), &verdict{})
	}
	if got := note("{ hello }", "a"); got != 4 {
		t.Errorf("note %d is left of a document that was forgotten", got)
	}
	long := "{ hello }" + strings.Repeat(" ", cachedEach)
	if first, second := note(long, "a"), note(long, "a"); first == second {
		t.Error("a note is left of a document that is not kept")
	}
}

// A short document that spreads out to many fields counts as a long one, since
// what is kept with it grows with these.
func TestCacheOfDocumentsCountsWhatIsSpreadOut(t *testing.T) {
	d := newDocuments(schema)
	text := func(i int) string {
		return fmt.Sprintf("query Q%d { me { %s } } fragment F on Person { %s }", i, strings.Repeat("self { ...F } ", 30), strings.Repeat("id ", 40))
	}
	for i := range 200 {
		if v := d.verdict(text(i)); v.doc == nil {
			t.Fatal(v.refusals)
		}
	}
	fields := 0
	for _, v := range d.kept.Values() {
		fields += v.fields
	}
	if limit := cachedText / textOfField; fields > limit || fields < limit/2 {
		t.Errorf("documents of %d fields are kept, the limit is %d", fields, limit)
	}
}
