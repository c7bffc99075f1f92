package admission

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Refusal is a decision against an application, with its reason.
type Refusal struct {
	ApplicationID  ident.ID
	Reason         string
	IdempotencyKey *string
}

// Nomination is the home's decision for an application.
type Nomination struct {
	ApplicationID  ident.ID
	IdempotencyKey *string
}

// Nominate tells the host that home sends the learner.
func (s *Service) Nominate(ctx context.Context, n Nomination) (*ent.Application, error) {
	call := idempotency.Call{Verb: "nominateApplication", Key: n.IdempotencyKey, Input: n}
	return idempotency.Write(ctx, s.DB, call, s.DB.Application.Get, func(tx *ent.Tx) (*ent.Application, error) {
		app, err := holdFor(ctx, tx, n.ApplicationID, authz.NominateApplication, home)
		if err != nil {
			return nil, err
		}
		if err := institution.RequireActive(ctx, tx.Client(), app.HomeID); err != nil {
			return nil, err
		}
		return move(ctx, tx, app, application.StateNOMINATED, "application.nominate", func(u *ent.ApplicationUpdateOne) {
			u.SetNominatedAt(vocab.Now(s.Now))
		})
	})
}

// RefuseNomination ends the application at home, with a reason.
func (s *Service) RefuseNomination(ctx context.Context, r Refusal) (*ent.Application, error) {
	return s.refuse(ctx, r, "refuseNomination", authz.NominateApplication, home, application.StateREFUSED_BY_HOME)
}

// Refuse ends the application at the host, with a reason.
func (s *Service) Refuse(ctx context.Context, r Refusal) (*ent.Application, error) {
	return s.refuse(ctx, r, "refuseApplication", authz.DecideApplication, host, application.StateREFUSED_BY_HOST)
}

func (s *Service) refuse(ctx context.Context, r Refusal, mutation string, verb authz.Verb, side func(*ent.Application) ident.ID, to application.State) (*ent.Application, error) {
	call := idempotency.Call{Verb: mutation, Key: r.IdempotencyKey, Input: r}
	return idempotency.Write(ctx, s.DB, call, s.DB.Application.Get, func(tx *ent.Tx) (*ent.Application, error) {
		app, err := holdFor(ctx, tx, r.ApplicationID, verb, side)
		if err != nil {
			return nil, err
		}
		reason, err := vocab.Line(maxReason, r.Reason, "input", "reason")
		if err != nil {
			return nil, err
		}
		if reason == "" {
			return nil, problem.New(problem.Invalid, "a refusal needs a reason").At("input", "reason")
		}
		return move(ctx, tx, app, to, "application.refuse", func(u *ent.ApplicationUpdateOne) {
			u.SetReason(reason).SetDecidedAt(vocab.Now(s.Now)).ClearLiveKey()
		})
	})
}

// AdmitTx gives the applicant a seat. It returns a CONFLICT problem unless the
// home has nominated, a seat is free and the quota of the home, if it has one,
// is not used up. The seat is taken by an update
// that names its condition: of a hundred rivals for ten seats ten get one, and
// rivals wait for the offering's row in the same order on every database.
func (s *Service) AdmitTx(ctx context.Context, tx *ent.Tx, id ident.ID) (*ent.Application, error) {
	app, err := holdFor(ctx, tx, id, authz.DecideApplication, host)
	if err != nil {
		return nil, err
	}
	if err := states.Check("application", app.State, application.StateADMITTED); err != nil {
		return nil, err
	}
	if err := institution.RequireActive(ctx, tx.Client(), app.HostID); err != nil {
		return nil, err
	}
	taken, err := tx.Offering.Update().Where(offering.ID(app.OfferingID), offering.StateEQ(offering.StatePUBLISHED), func(s *sql.Selector) {
		s.Where(sql.ColumnsLT(s.C(offering.FieldSeatsTaken), s.C(offering.FieldSeats)))
	}).AddSeatsTaken(1).Save(ctx)
	if err != nil {
		return nil, err
	}
	if taken == 0 {
		o, err := tx.Offering.Get(ctx, app.OfferingID)
		if err != nil {
			return nil, err
		}
		if o.State != offering.StatePUBLISHED {
			return nil, problem.New(problem.Conflict, "this offering is %s and takes no applications", o.State).With("from", string(o.State))
		}
		return nil, full(o)
	}
	if err := catalogue.TakeQuotaTx(ctx, tx, app.OfferingID, app.HomeID); err != nil {
		return nil, err
	}
	return move(ctx, tx, app, application.StateADMITTED, "application.admit", func(u *ent.ApplicationUpdateOne) {
		u.SetDecidedAt(vocab.Now(s.Now))
	})
}

// WithdrawTx ends an application of the signed-in learner and gives a seat
// back; seated says whether there was one. The seat is none of the learner's
// rows, so the system moves it.
func (s *Service) WithdrawTx(ctx context.Context, tx *ent.Tx, id ident.ID, reason string) (withdrawn *ent.Application, seated bool, err error) {
	app, err := hold(ctx, tx, id)
	if err != nil {
		return nil, false, err
	}
	if err := authz.RequireSelf(ctx, app.LearnerID); err != nil {
		return nil, false, err
	}
	if err := states.Check("application", app.State, application.StateWITHDRAWN); err != nil {
		return nil, false, err
	}
	seated = app.State == application.StateADMITTED
	if seated {
		if err := tx.Offering.UpdateOneID(app.OfferingID).AddSeatsTaken(-1).Exec(viewer.AsSystem(ctx)); err != nil {
			return nil, false, err
		}
		if err := catalogue.ReturnQuotaTx(ctx, tx, app.OfferingID, app.HomeID); err != nil {
			return nil, false, err
		}
	}
	withdrawn, err = move(ctx, tx, app, application.StateWITHDRAWN, "application.withdraw", func(u *ent.ApplicationUpdateOne) {
		u.SetDecidedAt(vocab.Now(s.Now)).ClearLiveKey()
		if reason != "" {
			u.SetReason(reason)
		}
	})
	return withdrawn, seated, err
}
