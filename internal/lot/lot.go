// Package lot decides an order by lot that anybody can recompute. Before anybody
// applies, the digest of a secret seed is published: the commitment. After the
// deadline the seed is published with the tickets of who took part, and the order
// follows from both. So nobody can choose a seed once they know who applied.
//
//	commitment  SHA-256 of "peregrine draw 1 commitment\n", the offering, "\n" and the seed
//	ticket      SHA-256 of "peregrine draw 1 ticket\n" and the application
//	order       the tickets by HMAC-SHA-256 of each with the seed's 32 bytes as key
//
// Everything is written in lower-case hexadecimal digits, and that text is what
// is hashed; identifiers are hashed as they are written. A ticket names nobody:
// only who knows the identifier of an application finds its ticket.
//
// It shows that the order was not arranged after the commitment. That the server
// gave out identifiers and seed by chance it cannot show: the server makes both.
package lot

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Format names the format of records, and the formulas above.
const Format = "peregrine draw 1"

// MaxRecord bounds a record, in bytes: of an offering for which a hundred
// thousand learners applied.
const MaxRecord = 32 << 20

const size = sha256.Size

// NewSeed returns a seed.
func NewSeed() string {
	raw := make([]byte, size)
	_, _ = rand.Read(raw) // never fails: it ends the process instead
	return hex.EncodeToString(raw)
}

// Commitment returns what is published of a seed before the draw.
func Commitment(offering, seed string) string {
	return digest(Format + " commitment\n" + offering + "\n" + seed)
}

// Ticket returns the ticket of an application.
func Ticket(application string) string { return digest(Format + " ticket\n" + application) }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Order returns tickets in the order of a seed, whatever order they come in.
func Order(seed string, tickets []string) ([]string, error) {
	key, err := hex.DecodeString(seed)
	if err != nil || len(key) != size {
		return nil, errors.New("lot: a seed is 64 hexadecimal digits")
	}
	type lot struct{ ticket, number string }
	lots := make([]lot, len(tickets))
	for i, t := range tickets {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(t))
		lots[i] = lot{t, string(mac.Sum(nil))}
	}
	slices.SortFunc(lots, func(a, b lot) int { return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.ticket, b.ticket)) })
	order := make([]string, len(lots))
	for i, l := range lots {
		order[i] = l.ticket
	}
	return order, nil
}

// Record is all that is published of a draw. Seed, tickets and order are empty
// until it is held.
type Record struct {
	Format      string     `json:"format"`
	Offering    string     `json:"offering"`
	Commitment  string     `json:"commitment"`
	CommittedAt time.Time  `json:"committedAt"`
	Seed        string     `json:"seed,omitempty"`
	DrawnAt     *time.Time `json:"drawnAt,omitempty"`
	Tickets     []string   `json:"tickets,omitempty"` // sorted
	Order       []string   `json:"order,omitempty"`   // as drawn
}

// ErrFormat is returned for what is no record of a format that is known here.
var ErrFormat = errors.New("lot: this is no record of a draw, in the format " + Format)

// Parse reads a record.
func Parse(b []byte) (r Record, err error) {
	in := json.NewDecoder(bytes.NewReader(b))
	in.DisallowUnknownFields()
	if err := in.Decode(&r); err != nil || r.Format != Format {
		return r, ErrFormat
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return r, ErrFormat
	}
	return r, nil
}

// Check is one thing that holds of a record, or does not.
type Check struct {
	Name string // one of the constants
	OK   bool
}

// What is checked.
const (
	Seed    = "SEED"    // the seed is that of the commitment
	Time    = "TIME"    // the commitment is older than the draw
	Tickets = "TICKETS" // tickets are digests, sorted, and none stands twice
	Ordered = "ORDER"   // the order follows from seed and tickets
)

// Verify recomputes all that follows from a record. It returns no checks for a
// draw that was not held.
func (r Record) Verify() []Check {
	if r.DrawnAt == nil {
		return nil
	}
	order, err := Order(r.Seed, r.Tickets)
	return []Check{
		{Seed, r.Commitment == Commitment(r.Offering, r.Seed)},
		{Time, r.CommittedAt.Before(*r.DrawnAt)},
		{Tickets, wellFormed(r.Tickets)},
		{Ordered, err == nil && slices.Equal(order, r.Order)},
	}
}

// Good says whether every check holds.
func Good(checks []Check) bool {
	return len(checks) > 0 && !slices.ContainsFunc(checks, func(c Check) bool { return !c.OK })
}

func wellFormed(tickets []string) bool {
	for i, t := range tickets {
		raw, err := hex.DecodeString(t)
		if err != nil || len(raw) != size || hex.EncodeToString(raw) != t || i > 0 && t <= tickets[i-1] {
			return false
		}
	}
	return true
}

// Message returns the key of the sentence that says what was found.
func (c Check) Message() string {
	if c.OK {
		return "draw.holds." + c.Name
	}
	return "draw.broken." + c.Name
}

// String is for people who read a record on a terminal.
func (r Record) String() string {
	if r.DrawnAt == nil {
		return fmt.Sprintf("offering %s: committed at %s, not drawn yet", r.Offering, r.CommittedAt.Format(time.RFC3339))
	}
	return fmt.Sprintf("offering %s: %d took part, drawn at %s", r.Offering, len(r.Tickets), r.DrawnAt.Format(time.RFC3339))
}
