package credential

import (
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Issue asks for the credential of a result.
type Issue struct {
	ResultID       ident.ID
	IdempotencyKey *string
}

// Revocation revokes a credential.
type Revocation struct {
	CredentialID   ident.ID
	Reason         vocab.RevocationReason
	IdempotencyKey *string
}
