package jose

import (
	"encoding/json"
	"math"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/vc"
)

// Claims are the registered claims of a credential's token. They repeat
// members of the credential, which stands beside them in the payload.
type Claims struct {
	Issuer    string `json:"iss"`
	ID        string `json:"jti"`
	NotBefore int64  `json:"nbf"` // seconds since 1970
	Subject   string `json:"sub,omitempty"`
	Expires   int64  `json:"exp,omitempty"`
}

// ClaimsOf returns the claims of a credential with these members. A zero until
// and an empty subject are left out.
func ClaimsOf(issuer, id, subject string, from, until time.Time) Claims {
	c := Claims{Issuer: issuer, ID: id, NotBefore: from.Unix(), Subject: subject}
	if !until.IsZero() {
		c.Expires = until.Unix()
	}
	return c
}

// Check compares the claims of a payload with those that its credential asks
// for. It returns a FORM defect when one is missing, differs, or stands there
// without its member, and when the credential hides in a claim "vc", which the
// final standards forbid.
func (c Claims) Check(payload map[string]any) error {
	if _, present := payload["vc"]; present {
		return vc.Defective(vc.ReasonVersion, "the credential is in the claim vc, as before version 2.0 of the data model")
	}
	for name, want := range map[string]string{"iss": c.Issuer, "jti": c.ID, "sub": c.Subject} {
		got, present := payload[name]
		if got != want && (present || want != "") {
			return vc.Defective(vc.ReasonClaims, "the claim %s differs from the credential", name)
		}
	}
	for name, want := range map[string]int64{"nbf": c.NotBefore, "exp": c.Expires} {
		got, present := payload[name]
		if present || want != 0 {
			if n, ok := got.(json.Number); !ok || !equal(n, want) {
				return vc.Defective(vc.ReasonClaims, "the claim %s differs from the credential", name)
			}
		}
	}
	return nil
}

// equal compares a NumericDate, which may have decimals, in whole seconds.
func equal(n json.Number, seconds int64) bool {
	f, err := n.Float64()
	return err == nil && math.Trunc(f) == float64(seconds)
}
