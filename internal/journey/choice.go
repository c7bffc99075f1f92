package journey

import (
	"context"
	"slices"
	"strconv"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/work"
)

// Among the offerings of a call a learner makes choices, each with a preference of
// its own, 1 the first. Home and host decide about each as if there were no other.
// Who gets a seat gives up the choices that they like less and that no seat was
// taken for yet; those that they like more go on.

// choosing is work that gives up the choices below one that has got a seat. It
// moves applications for other offerings, each of which it holds by itself: holding
// two at a time could make two learners wait for each other.
var choosing = work.Kind[chosen]{Name: "application.choose"}

// chosen is an application that got a seat.
type chosen struct{ Application ident.ID }

// undecided are the states of an application that the learner may still put at
// another place among their choices.
var undecided = []application.State{application.StateSUBMITTED, application.StateNOMINATED, application.StateWAITLISTED}

// prefers checks the preference of a submission: an offering in a call takes one of
// as many as the call has choices.
func prefers(ctx context.Context, tx *ent.Tx, learner ident.ID, o *ent.Offering, preference *int) error {
	if o.CallID == nil {
		return nil // a draft takes none then
	}
	c, err := tx.Call.Get(ctx, *o.CallID)
	if err != nil {
		return err
	}
	if preference == nil || *preference < 1 || *preference > c.Choices {
		return problem.New(problem.Invalid, "say which of your %d choices in this call it is", c.Choices).At("input", "preference")
	}
	return storage.IfAny(ctx, tx.Application.Query().Where(application.ChoiceKey(choiceKey(learner, c.ID, *preference))),
		problem.New(problem.Conflict, "another application of yours is your choice %d in this call", *preference).At("input", "preference"))
}

// choiceKey is what two live applications of a learner with the same preference in
// a call share.
func choiceKey(learner, call ident.ID, preference int) string {
	return storage.Digest(string(learner + "|" + call + "|" + ident.ID(strconv.Itoa(preference))))
}

// Reordering puts the choices of the signed-in learner in a call into another order.
type Reordering struct {
	CallID         ident.ID
	ApplicationIDs []ident.ID // all that are alive, the first choice first
	IdempotencyKey *string
}

// Reorder gives the learner's applications in a call the preferences 1, 2 and so on.
// It returns a CONFLICT problem once somebody has decided to give one of them a seat,
// and an INVALID problem unless all of them are named, once each.
func (s *Service) Reorder(ctx context.Context, r Reordering) (*ent.Call, error) {
	v, err := authz.SignedInPerson(ctx)
	if err != nil {
		return nil, err
	}
	return idempotency.Write(ctx, s.DB, idempotency.Of(toReorder, r.IdempotencyKey, r), s.DB.Call.Get, func(tx *ent.Tx) (*ent.Call, error) {
		c, err := tx.Call.Get(ctx, r.CallID)
		if err != nil {
			return nil, storage.Found(err, "call", "input", "callId")
		}
		mine := application.And(application.LearnerID(v.PersonID), application.CallID(c.ID), application.StateIn(Alive...))
		if err := storage.Hold(ctx, tx.Application.Update().Where(mine)); err != nil {
			return nil, err
		}
		have, err := tx.Application.Query().Where(mine).All(ctx)
		if err != nil {
			return nil, err
		}
		if err := reorderable(have); err != nil {
			return nil, err
		}
		ids := vocab.Each(have, (*ent.Application).NodeID)
		if !slices.Equal(slices.Sorted(slices.Values(ids)), slices.Sorted(slices.Values(r.ApplicationIDs))) {
			return nil, problem.New(problem.Invalid, "name each of your applications in this call once, the first choice first").At("input", "applicationIds")
		}
		if err := tx.Application.Update().Where(application.IDIn(ids...)).ClearChoiceKey().Exec(ctx); err != nil { // or two would share one on the way
			return nil, err
		}
		for i, id := range r.ApplicationIDs {
			if err := tx.Application.Update().Where(application.ID(id)).SetPreference(i + 1).SetChoiceKey(choiceKey(v.PersonID, c.ID, i+1)).Exec(ctx); err != nil {
				return nil, err
			}
		}
		return c, ledger.Note(ctx, tx, toReorder, ledger.Thing{ID: c.ID, Host: c.InstitutionID, Person: v.PersonID})
	})
}

// reorderable returns nil while somebody has still to decide about every choice.
func reorderable(have []*ent.Application) error {
	for _, app := range have {
		if !slices.Contains(undecided, app.State) {
			return problem.New(problem.Conflict, "one of these applications is %s; its place among your choices stays", app.State).
				At("input", "applicationIds").With(problem.Transition{From: string(app.State)})
		}
	}
	return problem.If(len(have) == 0, errNoChoices)
}

var errNoChoices = problem.New(problem.Conflict, "you have made no choices in this call").At("input", "applicationIds")

// CallActions says what the viewer may do with their choices in a call.
func (s *Service) CallActions(ctx context.Context, c *ent.Call) ([]authz.Action, error) {
	v, err := authz.SignedInPerson(ctx)
	if err != nil {
		return []authz.Action{toReorder.Act(err)}, nil
	}
	have, err := s.DB.Application.Query().Where(application.LearnerID(v.PersonID), application.CallID(c.ID), application.StateIn(Alive...)).All(ctx)
	return []authz.Action{toReorder.Act(reorderable(have))}, err
}

// InstitutionActions says what the viewer may do for a home.
func InstitutionActions(ctx context.Context, institution ident.ID) []authz.Action {
	return []authz.Action{toRank.Act(toRank.Require(ctx, institution))}
}

// choose gives up what a learner likes less than a choice that has got a seat, one
// application in each transaction.
func (s *Service) choose(ctx context.Context, l *work.Lease, c chosen) error {
	return s.inTurns(ctx, l, func(ctx context.Context, tx *ent.Tx) (bool, error) { return s.giveUpOne(ctx, tx, c.Application) })
}

// giveUpOne gives up the next lower choice, and says whether there may be more.
func (s *Service) giveUpOne(ctx context.Context, tx *ent.Tx, id ident.ID) (bool, error) {
	app, err := tx.Application.Get(ctx, id)
	if ent.IsNotFound(err) {
		return false, nil
	}
	if err != nil || app.State != application.StateADMITTED || app.CallID == nil {
		return false, err
	}
	lower := application.And(application.LearnerID(app.LearnerID), application.CallID(*app.CallID), application.PreferenceGT(*app.Preference),
		application.StateIn(append(slices.Clone(undecided), application.StateOFFERED, application.StateCONDITIONAL)...))
	next, err := tx.Application.Query().Where(lower).Order(application.ByPreference(), application.ByID()).FirstID(ctx)
	if ent.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	held, err := hold(ctx, tx, next)
	if err != nil {
		return false, err
	}
	if held.State == application.StateADMITTED || applicationStates.Final(held.State) {
		return true, nil // decided meanwhile
	}
	_, err = s.move(ctx, tx, held, step{verb: toGiveUp, to: application.StateWITHDRAWN, why: why{code: vocab.ReasonElsewhere}})
	return true, err
}

// Ranking is the order in which a home would send its applicants for an offering.
type Ranking struct {
	OfferingID     ident.ID
	HomeID         ident.ID
	ApplicationIDs []ident.ID // the first is sent first
	IdempotencyKey *string
}

// maxRanked bounds a ranking.
const maxRanked = 500

// Rank ranks applications that wait for home, for one offering; those that are left
// out have no rank any more. It returns a problem for each one that is not among
// them. Only home sees the ranks, and who is nominated is decided as ever.
func (s *Service) Rank(ctx context.Context, r Ranking) (*ent.Offering, error) {
	return idempotency.Write(ctx, s.DB, idempotency.Of(toRank, r.IdempotencyKey, r), s.DB.Offering.Get, func(tx *ent.Tx) (*ent.Offering, error) {
		if err := toRank.Require(ctx, r.HomeID); err != nil {
			return nil, err
		}
		o, err := tx.Offering.Get(ctx, r.OfferingID)
		if err != nil {
			return nil, storage.Found(err, "offering", "input", "offeringId")
		}
		if n := len(r.ApplicationIDs); n > maxRanked {
			return nil, problem.New(problem.Invalid, "at most %d applications are ranked at once, not %d", maxRanked, n).At("input", "applicationIds")
		}
		waiting := application.And(application.OfferingID(o.ID), application.HomeID(r.HomeID), application.StateEQ(application.StateSUBMITTED))
		if err := storage.Hold(ctx, tx.Application.Update().Where(waiting)); err != nil { // nobody decides about them meanwhile
			return nil, err
		}
		have, err := tx.Application.Query().Where(waiting, application.IDIn(r.ApplicationIDs...)).IDs(ctx)
		if err != nil {
			return nil, err
		}
		var found []error
		for i, id := range r.ApplicationIDs {
			at := []string{"input", "applicationIds", strconv.Itoa(i)}
			found = append(found,
				problem.If(!slices.Contains(have, id), problem.New(problem.Invalid, "this is no application for the offering that waits for this home").At(at...)),
				problem.If(slices.Index(r.ApplicationIDs, id) < i, problem.New(problem.Invalid, "this application stands twice").At(at...)))
		}
		if err := problem.Join(found...); err != nil {
			return nil, err
		}
		if err := tx.Application.Update().Where(application.OfferingID(o.ID), application.HomeID(r.HomeID), application.RankNotNil()).ClearRank().Exec(ctx); err != nil {
			return nil, err
		}
		for i, id := range r.ApplicationIDs {
			if err := tx.Application.Update().Where(application.ID(id)).SetRank(i + 1).Exec(ctx); err != nil {
				return nil, err
			}
		}
		return o, ledger.Note(ctx, tx, toRank, ledger.Thing{ID: o.ID, At: []ident.ID{r.HomeID}})
	})
}

// HomeRank is the rank of an application for who decides about it at home.
func HomeRank(ctx context.Context, app *ent.Application) *int {
	if v := viewer.From(ctx); v == nil || toRank.Require(ctx, app.HomeID) != nil || authz.RequireOther(ctx, app.LearnerID) != nil {
		return nil
	}
	return app.Rank
}
