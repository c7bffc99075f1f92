package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// find asks the catalogue and returns the codes of the courses that it lists.
func (a *Actor) find(args string) []string {
	a.w.t.Helper()
	data := a.Asks("searches", `{ catalogue`+args+` { nodes { course { code } } } }`, nil)
	var codes []string
	for _, n := range at(data, "catalogue", "nodes").([]any) {
		codes = append(codes, at(n, "course", "code").(string))
	}
	return codes
}

func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// entitled publishes a course of uni-b with a title of its own.
func (w *World) entitled(editor *Actor, code, title string, change func(map[string]any)) string {
	c := content(title)
	if change != nil {
		change(c)
	}
	made := editor.Does("writes a course", "createCourse", map[string]any{"institutionId": w.Institution("uni-b"), "code": code, "kind": "MICRO_CREDENTIAL", "content": c})
	editor.Does("publishes it", "publishCourse", map[string]any{"courseId": id(made)})
	return id(made)
}

func TestCatalogueFindsWhatAnyoneTypes(t *testing.T) {
	w := NewWorld(t)
	editor := w.Staff("Edda", "uni-b", "COURSE_EDITOR")
	nobody := w.Nobody()
	w.entitled(editor, "A", "Übungen zur Künstlichen Intelligenz", func(c map[string]any) { c["ects"], c["hours"], c["eqfLevel"] = "2", 56, 6 })
	w.entitled(editor, "B", "Straßenbau in Łódź", func(c map[string]any) { c["languages"] = []string{"pl"}; c["isced"] = "0732" })
	w.entitled(editor, "C", "Advanced C++", func(c map[string]any) { c["topics"] = []string{"programming"} })
	for _, tt := range []struct {
		args string
		want []string
	}{
		{`(text: "uebungen")`, []string{"A"}},
		{`(text: "ubungen kunst")`, []string{"A"}},
		{`(text: "STRASSENBAU lodz")`, []string{"B"}},
		{`(text: "c++")`, []string{"C"}},
		{`(text: "quantum")`, nil},
		{`(text: "university b", orderBy: NEWEST)`, []string{"C", "B", "A"}},
		{`(filter: { languages: ["pl"] })`, []string{"B"}},
		{`(filter: { fields: ["07"] })`, []string{"B"}},
		{`(filter: { eqfLevels: [6, 8] })`, []string{"A"}},
		{`(filter: { topics: ["programming"] })`, []string{"C"}},
		{`(filter: { ects: { max: "2" } })`, []string{"A"}},
		{`(filter: { alliances: ["test"] }, orderBy: NEWEST)`, []string{"C", "B", "A"}},
		{`(filter: { alliances: ["another"] })`, nil},
		{`(filter: { countries: ["DE"] }, orderBy: TITLE)`, []string{"C", "B", "A"}},
		{`(filter: { countries: ["CZ"] })`, nil},
		{`(orderBy: FEWEST_ECTS, first: 1)`, []string{"A"}},
	} {
		expect(t, tt.args, nobody.find(tt.args), tt.want...)
	}
	for _, tt := range []struct{ args, field string }{
		{`(filter: { fields: ["1234"] })`, "fields"}, {`(filter: { eqfLevels: [9] })`, "eqfLevels"}, {`(filter: { countries: ["Germany"] })`, "countries"},
		{`(filter: { startsOn: { from: "tomorrow" } })`, "startsOn"}, {`(after: "abc")`, "after"}, {`(atLeast: "abc")`, "atLeast"},
	} {
		got := nobody.Post(`{ catalogue`+tt.args+` { nodes { course { id } } } }`, nil)
		if len(got.Errors) == 0 || got.Errors[0].Extensions["code"] != "INVALID" || !slices.Contains(got.Errors[0].Extensions["field"].([]any), any(tt.field)) {
			t.Errorf("%s: want INVALID at %s, got %s", tt.args, tt.field, got.Raw)
		}
	}
}

func TestFacetsIgnoreTheirOwnFilter(t *testing.T) {
	w := NewWorld(t)
	editor := w.Staff("Edda", "uni-b", "COURSE_EDITOR")
	w.entitled(editor, "A", "One", func(c map[string]any) { c["languages"] = []string{"de"} })
	w.entitled(editor, "B", "Two", nil)
	w.offering(editor, w.entitled(editor, "C", "Three", nil), 5)
	data := w.Nobody().Asks("counts", `{ catalogue(filter: { languages: ["de"] }) { totalCount didYouMean
		facets(keys: [LANGUAGE, EQF_LEVEL, AVAILABILITY, PROVIDER]) { key buckets { value count label { text } } } } }`, nil)
	got := fmt.Sprint(at(data, "catalogue", "facets"))
	want := fmt.Sprintf("[map[buckets:[map[count:2 label:<nil> value:en] map[count:1 label:<nil> value:de]] key:LANGUAGE] "+
		"map[buckets:[map[count:1 label:<nil> value:7]] key:EQF_LEVEL] map[buckets:[] key:AVAILABILITY] "+
		"map[buckets:[map[count:1 label:map[text:University B] value:%s]] key:PROVIDER]]", w.Institution("uni-b"))
	if got != want {
		t.Errorf("facets:\n%s\nwant\n%s", got, want)
	}
	data = w.Nobody().Asks("mistypes", `{ catalogue(text: "thre") { totalCount } other: catalogue(text: "threee") { totalCount didYouMean } }`, nil)
	if at(data, "catalogue", "totalCount") != 1.0 || at(data, "other", "totalCount") != 0.0 || at(data, "other", "didYouMean") != "three" {
		t.Errorf("a typing error: %v", data)
	}
}

// What the read model leaves out is there all the same.
func TestCatalogueLeadsToEverything(t *testing.T) {
	w := NewWorld(t)
	editor := w.Staff("Edda", "uni-b", "COURSE_EDITOR")
	course := w.entitled(editor, "A", "One", nil)
	plan := cohort(course, 5)
	plan["sessions"] = []map[string]any{{"startsAt": "2027-03-15T09:00:00", "endsAt": "2027-03-15T10:00:00"}}
	made := editor.Does("plans", "createOffering", plan)
	editor.Does("opens", "publishOffering", map[string]any{"offeringId": id(made)})
	const fields = `code updatedAt unit { id } institution { acronym }
		published { title { text } description { text } outcomes { text { text } } quality { kind name { text } } assessments supervision prerequisites { text } topics url }
		versions(first: 1) { nodes { number } } offerings(first: 5) { nodes { id updatedAt sessions { startsAt endsAt } windows { audience } quotas { seats } waitlist { places } viewerActions { name allowed } } }`
	nobody := w.Nobody()
	fresh, err := app.New(w.parts) // which answers from the database
	if err != nil {
		t.Fatal(err)
	}
	ask := func() any {
		return at(
			nobody.Asks(
				"reads",
				`query($id: ID!) { course(id: $id) { `+fields+` } catalogue { nodes { course { `+fields+` } nextOffering { sessions { startsAt } } availability } } }`,
				map[string]any{"id": course},
			),
		)
	}
	shelf := ask()
	w.App = fresh
	if diff := cmp.Diff(ask(), shelf); diff != "" {
		t.Errorf("the read model answers otherwise than the database (-database +read model):\n%s", diff)
	}
	if len(at(shelf, "course", "offerings", "nodes", 0, "sessions").([]any)) != 1 {
		t.Errorf("no session: %v", shelf)
	}
}

// A change is found at once by who made it, and followed by other servers.
func TestCatalogueFollowsChanges(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	other, err := app.New(w.parts) // a second server on the same database
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Discovery.Load(w.system()); err != nil {
		t.Fatal(err)
	}
	there := func(a *Actor) []string {
		mine := w.App
		w.App = other
		defer func() { w.App = mine }()
		return a.find(``)
	}
	nobody := w.Nobody()
	course := w.course(c.editor, "CS-1")
	expect(t, "at once", nobody.find(``), "CS-1")
	expect(t, "elsewhere, before it follows", there(nobody))
	follow := func(d *discovery.Service) {
		t.Helper()
		if err := d.Follow(w.system()); err != nil {
			t.Fatal(err)
		}
	}
	follow(other.Discovery)
	expect(t, "elsewhere", there(nobody), "CS-1")

	off := w.offering(c.editor, course, 1)
	open := `(filter: { availability: [OPEN] })`
	expect(t, "open", nobody.find(open), "CS-1")
	w.enrolled(c, off)
	expect(t, "its only seat is taken", nobody.find(open))
	expect(t, "full", nobody.find(`(filter: { availability: [FULL] })`), "CS-1")
	w.SetClock(time.Date(2027, 2, 28, 22, 0, 0, 0, time.UTC)) // 23:00 in Berlin
	expect(t, "closed to the instant", nobody.find(`(filter: { availability: [CLOSED] })`), "CS-1")

	cursor := at(nobody.Asks("", `{ changesCursor }`, nil), "changesCursor").(string)
	w.Staff("Erik", "uni-b", "COURSE_EDITOR").Does("withdraws it", "withdrawCourse", map[string]any{"courseId": course})
	expect(t, "withdrawn", nobody.find(``))
	now := at(nobody.Asks("", `{ changesCursor }`, nil), "changesCursor").(string)
	if now == cursor {
		t.Fatal("the cursor has not moved")
	}
	mine := w.App
	w.App = other
	expect(t, "another server holds what was asked for at least", nobody.find(`(atLeast: "`+now+`")`))
	w.App = mine
}

// While the catalogue is read, the database answers with the same rules.
func TestDatabaseAnswersUntilTheCatalogueIsRead(t *testing.T) {
	w := NewWorld(t)
	editor := w.Staff("Edda", "uni-b", "COURSE_EDITOR")
	for i := range 3 {
		w.entitled(editor, fmt.Sprint("C", i), fmt.Sprint("Course ", i), func(c map[string]any) { c["eqfLevel"] = 6 + i%2 })
	}
	fresh, err := app.New(w.parts)
	if err != nil {
		t.Fatal(err)
	}
	w.App = fresh
	nobody := w.Nobody()
	expect(t, "all", nobody.find(``), "C2", "C1", "C0")
	expect(t, "by level", nobody.find(`(filter: { eqfLevels: [6] })`), "C2", "C0")
	data := nobody.Asks("pages", `{ catalogue(first: 2) { pageInfo { endCursor hasNextPage } } }`, nil)
	if at(data, "catalogue", "pageInfo", "hasNextPage") != true {
		t.Error("there is a second page")
	}
	expect(t, "second page", nobody.find(fmt.Sprintf(`(first: 2, after: %q)`, at(data, "catalogue", "pageInfo", "endCursor"))), "C0")
	if got := nobody.Post(`{ catalogue(text: "course") { nodes { course { id } } } }`, nil); len(got.Errors) == 0 || got.Errors[0].Extensions["code"] != "UNAVAILABLE" {
		t.Errorf("a text search: %s", got.Raw)
	}
}

// What counts towards a learner's programme stands in the search itself.
func TestSearchSaysWhatCountsAtHome(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	counting := w.course(c.editor, "CS-1")
	w.course(c.editor, "CS-2")
	w.rule(c, counting)
	w.Statements.Store(0)
	data := c.ada.Asks("searches", `{ catalogue(orderBy: TITLE) { nodes { course { code } recognition { verdict ects rule { id } } } } }`, nil)
	if n := w.Statements.Load(); n > 8 { // of them 5 for the session and the viewer
		t.Errorf("%d statements", n)
	}
	nodes := at(data, "catalogue", "nodes").([]any)
	if at(nodes[0], "recognition", "verdict") != "COUNTS" || at(nodes[0], "recognition", "ects") != "5" || at(nodes[1], "recognition", "verdict") != "NEEDS_CASE" {
		t.Errorf("%v", nodes)
	}
}

// The feed tells each viewer what they may know of, in order, and says when
// something is no longer theirs to see.
func TestChangeFeed(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	nobody := w.Nobody()
	cursor := func() string { return at(nobody.Asks("", `{ changesCursor }`, nil), "changesCursor").(string) }
	start := cursor()
	changes := func(a *Actor, after string) (events []string) {
		for {
			page := at(
				a.Asks(
					"follows",
					`query($a: String!) { changes(after: $a, first: 3) { cursor hasMore nodes { event state type node { __typename } } } }`,
					map[string]any{"a": after},
				),
				"changes",
			)
			for _, n := range at(page, "nodes").([]any) {
				events = append(events, fmt.Sprint(at(n, "event"), " ", at(n, "state")))
			}
			after = at(page, "cursor").(string)
			if at(page, "hasMore") == false {
				return events
			}
		}
	}
	course := w.course(c.editor, "CS-1")
	off := w.offering(c.editor, course, 5)
	_, enrolment := w.enrolled(c, off)
	c.teacher.Does("records", "recordResult", assessment(enrolment))
	expect(t, "nobody", changes(nobody, start), "course.publish VISIBLE", "offering.publish VISIBLE")
	expect(t, "the host", changes(c.teacher, start), "course.create VISIBLE", "course.publish VISIBLE", "offering.create VISIBLE", "offering.publish VISIBLE",
		"application.submit VISIBLE", "application.nominate VISIBLE", "application.admit VISIBLE", "enrolment.begin VISIBLE", "result.record VISIBLE")
	expect(t, "the learner, to whom the result is not yet confirmed", changes(c.ada, start), "course.publish VISIBLE", "offering.publish VISIBLE",
		"application.submit VISIBLE", "application.nominate VISIBLE", "application.admit VISIBLE", "enrolment.begin VISIBLE")
	expect(t, "another university", changes(w.Staff("Cleo", "uni-c", "COURSE_EDITOR"), start), "course.publish VISIBLE", "offering.publish VISIBLE")
	expect(t, "from now on", changes(c.teacher, cursor()))

	if err := w.DB.Client.Offering.UpdateOneID(ident.ID(off)).SetState("DRAFT").Exec(w.system()); err != nil { // as no verb does
		t.Fatal(err)
	}
	expect(t, "hidden", changes(nobody, start), "course.publish VISIBLE", "offering.publish NO_LONGER_VISIBLE")
	for _, bad := range []string{"", "chg_", "chg_zzzzz", "crs_1", "chg_-1"} {
		if got := nobody.Post(`query($a: String!) { changes(after: $a) { cursor } }`, map[string]any{"a": bad}); len(got.Errors) == 0 ||
			got.Errors[0].Extensions["code"] != "INVALID" {
			t.Errorf("cursor %q: %s", bad, got.Raw)
		}
	}
}
