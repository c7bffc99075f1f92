package journey

import (
	"context"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/draw"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/lot"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Whoever is nominated when a draw is held takes part. They stay NOMINATED until the
// order has come to them, so whoever stops the server in between, it goes on where
// it was. Who is nominated later comes after all of them, first come, first served.
var drawStates = lifecycle.New("draw", lifecycle.Next[draw.State]{
	draw.StateCOMMITTED: {draw.StateDRAWN},
	draw.StateDRAWN:     {},
})

// draws holds the draw of an offering when its time has come, and then gives seats
// and places to the next learners in its order. It says whether there may be more.
func (s *Service) draws(ctx context.Context, tx *ent.Tx, o *ent.Offering) (more bool, err error) {
	now := vocab.Now(s.Now)
	if o.DrawsAt == nil || o.State != offering.StatePUBLISHED || now.Before(*o.DrawsAt) {
		return false, nil
	}
	d, err := tx.Draw.Query().Where(draw.OfferingID(o.ID)).Only(ctx)
	if err != nil {
		return false, err
	}
	if d.State == draw.StateCOMMITTED {
		return true, s.holdDraw(ctx, tx, d, now)
	}
	next, err := nextDrawn(ctx, tx, d)
	if err != nil {
		return false, err
	}
	for _, app := range next {
		if _, err := s.place(ctx, tx, app, o, s.offer(o)); err != nil {
			return false, err
		}
	}
	return len(next) == atOnce, nil
}

// holdDraw writes down what the draw is of, and publishes the seed. From then on the
// order is known to everybody, and nothing changes it.
func (s *Service) holdDraw(ctx context.Context, tx *ent.Tx, d *ent.Draw, now time.Time) error {
	seed, err := catalogue.SeedOf(s.KEK, d)
	if err != nil {
		return err
	}
	ids, err := inTheDraw(tx.Client(), d.OfferingID).IDs(ctx)
	if err != nil {
		return err
	}
	tickets := vocab.Each(ids, Ticket)
	slices.Sort(tickets)
	held := tx.Draw.Update().SetSeed(seed).ClearSealed().SetTickets(tickets).SetParticipants(len(tickets)).SetDrawnAt(now)
	if err := storage.Move(ctx, drawStates, d.ID, d.State, draw.StateDRAWN, held); err != nil {
		return err
	}
	return ledger.Note(ctx, tx, toDraw, ledger.Thing{ID: d.OfferingID, Host: d.InstitutionID, Public: true})
}

// Ticket is the ticket of an application in the draw of its offering.
func Ticket(id ident.ID) string { return lot.Ticket(string(id)) }

// inTheDraw are who wait for a draw, or for its order to come to them, in the
// order in which their homes nominated them.
func inTheDraw(db *ent.Client, id ident.ID) *ent.ApplicationQuery {
	return db.Application.Query().Where(application.OfferingID(id), application.StateEQ(application.StateNOMINATED)).
		Order(application.ByNominatedAt(), application.ByID())
}

// nextDrawn returns the next learners in the order of a draw that was held, after
// them who was nominated since.
func nextDrawn(ctx context.Context, tx *ent.Tx, d *ent.Draw) ([]*ent.Application, error) {
	ids, err := inTheDraw(tx.Client(), d.OfferingID).IDs(ctx)
	if err != nil {
		return nil, err
	}
	order, err := lot.Order(vocab.OrZero(d.Seed), d.Tickets)
	if err != nil {
		return nil, err
	}
	place := make(map[string]int, len(order))
	for i, ticket := range order {
		place[ticket] = i
	}
	at := func(id ident.ID) int {
		if i, ok := place[Ticket(id)]; ok {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(ids, func(a, b ident.ID) int { return at(a) - at(b) })
	ids = ids[:min(len(ids), atOnce)]
	apps, err := tx.Application.Query().Where(application.IDIn(ids...)).All(ctx)
	slices.SortFunc(apps, func(a, b *ent.Application) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return apps, err
}

// undrawn says whether a nominated learner waits for a draw: until it is held, and
// until its order has come to everybody who was nominated before.
func undrawn(ctx context.Context, tx *ent.Tx, o *ent.Offering, but ident.ID) (bool, error) {
	ctx = viewer.AsSystem(ctx)
	if o.WaitlistOrder != offering.WaitlistOrderDRAW {
		return false, nil
	}
	drawn, err := tx.Draw.Query().Where(draw.OfferingID(o.ID), draw.StateEQ(draw.StateDRAWN)).Exist(ctx)
	if err != nil || !drawn {
		return true, err
	}
	return inTheDraw(tx.Client(), o.ID).Where(application.IDNEQ(but)).Exist(ctx)
}

// ByLot returns nil unless a draw decides about a nominated learner, and not the host.
func ByLot(app *ent.Application, o *ent.Offering) error {
	return problem.If(app.State == application.StateNOMINATED && o.WaitlistOrder == offering.WaitlistOrderDRAW, errUndrawn)
}

var errUndrawn = problem.New(problem.Conflict, "a draw decides who gets the seats of this offering; wait for it, or refuse the application").At("input", "applicationId")

// Draw returns what is published of the draw of an offering.
func (s *Service) Draw(ctx context.Context, id ident.ID) (lot.Record, error) {
	d, err := s.DB.Draw.Query().Where(draw.OfferingID(id)).Only(ctx)
	if ent.IsNotFound(err) {
		return lot.Record{}, problem.Missing("draw")
	}
	if err != nil {
		return lot.Record{}, err
	}
	r := lot.Record{Format: lot.Format, Offering: string(id), Commitment: d.Commitment, CommittedAt: d.CreatedAt,
		Seed: vocab.OrZero(d.Seed), DrawnAt: d.DrawnAt, Tickets: d.Tickets}
	if d.DrawnAt == nil {
		return r, nil
	}
	r.Order, err = lot.Order(r.Seed, r.Tickets)
	return r, err
}

// Offering returns an offering that the viewer may know of.
func (s *Service) Offering(ctx context.Context, id ident.ID) (*ent.Offering, error) {
	o, err := s.DB.Offering.Get(ctx, id)
	return o, storage.Found(err, "offering")
}
