package catalogue

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/seatquota"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// setQuotas makes the quotas of an offering those that are given. Its caller
// has written the offering's row in the same transaction, so that nobody is
// admitted meanwhile. It returns an INVALID or NOT_FOUND problem for each quota
// of the provider itself or of an unknown institution, and a CONFLICT problem
// for each one with fewer seats than its learners have taken, or that would keep
// seats which others have.
func setQuotas(ctx context.Context, tx *ent.Tx, o *ent.Offering, quotas []Quota, until []*time.Time, now time.Time) error {
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
	reserved := 0
	for i, q := range quotas {
		kept := 0
		if until[i] != nil && until[i].After(now) {
			kept = q.Seats - taken[q.InstitutionID]
			if err := SettleTx(ctx, tx, o.ID, *until[i]); err != nil {
				return err
			}
		}
		reserved += kept
		at := slices.IndexFunc(have, func(have *ent.SeatQuota) bool { return have.HomeID == q.InstitutionID })
		if at < 0 {
			err = tx.SeatQuota.Create().SetOfferingID(o.ID).SetHomeID(q.InstitutionID).SetSeats(q.Seats).SetSeatsTaken(taken[q.InstitutionID]).
				SetNillableReservedUntil(until[i]).SetKept(kept).Exec(ctx)
		} else {
			update := tx.SeatQuota.Update().Where(seatquota.ID(have[at].ID)).SetSeats(q.Seats).SetKept(kept)
			storage.Set(until[i], update.Mutation().SetReservedUntil, update.Mutation().ClearReservedUntil)
			err = update.Exec(ctx)
		}
		if err != nil {
			return err
		}
	}
	if o.SeatsTaken+reserved > o.Seats {
		return problem.New(problem.Conflict, "%d seats are taken already, and %d cannot be kept besides", o.SeatsTaken, reserved).At("input", "quotas")
	}
	return tx.Offering.Update().Where(offering.ID(o.ID)).SetSeatsReserved(reserved).Exec(ctx)
}
