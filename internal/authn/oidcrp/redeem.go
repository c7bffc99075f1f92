package oidcrp

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/signin"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/authn/token"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// redeemed is what a provider asserts, and how the person proved themselves.
type redeemed struct {
	learner.Assertion
	session.Proof
}

// redeem turns the answer of a provider into what it asserts.
func (rp *RelyingParty) redeem(ctx context.Context, p *known, flow *ent.SignIn, answer url.Values) (redeemed, Cause, error) {
	var none redeemed
	if iss := answer.Get("iss"); iss != p.row.Issuer && (iss != "" || p.SendsIssuer) {
		return none, Misconfigured, errors.New("the answer comes from another issuer")
	}
	if e := answer.Get("error"); e != "" {
		return none, causeOf(e, flow.Purpose), errors.New("the provider answers with an error: " + vocab.Clean(200, e))
	}
	ctx = oidc.ClientContext(ctx, rp.client)
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	options := []oauth2.AuthCodeOption{oauth2.VerifierOption(flow.Verifier)}
	if p.row.ClientAuthentication == provider.ClientAuthenticationPRIVATE_KEY_JWT {
		proof, err := rp.clientAssertion(ctx, p)
		if err != nil {
			return none, Unavailable, err
		}
		options = append(options, oauth2.SetAuthURLParam("client_assertion_type", token.AssertionType), oauth2.SetAuthURLParam("client_assertion", proof))
	}
	token, err := rp.oauth(p).Exchange(ctx, answer.Get("code"), options...)
	if refusal, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refusal.Response.StatusCode < 500 {
		return none, Misconfigured, err // it answers, and takes us for somebody else
	}
	if err != nil {
		return none, ProviderDown, err
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return none, Misconfigured, errors.New("no ID token")
	}
	id, err := rp.verify(ctx, p, raw, flow.Nonce)
	if err == nil && id.AccessTokenHash != "" {
		err = id.VerifyAccessToken(token.AccessToken)
	}
	if err != nil {
		return none, Misconfigured, err
	}
	claims, cause, err := rp.claims(ctx, p, id, token)
	if err != nil {
		return none, cause, err
	}
	a, cause, err := rp.assertion(p, id, claims)
	if err != nil {
		return none, cause, err
	}
	at := claims.authenticated(rp.Now())
	if within := wishes[flow.Purpose].within; within > 0 && (at == nil || rp.Now().Sub(*at) > within) {
		return none, NotFresh, errors.New("the provider does not say that the person has just proved themselves")
	}
	return redeemed{a, session.Proof{ACR: p.acr(claims), AMR: claims.amr(), SID: claims.sid(), IDToken: raw, AuthenticatedAt: at, Purpose: string(flow.Purpose)}}, "", nil
}

// causeOf says what the error means with which a provider sends somebody back.
//
// Source: RFC 6749, section 4.1.2.1; OpenID Connect Core 1.0, section 3.1.2.6;
// OpenID Connect Core Error Code unmet_authentication_requirements 1.0.
func causeOf(e string, purpose signin.Purpose) Cause {
	switch e {
	case "access_denied":
		return Cancelled
	case "unmet_authentication_requirements":
		return TooWeak
	case "login_required", "interaction_required", "account_selection_required", "consent_required":
		if wishes[purpose].within > 0 {
			return NotFresh
		}
		return Cancelled
	case "server_error", "temporarily_unavailable":
		return ProviderDown
	}
	return Misconfigured
}

func (rp *RelyingParty) verifier(p *known) (*oidc.IDTokenVerifier, error) {
	accepted, err := p.algorithms() // with none the library would take its own
	return oidc.NewVerifier(p.row.Issuer, p.keys, &oidc.Config{
		ClientID: p.row.ClientID, SupportedSigningAlgs: accepted,
		Now: func() time.Time { return rp.Now().Add(-skew) }, // the library allows no skew on expiry
	}), err
}

// verify checks an ID token: signature, issuer, audience and expiry by the
// library, the rest here.
func (rp *RelyingParty) verify(ctx context.Context, p *known, raw, nonce string) (*oidc.IDToken, error) {
	if len(raw) > maxBody {
		return nil, errors.New("the ID token is too large")
	}
	verifier, err := rp.verifier(p)
	if err != nil {
		return nil, err
	}
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	var c struct {
		AZP       string  `json:"azp"`
		NotBefore float64 `json:"nbf"`
	}
	if err := id.Claims(&c); err != nil {
		return nil, err
	}
	now := rp.Now()
	switch {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1:
		return nil, errors.New("the nonce is not ours")
	case len(id.Audience) != 1:
		return nil, errors.New("the ID token is for others too")
	case c.AZP != "" && c.AZP != p.row.ClientID:
		return nil, errors.New("the ID token was made for another party")
	case id.IssuedAt.After(now.Add(skew)), id.IssuedAt.Before(now.Add(-flowTime)):
		return nil, errors.New("the ID token was issued at another time")
	case c.NotBefore > float64(now.Add(skew).Unix()): // the library allows five minutes
		return nil, errors.New("the ID token does not hold yet")
	case id.Subject == "" || len(id.Subject) > 255:
		return nil, errors.New("the subject has not 1 to 255 bytes")
	}
	return id, nil
}
