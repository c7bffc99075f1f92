package demoidp

import (
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/text/language"
)

// grant is an authorization request and, once somebody has been chosen, what
// comes of it: the state behind a code and behind an access token. It does not
// change after it has been put on a shelf, except for its spending.
type grant struct {
	id          string
	clientID    string
	redirectURI string
	state       string
	nonce       string
	challenge   string // PKCE, S256
	scopes      []string
	acr         string
	locales     []language.Tag
	hint        string // subject of the id_token_hint: nobody else may be chosen

	person   Person
	authTime time.Time
	spending *spending
}

// spending is shared by all codes of one request, of which one may be used
// once. A browser that sends the form twice gets two codes. It is guarded by
// the store's mutex.
type spending struct {
	used     bool
	replayed bool
	token    string // id of the access token
}

// grantedACR is the first level that the client asks for and that is known
// here, and a single factor otherwise: acr_values is a wish, in order of
// preference (OpenID Connect Core, section 3.1.2.1).
func grantedACR(wanted []string) string {
	i := slices.IndexFunc(wanted, func(v string) bool { return v == acrSingleFactor || v == acrMultiFactor })
	if i < 0 {
		return acrSingleFactor
	}
	return wanted[i]
}

// The methods below make a grant the library's AuthRequest.

func (g *grant) GetID() string                      { return g.id }
func (g *grant) GetACR() string                     { return g.acr }
func (g *grant) GetAudience() []string              { return []string{g.clientID} }
func (g *grant) GetAuthTime() time.Time             { return g.authTime }
func (g *grant) GetClientID() string                { return g.clientID }
func (g *grant) GetNonce() string                   { return g.nonce }
func (g *grant) GetRedirectURI() string             { return g.redirectURI }
func (g *grant) GetResponseType() oidc.ResponseType { return oidc.ResponseTypeCode }
func (g *grant) GetResponseMode() oidc.ResponseMode { return oidc.ResponseModeQuery }
func (g *grant) GetScopes() []string                { return g.scopes }
func (g *grant) GetState() string                   { return g.state }
func (g *grant) GetSubject() string                 { return g.person.Subject }
func (g *grant) Done() bool                         { return g.person.Subject != "" }

func (g *grant) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: g.challenge, Method: oidc.CodeChallengeMethodS256}
}

// GetAMR tells the truth: a human was present and nothing was checked. With
// the multi-factor profile it also says "mfa", since clients look for it.
// Values are those of RFC 8176, section 2.
func (g *grant) GetAMR() []string {
	if g.acr == acrMultiFactor {
		return []string{"user", "mfa"}
	}
	return []string{"user"}
}
