package schemaorg

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func sample() format.Listed {
	return format.Listed{
		ID: "crs_1", Page: "https://here.example/courses/crs_1", OfferingIDs: []string{"off_1", "off_2"},
		PublishedAt: time.Date(2026, 9, 1, 8, 0, 0, 5000, time.UTC), ChangedAt: time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC),
		Provider: format.Provider{
			ID:      "ins_1",
			SCHAC:   "uni.example",
			Name:    vocab.Text{"en": "University of Example"},
			Acronym: "UoE",
			Country: "DE",
			Website: "https://uni.example/",
		},
		Course: format.Course{
			ExternalID: "X1", Code: "INF-1", Kind: vocab.KindMicroCredential, Title: vocab.Text{"en": "Models </script>", "de": "Modelle"},
			Summary: vocab.Text{"en": "In short"}, Outcomes: []vocab.Outcome{{Text: vocab.Text{"en": "can model"}, ESCO: "http://data.europa.eu/esco/skill/1"}},
			ECTS: 750, Hours: 200, EQF: 7, ISCED: "0613", Languages: []string{"en"}, Mode: "BLENDED", Topics: []string{"models"},
			Prerequisites: vocab.Text{"en": "Algebra"}, TargetGroups: []vocab.TargetGroup{"DOCTORAL_CANDIDATES"}, URL: "https://uni.example/inf-1",
			Offerings: []format.Offering{
				{Zone: "Europe/Berlin", OpensAt: "2027-01-01T00:00:00", ClosesAt: "2027-06-30T23:59:59", StartsOn: "2027-10-01", EndsOn: "2028-01-31", Seats: 30,
					Language: "en", Mode: "ONLINE", Place: vocab.Text{"de": "Raum 1"}, FeeCents: 4905, FeeCurrency: "EUR"},
				{OnDemand: true, OpensAt: "2027-01-01T00:00:00", Funding: vocab.Text{"en": "Erasmus+"}},
			},
		},
	}
}

const wanted = `{
 "@context": "https://schema.org", "@type": "Course", "@id": "https://here.example/courses/crs_1", "url": "https://here.example/courses/crs_1",
 "sameAs": "https://uni.example/inf-1", "identifier": "crs_1", "courseCode": "INF-1",
 "name": [{"@language": "de", "@value": "Modelle"}, {"@language": "en", "@value": "Models </script>"}],
 "description": [{"@language": "en", "@value": "In short"}],
 "provider": {"@type": "CollegeOrUniversity", "@id": "https://uni.example/", "name": [{"@language": "en", "@value": "University of Example"}],
  "alternateName": "UoE", "url": "https://uni.example/", "identifier": "uni.example", "address": {"@type": "PostalAddress", "addressCountry": "DE"}},
 "educationalLevel": {"@type": "DefinedTerm", "name": "EQF level 7", "termCode": "7", "url": "http://data.europa.eu/snb/eqf/7", "inDefinedTermSet": "http://data.europa.eu/snb/eqf/25831c2"},
 "numberOfCredits": {"@type": ["StructuredValue", "QuantitativeValue"], "value": 7.5, "unitText": "ECTS"},
 "timeRequired": "PT200H", "inLanguage": ["en"],
 "teaches": [{"@type": "DefinedTerm", "@id": "https://here.example/courses/crs_1#outcome-1", "name": [{"@language": "en", "@value": "can model"}], "url": "http://data.europa.eu/esco/skill/1", "inDefinedTermSet": "http://data.europa.eu/esco/concept-scheme/skills"}],
 "about": {"@type": "DefinedTerm", "name": "Software and applications development and analysis", "termCode": "0613", "url": "http://data.europa.eu/snb/isced-f/0613", "inDefinedTermSet": "http://data.europa.eu/snb/isced-f/25831c2"},
 "keywords": ["models"], "coursePrerequisites": [{"@language": "en", "@value": "Algebra"}],
 "audience": [{"@type": "EducationalAudience", "educationalRole": "doctoral candidates"}],
 "educationalCredentialAwarded": {"@type": "EducationalOccupationalCredential", "name": [{"@language": "de", "@value": "Modelle"}, {"@language": "en", "@value": "Models </script>"}],
  "credentialCategory": "Micro-credential",
  "educationalLevel": {"@type": "DefinedTerm", "name": "EQF level 7", "termCode": "7", "url": "http://data.europa.eu/snb/eqf/7", "inDefinedTermSet": "http://data.europa.eu/snb/eqf/25831c2"}},
 "datePublished": "2026-09-01T08:00:00Z", "dateModified": "2026-10-01T08:00:00Z",
 "offers": [{"@type": "Offer", "category": "Paid", "price": "49.05", "priceCurrency": "EUR"}, {"@type": "Offer", "category": "Free", "price": "0"}],
 "hasCourseInstance": [
  {"@type": "CourseInstance", "identifier": "off_1", "courseMode": "online", "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode", "courseWorkload": "PT200H",
   "startDate": "2027-10-01", "endDate": "2028-01-31", "inLanguage": "en", "maximumAttendeeCapacity": 30, "location": {"@type": "Place", "name": [{"@language": "de", "@value": "Raum 1"}]},
   "offers": {"@type": "Offer", "category": "Paid", "price": "49.05", "priceCurrency": "EUR", "validFrom": "2026-12-31T23:00:00Z", "validThrough": "2027-06-30T21:59:59Z"}},
  {"@type": "CourseInstance", "identifier": "off_2", "courseMode": "blended", "eventAttendanceMode": "https://schema.org/MixedEventAttendanceMode", "courseWorkload": "PT200H",
   "offers": {"@type": "Offer", "category": "Free", "price": "0", "description": [{"@language": "en", "@value": "Erasmus+"}], "validFrom": "2027-01-01T00:00:00"}}]
}`

func decode(t *testing.T, text []byte) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestACourseForItsPage(t *testing.T) {
	got, err := One(sample())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(decode(t, []byte(wanted)), decode(t, got)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if bytes.ContainsAny(got, "<>&") {
		t.Errorf("%s would end a script element", got)
	}
}

func TestWhatIsNotSaidIsNotWritten(t *testing.T) {
	got, err := One(format.Listed{ID: "crs_1", Course: format.Course{Kind: vocab.KindCourse, Title: vocab.Text{"en": "T"}}})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"@context":"https://schema.org","@type":"Course","identifier":"crs_1","name":[{"@language":"en","@value":"T"}]}`; string(got) != want {
		t.Errorf("%s", got)
	}
}

func TestCoursesAsAList(t *testing.T) {
	for n := range 4 {
		var b bytes.Buffer
		if err := Write(&b, times(n)); err != nil {
			t.Fatal(err)
		}
		got := decode(t, b.Bytes())
		items := got["itemListElement"].([]any)
		if got["@context"] != "https://schema.org" || got["@type"] != "ItemList" || got["numberOfItems"] != float64(n) || len(items) != n {
			t.Errorf("%d: %s", n, b.Bytes())
		}
		for i, item := range items {
			item := item.(map[string]any)
			if c := item["item"].(map[string]any); item["position"] != float64(i+1) || c["identifier"] != fmt.Sprint("crs_", i) || c["@type"] != "Course" {
				t.Errorf("%d: %v", i, item)
			}
		}
	}
}

func times(n int) format.Courses {
	return func(yield func(format.Listed, error) bool) {
		for i := range n {
			l := sample()
			l.ID = fmt.Sprint("crs_", i)
			if !yield(l, nil) {
				return
			}
		}
	}
}

func TestWritingEndsWithTheErrorOfTheCourses(t *testing.T) {
	broken := errors.New("broken")
	err := Write(io.Discard, func(yield func(format.Listed, error) bool) { yield(format.Listed{}, broken) })
	if !errors.Is(err, broken) {
		t.Errorf("Write = %v", err)
	}
}

// gauge counts what is written and measures the heap from time to time.
type gauge struct {
	bytes, next int
	most        uint64
}

func (g *gauge) Write(p []byte) (int, error) {
	if g.bytes += len(p); g.bytes > g.next {
		g.next = g.bytes + 4<<20
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		g.most = max(g.most, m.HeapAlloc)
	}
	return len(p), nil
}

func TestMemoryDoesNotGrowWithTheList(t *testing.T) {
	var few, many gauge
	if err := errors.Join(Write(&few, times(10)), Write(&many, times(5000))); err != nil {
		t.Fatal(err)
	}
	if many.bytes < 10<<20 || many.most > few.most+2<<20 {
		t.Errorf("%d bytes written, heap %d instead of %d", many.bytes, many.most, few.most)
	}
	if !strings.HasPrefix(context, "https://") {
		t.Error(context)
	}
}

// Search engines know three words for where one takes part; what else a form of
// participation says of a course stands by itself.
func TestCourseModeIsWhereOneTakesPart(t *testing.T) {
	for _, mode := range vocab.DeliveryModes {
		c := courseOf(format.Listed{Course: format.Course{Mode: mode, Offerings: []format.Offering{{}}}})
		got := c.Instances[0].Mode
		if got == "" && c.Kind == "" || !slices.Contains([]string{"", "online", "onsite", "blended"}, got) {
			t.Errorf("%s is %q, of the kind %q", mode, got, c.Kind)
		}
	}
}
