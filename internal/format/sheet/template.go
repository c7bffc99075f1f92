package sheet

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// templateHeads are the columns of the template, in English and German where
// they have a language.
func templateHeads() (heads []head, example []string) {
	for i := range columns {
		c := &columns[i]
		if c.part == ofListing {
			continue
		}
		if !c.spoken {
			heads = append(heads, head{name: c.name, column: c})
			example = append(example, guard(c.example[0]))
			continue
		}
		for n, tag := range []string{"en", "de"} {
			heads = append(heads, head{name: c.name + ":" + tag, column: c, tag: tag})
			example = append(example, guard(c.example[n]))
		}
	}
	return heads, example
}

// TemplateCSV writes a table with all columns and one example.
func TemplateCSV(w io.Writer) error {
	heads, example := templateHeads()
	if _, err := io.WriteString(w, mark); err != nil {
		return err
	}
	out := newWriter(w)
	return out.WriteAll([][]string{names(heads), example})
}

// Sheets of the template. The first is the one that ReadXLSX reads.
const (
	sheetCourses = "Courses"
	sheetHelp    = "Help"
	sheetHilfe   = "Hilfe"
	sheetISCED   = "ISCED-F"
)

// TemplateXLSX writes a workbook with all columns, one example, drop-down lists
// and what each column means in English and German.
func TemplateXLSX(w io.Writer) error {
	f := excelize.NewFile()
	defer f.Close()
	t := &template{file: f}
	t.do(f.SetSheetName("Sheet1", sheetCourses))
	for _, name := range []string{sheetHelp, sheetHilfe, sheetISCED} {
		_, err := f.NewSheet(name)
		t.do(err)
	}
	t.styles()
	t.courses(t.fields())
	t.help(sheetHelp, english)
	t.help(sheetHilfe, german)
	if t.err != nil {
		return t.err
	}
	return f.Write(w)
}

// template is a workbook that is being made. It keeps its first error.
type template struct {
	file                *excelize.File
	bold, plain, column int // styles
	err                 error
}

func (t *template) do(err error) { t.err = cmp.Or(t.err, err) }

func (t *template) styles() {
	style := func(s excelize.Style) int {
		id, err := t.file.NewStyle(&s)
		t.do(err)
		return id
	}
	const asText = 49 // so that a spreadsheet takes no zeros and makes no dates
	t.bold = style(excelize.Style{Font: &excelize.Font{Bold: true}, NumFmt: asText})
	t.plain = style(excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}, NumFmt: asText})
	t.column = style(excelize.Style{NumFmt: asText})
}

// row writes texts into a row.
func (t *template) row(sheet string, number, style int, texts ...string) {
	for i, text := range texts {
		name, err := excelize.CoordinatesToCellName(i+1, number)
		t.do(err)
		t.do(t.file.SetCellStr(sheet, name, text))
		t.do(t.file.SetCellStyle(sheet, name, name, style))
	}
}

func (t *template) freeze(sheet string, row int) {
	cell := fmt.Sprintf("A%d", row+1)
	t.do(t.file.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: row, TopLeftCell: cell, ActivePane: "bottomLeft"}))
}

// fields writes the sheet of all codes of ISCED-F and returns where they stand.
func (t *template) fields() string {
	t.row(sheetISCED, 1, t.bold, "isced", "Field of education (ISCED-F 2013)")
	row := 1
	for _, digits := range []int{2, 3, 4} {
		for n, end := 0, []int{2: 100, 3: 1000, 4: 10_000}[digits]; n < end; n++ {
			code, err := vocab.ParseISCEDF(fmt.Sprintf("%0*d", digits, n))
			if err != nil {
				continue
			}
			row++
			t.row(sheetISCED, row, t.column, string(code), code.Label())
		}
	}
	t.do(t.file.SetColWidth(sheetISCED, "B", "B", 70))
	t.freeze(sheetISCED, 1)
	return fmt.Sprintf("'%s'!$A$2:$A$%d", sheetISCED, row)
}

// offered is the last row of the template with lists to choose from. Programs that
// keep them by cell would not end over all rows of a sheet.
const offered = 5000

// courses writes the sheet to fill in.
func (t *template) courses(fields string) {
	heads, example := templateHeads()
	for i, h := range heads {
		col, err := excelize.ColumnNumberToName(i + 1)
		t.do(err)
		t.do(t.file.SetColStyle(sheetCourses, col, t.column))
		t.do(t.file.SetColWidth(sheetCourses, col, col, float64(max(14, min(40, len(example[i]))))))
		list := excelize.NewDataValidation(true)
		list.SetSqref(fmt.Sprintf("%s2:%s%d", col, col, offered))
		switch {
		case h.name == "isced":
			list.SetSqrefDropList(fields)
		case len(h.column.codes) > 0 && !h.column.many:
			t.do(list.SetDropList(h.column.codes))
		default:
			continue
		}
		t.do(t.file.AddDataValidation(sheetCourses, list))
	}
	t.row(sheetCourses, 1, t.bold, names(heads)...)
	t.row(sheetCourses, 2, t.plain, example...)
	t.freeze(sheetCourses, 1)
}

// help writes the sheet that explains the others.
func (t *template) help(sheet string, say wording) {
	row := 0
	for _, note := range say.notes {
		row++
		t.row(sheet, row, t.column, note)
	}
	row += 2
	t.row(sheet, row, t.bold, say.heads...)
	for i := range columns {
		c := &columns[i]
		if c.part == ofListing {
			continue
		}
		name, needed := c.name, say.no
		if c.spoken {
			name += ":en"
		}
		if c.required {
			needed = say.yes
		}
		row++
		t.row(sheet, row, t.plain, name, needed, say.meaning(c), strings.Join(c.codes, "\n"), guard(c.example[say.example(c)]))
	}
	for col, width := range map[string]float64{"A": 22, "B": 12, "C": 70, "D": 30, "E": 40} {
		t.do(t.file.SetColWidth(sheet, col, col, width))
	}
}
