package pages

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/ent/migrate"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/lot"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

var (
	said   = regexp.MustCompile(`(?:\bt |say\()"([A-Za-z0-9_.]+)"`)
	family = regexp.MustCompile(`\benum "([A-Za-z]+)"`)
)

// used returns the keys that templates and code ask for, and the families of
// enumerations.
func used(t *testing.T) (keys, families map[string]bool) {
	t.Helper()
	keys, families = map[string]bool{}, map[string]bool{}
	read := func(name string) {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range said.FindAllStringSubmatch(string(body), -1) {
			keys[m[1]] = true
		}
		for _, m := range family.FindAllStringSubmatch(string(body), -1) {
			families[m[1]] = true
		}
	}
	for _, pattern := range []string{"template/*.html", "*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) < 5 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, f := range files {
			if !strings.HasSuffix(f, "_test.go") {
				read(f)
			}
		}
	}
	for cause := range statuses {
		for _, part := range []string{"title", "text", "next"} {
			keys[Trouble{Cause: cause}.Message(part)] = true
		}
	}
	for _, o := range []vc.Outcome{vc.Valid, vc.NotInForce, vc.Invalid, vc.Inconclusive} {
		for _, part := range []string{"title", "text"} {
			keys[Verification{Report: vc.Report{Outcome: o}}.Answer(part)] = true
		}
	}
	for _, stage := range []Stage{CalledOff, ToOpen, Open, Closed} {
		keys[stage.Message()] = true
	}
	for _, check := range []string{lot.Seed, lot.Time, lot.Tickets, lot.Ordered} {
		keys[lot.Check{Name: check, OK: true}.Message()], keys[lot.Check{Name: check}.Message()] = true, true
	}
	for _, f := range []VerifyFault{NothingGiven, ForeignLink, TooLong} {
		keys[f.Message()] = true
	}
	for _, s := range []Said{SessionEnded, OthersEnded, NoOthers, Unlinked, ErasureAsked, ErasureEnded, DocumentAdded} {
		keys[s.Message()] = true
	}
	for _, p := range []Proof{OneFactor, FactorNeeded, SteppedUp} {
		keys[p.Message()] = true
	}
	for class := range vocab.DefaultPeriods {
		keys["privacy.retention."+class] = true
	}
	for _, l := range privacy.Links {
		if l.Keep != nil {
			keys["privacy.basis."+l.Keep.Key] = true
		}
	}
	for month := 1; month <= 12; month++ {
		keys[fmt.Sprint("date.month.", month)] = true
	}
	delete(keys, "date.month.") // the stem in the code
	delete(keys, "privacy.retention.")
	return keys, families
}

// enumerations returns the values of the API's enumerations, and of those that
// the API does not show.
func enumerations(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	files, err := filepath.Glob("../../../graph/*.graphqls")
	if err != nil || len(files) == 0 {
		t.Fatalf("no schema: %v", err)
	}
	for _, f := range files {
		body, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := parser.ParseSchema(&ast.Source{Name: f, Input: string(body)})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range doc.Definitions {
			if d.Kind == ast.Enum {
				for _, v := range d.EnumValues {
					all[d.Name] = append(all[d.Name], v.Name)
				}
			}
		}
	}
	for _, c := range migrate.SigningKeysTable.Columns {
		if c.Name == "state" {
			all["SigningKeyState"] = c.Enums
		}
	}
	for _, c := range migrate.SessionsTable.Columns {
		if c.Name == "kind" {
			all["SessionKind"] = c.Enums
		}
	}
	for _, l := range authz.Looks() {
		all["Side"] = append(all["Side"], string(l.Side))
		for _, stage := range l.Stages {
			all["Stage"] = append(all["Stage"], string(stage))
		}
	}
	return all
}

func TestEveryMessageIsThereAndUsed(t *testing.T) {
	want, families := used(t)
	known := enumerations(t)
	for f := range families {
		if len(known[f]) == 0 {
			t.Errorf("a template names the enumeration %s, which does not exist", f)
		}
		for _, v := range known[f] {
			want["enum."+f+"."+v] = true
		}
	}
	for _, tag := range lang.Languages {
		for key := range want {
			if !lang.Has(tag, key) {
				t.Errorf("%s lacks %s", tag, key)
			}
		}
	}
	for _, key := range lang.Keys(language.English) {
		ours := !strings.Contains(key, " ") && !slices.Contains(others, strings.Split(key, ".")[0])
		if ours && !want[key] {
			t.Errorf("%s is said by nothing", key)
		}
	}
}

// others are the first parts of the keys of other packages, which test them.
var others = []string{"effect", "scale", "verb", "right", "sight", "readiness", "vc", "provider", "demoidp", "eligible"}

func TestLanguageOfARequest(t *testing.T) {
	r := renderer(t, usual)
	for _, tt := range []struct {
		name, query, cookie, accept string
		want                        language.Tag
		kept                        bool // the choice is stored
	}{
		{"the query comes first", "de", "en", "en", language.German, true},
		{"then the cookie", "", "de", "en", language.German, false},
		{"then the browser", "", "", "cs, de-AT;q=0.8, en;q=0.5", language.German, false},
		{"else English", "", "", "cs", language.English, false},
		{"nothing said", "", "", "", language.English, false},
		{"an unknown query is passed over", "xx", "de", "", language.German, false},
		{"an unknown cookie is passed over", "", `"><x`, "de", language.German, false},
		{"a broken header is passed over", "", "", "de;q=x", language.English, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := httptest.NewRequest(http.MethodGet, "/verify?lang="+tt.query, nil)
			req.Header.Set("Accept-Language", tt.accept)
			if tt.cookie != "" {
				req.AddCookie(&http.Cookie{Name: "lang", Value: tt.cookie})
			}
			if got := r.Language(req); got != tt.want {
				t.Errorf("Language = %s, want %s", got, tt.want)
			}
			w := httptest.NewRecorder()
			r.Show(w, req, Verify{})
			if got := w.Header().Get("Set-Cookie") != ""; got != tt.kept {
				t.Errorf("Set-Cookie is %q", w.Header().Get("Set-Cookie"))
			}
		})
	}
}

func TestLanguageSwitchKeepsTheWayButNoSecrets(t *testing.T) {
	r := renderer(t, usual)
	for _, tt := range []struct{ name, want string }{
		{"signin", `href="/signin?lang=de&amp;return_to=%2Faccount"`},
		{"signin-search", `href="/signin?lang=de&amp;q=hann&amp;remember=no"`},
		{"trouble-expired", `href="/?lang=de"`},
		{"verification-unread", `href="/?lang=de"`},
		{"verification-valid", `href="/v/Zk3v?lang=de"`},
	} {
		i := slices.IndexFunc(samples(), func(s sample) bool { return s.name == tt.name })
		page := samples()[i].ask(r, "en").Body.String()
		if !strings.Contains(page, tt.want) {
			t.Errorf("%s has no link %s", tt.name, tt.want)
		}
		if strings.Contains(page, "secret-code") {
			t.Errorf("%s repeats the code of a sign-in", tt.name)
		}
	}
}

func TestNumbersAndDatesFollowTheLanguage(t *testing.T) {
	speeches := map[string]*speech{}
	for _, s := range renderer(t, usual).speeches {
		speeches[s.tag.String()] = s
	}
	at := when("2026-03-09")
	got := map[string]string{}
	for lang, s := range speeches {
		got[lang+" ects"] = s.ects(750)
		got[lang+" day"] = string(s.date(at))
		got[lang+" moment"] = string(s.moment(at))
		got[lang+" country"] = s.country("DE")
		got[lang+" tongue"] = s.tongue("fi")
		got[lang+" unknown"] = s.country("??") + s.tongue("??") + s.enum("DeliveryMode", "??")
	}
	want := map[string]string{
		"en ects": "7.5", "de ects": "7,5",
		"en day": `<time datetime="2026-03-09">9 March 2026</time>`, "de day": `<time datetime="2026-03-09">9. März 2026</time>`,
		"en moment":  `<time datetime="2026-03-09T14:05:00Z">9 March 2026, 14:05 UTC</time>`,
		"de moment":  `<time datetime="2026-03-09T14:05:00Z">9. März 2026, 14:05 Uhr UTC</time>`,
		"en country": "Germany", "de country": "Deutschland", "en tongue": "Finnish", "de tongue": "Finnisch",
		"en unknown": "??????", "de unknown": "??????",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}
