package catalogue

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/seatquota"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/work"
)

// Seated lists the states in which nobody else gets the seat of an application.
var Seated = []application.State{application.StateOFFERED, application.StateCONDITIONAL, application.StateADMITTED}

// Settle is work that brings an offering up to what holds at a moment: seats that
// were kept for a partner become free, a draw is held, who waits is offered what
// is free, and who applied for what was cancelled is told. Package journey does it.
var Settle = work.Kind[Due]{Name: "offering.settle"}

// Due is an offering that has something to settle.
type Due struct{ Offering ident.ID }

// SettleTx has an offering settled at a moment. Each moment is an item of its own:
// one that is at work may have looked already at what changes now.
func SettleTx(ctx context.Context, tx *ent.Tx, id ident.ID, at time.Time) error {
	return Settle.Enqueue(ctx, tx, string(id)+"/"+strconv.FormatInt(at.UnixMicro(), 36), Due{id}, at)
}

// TakeSeatTx takes a seat of an offering for a learner of a home, by updates that
// name their condition: of a hundred rivals for ten seats ten get one, and rivals
// wait for the offering's row in the same order on every database. It returns a
// CONFLICT problem when there is none for them, and has taken nothing then.
func TakeSeatTx(ctx context.Context, tx *ent.Tx, id, home ident.ID) error {
	ctx = viewer.AsSystem(ctx)
	row := func() *ent.OfferingUpdate {
		return tx.Offering.Update().Where(offering.ID(id), offering.StateEQ(offering.StatePUBLISHED))
	}
	taken, err := row().Where(func(s *sql.Selector) {
		s.Where(sql.ExprP(s.C(offering.FieldSeatsTaken) + " + " + s.C(offering.FieldSeatsReserved) + " < " + s.C(offering.FieldSeats)))
	}).AddSeatsTaken(1).Save(ctx)
	if err != nil {
		return err
	}
	q, err := quotaOf(ctx, tx, id, home)
	switch {
	case err != nil:
		return err
	case q != nil && q.Kept > 0:
		return takeKept(ctx, tx, q, row, taken > 0)
	case taken == 0:
		return noSeat(ctx, tx, id)
	case q == nil:
		return nil // any seat
	case q.SeatsTaken >= q.Seats:
		return cmp.Or(row().AddSeatsTaken(-1).Exec(ctx), error(QuotaFull(q)))
	}
	return tx.SeatQuota.Update().Where(seatquota.ID(q.ID)).AddSeatsTaken(1).Exec(ctx)
}

// takeKept takes a seat that was kept for a partner. Where a free one was counted
// already, it stays free for others.
func takeKept(ctx context.Context, tx *ent.Tx, q *ent.SeatQuota, row func() *ent.OfferingUpdate, counted bool) error {
	update := row().AddSeatsReserved(-1)
	if !counted {
		update.AddSeatsTaken(1)
	}
	n, err := update.Save(ctx)
	if err != nil {
		return err
	}
	if n > 0 {
		n, err = tx.SeatQuota.Update().Where(seatquota.ID(q.ID), seatquota.KeptGT(0)).AddKept(-1).AddSeatsTaken(1).Save(ctx)
	}
	if err != nil || n > 0 {
		return err
	}
	return noSeat(ctx, tx, q.OfferingID) // called off, or taken by who was faster
}

// quotaOf returns the quota of a home in an offering, nil when it has none. Quotas
// change with their offering's row held, so one that is read after the row was
// written stays as it is.
func quotaOf(ctx context.Context, tx *ent.Tx, id, home ident.ID) (*ent.SeatQuota, error) {
	q, err := tx.SeatQuota.Query().Where(seatquota.OfferingID(id), seatquota.HomeID(home)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return q, err
}

// noSeat says why an offering has no seat.
func noSeat(ctx context.Context, tx *ent.Tx, id ident.ID) error {
	o, err := tx.Offering.Get(ctx, id)
	if err != nil {
		return err
	}
	if o.State != offering.StatePUBLISHED {
		return NoApplications(o)
	}
	return NoSeat(o)
}

// ReturnSeatTx gives a seat back. A seat that was kept for the partner is kept
// again while the time for that lasts.
func ReturnSeatTx(ctx context.Context, tx *ent.Tx, id, home ident.ID, now time.Time) error {
	ctx = viewer.AsSystem(ctx)
	row := tx.Offering.Update().Where(offering.ID(id)).AddSeatsTaken(-1)
	q, err := quotaOf(ctx, tx, id, home)
	if err != nil {
		return err
	}
	if q != nil {
		update := tx.SeatQuota.Update().Where(seatquota.ID(q.ID)).AddSeatsTaken(-1)
		if q.ReservedUntil != nil && q.ReservedUntil.After(now) {
			update.AddKept(1)
			row.AddSeatsReserved(1)
		}
		if err := update.Exec(ctx); err != nil {
			return err
		}
	}
	return row.Exec(ctx)
}

// TakePlaceTx takes the next place on the waitlist. It returns a CONFLICT problem
// when there is none.
func TakePlaceTx(ctx context.Context, tx *ent.Tx, id ident.ID) (int, error) {
	ctx = viewer.AsSystem(ctx)
	n, err := tx.Offering.Update().Where(offering.ID(id), offering.StateEQ(offering.StatePUBLISHED), func(s *sql.Selector) {
		s.Where(sql.ColumnsLT(s.C(offering.FieldWaiting), s.C(offering.FieldWaitlistPlaces)))
	}).AddWaiting(1).AddLastPlace(1).Save(ctx)
	if err != nil {
		return 0, err
	}
	o, err := tx.Offering.Get(ctx, id)
	switch {
	case err != nil:
		return 0, err
	case n > 0:
		return o.LastPlace, nil
	case o.State != offering.StatePUBLISHED:
		return 0, NoApplications(o)
	}
	return 0, NoPlace(o)
}

// ReleaseTx ends the keeping of seats whose time is over. Its caller holds the offering.
func ReleaseTx(ctx context.Context, tx *ent.Tx, id ident.ID, now time.Time) error {
	over := seatquota.And(seatquota.OfferingID(id), seatquota.ReservedUntilLTE(now), seatquota.KeptGT(0))
	quotas, err := tx.SeatQuota.Query().Where(over).All(ctx)
	if err != nil || len(quotas) == 0 {
		return err
	}
	kept := 0
	for _, q := range quotas {
		kept += q.Kept
	}
	if err := tx.SeatQuota.Update().Where(over).SetKept(0).Exec(ctx); err != nil {
		return err
	}
	return tx.Offering.Update().Where(offering.ID(id)).AddSeatsReserved(-kept).Exec(ctx)
}

// Takes says whether a learner of a home finds a seat in an offering of these
// quotas, as TakeSeatTx decides it: Seats is true when one is free for anybody, or
// kept for them, and Quota when the home has some left.
func Takes(o *ent.Offering, quotas []*ent.SeatQuota, home ident.ID) (seats, quota bool) {
	i := slices.IndexFunc(quotas, func(q *ent.SeatQuota) bool { return q.HomeID == home })
	if i >= 0 && quotas[i].Kept > 0 {
		return true, true
	}
	return FreeToAll(o) > 0, i < 0 || quotas[i].SeatsTaken < quotas[i].Seats
}

// FreeToAll is how many seats are free and kept for nobody.
func FreeToAll(o *ent.Offering) int { return max(o.Seats-o.SeatsTaken-o.SeatsReserved, 0) }

// NoApplications says that an offering is in a state that takes nobody.
func NoApplications(o *ent.Offering) *problem.Error {
	return problem.New(problem.Conflict, "this offering is %s and takes no applications", o.State).With(problem.Transition{From: string(o.State)})
}

// NoSeat says that an offering has no free seat.
func NoSeat(o *ent.Offering) *problem.Error {
	return problem.New(problem.Conflict, "all %d seats of this offering are taken", o.Seats).With(problem.Seats(o.Seats))
}

// NoPlace says that an offering has no free place on its waitlist.
func NoPlace(o *ent.Offering) *problem.Error {
	return problem.New(problem.Conflict, "all %d places on the waitlist are taken", o.WaitlistPlaces).With(problem.Seats(o.WaitlistPlaces))
}

// QuotaFull says that a partner has no seat left.
func QuotaFull(q *ent.SeatQuota) *problem.Error {
	return problem.New(problem.Conflict, "all %d seats for learners of this institution are taken", q.Seats).With(problem.Seats(q.Seats))
}

// seatsTaken counts the seats that learners of each home hold in an offering,
// whether or not the home has a quota yet.
func seatsTaken(ctx context.Context, tx *ent.Tx, offering ident.ID, homes []ident.ID) (map[ident.ID]int, error) {
	var rows []struct {
		HomeID ident.ID `json:"home_id"`
		Count  int      `json:"count"`
	}
	err := tx.Application.Query().
		Where(application.OfferingID(offering), application.StateIn(Seated...), application.HomeIDIn(homes...)).
		GroupBy(application.FieldHomeID).Aggregate(ent.Count()).Scan(viewer.AsSystem(ctx), &rows)
	taken := map[ident.ID]int{}
	for _, r := range rows {
		taken[r.HomeID] = r.Count
	}
	return taken, err
}
