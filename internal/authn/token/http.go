package token

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/budget"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// maxForm bounds the body of a question.
const maxForm = 64 << 10

// AssertionType says that a program, or we, prove ourselves by a signed JWT
// (RFC 7523, section 2.2).
const AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// refusal is an error as OAuth tells it (RFC 6749, 5.2).
type refusal struct {
	status      int
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (r *refusal) Error() string { return r.Code + ": " + r.Description }

func invalidClient(why string) error { return &refusal{http.StatusUnauthorized, "invalid_client", why} }

func invalidRequest(why string) error {
	return &refusal{http.StatusBadRequest, "invalid_request", why}
}

// Routes adds the door to mux. It stands outside the middleware of cookies and
// of the check for other sites: nothing that a browser sends by itself counts
// here, only what is signed.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.HandleFunc("POST "+TokenPath, s.serveToken)
	mux.HandleFunc("GET "+KeysPath, s.serveKeys)
	mux.HandleFunc("GET "+ServerPath, s.serveServer)
	mux.HandleFunc("GET "+ResourcePath, s.serveResource(""))
	mux.HandleFunc("GET "+ResourcePath+apiPath, s.serveResource(apiPath))
}

func (s *Service) serveToken(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	h.Set("Content-Type", "application/json")
	from, _ := netip.ParseAddr(r.RemoteAddr)
	_, network := budget.From(r)
	taken := s.Budgets.Payer(network).Take(budget.Tokens, 1)
	taken.Show(h)
	if taken.Wait > 0 {
		s.limited(w, taken.RetryAfter())
		return
	}
	signed, scopes, err := s.answer(w, r, from)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	write(w, map[string]any{"access_token": signed, "token_type": "Bearer", "expires_in": seconds(lifetime), "scope": strings.Join(scopes, " ")})
}

func (s *Service) answer(w http.ResponseWriter, r *http.Request, from netip.Addr) (string, []string, error) {
	form, err := readForm(w, r)
	if err != nil {
		return "", nil, err
	}
	switch grant := form.Get("grant_type"); {
	case grant == "":
		return "", nil, invalidRequest("grant_type is missing")
	case grant != "client_credentials":
		return "", nil, &refusal{http.StatusBadRequest, "unsupported_grant_type", "the only grant here is client_credentials"}
	case r.Header.Get("Authorization") != "" || form.Has("client_secret"):
		return "", nil, invalidClient("there are no client secrets here; send a client_assertion (private_key_jwt)")
	case form.Get("client_assertion_type") != AssertionType || form.Get("client_assertion") == "":
		return "", nil, invalidClient("send client_assertion_type=" + AssertionType + " and a client_assertion")
	}
	ask := wish{from: from}
	if form.Has("scope") {
		ask.scopes = slices.Compact(slices.Sorted(slices.Values(strings.Fields(form.Get("scope")))))
		if len(ask.scopes) == 0 {
			ask.scopes = nil // an empty parameter is an absent one (RFC 6749, 3.2)
		}
	}
	for _, name := range []string{"resource", "audience"} {
		for _, value := range form[name] {
			if value != s.BaseURL && value != s.BaseURL+"/" && value != s.BaseURL+apiPath || ask.resource != "" && ask.resource != strings.TrimSuffix(value, "/") {
				return "", nil, &refusal{http.StatusBadRequest, "invalid_target", "the only resource here is " + s.BaseURL}
			}
			ask.resource = strings.TrimSuffix(value, "/")
		}
	}
	p, err := s.prove(r.Context(), form.Get("client_assertion"), form.Get("client_id"))
	if err != nil {
		return "", nil, err
	}
	taken := s.Budgets.Payer(budget.ByProgram(p.client.ID)).Take(budget.Tokens, 1)
	taken.Show(w.Header())
	if limited := taken.Problem(); limited != nil {
		return "", nil, limited
	}
	return s.issue(r.Context(), p, ask)
}

// readForm reads the body and nothing of the address. No parameter but
// resource stands twice (RFC 6749, 3.2; RFC 8707, 2).
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, invalidRequest("the body is application/x-www-form-urlencoded")
	}
	if r.URL.RawQuery != "" {
		return nil, invalidRequest("parameters stand in the body, not in the address")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, invalidRequest("the body cannot be read")
	}
	for name, values := range r.PostForm {
		if len(values) > 1 && name != "resource" {
			return nil, invalidRequest("a parameter stands twice")
		}
	}
	return r.PostForm, nil
}

func (s *Service) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if refused, ok := errors.AsType[*refusal](err); ok {
		s.Log.InfoContext(r.Context(), "a program gets no token", "error", refused.Code, "why", refused.Description)
		if refused.status == http.StatusUnauthorized {
			// What was tried is what is challenged (RFC 6749, 5.2), though no secret helps.
			scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
			if !strings.EqualFold(scheme, "Basic") {
				scheme = "Bearer"
			}
			w.Header().Set("WWW-Authenticate", scheme+` realm="`+s.BaseURL+`"`)
		}
		w.WriteHeader(refused.status)
		write(w, refused)
		return
	}
	all := problem.All(err)
	switch {
	case all != nil && all[0].Code == problem.Limited:
		s.limited(w, int(all[0].Detail().(problem.RetryAfter)))
		return
	case all != nil && all[0].Code == problem.Unavailable:
		s.Log.WarnContext(r.Context(), "problem", "code", all[0].Code, "cause", all[0].Cause())
	case !errors.Is(err, context.Canceled):
		s.Log.ErrorContext(r.Context(), "fault", "path", r.URL.Path, "err", err)
	}
	w.Header().Set("Retry-After", "5")
	w.WriteHeader(http.StatusServiceUnavailable)
	write(w, &refusal{Code: "temporarily_unavailable", Description: "try again in a moment, with a new assertion"})
}

func (s *Service) limited(w http.ResponseWriter, wait int) {
	w.Header().Set("Retry-After", strconv.Itoa(wait))
	w.WriteHeader(http.StatusTooManyRequests)
	write(w, &refusal{Code: "slow_down", Description: "tokens are asked for too often; keep one until it expires"})
}

func write(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }
