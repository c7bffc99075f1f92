package jsonl

import (
	"bufio"
	"encoding/json"
	"io"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Write writes one line for each course and a last line with their number. It
// returns a LIMITED problem for a course that Read would find too large, and
// the error that ends the courses; what was written then has no last line.
func Write(w io.Writer, courses format.Courses) error {
	out := bufio.NewWriter(w)
	put := func(l line) error {
		text, err := json.Marshal(l)
		if err != nil {
			return err
		}
		if len(text) >= format.MaxRow {
			return tooLarge().At(l.ID)
		}
		_, err = out.Write(append(text, '\n'))
		return err
	}
	n := 0
	for course, err := range courses {
		if err != nil {
			return err
		}
		if err := put(lineOf(course)); err != nil {
			return err
		}
		n++
	}
	if err := put(line{End: true, Count: &n}); err != nil {
		return err
	}
	return out.Flush()
}

func tooLarge() *problem.Error {
	return problem.New(problem.Limited, "a course is larger than %d bytes", format.MaxRow)
}
