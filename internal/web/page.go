package web

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/telemetry"
	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vc/did"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/web/explorer"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
)

func (s *site) pageRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.home)
	mux.Handle("GET "+pages.StylePath, compressed(s.pages.Style()))
	mux.HandleFunc("GET /v/{token}", s.verification)
	mux.HandleFunc("GET /verify", func(w http.ResponseWriter, r *http.Request) {
		s.pages.Show(w, r, pages.Verify{Chrome: s.chrome(r)})
	})
	mux.HandleFunc("POST /verify", s.verify)
	mux.HandleFunc("GET /issuers/{id}", s.issuer)
	mux.Handle("GET /courses/{id}", compressed(http.HandlerFunc(s.course)))
	mux.HandleFunc("GET /credentials/{id}", s.credential)
	mux.HandleFunc("GET /rights", s.rights)
	mux.HandleFunc("GET /visibility", s.visibility)
	mux.HandleFunc("GET /account", s.account)
	mux.HandleFunc("POST /account/sessions/{id}/end", s.endSession)
	mux.HandleFunc("POST /account/sessions/end-others", s.endOthers)
	mux.HandleFunc("POST /account/tokens", s.lendNamed)
	mux.HandleFunc("GET /account/accounts/{id}/unlink", s.askUnlink)
	mux.HandleFunc("POST /account/accounts/{id}/unlink", s.unlink)
	mux.HandleFunc("GET /signout", s.signOut)
	s.privacyRoutes(mux)
	if s.Demo != nil {
		mux.HandleFunc("GET /demo", func(w http.ResponseWriter, r *http.Request) {
			s.pages.Show(w, r, pages.Demo{Chrome: s.chrome(r), Groups: s.Demo})
		})
	}
	mux.Handle("GET /explorer/", http.StripPrefix("/explorer", explorer.Handler(explorer.Options{
		Endpoint: "/graphql", Title: "Peregrine API", Examples: Examples, Viewer: func(r *http.Request) string { return s.chrome(r).SignedInAs },
		SignInURL: "/signin?return_to=/explorer/", SignOutURL: "/signout", AccountURL: "/account", SchemaURL: "/schema.graphql",
	})))
}

// frame is what the frame of a page needs of the viewer, asked for once a request.
type frame struct {
	asked sync.Once
	name  string
}

type frameKey struct{}

// framed gives a request its frame.
func framed(ctx context.Context) context.Context {
	return context.WithValue(ctx, frameKey{}, new(frame))
}

// named spares a request the question for a name that it has read.
func named(r *http.Request, name string) {
	f := r.Context().Value(frameKey{}).(*frame)
	f.asked.Do(func() { f.name = name })
}

// chrome is what every page shows of the viewer: their name.
func (s *site) chrome(r *http.Request) pages.Chrome {
	v := viewer.From(r.Context())
	if v.Kind != viewer.Person {
		return pages.Chrome{}
	}
	f := r.Context().Value(frameKey{}).(*frame)
	f.asked.Do(func() {
		var err error
		if f.name, err = s.Learners.Name(r.Context(), v.PersonID); err != nil {
			s.Log.WarnContext(r.Context(), "the name of who has signed in could not be read", "err", err)
		}
	})
	// Somebody whose home tells no name is signed in all the same.
	return pages.Chrome{SignedInAs: cmp.Or(f.name, string(v.PersonID))}
}

// trouble shows an error page.
func (s *site) trouble(w http.ResponseWriter, r *http.Request, cause pages.Cause) {
	s.troubleFor(w, r, cause, 0)
}

// troubleFor is trouble that is over in so many seconds.
func (s *site) troubleFor(w http.ResponseWriter, r *http.Request, cause pages.Cause, seconds int) {
	page := pages.Trouble{Cause: cause, Wait: seconds, RequestID: telemetry.RequestID(r.Context()), ReturnTo: returnTo(r)}
	if cause == pages.StepUpFirst {
		page.StepUp = stepUpTo("/account")
	}
	s.pages.Trouble(w, r, page)
}

// signOut asks whether to sign out, for pages that have no form for it.
func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	chrome := s.chrome(r)
	if chrome.SignedInAs == "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.pages.Show(w, r, pages.SignOut{Chrome: chrome})
}

// homeCourses is how many courses the start page shows.
const homeCourses = 6

func (s *site) home(w http.ResponseWriter, r *http.Request) {
	newest, err := s.Discovery.Newest(r.Context(), homeCourses)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page := pages.Home{Chrome: s.chrome(r)}
	for _, record := range newest {
		page.Courses = append(page.Courses, courseOf(record))
	}
	if len(s.Demo) > 2 {
		page.Demo = s.Demo[:2]
	}
	s.pages.Show(w, r, page)
}

// verification answers, to anybody with the address, whether a credential holds.
func (s *site) verification(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	w.Header().Add("Vary", "Accept")
	v, err := s.Credentials.VerifyToken(r.Context(), token)
	switch all := problem.All(err); {
	case all != nil && all[0].Code == problem.NotFound && wantsPage(r):
		s.pages.Show(w, r, pages.Unknown{Chrome: s.chrome(r)})
	case err != nil:
		s.fail(w, r, err)
	default:
		s.showVerification(w, r, v, token)
	}
}

func (s *site) showVerification(w http.ResponseWriter, r *http.Request, v *credential.Verification, token string) {
	page := pages.Verification{Chrome: s.chrome(r), Report: v.Report, Award: v.Award, Revoked: v.Revoked, Reason: v.Reason, Token: token}
	if v.IssuerID != "" {
		page.Issuer = "/issuers/" + string(v.IssuerID)
		page.Keys = page.Issuer + "/jwks.json"
		if v.Award != nil && v.Award.Status != nil {
			page.StatusList = strings.TrimPrefix(v.Award.Status.List, s.BaseURL)
		}
	}
	if token != "" {
		page.JWT = "/v/" + token + "/" + s.Credentials.Forms.Issued().File
	}
	s.pages.Show(w, r, page)
}

// verify takes a link or a credential that somebody pastes.
func (s *site) verify(w http.ResponseWriter, r *http.Request) {
	page := pages.Verify{Chrome: s.chrome(r)}
	r.Body = http.MaxBytesReader(w, r.Body, vc.MaxBytes+64<<10)
	if err := r.ParseForm(); err != nil {
		page.Fault = pages.TooLong
		s.pages.Show(w, r, page)
		_, _ = io.Copy(io.Discard, r.Body)
		return
	}
	page.Link, page.Credential = strings.TrimSpace(r.PostForm.Get("link")), strings.TrimSpace(r.PostForm.Get("credential"))
	switch {
	case page.Credential != "":
		v, err := s.Credentials.VerifyJWT(r.Context(), page.Credential)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		s.showVerification(w, r, v, "")
		return
	case page.Link == "":
		page.Fault = pages.NothingGiven
	default:
		path := strings.TrimPrefix(page.Link, s.BaseURL)
		if token, ok := strings.CutPrefix(path, "/v/"); ok && token != "" && !strings.Contains(token, "/") {
			http.Redirect(w, r, "/v/"+url.PathEscape(token), http.StatusSeeOther)
			return
		}
		page.Fault = pages.ForeignLink
	}
	s.pages.Show(w, r, page)
}

// issuer shows who issues credentials: a page to people, keys to machines.
func (s *site) issuer(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept")
	if !wantsPage(r) {
		s.profile(w, r)
		return
	}
	inst, keys, ok := s.issuerKeys(w, r)
	if !ok {
		return
	}
	page := pages.Issuer{Chrome: s.chrome(r), Organisation: s.Credentials.Organisation(inst)}
	page.JWKS = r.URL.Path + "/jwks.json"
	if _, err := did.Of(s.Credentials.IssuerURL(inst.ID)); err == nil { // by https alone
		page.DID = r.URL.Path + "/did.json"
	}
	for _, k := range keys {
		page.Keys = append(page.Keys, pages.IssuerKey{ID: k.Stored.Kid, Algorithm: string(k.Stored.Algorithm), State: string(k.Stored.State),
			From: k.Stored.ActiveFrom, Until: k.Stored.RetiredAt, Path: r.URL.Path + "/keys/" + k.Stored.Kid})
	}
	s.pages.Show(w, r, page)
}
