package oeapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/format/intake"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

const v5Course = `{
  "courseId": "6a1f0d0c-2c11-4a52-8c1e-0a3f0f6b8a01",
  "primaryCode": {"codeType": "identifier", "code": "LAS-1"},
  "abbreviation": "LAS", "level": "master", "fieldsOfStudy": "0613",
  "name": [{"language": "en-GB", "value": "Lasers"}, {"language": "nl", "value": "Lasers in de praktijk"}],
  "description": [{"value": "About light."}, {"language": "nl", "value": ""}],
  "teachingLanguage": "dut", "modeOfDelivery": ["on campus"],
  "studyLoad": {"studyLoadUnit": "ects", "value": 2.50},
  "learningOutcomes": [[{"language": "en", "value": "Aligns a laser"}], [{"language": "en", "value": "Wears goggles"}]],
  "admissionRequirements": [{"language": "en", "value": "Physics"}],
  "assessment": [{"language": "en", "value": "A test"}],
  "link": "https://example.org/lasers",
  "resources": ["A book"], "otherCodes": [], "ext": {}, "organization": "0f2e", "validFrom": "2026-01-01",
  "consumers": [{"consumerKey": "x"}]
}`

const v6Course = `{
  "courseId": "6a1f0d0c-2c11-4a52-8c1e-0a3f0f6b8a01",
  "primaryCode": {"codeType": "identifier", "code": "LAS-1"}, "abbreviation": null, "level": "bachelor", "fieldsOfStudy": "061301",
  "name": [{"language": "en", "value": "Lasers"}],
  "teachingLanguages": ["nld", "en-GB", "eng"], "modesOfDelivery": ["hybrid"],
  "studyLoad": [{"studyLoadUnit": "ects", "value": 5}, {"studyLoadUnit": "hour", "value": 140}, {"studyLoadUnit": "contact_time", "value": 20}],
  "learningOutcomeIds": ["1"],
  "learningOutcomes": [{"learningOutcomeId": "1", "primaryCode": {"codeType": "identifier", "code": "LO"}, "name": [{"language": "en", "value": "Aligns"}],
    "otherCodes": [{"codeType": "x-esco", "code": "http://data.europa.eu/esco/skill/1"}]}],
  "organisationId": "2", "organisation": {"organisationId": "2", "organisationType": "faculty", "primaryCode": {"codeType": "identifier", "code": "PHYS"}},
  "supplementaryInformation": [{"role": "promo", "type": "text_plain", "value": [{"language": "en", "value": "Light!"}]}],
  "courseOfferings": [
    {"courseOfferingId": "o1", "primaryCode": {"codeType": "identifier", "code": "o1"}, "state": "active", "maxNumberStudents": 20, "teachingLanguages": ["en"]},
    {"courseOfferingId": "o2", "state": "cancelled"}]
}`

func one(t *testing.T, v Version, doc string) format.Row {
	t.Helper()
	var rows []format.Row
	for row, err := range Read(strings.NewReader(doc), v) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	return rows[0]
}

func TestCoursesOfBothVersions(t *testing.T) {
	for name, tt := range map[string]struct {
		version Version
		doc     string
		want    format.Course
		lost    string
	}{
		"version 5": {V5, v5Course, format.Course{
			ExternalID: "6a1f0d0c-2c11-4a52-8c1e-0a3f0f6b8a01", Code: "LAS-1",
			Title:       vocab.Text{"en-GB": "Lasers", "nl": "Lasers in de praktijk"},
			Description: vocab.Text{"und": "About light."},
			Outcomes:    []vocab.Outcome{{Text: vocab.Text{"en": "Aligns a laser"}}, {Text: vocab.Text{"en": "Wears goggles"}}},
			ECTS:        250, EQF: 7, ISCED: "0613", Languages: []string{"nl"}, Mode: "PRESENTIAL",
			AssessmentNote: vocab.Text{"en": "A test"}, Prerequisites: vocab.Text{"en": "Physics"}, URL: "https://example.org/lasers",
		}, "organization abbreviation consumers resources validFrom"},
		"version 6": {V6, v6Course, format.Course{
			ExternalID: "6a1f0d0c-2c11-4a52-8c1e-0a3f0f6b8a01", Code: "LAS-1", Unit: "PHYS",
			Title: vocab.Text{"en": "Lasers"}, Summary: vocab.Text{"en": "Light!"},
			Outcomes: []vocab.Outcome{{Text: vocab.Text{"en": "Aligns"}, ESCO: "http://data.europa.eu/esco/skill/1"}},
			ECTS:     500, Hours: 140, EQF: 6, ISCED: "0613", Languages: []string{"nl", "en-GB", "en"}, Mode: "BLENDED",
			Offerings: []format.Offering{{ExternalID: "o1", Seats: 20, Language: "en"}},
		}, "fieldsOfStudy studyLoad.2 courseOfferings.0.primaryCode courseOfferings.1"},
	} {
		for form, doc := range map[string]string{"object": tt.doc, "list": "[" + tt.doc + "]", "page": `{"pageNumber":1,"items":[` + tt.doc + `],"hasNextPage":false}`} {
			row := one(t, tt.version, doc)
			if row.Err != nil || !reflect.DeepEqual(row.Course, tt.want) {
				t.Errorf("%s, %s: %v\n got %+v\nwant %+v", name, form, row.Err, row.Course, tt.want)
			}
			if got := strings.Join(row.Lost, " "); got != tt.lost {
				t.Errorf("%s, %s: lost %q, want %q", name, form, got, tt.lost)
			}
		}
	}
}

// with returns version 6's smallest course with one more member.
func with(member string) string { return `{"courseId": "c", ` + member + `}` }

func TestWhatIsFalseIsRefusedAtItsField(t *testing.T) {
	for member, field := range map[string]string{
		`"name": "Lasers"`: "name",
		`"name": [{"language": "klingonese", "value": "x"}]`:       "name",
		`"name": [{"language": "en", "value": 7}]`:                 "name.0.value",
		`"name": [{"language": "en", "value": "a\u202eb"}]`:        "name.0.value",
		`"studyLoad": {"studyLoadUnit": "ects", "value": "five"}`:  "studyLoad.value",
		`"studyLoad": [{"studyLoadUnit": "ects", "value": 2.333}]`: "studyLoad.0.value",
		`"studyLoad": [{"studyLoadUnit": "ects", "value": -1}]`:    "studyLoad.0.value",
		`"studyLoad": [{"studyLoadUnit": "ects", "value": 1e999}]`: "studyLoad.0.value",
		`"studyLoad": [{"studyLoadUnit": "hour", "value": 1e9}]`:   "studyLoad.0.value",
		`"studyLoad": 5`:                   "studyLoad",
		`"teachingLanguages": ["english"]`: "teachingLanguages",
		`"teachingLanguages": [1]`:         "teachingLanguages.0",
		`"learningOutcomes": ["Aligns"]`:   "learningOutcomes.0",
		`"level": 6`:                       "level",
		`"offerings": [{"courseOfferingId": "o", "startDateTime": "soon"}]`:                                                                 "offerings.0.startDateTime",
		`"offerings": [{"courseOfferingId": "o", "startDateTime": "2027-02-30T00:00:00Z"}]`:                                                 "offerings.0.startDateTime",
		`"offerings": [{"courseOfferingId": "o", "maxNumberStudents": 1.5}]`:                                                                "offerings.0.maxNumberStudents",
		`"offerings": [{"courseOfferingId": "o", "priceInformation": [{"costType": "total_costs", "amount": "5"}]}]`:                        "offerings.0.priceInformation.0.currency",
		`"offerings": [{"courseOfferingId": "o", "priceInformation": [{"costType": "total_costs", "amount": "5.555", "currency": "EUR"}]}]`: "offerings.0.priceInformation.0.amount",
		`"offerings": [{"courseOfferingId": "o", "offeringType": "program"}]`:                                                               "offerings.0.offeringType",
		`"offerings": [{}]`: "offerings.0.courseOfferingId",
	} {
		row := one(t, V6, with(member))
		told, other := row.Err, row.Notes
		if strings.HasPrefix(field, "offerings.") { // the course is worth having without it
			told, other = other, told
		}
		all := problem.All(told)
		if len(all) != 1 || all[0].Code != problem.Invalid || strings.Join(all[0].Field, ".") != field || other != nil {
			t.Errorf("%s: %v %v, want one at %s", member, told, fieldsOf(told), field)
		}
	}
	for _, doc := range []string{`{}`, `[7]`, `[{"courseId": ""}]`, `{"status": 404}`} {
		if row := one(t, V6, doc); row.Err == nil {
			t.Errorf("%s has no identifier", doc)
		}
	}
}

func fieldsOf(err error) (fields []string) {
	for _, p := range problem.All(err) {
		fields = append(fields, strings.Join(p.Field, "."))
	}
	return fields
}

func TestWhatIsOnlyUnknownIsLost(t *testing.T) {
	for member, lost := range map[string]string{
		`"level": "undivided"`: "level",
		`"name": [{"language": "en", "value": "x"}, {"language": "eng", "value": "y"}]`: "name.en",
		`"level": "undefined"`:                             "",
		`"level": "x-summer"`:                              "level",
		`"modesOfDelivery": ["coil"]`:                      "modesOfDelivery",
		`"modesOfDelivery": ["online", "presential"]`:      "modesOfDelivery",
		`"modesOfDelivery": ["online", "online"]`:          "",
		`"fieldsOfStudy": "A12"`:                           "fieldsOfStudy",
		`"teachingLanguages": ["mul", "en"]`:               "teachingLanguages",
		`"link": "www.example.org"`:                        "link",
		`"studyLoad": {"studyLoadUnit": "sp", "value": 3}`: "studyLoad",
		`"learningOutcomeIds": ["1"]`:                      "learningOutcomeIds",
		`"organisationId": "1"`:                            "organisation",
		`"offerings": ["1"]`:                               "offerings.0",
		`"validTo": "2027-01-01T00:00:00Z"`:                "validTo",
		`"duration": null, "resources": [], "ext": {}`:     "",
	} {
		row := one(t, V6, with(member))
		if got := strings.Join(row.Lost, " "); row.Err != nil || got != lost {
			t.Errorf("%s: lost %q, want %q (%v)", member, got, lost, row.Err)
		}
	}
}

// offeringRow is an offering that stands for itself.
type offeringRow struct {
	Place     string
	Available bool
	Offering  format.Offering
	Err       error
	Lost      []string
}

// readOfferings reads a page of offerings.
func readOfferings(r io.Reader, v Version) iter.Seq2[offeringRow, error] {
	return func(yield func(offeringRow, error) bool) {
		for item, err := range intake.JSON(r, "items", intake.Members{}) {
			rec := &intake.Record{}
			rec.Refuse(item.Err)
			row := offeringRow{Place: item.Place}
			if err == nil && item.Err == nil {
				row.Offering, row.Available = offering(rec.Object(item.Value), v)
			}
			said := rec.Row(item.Place, format.Course{})
			row.Err, row.Lost = said.Err, said.Lost
			if !yield(row, err) {
				return
			}
		}
	}
}

func TestOfferingsOfBothVersions(t *testing.T) {
	v5 := `{"offeringId": "o", "offeringType": "course", "course": "c", "startDate": "2027-03-01", "endDate": "2027-06-30",
	  "enrollStartDate": "2027-01-01", "enrollEndDate": "2027-02-01", "teachingLanguage": "eng", "modeOfDelivery": ["online"], "maxNumberStudents": 30,
	  "addresses": [{"addressType": "postal", "city": "Lost"}, {"addressType": "teaching", "street": "Weg", "streetNumber": "1", "postalCode": "30167", "city": "Hannover", "countryCode": "DE"}],
	  "priceInformation": [{"costType": "STAP eligible", "amount": "1"}, {"costType": "total costs", "amount": "49.9", "currency": "EUR"}]}`
	v6 := `{"courseOfferingId": "o", "course": {"courseId": "c"}, "state": "inactive", "startDateTime": "2027-03-01T00:00:00+01:00", "endDateTime": null,
	  "enrolmentPeriods": [{"startDateTime": "2027-01-01T00:00:00+01:00", "endDateTime": "2027-02-01T00:00:00+01:00"}, {"startDateTime": "2027-02-02T00:00:00Z"}],
	  "flexibleEntryPeriodStartDateTime": "2027-03-01", "flexibleEntryPeriodEndDateTime": "2027-04-01", "teachingLanguages": ["en", "de"],
	  "addresses": [{"addressType": "teaching", "additional": [{"language": "en", "value": "Laser lab"}]}]}`
	for _, tt := range []struct {
		version Version
		doc     string
		want    offeringRow
	}{
		{V5, v5, offeringRow{Place: "items[0]", Available: true, Offering: format.Offering{
			ExternalID: "o", OpensAt: "2027-01-01T00:00:00", ClosesAt: "2027-02-01T23:59:59", StartsOn: "2027-03-01", EndsOn: "2027-06-30", Seats: 30,
			Language: "en", Mode: "ONLINE", Place: vocab.Text{"und": "Weg 1, 30167 Hannover, DE"}, FeeCents: 4990, FeeCurrency: "EUR",
		}, Lost: []string{"addresses.0", "priceInformation.0"}}},
		{V6, v6, offeringRow{Place: "items[0]", Offering: format.Offering{
			ExternalID: "o", OnDemand: true, Zone: "UTC", OpensAt: "2026-12-31T23:00:00", ClosesAt: "2027-01-31T23:00:00", StartsOn: "2027-03-01",
			Language: "en", Place: vocab.Text{"en": "Laser lab"},
		}, Lost: []string{"teachingLanguages", "flexibleEntryPeriodStartDateTime", "enrolmentPeriods.1"}}},
	} {
		for row, err := range readOfferings(strings.NewReader(`{"items": [`+tt.doc+`], "pageSize": 10, "pageNumber": 2, "hasPreviousPage": true, "hasNextPage": true, "totalPages": 3}`), tt.version) {
			slices.Sort(row.Lost)
			slices.Sort(tt.want.Lost)
			if err != nil || !reflect.DeepEqual(row, tt.want) {
				t.Errorf("%d: %v\n got %+v\nwant %+v", tt.version, err, row, tt.want)
			}
		}
	}
}

func TestPathsStayBelowTheServer(t *testing.T) {
	for _, tt := range []struct {
		version  Version
		id, want string
	}{
		{V5, "a", "courses/a/offerings"},
		{V6, "a", "courses/a/course-offerings"},
		{V6, "../x?y#z", "courses/..%2Fx%3Fy%23z/course-offerings"},
		{V6, "..", ""}, {V6, "", ""},
	} {
		if got, err := OfferingsPath(tt.version, tt.id); got != tt.want || (err == nil) != (got != "") {
			t.Errorf("%q: %q, %v; want %q", tt.id, got, err, tt.want)
		}
	}
}

func TestABrokenItemDoesNotEndTheRows(t *testing.T) {
	doc := `{"items": [` + with(
		`"level": 5`,
	) + `, 7, ` + with(
		`"name": [{"language": "en", "value": "`+strings.Repeat("many ", format.MaxRow/10)+`"}], "link": "`+strings.Repeat("x", format.MaxRow/2)+`"`,
	) + `, ` + with(
		`"level": "master"`,
	) + `]}`
	var good, bad []string
	for row, err := range Read(strings.NewReader(doc), V6) {
		if err != nil {
			t.Fatal(err)
		}
		if row.Err != nil {
			bad = append(bad, row.Place)
		} else {
			good = append(good, row.Place)
		}
	}
	if fmt.Sprint(good, bad) != "[items[3]] [items[0] items[1] items[2]]" {
		t.Errorf("good %v, bad %v", good, bad)
	}
}

func TestAMalformedDocumentEndsTheRows(t *testing.T) {
	for name, tt := range map[string]struct {
		doc  string
		rows int
	}{
		"empty":         {"", 0},
		"text":          {`"courses"`, 0},
		"page of HTML":  {"<!doctype html>", 0},
		"cut off":       {`{"items": [` + with(`"level": "master"`) + `, {"courseId"`, 1},
		"more after it": {`[` + with(`"level": "master"`) + `] {}`, 1},
		"wrong bracket": {`[` + with(`"level": "master"`) + `}`, 1},
	} {
		rows, end := 0, error(nil)
		for _, err := range Read(strings.NewReader(tt.doc), V6) {
			if end = err; err == nil {
				rows++
			}
		}
		if rows != tt.rows || !errors.Is(end, problem.Is(problem.Invalid)) {
			t.Errorf("%s: %d rows and %v", name, rows, end)
		}
	}
}

func listed() format.Listed {
	return format.Listed{
		ID: "crs_06h0hph4yvw3v2c0x5e4r7t9n8",
		Provider: format.Provider{
			ID:      "ins_06h0hph4yvw3v2c0x5e4r7t9n8",
			SCHAC:   "uni-hannover.de",
			Name:    vocab.Text{"de": "Leibniz Universität Hannover"},
			Acronym: "LUH",
			Country: "DE",
			Website: "https://www.uni-hannover.de/",
		},
		PublishedAt: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), ChangedAt: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Page: "https://example.org/courses/1",
		OfferingIDs: []string{"off_06h0hph4yvw3v2c0x5e4r7t9n8"},
		Course: format.Course{
			ExternalID: "x1", Code: "LUH-1", Kind: vocab.KindMicroCredential, Unit: "physics",
			Title: vocab.Text{
				"en":         "Lasers <&>",
				"zh-Hant-TW": "雷射",
				"de-1996":    "Laser",
				"sr-Latn":    "Laseri",
			}, Summary: vocab.Text{"en": "Light"}, Description: vocab.Text{"en": "About\nlight", "es-419": "Luz"},
			Outcomes: []vocab.Outcome{{Text: vocab.Text{"en": "Aligns"}, ESCO: "http://data.europa.eu/esco/skill/1"}, {Text: vocab.Text{"en": "Measures", "de": "Misst"}}},
			ECTS:     250, Hours: 70, EQF: 7, ISCED: "0533", Languages: []string{"en", "de"}, Mode: "RESEARCH_LAB_BASED",
			Assessments: []vocab.AssessmentType{"QUIZ"}, AssessmentNote: vocab.Text{"en": "A quiz"}, Supervision: "SUPERVISED",
			Quality: &vocab.QualityAssurance{Kind: "PROGRAMME_QA", Name: vocab.Text{"en": "QA"}}, Prerequisites: vocab.Text{"en": "Physics"},
			TargetGroups: []vocab.TargetGroup{
				"STUDENTS",
			}, Stackability: "STACKABLE", Topics: []string{"lasers"}, URL: "https://example.org/lasers", ModifiedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
			Offerings: []format.Offering{{
				ExternalID: "r1", OnDemand: true, Zone: "Europe/Berlin", OpensAt: "2027-01-01T00:00:00", ClosesAt: "2027-03-28T23:59:00", StartsOn: "2027-04-01", EndsOn: "2027-06-30",
				Seats: 20, Language: "en", Mode: "ONLINE", Place: vocab.Text{"en": "Lab"}, Funding: vocab.Text{"en": "Free"}, FeeCents: 4990, FeeCurrency: "EUR",
			}},
		},
	}
}

func each(all ...format.Listed) format.Courses {
	return func(yield func(format.Listed, error) bool) {
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// clear takes the named fields away.
func clear(v any, fields []string) {
	for _, name := range fields {
		f := reflect.ValueOf(v).Elem().FieldByName(name)
		f.Set(reflect.Zero(f.Type()))
	}
}

func TestWhatIsWrittenReadsBackExceptForLosses(t *testing.T) {
	least := format.Listed{ID: "x", Course: format.Course{Code: "X", Title: vocab.Text{"en": "X"}}}
	var doc bytes.Buffer
	if err := Write(&doc, each(listed(), least)); err != nil {
		t.Fatal(err)
	}
	want := []format.Course{listed().Course, least.Course}
	i := 0
	for row, err := range Read(bytes.NewReader(doc.Bytes()), V6) {
		if err != nil || row.Err != nil {
			t.Fatal(err, row.Err)
		}
		if i == 0 && row.Course.ExternalID != UUID(listed().ID) {
			t.Errorf("id %q", row.Course.ExternalID)
		}
		clear(&row.Course, Loss)
		clear(&want[i], Loss)
		if !reflect.DeepEqual(row.Course, want[i]) {
			t.Errorf("\n got %+v\nwant %+v", row.Course, want[i])
		}
		i++
	}
	var page struct{ PageNumber, PageSize, TotalPages int }
	if err := json.Unmarshal(doc.Bytes(), &page); err != nil || i != 2 || page.PageNumber != 1 || page.PageSize != 2 || page.TotalPages != 1 {
		t.Errorf("%d rows, %+v, %v", i, page, err)
	}
}

func TestOfferingsReadBackExceptForLosses(t *testing.T) {
	var doc bytes.Buffer
	if err := WriteOfferings(&doc, each(listed())); err != nil {
		t.Fatal(err)
	}
	n := 0
	for row, err := range readOfferings(&doc, V6) {
		if n++; err != nil || row.Err != nil || !row.Available {
			t.Fatal(err, row)
		}
		got, want := row.Offering, listed().Offerings[0]
		for _, pair := range [][2]string{{got.OpensAt, want.OpensAt}, {got.ClosesAt, want.ClosesAt}} {
			a, err1 := vocab.Instant(pair[0], got.Zone)
			b, err2 := vocab.Instant(pair[1], want.Zone)
			if err1 != nil || err2 != nil || !a.Equal(b) {
				t.Errorf("%v became %v (%v, %v)", b, a, err1, err2)
			}
		}
		for _, o := range []*format.Offering{&got, &want} {
			clear(o, append([]string{"OpensAt", "ClosesAt"}, OfferingLoss...))
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("\n got %+v\nwant %+v", got, want)
		}
	}
	if n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestAFaultOfTheCatalogueEndsTheExport(t *testing.T) {
	fault := errors.New("the database is gone")
	courses := func(yield func(format.Listed, error) bool) { _ = yield(listed(), nil) && yield(format.Listed{}, fault) }
	if err := Write(io.Discard, courses); !errors.Is(err, fault) {
		t.Errorf("Write = %v", err)
	}
	if err := Write(broken{}, each(listed())); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Write = %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestIdentifiersThatAreNoUUIDsBecomeSomeForGood(t *testing.T) {
	for id, want := range map[string]string{
		"crs_00000000000000000000000000": "00000000-0000-0000-0000-000000000000",
		"x":                              "99e3a2c9-bb2c-5827-ae8c-d0a7b28e9dea",
	} {
		if got := UUID(id); got != want || len(got) != 36 || UUID("y") == got {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

// 5 000 courses go out and come in again, one at a time.
func TestMemoryDoesNotGrowWithTheCatalogue(t *testing.T) {
	const courses, most = 5_000, 8 << 20
	from, to := io.Pipe()
	go func() {
		_ = to.CloseWithError(Write(to, func(yield func(format.Listed, error) bool) {
			for c, i := listed(), 0; i < courses && yield(c, nil); i++ {
			}
		}))
	}()
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n, grown := 0, uint64(0)
	for row, err := range Read(from, V6) {
		if err != nil || row.Err != nil {
			t.Fatal(err, row.Err)
		}
		if n++; n%1000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			grown = max(grown, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
		}
	}
	if n != courses || grown > most {
		t.Errorf("%d courses, heap grew by %d bytes", n, grown)
	}
	t.Logf("%d courses, heap grew by at most %d bytes", n, grown)
}

func FuzzReadCourses(f *testing.F) {
	for _, doc := range []string{v5Course, v6Course, `{"items":[{"courseId":"c"}],"hasNextPage":true}`, `[[]]`, `{"courseId":{}}`} {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		for _, v := range []Version{V5, V6} {
			for row, err := range Read(strings.NewReader(doc), v) {
				if err != nil && problem.All(err) == nil {
					t.Fatalf("a fault: %v", err)
				}
				valid(t, row, err)
			}
			for row, err := range readOfferings(strings.NewReader(doc), v) {
				if err == nil && row.Err == nil && row.Offering.ExternalID == "" {
					t.Fatal("an offering without identifier")
				}
			}
		}
	})
}

// valid checks that a row without problems holds only values that parse.
func valid(t *testing.T, row format.Row, end error) {
	t.Helper()
	if end != nil || row.Err != nil {
		return
	}
	c := row.Course
	var all []error
	if c.ExternalID == "" {
		t.Fatal("a course without identifier")
	}
	for _, text := range []vocab.Text{c.Title, c.Summary, c.Description, c.AssessmentNote, c.Prerequisites} {
		_, err := vocab.TextOf(format.MaxRow, text.Translations())
		all = append(all, err)
	}
	for _, tag := range c.Languages {
		all = append(all, vocab.CheckLanguage(tag))
	}
	if c.ISCED != "" {
		_, err := vocab.ParseISCEDF(string(c.ISCED))
		all = append(all, err)
	}
	if c.URL != "" {
		all = append(all, vocab.CheckURL(c.URL))
	}
	if c.EQF != 0 {
		all = append(all, vocab.CheckEQF(c.EQF))
	}
	if c.ECTS < 0 || c.ECTS > vocab.MaxECTS || c.Hours < 0 {
		t.Fatal(c.ECTS, c.Hours)
	}
	if err := errors.Join(all...); err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(c); err != nil {
		t.Fatal(err)
	}
}

// A broken offering is left out and told; one that is off is left out whatever
// else it says; the others are kept.
func TestBrokenOfferingSpoilsNoCourse(t *testing.T) {
	row := one(t, V6, with(`"courseOfferings": [{"courseOfferingId": "a", "maxNumberStudents": -1}, {"courseOfferingId": "b", "state": "cancelled", "startDateTime": "soon"},
		{"courseOfferingId": "c", "maxNumberStudents": 5}]`))
	if row.Err != nil || len(row.Course.Offerings) != 1 || row.Course.Offerings[0].ExternalID != "c" {
		t.Errorf("%v, offerings %v", row.Err, row.Course.Offerings)
	}
	if got := fieldsOf(row.Notes); fmt.Sprint(got) != "[courseOfferings.0.maxNumberStudents]" || !slices.Contains(row.Lost, "courseOfferings.1") {
		t.Errorf("notes %v, lost %v", got, row.Lost)
	}
}

// Of a time that happens twice the first is meant, in every format.
func TestDeadlineInTheDoubledHourIsTheFirst(t *testing.T) {
	for _, tt := range [][3]string{
		{"2027-10-31T02:30:00", "Europe/Berlin", "2027-10-31T02:30:00+02:00"},
		{"2027-10-31T03:30:00", "Europe/Berlin", "2027-10-31T03:30:00+01:00"},
		{"2027-11-07T01:30:00", "America/New_York", "2027-11-07T01:30:00-04:00"},
		{"2027-05-01T10:00:00", "", "2027-05-01T10:00:00Z"},
	} {
		if got := moment(tt[0], "", tt[1]); got != tt[2] {
			t.Errorf("%s in %q is %s, want %s", tt[0], tt[1], got, tt[2])
		}
	}
}
