package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/erasure"
	stored "github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/record"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/task"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
)

// accountRows bounds each list of the account page; the API pages through all.
const accountRows = 50

// saidCookie carries what an action has done to the page that follows it, for a
// minute. An address would carry it too, and say it to whoever follows a link.
const saidCookie = "said"

// account shows the signed-in person what is stored about them. All of it is
// read with their own rights.
func (s *site) account(w http.ResponseWriter, r *http.Request) {
	s.showAccount(w, r, "", nil)
}

// showAccount is account with the name that was sent for a token, and why it was
// refused.
func (s *site) showAccount(w http.ResponseWriter, r *http.Request, name string, fault *problem.Error) {
	v := viewer.From(r.Context())
	if v.Kind != viewer.Person {
		http.Redirect(w, r, pages.SignIn{ReturnTo: "/account"}.All(), http.StatusSeeOther)
		return
	}
	rec, err := s.Records.Of(r.Context(), v, accountRows)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	waits, err := s.waits(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	named(r, learner.FullName(rec.Profile))
	page := pages.Account{Chrome: s.chrome(r), Proof: proofOf(v), TokenName: name, Said: pages.Said(s.Auth.Cookie.NamedValue(r, saidCookie)).Known()}
	if page.Said != "" {
		http.SetCookie(w, s.Auth.Cookie.Named(saidCookie, "", -1))
	}
	if fault != nil {
		page.Fault, page.FaultAt = fault.In(s.pages.Language(r)), fault.Field[len(fault.Field)-1]
	}
	for _, lifetime := range session.Lifetimes {
		page.Minutes = append(page.Minutes, int(lifetime.Minutes()))
	}
	page.Waits = waits
	fillAccount(&page, rec, v.SessionID, s.Now())
	s.pages.Show(w, r, page)
}

// waits says what waits for the signed-in person: how many tasks of each kind, and
// until when the first of them is due, if it is among the first of all.
func (s *site) waits(r *http.Request) (all []pages.Tasks, err error) {
	counts, err := s.Tasks.Counts(r.Context(), task.Filter{})
	if err != nil || len(counts) == 0 {
		return nil, err
	}
	first, err := s.Tasks.List(r.Context(), task.Filter{}, relay.Page{})
	if err != nil {
		return nil, err
	}
	for _, c := range counts {
		row := pages.Tasks{Kind: string(c.Kind), Count: c.Count, Overdue: c.Overdue}
		if i := slices.IndexFunc(first.Nodes, func(t *task.Task) bool { return t.Kind == c.Kind }); i >= 0 {
			row.DueAt = first.Nodes[i].Due
		}
		all = append(all, row)
	}
	return all, nil
}

func proofOf(v *viewer.Viewer) pages.Proof {
	switch {
	case v.SteppedUp:
		return pages.SteppedUp
	case len(v.StepUpAt) > 0:
		return pages.FactorNeeded
	}
	return pages.OneFactor
}

// fillAccount puts a record on the page. current is the session that asks.
func fillAccount(page *pages.Account, rec record.Record, current ident.ID, now time.Time) {
	page.Name, page.Email = learner.FullName(rec.Profile), vocab.OrZero(rec.Profile.Email)
	for _, a := range rec.Affiliations {
		row := pages.Affiliation{Kind: string(a.Kind), Institution: a.Edges.Institution.Name, VerifiedAt: a.VerifiedAt, ExpiresAt: a.ExpiresAt, Lapsed: !a.ExpiresAt.After(now)}
		if a.Edges.Programme != nil {
			row.Programme = a.Edges.Programme.Title
		}
		page.Home = a.Edges.Institution.Name
		page.Affiliations = append(page.Affiliations, row)
	}
	for _, d := range rec.Disclosures {
		page.Disclosures = append(page.Disclosures, pages.Disclosure{By: d.By, Role: viewer.Role(d.Role), Purpose: d.Purpose, Fields: d.Fields, ReadAt: d.LastReadAt, Count: d.Count})
	}
	page.MayErase = true
	if e := rec.Erasure; e != nil && e.State != erasure.StateCANCELLED {
		page.Erasure = &pages.Erasure{ID: string(e.ID), State: string(e.State), Reason: vocab.OrZero(e.Reason), BeginsAt: e.BeginsAt, Done: e.Done, Total: e.Total}
		page.MayErase = e.LiveKey == nil
	}
	for _, held := range rec.Roles {
		page.Roles = append(page.Roles, pages.HeldRole{Role: held.Role, At: held.Place})
	}
	for _, a := range rec.Applications {
		row := pages.Application{ID: string(a.ID), Host: a.Edges.Host.Name, State: string(a.State), SubmittedAt: a.SubmittedAt}
		if o := a.Edges.Offering; o != nil && o.Edges.Version != nil {
			row.Course = o.Edges.Version.Title
		}
		page.Applications = append(page.Applications, row)
	}
	for _, c := range rec.Credentials {
		row := pages.Credential{Title: c.Edges.Version.Title, Issuer: c.Edges.Institution.Name, ECTS: c.Ects, State: string(c.State), IssuedAt: c.IssuedAt}
		if c.Jwt != nil {
			row.Path = "/v/" + c.Token
		}
		page.Credentials = append(page.Credentials, row)
	}
	for _, c := range rec.Recognitions {
		page.Recognitions = append(page.Recognitions, pages.Recognition{Title: c.Edges.Credential.Edges.Version.Title, Home: c.Edges.Home.Name,
			State: string(c.State), Basis: string(c.Basis), ECTS: c.Ects, DueAt: c.DueAt, DecidedAt: c.DecidedAt})
	}
	for _, e := range rec.Done {
		page.Done = append(page.Done, pages.Deed{Verb: e.Verb, Own: vocab.OrZero(e.ActorID) == rec.Profile.PersonID, At: e.CreatedAt})
	}
	var inUse ident.ID // account
	for _, live := range rec.Sessions {
		row := pages.Session{ID: string(live.ID), Kind: string(live.Kind), Name: vocab.OrZero(live.Name), Current: live.ID == current,
			StartedAt: live.CreatedAt, SeenAt: live.SeenAt, ExpiresAt: live.ExpiresAt}
		if p := live.Edges.Portal; p != nil {
			row.Name = p.Name
		}
		if row.Current {
			inUse = live.IdentityID
		}
		if live.Kind == stored.KindBEARER {
			page.Tokens = append(page.Tokens, row)
		} else {
			page.Sessions = append(page.Sessions, row)
		}
	}
	for _, a := range rec.Accounts {
		page.Accounts = append(page.Accounts, pages.LinkedAccount{ID: string(a.ID), Institution: rec.Homes[a.ProviderID], Host: hostOf(a.Issuer),
			SignedInAt: a.SignedInAt, Current: a.ID == inUse})
	}
}

// hostOf is what people know of an issuer: its host, or all of it where that is
// no address.
func hostOf(issuer string) string {
	if u, err := url.Parse(issuer); err == nil && u.Host != "" {
		return u.Host
	}
	return issuer
}

// done leads back to the account, which says what was done.
func (s *site) done(w http.ResponseWriter, r *http.Request, said pages.Said) {
	http.SetCookie(w, s.Auth.Cookie.Named(saidCookie, string(said), 60))
	http.Redirect(w, r, "/account", http.StatusSeeOther)
}

// endSession ends one of the signed-in person's sessions or tokens.
func (s *site) endSession(w http.ResponseWriter, r *http.Request) {
	id, _ := ident.Parse(r.PathValue("id"))
	if _, err := s.Sessions.EndOwn(r.Context(), id); err != nil {
		s.fail(w, r, err)
		return
	}
	s.done(w, r, pages.SessionEnded)
}

// endOthers ends all sessions of the signed-in person but this one and its tokens.
func (s *site) endOthers(w http.ResponseWriter, r *http.Request) {
	_, n, err := s.Sessions.EndOthers(r.Context(), viewer.From(r.Context()).SessionID)
	switch {
	case err != nil:
		s.fail(w, r, err)
	case n == 0:
		s.done(w, r, pages.NoOthers)
	default:
		s.done(w, r, pages.OthersEnded)
	}
}

// lendNamed lends a token under a name and shows it, this once: the answer to
// the form is the only place where it stands, and no cache keeps that.
func (s *site) lendNamed(w http.ResponseWriter, r *http.Request) {
	v := viewer.From(r.Context())
	if v.Kind != viewer.Person {
		s.fail(w, r, problem.New(problem.Unauthenticated, "sign in first"))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	name := r.PostFormValue("name")
	minutes, _ := strconv.Atoi(r.PostFormValue("minutes"))
	secret, expires, err := s.Sessions.LendNamed(r.Context(), v.SessionID, name, time.Duration(minutes)*time.Minute)
	if all := problem.All(err); all != nil && all[0].Code == problem.Invalid && len(all[0].Field) > 0 {
		s.showAccount(w, r, vocab.Clean(maxShownName, name), all[0])
		return
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.pages.Show(w, r, pages.Token{Chrome: s.chrome(r), Name: strings.TrimSpace(name), Secret: secret, ExpiresAt: expires,
		Command: "curl -H 'Authorization: Bearer " + secret + "' \\\n  -H 'Content-Type: application/json' \\\n  -d '" +
			`{"query":"{ viewer { person { displayName } } }"}` + "' \\\n  " + s.BaseURL + "/graphql"})
}

// askUnlink asks whether an account is to be unlinked.
func (s *site) askUnlink(w http.ResponseWriter, r *http.Request) {
	s.showUnlink(w, r, nil)
}

func (s *site) showUnlink(w http.ResponseWriter, r *http.Request, fault *problem.Error) {
	v := viewer.From(r.Context())
	if v.Kind != viewer.Person {
		http.Redirect(w, r, pages.SignIn{ReturnTo: r.URL.Path}.All(), http.StatusSeeOther)
		return
	}
	rec, err := s.Records.Of(r.Context(), v, accountRows)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	for _, a := range rec.Accounts {
		if string(a.ID) != r.PathValue("id") {
			continue
		}
		page := pages.Unlink{Chrome: s.chrome(r), ID: string(a.ID), Institution: rec.Homes[a.ProviderID], Host: hostOf(a.Issuer)}
		if fault != nil {
			page.Fault = fault.In(s.pages.Language(r))
		}
		s.pages.Show(w, r, page)
		return
	}
	s.fail(w, r, problem.Missing("account"))
}

// unlink takes an account from the signed-in person. Where that needs a second
// factor the page leads to it by a link, and back to the question: a form that
// leads on to the provider is not allowed here.
func (s *site) unlink(w http.ResponseWriter, r *http.Request) {
	id, _ := ident.Parse(r.PathValue("id"))
	err := s.Learners.Unlink(r.Context(), id)
	all := problem.All(err)
	switch {
	case err == nil:
		s.done(w, r, pages.Unlinked)
	case s.needsFactor(w, r, err, r.URL.Path):
	case all != nil && all[0].Code == problem.Conflict:
		s.showUnlink(w, r, all[0])
	default:
		s.fail(w, r, err)
	}
}

// stepUpTo is where a second factor is proved, for going on at a path.
func stepUpTo(path string) string {
	return strings.TrimSuffix(authz.StepUpPath, "/") + url.QueryEscape(path)
}
