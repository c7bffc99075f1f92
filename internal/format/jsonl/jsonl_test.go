package jsonl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func each(all ...format.Listed) format.Courses {
	return func(yield func(format.Listed, error) bool) {
		for _, l := range all {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func collect(rows format.Rows) (all []format.Row, err error) {
	for row, err := range rows {
		if err != nil {
			return all, err
		}
		all = append(all, row)
	}
	return all, nil
}

func fields(t testing.TB, err error) (all []string) {
	t.Helper()
	found := problem.All(err)
	if err != nil && found == nil {
		t.Fatalf("%v is a fault", err)
	}
	for _, p := range found {
		all = append(all, strings.Join(p.Field, "/"))
	}
	return all
}

// valid are values of fields that may not be any text.
var valid = map[string][]string{
	"ISCED": {"0613", "01"}, "Languages": {"en", "sr-Latn"}, "Language": {"el"}, "ESCO": {"http://data.europa.eu/esco/skill/1"},
	"URL": {"https://example.org/?a=<b>"}, "Zone": {"Europe/Athens"}, "OpensAt": {"2027-02-01T00:00:00"}, "ClosesAt": {"2027-02-01T23:59:59"},
	"StartsOn": {"2027-03-01"}, "EndsOn": {"2027-07-31"}, "FeeCurrency": {"EUR"}, "Kind": {"COURSE", "MICRO_CREDENTIAL"},
}

func init() {
	add := func(name string, all any) {
		for v := reflect.ValueOf(all); len(valid[name]) < v.Len(); {
			valid[name] = append(valid[name], v.Index(len(valid[name])).String())
		}
	}
	add("Mode", vocab.DeliveryModes)
	add("Assessments", vocab.AssessmentTypes)
	add("Supervision", vocab.Supervisions)
	add("TargetGroups", vocab.TargetGroups)
	add("Stackability", vocab.Stackabilities)
}

// fill gives every field that v has a value, or none at all, so that a field
// that the format forgets is found as soon as there is one.
func fill(r *rand.Rand, name string, v reflect.Value) {
	if r.IntN(5) == 0 && name != "ExternalID" && name != "Course" {
		return
	}
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(r.Int64N(4e9), r.Int64N(1e6)*1000).UTC()))
		return
	case vocab.Text:
		v.Set(reflect.ValueOf(vocab.Text{"en": phrase(r), "cs": phrase(r)}))
		return
	case vocab.QualityKind:
		v.SetString(string(vocab.QualityKinds[r.IntN(len(vocab.QualityKinds))]))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, name, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+r.IntN(4), 4))
		for i := range v.Len() {
			fill(r, name, v.Index(i))
		}
		if v.Type().Elem().Kind() == reflect.String && name != "OfferingIDs" { // no empty items in lists of words
			for i := range v.Len() {
				if v.Index(i).String() == "" {
					v.Index(i).SetString(cmpOr(valid[name], "t"))
				}
			}
		}
	case reflect.String:
		if all := valid[name]; len(all) > 0 {
			v.SetString(all[r.IntN(len(all))])
		} else {
			v.SetString(phrase(r))
		}
	case reflect.Int:
		v.SetInt(int64(1 + r.IntN(8)))
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	}
}

func cmpOr(all []string, or string) string {
	if len(all) > 0 {
		return all[0]
	}
	return or
}

func phrase(r *rand.Rand) string {
	letters := []rune("abc \"\\/<>&\n\těšč😀κ\u2028")
	s := "p"
	for range r.IntN(20) {
		s += string(letters[r.IntN(len(letters))])
	}
	return s + "."
}

func courses(seed uint64, n int) (all []format.Listed) {
	r := rand.New(rand.NewPCG(seed, 2))
	for range n {
		var l format.Listed
		fill(r, "ExternalID", reflect.ValueOf(&l).Elem())
		l.OfferingIDs = nil
		for i := range l.Offerings {
			l.OfferingIDs = append(l.OfferingIDs, fmt.Sprint("off_", i))
			if l.Offerings[i].ExternalID == "" {
				l.Offerings[i].ExternalID = "o"
			}
		}
		all = append(all, l)
	}
	return all
}

func TestNothingIsLostOnTheWayAndBack(t *testing.T) {
	for seed := range uint64(60) {
		want := courses(seed, 8)
		var b bytes.Buffer
		if err := Write(&b, each(want...)); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		if len(lines) != len(want)+1 || lines[len(want)] != `{"end":true,"count":8}` {
			t.Fatalf("%d lines, last %s", len(lines), lines[len(lines)-1])
		}
		rows, err := collect(Read(iotest.HalfReader(&b)))
		if err != nil || len(rows) != len(want) {
			t.Fatal(len(rows), err)
		}
		for i, row := range rows {
			if row.Err != nil || row.Lost != nil || row.Place != fmt.Sprint("line ", i+1) {
				t.Fatalf("%s: %v, lost %v", row.Place, row.Err, row.Lost)
			}
			if d := cmp.Diff(want[i].Course, row.Course, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("course (-want +got):\n%s", d)
			}
			l, _, err := parse([]byte(lines[i]))
			listed := l.listed()
			listed.Course = row.Course
			if d := cmp.Diff(want[i], listed, cmpopts.EquateEmpty()); err != nil || d != "" {
				t.Errorf("listing (-want +got): %v\n%s", err, d)
			}
		}
	}
}

func TestIDsHereStandInForThoseOfTheSource(t *testing.T) {
	var b bytes.Buffer
	err := Write(&b, each(format.Listed{ID: "crs_1", OfferingIDs: []string{"off_1"}, Course: format.Course{Offerings: []format.Offering{{}}}}))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := collect(Read(&b))
	if err != nil || rows[0].Err != nil || rows[0].Course.ExternalID != "crs_1" || rows[0].Course.Offerings[0].ExternalID != "off_1" {
		t.Errorf("%+v, %v", rows, err)
	}
}

const end1 = "\n" + `{"end":true,"count":1}` + "\n"

func TestFilesThatAreNotWholeAreRefused(t *testing.T) {
	const a = `{"externalId":"A"}`
	for name, tt := range map[string]struct {
		in   string
		rows int
		code problem.Code
	}{
		"nothing":            {"", 0, problem.Invalid},
		"cut off":            {a + "\n", 1, problem.Invalid},
		"cut off in a line":  {a + "\n" + a[:9], 2, problem.Invalid},
		"a course is lost":   {a + "\n" + `{"end":true,"count":2}`, 1, problem.Invalid},
		"a course too many":  {a + "\n" + a + end1, 2, problem.Invalid},
		"no number":          {a + "\n" + `{"end":true}`, 1, problem.Invalid},
		"two files together": {a + end1 + a + end1, 1, problem.Invalid},
		"long line":          {a + "\n" + strings.Repeat(" ", format.MaxRow+1), 1, problem.Limited},
	} {
		rows, err := collect(Read(strings.NewReader(tt.in)))
		if !errors.Is(err, problem.Is(tt.code)) || len(rows) != tt.rows {
			t.Errorf("%s: %d rows, %v", name, len(rows), err)
		}
	}
	broken := errors.New("broken")
	if _, err := collect(Read(io.MultiReader(strings.NewReader(a+"\n"), iotest.ErrReader(broken)))); !errors.Is(err, broken) {
		t.Errorf("Read = %v", err)
	}
}

func TestEveryBadValueIsNamed(t *testing.T) {
	for _, tt := range []struct {
		in           string
		fields, lost []string
	}{
		{`{}`, []string{"externalId"}, nil},
		{`{"externalId":"A","title":{"en":"a\u202e","zz-9":"b"}}`, []string{"title", "title"}, nil},
		{`{"externalId":"A","ects":"7,5","isced":"613","eqfLevel":9,"hours":-1}`, []string{"ects", "hours", "eqfLevel", "isced"}, nil},
		{`{"externalId":"A","kind":"MICRO_DEGREE","mode":"X","assessments":["QUIZ","NAP"],"targetGroups":["X"]}`, []string{"kind", "mode", "assessments/1", "targetGroups/0"}, nil},
		{`{"externalId":"A","outcomes":[{"text":{"en":"a"}},{"text":{},"esco":"x"}],"quality":{"kind":"X","url":"x"}}`, []string{"outcomes/1/esco", "quality/kind", "quality/url"}, nil},
		{`{"externalId":"A","offerings":[{"schedule":"COHORT"},{"schedule":"WEEKLY","timeZone":"Local","opensAtLocal":"2027-01-01","startsOn":"1.1.2027","seats":-5,"feeCurrency":"Euro"}]}`,
			[]string{"offerings/1/schedule", "offerings/1/timeZone", "offerings/1/opensAtLocal", "offerings/1/startsOn", "offerings/1/seats", "offerings/1/feeCurrency"}, nil},
		{`{"externalId":5}`, []string{"externalId"}, nil},
		{`{"externalId":"A","quality":{"name":"x"}}`, []string{"quality/name"}, nil},
		{`[]`, []string{""}, nil},
		{`not JSON`, []string{""}, nil},
		{"{\"externalId\":\"\xff\"}", []string{""}, nil},
		{`{"externalId":"A","colour":1,"offerings":[{"schedule":"COHORT","room":2},{"schedule":"COHORT","room":3}],"quality":{"by":{}},"title":{"en":"t"}}`, nil, []string{"colour", "offerings[].room", "quality.by"}},
	} {
		rows, err := collect(Read(strings.NewReader(tt.in + end1)))
		if err != nil || len(rows) != 1 {
			t.Errorf("%s: %d rows, %v", tt.in, len(rows), err)
			continue
		}
		if got := fields(t, rows[0].Err); !slices.Equal(got, tt.fields) || !slices.Equal(rows[0].Lost, tt.lost) {
			t.Errorf("%s:\n problems at %q, want %q, lost %q, want %q", tt.in, got, tt.fields, rows[0].Lost, tt.lost)
		}
	}
}

func TestTheLongestLineCanBeRead(t *testing.T) {
	size := func(n int) format.Listed {
		return format.Listed{Course: format.Course{ExternalID: "A", Description: vocab.Text{"en": strings.Repeat("x", n)}}}
	}
	var b bytes.Buffer
	if err := Write(&b, each(size(1))); err != nil {
		t.Fatal(err)
	}
	rest := format.MaxRow - 1 - strings.Index(b.String(), "\n")
	b.Reset()
	if err := Write(&b, each(size(rest+1))); err != nil {
		t.Fatal(err)
	}
	if rows, err := collect(Read(&b)); err != nil || len(rows) != 1 || rows[0].Err != nil {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if err := Write(io.Discard, each(size(rest+2))); !errors.Is(err, problem.Is(problem.Limited)) {
		t.Errorf("Write = %v", err)
	}
}

func TestWritingEndsWithTheErrorOfTheCourses(t *testing.T) {
	broken := errors.New("broken")
	var b bytes.Buffer
	err := Write(&b, func(yield func(format.Listed, error) bool) {
		_ = yield(format.Listed{ID: "a"}, nil) && yield(format.Listed{}, broken)
	})
	if !errors.Is(err, broken) || strings.Contains(b.String(), "end") {
		t.Errorf("Write = %v, %s", err, b.String())
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, each(courses(1, 3)...)); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"externalId":"A","offerings":[null,{}],"title":null}` + end1))
	f.Fuzz(func(t *testing.T, in []byte) {
		rows, err := collect(Read(bytes.NewReader(in)))
		fields(t, err)
		var good []format.Listed
		for _, r := range rows {
			if fields(t, r.Err); r.Err == nil {
				good = append(good, format.Listed{Course: r.Course})
			}
		}
		var b bytes.Buffer
		if err := Write(&b, each(good...)); err != nil {
			t.Skip() // escapes made a line too long
		}
		again, err := collect(Read(&b))
		if err != nil || len(again) != len(good) {
			t.Fatal(len(again), err)
		}
		for i, r := range again {
			if d := cmp.Diff(good[i].Course, r.Course, cmpopts.EquateEmpty()); d != "" || r.Err != nil {
				t.Errorf("%v\n%s", r.Err, d)
			}
		}
	})
}
