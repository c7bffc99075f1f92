package outbox

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// cursorPrefix begins every cursor, so that one of another list is refused.
const cursorPrefix = "chg_"

// Cursor names a place in the log.
func Cursor(sequence int64) string { return cursorPrefix + strconv.FormatInt(sequence, 36) }

// ParseCursor reads what Cursor wrote. It returns an INVALID problem for
// anything else.
func ParseCursor(s string, field ...string) (int64, error) {
	digits, ok := strings.CutPrefix(s, cursorPrefix)
	n, err := strconv.ParseInt(digits, 36, 64)
	if !ok || err != nil || n < 0 || Cursor(n) != s {
		return 0, problem.New(problem.Invalid, "this is not a cursor of the change feed").At(field...)
	}
	return n, nil
}

// Page is a part of the change feed as one viewer may know it.
type Page struct {
	Events  []*ent.OutboxEvent
	Next    int64 // number of the last event that was looked at
	HasMore bool
}

// scan bounds the events that one page looks at. A viewer whom few concern gets
// short or empty pages with a cursor to go on from.
const scan = 2000

// Feed returns events behind a number that the viewer may know of: public ones,
// those of institutions at which they are staff, and their own. kinds narrows
// them to some kinds of objects. It returns an INVALID problem when the events
// behind the number are no longer kept, or do not exist yet.
func Feed(ctx context.Context, db *ent.Client, after int64, kinds []ident.Kind, limit int) (Page, error) {
	if _, err := Number(ctx, db); err != nil {
		return Page{}, err
	}
	if err := kept(ctx, db, after); err != nil {
		return Page{}, err
	}
	v := viewer.From(ctx)
	at := v.StaffAt()
	if !authz.SeesLearners(v) {
		at = nil // what the parties of an application learn is about people
	}
	page := Page{Next: after}
	looked := 0
	for {
		events, err := After(ctx, db, page.Next, stretch)
		if err != nil {
			return Page{}, err
		}
		for _, e := range events {
			if len(page.Events) == limit || looked == scan {
				page.HasMore = true
				return page, nil
			}
			looked++
			page.Next = *e.Sequence
			if concerns(e, v, at) && (len(kinds) == 0 || slices.Contains(kinds, e.ObjectID.Kind())) {
				page.Events = append(page.Events, e)
			}
		}
		if len(events) < stretch {
			return page, nil
		}
	}
}

// stretch is how many events are read at once.
const stretch = 500

func concerns(e *ent.OutboxEvent, v *viewer.Viewer, at []ident.ID) bool {
	among := func(id *ident.ID) bool { return id != nil && slices.Contains(at, *id) }
	return v.Kind == viewer.System || e.Audience == outboxevent.AudiencePUBLIC || among(e.HomeID) || among(e.HostID) ||
		v.PersonID != "" && e.PersonID != nil && *e.PersonID == v.PersonID
}

// kept returns an INVALID problem unless every event behind the number is there.
func kept(ctx context.Context, db *ent.Client, after int64) error {
	oldest, err := Oldest(ctx, db)
	if err != nil {
		return err
	}
	if after+1 < oldest {
		return problem.New(problem.Invalid, "changes are kept for 90 days and this cursor is older; take a new cursor and read everything anew").At("after")
	}
	head, err := Head(ctx, db)
	if err != nil {
		return err
	}
	return problem.If(after > head, problem.New(problem.Invalid, "this is not a cursor of the change feed").At("after"))
}
