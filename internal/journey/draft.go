package journey

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/document"
	"github.com/peregrine-exchange/peregrine/ent/draft"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/form"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/journey/eligible"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Wish is what a learner fills in to apply for an offering.
type Wish struct {
	OfferingID  ident.ID
	HomeID      *ident.ID // needed only by who has several home institutions
	ProgrammeID *ident.ID // nil: the programme that home says the learner studies
	Motivation  *string
	Answers     []form.Given
	Statements  []string           // keys of the requirements that the learner states to meet
	SharedData  []vocab.SharedItem // what the host may read, beside the name and the motivation
	AccessNeeds *string
	Preference  *int // of an offering in a call: which of the learner's choices it is
}

// filled is a wish whose every value is valid for its offering.
type filled struct {
	motivation, needs string
	answers           []vocab.Answer
	statements        []string
	shared            []vocab.SharedItem
}

// check checks what is filled in against what the offering asks, and returns an
// INVALID problem for each value that does not fit. Whether all that is needed is
// there is asked on submission.
func (w Wish) check(o *ent.Offering) (f filled, err error) {
	var found []error
	add := func(err error) { found = append(found, err) }
	f.motivation, err = vocab.Line(maxMotivation, vocab.OrZero(w.Motivation), "input", "motivation")
	add(err)
	f.needs, err = vocab.Line(maxMotivation, vocab.OrZero(w.AccessNeeds), "input", "accessNeeds")
	add(err)
	f.answers, err = form.Answers(o.Questions, w.Answers, "input", "answers")
	add(err)
	f.statements, err = form.Statements(o.Requirements, w.Statements, "input", "statements")
	add(err)
	f.shared = w.SharedData
	add(form.Allowed(form.Asked(o.Asks, o.Questions), w.SharedData, "input", "sharedData"))
	add(problem.If(w.Preference != nil && (o.CallID == nil || *w.Preference < 1 || *w.Preference > catalogue.MaxChoices),
		problem.New(problem.Invalid, "this is none of the choices in a call").At("input", "preference")))
	return f, problem.Join(found...)
}

// Saving is a draft as the learner would have it kept.
type Saving struct {
	Wish
	IdempotencyKey *string
}

// maxDrafts bounds the drafts of one learner.
const maxDrafts = 50

// SaveDraft keeps what the signed-in learner has filled in for an offering. There
// is one draft of a learner for an offering: saving again replaces all that it says.
func (s *Service) SaveDraft(ctx context.Context, in Saving) (*ent.Draft, error) {
	v, err := authz.SignedInPerson(ctx)
	if err != nil {
		return nil, err
	}
	return idempotency.Write(ctx, s.DB, idempotency.Of(toSave, in.IdempotencyKey, in), s.DB.Draft.Get, func(tx *ent.Tx) (*ent.Draft, error) {
		o, err := tx.Offering.Get(ctx, in.OfferingID)
		if err != nil {
			return nil, storage.Found(err, "offering", "input", "offeringId")
		}
		f, err := in.check(o)
		if err != nil {
			return nil, err
		}
		if in.ProgrammeID != nil || in.HomeID != nil {
			if _, err := s.origin(ctx, tx.Client(), v.PersonID, in.Wish); err != nil {
				return nil, err
			}
		}
		have, err := draftFor(ctx, tx, v.PersonID, o.ID)
		if err != nil {
			return nil, err
		}
		if have == nil {
			if err := s.mayBegin(ctx, tx, v, o); err != nil {
				return nil, err
			}
			create := tx.Draft.Create().SetLearnerID(v.PersonID).SetOfferingID(o.ID)
			in.fill(create.Mutation(), f)
			made, err := create.Save(ctx)
			if err == nil {
				return made, ledger.Note(ctx, tx, toSave, ofDraft(made))
			}
			if !storage.IsDuplicate(err) {
				return nil, err
			}
			if have, err = draftFor(ctx, tx, v.PersonID, o.ID); err != nil { // begun meanwhile in another window
				return nil, err
			}
		}
		update := tx.Draft.Update().Where(draft.ID(have.ID))
		in.fill(update.Mutation(), f)
		return ledger.NotedAs(ctx, tx, update.Exec(ctx), toSave, ofDraft, tx.Draft.Get, have.ID)
	})
}

// mayBegin returns nil while a learner may begin an application for an offering.
func (s *Service) mayBegin(ctx context.Context, tx *ent.Tx, v *viewer.Viewer, o *ent.Offering) error {
	c, err := tx.Course.Get(ctx, o.CourseID)
	if err != nil {
		return err
	}
	active, err := institution.Active(ctx, tx.Client(), o.InstitutionID)
	if err != nil {
		return err
	}
	f := eligible.Facts{Offering: o, Course: c, Active: active[o.InstitutionID], Now: vocab.Now(s.Now), Audiences: v.Audiences}
	if err := eligible.Begin(f); err != nil {
		return err
	}
	return storage.IfFull(ctx, tx.Draft.Query().Where(draft.LearnerID(v.PersonID)), maxDrafts,
		problem.New(problem.Conflict, "at most %d applications are begun at a time; discard one", maxDrafts))
}

// fill puts a wish into a draft.
func (w Wish) fill(m *ent.DraftMutation, f filled) {
	storage.Set(w.HomeID, m.SetHomeID, m.ClearHomeID)
	storage.Set(w.ProgrammeID, m.SetProgrammeID, m.ClearProgrammeID)
	m.SetMotivation(f.motivation)
	m.SetAnswers(f.answers)
	m.SetStatements(f.statements)
	m.SetShared(f.shared)
	m.SetAccessNeeds(f.needs)
	storage.Set(w.Preference, m.SetPreference, m.ClearPreference)
}

// Discard is the wish to be rid of a draft.
type Discard struct {
	DraftID        ident.ID
	IdempotencyKey *string
}

// DiscardDraft deletes a draft of the signed-in learner, with its documents, and
// returns it as it was.
func (s *Service) DiscardDraft(ctx context.Context, d Discard) (*ent.Draft, error) {
	gone := func(_ context.Context, id ident.ID) (*ent.Draft, error) { return &ent.Draft{ID: id}, nil }
	return idempotency.Write(ctx, s.DB, idempotency.Of(toDiscard, d.IdempotencyKey, d), gone, func(tx *ent.Tx) (*ent.Draft, error) {
		have, err := storage.Held(ctx, tx.Draft, d.DraftID)
		if err != nil {
			return nil, storage.Found(err, "draft", "input", "draftId")
		}
		if err := tx.Draft.DeleteOne(have).Exec(ctx); err != nil {
			return nil, err
		}
		return have, ledger.Note(ctx, tx, toDiscard, ofDraft(have))
	})
}

// draftFor returns the draft of a learner for an offering, nil when there is none.
func draftFor(ctx context.Context, tx *ent.Tx, learner, offering ident.ID) (*ent.Draft, error) {
	d, err := tx.Draft.Query().Where(draft.LearnerID(learner), draft.OfferingID(offering)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return d, err
}

// wish is what a draft says, as far as it still fits the offering.
func wish(d *ent.Draft, o *ent.Offering) Wish {
	w := Wish{OfferingID: d.OfferingID, HomeID: d.HomeID, ProgrammeID: d.ProgrammeID, Motivation: vocab.Given(d.Motivation), AccessNeeds: vocab.Given(d.AccessNeeds),
		Preference: d.Preference}
	for _, a := range form.Again(o.Questions, d.Answers) {
		w.Answers = append(w.Answers, form.Given{Question: a.Question.Key, Text: a.Text, Choice: a.Choice, Number: a.Number})
	}
	for _, key := range d.Statements {
		if _, err := form.Statements(o.Requirements, []string{key}); err == nil {
			w.Statements = append(w.Statements, key)
		}
	}
	asked := form.Asked(o.Asks, o.Questions)
	for _, item := range d.Shared {
		if form.Allowed(asked, []vocab.SharedItem{item}) == nil {
			w.SharedData = append(w.SharedData, item)
		}
	}
	return w
}

// questionsOf returns the keys of the questions that the documents of a draft
// answer.
func questionsOf(ctx context.Context, tx *ent.Tx, d *ent.Draft) ([]string, error) {
	if d == nil {
		return nil, nil
	}
	return tx.Document.Query().Where(document.DraftID(d.ID), document.StateEQ(document.StateSTORED)).Select(document.FieldQuestion).Strings(ctx)
}

// handOver gives an application what its draft has beside its row, and ends the
// draft. What is still arriving goes with it.
func handOver(ctx context.Context, tx *ent.Tx, d *ent.Draft, app ident.ID) error {
	if d == nil {
		return nil
	}
	stored := tx.Document.Update().Where(document.DraftID(d.ID), document.StateEQ(document.StateSTORED)).SetApplicationID(app).ClearDraftID()
	if err := stored.Exec(ctx); err != nil {
		return err
	}
	return tx.Draft.DeleteOne(d).Exec(ctx)
}

// DraftActions says what the viewer may do with a draft, which is theirs.
func DraftActions(ctx context.Context, d *ent.Draft) []authz.Action {
	return []authz.Action{toDiscard.Act(authz.RequireSelf(ctx, d.LearnerID))}
}

func ofDraft(d *ent.Draft) ledger.Thing { return ledger.Thing{ID: d.ID, Person: d.LearnerID} }
