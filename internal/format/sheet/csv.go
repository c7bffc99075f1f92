package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// ReadCSV reads a table from CSV in UTF-8, or in UTF-16 with a byte order mark.
// Commas, semicolons or tabs separate its cells, as the header shows. An
// encoding of one byte, such as Windows-1252, is refused, since nothing tells
// which one it is.
//
// The path of a problem is the name of a column, such as "ects" or "title:en";
// the place of the row, such as "line 14", stands before it unless the row is
// the first of its course.
func ReadCSV(r io.Reader) format.Rows {
	return func(yield func(format.Row, error) bool) {
		src, err := newLines(r)
		if err != nil {
			yield(format.Row{}, err)
			return
		}
		(&table{source: src, unit: "line"}).read(yield)
	}
}

// csvLines is a table in CSV.
type csvLines struct {
	csv   *csv.Reader
	meter *meter
}

const peek = 64 << 10

func newLines(r io.Reader) (*csvLines, error) {
	text, err := decoded(r)
	if err != nil {
		return nil, err
	}
	first, err := text.Peek(peek)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	m := &meter{r: text, left: format.MaxRow}
	c := csv.NewReader(m)
	c.Comma = separator(first)
	c.FieldsPerRecord = -1
	c.ReuseRecord = true
	return &csvLines{csv: c, meter: m}, nil
}

// decoded returns the text of r without a byte order mark.
func decoded(r io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, peek)
	mark, err := b.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(mark, []byte("\xef\xbb\xbf")):
		_, err := b.Discard(3)
		return b, err
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		utf16 := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
		return bufio.NewReaderSize(transform.NewReader(b, utf16.NewDecoder()), peek), nil
	}
	return b, nil
}

// separator returns what separates most cells of the first line.
func separator(text []byte) rune {
	line, _, _ := bytes.Cut(bytes.TrimLeft(text, "\r\n"), []byte("\n"))
	count := map[rune]int{}
	quoted := false
	for _, b := range line {
		if b == '"' {
			quoted = !quoted
		} else if !quoted {
			count[rune(b)]++
		}
	}
	best := ','
	for _, s := range ";\t" {
		if count[s] > count[best] {
			best = s
		}
	}
	return best
}

func (l *csvLines) next() ([]string, int, error) {
	cells, err := l.csv.Read()
	l.meter.left = format.MaxRow
	if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
		return nil, 0, problem.New(problem.Invalid, "the file is no well-formed CSV from line %d on", wrong.StartLine).Because(err)
	}
	if err != nil {
		return nil, 0, err
	}
	for _, c := range cells {
		if !utf8.ValidString(c) || strings.ContainsRune(c, 0) {
			return nil, 0, problem.New(problem.Invalid, "the file is not in UTF-8; a spreadsheet saves it so as \"CSV UTF-8\"")
		}
	}
	number, _ := l.csv.FieldPos(0)
	return cells, number, nil
}

// meter ends a row that does not end by itself, such as one with a quotation
// mark that is never closed.
type meter struct {
	r    io.Reader
	left int
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, problem.New(problem.Limited, "a course is larger than %d bytes", format.MaxRow)
	}
	n, err := m.r.Read(p[:min(len(p), m.left)])
	m.left -= n
	return n, err
}
