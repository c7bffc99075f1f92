package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	for seed := range uint64(40) {
		listed, want := chance{rand.New(rand.NewPCG(seed, 1))}.courses(12)
		var b bytes.Buffer
		if err := WriteCSV(&b, each(listed...)); err != nil {
			t.Fatal(err)
		}
		rows, err := collect(ReadCSV(&b))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if r.Err != nil || r.Lost != nil {
				t.Errorf("%s: %v, lost %v", r.Place, r.Err, r.Lost)
			}
		}
		same(t, coursesOf(rows), want)
	}
}

func TestNoWrittenCellIsAFormula(t *testing.T) {
	listed, _ := chance{rand.New(rand.NewPCG(7, 7))}.courses(300)
	var b bytes.Buffer
	if err := WriteCSV(&b, each(listed...)); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), mark))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	guarded := 0
	for _, row := range rows {
		for _, c := range row {
			if c != "" && strings.Contains("=+-@\t\r\n", c[:1]) {
				t.Errorf("%q runs as a formula", c)
			}
			if strings.HasPrefix(c, "'") {
				guarded++
			}
		}
	}
	if guarded < 100 {
		t.Errorf("only %d cells began like a formula", guarded)
	}
}

func TestCoursesWithoutSourceHaveTheirIDsHere(t *testing.T) {
	l := format.Listed{ID: "crs_1", OfferingIDs: []string{"off_1"}, Course: format.Course{Title: vocab.Text{"en": "T"}, Offerings: []format.Offering{{}}}}
	var b bytes.Buffer
	if err := WriteCSV(&b, each(l)); err != nil {
		t.Fatal(err)
	}
	rows, err := collect(ReadCSV(&b))
	if err != nil || len(rows) != 1 || rows[0].Course.ExternalID != "crs_1" || rows[0].Course.Offerings[0].ExternalID != "off_1" {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestWritingEndsWithTheErrorOfTheCourses(t *testing.T) {
	broken := errors.New("broken")
	err := WriteCSV(io.Discard, func(yield func(format.Listed, error) bool) { yield(format.Listed{}, broken) })
	if !errors.Is(err, broken) {
		t.Errorf("WriteCSV = %v", err)
	}
}

func TestMoreLanguagesThanColumnsAreRefused(t *testing.T) {
	many := vocab.Text{}
	for i := range MaxColumns {
		many[fmt.Sprintf("en-x-a%d", i)] = "t"
	}
	if err := WriteCSV(io.Discard, each(format.Listed{Course: format.Course{Title: many}})); !errors.Is(err, problem.Is(problem.Limited)) {
		t.Errorf("WriteCSV = %v", err)
	}
}

const small = "externalId;title:en;title:de;ects\nA;\"Big, \nbroad\";Groß;7,5\nB;Two;Zwei;5\n"

func encode(t *testing.T, e interface{ String(string) (string, error) }, s string) string {
	t.Helper()
	out, err := e.String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEncodingsAndSeparatorsOfSpreadsheets(t *testing.T) {
	want := []format.Course{
		{ExternalID: "A", Title: vocab.Text{"en": "Big, \nbroad", "de": "Groß"}, ECTS: 750},
		{ExternalID: "B", Title: vocab.Text{"en": "Two", "de": "Zwei"}, ECTS: 500},
	}
	comma := strings.NewReplacer(";", ",", "7,5", "7.5").Replace(small)
	for name, in := range map[string]string{
		"UTF-8":                     small,
		"UTF-8 with mark":           mark + small,
		"UTF-16 LE":                 encode(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder(), small),
		"UTF-16 BE":                 encode(t, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder(), small),
		"comma":                     comma,
		"tab":                       strings.ReplaceAll(small, ";", "\t"),
		"line breaks as in Windows": strings.ReplaceAll(small, "\n", "\r\n"),
		"empty lines":               "\n\n" + small + "\n;;;\n",
		"capitals in header":        strings.Replace(small, "externalId;title:en", "EXTERNALID; Title : EN", 1),
	} {
		rows, err := collect(ReadCSV(iotest.HalfReader(strings.NewReader(in))))
		if err != nil || slices.ContainsFunc(rows, func(r format.Row) bool { return r.Err != nil }) {
			t.Errorf("%s: %v, %v", name, rows, err)
			continue
		}
		same(t, coursesOf(rows), want)
	}
}

func TestFilesThatAreNoTableAreRefused(t *testing.T) {
	wide := "externalId,title:en" + strings.Repeat(",x", MaxColumns)
	for name, tt := range map[string]struct {
		in     string
		code   problem.Code
		fields []string
	}{
		"Windows-1252":          {encode(t, charmap.Windows1252.NewEncoder(), small), problem.Invalid, []string{""}},
		"UTF-16 without mark":   {encode(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder(), small), problem.Invalid, []string{""}},
		"nothing":               {"", problem.Invalid, []string{"externalId", "title"}},
		"another table":         {"name,size\na,b\n", problem.Invalid, []string{"externalId", "title"}},
		"text without language": {"externalId,title\n", problem.Invalid, []string{"title"}},
		"unknown language":      {"externalId,title:en,title:12345678901\n", problem.Invalid, []string{"title:12345678901"}},
		"column twice":          {"externalId,title:en,title:EN\n", problem.Invalid, []string{"title:en"}},
		"too many columns":      {wide, problem.Limited, []string{""}},
		"stray quote":           {"externalId,title:en\nA,a \"b\" c\n", problem.Invalid, []string{""}},
		"open quote":            {"externalId,title:en\nA,\"b\n", problem.Invalid, []string{""}},
		"long row":              {"externalId,title:en\nA," + strings.Repeat("x", format.MaxRow) + "\n", problem.Limited, []string{"line 2"}},
		"row without end":       {"externalId,title:en\nA,\"" + strings.Repeat("x\n", format.MaxRow), problem.Limited, []string{""}},
		"large course":          {"externalId,title:en,offeringId\nA,T,\n" + strings.Repeat("A,,"+strings.Repeat("x", 1000)+"\n", 1100), problem.Limited, []string{"line 1050"}},
	} {
		_, err := collect(ReadCSV(strings.NewReader(tt.in)))
		if !errors.Is(err, problem.Is(tt.code)) || !slices.Equal(fields(t, err), tt.fields) {
			t.Errorf("%s: %v %q; want %s %q", name, err, fields(t, err), tt.code, tt.fields)
		}
	}
}

func TestFaultsOfReadingAreNoProblems(t *testing.T) {
	broken := errors.New("broken")
	for _, r := range []io.Reader{iotest.ErrReader(broken), io.MultiReader(strings.NewReader(small), iotest.ErrReader(broken))} {
		if _, err := collect(ReadCSV(r)); !errors.Is(err, broken) || problem.All(err) != nil {
			t.Errorf("%v", err)
		}
	}
}

func TestEveryBadCellIsNamed(t *testing.T) {
	for _, tt := range []struct {
		header, row string
		fields      []string
	}{
		{"ects", "7.555", []string{"ects"}},
		{"ects", "601", []string{"ects"}},
		{"ects", "1.000,5", []string{"ects"}},
		{"ects", "7,5", nil},
		{"ects", "7.500", nil},
		{"hours", "-1", []string{"hours"}},
		{"hours", "30.5", []string{"hours"}},
		{"hours", "30.0", nil},
		{"eqfLevel", "9", []string{"eqfLevel"}},
		{"isced", "9998", []string{"isced"}},
		{"isced", "1", []string{"isced"}},  // 01 or 001
		{"isced", "11", []string{"isced"}}, // 011 or 0011
		{"isced", "613", nil},
		{"kind", "MICRO_DEGREE", []string{"kind"}},
		{"kind", "micro-credential", nil},
		{"mode", "remote", []string{"mode"}},
		{"languages", "en|klingonish!|de", []string{"languages"}},
		{"languages", "EN|de", nil},
		{"assessments", "QUIZ|GUESS|NAP", []string{"assessments", "assessments"}},
		{"targetGroups", "students|", nil},
		{"supervision,stackability,qualityKind", "X,Y,Z", []string{"supervision", "stackability", "qualityKind"}},
		{"qualityUrl,url", "ftp://x/,nowhere", []string{"qualityUrl", "url"}},
		{"summary:cs", "a\u202eb", []string{"summary:cs"}},
		{"outcomes:en,outcomes:de", "\"a\nb\",c", []string{"outcomes:de"}},
		{"outcomes:en,outcomesEsco", "\"a\n\nb\",\"-\nno address\"", []string{"outcomesEsco"}},
		{"modifiedAt", "yesterday", []string{"modifiedAt"}},
		{"onDemand", "maybe", []string{"onDemand"}},
		{"onDemand", "wahr", nil},
		{"timeZone", "Local", []string{"timeZone"}},
		{"opensAt,closesAt", "3/4/2027,2027-02-30", []string{"opensAt", "closesAt"}},
		{"timeZone,opensAt,closesAt", "Europe/Berlin,2027-03-28T02:30:00,2027-03-28", []string{"opensAt"}},
		{"opensAt", "2027-03-01T10:00:00Z", []string{"opensAt"}},
		{"startsOn,endsOn", "2027-13-01,46447", []string{"startsOn", "endsOn"}}, // days since 1900 are for workbooks
		{"startsOn,endsOn", "1.3.2027,01.03.2027 00:00", nil},
		{"startsOn", "2027-03-01 10:00", []string{"startsOn"}},
		{"seats", "many", []string{"seats"}},
		{"offeringLanguage,offeringMode", "??,??", []string{"offeringLanguage", "offeringMode"}},
		{"fee,feeCurrency", "12.345,Euro", []string{"fee", "feeCurrency"}},
		{"fee", "-5", []string{"fee"}},
		{"fee", "49,9", nil},
		{"ects,hours", "1,2,3", []string{""}},
	} {
		row := tt.row
		if !strings.Contains(tt.header, ",") {
			row = `"` + row + `"` // a comma belongs to the cell
		}
		rows, err := collect(ReadCSV(strings.NewReader("externalId,title:en," + tt.header + "\nA,T," + row + "\n")))
		if err != nil || len(rows) != 1 {
			t.Errorf("%s = %s: %d rows, %v", tt.header, tt.row, len(rows), err)
			continue
		}
		if got := fields(t, rows[0].Err); !slices.Equal(got, tt.fields) {
			t.Errorf("%s = %s: problems at %q, want %q: %v", tt.header, tt.row, got, tt.fields, rows[0].Err)
		}
	}
}

func TestRowsOfACourse(t *testing.T) {
	const header = "externalId,title:en,ects,offeringId,seats,remark\n"
	type row struct {
		place     string
		id        string
		offerings int
		fields    []string
		lost      []string
	}
	for name, tt := range map[string]struct {
		in   string
		want []row
	}{
		"one offering a row": {"A,T,5,o1,1,\nA,,,o2,2,\nA,T,5,o3,3,\nB,U,,,,\n", []row{{"line 2", "A", 3, nil, nil}, {"line 5", "B", 0, nil, nil}}},
		"contradiction":      {"A,T,5,o1,1,\nA,T,6,o2,x,\n", []row{{"line 2", "A", 2, []string{"line 3/ects", "line 3/seats"}, nil}}},
		"filled in later":    {"A,,,o1,1,\nA,T,6,o2,2,\n", []row{{"line 2", "A", 2, nil, nil}}},
		"apart":              {"A,T,,,,\nB,T,,,,\nA,T,,o2,,\n", []row{{"line 2", "A", 0, nil, nil}, {"line 3", "B", 0, nil, nil}, {"line 4", "A", 1, []string{"externalId"}, nil}}},
		"no identifier":      {",T,,,,\n,T,x,,,\n", []row{{"line 2", "", 0, []string{"externalId"}, nil}, {"line 3", "", 0, []string{"ects", "externalId"}, nil}}},
		"no title":           {"A,,,,,\n", []row{{"line 2", "A", 0, []string{"title"}, nil}}},
		"unknown column":     {"A,T,,,,x\nA,,,o,,y\nB,T,,,,\n", []row{{"line 2", "A", 1, nil, []string{"remark"}}, {"line 4", "B", 0, nil, nil}}},
		"line break in cell": {"A,\"T\nU\",,,,\nB,T,x,,,\n", []row{{"line 2", "A", 0, nil, nil}, {"line 4", "B", 0, []string{"ects"}, nil}}},
		"more cells":         {"A,T,,,,,extra\n", []row{{"line 2", "A", 0, []string{""}, nil}}},
	} {
		rows, err := collect(ReadCSV(strings.NewReader(header + tt.in)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got []row
		for _, r := range rows {
			got = append(got, row{r.Place, r.Course.ExternalID, len(r.Course.Offerings), fields(t, r.Err), r.Lost})
		}
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s:\n got %v\nwant %v", name, got, tt.want)
		}
	}
}

func TestADateAloneIsAWholeDay(t *testing.T) {
	rows, err := collect(ReadCSV(strings.NewReader("externalId,title:en,opensAt,closesAt\nA,T,2027-01-01,28.02.2027\nA,,2027-01-01 08:30,2027-02-28T00:00:00\n")))
	if err != nil || rows[0].Err != nil {
		t.Fatal(err, rows)
	}
	same(t, rows[0].Course.Offerings, []format.Offering{
		{OpensAt: "2027-01-01T00:00:00", ClosesAt: "2027-02-28T23:59:59"},
		{OpensAt: "2027-01-01T08:30:00", ClosesAt: "2027-02-28T00:00:00"},
	})
}

// endless gives the lines of a CSV as they are asked for.
type endless struct {
	line, lines int
	rest        []byte
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		switch {
		case e.line == 0:
			e.rest = []byte("externalId,title:en,title:de,description:en,ects,languages,offeringId,seats\n")
		case e.line > e.lines:
			return 0, io.EOF
		default:
			e.rest = fmt.Appendf(nil, "C-%d,Course %d,Kurs %d,\"%s\",7.5,en|de,O-%d,30\n", e.line, e.line, e.line, strings.Repeat("about it\n", 100), e.line)
		}
		e.line++
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	const lines = 50_000
	before, most, n := heap(), uint64(0), 0
	for row, err := range ReadCSV(&endless{lines: lines}) {
		if err != nil || row.Err != nil {
			t.Fatal(err, row.Err)
		}
		if n++; n%5000 == 0 {
			most = max(most, heap())
		}
	}
	if n != lines {
		t.Errorf("%d rows, want %d", n, lines)
	}
	grown := int64(most) - int64(before)
	t.Logf("%d rows, heap grew by %d KB", n, grown>>10)
	if grown > 4<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("externalId,title:en,closesAt,isced,fee\n=A,'=T,28.02.2027,613,\"4,5\"\n"))
	f.Add([]byte("\xff\xfea\x00,\x00b\x00"))
	var template bytes.Buffer
	if err := TemplateCSV(&template); err != nil {
		f.Fatal(err)
	}
	f.Add(template.Bytes())
	f.Fuzz(func(t *testing.T, in []byte) {
		rows, err := collect(ReadCSV(bytes.NewReader(in)))
		fields(t, err)
		// What was read without problems is written and read again unchanged.
		var good []format.Listed
		var want []format.Course
		for _, r := range rows {
			if fields(t, r.Err); r.Err == nil {
				good, want = append(good, format.Listed{Course: r.Course}), append(want, r.Course)
			}
		}
		var b bytes.Buffer
		if err := WriteCSV(&b, each(good...)); err != nil {
			t.Skip() // more languages than columns
		}
		again, err := collect(ReadCSV(&b))
		if err != nil {
			t.Fatalf("%v after writing %+v", err, want)
		}
		same(t, coursesOf(again), want)
	})
}

func FuzzGuard(f *testing.F) {
	for _, s := range []string{"=1", "'=1", "''", "-\n", "' +", "\t", " \u00a0@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if g := guard(s); unguard(g) != s || g != "" && strings.Contains("=+-@\t\r", g[:1]) {
			t.Errorf("guard(%q) = %q, back %q", s, g, unguard(g))
		}
		if got := split(join([]string{"a", "x" + s + "x", "b"})); len(got) != 3 || got[1] != "x"+s+"x" {
			t.Errorf("split(join(%q)) = %q", s, got)
		}
	})
}

// RFC 4180, section 2: each row ends with CRLF.
func TestRowsEndAsTheStandardSays(t *testing.T) {
	for name, write := range map[string]func(io.Writer) error{
		"template": TemplateCSV,
		"export": func(w io.Writer) error {
			return WriteCSV(w, func(yield func(format.Listed, error) bool) {
				yield(format.Listed{ID: "crs_1", Course: format.Course{Code: "C", Title: vocab.Text{"en": "T"}, Description: vocab.Text{"en": "One\nTwo"}}}, nil)
			})
		},
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if all, crlf := strings.Count(b.String(), "\n"), strings.Count(b.String(), "\r\n"); all == 0 || all != crlf {
			t.Errorf("%s: %d of %d lines end with CRLF", name, crlf, all)
		}
	}
}
