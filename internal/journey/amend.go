package journey

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/amendment"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Change is what a correction or an annulment has done to a result.
type Change struct {
	Before, After *ent.Result
	Enrolment     *ent.Enrolment // as it was
}

// Passed says whether a result is final and passed.
func Passed(r *ent.Result) bool {
	return r.State == result.StateCONFIRMED && r.Outcome == result.OutcomePASSED
}

// Follower is an area in which things rest on results. It says what it does where a
// result changes, and does it: the preview of a correction is that same step, taken
// back.
type Follower interface {
	FollowTx(ctx context.Context, tx *ent.Tx, c Change) ([]vocab.Effect, error)
}

// Correction is what a result is to say instead.
type Correction struct {
	ResultID        ident.ID
	ExpectedVersion *int
	Mark
	Reason         string
	IdempotencyKey *string
}

// Annulment has a result count for nothing.
type Annulment struct {
	ResultID        ident.ID
	ExpectedVersion *int
	Reason          string
	IdempotencyKey  *string
}

// Approval makes an amendment that somebody else has proposed.
type Approval struct {
	AmendmentID    ident.ID
	IdempotencyKey *string
}

// Dismissal does not make an amendment.
type Dismissal struct {
	AmendmentID    ident.ID
	Reason         string
	IdempotencyKey *string
}

// maxAmendments bounds how often one result is amended.
const maxAmendments = 20

// provisional returns nil for a result that may be revised.
func provisional(r *ent.Result) error {
	return problem.If(r.State != result.StateRECORDED,
		problem.New(problem.Conflict, "this result is %s and not provisional any more; it is corrected", r.State).With(problem.Transition{From: string(r.State)}))
}

// corrigible returns nil for a result that may be corrected.
func corrigible(r *ent.Result) error {
	return problem.If(r.State != result.StateCONFIRMED,
		problem.New(problem.Conflict, "this result is %s; only a confirmed one is corrected", r.State).With(problem.Transition{From: string(r.State)}))
}

func unchanged(r *ent.Result, expected *int) error {
	return problem.If(expected != nil && *expected != r.Version,
		problem.New(problem.Conflict, "the result has changed meanwhile; look at it again").At("input", "expectedVersion").With(problem.Version(r.Version)))
}

func needReason(text string) (string, error) {
	return vocab.LineOr(problem.New(problem.Invalid, "a change needs a reason"), maxReason, text, "input", "reason")
}

// held is a result that its caller holds, by its enrolment, with what it is checked against.
type held struct {
	result *ent.Result
	known  recorded
}

func (h held) enrolment() *ent.Enrolment { return h.known.enrolments[h.result.EnrolmentID] }
func (h held) host() *ent.Institution    { return h.known.hosts[h.result.HostID] }

func (s *Service) holdResult(ctx context.Context, tx *ent.Tx, id ident.ID, field ...string) (h held, err error) {
	r, err := tx.Result.Get(ctx, id)
	if err != nil {
		return h, storage.Found(err, "result", field...)
	}
	if h.known, err = holdEnrolments(ctx, tx, []ident.ID{r.EnrolmentID}); err != nil {
		return h, err
	}
	h.result, err = tx.Result.Get(ctx, id) // as it stands now that nobody else moves it
	return h, err
}

// Revise changes a provisional result. Nobody but the host knew of it.
func (s *Service) Revise(ctx context.Context, c Correction) (*ent.Result, error) {
	v := viewer.From(ctx)
	return idempotency.Write(ctx, s.DB, idempotency.Of(toRevise, c.IdempotencyKey, c), s.DB.Result.Get, func(tx *ent.Tx) (*ent.Result, error) {
		h, err := s.holdResult(ctx, tx, c.ResultID, "input", "resultId")
		if err != nil {
			return nil, err
		}
		if err := cmp.Or(toRevise.Require(ctx, h.result.HostID), authz.RequireOther(ctx, h.result.LearnerID), unchanged(h.result, c.ExpectedVersion), provisional(h.result)); err != nil {
			return nil, err
		}
		reason, err := needReason(c.Reason)
		if err != nil {
			return nil, err
		}
		got, err := s.read(ctx, tx, c.Mark, h.known, h.enrolment())
		if err != nil {
			return nil, err
		}
		// Who has changed it has recorded it: somebody else looks at it a second time.
		update := tx.Result.Update().
			Where(result.ID(h.result.ID), result.StateEQ(result.StateRECORDED)).
			SetNillableRecordedByID(v.ByPerson()).
			SetNillableRecordedByClientID(v.ByClient())
		if v.ByPerson() == nil {
			update.ClearRecordedByID()
		} else {
			update.ClearRecordedByClientID()
		}
		after, err := s.say(ctx, tx, h.result, got, update)
		if err != nil {
			return nil, err
		}
		return after, s.noted(ctx, tx, toRevise, reason, []*ent.Result{after})
	})
}

// Discard throws a provisional result away, such as one of another learner. Nobody
// but the host knew of it.
func (s *Service) Discard(ctx context.Context, a Annulment) (*ent.Result, error) {
	return idempotency.Write(ctx, s.DB, idempotency.Of(toThrowAway, a.IdempotencyKey, a), s.DB.Result.Get, func(tx *ent.Tx) (*ent.Result, error) {
		h, err := s.holdResult(ctx, tx, a.ResultID, "input", "resultId")
		if err != nil {
			return nil, err
		}
		reason, invalid := needReason(a.Reason)
		if err := cmp.Or(toThrowAway.Require(ctx, h.result.HostID), authz.RequireOther(ctx, h.result.LearnerID),
			unchanged(h.result, a.ExpectedVersion), provisional(h.result), invalid); err != nil {
			return nil, err
		}
		if err := storage.Move(ctx, resultStates, h.result.ID, h.result.State, result.StateDISCARDED, tx.Result.Update().AddVersion(1)); err != nil {
			return nil, err
		}
		after, err := tx.Result.Get(ctx, h.result.ID)
		if err != nil {
			return nil, err
		}
		return after, s.noted(ctx, tx, toThrowAway, reason, []*ent.Result{after})
	})
}

// say has a result say something else.
func (s *Service) say(ctx context.Context, tx *ent.Tx, r *ent.Result, got vocab.Achieved, update *ent.ResultUpdate) (*ent.Result, error) {
	update.SetOutcome(result.Outcome(got.Outcome)).SetScale(got.Scale).SetEcts(got.ECTS).SetAchievedOn(got.AchievedOn).AddVersion(1)
	m := update.Mutation()
	storage.Set(got.Grade, m.SetGrade, m.ClearGrade)
	storage.Set(got.SecondGrade, m.SetSecondGrade, m.ClearSecondGrade)
	storage.Set(got.SecondScale, m.SetSecondScale, m.ClearSecondScale)
	if n, err := update.Save(ctx); err != nil || n != 1 {
		return nil, cmp.Or(err, error(problem.Raced("result", r.ID)))
	}
	return tx.Result.Get(ctx, r.ID)
}

// Correct has a confirmed result say something else, with all that rests on it. At a
// host that asks for a second person it waits for one.
func (s *Service) Correct(ctx context.Context, c Correction) (*ent.Amendment, error) {
	return s.foreseen(func(effects []vocab.Effect) (*ent.Amendment, error) {
		return s.amend(ctx, idempotency.Of(toCorrect, c.IdempotencyKey, c), func(ctx context.Context, tx *ent.Tx) (*ent.Amendment, error) {
			return s.correct(ctx, tx, c, mode{effects: effects})
		})
	}, func() (*ent.Amendment, error) {
		return s.tryOut(ctx, func(tx *ent.Tx) (*ent.Amendment, error) { return s.correct(ctx, tx, c, mode{preview: true}) })
	})
}

// mode is how an amendment is made: for good, or to be taken back.
type mode struct {
	preview bool
	effects []vocab.Effect // what one that waits will change; nil: nobody has looked yet
}

// errUnforeseen tells that an amendment waits, and nobody has looked at what it will change.
var errUnforeseen = errors.New("journey: an amendment that waits says what it will change")

// foreseen makes an amendment. Where it waits for a second person it is made once
// before, and taken back: so that person sees what it will change.
func (s *Service) foreseen(amend func([]vocab.Effect) (*ent.Amendment, error), tryOut func() (*ent.Amendment, error)) (*ent.Amendment, error) {
	a, err := amend(nil)
	if !errors.Is(err, errUnforeseen) {
		return a, err
	}
	tried, err := tryOut()
	if err != nil {
		return nil, err
	}
	return amend(tried.Effects)
}

func (s *Service) correct(ctx context.Context, tx *ent.Tx, c Correction, how mode) (*ent.Amendment, error) {
	h, err := s.holdResult(ctx, tx, c.ResultID, "input", "resultId")
	if err != nil {
		return nil, err
	}
	reason, invalid := needReason(c.Reason)
	if err := cmp.Or(toCorrect.Require(ctx, h.result.HostID), authz.RequireOther(ctx, h.result.LearnerID),
		unchanged(h.result, c.ExpectedVersion), corrigible(h.result), invalid); err != nil {
		return nil, err
	}
	got, err := s.read(ctx, tx, c.Mark, h.known, h.enrolment())
	if err != nil {
		return nil, err
	}
	return s.propose(ctx, tx, h, amendment.KindCORRECTION, &got, reason, how)
}

// Annul has a confirmed result count for nothing, with all that rests on it. At a
// host that asks for a second person it waits for one.
func (s *Service) Annul(ctx context.Context, a Annulment) (*ent.Amendment, error) {
	return s.foreseen(func(effects []vocab.Effect) (*ent.Amendment, error) {
		return s.amend(ctx, idempotency.Of(toAnnul, a.IdempotencyKey, a), func(ctx context.Context, tx *ent.Tx) (*ent.Amendment, error) {
			return s.annul(ctx, tx, a, mode{effects: effects})
		})
	}, func() (*ent.Amendment, error) {
		return s.tryOut(ctx, func(tx *ent.Tx) (*ent.Amendment, error) { return s.annul(ctx, tx, a, mode{preview: true}) })
	})
}

func (s *Service) annul(ctx context.Context, tx *ent.Tx, a Annulment, how mode) (*ent.Amendment, error) {
	h, err := s.holdResult(ctx, tx, a.ResultID, "input", "resultId")
	if err != nil {
		return nil, err
	}
	reason, invalid := needReason(a.Reason)
	if err := cmp.Or(toAnnul.Require(ctx, h.result.HostID), authz.RequireOther(ctx, h.result.LearnerID), unchanged(h.result, a.ExpectedVersion),
		resultStates.Check(h.result.State, result.StateANNULLED), invalid); err != nil {
		return nil, err
	}
	return s.propose(ctx, tx, h, amendment.KindANNULMENT, nil, reason, how)
}

// amend runs a verb about an amendment in one transaction, once for a key.
func (s *Service) amend(ctx context.Context, call idempotency.Call, fn func(context.Context, *ent.Tx) (*ent.Amendment, error)) (*ent.Amendment, error) {
	return idempotency.Write(ctx, s.DB, call, s.DB.Amendment.Get, func(tx *ent.Tx) (a *ent.Amendment, err error) {
		err = ledger.Together(ctx, tx, func(ctx context.Context) error {
			a, err = fn(ctx, tx)
			return err
		})
		return a, err
	})
}

// errTakenBack ends the transaction of a preview.
var errTakenBack = errors.New("journey: a preview is taken back")

// PreviewCorrection says what a correction would change beside the result. It is
// the correction itself, taken back: so it never says anything else.
func (s *Service) PreviewCorrection(ctx context.Context, c Correction) ([]vocab.Effect, error) {
	return s.preview(ctx, func(tx *ent.Tx) (*ent.Amendment, error) { return s.correct(ctx, tx, c, mode{preview: true}) })
}

// PreviewAnnulment says what an annulment would change beside the result.
func (s *Service) PreviewAnnulment(ctx context.Context, a Annulment) ([]vocab.Effect, error) {
	return s.preview(ctx, func(tx *ent.Tx) (*ent.Amendment, error) { return s.annul(ctx, tx, a, mode{preview: true}) })
}

func (s *Service) preview(ctx context.Context, fn func(*ent.Tx) (*ent.Amendment, error)) ([]vocab.Effect, error) {
	a, err := s.tryOut(ctx, fn)
	if err != nil {
		return nil, err
	}
	return EffectsFor(ctx, a), nil
}

// tryOut makes an amendment, takes it back, and returns what it was.
func (s *Service) tryOut(ctx context.Context, fn func(*ent.Tx) (*ent.Amendment, error)) (a *ent.Amendment, err error) {
	if _, err := authz.SignedIn(ctx); err != nil {
		return nil, err
	}
	err = storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		if a, err = fn(tx); err != nil {
			return err
		}
		return errTakenBack
	})
	if !errors.Is(err, errTakenBack) {
		return nil, err
	}
	return a, nil
}

// propose stores an amendment and makes it, or has it wait for a second person: then
// it says what it will change, as things stand.
func (s *Service) propose(ctx context.Context, tx *ent.Tx, h held, kind amendment.Kind, says *vocab.Achieved, reason string, how mode) (*ent.Amendment, error) {
	v, r, now := viewer.From(ctx), h.result, vocab.Now(s.Now)
	waits := h.host().ResultConfirmation == institution.ResultConfirmationREQUIRED
	if err := storage.IfFull(ctx, tx.Amendment.Query().Where(amendment.ResultID(r.ID)), maxAmendments,
		problem.New(problem.Limited, "this result was amended %d times already, no more are possible", maxAmendments)); err != nil {
		return nil, err
	}
	a := &ent.Amendment{ResultID: r.ID, Kind: kind, Achieved: says, Reason: reason}
	create := tx.Amendment.Create().SetResultID(r.ID).SetLearnerID(r.LearnerID).SetHomeID(r.HomeID).SetHostID(r.HostID).SetKind(kind).
		SetResultVersion(r.Version).SetAchieved(says).SetReason(reason).
		SetNillableProposedByID(v.ByPerson()).SetNillableProposedByClientID(v.ByClient()).SetProposedAt(now)
	if waits && !how.preview {
		if how.effects == nil {
			return nil, errUnforeseen
		}
		create.SetState(amendment.StatePROPOSED).SetEffects(how.effects).SetLiveKey(string(r.ID))
		return ledger.Made(ctx, tx, toPropose, ofAmendment, errProposed, create)
	}
	if err := storage.IfAny(ctx, tx.Amendment.Query().Where(amendment.LiveKey(string(r.ID))), errProposed); err != nil {
		return nil, err
	}
	effects, err := s.change(ctx, tx, h, a)
	if err != nil {
		return nil, err
	}
	return create.SetState(amendment.StateMADE).SetEffects(effects).SetDecidedAt(now).Save(ctx)
}

var errProposed = problem.New(problem.Conflict, "an amendment of this result waits for a second person already")

// change makes an amendment: the result, its enrolment, and all that rests on it.
func (s *Service) change(ctx context.Context, tx *ent.Tx, h held, a *ent.Amendment) ([]vocab.Effect, error) {
	r, e, now := h.result, h.enrolment(), vocab.Now(s.Now)
	c := Change{Before: r, Enrolment: e}
	verb, err := toCorrect, error(nil)
	if a.Kind == amendment.KindANNULMENT {
		verb = toAnnul
		update := tx.Result.Update().SetAnnulledAt(now).AddVersion(1)
		if err = storage.Move(ctx, resultStates, r.ID, r.State, result.StateANNULLED, update); err == nil {
			c.After, err = tx.Result.Get(ctx, r.ID)
		}
	} else {
		if a.Achieved.Outcome == string(result.OutcomePASSED) {
			if err := passesOnce(h.known.attempts[e.ID], r); err != nil {
				return nil, err
			}
		}
		c.After, err = s.say(ctx, tx, r, *a.Achieved, tx.Result.Update().Where(result.ID(r.ID), result.StateEQ(result.StateCONFIRMED)).SetCorrectedAt(now))
	}
	if err != nil {
		return nil, err
	}
	if err := s.noted(ctx, tx, verb, a.Reason, []*ent.Result{c.After}); err != nil {
		return nil, err
	}
	effects, err := s.follow(ctx, tx, c)
	for _, f := range s.Followers {
		if err != nil {
			return nil, err
		}
		var more []vocab.Effect
		more, err = f.FollowTx(ctx, tx, c)
		effects = append(effects, more...)
	}
	return effects, err
}

// passesOnce returns nil unless another attempt has passed: nobody earns the credits
// of a course twice.
func passesOnce(attempts []*ent.Result, r *ent.Result) error {
	i := slices.IndexFunc(attempts, func(a *ent.Result) bool { return a.ID != r.ID && Passed(a) })
	return problem.If(i >= 0, problem.New(problem.Conflict, "another attempt has passed already"))
}

// follow moves the enrolment with its result: it is passed by a confirmed pass, and
// takes results again when that is none any more.
func (s *Service) follow(ctx context.Context, tx *ent.Tx, c Change) ([]vocab.Effect, error) {
	e := c.Enrolment
	effects := []vocab.Effect{}
	did := func(kind vocab.EffectKind, after enrolment.State) {
		effects = append(effects, vocab.Effect{Kind: kind, ID: e.ID, Before: string(e.State), After: string(after)})
	}
	switch was, is := Passed(c.Before), Passed(c.After); {
	case was && !is && e.State == enrolment.StateCOMPLETED:
		update := tx.Enrolment.Update().ClearEndedAt()
		if err := storage.Move(ctx, enrolmentStates, e.ID, e.State, enrolment.StateSTARTED, update); err != nil {
			return nil, err
		}
		if err := ledger.Note(ctx, tx, toResume, ofEnrolment(e, e.ID)); err != nil {
			return nil, err
		}
		did(vocab.EnrolmentReopened, enrolment.StateSTARTED)
	case !was && is:
		if err := takesResults(e); err != nil {
			return nil, err
		}
		if err := s.complete(ctx, tx, []*ent.Enrolment{e}); err != nil {
			return nil, err
		}
		did(vocab.EnrolmentCompleted, enrolment.StateCOMPLETED)
	}
	for _, at := range []ident.ID{c.After.HostID, c.After.HomeID} {
		effects = append(effects, vocab.Effect{Kind: vocab.TranscriptChanged, ID: at, Before: line(c.Before), After: line(c.After)})
	}
	return effects, nil
}

// line is what a transcript says of a result.
func line(r *ent.Result) string {
	if r.State != result.StateCONFIRMED {
		return string(r.State)
	}
	if r.Grade == nil {
		return string(r.Outcome)
	}
	return string(r.Outcome) + " " + *r.Grade
}

// Approve makes an amendment that somebody else has proposed.
func (s *Service) Approve(ctx context.Context, in Approval) (*ent.Amendment, error) {
	return s.amend(ctx, idempotency.Of(toApprove, in.IdempotencyKey, in), func(ctx context.Context, tx *ent.Tx) (*ent.Amendment, error) {
		a, h, err := s.holdAmendment(ctx, tx, in.AmendmentID)
		if err != nil {
			return nil, err
		}
		if err := cmp.Or(toApprove.Require(ctx, a.HostID), authz.RequireOther(ctx, a.LearnerID), proposed(a), madeByAnother(viewer.From(ctx), a), current(a, h.result)); err != nil {
			return nil, err
		}
		effects, err := s.change(ctx, tx, h, a)
		if err != nil {
			return nil, err
		}
		return s.decided(ctx, tx, toApprove, a, amendment.StateMADE, func(u *ent.AmendmentUpdate) { u.SetEffects(effects) })
	})
}

// Dismiss does not make an amendment. Who has proposed it may think better of it.
func (s *Service) Dismiss(ctx context.Context, in Dismissal) (*ent.Amendment, error) {
	return s.amend(ctx, idempotency.Of(toDismiss, in.IdempotencyKey, in), func(ctx context.Context, tx *ent.Tx) (*ent.Amendment, error) {
		a, _, err := s.holdAmendment(ctx, tx, in.AmendmentID)
		if err != nil {
			return nil, err
		}
		reason, invalid := needReason(in.Reason)
		if err := cmp.Or(toDismiss.Require(ctx, a.HostID), authz.RequireOther(ctx, a.LearnerID), proposed(a), invalid); err != nil {
			return nil, err
		}
		return s.decided(ctx, tx, toDismiss, a, amendment.StateDISMISSED, func(u *ent.AmendmentUpdate) { u.SetDismissal(reason) })
	})
}

func (s *Service) holdAmendment(ctx context.Context, tx *ent.Tx, id ident.ID) (*ent.Amendment, held, error) {
	a, err := tx.Amendment.Get(ctx, id)
	if err != nil {
		return nil, held{}, storage.Found(err, "amendment", "input", "amendmentId")
	}
	h, err := s.holdResult(ctx, tx, a.ResultID)
	if err != nil {
		return nil, held{}, err
	}
	a, err = tx.Amendment.Get(ctx, id)
	return a, h, err
}

func (s *Service) decided(ctx context.Context, tx *ent.Tx, verb *ledger.Verb, a *ent.Amendment, to amendment.State, set func(*ent.AmendmentUpdate)) (*ent.Amendment, error) {
	v := viewer.From(ctx)
	update := tx.Amendment.Update().ClearLiveKey().SetNillableDecidedByID(v.ByPerson()).SetNillableDecidedByClientID(v.ByClient()).SetDecidedAt(vocab.Now(s.Now))
	set(update)
	done := storage.Move(ctx, amendmentStates, a.ID, a.State, to, update)
	return ledger.NotedAs(ctx, tx, done, verb, ofAmendment, tx.Amendment.Get, a.ID)
}

func proposed(a *ent.Amendment) error {
	return problem.If(a.State != amendment.StatePROPOSED,
		problem.New(problem.Conflict, "this amendment is %s already", a.State).With(problem.Transition{From: string(a.State)}))
}

// current returns a CONFLICT problem when the result has changed since the amendment
// was proposed: it was about something else.
func current(a *ent.Amendment, r *ent.Result) error {
	return problem.If(
		a.ResultVersion != r.Version,
		problem.New(problem.Conflict, "the result has changed since this was proposed; dismiss it and propose anew").With(problem.Version(r.Version)),
	)
}

// madeByAnother returns a FORBIDDEN problem to who has proposed an amendment.
func madeByAnother(v *viewer.Viewer, a *ent.Amendment) error {
	own := a.ProposedByID != nil && v.Kind == viewer.Person && *a.ProposedByID == v.PersonID ||
		a.ProposedByClientID != nil && v.Kind == viewer.Program && *a.ProposedByClientID == v.ClientID
	return problem.If(own, problem.New(problem.Forbidden, "here a second person makes an amendment; you have proposed this one"))
}

// AmendmentActions says what the viewer may do with an amendment now.
func AmendmentActions(ctx context.Context, a *ent.Amendment) []authz.Action {
	other := authz.RequireOther(ctx, a.LearnerID)
	return []authz.Action{
		toApprove.Act(toApprove.Require(ctx, a.HostID), other, proposed(a), madeByAnother(viewer.From(ctx), a)),
		toDismiss.Act(toDismiss.Require(ctx, a.HostID), other, proposed(a)),
	}
}

// AtHost says whether the viewer handles the results of a host.
func AtHost(ctx context.Context, r *ent.Result) bool {
	return toRecord.Require(ctx, r.HostID) == nil || toConfirm.Require(ctx, r.HostID) == nil
}

// homes are the effects that are between a learner and their home.
var homes = []vocab.EffectKind{vocab.RecognitionEnded, vocab.RecognitionRepeated, vocab.ProgressLost, vocab.ProgressGained}

// EffectsFor are the effects of an amendment that the viewer may know of. A host
// learns how many decisions at home it moves, and not what home has decided, nor
// what else the learner collects.
func EffectsFor(ctx context.Context, a *ent.Amendment) []vocab.Effect {
	v := viewer.From(ctx)
	if v.Kind == viewer.Person && v.PersonID == a.LearnerID {
		return a.Effects
	}
	return Reticent(a.Effects, !slices.Contains(v.StaffAt(), a.HomeID))
}

// Reticent are effects as a host sees them: without what home has decided; nobody
// at an institution learns towards what else a learner collects.
func Reticent(all []vocab.Effect, host bool) []vocab.Effect {
	seen := []vocab.Effect{}
	for _, e := range all {
		switch {
		case e.Kind == vocab.ProgressLost || e.Kind == vocab.ProgressGained:
			continue
		case host && slices.Contains(homes, e.Kind):
			e.Before, e.After = "", ""
		}
		seen = append(seen, e)
	}
	return seen
}

// ofAmendment is an amendment for the record: until it is made only the host hears of it.
func ofAmendment(a *ent.Amendment) ledger.Thing {
	return ledger.Thing{ID: a.ID, Host: a.HostID, Person: a.LearnerID}
}
