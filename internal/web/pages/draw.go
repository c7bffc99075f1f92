package pages

import (
	"time"

	"github.com/peregrine-exchange/peregrine/internal/lot"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// DrawPage shows the draw of an offering: before it the commitment, afterwards the
// seed, what was verified, and the order of the tickets.
type DrawPage struct {
	Chrome
	Record    lot.Record
	Checks    []lot.Check // nil before the draw
	Shown     []string    // the first tickets of the order
	Course    string      // path of the course's page
	Title     vocab.Text
	Provider  vocab.Text
	CalledOff bool
	DrawsAt   *time.Time
	Zone      string
	Seats     int
}

// MaxTickets is how many tickets the page of a draw shows; the record has all.
const MaxTickets = 500

func (DrawPage) page() page { return page{name: "draw"} }

// More says how many tickets the page does not show.
func (d DrawPage) More() int { return len(d.Record.Order) - len(d.Shown) }

// Good says whether everything was verified.
func (d DrawPage) Good() bool { return lot.Good(d.Checks) }
