package credential

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/storage"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/signingkey"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vc/form"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Verification is what the verification of a credential found.
type Verification struct {
	vc.Report
	Award    *vc.Award // what it says; nil when it could not be read
	IssuerID ident.ID  // the member that issued it; empty for a foreign issuer
	JWT      string    // what was verified
	Revoked  *time.Time
	Reason   vocab.RevocationReason

	// Whether the issuer was an active member of an alliance; nil for one that
	// is not of this server.
	MemberAtIssue, MemberNow *bool
}

// VerifyToken verifies the credential behind a verification address. It returns
// a NOT_FOUND problem for an unknown token and for a credential that is not yet
// signed. Anybody may ask: the token is the right to see it.
func (s *Service) VerifyToken(ctx context.Context, token string) (*Verification, error) {
	c, err := s.DB.Credential.Query().Where(credential.Token(token)).Only(viewer.AsSystem(ctx))
	if ent.IsNotFound(err) || err == nil && c.Jwt == nil {
		return nil, problem.Missing("credential")
	}
	if err != nil {
		return nil, err
	}
	return s.verify(ctx, *c.Jwt, c)
}

// Known returns a NOT_FOUND problem unless a credential has been issued under an
// id. It tells nothing else: the id is no right to see it.
func (s *Service) Known(ctx context.Context, id ident.ID) error {
	issued := s.DB.Credential.Query().Where(credential.ID(id), credential.JwtNotNil())
	return storage.IfNone(viewer.AsSystem(ctx), issued, problem.Missing("credential"))
}

// VerifyJWT verifies a credential that somebody presents. One of a foreign
// issuer is read, and what cannot be checked here is said to be unknown.
func (s *Service) VerifyJWT(ctx context.Context, jwt string) (*Verification, error) {
	return s.verify(ctx, strings.TrimSpace(jwt), nil)
}

func (s *Service) verify(ctx context.Context, jwt string, stored *ent.Credential) (*Verification, error) {
	now := vocab.Now(s.Now)
	v := &Verification{JWT: jwt}
	finish := func(checks ...vc.Check) (*Verification, error) {
		v.Report = vc.NewReport(now, checks...)
		return v, nil
	}
	read, err := s.Forms.Read([]byte(jwt))
	if err != nil {
		var defect *vc.Defect
		if errors.As(err, &defect) {
			return finish(defect.Check())
		}
		return nil, err
	}
	v.Award = &read.Award
	checks := []vc.Check{vc.Pass(vc.CheckForm)}
	issuer, ours := s.issuedHere(read.Award.Issuer.ID)
	if !ours {
		return finish(append(checks, foreign(read, now)...)...)
	}
	v.IssuerID = issuer
	member, err := s.memberCheck(ctx, v, read.Award.IssuedAt)
	if err != nil {
		return nil, err
	}
	checks = append(checks, member)
	if read.Token == nil { // what is issued here is a token; anybody can write a document
		return finish(append(checks, vc.Check{Kind: vc.CheckSignature, Result: vc.Failed, Reason: vc.ReasonUnsigned})...)
	}
	recorded, err := s.recorded(ctx, read.Award, stored)
	if err != nil {
		return nil, err
	}
	onRecord := recorded != nil && recorded.Jwt != nil && *recorded.Jwt == jwt
	key, check, err := s.keyOf(ctx, issuer, read.Token.KeyID, onRecord)
	if err != nil {
		return nil, err
	}
	checks = append(checks, check)
	if check.Result != vc.Passed {
		return finish(checks...)
	}
	if _, _, err := read.Token.Verify(jose.Set{*key}); err != nil {
		var defect *vc.Defect
		if errors.As(err, &defect) {
			return finish(append(checks, defect.Check())...)
		}
		return nil, err
	}
	return finish(append(checks, vc.Pass(vc.CheckSignature), vc.Within(now, read.Award.IssuedAt, read.Award.ValidUntil), v.status(recorded))...)
}

// issuedHere returns the institution that an issuer's address names, if it is
// one of this server.
func (s *Service) issuedHere(issuer string) (ident.ID, bool) {
	rest, ok := strings.CutPrefix(issuer, s.BaseURL+"/issuers/")
	id, err := ident.Parse(rest)
	return id, ok && err == nil && id.Kind() == ident.Institution
}

// memberCheck says whether the issuer was an active member of an alliance when
// it issued the credential, and whether it is one now. Anything else is a
// warning: what was issued stays genuine, and a suspended member still
// certifies what its learners have begun.
func (s *Service) memberCheck(ctx context.Context, v *Verification, issued time.Time) (vc.Check, error) {
	// The credential says whole seconds; a member that was admitted within that
	// second was one.
	then, today, err := institution.ActiveAt(viewer.AsSystem(ctx), s.DB, v.IssuerID, issued.Truncate(time.Second).Add(time.Second-time.Microsecond))
	if err != nil {
		return vc.Check{}, err
	}
	v.MemberAtIssue, v.MemberNow = &then, &today
	warn := func(r vc.Reason) (vc.Check, error) {
		return vc.Check{Kind: vc.CheckIssuer, Result: vc.Warning, Reason: r}, nil
	}
	switch {
	case then && today:
		return vc.Pass(vc.CheckIssuer), nil
	case then:
		return warn(vc.ReasonIssuerFormer)
	case today:
		return warn(vc.ReasonIssuerLapsed)
	}
	return warn(vc.ReasonIssuerNever)
}

// foreign lists the checks of a credential whose issuer is not known here:
// nothing about it is fetched, so nothing about it is decided.
func foreign(read *form.Reading, now time.Time) []vc.Check {
	return []vc.Check{
		{Kind: vc.CheckIssuer, Result: vc.Warning, Reason: vc.ReasonIssuerUnknown},
		{Kind: vc.CheckKey, Result: vc.Unknown, Reason: vc.ReasonKeyUnreachable},
		{Kind: vc.CheckSignature, Result: vc.Unknown, Reason: vc.ReasonKeyUnreachable},
		vc.Within(now, read.Award.IssuedAt, read.Award.ValidUntil),
		{Kind: vc.CheckStatus, Result: vc.Unknown, Reason: vc.ReasonStatusUnreachable},
	}
}

// recorded returns what the ledger holds under the identifier of an award, which
// is stored where that was read before; nil when it holds nothing.
func (s *Service) recorded(ctx context.Context, award vc.Award, stored *ent.Credential) (*ent.Credential, error) {
	id := ident.ID(strings.TrimPrefix(award.ID, s.BaseURL+"/credentials/"))
	if stored != nil && stored.ID == id {
		return stored, nil
	}
	found, err := s.DB.Credential.Get(viewer.AsSystem(ctx), id)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return found, err
}

// keyOf returns the institution's key that a token names, and the check of it.
// What a stolen key signed is genuine if these very bytes are on record here.
func (s *Service) keyOf(ctx context.Context, institution ident.ID, keyID string, onRecord bool) (*jose.Key, vc.Check, error) {
	kid := keyID[strings.LastIndexAny(keyID, "/#")+1:]
	stored, err := s.DB.SigningKey.Query().Where(signingkey.Kid(kid)).Only(viewer.AsSystem(ctx))
	if ent.IsNotFound(err) || err == nil && (stored.InstitutionID != institution || keyID != s.keyURL(institution, kid)) {
		return nil, vc.Check{Kind: vc.CheckKey, Result: vc.Failed, Reason: vc.ReasonKeyUnknown}, nil
	}
	if err != nil {
		return nil, vc.Check{}, err
	}
	if stored.State == signingkey.StateCOMPROMISED && !onRecord {
		return nil, vc.Check{Kind: vc.CheckKey, Result: vc.Failed, Reason: vc.ReasonKeyCompromised}, nil
	}
	key, err := jose.ParseKey([]byte(stored.PublicJwk))
	key.ID = keyID
	return &key, vc.Pass(vc.CheckKey), err
}

// status is the check of what the ledger holds, from which the status list is
// made. A credential with a true signature that the ledger does not know was
// not issued by this server's rules.
func (v *Verification) status(recorded *ent.Credential) vc.Check {
	if recorded == nil {
		return vc.Check{Kind: vc.CheckStatus, Result: vc.Unknown, Reason: vc.ReasonNoStatus}
	}
	switch recorded.State {
	case credential.StateISSUED:
		return vc.Pass(vc.CheckStatus)
	case credential.StateREVOKED:
		v.Revoked, v.Reason = recorded.RevokedAt, vocab.OrZero(recorded.RevocationReason)
		return vc.Check{Kind: vc.CheckStatus, Result: vc.Failed, Reason: vc.ReasonRevoked}
	}
	// A newer server may know states that this one does not.
	return vc.Check{Kind: vc.CheckStatus, Result: vc.Unknown, Reason: vc.ReasonStatusUnsupported}
}
