package demoidp

import (
	"net/http"
	"slices"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// answer is an authorization response, good or bad. It always names the
// issuer, so that a client can tell which realm answered (RFC 9207).
type answer struct {
	Code        string `schema:"code,omitempty"`
	Error       string `schema:"error,omitempty"`
	Description string `schema:"error_description,omitempty"`
	State       string `schema:"state,omitempty"`
	Issuer      string `schema:"iss"`
}

// authorize checks an authorization request, keeps it and leads to the
// sign-in page. Faults go back to the client, but never to an address that is
// not registered: such a request ends on a page.
func (r *realm) authorize(w http.ResponseWriter, req *http.Request) {
	asked, err := op.ParseAuthorizeRequest(req, r.provider.Decoder())
	if err != nil {
		r.refuse(w, req, err)
		return
	}
	hint, err := r.validate(req, asked)
	if err != nil {
		fault := oidc.DefaultToServerError(err, "the request could not be checked")
		if fault.IsRedirectDisabled() {
			r.refuse(w, req, fault)
			return
		}
		r.sendBack(w, req, asked.RedirectURI, answer{Error: string(fault.ErrorType), Description: fault.Description, State: asked.State})
		return
	}
	g := r.store.open(asked, hint)
	http.Redirect(w, req, r.store.client.LoginURL(g.id), http.StatusSeeOther)
}

// validate checks what the library checks and what this provider adds. It
// returns the subject of the id_token_hint, if there is one.
func (r *realm) validate(req *http.Request, asked *oidc.AuthRequest) (hint string, err error) {
	ctx := req.Context()
	client, err := r.store.GetClientByClientID(ctx, asked.ClientID)
	if err != nil {
		return "", oidc.ErrInvalidRequestRedirectURI().WithDescription("the client is not known here").WithParent(err)
	}
	hint, err = op.ValidateAuthRequestClient(ctx, asked, client, r.provider.IDTokenHintVerifier(ctx))
	switch {
	case err != nil:
		return "", err
	case asked.RequestParam != "":
		return "", oidc.ErrRequestNotSupported()
	case asked.ResponseMode != "" && asked.ResponseMode != oidc.ResponseModeQuery:
		return "", oidc.ErrInvalidRequest().WithDescription("response_mode must be query")
	case !slices.Contains(asked.Scopes, oidc.ScopeOpenID):
		return "", oidc.ErrInvalidScope().WithDescription("scope must contain openid")
	// A SHA-256 in base64url has 43 characters (RFC 7636, section 4.2).
	case asked.CodeChallengeMethod != oidc.CodeChallengeMethodS256 || len(asked.CodeChallenge) != 43:
		return "", oidc.ErrInvalidRequest().WithDescription("PKCE with S256 is required")
	case slices.Contains(asked.Prompt, oidc.PromptNone):
		return "", oidc.ErrLoginRequired().WithDescription("there is no session; every sign-in asks")
	}
	return hint, nil
}

// sendBack leads the browser to an address of the client that has been checked.
func (r *realm) sendBack(w http.ResponseWriter, req *http.Request, to string, a answer) {
	a.Issuer = r.issuer
	address, err := op.AuthResponseURL(to, oidc.ResponseTypeCode, oidc.ResponseModeQuery, &a, r.provider.Encoder())
	if err != nil {
		r.refuse(w, req, err)
		return
	}
	http.Redirect(w, req, address, http.StatusSeeOther)
}
