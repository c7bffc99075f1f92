package catalogue

import (
	"context"
	"slices"
	"strconv"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/seatquota"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// setQuotas makes the quotas of an offering those that are given. Its caller
// has written the offering's row in the same transaction, so that nobody is
// admitted meanwhile. It returns an INVALID or NOT_FOUND problem for each quota
// of the provider itself or of an unknown institution, and a CONFLICT problem
// for each one with fewer seats than its learners have taken.
func setQuotas(ctx context.Context, tx *ent.Tx, o *ent.Offering, quotas []Quota) error {
	have, err := tx.SeatQuota.Query().Where(seatquota.OfferingID(o.ID)).All(ctx)
	if err != nil {
		return err
	}
	if len(quotas)+len(have) == 0 {
		return nil
	}
	homes := vocab.Each(quotas, func(q Quota) ident.ID { return q.InstitutionID })
	known, err := tx.Institution.Query().Where(institution.IDIn(homes...)).IDs(ctx)
	if err != nil {
		return err
	}
	taken, err := seatsTaken(ctx, tx, o.ID, homes)
	if err != nil {
		return err
	}
	var found []error
	for i, q := range quotas {
		at := func(p *problem.Error, field string) {
			found = append(found, p.At("input", "quotas", strconv.Itoa(i), field))
		}
		switch {
		case q.InstitutionID == o.InstitutionID:
			at(problem.New(problem.Invalid, "a quota is for another institution than the provider"), "institutionId")
		case !slices.Contains(known, q.InstitutionID):
			at(problem.Missing("institution"), "institutionId")
		case q.Seats < taken[q.InstitutionID]:
			at(problem.New(problem.Conflict, "%d seats are taken already, which are more than %d", taken[q.InstitutionID], q.Seats), "seats")
		}
	}
	if err := problem.Join(found...); err != nil {
		return err
	}
	if _, err := tx.SeatQuota.Delete().Where(seatquota.OfferingID(o.ID), seatquota.HomeIDNotIn(homes...)).Exec(ctx); err != nil {
		return err
	}
	for _, q := range quotas {
		i := slices.IndexFunc(have, func(have *ent.SeatQuota) bool { return have.HomeID == q.InstitutionID })
		if i < 0 {
			err = tx.SeatQuota.Create().SetOfferingID(o.ID).SetHomeID(q.InstitutionID).SetSeats(q.Seats).SetSeatsTaken(taken[q.InstitutionID]).Exec(ctx)
		} else if have[i].Seats != q.Seats {
			err = tx.SeatQuota.Update().Where(seatquota.ID(have[i].ID)).SetSeats(q.Seats).Exec(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// seatsTaken counts the seats that learners of each home hold in an offering,
// whether or not the home has a quota yet.
func seatsTaken(ctx context.Context, tx *ent.Tx, offering ident.ID, homes []ident.ID) (map[ident.ID]int, error) {
	var rows []struct {
		HomeID ident.ID `json:"home_id"`
		Count  int      `json:"count"`
	}
	err := tx.Application.Query().
		Where(application.OfferingID(offering), application.StateEQ(application.StateADMITTED), application.HomeIDIn(homes...)).
		GroupBy(application.FieldHomeID).Aggregate(ent.Count()).Scan(viewer.AsSystem(ctx), &rows)
	taken := map[ident.ID]int{}
	for _, r := range rows {
		taken[r.HomeID] = r.Count
	}
	return taken, err
}

// TakeQuotaTx takes one of the seats that learners of a home may have in an
// offering; a home without a quota may have any seat. Its caller has taken the
// seat of the offering itself before, so that rivals wait there in one order.
// It returns a CONFLICT problem when the quota is used up, and then its caller
// rolls the transaction back.
func TakeQuotaTx(ctx context.Context, tx *ent.Tx, offering, home ident.ID) error {
	// Taken first and counted afterwards: an update sees what others committed
	// since the transaction first read, and the transaction sees its own update.
	mine := seatquota.And(seatquota.OfferingID(offering), seatquota.HomeID(home))
	n, err := tx.SeatQuota.Update().Where(mine).AddSeatsTaken(1).Save(viewer.AsSystem(ctx))
	if err != nil || n == 0 {
		return err
	}
	q, err := tx.SeatQuota.Query().Where(mine).Only(ctx)
	if err != nil {
		return err
	}
	return problem.If(q.SeatsTaken > q.Seats,
		problem.New(problem.Conflict, "all %d seats for learners of this institution are taken", q.Seats).With(problem.Seats(q.Seats)))
}

// ReturnQuotaTx gives such a seat back.
func ReturnQuotaTx(ctx context.Context, tx *ent.Tx, offering, home ident.ID) error {
	return tx.SeatQuota.Update().Where(seatquota.OfferingID(offering), seatquota.HomeID(home), seatquota.SeatsTakenGT(0)).
		AddSeatsTaken(-1).Exec(viewer.AsSystem(ctx))
}
