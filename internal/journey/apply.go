package journey

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/admissionpolicy"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/seatquota"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/form"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/journey/eligible"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/policy"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Submission is a learner's wish to take an offering.
type Submission struct {
	Wish
	FromDraft      *bool   // whether what is not given is taken from the learner's draft
	ConsentVersion *string // of the text that the learner has agreed to; needed to share more than the name
	IdempotencyKey *string
}

// maxMotivation and maxReason bound texts, in characters.
const (
	maxMotivation = 2000
	maxReason     = 1000
)

// Submit applies for the signed-in learner, and freezes what home will count.
// It returns a FORBIDDEN problem for somebody without a current home
// institution, and a CONFLICT problem when the window of the learner's audience
// is not open, the course is withdrawn, no seat is free, or an application of the learner for the offering is alive.
// Nothing is held: what ends meanwhile is looked at again before anybody gets a seat.
func (s *Service) Submit(ctx context.Context, in Submission) (*ent.Application, error) {
	v, err := authz.SignedInPerson(ctx)
	if err != nil {
		return nil, err
	}
	return s.act(ctx, toSubmit, in.IdempotencyKey, in, func(ctx context.Context, tx *ent.Tx) (*ent.Application, error) {
		now := vocab.Now(s.Now)
		o, err := tx.Offering.Get(ctx, in.OfferingID)
		if err != nil {
			return nil, storage.Found(err, "offering", "input", "offeringId")
		}
		begun, err := draftFor(ctx, tx, v.PersonID, o.ID)
		if err != nil {
			return nil, err
		}
		in, f, err := in.complete(ctx, tx, begun, o)
		if err != nil {
			return nil, err
		}
		from, err := s.origin(ctx, tx.Client(), v.PersonID, in.Wish)
		if err != nil {
			return nil, err
		}
		home, programme := from.home, from.programme
		c, err := tx.Course.Get(ctx, o.CourseID)
		if err != nil {
			return nil, err
		}
		active, err := institution.Active(ctx, tx.Client(), o.InstitutionID, home)
		if err != nil {
			return nil, err
		}
		quotas, err := tx.SeatQuota.Query().Where(seatquota.OfferingID(o.ID)).All(ctx)
		if err != nil {
			return nil, err
		}
		rules, err := policy.For(ctx, tx.Client(), home, o.InstitutionID, c.Kind)
		if err != nil {
			return nil, err
		}
		var mine *own
		if matters(o) || rules.ECTSPerTerm != nil {
			if mine, err = ownOf(ctx, tx.Client(), v.PersonID, o.VersionID); err != nil {
				return nil, err
			}
		}
		version, err := tx.CourseVersion.Get(ctx, o.VersionID)
		if err != nil {
			return nil, err
		}
		facts := eligible.Facts{
			Offering: o, Course: c, Active: active[o.InstitutionID], Now: now, Audiences: from.audiences,
			Intended: version.TargetGroups, Mine: mine.brings(o.ID), Stated: f.statements, Credits: s.credits(mine, home, o, rules), Quotas: quotas,
			Applicant: &eligible.Applicant{Home: home, Active: active[home]},
		}
		if err := eligible.Check(facts); err != nil {
			return nil, err
		}
		if err := prefers(ctx, tx, v.PersonID, o, in.Preference); err != nil {
			return nil, err
		}
		previews, err := agreement.PreviewAll(ctx, tx.Client(), now, home, programme, []*ent.CourseVersion{version})
		if err != nil {
			return nil, err
		}
		due, err := s.decides(ctx, tx, home, rules, rules.HomeDays)
		if err != nil {
			return nil, err
		}
		sends := nominates(rules, facts)
		if sends && (o.Admission == offering.AdmissionAUTOMATIC || rules.NominationsPerOffering != nil) {
			// Who may move seats, or is counted, waits here in one order. A row that referred
			// to the offering before would hold it, too, and rivals would hold it against each other.
			if err := storage.Hold(viewer.AsSystem(ctx), tx.Offering.Update().Where(offering.ID(o.ID))); err != nil {
				return nil, err
			}
		}
		create := tx.Application.Create().SetLearnerID(v.PersonID).SetOfferingID(o.ID).SetHomeID(home).SetHostID(o.InstitutionID).
			SetNillableProgrammeID(programme).SetState(application.StateSUBMITTED).SetLiveKey(liveKey(v.PersonID, o.ID)).
			SetCommitment(previews[version.ID].Commitment(programme)).SetSubmittedAt(now).
			SetNillableDueAt(due.due).SetNillableWakesAt(due.wakes).
			SetSharing(vocab.Sharing(nil).With(vocab.CurrentConsent().Version, now, f.shared...)).
			SetNillableMotivation(vocab.Given(f.motivation))
		if o.CallID != nil {
			create.SetCallID(*o.CallID).SetPreference(*in.Preference).SetChoiceKey(choiceKey(v.PersonID, *o.CallID, *in.Preference))
		}
		if len(f.answers) > 0 {
			create.SetAnswers(f.answers)
		}
		if len(f.statements) > 0 {
			create.SetStatements(f.statements)
		}
		app, err := ledger.Made(ctx, tx, toSubmit, ofApplication(""), eligible.ErrApplied, create)
		if err != nil {
			return nil, err
		}
		if f.needs != "" {
			if err := tx.AccessNeeds.Create().SetApplicationID(app.ID).SetLearnerID(app.LearnerID).SetText(f.needs).Exec(ctx); err != nil {
				return nil, err
			}
		}
		if err := handOver(ctx, tx, begun, app.ID); err != nil {
			return nil, err
		}
		if err := s.remember(ctx, tx, app, "", step{verb: toSubmit, to: app.State, due: due}); err != nil {
			return nil, err
		}
		if !sends {
			return app, nil
		}
		if err := sendsMore(ctx, tx, app, rules); err != nil { // credits were counted before
			if problem.All(err) == nil {
				return nil, err
			}
			return app, nil // people at home decide whom they send
		}
		return s.nominate(viewer.AsSystem(ctx), tx, app, o, c.Kind)
	})
}

// complete returns a submission with what it takes from the learner's draft, and
// its values once all that the offering needs is there. It returns an INVALID
// problem for each value that does not fit and each that is missing.
func (in Submission) complete(ctx context.Context, tx *ent.Tx, begun *ent.Draft, o *ent.Offering) (Submission, filled, error) {
	if vocab.OrZero(in.FromDraft) {
		if begun == nil {
			return in, filled{}, problem.Missing("draft").At("input", "fromDraft")
		}
		in.Wish = in.or(wish(begun, o))
	}
	f, err := in.check(o)
	if err != nil {
		return in, f, err
	}
	files, err := questionsOf(ctx, tx, begun)
	if err != nil {
		return in, f, err
	}
	asked := form.Asked(o.Asks, o.Questions)
	f.shared = append([]vocab.SharedItem{vocab.ShareName}, slices.DeleteFunc(slices.Clone(in.SharedData), func(i vocab.SharedItem) bool { return i == vocab.ShareMotivation })...)
	if f.motivation != "" && form.Allowed(asked, []vocab.SharedItem{vocab.ShareMotivation}) == nil { // who writes one writes it for the host too
		f.shared = append(f.shared, vocab.ShareMotivation)
	}
	return in, f, problem.Join(form.Complete(o.Questions, f.answers, files, "input", "answers"), form.Needed(asked, f.shared, "input", "sharedData"),
		checkConsent(in.SharedData, in.ConsentVersion))
}

// or returns the wish with what is not given taken from another one.
func (w Wish) or(d Wish) Wish {
	w.HomeID, w.ProgrammeID = cmp.Or(w.HomeID, d.HomeID), cmp.Or(w.ProgrammeID, d.ProgrammeID)
	w.Motivation, w.AccessNeeds = cmp.Or(w.Motivation, d.Motivation), cmp.Or(w.AccessNeeds, d.AccessNeeds)
	w.Preference = cmp.Or(w.Preference, d.Preference)
	if len(w.Answers) == 0 {
		w.Answers = d.Answers
	}
	if len(w.Statements) == 0 {
		w.Statements = d.Statements
	}
	if len(w.SharedData) == 0 {
		w.SharedData = d.SharedData
	}
	return w
}

// Applicant is from where the signed-in learner would apply, without saying so.
type Applicant struct {
	from   origin
	active bool  // the home
	err    error // why they cannot; INVALID when they have to say from where
}

// Applicant returns what OfferingActions needs to know of the signed-in person.
func (s *Service) Applicant(ctx context.Context) (*Applicant, error) {
	from, err := s.origin(ctx, s.DB, viewer.From(ctx).PersonID, Wish{})
	if problem.All(err) != nil {
		return &Applicant{err: err}, nil
	}
	if err != nil {
		return nil, err
	}
	active, err := institution.Active(ctx, s.DB, from.home)
	return &Applicant{from: from, active: active[from.home]}, err
}

// OfferingActions says whether the viewer may apply for an offering. f are its
// facts, by is who has signed in, or nil, and applied whether an application of
// theirs is alive.
func OfferingActions(ctx context.Context, f eligible.Facts, by *Applicant, applied bool) []authz.Action {
	v, signedIn := authz.SignedInPerson(ctx)
	if signedIn != nil {
		return []authz.Action{toSubmit.Act(signedIn), toSave.Act(signedIn)}
	}
	f.Audiences = v.Audiences
	save := toSave.Act(eligible.Begin(f))
	f.Applicant = &eligible.Applicant{Home: by.from.home, Active: by.active, Applied: applied}
	f.Audiences = by.from.audiences
	switch {
	case errors.Is(by.err, problem.Is(problem.Invalid)): // they say from where when they apply
		f.Audiences = v.Audiences
	case by.err != nil:
		return []authz.Action{toSubmit.Act(by.err), save}
	}
	return []authz.Action{toSubmit.Act(eligible.Check(f)), save}
}

// OwnHome returns the institution and programme from which the signed-in
// learner would apply, or nil when nobody has signed in or it is not clear.
func (s *Service) OwnHome(ctx context.Context, programme *ident.ID) (*ident.ID, *ident.ID, error) {
	v := viewer.From(ctx)
	if v.Kind != viewer.Person {
		return nil, nil, nil
	}
	from, err := s.origin(ctx, s.DB, v.PersonID, Wish{ProgrammeID: programme})
	if problem.All(err) != nil {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return &from.home, from.programme, nil
}

// nominates says whether a home nominates an applicant by itself. One that asks for
// eligible ones looks itself at who was told of something before they applied; that
// a learner will have to wait is the host's business.
func nominates(rules policy.Rules, f eligible.Facts) bool {
	if rules.Nomination != admissionpolicy.NominationIF_ELIGIBLE {
		return rules.Nomination == admissionpolicy.NominationAUTOMATIC
	}
	return !slices.ContainsFunc(eligible.Standing(f), func(r eligible.Reason) bool { return r.Code != eligible.Waits })
}

// liveKey is what two live applications of one learner for one offering share.
func liveKey(learner, offering ident.ID) string {
	return storage.Digest(string(learner + "|" + offering))
}
