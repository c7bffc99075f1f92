// Package lend hands a signed-in person's token to a portal on another origin:
// by an authorization code and PKCE (RFC 6749 section 4.1, RFC 7636), to an
// address that is registered for that portal and to no other. A code is good
// for a minute and once; the token ends with the browser's session, with the
// portal, and after an hour, and there is none to refresh it.
package lend

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/portalcode"
	row "github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/portal"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service gives codes and redeems them.
type Service struct {
	DB       *ent.Client
	Now      func() time.Time
	BaseURL  string // the issuer of RFC 9207
	Portals  *portal.Service
	Sessions *session.Service
}

const (
	codeTime = time.Minute
	maxState = 256 // bytes
)

// Request is what a portal asks for, as its address says.
type Request struct {
	Portal        *ent.Portal // with its institution or alliance
	ReturnAddress string
	State         string
	Challenge     string // S256 of the verifier that the portal keeps
}

// Fault is an error code of RFC 6749.
type Fault string

// The faults.
const (
	InvalidRequest   Fault = "invalid_request"
	InvalidClient    Fault = "invalid_client"
	InvalidGrant     Fault = "invalid_grant"
	UnsupportedGrant Fault = "unsupported_grant_type"
	UnsupportedType  Fault = "unsupported_response_type"
	AccessDenied     Fault = "access_denied"
)

func (f Fault) Error() string { return "lend: " + string(f) }

var (
	challenge = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)       // 32 bytes in base64url
	verifier  = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`) // RFC 7636 section 4.1
)

// Parse reads what a portal asks for. With a Fault and no portal in the request
// the person is not sent back, because nobody knows to whom; with a portal
// Refused says where the fault is told.
func (s *Service) Parse(ctx context.Context, q url.Values) (Request, error) {
	if twice(q) {
		return Request{}, InvalidRequest
	}
	id, _ := ident.Parse(q.Get("client_id"))
	p, err := s.Portals.Registered(ctx, id)
	if err != nil {
		return Request{}, err
	}
	if p == nil || !portal.ReturnsTo(p, q.Get("redirect_uri")) || len(q.Get("state")) > maxState {
		return Request{}, InvalidClient
	}
	r := Request{Portal: p, ReturnAddress: q.Get("redirect_uri"), State: q.Get("state"), Challenge: q.Get("code_challenge")}
	switch {
	case q.Get("response_type") != "code":
		return r, UnsupportedType
	case q.Get("code_challenge_method") != "S256" || !challenge.MatchString(r.Challenge):
		return r, InvalidRequest
	}
	return r, nil
}

// twice says whether a parameter stands twice (RFC 6749 section 3.1).
func twice(q url.Values) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(q)), func(values []string) bool { return len(values) > 1 })
}

// Known says whether the session has let the portal in before, so that its
// person need not be asked again.
func (s *Service) Known(ctx context.Context, r Request, sessionID ident.ID) (bool, error) {
	return s.DB.Session.Query().Where(row.ParentID(sessionID), row.PortalID(r.Portal.ID), row.EndedAtIsNil()).Exist(viewer.AsSystem(ctx))
}

// Grant makes the code that the session's person gives to the portal, and
// returns the address at which the portal waits for it.
func (s *Service) Grant(ctx context.Context, r Request, sessionID ident.ID) (string, error) {
	code := rand.Text() + rand.Text()
	system := viewer.AsSystem(ctx)
	err := s.DB.PortalCode.Create().SetPortalID(r.Portal.ID).SetSessionID(sessionID).SetDigest(storage.Digest(code)).
		SetChallenge(r.Challenge).SetReturnAddress(r.ReturnAddress).SetExpiresAt(vocab.Now(s.Now).Add(codeTime)).Exec(system)
	if err != nil {
		return "", err
	}
	return s.back(r, "code", code), nil
}

// Refused returns the address at which the portal learns why it gets no code.
func (s *Service) Refused(r Request, f Fault) string { return s.back(r, "error", string(f)) }

// back is the portal's return address with an answer (RFC 6749 section 4.1.2)
// and who answers (RFC 9207).
func (s *Service) back(r Request, name, value string) string {
	u, err := url.Parse(r.ReturnAddress)
	if err != nil {
		return "/" // what is registered has been parsed before
	}
	q := u.Query()
	q.Set(name, value)
	q.Set("iss", s.BaseURL)
	if r.State != "" {
		q.Set("state", r.State)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// Token is a bearer token and when it ends at the latest.
type Token struct {
	Secret  string
	Expires time.Time
}

// Redeem gives the token for a code, once. Whatever comes with a code spends
// it: who guesses a verifier guesses once. It returns a Fault when the code is
// unknown, spent, too old, another portal's, was asked for another address or
// with another challenge, or when its session or portal has ended.
func (s *Service) Redeem(ctx context.Context, form url.Values) (Token, error) {
	switch {
	case twice(form):
		return Token{}, InvalidRequest
	case form.Get("grant_type") != "authorization_code":
		return Token{}, UnsupportedGrant
	case !verifier.MatchString(form.Get("code_verifier")) || form.Get("code") == "":
		return Token{}, InvalidRequest
	}
	ctx = viewer.AsSystem(ctx)
	found, err := s.spend(ctx, form.Get("code"))
	if err != nil {
		return Token{}, err
	}
	now := vocab.Now(s.Now)
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	proved := base64.RawURLEncoding.EncodeToString(sum[:])
	if !now.Before(found.ExpiresAt) || string(found.PortalID) != form.Get("client_id") || found.ReturnAddress != form.Get("redirect_uri") ||
		subtle.ConstantTimeCompare([]byte(proved), []byte(found.Challenge)) != 1 {
		return Token{}, InvalidGrant
	}
	var t Token
	err = storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		live, err := portal.Use(ctx, tx, found.PortalID, now)
		if err != nil {
			return err
		}
		if !live {
			return InvalidGrant
		}
		lent, secret, err := s.Sessions.LendTo(ctx, tx, found.SessionID, found.PortalID)
		if err != nil {
			return err
		}
		if lent == nil {
			return InvalidGrant
		}
		t = Token{secret, lent.ExpiresAt}
		return ledger.Note(ctx, tx, toLend, ledger.Thing{ID: lent.PersonID}.With("portal", string(found.PortalID)))
	})
	return t, err
}

// spend takes a code away and returns what it stood for. Of several who bring
// the same one at once, one deletes it.
func (s *Service) spend(ctx context.Context, code string) (*ent.PortalCode, error) {
	found, err := s.DB.PortalCode.Query().Where(portalcode.Digest(storage.Digest(code))).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, InvalidGrant
	}
	if err != nil {
		return nil, err
	}
	n, err := s.DB.PortalCode.Delete().Where(portalcode.ID(found.ID)).Exec(ctx)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, InvalidGrant
	}
	return found, nil
}

// Clear deletes codes that nobody has redeemed. A job calls it.
func (s *Service) Clear(ctx context.Context) (int, error) {
	return s.DB.PortalCode.Delete().Where(portalcode.ExpiresAtLT(s.Now())).Exec(viewer.AsSystem(ctx))
}
