package sheet

import (
	"fmt"
	"io"
	"os"

	"github.com/xuri/excelize/v2"

	"github.com/peregrine-exchange/peregrine/internal/format"
)

// ReadXLSX reads a table from the first sheet of a workbook. It does not keep
// the rows in memory; parts of the workbook that are large wait in a temporary
// folder. Files that are encrypted, contain macros or unpack to more than they
// should are refused. Problems have the paths that ReadCSV gives them.
func ReadXLSX(r io.ReaderAt, size int64) format.Rows {
	return func(yield func(format.Row, error) bool) {
		if err := inspect(r, size); err != nil {
			yield(format.Row{}, err)
			return
		}
		folder, err := os.MkdirTemp("", "sheet-")
		if err != nil {
			yield(format.Row{}, err)
			return
		}
		defer os.RemoveAll(folder)
		b, err := openBook(io.NewSectionReader(r, 0, size), folder)
		if err != nil {
			yield(format.Row{}, err)
			return
		}
		defer b.close()
		(&table{source: b, unit: "row", dates: b.dates}).read(yield)
	}
}

// book is a table in a workbook.
type book struct {
	file   *excelize.File
	rows   *excelize.Rows
	dates  epoch
	number int
}

// openBook opens the first sheet of a workbook that inspect let pass.
func openBook(r io.Reader, folder string) (b *book, err error) {
	defer refusePanic(&err)
	f, err := excelize.OpenReader(r, excelize.Options{
		RawCellValue: true, TmpDir: folder, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxPart,
	})
	if err != nil {
		return nil, noWorkbook(err)
	}
	b = &book{file: f, dates: epoch1900}
	if props, err := f.GetWorkbookProps(); err == nil && props.Date1904 != nil && *props.Date1904 {
		b.dates = epoch1904
	}
	sheets := f.GetSheetList()
	if len(sheets) == 0 {
		b.close()
		return nil, noWorkbook(nil)
	}
	if b.rows, err = f.Rows(sheets[0]); err != nil {
		b.close()
		return nil, noWorkbook(err)
	}
	return b, nil
}

func (b *book) next() (cells []string, number int, err error) {
	defer refusePanic(&err)
	b.number++
	if !b.rows.Next() {
		if err := b.rows.Error(); err != nil {
			return nil, 0, noWorkbook(err)
		}
		return nil, 0, io.EOF
	}
	if cells, err = b.rows.Columns(); err != nil {
		return nil, 0, noWorkbook(err)
	}
	return cells, b.number, nil
}

func (b *book) close() {
	if b.rows != nil {
		_ = b.rows.Close()
	}
	_ = b.file.Close()
}

// refusePanic turns a panic of the library, which a file made for that could
// cause, into a refusal of the file.
func refusePanic(err *error) {
	if p := recover(); p != nil {
		*err = noWorkbook(fmt.Errorf("panic: %v", p))
	}
}
