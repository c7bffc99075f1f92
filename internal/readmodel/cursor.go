package readmodel

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// position is what a cursor says: behind the row with this key and id, whether
// or not there still is one.
type position struct{ key, id string }

// Cursor names the place of a hit in the order of its list. It holds the sort
// key, not a number, and so stays right when the catalogue changes.
func (h Hit) Cursor() string {
	raw := binary.BigEndian.AppendUint32(make([]byte, 0, 8+len(h.key)+len(h.ID)), h.order)
	raw = binary.AppendUvarint(raw, uint64(len(h.key)))
	raw = append(append(raw, h.key...), h.ID...)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// fingerprint tells lists apart whose cursors do not fit each other. Filters
// may change between pages, the order may not, nor may the words that
// relevance is about.
func (l listing) fingerprint(orders []string, words []queryWord) uint32 {
	h := fnv.New32a()
	write := func(parts ...string) {
		for _, part := range parts {
			h.Write([]byte(part))
			h.Write([]byte{0})
		}
	}
	switch {
	case l.relevance:
		write("relevance")
		for _, w := range words {
			write(w.terms...)
		}
	case l.order < 0:
		write("newest")
	case !l.ascending:
		write("descending", orders[l.order])
	default:
		write("ascending", orders[l.order])
	}
	return h.Sum32()
}

// page checks the page of q and returns the position of its cursor, nil for none.
func (l listing) page(q Query) (*position, error) {
	if q.First > 0 && q.Last > 0 || q.First > 0 && q.Before != "" || q.Last > 0 && q.After != "" || q.After != "" && q.Before != "" {
		return nil, problem.New(problem.Invalid, "a page is either the first after, or the last before a cursor")
	}
	cursor, field := q.After, "after"
	if q.Before != "" {
		cursor, field = q.Before, "before"
	}
	if cursor == "" {
		return nil, nil
	}
	p, ok := l.decode(cursor)
	if !ok {
		return nil, problem.New(problem.Invalid, "this is not a cursor of the list").At(field)
	}
	return &p, nil
}

func (l listing) decode(cursor string) (p position, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) < 4 || binary.BigEndian.Uint32(raw) != l.tag {
		return p, false
	}
	length, n := binary.Uvarint(raw[4:])
	if n <= 0 || length >= uint64(len(raw)-4-n) {
		return p, false
	}
	rest := string(raw[4+n:])
	p = position{key: rest[:length], id: rest[length:]}
	switch {
	case l.relevance:
		return p, len(p.key) == 4
	case l.order < 0:
		return p, p.key == ""
	default:
		return p, true
	}
}

// key is the key of a row in the listing.
func (l listing) key(f found) string {
	switch o := l.column(f.plan); {
	case l.relevance:
		return string(binary.BigEndian.AppendUint32(nil, f.place.rank()))
	case o == nil:
		return ""
	default:
		return string(o.keys.at(int(f.place.rank())))
	}
}

// bound returns the place in a part from which on rows stand behind a position
// or, when including, from which on they stand at or behind it.
func (l listing) bound(p *plan, from position, including bool) place {
	rank, exact := uint32(0), true
	switch o := l.column(p); {
	case l.relevance:
		rank = binary.BigEndian.Uint32([]byte(from.key))
	case o != nil:
		var i int
		i, exact = o.keys.search(from.key)
		rank = uint32(i)
	}
	if !exact {
		return at(rank, 0)
	}
	row, found := p.ids.search(from.id)
	if found && !including {
		row++
	}
	return at(rank, row)
}

// compare orders rows of different parts as a listing does upwards.
func (l listing) compare(a, b found) int {
	if a.plan == b.plan {
		return cmp.Compare(a.place, b.place)
	}
	c := 0
	switch o := l.column(a.plan); {
	case l.relevance:
		c = cmp.Compare(a.place.rank(), b.place.rank())
	case o != nil:
		c = bytes.Compare(o.keys.at(int(a.place.rank())), l.column(b.plan).keys.at(int(b.place.rank())))
	}
	return cmp.Or(c, strings.Compare(a.plan.ids.at(a.place.row()), b.plan.ids.at(b.place.row())))
}
