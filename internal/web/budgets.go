package web

import (
	"net/http"
	"path"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/authn/oidcrp"
	"github.com/peregrine-exchange/peregrine/internal/budget"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// areas are addresses with a budget of their own beside that of requests. A
// path that ends in a slash stands for all below it, a star for what has no slash
// in it; no method stands for each.
var areas = []struct {
	method, path string
	kind         budget.Kind
}{
	{"", "/auth/start/", budget.Starts},
	{"", "/auth/step-up", budget.Proofs},
	{http.MethodPost, oidcrp.LinkPath, budget.Proofs},
	{"", "/v/", budget.Verifications},
	{http.MethodPost, "/verify", budget.Verifications},
	{http.MethodPost, redeemPath, budget.Codes},
	{"", "/catalogue/", budget.Exports},
	{http.MethodPost, "/drafts/*/documents", budget.Uploads},
	{http.MethodPost, "/applications/*/documents", budget.Uploads},
}

// unlimited are forms that end sessions, the best thing to do in a flood.
var unlimited = map[string]bool{"/auth/logout": true}

// areaOf returns what a request costs beside itself, and false for nothing. The
// gate counts what comes to /graphql.
func areaOf(r *http.Request) (budget.Kind, bool) {
	for _, a := range areas {
		exactly, _ := path.Match(a.path, r.URL.Path)
		if (a.method == "" || a.method == r.Method) && (exactly || strings.HasSuffix(a.path, "/") && strings.HasPrefix(r.URL.Path, a.path)) {
			return a.kind, true
		}
	}
	safe := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
	return budget.Writes, !safe && r.URL.Path != "/graphql" && !unlimited[r.URL.Path] && !strings.HasPrefix(r.URL.Path, "/auth/backchannel-logout/")
}

// payer returns who pays for a request: the program or the session that it has
// proved, or else its address and its network.
func (s *site) payer(r *http.Request) *budget.Payer {
	switch v := viewer.From(r.Context()); {
	case v.SessionID != "":
		return s.Budgets.Payer(budget.BySession(v.SessionID))
	case v.Kind == viewer.Program:
		return s.Budgets.Payer(budget.ByProgram(v.ClientID))
	}
	return s.stranger(r)
}

// stranger pays by address, whoever it is.
func (s *site) stranger(r *http.Request) *budget.Payer {
	address, network := budget.From(r)
	return s.Budgets.Payer(address, network)
}

// budgeted counts requests, and refuses those whose budget is spent.
func (s *site) budgeted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		payer := s.payer(r)
		if !s.pays(w, r, payer, budget.Requests) {
			return
		}
		if kind, is := areaOf(r); is {
			by := payer
			if kind == budget.Starts {
				address, network := budget.From(r)
				by = s.Budgets.Payer(address, network, budget.Everybody)
			}
			if !s.pays(w, r, by, kind) {
				return
			}
		}
		next.ServeHTTP(w, r.WithContext(budget.With(r.Context(), payer)))
	})
}

// pays takes one of a kind, or answers that there is none.
func (s *site) pays(w http.ResponseWriter, r *http.Request, by *budget.Payer, kind budget.Kind) bool {
	taken := by.Take(kind, 1)
	taken.Show(w.Header())
	p := taken.Problem()
	if p != nil {
		s.fail(w, r, p)
	}
	return p == nil
}

// turnedAway answers who cannot be let in. They pay as strangers, so that nobody
// tries tokens without end.
func (s *site) turnedAway(w http.ResponseWriter, r *http.Request, err error) {
	if s.pays(w, r, s.stranger(r), budget.Requests) {
		s.fail(w, r, err)
	}
}
