// Package chunk cuts a stream of bytes into parts that fit a row of the
// database each, and joins them again. One part at a time is in memory, however
// long the stream is.
package chunk

import (
	"errors"
	"io"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Write hands over body in parts of at most size bytes, numbered from 0, and
// returns how many bytes there were. put may not keep its part. It stops with
// the error of the body, with that of put, and with tooLarge as soon as there
// are more than limit.
func Write(body io.Reader, size int, limit int64, tooLarge error, put func(number int, part []byte) error) (total int64, err error) {
	buffer := make([]byte, size)
	for number := 0; ; number++ {
		n, err := io.ReadFull(body, buffer)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return total, broken{err}
		}
		if total += int64(n); total > limit {
			return total, tooLarge
		}
		if n > 0 {
			if err := put(number, buffer[:n]); err != nil {
				return total, err
			}
		}
		if last {
			return total, nil
		}
	}
}

// broken is an error of a body, as opposed to one of who keeps its parts.
type broken struct{ error }

func (b broken) Unwrap() error { return b.error }

// Broken says whether Write has stopped because the body did.
func Broken(err error) bool { return errors.As(err, new(broken)) }

// Interrupted is what who sends a body is told when its bytes stop coming: the
// problem that the body has, if it says one.
func Interrupted(err error) error {
	if problem.All(err) != nil {
		return err
	}
	return problem.New(problem.Invalid, "the file did not arrive whole; send it again").Because(err)
}

// Reader joins parts.
type Reader struct {
	Next func(number int) ([]byte, error) // the part of a number; io.EOF after the last one
	Err  error                            // of Next, as opposed to one of who reads

	number int
	rest   []byte
}

// Read is part of io.Reader.
func (r *Reader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 && r.Err == nil {
		part, err := r.Next(r.number)
		if errors.Is(err, io.EOF) {
			return 0, io.EOF
		}
		r.rest, r.Err = part, err
		r.number++
	}
	if r.Err != nil {
		return 0, r.Err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
