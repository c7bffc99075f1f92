package recognition

import (
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/microdegree"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	degrees "github.com/peregrine-exchange/peregrine/internal/microdegree/rules"
	"github.com/peregrine-exchange/peregrine/internal/recognition/rules"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// FollowTx ends what stands for a result that was corrected or annulled: home
// counts nothing that is not so. Where the result is passed still, a new case says
// what the corrected one counts, by promise or rule at once, and else by an officer;
// so nothing counts twice, and the old decision stays to be read. Micro-degrees
// count results themselves, and so follow by themselves; what a learner loses or
// gains is said.
func (s *Service) FollowTx(ctx context.Context, tx *ent.Tx, c journey.Change) ([]vocab.Effect, error) {
	system := viewer.AsSystem(ctx) // the cases are home's
	standing, err := tx.RecognitionCase.Query().
		Where(recognitioncase.LiveKeyNotNil(), recognitioncase.HasCredentialWith(credential.ResultID(c.Before.ID))).All(system)
	if err != nil {
		return nil, err
	}
	var effects []vocab.Effect
	for _, old := range standing {
		if old, err = storage.Held(system, tx.RecognitionCase, old.ID); err != nil {
			return nil, err
		}
		if old.LiveKey == nil { // an officer refused it at this moment
			continue
		}
		effect := vocab.Effect{Kind: vocab.RecognitionEnded, ID: old.ID, Before: standsAs(old), After: string(recognitioncase.StateSUPERSEDED)}
		update := tx.RecognitionCase.Update().ClearLiveKey()
		if err := storage.Move(system, states, old.ID, old.State, recognitioncase.StateSUPERSEDED, update); err != nil {
			return nil, err
		}
		ended, err := tx.RecognitionCase.Get(system, old.ID)
		if err != nil {
			return nil, err
		}
		if err := ledger.Note(ctx, tx, toSupersede, ofCase(ended)); err != nil {
			return nil, err
		}
		if journey.Passed(c.After) {
			again, err := s.repeat(ctx, tx, old, c.After)
			if err != nil {
				return nil, err
			}
			effect.Kind, effect.After = vocab.RecognitionRepeated, standsAs(again)
		}
		effects = append(effects, effect)
	}
	progress, err := s.progressMoves(system, tx.Client(), c)
	return append(effects, progress...), err
}

// standsAs is a case in a word, with what it counts.
func standsAs(c *ent.RecognitionCase) string {
	if c.Ects == 0 {
		return string(c.State)
	}
	return string(c.State) + " " + c.Ects.String()
}

// repeat asks anew for what a case has asked, with the credential that states the
// corrected result.
func (s *Service) repeat(ctx context.Context, tx *ent.Tx, old *ent.RecognitionCase, r *ent.Result) (*ent.RecognitionCase, error) {
	system, now := viewer.AsSystem(ctx), vocab.Now(s.Now)
	live, err := tx.Credential.Query().Where(credential.ResultID(r.ID), credential.LiveKeyNotNil()).Only(system)
	if err != nil {
		return nil, err
	}
	f := facts{credential: live, result: r, programme: old.ProgrammeID}
	if f.version, err = tx.CourseVersion.Get(system, live.VersionID); err != nil {
		return nil, err
	}
	e, err := tx.Enrolment.Get(system, r.EnrolmentID)
	if err != nil {
		return nil, err
	}
	if f.application, err = tx.Application.Query().Where(application.ID(e.ApplicationID)).Only(system); err != nil {
		return nil, err
	}
	create := tx.RecognitionCase.Create().SetLearnerID(old.LearnerID).SetHomeID(old.HomeID).SetHostID(old.HostID).
		SetCredentialID(live.ID).SetNillableProgrammeID(old.ProgrammeID).SetLiveKey(liveKey(live)).
		SetDifferences([]vocab.Difference{}).SetSubmittedAt(now).SetDueAt(rules.DueAt(now)).
		SetState(recognitioncase.StateOPEN).SetBasis(recognitioncase.BasisASSESSMENT)
	if err := s.decide(system, tx, f, create.Mutation(), now); err != nil {
		return nil, err
	}
	again, err := create.Save(system)
	if err != nil {
		return nil, err
	}
	return again, ledger.Note(ctx, tx, toRepeat, ofCase(again))
}

// progressMoves says which micro-degrees the learner comes nearer to, or less near,
// with the credits before and afterwards.
func (s *Service) progressMoves(ctx context.Context, db *ent.Client, c journey.Change) ([]vocab.Effect, error) {
	if journey.Passed(c.Before) == journey.Passed(c.After) {
		return nil, nil
	}
	after, err := completedBy(ctx, db, c.After.LearnerID)
	if err != nil {
		return nil, err
	}
	counted := c.After // what came or went
	if journey.Passed(c.Before) {
		counted = c.Before
	}
	counted.Edges.Enrolment = c.Enrolment
	moved, err := completed(ctx, db, []*ent.Result{counted})
	if err != nil {
		return nil, err
	}
	before := append(slices.Clone(after), moved...)
	if journey.Passed(c.After) {
		before = slices.DeleteFunc(slices.Clone(after), func(d degrees.Completed) bool { return slices.Contains(moved, d) })
	}
	all, err := db.MicroDegree.Query().Where(microdegree.StateEQ(microdegree.StatePUBLISHED)).Order(ent.Asc(microdegree.FieldID)).All(ctx)
	if err != nil {
		return nil, err
	}
	var effects []vocab.Effect
	for _, m := range all {
		was, is := degrees.Evaluate(m.Composition, m.Ects, before, s.Now()).Counted, degrees.Evaluate(m.Composition, m.Ects, after, s.Now()).Counted
		effect := vocab.Effect{Kind: vocab.ProgressLost, ID: m.ID, Before: was.String(), After: is.String()}
		switch {
		case was == is:
			continue
		case is > was:
			effect.Kind = vocab.ProgressGained
		}
		effects = append(effects, effect)
	}
	return effects, nil
}
