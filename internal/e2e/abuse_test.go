package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// R40, R41, R43 and R45: what asks for too much of the real schema is refused
// before any of it is executed, soon, shortly, and with few errors.
func TestAbuseIsRefusedBeforeItRuns(t *testing.T) {
	w := NewWorld(t)
	me := w.Learner("Ada", "uni-a")
	many := func(n int, field string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "a%d: %s ", i, field)
		}
		return b.String()
	}
	nested := func(n int) string {
		return "{ alliances { nodes " + strings.Repeat("{ memberships { nodes { alliance ", n) + "{ id }" + strings.Repeat("} } }", n) + " } }"
	}
	var bomb strings.Builder
	bomb.WriteString("{ viewer { ...F0 } }")
	for i := range 30 {
		fmt.Fprintf(&bomb, " fragment F%d on Viewer { ...F%d ...F%d }", i, i+1, i+1)
	}
	bomb.WriteString(" fragment F30 on Viewer { kind }")
	for name, query := range map[string]string{
		"aliases of a root":     "{" + many(31, `node(id: "crs_06h0hph4yvw3v2c0x5e4r7t9n8") { id }`) + "}",
		"aliases of a mutation": "mutation {" + many(31, `closeUnit(input: {unitId: "unt_06h0hph4yvw3v2c0x5e4r7t9n8"}) { errors { code } }`) + "}",
		"aliases of a field":    "{ viewer {" + many(1500, "kind") + "} }",
		"depth":                 nested(5),
		"fragments in a circle": "{ viewer { ...F } } fragment F on Viewer { ...G } fragment G on Viewer { ...F }",
		"a fragment bomb":       bomb.String(),
		"directives":            "{ viewer { kind " + strings.Repeat("@include(if: true) ", 1000) + "} }",
		"two introspections":    `{ a: __schema { queryType { name } } b: __type(name: "Query") { name } }`,
		"a page of 101":         `{ courses(first: 101) { nodes { id } } }`,
		"a list of 101":         `{ nodes(ids: [` + strings.Repeat(`"crs_06h0hph4yvw3v2c0x5e4r7t9n8",`, 101) + `]) { id } }`,
		"pages in pages":        `{ institutions(first: 100) { nodes { courses(first: 100) { nodes { offerings(first: 100) { nodes { id } } } } } } }`,
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			got := me.Post(query, nil)
			if took := time.Since(began); took > 500*time.Millisecond {
				t.Errorf("the refusal takes %s", took)
			}
			if len(got.Errors) == 0 || len(got.Errors) > 20 || len(got.Raw) > 64<<10 {
				t.Errorf("%d errors in %d bytes: %.300s", len(got.Errors), len(got.Raw), got.Raw)
			}
			if len(got.Errors) > 0 {
				if code := got.Errors[0].Extensions["code"]; code != "LIMITED" && code != "INVALID" {
					t.Errorf("the code is %v", code)
				}
			}
		})
	}
}

// A hundred things in a list cost a hundred times what one costs: nobody gets
// round the limit by a list.
func TestAListCostsWhatItsThingsCost(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	course := w.course(c.editor, "CS-1")
	const below = `{ ... on Course { offerings(first: 100) { nodes { id course { code offerings(first: 40) { nodes { id } } } } } } }`
	one := w.Nobody().Post(`query($id: ID!) { node(id: $id) `+below+` }`, map[string]any{"id": course})
	cost, _ := at(one.Extensions, "cost", "used").(float64)
	if one.Status != http.StatusOK || cost < 4000 {
		t.Fatalf("one costs %v: %s", cost, one.Raw)
	}
	all := make([]string, 100)
	for i := range all {
		all[i] = course
	}
	for name, many := range map[string]answer{
		"in a variable": w.Nobody().Post(`query($ids: [ID!]!) { nodes(ids: $ids) `+below+` }`, map[string]any{"ids": all}),
		"written out":   w.Nobody().Post(`{ nodes(ids: ["`+strings.Join(all, `","`)+`"]) `+below+` }`, nil),
		"two of them":   w.Nobody().Post(`query($ids: [ID!]!) { nodes(ids: $ids) `+below+` }`, map[string]any{"ids": all[:2]}),
	} {
		if many.Status != http.StatusTooManyRequests || many.Errors[0].Extensions["code"] != "LIMITED" {
			t.Errorf("%s: %d %s", name, many.Status, many.Raw)
		}
	}
}
