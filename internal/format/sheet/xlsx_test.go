package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func readXLSX(r *bytes.Reader) ([]format.Row, error) { return collect(ReadXLSX(r, r.Size())) }

func TestCellsOfAWorkbook(t *testing.T) {
	day := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	rows, err := readXLSX(workbook(t, [][]any{
		{"externalId", "title:en", "ects", "hours", "isced", "startsOn", "endsOn", "opensAt", "closesAt", "onDemand", "fee", "extra"},
		{"A", "'=T", 7.1, 200, 613, day, "2027-07-31", day.Add(9 * time.Hour), day, true, 49.9, "?"},
		{},
		{"A", nil, nil, nil, nil, "1.3.2027"},
		{204, "Number", "7,5", "x", "0613"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	same(t, rows[0], format.Row{Place: "row 2", Lost: []string{"extra"}, Course: format.Course{
		ExternalID: "A", Title: vocab.Text{"en": "=T"}, ECTS: 710, Hours: 200, ISCED: "0613",
		Offerings: []format.Offering{
			{StartsOn: "2027-03-01", EndsOn: "2027-07-31", OpensAt: "2027-03-01T09:00:00", ClosesAt: "2027-03-01T23:59:59", OnDemand: true, FeeCents: 4990},
			{StartsOn: "2027-03-01"},
		},
	}})
	if r := rows[1]; len(rows) != 2 || r.Place != "row 5" || r.Course.ExternalID != "204" || r.Course.ECTS != 750 || !slices.Equal(fields(t, r.Err), []string{"hours"}) {
		t.Errorf("%d rows, %+v", len(rows), r)
	}
}

func TestBinaryFractionsOfWorkbooks(t *testing.T) {
	for in, want := range map[string]string{"7.0999999999999996": "7.1", "0.10000000000000001": "0.1", "7,5": "7.5", "5.00": "5", "12": "12", "7.123456789123": "7.123456789"} {
		if got := decimal(in); got != want {
			t.Errorf("decimal(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDatesOfOldMacintoshWorkbooks(t *testing.T) {
	f := excelize.NewFile()
	yes := true
	if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}); err != nil {
		t.Fatal(err)
	}
	_ = f.SetSheetRow("Sheet1", "A1", &[]any{"externalId", "title:en", "startsOn"})
	_ = f.SetSheetRow("Sheet1", "A2", &[]any{"A", "T", 44985}) // days since 1904
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := readXLSX(bytes.NewReader(b.Bytes()))
	if err != nil || rows[0].Err != nil || rows[0].Course.Offerings[0].StartsOn != "2027-03-01" {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestWorkbooksHoldWhatCSVHolds(t *testing.T) {
	_, want := chance{rand.New(rand.NewPCG(3, 3))}.courses(40)
	var listed []format.Listed
	for _, c := range want {
		listed = append(listed, format.Listed{Course: c})
	}
	speaks, err := store(io.Discard, each(listed...))
	if err != nil {
		t.Fatal(err)
	}
	heads := headsOf(speaks)
	var first []any
	for _, n := range names(heads) {
		first = append(first, n)
	}
	cells := [][]any{first}
	for _, l := range listed {
		for row := range rowsOf(heads, l) {
			var all []any
			for _, c := range row {
				all = append(all, c)
			}
			cells = append(cells, all)
		}
	}
	rows, err := readXLSX(workbook(t, cells))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Err != nil {
			t.Errorf("%s: %v", r.Place, r.Err)
		}
	}
	same(t, coursesOf(rows), want)
}

// repack changes the parts of a workbook; change returns nil to leave one out.
func repack(t testing.TB, r *bytes.Reader, change func(name string, text []byte) []byte, more map[string][]byte) *bytes.Reader {
	t.Helper()
	in, err := zip.NewReader(r, r.Size())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	put := func(name string, text []byte) {
		w, err := out.Create(name)
		if err == nil {
			_, err = w.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range in.File {
		p, _ := part.Open()
		text, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		if text = change(part.Name, text); text != nil {
			put(part.Name, text)
		}
	}
	for name, text := range more {
		put(name, text)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

func asIs(_ string, text []byte) []byte { return text }

// in changes one part.
func in(part string, change func(string) string) func(string, []byte) []byte {
	return func(name string, text []byte) []byte {
		if name == part {
			return []byte(change(string(text)))
		}
		return text
	}
}

func TestDangerousWorkbooksAreRefused(t *testing.T) {
	good := func() *bytes.Reader {
		return workbook(t, [][]any{{"externalId", "title:en"}, {"A", "T"}, {"B", "U"}})
	}
	const sheet1 = "xl/worksheets/sheet1.xml"
	zeros := func(mb int) []byte { return bytes.Repeat([]byte(" "), mb<<20) }
	rows := func(n int) func(string) string {
		return func(s string) string {
			return strings.Replace(s, "</sheetData>", strings.Repeat(`<row><c t="inlineStr"><is><t>A</t></is></c></row>`, n)+"</sheetData>", 1)
		}
	}
	lying := func() *bytes.Reader { // declares one byte of a part of 64 MB, in all its headers
		b, _ := io.ReadAll(repack(t, good(), asIs, map[string][]byte{"xl/media/image1.png": zeros(64)}))
		real := binary.LittleEndian.AppendUint32(nil, 64<<20)
		return bytes.NewReader(bytes.ReplaceAll(b, real, []byte{1, 0, 0, 0}))
	}
	many := map[string][]byte{}
	for i := range maxParts {
		many["xl/media/"+string(rune(0x4e00+i))] = nil
	}
	for name, tt := range map[string]struct {
		file *bytes.Reader
		code problem.Code
	}{
		"bomb of rows":         {repack(t, good(), in(sheet1, rows(1<<20)), nil), problem.Limited},
		"bomb beside the rows": {repack(t, good(), asIs, map[string][]byte{"docProps/x.xml": zeros(200)}), problem.Limited},
		"large styles":         {repack(t, good(), in("xl/styles.xml", func(s string) string { return s + string(noise(9<<20)) }), nil), problem.Limited},
		"lies about its size":  {lying(), problem.Invalid},
		"many parts":           {repack(t, good(), asIs, many), problem.Limited},
		"large file":           {bytes.NewReader(zeros(26)), problem.Limited},
		"macros":               {repack(t, good(), asIs, map[string][]byte{"xl/vbaProject.bin": {1}}), problem.Invalid},
		"type of macros": {repack(t, good(), in("[Content_Types].xml", func(s string) string {
			return strings.Replace(s, "spreadsheetml.sheet.main+xml", "ms-excel.sheet.macroEnabled.main+xml", 1)
		}), nil), problem.Invalid},
		"encrypted":     {workbook(t, [][]any{{"externalId"}}, excelize.Options{Password: "secret"}), problem.Invalid},
		"no archive":    {bytes.NewReader([]byte("externalId,title:en\n")), problem.Invalid},
		"empty":         {bytes.NewReader(nil), problem.Invalid},
		"no workbook":   {repack(t, good(), func(name string, _ []byte) []byte { return nil }, nil), problem.Invalid},
		"rows cut off":  {repack(t, good(), in(sheet1, func(s string) string { return s[:strings.Index(s, `<row r="3"`)+20] }), nil), problem.Invalid},
		"document type": {repack(t, good(), in(sheet1, func(s string) string { return strings.Replace(s, "<worksheet", "<!DOCTYPE x><worksheet", 1) }), nil), problem.Invalid},
		"deep elements": {repack(t, good(), in(sheet1, func(s string) string {
			return strings.Replace(s, "</worksheet>", strings.Repeat("<a>", 200)+strings.Repeat("</a>", 200)+"</worksheet>", 1)
		}), nil), problem.Invalid},
		"half a file": {bytes.NewReader(zeros(1)), problem.Invalid},
		"too wide":    {workbook(t, [][]any{slices.Repeat([]any{"x"}, 300)}), problem.Limited},
	} {
		got, err := readXLSX(tt.file)
		if !errors.Is(err, problem.Is(tt.code)) || len(got) > 0 {
			t.Errorf("%s: %d rows, %v; want %s", name, len(got), err, tt.code)
		}
	}
	if got, err := readXLSX(good()); err != nil || len(got) != 2 {
		t.Errorf("the workbook that these were made of: %d rows, %v", len(got), err)
	}
}

// noise are bytes that do not pack.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

func TestNothingStaysInTheTemporaryFolder(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	cells := [][]any{{"externalId", "title:en", "description:en"}} // more text than is kept in memory
	for i, text := range slices.Collect(slices.Chunk(noise(5<<20), 3000)) {
		cells = append(cells, []any{i, "T", hex.EncodeToString(text)})
	}
	r := workbook(t, cells)
	n := 0
	for _, err := range ReadXLSX(r, r.Size()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 3 {
			break // a reader that does not want the rest
		}
	}
	if err := WriteCSV(io.Discard, each(format.Listed{})); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

func FuzzReadXLSX(f *testing.F) {
	good := workbook(f, [][]any{{"externalId", "title:en", "ects"}, {"A", "T", 7.5}, {"A", "", ""}})
	b, _ := io.ReadAll(good)
	f.Add(b, "")
	f.Add(b, `<row r="4"><c r="A4" t="s"><v>99</v></c><c r="XFD4" s="7"><f>1+1</f><v>2</v></c></row>`)
	f.Add(b, `<row r="2"><c r="A1048577" t="d"><v>x</v></c><c t="b"><v>1</v></c><c t="e"/></row>`)
	f.Add([]byte("PK\x03\x04"), "")
	f.Fuzz(func(t *testing.T, file []byte, rows string) {
		_, err := readXLSX(bytes.NewReader(file))
		fields(t, err)
		good.Seek(0, io.SeekStart)
		r := repack(t, good, in("xl/worksheets/sheet1.xml", func(s string) string {
			return strings.Replace(s, "</sheetData>", rows+"</sheetData>", 1)
		}), nil)
		all, err := readXLSX(r)
		fields(t, err)
		for _, row := range all {
			fields(t, row.Err)
		}
	})
}
