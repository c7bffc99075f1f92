package token

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/apiclient"
	"github.com/peregrine-exchange/peregrine/internal/client"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Bounds of an assertion.
const (
	maxAssertion = 16 << 10
	maxJTI       = 255
)

// assertionTypes are the values of "typ" that an assertion may have, in lower
// case. It is optional (RFC 7523); what names another kind of token is one.
var assertionTypes = map[string]bool{"": true, "jwt": true, "client-authentication+jwt": true}

// proven is a program that has proved itself.
type proven struct {
	client *ent.ApiClient
	key    ident.ID // the registered key that signed; empty for a published one
	digest string   // of the client and the jti
	until  time.Time
}

// prove checks an assertion all but for its first use, which redeem does. A
// refusal says what is wrong to whoever has to mend the program; it does not
// tell whether a client id exists.
func (s *Service) prove(ctx context.Context, assertion, clientID string) (*proven, error) {
	if len(assertion) > maxAssertion {
		return nil, invalidClient("the assertion is too large")
	}
	jws, err := gojose.ParseSignedCompact(assertion, client.Algorithms)
	if err != nil || len(jws.Signatures) != 1 {
		return nil, invalidClient("the assertion is no JWT that is signed with one of the supported algorithms")
	}
	header := jws.Signatures[0].Protected
	typ, _ := header.ExtraHeaders[gojose.HeaderType].(string)
	if header.ExtraHeaders[gojose.HeaderType] != nil && typ == "" || !assertionTypes[strings.ToLower(typ)] {
		return nil, invalidClient("the assertion is of another type than JWT")
	}
	for _, name := range []gojose.HeaderKey{"crit", "b64"} {
		if header.ExtraHeaders[name] != nil {
			return nil, invalidClient("the assertion has a header that is not understood here")
		}
	}
	said, err := vc.ReadDocument(jws.UnsafePayloadWithoutVerification())
	if err != nil {
		return nil, invalidClient("the assertion has no claims that can be read")
	}
	now := s.Now()
	until, refusal := s.checkClaims(said, now, clientID)
	if refusal != nil {
		return nil, refusal
	}
	id, _ := ident.Parse(said["sub"].(string))
	unknown := invalidClient("the program is unknown or disabled, or none of its keys signed the assertion")
	c, err := s.DB.ApiClient.Get(viewer.AsSystem(ctx), id)
	if ent.IsNotFound(err) {
		return nil, unknown
	}
	if err != nil {
		return nil, err
	}
	if c.State != apiclient.StateACTIVE {
		return nil, unknown
	}
	keys, err := s.Clients.Keys(ctx, c, header.KeyID, gojose.SignatureAlgorithm(header.Algorithm))
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if k.Signed(jws, assertion, gojose.SignatureAlgorithm(header.Algorithm)) {
			return &proven{client: c, key: k.Registered, digest: storage.Digest(string(c.ID) + "\x00" + said["jti"].(string)), until: until}, nil
		}
	}
	return nil, unknown
}

// checkClaims returns until when the assertion could be used, or why it cannot.
func (s *Service) checkClaims(said map[string]any, now time.Time, clientID string) (time.Time, error) {
	var none time.Time
	iss, _ := said["iss"].(string)
	sub, _ := said["sub"].(string)
	aud, oneAudience := said["aud"].(string)
	jti, _ := said["jti"].(string)
	switch {
	case iss == "" || iss != sub:
		return none, invalidClient("iss and sub of the assertion are both the client id")
	case clientID != "" && clientID != sub:
		return none, invalidClient("client_id is another one than that of the assertion")
	case !oneAudience || aud != s.BaseURL:
		return none, invalidClient("aud of the assertion is the issuer " + s.BaseURL + ", as one text and nothing else")
	case jti == "" || len(jti) > maxJTI:
		return none, invalidClient("jti of the assertion is a text of 1 to 255 bytes")
	}
	exp, hasExp := instant(said, "exp")
	iat, hasIat := instant(said, "iat")
	nbf, hasNbf := instant(said, "nbf")
	switch {
	case !hasExp || said["iat"] != nil && !hasIat || said["nbf"] != nil && !hasNbf:
		return none, invalidClient("exp of the assertion is needed, and exp, iat and nbf are seconds since 1970")
	case !now.Before(exp.Add(skew)):
		return none, invalidClient("the assertion has expired")
	case iat.After(now.Add(skew)) || nbf.After(now.Add(skew)):
		return none, invalidClient("the assertion is not valid yet; is the clock right?")
	case hasIat && exp.Sub(iat) > lifetime || exp.Sub(now) > lifetime+skew: // without iat, it began now by the program's clock
		return none, invalidClient("the assertion lives longer than ten minutes")
	}
	return exp.Add(skew), nil
}

// instant reads a NumericDate of this century or about.
func instant(said map[string]any, name string) (time.Time, bool) {
	n, ok := said[name].(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := n.Float64()
	if err != nil || seconds < 0 || seconds > 1e11 {
		return time.Time{}, false
	}
	return time.UnixMicro(int64(seconds * 1e6)).UTC(), true
}

// redeem notes the use of an assertion. Of any number of rivals, on any number
// of servers, the unique key lets one through.
func (s *Service) redeem(ctx context.Context, tx *ent.Tx, p *proven) error {
	err := tx.ClientAssertion.Create().SetDigest(p.digest).SetExpiresAt(vocab.Stored(p.until)).Exec(ctx)
	if storage.IsDuplicate(err) {
		return invalidClient("the assertion has been used already; make a new one, with a new jti")
	}
	return err
}

// Clear forgets assertions that have expired. A job calls it.
func (s *Service) Clear(ctx context.Context) (int, error) {
	return s.clear(viewer.AsSystem(ctx), vocab.Now(s.Now))
}
