package journey

import (
	"context"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/seatquota"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// holdsSeat says whether nobody else gets the seat of an application in a state.
func holdsSeat(state application.State) bool { return slices.Contains(catalogue.Seated, state) }

// seat takes, gives back or keeps the seat and the place on the waitlist of an
// application that moves to another state. They are none of a learner's rows, so
// the system moves them.
func (s *Service) seat(ctx context.Context, tx *ent.Tx, app *ent.Application, to application.State, update *ent.ApplicationUpdate) error {
	ctx = viewer.AsSystem(ctx)
	if app.State == application.StateWAITLISTED {
		if err := tx.Offering.Update().Where(offering.ID(app.OfferingID)).AddWaiting(-1).Exec(ctx); err != nil {
			return err
		}
		update.ClearPlace()
	}
	switch before, after := holdsSeat(app.State), holdsSeat(to); {
	case !before && after:
		return catalogue.TakeSeatTx(ctx, tx, app.OfferingID, app.HomeID)
	case before && !after:
		return catalogue.ReturnSeatTx(ctx, tx, app.OfferingID, app.HomeID, vocab.Now(s.Now))
	case to == application.StateWAITLISTED:
		place, err := catalogue.TakePlaceTx(ctx, tx, app.OfferingID)
		if err != nil {
			return err
		}
		update.SetPlace(place)
	}
	return nil
}

// atOnce bounds how many learners one transaction moves.
const atOnce = 100

// promote offers the seats that are free to who waits for one, in the order of
// their places; who belongs to a partner whose seats are used up is passed over,
// and keeps the place. Its caller holds the offering. What is left for a later
// transaction is work.
func (s *Service) promote(ctx context.Context, tx *ent.Tx, id ident.ID) error {
	ctx = viewer.AsSystem(ctx)
	for range atOnce {
		o, err := tx.Offering.Get(ctx, id)
		if err != nil || o.State != offering.StatePUBLISHED || o.Waiting == 0 {
			return err
		}
		next, err := next(ctx, tx, o)
		if err != nil || next == nil {
			return err
		}
		if _, err := s.move(ctx, tx, next, s.offer(o)); err != nil {
			return err
		}
	}
	return catalogue.SettleTx(ctx, tx, id, vocab.Now(s.Now))
}

// next returns who is to be offered a seat of an offering, nil when nobody is.
func next(ctx context.Context, tx *ent.Tx, o *ent.Offering) (*ent.Application, error) {
	quotas, err := tx.SeatQuota.Query().Where(seatquota.OfferingID(o.ID)).All(ctx)
	if err != nil {
		return nil, err
	}
	waits := tx.Application.Query().Where(application.OfferingID(o.ID), application.StateEQ(application.StateWAITLISTED))
	var served, passed []ident.ID
	for _, q := range quotas {
		if seat, quota := catalogue.Takes(o, quotas, q.HomeID); seat && quota {
			served = append(served, q.HomeID)
		} else {
			passed = append(passed, q.HomeID)
		}
	}
	switch {
	case catalogue.FreeToAll(o) > 0:
		waits.Where(application.HomeIDNotIn(passed...))
	case len(served) > 0:
		waits.Where(application.HomeIDIn(served...))
	default:
		return nil, nil
	}
	first, err := waits.Order(application.ByPlace(), application.ByID()).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return first, err
}

// offer offers a seat.
func (s *Service) offer(o *ent.Offering) step {
	return step{verb: toOffer, to: application.StateOFFERED, due: s.thinks(o)}
}

// thinks is until when a learner may think about a seat that is offered now.
// Hours are hours, whatever the clocks on the walls do meanwhile.
func (s *Service) thinks(o *ent.Offering) deadline {
	due := vocab.Now(s.Now).Add(time.Duration(o.OfferHours) * time.Hour)
	return s.reminded(due)
}

// reminds is how long before a learner has to answer they are reminded.
const reminds = 24 * time.Hour

// reminded is a deadline of a learner, with the reminder before it.
func (s *Service) reminded(due time.Time) deadline {
	wakes := due.Add(-reminds)
	if !wakes.After(vocab.Now(s.Now)) {
		wakes = due
	}
	return deadline{&due, &wakes}
}
