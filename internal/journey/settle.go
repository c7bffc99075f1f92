package journey

import (
	"context"
	"errors"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/work"
)

// Handlers do the work of this area.
func (s *Service) Handlers() []work.Handler {
	return []work.Handler{catalogue.Settle.By(s.settle), waking.By(s.wake), choosing.By(s.choose)}
}

// inOrder gives a nominated learner what the order gives them, where the host
// leaves it to the order: first come, first served, as their transactions commit.
// Where a draw decides, everybody waits for it, and who comes after it is offered
// a seat.
func (s *Service) inOrder(ctx context.Context, tx *ent.Tx, app *ent.Application, o *ent.Offering) (*ent.Application, error) {
	if o.Admission != offering.AdmissionAUTOMATIC {
		return app, nil
	}
	if o.WaitlistOrder != offering.WaitlistOrderDRAW {
		return s.place(ctx, tx, app, o, step{verb: toAdmit, to: application.StateADMITTED})
	}
	if waits, err := undrawn(ctx, tx, o, app.ID); err != nil || waits {
		return app, err
	}
	return s.place(ctx, tx, app, o, s.offer(o))
}

// place takes the step by which a nominated learner gets a seat, or else gives
// them a place on the waitlist. Where there is neither, the application is refused.
func (s *Service) place(ctx context.Context, tx *ent.Tx, app *ent.Application, o *ent.Offering, seat step) (*ent.Application, error) {
	ctx = viewer.AsSystem(ctx)
	seated, err := s.move(ctx, tx, app, seat)
	if !none(err) {
		return seated, err
	}
	waits, err := s.move(ctx, tx, app, step{verb: toWaitlist, to: application.StateWAITLISTED, due: s.waits(o)})
	if !none(err) {
		return waits, err
	}
	return s.move(ctx, tx, app, step{verb: toRefuseAtHost, to: application.StateREFUSED_BY_HOST, why: why{code: vocab.ReasonNoSeat}})
}

// none says whether a step was refused because there was no seat, or no place.
// Nothing was taken then.
func none(err error) bool {
	var p *problem.Error
	if !errors.As(err, &p) {
		return false
	}
	_, full := p.Detail().(problem.Seats)
	return full
}

// settle brings an offering up to what holds now, some learners in each
// transaction.
func (s *Service) settle(ctx context.Context, l *work.Lease, due catalogue.Due) error {
	return s.inTurns(ctx, l, func(ctx context.Context, tx *ent.Tx) (bool, error) { return s.settleSome(ctx, tx, due.Offering) })
}

// inTurns does a part of what there is to do in each transaction, while there is
// more: whoever stops the server anywhere, it goes on where it was.
func (s *Service) inTurns(ctx context.Context, l *work.Lease, some func(context.Context, *ent.Tx) (more bool, err error)) error {
	for more := true; more; {
		err := storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
			if err := l.Hold(ctx, tx); err != nil {
				return err
			}
			return together(ctx, tx, func(ctx context.Context) (err error) {
				more, err = some(ctx, tx)
				return err
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// settleSome is one transaction of settle. It says whether there may be more.
func (s *Service) settleSome(ctx context.Context, tx *ent.Tx, id ident.ID) (more bool, err error) {
	o, err := storage.Held(ctx, tx.Offering, id)
	if ent.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if o.State == offering.StateCANCELLED {
		return s.callOff(ctx, tx, o)
	}
	if err := catalogue.ReleaseTx(ctx, tx, o.ID, vocab.Now(s.Now)); err != nil {
		return false, err
	}
	if more, err = s.draws(ctx, tx, o); err != nil {
		return false, err
	}
	return more, s.promote(ctx, tx, o.ID)
}

// callOff ends applications for an offering that was cancelled, and says whether
// there may be more.
func (s *Service) callOff(ctx context.Context, tx *ent.Tx, o *ent.Offering) (bool, error) {
	left, err := tx.Application.Query().Where(application.OfferingID(o.ID), application.StateIn(Alive...)).Order(application.ByID()).Limit(atOnce).All(ctx)
	if err != nil {
		return false, err
	}
	for _, app := range left {
		st := step{verb: toCancel, to: application.StateCANCELLED, why: why{vocab.ReasonCancelled, vocab.OrZero(o.CancelledBecause)}}
		if _, err := s.move(ctx, tx, app, st); err != nil {
			return false, err
		}
	}
	return len(left) == atOnce, nil
}

// Ranks returns how many learners stand before each application on the waitlist
// of its offering, itself counted: 1 for who is offered the next seat. It is nil
// for who does not wait. Places of who has left leave no gap in the ranks.
func (s *Service) Ranks(ctx context.Context, apps []*ent.Application) ([]*int, error) {
	last, rank := map[ident.ID]int{}, map[ident.ID]*int{}
	for _, a := range apps {
		if a.Place != nil {
			last[a.OfferingID] = max(last[a.OfferingID], *a.Place)
		}
	}
	for id, place := range last {
		ids, err := s.DB.Application.Query().
			Where(application.OfferingID(id), application.StateEQ(application.StateWAITLISTED), application.PlaceLTE(place)).
			Order(application.ByPlace(), application.ByID()).IDs(viewer.AsSystem(ctx))
		if err != nil {
			return nil, err
		}
		for at, id := range ids {
			rank[id] = new(at + 1)
		}
	}
	return vocab.Each(apps, func(a *ent.Application) *int { return rank[a.ID] }), nil
}
