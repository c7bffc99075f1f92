package credential

import (
	"cmp"
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
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
		revoked, err := s.revokeTx(ctx, tx, c, in.Reason)
		if err != nil {
			return nil, err
		}
		return revoked, s.Cases.EndOpenTx(ctx, tx, c.ID, vocab.Now(s.Now))
	})
}

// annuls says whether a reason means that the learner has achieved nothing.
func annuls(reason vocab.RevocationReason) bool { return slices.Contains(vocab.Annulling, reason) }
