// Package web is what comes in by HTTP: the routes, what every answer carries,
// the pages for people and the documents for machines.
package web

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/authn"
	"github.com/peregrine-exchange/peregrine/internal/authn/lend"
	"github.com/peregrine-exchange/peregrine/internal/authn/oidcrp"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/budget"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/document"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/portal"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/record"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/task"
	"github.com/peregrine-exchange/peregrine/internal/telemetry"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
)

// Parts are what the site is built of.
type Parts struct {
	Ping         func(context.Context) error
	Refuses      func() *problem.Error // why the database took no change when it was given the last one, or nil
	Deadline     time.Duration         // by which each request is answered; 0: the usual one
	Audit        *audit.Chain
	Now          func() time.Time
	BaseURL      string
	Contact      string
	Proxies      []netip.Prefix // of ours, in front of this server
	GraphQL      http.Handler
	SDL          string
	Discovery    *discovery.Service
	Exports      []exchange.Export
	Templates    []exchange.Template
	Credentials  *credential.Service
	Documents    *document.Service
	Exchange     *exchange.Service
	Institutions *institution.Service
	Journeys     *journey.Service
	Learners     *learner.Service
	Records      *record.Service
	Sessions     *session.Service
	Tasks        *task.Service
	Auth         *authn.Authenticator
	SignIn       *oidcrp.RelyingParty
	Portals      *portal.Service
	Providers    *provider.Service
	Lend         *lend.Service
	Privacy      *privacy.Service
	Demo         []pages.DemoGroup // people of the demo alliance; nil outside it
	Budgets      *budget.Keeper
	Problems     storage.Reporter
	Log          *slog.Logger
}

type site struct {
	Parts
	pages *pages.Renderer
}

// New returns the handler of the whole site.
func New(p Parts) (http.Handler, error) {
	renderer, err := pages.New(pages.Options{BaseURL: p.BaseURL, Demo: p.Demo != nil, Contact: p.Contact})
	if err != nil {
		return nil, err
	}
	s := &site{p, renderer}
	signIn := p.SignIn.Handlers(func(w http.ResponseWriter, r *http.Request, cause oidcrp.Cause, returnTo string) {
		s.signInFailed(w, r, pages.Cause(cause), returnTo)
	})
	mux := http.NewServeMux()
	mux.Handle("/graphql", p.GraphQL)
	mux.Handle("GET /schema.graphql", compressed(http.HandlerFunc(s.schema)))
	mux.HandleFunc("POST /imports", s.receiveImport)
	mux.HandleFunc("GET /imports/{id}", s.showImport)
	mux.HandleFunc("POST /drafts/{id}/documents", s.addDocument)
	mux.HandleFunc("POST /applications/{id}/documents", s.addDocument)
	mux.HandleFunc("GET /documents/{id}", s.document)
	s.publicRoutes(mux)
	s.exportRoutes(mux)
	auth := s.signInRoutes(mux, signIn)
	s.portalRoutes(mux)
	s.pageRoutes(mux)
	s.textRoutes(mux)
	outer := http.NewServeMux()
	outer.HandleFunc("GET /healthz", health)
	outer.HandleFunc("GET /readyz", ready(p))
	p.Auth.Tokens.Routes(outer)
	outer.Handle("/", p.Auth.Middleware(authn.Door{Portal: s.fromPortal, Fail: s.turnedAway}, s.budgeted(mux)))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.elsewhere(w, r, outer, mux) })
	return &Site{s.around(timely(cmp.Or(p.Deadline, answerBy), s.shared(outer))), []*http.ServeMux{outer, mux, auth}}, nil
}

// Site answers all requests by the routes of its muxes.
type Site struct {
	http.Handler
	Muxes []*http.ServeMux
}

func (s *site) publicRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /issuers/{id}/jwks.json", s.jwks)
	mux.HandleFunc("GET /issuers/{id}/did.json", s.didDocument)
	mux.HandleFunc("GET /issuers/{id}/keys/{kid}", s.key)
	mux.HandleFunc("GET /status/{id}", s.statusList)
	mux.HandleFunc("GET /audit/checkpoint", s.checkpoint)
	mux.HandleFunc("GET /draws/{id}", s.draw)
	issued := s.Credentials.Forms.Issued()
	mux.HandleFunc("GET /v/{token}/"+issued.File, s.credentialFile(issued))
}

// around gives each request an id, logs it, and turns a panic into a fault.
func (s *site) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, id := telemetry.NewRequest(r.Context())
		ctx = viewer.With(framed(ctx), &viewer.Viewer{Kind: viewer.Anonymous}) // until somebody is known
		r.RemoteAddr = clientAddress(r, s.Proxies)
		w.Header().Set("X-Request-Id", id)
		protect(w.Header(), strings.HasPrefix(s.BaseURL, "https:"))
		began := time.Now()
		rec := &recorder{ResponseWriter: w}
		defer func() {
			if fault := recover(); fault != nil {
				if fault == http.ErrAbortHandler {
					panic(fault)
				}
				s.Log.ErrorContext(ctx, "panic", "fault", fault)
				if rec.status == 0 {
					s.fail(rec, r.WithContext(ctx), problem.New(problem.Internal, "a fault of the server; the request id names it"))
				}
			}
			// The path of a verification holds the right to see a credential.
			s.Log.InfoContext(ctx, "request", "method", r.Method, "path", discreet(r.URL.Path), "status", rec.status, "bytes", rec.bytes, "took", time.Since(began).Round(time.Microsecond))
		}()
		next.ServeHTTP(rec, r.WithContext(ctx))
	})
}

// discreet cuts what would let a reader of the log see a credential.
func discreet(path string) string {
	if strings.HasPrefix(path, "/v/") {
		return "/v/…"
	}
	return path
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	status, bytes int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// statuses of problems outside GraphQL.
var statuses = map[problem.Code]int{
	problem.Invalid: http.StatusBadRequest, problem.Unauthenticated: http.StatusUnauthorized, problem.Forbidden: http.StatusForbidden, problem.StepUpRequired: http.StatusForbidden,
	problem.NotFound: http.StatusNotFound, problem.Conflict: http.StatusConflict, problem.Limited: http.StatusTooManyRequests,
	problem.Unavailable: http.StatusServiceUnavailable, problem.Internal: http.StatusInternalServerError,
}

func statusOf(p *problem.Error) int {
	if _, large := p.Detail().(problem.Size); large {
		return http.StatusRequestEntityTooLarge
	}
	return statuses[p.Code]
}

// fail answers with what err lets a caller see: a page for people, JSON for
// programs.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.failWith(w, r, 0, err)
}

// failWith is fail with a status of its own, or that of the problem for 0.
// Programs get the form of GraphQL at its address, and that of RFC 9457
// elsewhere.
func (s *site) failWith(w http.ResponseWriter, r *http.Request, status int, err error) {
	p := s.Problems.Report(r.Context(), err, discreet(r.URL.Path))[0]
	status = cmp.Or(status, statusOf(p))
	if p.Code == problem.Unavailable {
		w.Header().Set("Retry-After", "5")
	}
	seconds, retry := p.Detail().(problem.RetryAfter)
	if retry {
		w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	if r.URL.Path != "/graphql" && !slices.Contains(w.Header().Values("Vary"), "Accept") {
		w.Header().Add("Vary", "Accept")
	}
	if wantsPage(r) && status == statusOf(p) {
		s.troubleFor(w, r, pages.CauseOf(p), int(seconds))
		return
	}
	text, id := p.In(authn.Language(r)), telemetry.RequestID(r.Context())
	h := w.Header()
	if p.Code == problem.Unauthenticated && h.Get("WWW-Authenticate") == "" {
		h.Set("WWW-Authenticate", s.Auth.Tokens.Challenge(r.URL.Path, false))
	}
	kind, answer := "application/problem+json", map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": text, "code": p.Code, "requestId": id,
	}
	if len(p.Field) > 0 {
		answer["field"] = p.Field
	}
	if r.URL.Path == "/graphql" {
		extensions := map[string]any{"code": p.Code, "requestId": id}
		if retry {
			extensions["retryAfter"] = int(seconds)
		}
		kind, answer = "application/json", map[string]any{"errors": []any{map[string]any{"message": text, "extensions": extensions}}}
	}
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	body, _ := json.Marshal(answer)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// wantsPage says whether a browser asks for something to read.
func wantsPage(r *http.Request) bool {
	return r.Method != http.MethodOptions && r.URL.Path != "/graphql" && strings.Contains(r.Header.Get("Accept"), "text/html")
}
