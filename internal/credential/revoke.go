package credential

import (
	"cmp"
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Revocation revokes a credential.
type Revocation struct {
	CredentialID   ident.ID
	Reason         vocab.RevocationReason
	IdempotencyKey *string
}

// Revoke revokes a credential for good: verification and the status list say so
// at once, and a case that waits for home's decision ends. A new one may be
// issued of the same result, unless the reason says that the result is annulled:
// then the revoked one keeps the result's place for ever, and it counts towards
// no micro-degree. Nobody decides about themselves.
func (s *Service) Revoke(ctx context.Context, in Revocation) (*ent.Credential, error) {
	return idempotency.Write(ctx, s.DB, idempotency.Of(toRevoke, in.IdempotencyKey, in), s.DB.Credential.Get, func(tx *ent.Tx) (*ent.Credential, error) {
		c, err := tx.Credential.Get(ctx, in.CredentialID)
		if err != nil {
			return nil, err
		}
		if err := cmp.Or(toRevoke.Require(ctx, c.InstitutionID), authz.RequireOther(ctx, c.LearnerID)); err != nil {
			return nil, err
		}
		now := vocab.Now(s.Now)
		// The list first: it is what rivals contend for. Then the credential, which
		// a learner may have recognised at this moment.
		if err := tx.StatusList.UpdateOneID(c.StatusListID).AddRevision(1).SetChangedAt(now).Exec(viewer.AsSystem(ctx)); err != nil {
			return nil, err
		}
		if c, err = storage.Held(ctx, tx.Credential, c.ID); err != nil {
			return nil, err
		}
		update := tx.Credential.Update().SetRevokedAt(now).SetRevocationReason(in.Reason)
		if !slices.Contains(vocab.Annulling, in.Reason) {
			update.ClearLiveKey()
		}
		if err := storage.Move(ctx, states, c.ID, c.State, credential.StateREVOKED, update); err != nil {
			return nil, err
		}
		revoked, err := tx.Credential.Get(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		if err := s.Cases.EndOpenTx(ctx, tx, c.ID, now); err != nil {
			return nil, err
		}
		return revoked, ledger.Note(ctx, tx, toRevoke, ofCredential(c).With("reason", string(in.Reason)))
	})
}
