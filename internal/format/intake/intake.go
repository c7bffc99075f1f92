// Package intake is what the formats of other systems have in common when they
// are read: documents of any length taken apart into items of bounded size, and
// values checked field by field, so that a row knows all its problems and all
// that has no place here.
//
// How long a document may be is for the caller to say: the reader it passes in
// ends with a problem of the caller's when the limit is reached, and that
// problem ends the rows. A reader that only stops, such as io.LimitReader,
// makes the document look cut off, which is refused as malformed.
package intake

import (
	"io"
	"iter"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// MaxDepth bounds how deep a document nests.
const MaxDepth = 64

// Item is one element of a document's list.
type Item[T any] struct {
	Place string
	Value T
	Err   error // an INVALID problem: the item is too large
}

// source hands a decoder as much of a document as it may hold at once.
type source struct {
	from        io.Reader
	read, limit int64 // bytes handed on, and how many may be
	err         error // why it ended, unless at the end of the document
}

// allow lets the decoder, which has used the bytes up to offset, go on by as
// many as one row may have, and by what stands around it.
func (s *source) allow(offset int64) { s.limit = offset + format.MaxRow + 512 }

// Read is io.Reader. It refuses what no row may hold.
func (s *source) Read(p []byte) (int, error) {
	room := s.limit - s.read
	if room <= 0 {
		s.err = problem.New(problem.Invalid, "one value of the source is larger than %d bytes", format.MaxRow)
		return 0, s.err
	}
	n, err := s.from.Read(p[:min(int64(len(p)), room)])
	s.read += int64(n)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// ended returns why a decoder of this source gave up at offset: what the
// reader said, or that the document is malformed.
func (s *source) ended(syntax string, offset int64, cause error) error {
	if s.err != nil {
		return s.err
	}
	return problem.New(problem.Invalid, "the source is not well-formed %s at byte %d", syntax, offset).Because(cause)
}

func tooDeep() error {
	return problem.New(problem.Invalid, "the source nests deeper than %d levels", MaxDepth)
}

func tooLarge() error {
	return problem.New(problem.Invalid, "this item is larger than %d bytes", format.MaxRow)
}

// Rows reads each item as a course. What read finds wrong or lost it tells the
// record; an item that could not be read is a row with its problem.
func Rows[T any](items iter.Seq2[Item[T], error], read func(*Record, T) format.Course) format.Rows {
	return func(yield func(format.Row, error) bool) {
		for item, err := range items {
			if err != nil {
				yield(format.Row{}, err)
				return
			}
			rec, c := &Record{}, format.Course{}
			if rec.Refuse(item.Err); item.Err == nil {
				c = read(rec, item.Value)
			}
			if !yield(rec.Row(item.Place, c), nil) {
				return
			}
		}
	}
}

// Foreign is the problem of a document that is well-formed and something else.
func Foreign() error {
	return problem.New(problem.Invalid, "the source holds no courses in this format")
}
