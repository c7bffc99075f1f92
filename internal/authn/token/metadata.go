package token

import (
	"net/http"

	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/client"
)

// public lets every origin read a document for five minutes.
func public(w http.ResponseWriter, contentType string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Access-Control-Allow-Origin", "*")
}

// serveKeys serves the keys that verify access tokens.
func (s *Service) serveKeys(w http.ResponseWriter, r *http.Request) {
	set, err := s.signing().Offered(r.Context())
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	public(w, "application/jwk-set+json")
	write(w, set)
}

// serveServer describes the token endpoint (RFC 8414).
func (s *Service) serveServer(w http.ResponseWriter, _ *http.Request) {
	algorithms := []string{}
	for _, a := range client.Algorithms {
		algorithms = append(algorithms, string(a))
	}
	public(w, "application/json")
	write(w, map[string]any{
		"issuer": s.BaseURL, "token_endpoint": s.BaseURL + TokenPath, "jwks_uri": s.BaseURL + KeysPath,
		"grant_types_supported": []string{"client_credentials"}, "response_types_supported": []string{}, "scopes_supported": authz.Scopes(),
		"token_endpoint_auth_methods_supported": []string{"private_key_jwt"}, "token_endpoint_auth_signing_alg_values_supported": algorithms,
		"protected_resources": []string{s.BaseURL, s.BaseURL + apiPath},
	})
}

// serveResource describes what tokens are for (RFC 9728): this server, or the
// path of it that the address names.
func (s *Service) serveResource(path string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		public(w, "application/json")
		write(w, map[string]any{
			"resource": s.BaseURL + path, "resource_name": "Peregrine", "authorization_servers": []string{s.BaseURL},
			"scopes_supported": authz.Scopes(), "bearer_methods_supported": []string{"header"},
		})
	}
}

// Challenge is what a refused request to a path is told (RFC 6750, 3; RFC 9728,
// 5.1): where it says how to get a token and, for a bad one, that it is bad.
func (s *Service) Challenge(path string, bad bool) string {
	at := s.BaseURL + ResourcePath
	if path == apiPath {
		at += apiPath
	}
	challenge := `Bearer resource_metadata="` + at + `"`
	if bad {
		challenge += `, error="invalid_token"`
	}
	return challenge
}
