package graph

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/gate"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// shelf is a database with a few courses that differ in what may be absent.
func shelf(t *testing.T) (*ent.Client, *discovery.Service, ident.ID) {
	t.Helper()
	db := testkit.Database(t).Client
	ctx := viewer.AsSystem(t.Context())
	now := vocab.Now(time.Now)
	inst := db.Institution.Create().SetSchac("uni.example").SetName(vocab.Text{"en": "University", "de": "Universität"}).SetAcronym("U").
		SetCountry("DE").SetTown(vocab.Text{"en": "Town"}).SetDomains([]string{}).SetZone("Europe/Berlin").SaveX(ctx)
	all := db.Alliance.Create().SetSlug("test").SetName(vocab.Text{"en": "Test"}).SetBounds([]vocab.Bounds{}).SaveX(ctx)
	db.Membership.Create().SetAllianceID(all.ID).SetInstitutionID(inst.ID).SetState("ACTIVE").SetPart("MEMBER").SetHistory([]vocab.Standing{}).SaveX(ctx)
	var first ident.ID
	for i := range 6 {
		id, version := ident.New(ident.Course), ident.New(ident.CourseVersion)
		if i == 0 {
			first = id
		}
		db.Course.Create().SetID(id).SetInstitutionID(inst.ID).SetCode(fmt.Sprintf(`C"%d\`, i)).SetKind("MICRO_CREDENTIAL").
			SetState("PUBLISHED").SetPublishedVersionID(version).SaveX(ctx)
		v := db.CourseVersion.Create().SetID(version).SetCourseID(id).SetInstitutionID(inst.ID).SetNumber(1).SetState("PUBLISHED").
			SetTitle(vocab.Text{"en": fmt.Sprintf("Title <%d> & \u2028 more", i), "de": "Titel ü"}).SetDescription(vocab.Text{"en": "Long."}).
			SetOutcomes([]vocab.Outcome{}).SetEcts(vocab.ECTS(250 + i)).SetHours(70).SetLanguages([]string{"en", "de"}).SetAssessments([]vocab.AssessmentType{}).
			SetTargetGroups([]vocab.TargetGroup{"STUDENTS", "ALUMNI"}).SetTopics([]string{"a\tb", "naïve"}).SetAssessmentNote(nil).SetPrerequisites(nil).SetPublishedAt(now)
		if i%2 == 0 {
			v.SetSummary(vocab.Text{"de": "Kurz"}).SetEqf(6).SetIsced("0613").SetMode("ONLINE").SetStackability("STACKABLE")
		} else {
			v.SetSummary(nil)
		}
		v.SaveX(ctx)
		for k := range i {
			o := db.Offering.Create().SetInstitutionID(inst.ID).SetCourseID(id).SetVersionID(version).SetState("PUBLISHED").SetSchedule("ON_DEMAND").
				SetZone("Europe/Berlin").SetOpensAt(now.Add(time.Duration(k-2) * time.Hour)).SetSeats(10).SetSeatsTaken(k).SetLanguage("en").SetMode("ONLINE").SetFunding(nil)
			if k%2 == 0 {
				o.SetPlace(vocab.Text{"en": "Here"}).SetStartsOn("2099-01-01").SetClosesAt(now.Add(time.Hour))
			} else {
				o.SetPlace(nil)
			}
			o.SaveX(ctx)
		}
	}
	found := discovery.New(db, time.Now)
	if err := found.Load(ctx); err != nil {
		t.Fatal(err)
	}
	return db, found, first
}

// every selects all fields of a type that a plan knows.
func every[T any](fields table[T], inner map[string]string) string {
	var all []string
	for name := range fields {
		all = append(all, name+inner[name])
	}
	return strings.Join(all, " ") + " __typename"
}

// A plan answers exactly what gqlgen answers.
func TestPlansAnswerAsGqlgenDoes(t *testing.T) {
	db, found, first := shelf(t)
	words := " { " + every(textFields(), nil) + ` de: text(languages: ["de"]) fr: language(languages: ["fr", "de"]) }`
	host := " { " + every(institutionFields(), map[string]string{"name": words, "town": words}) + " }"
	offering := " { " + every(offeringFields(), map[string]string{"place": words}) + " }"
	version := " { " + every(versionFields(), map[string]string{"title": words, "summary": words, "field": " { " + every(fieldFields(), nil) + " }"}) + " }"
	info := " { " + every(pageInfoFields(), nil) + " }"
	offerings := " { " + every(offeringConnectionFields(), map[string]string{"nodes": offering, "pageInfo": info}) + " }"
	course := " { " + every(courseFields(), map[string]string{"institution": host, "published": version, "offerings": "(first: 2)" + offerings}) + " }"
	entry := " { " + every(catalogueEntryFields(), map[string]string{"course": course, "nextOffering": offering}) + " }"
	facets := "(first: 3, keys: [LANGUAGE, PROVIDER, FIELD, AVAILABILITY]) { " + every(
		facetFields(),
		map[string]string{"buckets": " { " + every(bucketFields(), map[string]string{"label": words}) + " }"},
	) + " }"
	page := " { " + every(catalogueConnectionFields(), map[string]string{"nodes": entry, "edges": " { " + every(catalogueEdgeFields(), map[string]string{"node": entry}) + " }",
		"pageInfo": info, "facets": facets}) + " }"
	learner := &viewer.Viewer{Kind: viewer.Person, PersonID: ident.New(ident.Person)}
	handler := func(planned *int) http.Handler {
		r := &Resolver{DB: db, Now: time.Now, Discovery: found}
		o := gate.Options{Present: Presenter(r.Problems), Extensions: []graphql.HandlerExtension{r.Loading, Refusals{r.Problems}}}
		if planned != nil {
			plans := newPlans(r)
			for name, compile := range plans.roots {
				plans.roots[name] = counted(compile, planned)
			}
			o.Extensions = append(o.Extensions, plans)
		}
		return gate.New(Schema(r), o)
	}
	planned := 0
	with, without := handler(&planned), handler(nil)
	for _, tt := range []struct {
		query   string
		vars    map[string]any
		planned bool
	}{
		{"{ catalogue" + page + " }", nil, true},
		{"{ catalogue(first: 2, orderBy: TITLE)" + page + " }", nil, true},
		{`{ catalogue(text: "title", filter: { eqfLevels: [6], ects: { min: "2.5" } })` + page + " }", nil, true},
		{`query($f: CatalogueFilter, $n: Int) { some: catalogue(filter: $f, first: $n)` + page + " }", map[string]any{"f": map[string]any{"fields": []string{"06"}, "availability": []string{"OPEN"}}, "n": 3}, true},
		{`query($id: ID!) { course(id: $id)` + course + ` }`, map[string]any{"id": first}, true},
		{`{ catalogue { ...page } } fragment page on CatalogueConnection { totalCount nodes { ... on CatalogueEntry { course { id } } } }`, nil, true},
		{`{ catalogue { nodes { course { published { description { text } outcomes { esco } } draft { id } } } } }`, nil, false},
		{`query($s: Boolean!) { catalogue { totalCount @skip(if: $s) asOf @include(if: false) nodes { course { id } } } }`, map[string]any{"s": true}, false},
		{`{ catalogue { nodes { course { id } } nodes { course { code } } } }`, nil, false},
		{`{ catalogue(after: "bad") { totalCount } }`, nil, false},
		{`{ catalogue(first: 101) { totalCount } }`, nil, false},
		{`{ course(id: "nonsense") { id } }`, nil, false},
	} {
		planned = 0
		a, b := ask(t, with, learner, tt.query, tt.vars), ask(t, without, learner, tt.query, tt.vars)
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%.80s:\nplan   %v\ngqlgen %v", tt.query, a, b)
		}
		if (planned > 0) != tt.planned {
			t.Errorf("%.80s: planned %d times", tt.query, planned)
		}
	}
}

// unplanned are the fields of planned types that gqlgen answers, several times
// slower: a query that selects one of them has no plan. A new field belongs into
// the table of its type, or here with its reason.
var unplanned = map[string]string{
	// What the read model holds and queries of the catalogue seldom ask.
	"LocalizedText":       "isFallback translations",
	"OfferingConnection":  "edges totalCount",
	"CatalogueConnection": "asOf",
	// Work lists: what is seldom asked of many, or by who decides about one.
	"ApplicationConnection": "edges",
	"TaskConnection":        "edges",
	"Application": "programme motivation answers statements accessNeeds reason condition call homeRank drawTicket commitment enrolment history " +
		"viewerActions documents sharing",
	"Person": "affiliations withheld erased",
	"Task":   "draft enrolment result recognitionCase recognitionRule courseVersion",
	// Long texts, what the database alone knows, and what is of the viewer.
	"CatalogueEntry": "highlights recognition",
	"CourseVersion": "course description outcomes assessments assessmentNote supervision quality prerequisites url publishedAt " +
		"submittedAt reviewNote issues",
	"Course": "unit externalId sourceModifiedAt sourceSeenAt draft versions updatedAt viewerActions",
	"Offering": "institution course version availability opensAt closesAt windows viewerWindow opensAtLocal closesAtLocal sessions " +
		"seatsReserved waiting admission questions requirements requestedData instead cancelledBecause " +
		"quotas waitlist draw call funding updatedAt recognition eligibility viewerApplication viewerActions",
	"Institution": "erasmusCode pic oid deqar domains courseReview resultConfirmation stepUp memberships readiness identityChange units programmes " +
		"courses importSources viewerActions admissionPolicies portals signIn roleGrants roleRules",
}

// Every field of a planned type has a plan, or a reason to have none.
func TestFieldsWithoutAPlanAreKnown(t *testing.T) {
	planned := map[string][]string{}
	note := func(name string, fields []string) { planned[name] = fields }
	note("LocalizedText", known(textFields()))
	note("Institution", known(institutionFields()))
	note("Offering", known(offeringFields()))
	note("CourseVersion", known(versionFields()))
	note("PageInfo", known(pageInfoFields()))
	note("OfferingConnection", known(offeringConnectionFields()))
	note("Course", known(courseFields()))
	note("CatalogueEntry", known(catalogueEntryFields()))
	note("CatalogueEdge", known(catalogueEdgeFields()))
	note("CatalogueConnection", known(catalogueConnectionFields()))
	note("Facet", known(facetFields()))
	note("FacetBucket", known(bucketFields()))
	note("ApplicationConnection", known(applicationConnectionFields()))
	note("Application", known(applicationFields()))
	note("Person", known(personFields()))
	note("TaskConnection", known(taskConnectionFields()))
	note("Task", known(taskFields()))
	note("TaskCount", known(taskCountFields()))
	schema := Schema(&Resolver{}).Schema()
	for name, fields := range planned {
		var without []string
		for _, f := range schema.Types[name].Fields {
			if !strings.HasPrefix(f.Name, "__") && !slices.Contains(fields, f.Name) {
				without = append(without, f.Name)
			}
		}
		if got := strings.Join(without, " "); got != unplanned[name] {
			t.Errorf("%s has no plan for %q, and %q is known", name, got, unplanned[name])
		}
	}
}

func known[T any](fields table[T]) []string { return slices.Collect(maps.Keys(fields)) }

// counted counts the answers that a plan gives.
func counted(compile func(*ast.Field) root, n *int) func(*ast.Field) root {
	return func(f *ast.Field) root {
		run := compile(f)
		if run == nil {
			return nil
		}
		return func(p *pass, b []byte) ([]byte, error) {
			out, err := run(p, b)
			if err == nil {
				*n++
			}
			return out, err
		}
	}
}

func ask(t *testing.T, h http.Handler, who *viewer.Viewer, query string, vars map[string]any) (answer map[string]any) {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"query": query, "variables": vars})
	req := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(string(body)))
	req.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req.WithContext(viewer.With(req.Context(), who)))
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	delete(answer, "extensions")
	for _, e := range asList(answer["errors"]) {
		delete(e.(map[string]any)["extensions"].(map[string]any), "requestId")
	}
	return answer
}

func asList(v any) []any {
	all, _ := v.([]any)
	return all
}
