package fetch

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// dripping gives size bytes after every pause, of total altogether.
type dripping struct {
	ctx         context.Context
	pause       time.Duration
	size, total int
}

func (d *dripping) Close() error { return nil }

func (d *dripping) Read(into []byte) (int, error) {
	if d.total == 0 {
		return 0, io.EOF
	}
	select {
	case <-time.After(d.pause):
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
	n := min(d.size, d.total, len(into))
	d.total -= n
	return n, nil
}

func dripped(t *testing.T, pause time.Duration, size, total int) *body {
	ctx, cancel := context.WithCancelCause(t.Context())
	return &body{
		from: &dripping{ctx, pause, size, total}, ctx: ctx, cancel: cancel, end: func() { cancel(nil) }, host: "partner.example",
		most: 1 << 20, rate: 1000, patience: 10 * time.Second, left: 10 * time.Second,
	}
}

// drain reads as a caller with a large buffer does.
func drain(b io.Reader) (int, error) {
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, b, make([]byte, 128<<10))
	return int(n), err
}

func TestRateOfABody(t *testing.T) {
	for _, tt := range []struct {
		name        string
		pause       time.Duration
		size, total int
		ends        time.Duration // zero: it comes whole
	}{
		{"at once", 0, 1000, 100_000, 0},
		{"just fast enough", time.Second, 1000, 60_000, 0},
		{"in bursts", 9 * time.Second, 9000, 90_000, 0},
		{"one pause too long", 11 * time.Second, 100_000, 100_000, 10 * time.Second},
		{"a byte a second", time.Second, 1, 1000, 10 * time.Second},
		{"half as fast", time.Second, 500, 100_000, 19 * time.Second},
		{"short and slow", time.Second, 1, 9, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := dripped(t, tt.pause, tt.size, tt.total)
				start := time.Now()
				n, err := drain(b)
				took := time.Since(start)
				if tt.ends == 0 {
					if err != nil || n != tt.total {
						t.Errorf("%d bytes, %v", n, err)
					}
					return
				}
				refused(t, err, problem.Limited, "partner.example sends too slowly")
				if took < tt.ends || took > tt.ends+time.Second {
					t.Errorf("it took %v, want %v", took, tt.ends)
				}
			})
		})
	}
}

// What its reader does between two reads is not the server's fault; what came
// fast before gives no credit for later.
func TestTimeOfTheReaderDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := dripped(t, time.Second, 1000, 60_000)
		for {
			time.Sleep(time.Hour) // in the bubble
			if _, err := b.Read(make([]byte, 1000)); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		fast := dripped(t, 0, 100_000, 900_000)
		for range 9 {
			if _, err := fast.Read(make([]byte, 100_000)); err != nil {
				t.Fatal(err)
			}
		}
		if fast.left != 10*time.Second {
			t.Errorf("%v are left", fast.left)
		}
	})
}

func TestAnEndAfterWeLeftIsNotTheEndOfTheBody(t *testing.T) {
	for cause, code := range map[error]problem.Code{errSlow: problem.Limited, context.Canceled: problem.Unavailable} {
		b := dripped(t, 0, 0, 0)
		b.cancel(cause)
		_, err := b.Read(make([]byte, 1))
		refused(t, err, code, "partner.example")
	}
}

func TestAFailureStays(t *testing.T) {
	b := dripped(t, 0, 1000, 100_000)
	b.most = 1500
	text, err := io.ReadAll(b)
	refused(t, err, problem.Limited, "more than 1500 bytes")
	if n, again := b.Read(make([]byte, 10)); n != 0 || again != err || len(text) != 1500 {
		t.Errorf("%d, %v after %d bytes", n, again, len(text))
	}
}
