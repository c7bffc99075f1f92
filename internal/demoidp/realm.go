package demoidp

import (
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/peregrine-exchange/peregrine/internal/lang"
)

// Levels of authentication (REFEDS profiles), which a client asks for with
// acr_values and finds in acr. The demo grants either by a click.
const (
	acrSingleFactor = "https://refeds.org/profile/sfa"
	acrMultiFactor  = "https://refeds.org/profile/mfa"
)

// realm is one university at work.
type realm struct {
	Realm
	issuer   string
	provider provider
	store    *store
	log      *slog.Logger
}

// provider is the library's, less the grants that this package does not offer.
type provider struct{ *op.Provider }

// GrantTypeJWTAuthorizationSupported is false: no client has a key.
func (provider) GrantTypeJWTAuthorizationSupported() bool { return false }

func newRealm(r Realm, issuer string, c Config) (*realm, error) {
	s, err := newStore(r, issuer, c)
	if err != nil {
		return nil, err
	}
	var key [32]byte // seals access tokens, which are opaque
	rand.Read(key[:])
	p, err := op.NewProvider(&op.Config{
		CodeMethodS256: true, AuthMethodPost: true, DefaultLogoutRedirectURI: issuer + "/signed-out",
	}, s, op.StaticIssuer(issuer), op.WithAllowInsecure(), op.WithCrypto(op.NewAES256GCMCrypto(key, "")))
	if err != nil {
		return nil, err
	}
	return &realm{r, issuer, provider{p}, s, c.Logger.With("realm", r.Key)}, nil
}

// discovery serves the metadata of the issuer. It is written out here, since
// the library would also announce implicit grants and endpoints that are not
// served.
func (r *realm) discovery(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(struct { // a failed write is a reader who left
		*oidc.DiscoveryConfiguration
		IssParameter bool `json:"authorization_response_iss_parameter_supported"` // RFC 9207, section 3
	}{&oidc.DiscoveryConfiguration{
		Issuer:                            r.issuer,
		AuthorizationEndpoint:             r.issuer + "/authorize",
		TokenEndpoint:                     r.issuer + "/token",
		UserinfoEndpoint:                  r.issuer + "/userinfo",
		EndSessionEndpoint:                r.issuer + "/end_session",
		JwksURI:                           r.issuer + "/keys",
		ScopesSupported:                   append([]string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail}, academicClaims...),
		ResponseTypesSupported:            []string{string(oidc.ResponseTypeCode)},
		ResponseModesSupported:            []string{string(oidc.ResponseModeQuery)},
		GrantTypesSupported:               []oidc.GrantType{oidc.GrantTypeCode},
		ACRValuesSupported:                []string{acrSingleFactor, acrMultiFactor},
		SubjectTypesSupported:             []string{"public"},
		IDTokenSigningAlgValuesSupported:  []string{string(signatureAlgorithm)},
		TokenEndpointAuthMethodsSupported: []oidc.AuthMethod{oidc.AuthMethodBasic, oidc.AuthMethodPost},
		ClaimsSupported:                   supportedClaims,
		CodeChallengeMethodsSupported:     []oidc.CodeChallengeMethod{oidc.CodeChallengeMethodS256},
		UILocalesSupported:                lang.Languages,
	}, true})
}

func (r *realm) keys(w http.ResponseWriter, req *http.Request)     { op.Keys(w, req, r.store) }
func (r *realm) token(w http.ResponseWriter, req *http.Request)    { op.Exchange(w, req, r.provider) }
func (r *realm) userinfo(w http.ResponseWriter, req *http.Request) { op.Userinfo(w, req, r.provider) }

// endSession forgets the tokens of the person that the ID token hint names and
// leads to a registered address, or else to a page that says so.
func (r *realm) endSession(w http.ResponseWriter, req *http.Request) {
	op.EndSession(w, req, r.provider)
}
