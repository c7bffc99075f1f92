package catalogue

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/draw"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/lot"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// checkDraw returns when the seats are drawn, nil where they are not. A draw is
// held once nobody can apply any more: at that moment, or later, when homes have
// had time to nominate.
func (n NewOffering) checkDraw(w offeringValues) (*time.Time, error) {
	var at *string
	if n.Waitlist != nil {
		at = n.Waitlist.DrawsAt
	}
	if *w.waitlist.Order != offering.WaitlistOrderDRAW {
		return nil, problem.If(at != nil, problem.New(problem.Invalid, "only the order DRAW takes this").At("input", "waitlist", "drawsAt"))
	}
	found := []error{
		problem.If(n.admission() != offering.AdmissionAUTOMATIC,
			problem.New(problem.Invalid, "a draw gives the seats; it takes the admission AUTOMATIC").At("input", "admission")),
		problem.If(n.Schedule != offering.ScheduleCOHORT,
			problem.New(problem.Invalid, "a draw needs a deadline, which only a cohort has").At("input", "waitlist", "order")),
	}
	last := w.closes
	for _, window := range w.windows {
		if last != nil && window.ClosesAt != nil && window.ClosesAt.After(*last) {
			last = window.ClosesAt
		}
	}
	if at == nil || last == nil {
		return last, problem.Join(found...)
	}
	draws, err := vocab.Instant(*at, n.Zone, "input", "waitlist", "drawsAt")
	if err == nil && draws.Before(*last) {
		err = problem.New(problem.Invalid, "the draw is held before applications close").At("input", "waitlist", "drawsAt")
	}
	return &draws, problem.Join(append(found, err)...)
}

// commit makes the draw of an offering that is about to be published. Everybody
// sees the commitment to the seed before anybody applies.
func (s *Service) commit(ctx context.Context, tx *ent.Tx, o *ent.Offering) error {
	if o.DrawsAt == nil {
		return nil
	}
	seed := lot.NewSeed()
	commitment := lot.Commitment(string(o.ID), seed)
	sealed, err := keyring.SealText(s.KEK, seed, commitment, sealedDraw(o.InstitutionID))
	if err != nil {
		return err
	}
	if err := tx.Draw.Create().SetOfferingID(o.ID).SetInstitutionID(o.InstitutionID).SetState(draw.StateCOMMITTED).
		SetCommitment(commitment).SetSealed(sealed).SetCreatedAt(vocab.Now(s.Now)).Exec(ctx); err != nil {
		return err
	}
	return SettleTx(ctx, tx, o.ID, *o.DrawsAt)
}

// SeedOf opens the seed of a draw that is about to be held.
func SeedOf(kek keyring.KEK, d *ent.Draw) (string, error) {
	return keyring.OpenText(kek, vocab.OrZero(d.Sealed), d.Commitment, sealedDraw(d.InstitutionID))
}

func sealedDraw(institution ident.ID) keyring.Owner {
	return keyring.Owner{Institution: string(institution), Purpose: "draw"}
}

// putOff has a draw held at its new time. The time of one that was held stays,
// also where applications are opened again: who comes then comes after.
func putOff(ctx context.Context, tx *ent.Tx, o *ent.Offering, w *offeringValues, now time.Time) error {
	switch {
	case o.State != offering.StatePUBLISHED || o.DrawsAt == nil:
		return nil
	case !now.Before(*o.DrawsAt):
		w.draws = o.DrawsAt
		return nil
	case w.draws.Equal(*o.DrawsAt):
		return nil
	}
	return SettleTx(ctx, tx, o.ID, *w.draws)
}
