package pages

import (
	"time"

	"github.com/peregrine-exchange/peregrine/internal/vc"
)

// Issuer shows people who issues credentials, and with which keys.
type Issuer struct {
	Chrome
	Organisation vc.Organisation
	Keys         []IssuerKey // oldest first
	JWKS         string      // addresses for machines, each empty when there is none
	DID          string
}

// IssuerKey is a signing key. State is ACTIVE, RETIRED or COMPROMISED.
type IssuerKey struct {
	ID        string
	Algorithm string
	State     string
	From      time.Time
	Until     *time.Time // nil while it signs
	Path      string     // address of the public key; may be empty
}
