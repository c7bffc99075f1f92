// Package task says what waits for somebody: for staff and programs what their
// rights let them decide, for learners their own. Tasks are no rows: each is read
// from what waits (source.go), so nothing has to be kept in step, and whoever has
// done it has one less.
//
// They stand in one list: by the instant until which they are due, those without
// one last, and among equals in the order in which the things were made. A page
// takes one statement, and so do all counts, however many wait.
package task

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service lists tasks.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
}

// Kind is what there is to do.
type Kind string

// The kinds.
const (
	AnswerOffer       Kind = "ANSWER_OFFER"
	MeetCondition     Kind = "MEET_CONDITION"
	FinishDraft       Kind = "FINISH_DRAFT"
	DecideNomination  Kind = "DECIDE_NOMINATION"
	DecideAdmission   Kind = "DECIDE_ADMISSION"
	CheckCondition    Kind = "CHECK_CONDITION"
	RecordResult      Kind = "RECORD_RESULT"
	ConfirmResult     Kind = "CONFIRM_RESULT"
	DecideRecognition Kind = "DECIDE_RECOGNITION"
	AnswerRule        Kind = "ANSWER_RULE"
	ReviewCourse      Kind = "REVIEW_COURSE"
)

// Task is one thing that waits. What it is about is read by who asks for it.
type Task struct {
	Kind    Kind
	Due     *time.Time
	Overdue bool
	At      ident.ID // institution for which it is done; empty for a learner's own
	About   ident.ID
}

// NodeID is the identifier of the thing.
func (t *Task) NodeID() ident.ID { return t.About }

// NodeKind is no kind: a task is a place in a list, and found by no identifier.
func (*Task) NodeKind() ident.Kind { return "" }

// Cursor is the place of a task in the list.
func (t *Task) Cursor() string { return place{t.Due, t.NodeID()}.String() }

// place is where a task stands.
type place struct {
	due *time.Time
	id  ident.ID
}

func (p place) String() string {
	if p.due == nil {
		return "-" + string(p.id)
	}
	return strconv.FormatInt(p.due.UnixMicro(), 36) + "-" + string(p.id)
}

var errCursor = problem.New(problem.Invalid, "this is not a cursor of the list")

func parse(s string) (*place, error) {
	due, id, _ := strings.Cut(s, "-")
	p := &place{}
	var err error
	if p.id, err = ident.Parse(id); err != nil {
		return nil, errCursor
	}
	if due != "" {
		µs, err := strconv.ParseInt(due, 36, 64)
		if err != nil {
			return nil, errCursor
		}
		p.due = new(time.UnixMicro(µs).UTC())
	}
	return p, nil
}

// compare orders tasks as the list does.
func compare(a, b *Task) int {
	switch {
	case (a.Due == nil) != (b.Due == nil):
		if a.Due == nil {
			return 1
		}
		return -1
	case a.Due != nil && !a.Due.Equal(*b.Due):
		return a.Due.Compare(*b.Due)
	}
	x, y := a.NodeID().Bytes(), b.NodeID().Bytes()
	return cmp.Or(bytes.Compare(x[:], y[:]), cmp.Compare(a.Kind, b.Kind))
}

// Filter says which tasks are listed.
type Filter struct {
	Kinds         []Kind
	InstitutionID *ident.ID
	Overdue       *bool      // only those that are late, or only those that are not
	DueBefore     *time.Time // only those that are due by then
}

// List returns a page of what waits for the viewer.
func (s *Service) List(ctx context.Context, f Filter, page relay.Page) (*relay.Connection[*Task], error) {
	size, err := page.Size()
	if err != nil {
		return nil, err
	}
	w := window{limit: size + 1, backwards: page.Backwards()}
	if at := cmp.Or(page.After, page.Before); at != nil {
		if w.from, err = parse(*at); err != nil {
			return nil, err
		}
	}
	sources := s.sources(ctx, f)
	all, err := list(ctx, s.DB, sources, w)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, compare)
	more := len(all) > size
	if more && w.backwards {
		all = all[len(all)-size:]
	}
	all = all[:min(size, len(all))]
	return relay.Connect(all, more, page, func(ctx context.Context) (n int, err error) {
		counts, err := count(ctx, s.DB, sources)
		for _, c := range counts {
			n += c.Count
		}
		return n, err
	}), nil
}

// Count is how many tasks of a kind wait, and how many of them are late.
type Count struct {
	Kind           Kind
	Count, Overdue int
}

// Counts counts what waits for the viewer, by kind; kinds of which nothing waits
// are left out.
func (s *Service) Counts(ctx context.Context, f Filter) ([]*Count, error) {
	all, err := count(ctx, s.DB, s.sources(ctx, f))
	return slices.DeleteFunc(all, func(c *Count) bool { return c.Count == 0 }), err
}

func (s *Service) sources(ctx context.Context, f Filter) []source {
	return asked{now: vocab.Now(s.Now), viewer: viewer.From(ctx), filter: f}.sources()
}
