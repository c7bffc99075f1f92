package oidcrp

import (
	"context"
	"errors"
	"net/http"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/ent/signin"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// stepUp sends somebody who has signed in to their provider again, to prove a
// second factor.
func (h *Handlers) stepUp(w http.ResponseWriter, r *http.Request) {
	h.again(w, r, signin.PurposeSTEP_UP, SafePath(r.URL.Query().Get("return_to")))
}

// again sends the person of the running session to the provider of its account.
func (h *Handlers) again(w http.ResponseWriter, r *http.Request, purpose signin.Purpose, returnTo string) {
	guard(w)
	running, err := h.running(r)
	if err != nil {
		h.fail(w, r, nobody(err), err)
		return
	}
	p, err := running.Edges.Identity.QueryProvider().Only(viewer.AsSystem(r.Context()))
	if err != nil {
		h.fail(w, r, Unavailable, err)
		return
	}
	h.begin(w, r, p.Key, purpose, returnTo)
}

var errNobody = errors.New("nobody has signed in")

// nobody says why there is no running session: a database that does not answer
// is no reason to take somebody for signed out.
func nobody(err error) Cause {
	if errors.Is(err, errNobody) || ent.IsNotFound(err) {
		return SignedOut
	}
	return Unavailable
}

// running returns the session of the browser that asks, with its account.
func (rp *RelyingParty) running(r *http.Request) (*ent.Session, error) {
	v := viewer.From(r.Context())
	if v.SessionID == "" {
		return nil, errNobody
	}
	return rp.DB.Session.Query().Where(session.ID(v.SessionID), session.KindEQ(session.KindBROWSER)).WithIdentity().Only(viewer.AsSystem(r.Context()))
}

// sameAccount says why an answer does not prove more about the session's
// account: it is about another one, or is weaker than what was asked for. A
// provider may ignore acr_values without a word.
func (rp *RelyingParty) sameAccount(ctx context.Context, flow *ent.SignIn, got redeemed) (Cause, error) {
	running, err := rp.DB.Session.Query().Where(session.ID(*flow.SessionID)).WithIdentity().Only(ctx)
	if err != nil {
		return nobody(err), err
	}
	if id := running.Edges.Identity; id.Issuer != got.Issuer || id.Subject != got.Subject {
		return OtherAccount, errors.New("the provider speaks of another account")
	}
	if flow.Purpose == signin.PurposeSTEP_UP && !authz.SteppedUp(got.ACR, vocab.OrZero(got.AuthenticatedAt), rp.Now()) {
		return TooWeak, errors.New("the provider does not say that a second factor was proved")
	}
	return "", nil
}
