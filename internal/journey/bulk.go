package journey

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Decision names what is decided about one application of many.
type Decision string

// The decisions.
const (
	Nominate           Decision = "NOMINATE"
	RefuseNomination   Decision = "REFUSE_NOMINATION"
	Admit              Decision = "ADMIT"
	Waitlist           Decision = "WAITLIST"
	AdmitConditionally Decision = "ADMIT_CONDITIONALLY"
	Fulfil             Decision = "FULFIL"
	Refuse             Decision = "REFUSE"
)

// Item is a decision about one application of many.
type Item struct {
	ApplicationID   ident.ID
	ExpectedVersion *int
	Decision        Decision
	Reason          *string
	ReasonCode      *vocab.DecisionReason
	Condition       *string
	DueAt           *time.Time
}

// Decisions are about many applications.
type Decisions struct {
	Items          []Item
	IdempotencyKey *string
}

// Outcome is what became of one of many: the row as it is now, or why it was refused.
type Outcome[T any] struct {
	Row     T
	Refused []*problem.Error
}

// Done is what a transaction has done about one of many.
type Done[T any] struct {
	Row     T
	Refused error
}

// one is what was done about the only one.
func one[T any](all []Done[T], err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return all[0].Row, all[0].Refused
}

// MaxDecisions bounds how many applications are decided at once.
const MaxDecisions = 100

// refusals are what is answered about one of many. Anything else concerns whoever
// asks, not what is decided, and ends the whole.
var refusals = []problem.Code{problem.Invalid, problem.Forbidden, problem.NotFound, problem.Conflict}

// DecideAll decides about many applications one after the other, each in a
// transaction of its own, with a key of its own made of that of the whole: what is
// refused leaves the others as they are, and who sends the whole again has the same
// effect once. It returns a fault at once, and a problem that is none of a decision,
// such as a budget that is used up; what was decided before stays.
func (s *Service) DecideAll(ctx context.Context, d Decisions) ([]Outcome[*ent.Application], error) {
	if _, err := authz.SignedIn(ctx); err != nil {
		return nil, err
	}
	if n := len(d.Items); n == 0 || n > MaxDecisions {
		return nil, problem.New(problem.Invalid, "1 to %d applications are decided at once, not %d", MaxDecisions, n).At("input", "items")
	}
	if err := idempotency.CheckKey(d.IdempotencyKey); err != nil {
		return nil, err
	}
	all := make([]Outcome[*ent.Application], len(d.Items))
	for i, item := range d.Items {
		var key *string
		if d.IdempotencyKey != nil {
			key = new(storage.Digest(*d.IdempotencyKey + "/" + strconv.Itoa(i)))
		}
		app, err := s.decide(ctx, item, key)
		if err == nil {
			all[i].Row = app
		} else if all[i].Refused, err = refusalOf(err, "items", i); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// refusalOf turns what refuses one of many into problems at its place. It returns
// an error that is none of a row.
func refusalOf(err error, name string, i int) ([]*problem.Error, error) {
	problems, fault := storage.Problems(err)
	if fault || slices.ContainsFunc(problems, func(p *problem.Error) bool { return !slices.Contains(refusals, p.Code) }) {
		return nil, err
	}
	for j, p := range problems {
		if len(p.Field) > 1 && p.Field[1] != "idempotencyKey" {
			problems[j] = p.At(append([]string{"input", name, strconv.Itoa(i)}, p.Field[1:]...)...)
		}
	}
	return problems, nil
}

// bulk is a verb about many rows, done in one transaction.
type bulk[In any, T interface{ NodeID() ident.ID }] struct {
	verb *ledger.Verb
	key  *string
	rows []In
	name string // of the field that holds the rows
	most int
	do   func(context.Context, *ent.Tx, []In) ([]Done[T], error)
	load func(context.Context, []ident.ID) ([]T, error)
}

// inBulk does a verb about many rows. Who sends the whole again with its key has
// the same effect once; what is refused leaves the others as they are. It returns
// an error that concerns whoever asks, such as a budget that is used up.
func inBulk[In any, T interface{ NodeID() ident.ID }](ctx context.Context, db *ent.Client, b bulk[In, T]) ([]Outcome[T], error) {
	if _, err := authz.SignedIn(ctx); err != nil {
		return nil, err
	}
	if n := len(b.rows); n == 0 || n > b.most {
		return nil, problem.New(problem.Invalid, "1 to %d rows are taken at once, not %d", b.most, n).At("input", b.name)
	}
	done, err := idempotency.Many(ctx, db, b.verb, b.key, b.rows, func(tx *ent.Tx, todo []int) (rows []idempotency.Row, err error) {
		return rows, ledger.Together(ctx, tx, func(ctx context.Context) error {
			done, err := b.do(ctx, tx, vocab.Each(todo, func(i int) In { return b.rows[i] }))
			if err != nil {
				return err
			}
			rows = vocab.Each(done, func(d Done[T]) idempotency.Row {
				if d.Refused != nil {
					return idempotency.Row{Refused: d.Refused}
				}
				return idempotency.Row{ID: d.Row.NodeID()}
			})
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	var ids []ident.ID
	for _, d := range done {
		if d.Refused == nil {
			ids = append(ids, d.ID)
		}
	}
	rows, err := b.load(ctx, ids)
	if err != nil {
		return nil, err
	}
	found, all := byID(rows), make([]Outcome[T], len(done))
	for i, d := range done {
		if d.Refused == nil {
			all[i].Row = found[d.ID]
		} else if all[i].Refused, err = refusalOf(d.Refused, b.name, i); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// check refuses what a decision does not take: a reason of which nobody would
// hear is a mistake.
func (i Item) check() error {
	needless := func(given bool, field string, takes ...Decision) error {
		return problem.If(given && !slices.Contains(takes, i.Decision), problem.New(problem.Invalid, "the decision %s does not take this", i.Decision).At("input", field))
	}
	return problem.Join(
		needless(i.Reason != nil, "reason", Refuse, RefuseNomination), needless(i.ReasonCode != nil, "reasonCode", Refuse, RefuseNomination),
		needless(i.Condition != nil, "condition", AdmitConditionally), needless(i.DueAt != nil, "dueAt", AdmitConditionally),
		problem.If(i.Decision == AdmitConditionally && i.DueAt == nil, errDue))
}

func (s *Service) decide(ctx context.Context, i Item, key *string) (*ent.Application, error) {
	if err := i.check(); err != nil {
		return nil, err
	}
	refusal := Refusal{i.ApplicationID, i.ExpectedVersion, vocab.OrZero(i.Reason), i.ReasonCode, key}
	admission := Admission{i.ApplicationID, i.ExpectedVersion, key}
	switch i.Decision {
	case Nominate:
		return s.Nominate(ctx, Nomination{i.ApplicationID, i.ExpectedVersion, key})
	case RefuseNomination:
		return s.RefuseNomination(ctx, refusal)
	case Admit:
		return s.Admit(ctx, admission)
	case Waitlist:
		return s.Waitlist(ctx, admission)
	case AdmitConditionally:
		return s.AdmitConditionally(ctx, ConditionalAdmission{i.ApplicationID, i.ExpectedVersion, vocab.OrZero(i.Condition), *i.DueAt, key})
	case Fulfil:
		return s.Fulfil(ctx, admission)
	}
	return s.Refuse(ctx, refusal)
}
