package chunk

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// What is cut is joined to the same, also where it ends with a part, and no
// part is empty.
func TestWhatIsCutIsJoined(t *testing.T) {
	for _, n := range []int{0, 1, 3, 4, 5, 8, 9} {
		text := strings.Repeat("abcdefghi", 2)[:n]
		var parts [][]byte
		total, err := Write(iotest.OneByteReader(strings.NewReader(text)), 4, 9, errors.New("too large"), func(number int, part []byte) error {
			if number != len(parts) || len(part) == 0 || len(part) > 4 {
				t.Errorf("part %d of %q is %q", number, text, part)
			}
			parts = append(parts, slices.Clone(part))
			return nil
		})
		if total != int64(n) || err != nil {
			t.Errorf("%q: %d, %v", text, total, err)
		}
		r := &Reader{Next: func(number int) ([]byte, error) {
			if number == len(parts) {
				return nil, io.EOF
			}
			return parts[number], nil
		}}
		if err := iotest.TestReader(r, []byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestWhereItStops(t *testing.T) {
	large, full, gone := errors.New("large"), errors.New("full"), errors.New("gone")
	keep := func(int, []byte) error { return nil }
	endless := io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(gone))
	for what, tt := range map[string]struct {
		body   io.Reader
		put    func(int, []byte) error
		want   error
		broken bool
	}{
		"a byte too many":  {strings.NewReader("123456789"), keep, large, false},
		"no room":          {strings.NewReader("1"), func(int, []byte) error { return full }, full, false},
		"a body that ends": {endless, keep, gone, true},
	} {
		if _, err := Write(tt.body, 4, 8, large, tt.put); !errors.Is(err, tt.want) || Broken(err) != tt.broken {
			t.Errorf("%s: %v", what, err)
		}
	}
	r := &Reader{Next: func(number int) ([]byte, error) { return nil, fmt.Errorf("part %d: %w", number, gone) }}
	for range 2 {
		if _, err := r.Read(make([]byte, 1)); !errors.Is(err, gone) || !errors.Is(r.Err, gone) {
			t.Errorf("%v, kept %v", err, r.Err)
		}
	}
}
