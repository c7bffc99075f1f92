package catalogue

import (
	"cmp"
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/call"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// MaxChoices bounds the choices of one call.
const MaxChoices = 20

// NewCall puts offerings together among which learners choose.
type NewCall struct {
	InstitutionID  ident.ID
	Title          []vocab.Translation
	Choices        int // for how many of its offerings a learner applies at a time
	IdempotencyKey *string
}

// CallUpdate replaces what a call says.
type CallUpdate struct {
	CallID         ident.ID
	Title          []vocab.Translation
	Choices        int
	IdempotencyKey *string
}

func checkCall(title []vocab.Translation, choices int) (vocab.Text, error) {
	text, bad := vocab.TextOf(maxTitle, title, "input", "title")
	return text, problem.Join(bad,
		problem.If(bad == nil && len(text) == 0, problem.New(problem.Invalid, "a title is needed").At("input", "title")),
		problem.If(choices < 1 || choices > MaxChoices, problem.New(problem.Invalid, "a call has 1 to %d choices, not %d", MaxChoices, choices).At("input", "choices")))
}

// CreateCall makes a call. Offerings join it when they are planned.
func (s *Service) CreateCall(ctx context.Context, n NewCall) (*ent.Call, error) {
	title, invalid := checkCall(n.Title, n.Choices)
	return idempotency.Write(ctx, s.DB, idempotency.Of(toCall, n.IdempotencyKey, n), s.DB.Call.Get, func(tx *ent.Tx) (*ent.Call, error) {
		if err := cmp.Or(toCall.Require(ctx, n.InstitutionID), invalid); err != nil {
			return nil, err
		}
		create := tx.Call.Create().SetInstitutionID(n.InstitutionID).SetTitle(title).SetChoices(n.Choices)
		return ledger.Made(ctx, tx, toCall, ofCall, nil, create)
	})
}

// UpdateCall replaces what a call says. It returns a CONFLICT problem for fewer
// choices than a learner has made use of.
func (s *Service) UpdateCall(ctx context.Context, u CallUpdate) (*ent.Call, error) {
	title, invalid := checkCall(u.Title, u.Choices)
	return idempotency.Write(ctx, s.DB, idempotency.Of(toChangeCall, u.IdempotencyKey, u), s.DB.Call.Get, func(tx *ent.Tx) (*ent.Call, error) {
		if _, err := authz.SignedIn(ctx); err != nil {
			return nil, err
		}
		c, err := storage.Held(ctx, tx.Call, u.CallID)
		if err != nil {
			return nil, storage.Found(err, "call", "input", "callId")
		}
		if err := cmp.Or(toChangeCall.Require(ctx, c.InstitutionID), invalid); err != nil {
			return nil, err
		}
		used := tx.Application.Query().Where(application.CallID(c.ID), application.PreferenceGT(u.Choices), application.ChoiceKeyNotNil())
		if err := storage.IfAny(viewer.AsSystem(ctx), used,
			problem.New(problem.Conflict, "learners have made more choices than %d already", u.Choices).At("input", "choices")); err != nil {
			return nil, err
		}
		done := tx.Call.Update().Where(call.ID(c.ID)).SetTitle(title).SetChoices(u.Choices).Exec(ctx)
		return ledger.Noted(ctx, tx, done, toChangeCall, ofCall(c), tx.Call.Get)
	})
}

// CallActions says what the viewer may do with a call.
func CallActions(ctx context.Context, c *ent.Call) []authz.Action {
	return []authz.Action{toChangeCall.Act(toChangeCall.Require(ctx, c.InstitutionID))}
}

// ofCall is a call for the record: everybody sees it.
func ofCall(c *ent.Call) ledger.Thing {
	return ledger.Thing{ID: c.ID, Host: c.InstitutionID, Public: true}
}

// joins returns nil when an offering of an institution may stand in the call.
func joins(ctx context.Context, tx *ent.Tx, institution ident.ID, id *ident.ID) error {
	if id == nil {
		return nil
	}
	c, err := tx.Call.Get(ctx, *id)
	if err != nil {
		return storage.Found(err, "call", "input", "callId")
	}
	return problem.If(c.InstitutionID != institution, problem.New(problem.Invalid, "the call is one of another institution").At("input", "callId"))
}
