package oidcrp

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/signin"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// linkName is the cookie that names the account which waits to be linked.
const linkName = "link"

// LinkPath is the page on which accounts are linked.
const LinkPath = "/auth/link"

// BeginLink sends somebody who has signed in to the provider of a second
// account, or first to their own when they have not proved themselves lately, or
// not by the second factor that a place they work for asks for. They come back to
// LinkPath.
func (h *Handlers) BeginLink(w http.ResponseWriter, r *http.Request, key string) {
	running, err := h.running(r)
	switch {
	case err != nil:
		guard(w)
		h.fail(w, r, nobody(err), err)
	case learner.MayLink(r.Context()) != nil:
		h.again(w, r, signin.PurposeSTEP_UP, LinkPath)
	case h.Now().Sub(vocab.OrZero(running.AuthenticatedAt)) > recent:
		h.again(w, r, signin.PurposeRENEW, LinkPath)
	default:
		h.begin(w, r, key, signin.PurposeLINK, LinkPath)
	}
}

// askToLink keeps what the provider of the second account said until the person
// has confirmed that it is theirs.
func (h *Handlers) askToLink(w http.ResponseWriter, r *http.Request, p *known, flow *ent.SignIn, got redeemed) {
	ctx := viewer.AsSystem(r.Context())
	taken, err := h.Learners.IsKnown(ctx, got.Assertion)
	if err != nil {
		h.fail(w, r, Unavailable, err)
		return
	}
	if taken {
		h.recordRefusal(ctx, p, flow, AccountTaken)
		h.fail(w, r, AccountTaken, errors.New("the account is somebody's already"))
		return
	}
	waiting, err := json.Marshal(got.Assertion)
	if err != nil {
		h.fail(w, r, Unavailable, err)
		return
	}
	name := session.NewSecret()
	err = storage.Do(ctx, h.DB, func(tx *ent.Tx) error {
		return tx.SignIn.Create().SetProviderID(p.row.ID).SetPurpose(signin.PurposeCONFIRM_LINK).SetSessionID(*flow.SessionID).SetStateDigest(storage.Digest(name)).
			SetBrowserDigest(storage.Digest(session.NewSecret())).SetNonce("").SetVerifier("").SetReturnTo(LinkPath).SetAssertion(string(waiting)).
			SetExpiresAt(vocab.Now(h.Now).Add(recent)).Exec(ctx)
	})
	if err != nil {
		h.fail(w, r, Unavailable, err)
		return
	}
	http.SetCookie(w, h.Cookie.Named(linkName, name, int(recent.Seconds())))
	http.Redirect(w, r, LinkPath, http.StatusSeeOther)
}

// Waiting returns the account that waits for the person of the request to
// confirm it, or nil.
func (rp *RelyingParty) Waiting(r *http.Request) (*learner.Assertion, error) {
	_, a, err := rp.waiting(r)
	return a, err
}

func (rp *RelyingParty) waiting(r *http.Request) (*ent.SignIn, *learner.Assertion, error) {
	ctx, v := viewer.AsSystem(r.Context()), viewer.From(r.Context())
	name := rp.Cookie.NamedValue(r, linkName)
	if name == "" || v.SessionID == "" {
		return nil, nil, nil
	}
	row, err := rp.DB.SignIn.Query().Where(signin.StateDigest(storage.Digest(name)), signin.PurposeEQ(signin.PurposeCONFIRM_LINK),
		signin.SessionID(v.SessionID), signin.ExpiresAtGT(rp.Now())).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	a := &learner.Assertion{}
	return row, a, json.Unmarshal([]byte(vocab.OrZero(row.Assertion)), a)
}

// ConfirmLink links the account that waits, or forgets it. Once linked, the
// session goes on under a new secret.
func (h *Handlers) ConfirmLink(w http.ResponseWriter, r *http.Request, yes bool) {
	guard(w)
	ctx := viewer.AsSystem(r.Context())
	row, a, err := h.waiting(r)
	if err != nil {
		h.fail(w, r, Unavailable, err)
		return
	}
	if row == nil {
		h.fail(w, r, Expired, errors.New("no account waits to be linked"))
		return
	}
	http.SetCookie(w, h.Cookie.Named(linkName, "", -1))
	switch n, err := h.forget(ctx, row); {
	case err != nil:
		h.fail(w, r, Unavailable, err)
		return
	case n != 1:
		h.fail(w, r, StateUnknown, errors.New("confirmed at the same moment"))
		return
	case !yes:
		http.Redirect(w, r, "/account", http.StatusSeeOther)
		return
	}
	if _, err := h.Learners.Link(r.Context(), *a); errors.Is(err, problem.Is(problem.Conflict)) {
		h.fail(w, r, AccountTaken, err)
		return
	} else if errors.Is(err, problem.Is(problem.StepUpRequired)) {
		h.fail(w, r, TooWeak, err)
		return
	} else if err != nil {
		h.fail(w, r, Unavailable, err)
		return
	}
	token, err := h.Sessions.Renew(ctx, *row.SessionID)
	if errors.Is(err, problem.Is(problem.Unauthenticated)) {
		h.fail(w, r, SignedOut, err)
		return
	} else if err != nil {
		h.fail(w, r, Unavailable, err)
		return
	}
	h.Cookie.Set(w, token)
	http.Redirect(w, r, "/account", http.StatusSeeOther)
}

// forget deletes a sign-in. Of several who do so at once, one deletes it.
func (rp *RelyingParty) forget(ctx context.Context, row *ent.SignIn) (n int, err error) {
	err = storage.Do(ctx, rp.DB, func(tx *ent.Tx) (err error) {
		n, err = tx.SignIn.Delete().Where(signin.ID(row.ID)).Exec(ctx)
		return err
	})
	return n, err
}
