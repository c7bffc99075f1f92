package journey

import (
	"cmp"
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
	"github.com/peregrine-exchange/peregrine/internal/journey/eligible"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
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
	return idempotency.Write(ctx, s.DB, idempotency.Of(toNominate, n.IdempotencyKey, n), s.DB.Application.Get, func(tx *ent.Tx) (*ent.Application, error) {
		app, err := holdFor(ctx, tx, n.ApplicationID, toNominate, home)
		if err != nil {
			return nil, err
		}
		if err := institution.RequireActive(ctx, tx.Client(), app.HomeID); err != nil {
			return nil, err
		}
		return move(ctx, tx, app, application.StateNOMINATED, toNominate, func(u *ent.ApplicationUpdate) {
			u.SetNominatedAt(vocab.Now(s.Now))
		})
	})
}

// RefuseNomination ends the application at home, with a reason.
func (s *Service) RefuseNomination(ctx context.Context, r Refusal) (*ent.Application, error) {
	return s.refuse(ctx, r, toRefuseAtHome, home, application.StateREFUSED_BY_HOME)
}

// Refuse ends the application at the host, with a reason.
func (s *Service) Refuse(ctx context.Context, r Refusal) (*ent.Application, error) {
	return s.refuse(ctx, r, toRefuseAtHost, host, application.StateREFUSED_BY_HOST)
}

func (s *Service) refuse(ctx context.Context, r Refusal, verb *ledger.Verb, side func(*ent.Application) ident.ID, to application.State) (*ent.Application, error) {
	return idempotency.Write(ctx, s.DB, idempotency.Of(verb, r.IdempotencyKey, r), s.DB.Application.Get, func(tx *ent.Tx) (*ent.Application, error) {
		app, err := holdFor(ctx, tx, r.ApplicationID, verb, side)
		if err != nil {
			return nil, err
		}
		reason, err := vocab.LineOr(problem.New(problem.Invalid, "a refusal needs a reason"), maxReason, r.Reason, "input", "reason")
		if err != nil {
			return nil, err
		}
		return move(ctx, tx, app, to, verb, func(u *ent.ApplicationUpdate) {
			u.SetReason(reason).SetDecidedAt(vocab.Now(s.Now)).ClearLiveKey()
		})
	})
}

// Admission is the host's decision to give an applicant a seat.
type Admission struct {
	ApplicationID  ident.ID
	IdempotencyKey *string
}

// Admit gives the applicant a seat and enrols them, in one step. It returns a
// CONFLICT problem unless the home has nominated, a seat is free and the quota
// of the home, if it has one, is not used up. The seat is taken by an update
// that names its condition: of a hundred rivals for ten seats ten get one, and
// rivals wait for the offering's row in the same order on every database.
func (s *Service) Admit(ctx context.Context, a Admission) (*ent.Application, error) {
	return idempotency.Write(ctx, s.DB, idempotency.Of(toAdmit, a.IdempotencyKey, a), s.DB.Application.Get, func(tx *ent.Tx) (*ent.Application, error) {
		app, err := holdFor(ctx, tx, a.ApplicationID, toAdmit, host)
		if err != nil {
			return nil, err
		}
		if err := applicationStates.Check(app.State, application.StateADMITTED); err != nil {
			return nil, err
		}
		if err := institution.RequireActive(ctx, tx.Client(), app.HostID); err != nil {
			return nil, err
		}
		if err := takeSeat(ctx, tx, app); err != nil {
			return nil, err
		}
		admitted, err := move(ctx, tx, app, application.StateADMITTED, toAdmit, func(u *ent.ApplicationUpdate) {
			u.SetDecidedAt(vocab.Now(s.Now))
		})
		if err != nil {
			return nil, err
		}
		return admitted, s.enrol(ctx, tx, admitted)
	})
}

// takeSeat takes a seat of the offering, and of the quota of the home.
func takeSeat(ctx context.Context, tx *ent.Tx, app *ent.Application) error {
	taken, err := tx.Offering.Update().Where(offering.ID(app.OfferingID), offering.StateEQ(offering.StatePUBLISHED), func(s *sql.Selector) {
		s.Where(sql.ColumnsLT(s.C(offering.FieldSeatsTaken), s.C(offering.FieldSeats)))
	}).AddSeatsTaken(1).Save(ctx)
	if err != nil {
		return err
	}
	if taken == 0 {
		o, err := tx.Offering.Get(ctx, app.OfferingID)
		if err != nil {
			return err
		}
		if o.State != offering.StatePUBLISHED {
			return eligible.NoApplications(o)
		}
		return eligible.Full(o)
	}
	return catalogue.TakeQuotaTx(ctx, tx, app.OfferingID, app.HomeID)
}

// Withdrawal is a learner's wish to leave.
type Withdrawal struct {
	ApplicationID  ident.ID
	Reason         *string
	IdempotencyKey *string
}

// Withdraw ends the learner's application and, when they are enrolled, gives
// the seat back. It returns a CONFLICT problem once the course is completed.
// The seat is none of the learner's rows, so the system moves it.
func (s *Service) Withdraw(ctx context.Context, w Withdrawal) (*ent.Application, error) {
	reason, err := vocab.Line(maxReason, vocab.OrZero(w.Reason), "input", "reason")
	if err != nil {
		return nil, err
	}
	return idempotency.Write(ctx, s.DB, idempotency.Of(toWithdraw, w.IdempotencyKey, w), s.DB.Application.Get, func(tx *ent.Tx) (*ent.Application, error) {
		app, err := storage.Held(ctx, tx.Application, w.ApplicationID)
		if err != nil {
			return nil, err
		}
		if err := cmp.Or(authz.RequireSelf(ctx, app.LearnerID), applicationStates.Check(app.State, application.StateWITHDRAWN)); err != nil {
			return nil, err
		}
		if app.State == application.StateADMITTED {
			if err := tx.Offering.UpdateOneID(app.OfferingID).AddSeatsTaken(-1).Exec(viewer.AsSystem(ctx)); err != nil {
				return nil, err
			}
			if err := catalogue.ReturnQuotaTx(ctx, tx, app.OfferingID, app.HomeID); err != nil {
				return nil, err
			}
		}
		withdrawn, err := move(ctx, tx, app, application.StateWITHDRAWN, toWithdraw, func(u *ent.ApplicationUpdate) {
			u.SetDecidedAt(vocab.Now(s.Now)).ClearLiveKey()
			if reason != "" {
				u.SetReason(reason)
			}
		})
		if err != nil || app.State != application.StateADMITTED {
			return withdrawn, err
		}
		return withdrawn, s.leave(ctx, tx, app.ID)
	})
}
