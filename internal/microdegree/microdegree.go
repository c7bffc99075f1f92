// Package microdegree holds awards that are put together from courses of
// several partners. What they ask for is decided by package rules.
//
// A draft may change; a published one never does, because learners rely on its
// rules:
//
//	DRAFT → PUBLISHED
//	PUBLISHED → WITHDRAWN
//	WITHDRAWN (final)
package microdegree

import (
	"cmp"
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/microdegree"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/microdegree/rules"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service changes micro-degrees.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
}

var states = lifecycle.New("micro-degree", lifecycle.Next[microdegree.State]{
	microdegree.StateDRAFT:     {microdegree.StatePUBLISHED},
	microdegree.StatePUBLISHED: {microdegree.StateWITHDRAWN},
	microdegree.StateWITHDRAWN: {},
})

// New is a micro-degree as a draft.
type New struct {
	InstitutionID  ident.ID
	Key            string
	Content        Content
	IdempotencyKey *string
}

// Create makes a draft. Its values must be valid; whether its rules can be met
// is checked when it is published.
func (s *Service) Create(ctx context.Context, n New) (*ent.MicroDegree, error) {
	content, badContent := n.Content.check()
	invalid := problem.Join(checkKey(n.Key, "input", "key"), badContent)
	return idempotency.Write(ctx, s.DB, idempotency.Of(toCreate, n.IdempotencyKey, n), s.DB.MicroDegree.Get, func(tx *ent.Tx) (*ent.MicroDegree, error) {
		if err := cmp.Or(toCreate.Require(ctx, n.InstitutionID), invalid); err != nil {
			return nil, err
		}
		create := tx.MicroDegree.Create().SetInstitutionID(n.InstitutionID).SetKey(n.Key).SetState(microdegree.StateDRAFT)
		content.fill(create.Mutation())
		taken := problem.New(problem.Conflict, "there is a micro-degree with the key %q already", n.Key).At("input", "key")
		return ledger.Made(ctx, tx, toCreate, ofMicroDegree, taken, create)
	})
}

// Update replaces the content of a draft.
type Update struct {
	MicroDegreeID ident.ID
	Content       Content
}

// Update replaces the content of a draft. It returns a CONFLICT problem once
// the micro-degree is published.
func (s *Service) Update(ctx context.Context, u Update) (*ent.MicroDegree, error) {
	content, invalid := u.Content.check()
	return s.change(ctx, u.MicroDegreeID, toEdit, stays, func(tx *ent.Tx, m *ent.MicroDegree, update *ent.MicroDegreeUpdate) error {
		if invalid != nil {
			return invalid
		}
		content.fill(update.Mutation())
		return editable(m)
	})
}

// Publish opens a draft to learners. It returns an INVALID problem for each
// rule that is broken or cannot be met with the published courses.
func (s *Service) Publish(ctx context.Context, id ident.ID) (*ent.MicroDegree, error) {
	return s.change(ctx, id, toPublish, microdegree.StatePUBLISHED, func(tx *ent.Tx, m *ent.MicroDegree, update *ent.MicroDegreeUpdate) error {
		if err := states.Check(m.State, microdegree.StatePUBLISHED); err != nil {
			return err
		}
		update.SetPublishedAt(vocab.Now(s.Now))
		return s.feasible(ctx, tx.Client(), m)
	})
}

// Withdraw takes a micro-degree out of the catalogue.
func (s *Service) Withdraw(ctx context.Context, id ident.ID) (*ent.MicroDegree, error) {
	return s.change(ctx, id, toWithdraw, microdegree.StateWITHDRAWN, func(*ent.Tx, *ent.MicroDegree, *ent.MicroDegreeUpdate) error { return nil })
}

// Issues returns all that keeps a draft from being published, as problems.
func (s *Service) Issues(ctx context.Context, m *ent.MicroDegree) (issues, fault error) {
	if m.State != microdegree.StateDRAFT {
		return nil, nil
	}
	err := s.feasible(ctx, s.DB, m)
	if problem.All(err) != nil {
		return err, nil
	}
	return nil, err
}

// InstitutionActions says what the viewer may add to a provider's micro-degrees.
func InstitutionActions(ctx context.Context, institution ident.ID) []authz.Action {
	return []authz.Action{toCreate.Act(toCreate.Require(ctx, institution))}
}

// Actions says what the viewer may do with a micro-degree now.
func Actions(ctx context.Context, m *ent.MicroDegree) []authz.Action {
	edit := toEdit.Require(ctx, m.InstitutionID)
	return []authz.Action{toEdit.Act(edit, editable(m)), toPublish.Act(edit, states.Check(m.State, microdegree.StatePUBLISHED)),
		toWithdraw.Act(edit, states.Check(m.State, microdegree.StateWITHDRAWN))}
}

func editable(m *ent.MicroDegree) error {
	return problem.If(m.State != microdegree.StateDRAFT,
		problem.New(problem.Conflict, "this micro-degree is %s and its rules hold; make a new one instead", m.State).With(problem.Transition{From: string(m.State)}))
}

// feasible checks that the micro-degree can be completed with what is on offer.
func (s *Service) feasible(ctx context.Context, db *ent.Client, m *ent.MicroDegree) error {
	bounds, err := catalogue.BoundsAt(ctx, db, m.InstitutionID, vocab.KindMicroDegree)
	if err != nil {
		return err
	}
	offered, err := Offered(ctx, db, m.Composition, s.Now())
	if err != nil {
		return err
	}
	return rules.Check(m.Composition, m.Ects, bounds, offered)
}

// stays is for a change that leaves the state as it is.
const stays microdegree.State = ""

// change runs an update of a micro-degree, which may take it to another state,
// and notes it. The row is written
// before it is read and decided on, so that whoever changes it at the same moment
// waits.
func (s *Service) change(
	ctx context.Context, id ident.ID, verb *ledger.Verb, to microdegree.State,
	decide func(*ent.Tx, *ent.MicroDegree, *ent.MicroDegreeUpdate) error,
) (*ent.MicroDegree, error) {
	if _, err := authz.SignedIn(ctx); err != nil {
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.MicroDegree, error) {
		m, err := storage.Held(ctx, tx.MicroDegree, id)
		if err != nil {
			return nil, storage.Found(err, "micro-degree", "input", "microDegreeId")
		}
		if err := verb.Require(ctx, m.InstitutionID); err != nil {
			return nil, err
		}
		update := tx.MicroDegree.Update().Where(microdegree.ID(id))
		if err := decide(tx, m, update); err != nil {
			return nil, err
		}
		if to == stays {
			err = update.Exec(ctx)
		} else {
			err = storage.Move(ctx, states, id, m.State, to, update)
		}
		return ledger.Noted(ctx, tx, err, verb, ofMicroDegree(m), tx.MicroDegree.Get)
	})
}

func (c checked) fill(m *ent.MicroDegreeMutation) {
	m.SetTitle(c.Title)
	m.SetSummary(c.Summary)
	m.SetDescription(c.Description)
	m.SetOutcomes(c.Outcomes)
	m.SetEcts(c.ects)
	m.SetEqf(c.eqf)
	m.SetIsced(*c.ISCED)
	m.SetQuality(c.Quality)
	m.SetComposition(c.composition)
}

// ofMicroDegree is the micro-degree for the record.
func ofMicroDegree(m *ent.MicroDegree) ledger.Thing {
	return ledger.Thing{ID: m.ID, Host: m.InstitutionID}
}
