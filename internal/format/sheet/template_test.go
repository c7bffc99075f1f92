package sheet

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestTemplatesAreReadWithoutProblems(t *testing.T) {
	var text, book bytes.Buffer
	if err := TemplateCSV(&text); err != nil {
		t.Fatal(err)
	}
	if err := TemplateXLSX(&book); err != nil {
		t.Fatal(err)
	}
	a, err := collect(ReadCSV(&text))
	if err != nil || len(a) != 1 || a[0].Err != nil || a[0].Lost != nil {
		t.Fatalf("CSV: %+v, %v", a, err)
	}
	b, err := readXLSX(bytes.NewReader(book.Bytes()))
	if err != nil || len(b) != 1 || b[0].Err != nil || b[0].Lost != nil {
		t.Fatalf("XLSX: %+v, %v", b, err)
	}
	same(t, b[0].Course, a[0].Course)
	if c := a[0].Course; c.ECTS != 750 || c.ISCED != "0613" || len(c.Outcomes) != 2 || c.Outcomes[0].ESCO == "" || len(c.Offerings) != 1 || c.Offerings[0].FeeCents != 4990 {
		t.Errorf("%+v", c)
	}
}

func TestTemplateExplainsEveryColumn(t *testing.T) {
	var b bytes.Buffer
	if err := TemplateXLSX(&b); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, sheet := range []string{"Help", "Hilfe"} {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range columns {
			i := slices.IndexFunc(rows, func(r []string) bool { return len(r) > 0 && strings.TrimSuffix(r[0], ":en") == c.name })
			if c.part == ofListing {
				continue
			}
			if i < 0 || len(rows[i]) < 5 || len(rows[i][2]) < 5 || rows[i][3] != strings.Join(c.codes, "\n") {
				t.Errorf("%s does not explain %s", sheet, c.name)
			}
		}
	}
	lists, err := f.GetDataValidations("Courses")
	if err != nil {
		t.Fatal(err)
	}
	var all string
	for _, l := range lists {
		all += l.Formula1 + "\n"
	}
	for _, want := range []string{"COURSE,MICRO_CREDENTIAL", "PRESENTIAL,ONLINE", "STAND_ALONE,STACKABLE", "TRUE,FALSE", "1,2,3,4,5,6,7,8", "'ISCED-F'!$A$2"} {
		if !strings.Contains(all, want) {
			t.Errorf("no drop-down list of %s in %s", want, all)
		}
	}
	if len(lists) != 9 {
		t.Errorf("%d drop-down lists", len(lists))
	}
	fields, err := f.GetRows("ISCED-F")
	if err != nil || len(fields) < 200 {
		t.Fatalf("%d fields of education, %v", len(fields), err)
	}
	for _, row := range fields[1:] {
		if code, err := vocab.ParseISCEDF(row[0]); err != nil || code.Label() != row[1] {
			t.Errorf("%q: %v", row, err)
		}
	}
}

func TestEveryColumnIsDescribed(t *testing.T) {
	for _, c := range columns {
		if c.part == ofListing {
			continue
		}
		want := 1
		if c.spoken {
			want = 2
		}
		if c.english == "" || c.german == "" || len(c.example) != want || c.read == nil || c.write == nil || c.spoken != (c.tags != nil) {
			t.Errorf("%s is incomplete", c.name)
		}
	}
}

// Lists to choose from stand in as many rows as anybody fills in: programs that
// keep them by cell would not open the workbook otherwise.
func TestListsOfTheTemplateEnd(t *testing.T) {
	var b bytes.Buffer
	if err := TemplateXLSX(&b); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lists, err := f.GetDataValidations(sheetCourses)
	if err != nil || len(lists) == 0 {
		t.Fatalf("%d lists, %v", len(lists), err)
	}
	for _, l := range lists {
		if !strings.HasSuffix(l.Sqref, "5000") {
			t.Errorf("a list stands in %s", l.Sqref)
		}
	}
}
