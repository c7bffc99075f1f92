package credential

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// FollowTx revokes the credential of a result that was corrected or annulled, and
// has another one issued in its place when the result is passed still. The holder
// sees both: a paper that is out in the world is not taken back in silence.
func (s *Service) FollowTx(ctx context.Context, tx *ent.Tx, c journey.Change) ([]vocab.Effect, error) {
	all, err := tx.Credential.Query().Where(credential.ResultID(c.Before.ID), credential.LiveKeyNotNil()).All(viewer.AsSystem(ctx))
	if err != nil {
		return nil, err
	}
	var effects []vocab.Effect
	for _, old := range all {
		switch old.State {
		case credential.StateREVOKED: // as annulled, for good
			continue
		case credential.StateISSUING:
			return nil, problem.New(problem.Conflict, "a credential of this result is being issued; try again in a minute")
		}
		reason, kind := vocab.ResultAnnulled, vocab.CredentialRevoked
		if journey.Passed(c.After) || c.After.State == c.Before.State { // it says something else, and may be passed again
			reason = vocab.ResultCorrected
		}
		if journey.Passed(c.After) {
			kind = vocab.CredentialReissued
		}
		if _, err := s.revokeTx(ctx, tx, old, reason); err != nil {
			return nil, err
		}
		effect := vocab.Effect{Kind: kind, ID: old.ID, Before: string(old.State), After: string(credential.StateREVOKED)}
		if kind == vocab.CredentialReissued {
			key, err := liveKey(viewer.AsSystem(ctx), tx.Client(), old.InstitutionID)
			if ent.IsNotFound(err) {
				return nil, problem.New(problem.Conflict, "the institution has no key to sign the new credential with; make one first")
			}
			if err != nil {
				return nil, err
			}
			if _, err := s.intend(ctx, tx, c.After, key, 0); err != nil {
				return nil, err
			}
			effect.After = string(credential.StateISSUING)
		}
		effects = append(effects, effect)
	}
	return effects, nil
}

// revokeTx revokes a credential in a transaction. What waits for a decision about it
// is its caller's.
func (s *Service) revokeTx(ctx context.Context, tx *ent.Tx, c *ent.Credential, reason vocab.RevocationReason) (*ent.Credential, error) {
	now := vocab.Now(s.Now)
	// The list first: it is what rivals contend for. Then the credential, which a
	// learner may have recognised at this moment.
	if err := tx.StatusList.UpdateOneID(c.StatusListID).AddRevision(1).SetChangedAt(now).Exec(viewer.AsSystem(ctx)); err != nil {
		return nil, err
	}
	c, err := storage.Held(ctx, tx.Credential, c.ID)
	if err != nil {
		return nil, err
	}
	update := tx.Credential.Update().SetRevokedAt(now).SetRevocationReason(reason)
	if !annuls(reason) {
		update.ClearLiveKey()
	}
	if err := storage.Move(ctx, states, c.ID, c.State, credential.StateREVOKED, update); err != nil {
		return nil, err
	}
	if c, err = tx.Credential.Get(ctx, c.ID); err != nil {
		return nil, err
	}
	return c, ledger.Note(ctx, tx, toRevoke, ofCredential(c).With("reason", string(reason)))
}
