package fetch

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// errSlow ends a transfer that takes too long.
var errSlow = errors.New("the transfer was too slow")

// body passes a body on within its limits. The time that its reader takes
// between two calls does not count against the server.
type body struct {
	from   io.ReadCloser
	ctx    context.Context // of the request
	cancel context.CancelCauseFunc
	end    func() // frees what the request holds
	host   string

	most, read int64 // bytes, after decompression

	// left is how long the server may still keep us waiting: it shrinks by the
	// time that reads take and grows by the time that their bytes are worth at
	// rate, up to patience.
	left, patience time.Duration
	rate           int64 // bytes a second

	failed error // what every further read returns
}

// Read is part of io.Reader. It returns a LIMITED problem when a limit is hit,
// and an UNAVAILABLE one when the transfer breaks off.
func (b *body) Read(into []byte) (int, error) {
	if b.failed != nil {
		return 0, b.failed
	}
	if room := b.most - b.read + 1; int64(len(into)) > room {
		into = into[:room] // one byte more shows that there is more
	}
	slow := time.AfterFunc(b.left, func() { b.cancel(errSlow) })
	start := time.Now()
	n, err := b.from.Read(into)
	slow.Stop()
	worth := time.Duration(int64(n) * int64(time.Second) / b.rate)
	b.left = min(b.left-time.Since(start)+worth, b.patience)
	b.read += int64(n)

	switch {
	case b.read > b.most:
		n, b.failed = n-1, tooLarge(b.host, b.most)
	case err == nil:
	case err == io.EOF && b.ctx.Err() == nil:
		// Once we have left, a server may end its answer in good order: that
		// is no whole body.
		b.failed = io.EOF
	case errors.Is(context.Cause(b.ctx), errSlow):
		b.failed = problem.New(problem.Limited, "%s sends too slowly", b.host)
	default:
		b.failed = problem.New(problem.Unavailable, "%s breaks off", b.host).Because(err)
	}
	return n, b.failed
}

// Close is part of io.Closer.
func (b *body) Close() error {
	if b.failed == nil {
		b.failed = errors.New("the body is closed")
	}
	err := b.from.Close()
	b.end()
	return err
}

func tooLarge(host string, most int64) *problem.Error {
	return problem.New(problem.Limited, "%s sends more than %d bytes", host, most)
}
