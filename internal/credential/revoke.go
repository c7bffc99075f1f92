package credential

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
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
// at once. A new one may be issued of the same result.
func (s *Service) Revoke(ctx context.Context, in Revocation) (*ent.Credential, error) {
	c, err := s.DB.Credential.Get(ctx, in.CredentialID)
	if err != nil {
		return nil, err
	}
	if err := authz.Require(ctx, authz.RevokeCredential, c.InstitutionID); err != nil {
		return nil, err
	}
	call := idempotency.Call{Verb: "revokeCredential", Key: in.IdempotencyKey, Input: in}
	return idempotency.Write(ctx, s.DB, call, s.DB.Credential.Get, func(tx *ent.Tx) (*ent.Credential, error) {
		if err := states.Check("credential", c.State, credential.StateREVOKED); err != nil {
			return nil, err
		}
		now := vocab.Now(s.Now)
		// The list first: it is what rivals contend for.
		if err := tx.StatusList.UpdateOneID(c.StatusListID).AddRevision(1).SetChangedAt(now).Exec(viewer.AsSystem(ctx)); err != nil {
			return nil, err
		}
		n, err := tx.Credential.Update().Where(credential.ID(c.ID), credential.StateEQ(credential.StateISSUED)).
			SetState(credential.StateREVOKED).SetRevokedAt(now).SetRevocationReason(in.Reason).ClearLiveKey().Save(ctx)
		if err != nil {
			return nil, err
		}
		if n != 1 {
			return nil, problem.Raced("credential", c.ID)
		}
		if err := record(ctx, tx, "credential.revoke", c, map[string]string{"reason": string(in.Reason)}); err != nil {
			return nil, err
		}
		return tx.Credential.Get(ctx, c.ID)
	})
}
