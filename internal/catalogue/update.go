package catalogue

import (
	"cmp"
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// OfferingUpdate replaces all that an offering says, but not its course: what
// it leaves out is removed.
type OfferingUpdate struct {
	OfferingID ident.ID
	NewOffering
}

// UpdateOffering replaces what an offering says. A draft may change in every
// way. Of a published one, whose learners have planned with it,
//
//   - schedule, time zone, language, form, fee, call and order of the waitlist stay;
//   - windows may be extended, or opened again once they are over, never cut;
//   - a draw may be put off until it is held, never brought forward;
//   - seats and quotas are never fewer than those taken; who waits is offered new ones;
//   - days, sessions, place, funding and the rest of the waitlist may change;
//   - so may questions and requirements: what was submitted keeps the questions that
//     it answers.
//
// It returns an INVALID problem for each broken or contradictory value, and a
// CONFLICT problem for each one that may not change, all at once.
func (s *Service) UpdateOffering(ctx context.Context, u OfferingUpdate) (*ent.Offering, error) {
	n := u.NewOffering
	w, invalid := n.check()
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Offering, error) {
		o, err := holdOffering(ctx, tx, u.OfferingID, toChange)
		if err != nil {
			return nil, err
		}
		if offeringStates.Final(o.State) {
			return nil, errFinal(o)
		}
		if err := problem.Join(invalid, allowed(o, n, w, vocab.Now(s.Now)), s.required(ctx, tx, o.CourseID, n), joins(ctx, tx, o.InstitutionID, n.CallID)); err != nil {
			return nil, err
		}
		now := vocab.Now(s.Now)
		if err := putOff(ctx, tx, o, &w, now); err != nil {
			return nil, err
		}
		update := tx.Offering.Update().Where(offering.ID(o.ID))
		w.fill(update.Mutation(), n)
		if err := update.Exec(ctx); err != nil {
			return nil, err
		}
		o.Seats = n.Seats
		if err := setQuotas(ctx, tx, o, n.Quotas, w.reserved, now); err != nil {
			return nil, err
		}
		if o.State == offering.StatePUBLISHED && o.Waiting > 0 {
			if err := SettleTx(ctx, tx, o.ID, now); err != nil {
				return nil, err
			}
		}
		return ledger.Noted(ctx, tx, nil, toChange, ofOffering(o), tx.Offering.Get)
	})
}

func errFinal(o *ent.Offering) error {
	return problem.New(problem.Conflict, "this offering is %s and does not change any more", o.State).With(problem.Transition{From: string(o.State)})
}

// allowed returns a CONFLICT problem for each value that the state of the
// offering forbids.
func allowed(o *ent.Offering, n NewOffering, w offeringValues, now time.Time) error {
	if o.State != offering.StatePUBLISHED {
		return nil
	}
	var found []error
	for _, f := range []struct {
		field string
		same  bool
	}{
		{"schedule", n.Schedule == o.Schedule}, {"timeZone", n.Zone == o.Zone}, {"language", n.Language == o.Language}, {"mode", n.Mode == o.Mode},
		{"feeCents", vocab.OrZero(n.FeeCents) == o.FeeCents}, {"feeCurrency", currencyOf(n) == o.FeeCurrency},
		{"admission", n.admission() == o.Admission},
		{"callId", vocab.OrZero(n.CallID) == vocab.OrZero(o.CallID)},
		{"waitlist", w.waitlist.Order == nil || *w.waitlist.Order == o.WaitlistOrder},
	} {
		found = append(found, problem.If(!f.same,
			problem.New(problem.Conflict, "this offering is published: this does not change any more").At("input", f.field)))
	}
	found = append(found, problem.If(w.waitlist.Places < o.Waiting,
		problem.New(problem.Conflict, "%d learners wait already", o.Waiting).At("input", "waitlist")))
	found = append(found, problem.If(o.DrawsAt != nil && now.Before(*o.DrawsAt) && w.draws != nil && w.draws.Before(*o.DrawsAt),
		problem.New(problem.Conflict, "this offering is published: its draw may be put off, but not brought forward").At("input", "waitlist", "drawsAt")))
	found = append(found, problem.If(n.Seats < o.SeatsTaken,
		problem.New(problem.Conflict, "%d seats are taken already, which are more than %d", o.SeatsTaken, n.Seats).At("input", "seats")))
	return problem.Join(append(found, keepsWindows(o, n, w, now))...)
}

func currencyOf(n NewOffering) string {
	return *cmp.Or(n.FeeCurrency, new(offering.DefaultFeeCurrency))
}

// fill puts the values into an offering that is made or changed.
func (w offeringValues) fill(m *ent.OfferingMutation, n NewOffering) {
	m.SetSchedule(n.Schedule)
	m.SetZone(n.Zone)
	m.SetOpensAt(w.opens)
	storage.Set(w.closes, m.SetClosesAt, m.ClearClosesAt)
	m.SetWindows(w.windows)
	storage.Set(n.StartsOn, m.SetStartsOn, m.ClearStartsOn)
	storage.Set(n.EndsOn, m.SetEndsOn, m.ClearEndsOn)
	m.SetSeats(n.Seats)
	m.SetLanguage(n.Language)
	m.SetMode(n.Mode)
	m.SetPlace(w.place)
	m.SetFunding(w.funding)
	m.SetFeeCents(vocab.OrZero(n.FeeCents))
	m.SetFeeCurrency(currencyOf(n))
	m.SetSessions(w.sessions)
	m.SetQuestions(w.questions)
	m.SetRequirements(w.requirements)
	m.SetAsks(w.asks)
	m.SetAdmission(n.admission())
	m.SetWaitlistPlaces(w.waitlist.Places)
	m.SetWaitlistOrder(*w.waitlist.Order)
	m.SetOfferHours(*w.waitlist.OfferHours)
	storage.Set(w.draws, m.SetDrawsAt, m.ClearDrawsAt)
	storage.Set(n.CallID, m.SetCallID, m.ClearCallID)
}
