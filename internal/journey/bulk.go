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

// Outcome is what became of one of them: the application, or why it was refused.
type Outcome struct {
	ApplicationID ident.ID
	Application   *ent.Application
	Refused       []*problem.Error
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
func (s *Service) DecideAll(ctx context.Context, d Decisions) ([]Outcome, error) {
	if _, err := authz.SignedIn(ctx); err != nil {
		return nil, err
	}
	if n := len(d.Items); n == 0 || n > MaxDecisions {
		return nil, problem.New(problem.Invalid, "1 to %d applications are decided at once, not %d", MaxDecisions, n).At("input", "items")
	}
	if err := idempotency.CheckKey(d.IdempotencyKey); err != nil {
		return nil, err
	}
	all := make([]Outcome, len(d.Items))
	for i, item := range d.Items {
		var key *string
		if d.IdempotencyKey != nil {
			key = new(storage.Digest(*d.IdempotencyKey + "/" + strconv.Itoa(i)))
		}
		app, err := s.decide(ctx, item, key)
		if err == nil {
			all[i] = Outcome{item.ApplicationID, app, nil}
			continue
		}
		problems, fault := storage.Problems(err)
		if fault || slices.ContainsFunc(problems, func(p *problem.Error) bool { return !slices.Contains(refusals, p.Code) }) {
			return nil, err
		}
		for j, p := range problems {
			if len(p.Field) > 1 && p.Field[1] != "idempotencyKey" {
				problems[j] = p.At(append([]string{"input", "items", strconv.Itoa(i)}, p.Field[1:]...)...)
			}
		}
		all[i] = Outcome{item.ApplicationID, nil, problems}
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
