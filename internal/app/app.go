// Package app builds a whole server from its parts. The command and the tests
// start the same thing.
package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/graph"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/authn"
	"github.com/peregrine-exchange/peregrine/internal/authn/lend"
	"github.com/peregrine-exchange/peregrine/internal/authn/oidcrp"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/authn/token"
	"github.com/peregrine-exchange/peregrine/internal/budget"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/client"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/document"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
	"github.com/peregrine-exchange/peregrine/internal/fetch"
	"github.com/peregrine-exchange/peregrine/internal/grading"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/job"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/microdegree"
	"github.com/peregrine-exchange/peregrine/internal/outbox"
	"github.com/peregrine-exchange/peregrine/internal/policy"
	"github.com/peregrine-exchange/peregrine/internal/portal"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
	"github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/recognition"
	"github.com/peregrine-exchange/peregrine/internal/record"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/task"
	"github.com/peregrine-exchange/peregrine/internal/telemetry"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/web"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
	"github.com/peregrine-exchange/peregrine/internal/work"
)

// Parts are what an App is built of, so that tests can bring their own.
type Parts struct {
	Config  config.Config
	DB      *storage.DB
	KEK     keyring.KEK
	Now     func() time.Time
	Log     *slog.Logger
	Secrets map[string]string // client secrets by reference, of providers inside this process
	AllowTo []string          // host:port of providers on this machine, beside those of Config
	Demo    []pages.DemoGroup
	Readers map[importrun.Format]exchange.Reader // of imports; nil: all that this binary has
	Fetcher exchange.Fetcher                     // of what partners publish

	ClientKeys *fetch.Client // of the keys of their programs
	Deadline   time.Duration // by which each request is answered; 0: the usual one
}

// App is a server, without its listener.
type App struct {
	Handler      http.Handler
	Learners     *learner.Service
	Sessions     *session.Service
	Credentials  *credential.Service
	Discovery    *discovery.Service
	Documents    *document.Service
	Exchange     *exchange.Service
	Journeys     *journey.Service
	Portals      *portal.Service
	Providers    *provider.Service
	Lend         *lend.Service
	Clients      *client.Service
	Tokens       *token.Service
	Problems     *telemetry.Problems // that callers were told
	Work         *work.Queue
	Privacy      *privacy.Service
	Audit        *audit.Chain
	institutions *institution.Service
	tasks        *task.Service
	signIn       *oidcrp.RelyingParty
	clock        *clock
	db           *ent.Client
	now          func() time.Time
}

// New builds the server.
func New(p Parts) (*App, error) {
	db, base := p.DB.Client, p.Config.BaseURL
	cookie := authn.NewCookie(base)
	cases := &recognition.Service{DB: db, Now: p.Now}
	allowed := slices.Concat(p.Config.LocalProviders(), p.AllowTo)
	budgets := budget.New(budget.Options{Now: p.Now, Factor: p.Config.Budgets})
	a := &App{
		db: db, now: p.Now, clock: &clock{db: p.DB, now: p.Now},
		institutions: &institution.Service{DB: db, Now: p.Now},
		Learners:     &learner.Service{DB: db, Now: p.Now},
		Sessions:     session.New(db, p.Now, p.KEK),
		Credentials:  &credential.Service{DB: db, Now: p.Now, KEK: p.KEK, Forms: Forms, BaseURL: base, Cases: cases},
		Discovery:    discovery.New(db, p.Now),
		Exchange:     Exchange(p),
		Journeys:     &journey.Service{DB: db, Now: p.Now, KEK: p.KEK},
		Portals:      &portal.Service{DB: db, Now: p.Now},
		Problems:     &telemetry.Problems{},
		tasks:        &task.Service{DB: db, Now: p.Now},
	}
	a.Journeys.Followers = []journey.Follower{a.Credentials, cases}
	a.Privacy = &privacy.Service{DB: db, SQL: p.DB.SQL, Now: p.Now, Wait: time.Duration(p.Config.ErasureDays) * 24 * time.Hour, Periods: p.Config.Periods(),
		Journeys: a.Journeys, Roles: &role.Service{DB: db, Now: p.Now}, Recognitions: cases}
	a.Documents = &document.Service{DB: db, Now: p.Now, Store: document.Chunks{DB: db}, Privacy: a.Privacy}
	a.Audit = audit.New(db, p.Now, p.KEK, base)
	privacy.Watch(db)
	reporter := storage.Reporter{Log: p.Log, Count: a.Problems}
	a.Work = work.New(db, p.Now, slices.Concat(a.Credentials.Handlers(), a.Exchange.Handlers(), a.Privacy.Handlers(), a.Journeys.Handlers())...)
	a.Lend = &lend.Service{DB: db, Now: p.Now, BaseURL: base, Portals: a.Portals, Sessions: a.Sessions}
	if p.ClientKeys == nil {
		p.ClientKeys = client.NewFetch(fetch.Options{})
	}
	a.Clients = &client.Service{DB: db, Now: p.Now, Fetch: p.ClientKeys}
	a.Tokens = token.New(token.Options{DB: db, Now: p.Now, KEK: p.KEK, BaseURL: base, Clients: a.Clients, Budgets: budgets, Log: p.Log})
	a.signIn = oidcrp.New(oidcrp.Options{
		DB: db, Now: p.Now, BaseURL: base, KEK: p.KEK, Secrets: p.Secrets, Sessions: a.Sessions, Learners: a.Learners,
		Cookie: cookie, Budgets: budgets, Log: p.Log, AllowTo: allowed,
	})
	a.Providers = &provider.Service{DB: db, Now: p.Now, BaseURL: base, AllowHTTP: allowed, Checker: a.signIn}
	site, err := web.New(web.Parts{
		Ping: a.clock.ready, Refuses: p.DB.Refuses, Deadline: p.Deadline, Audit: a.Audit, Now: p.Now, BaseURL: base, Contact: p.Config.Contact, Proxies: p.Config.Networks(),
		GraphQL: graph.NewHandler(a.resolver(p, reporter)), SDL: graph.SDL(),
		Credentials: a.Credentials, Documents: a.Documents, Exchange: a.Exchange, Institutions: a.institutions, Journeys: a.Journeys,
		Learners: a.Learners, Records: &record.Service{DB: db, Now: p.Now},
		Discovery: a.Discovery, Exports: exports, Templates: templates, Sessions: a.Sessions, Tasks: a.tasks,
		Auth:   &authn.Authenticator{Sessions: a.Sessions, Tokens: a.Tokens, Cookie: cookie},
		SignIn: a.signIn, Portals: a.Portals, Providers: a.Providers, Lend: a.Lend, Privacy: a.Privacy, Demo: p.Demo, Budgets: budgets, Problems: reporter, Log: p.Log,
	})
	a.Handler = site
	return a, err
}

// Exchange returns what imports, for the server and for the command line.
func Exchange(p Parts) *exchange.Service {
	db := p.DB.Client
	if p.Readers == nil {
		p.Readers = readers
	}
	if p.Fetcher == nil {
		p.Fetcher = partner{fetch.New(fetch.Options{MaxBytes: int64(p.Config.ImportMiB) << 20})}
	}
	return &exchange.Service{DB: db, Now: p.Now,
		Readers: p.Readers, Fetcher: p.Fetcher, MaxBytes: int64(p.Config.ImportMiB) << 20}
}

func (a *App) resolver(p Parts, reporter storage.Reporter) *graph.Resolver {
	db, now := p.DB.Client, p.Now
	return &graph.Resolver{
		DB: db, Now: now,
		Discovery:    a.Discovery,
		Documents:    a.Documents,
		Institutions: a.institutions,
		Roles:        &role.Service{DB: db, Now: now},
		Catalogue:    &catalogue.Service{DB: db, Now: now, KEK: p.KEK},
		MicroDegrees: &microdegree.Service{DB: db, Now: now},
		Agreements:   &agreement.Service{DB: db, Now: now},
		Policies:     &policy.Service{DB: db},
		Tasks:        a.tasks,
		Grading:      &grading.Service{DB: db, Now: now},
		Privacy:      a.Privacy,
		Journeys:     a.Journeys,
		Credentials:  a.Credentials,
		Recognitions: &recognition.Service{DB: db, Now: now},
		Sessions:     a.Sessions,
		Learners:     a.Learners,
		Exchange:     a.Exchange,
		Portals:      a.Portals,
		Providers:    a.Providers,
		BaseURL:      p.Config.BaseURL,
		Clients:      a.Clients,
		Problems:     reporter,
	}
}

// CompareClocks compares this server's clock with the database's, as it does at
// its start and every minute.
func (a *App) CompareClocks(ctx context.Context) { _, _ = a.clock.compare(ctx) }

// follow is how often a server looks for what others have changed.
const follow = 250 * time.Millisecond

// silently makes a job of work that is no news when it is done.
func silently(fn func(context.Context) error) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) { return 0, fn(ctx) }
}

// finish writes what this server has only noted so far.
func (a *App) finish(ctx context.Context) error {
	return errors.Join(a.Privacy.Write(ctx), a.Sessions.Notice(ctx))
}

// seal seals what is on record: that is no news.
func (a *App) seal(ctx context.Context) error {
	_, err := a.Audit.Seal(ctx)
	return err
}

// RunJobs runs the work that nobody waits for, until ctx ends.
func (a *App) RunJobs(ctx context.Context) {
	var beside sync.WaitGroup
	defer beside.Wait()
	beside.Go(func() { a.Discovery.Run(viewer.AsSystem(ctx), follow) })
	beside.Go(func() { a.Work.Run(ctx) })
	job.RunAll(ctx, []job.Job{
		{Name: "compare clocks", Every: time.Minute, Run: a.clock.compare},
		{Name: "prune events", Every: time.Hour, Run: func(ctx context.Context) (int, error) { return outbox.Prune(ctx, a.db, a.now()) }},
		{Name: "clear sign-ins", Every: 5 * time.Minute, Run: a.signIn.Clear},
		{Name: "clear portal codes", Every: time.Hour, Run: a.Lend.Clear},
		{Name: "clear assertions", Every: 10 * time.Minute, Run: a.Tokens.Clear},
		{Name: "check providers", Every: time.Minute, Run: a.Providers.CheckDue},
		{Name: "clear sessions", Every: time.Hour, Run: a.Sessions.Clear},
		{Name: "notice sessions", Every: 5 * time.Second, Run: silently(a.Sessions.Notice)},
		{Name: "seal the audit", Every: 2 * time.Second, Run: silently(a.seal)},
		{Name: "watch the audit", Every: 15 * time.Second, Run: a.Audit.Watch},
		{Name: "sign the audit", Every: audit.Look, Run: a.Audit.Checkpoint},
		{Name: "wake applications", Every: time.Second, Run: silently(a.Journeys.Wake)},
		{Name: "note disclosures", Every: time.Second, Run: silently(a.Privacy.Write)},
		{Name: "pull sources", Every: 15 * time.Second, Run: a.Exchange.Schedule},
		{Name: "keep no longer than needed", Every: time.Hour, Run: a.Privacy.Enforce},
		{Name: "clear documents", Every: 10 * time.Minute, Run: a.Documents.Clear},
		{Name: "clear imports", Every: time.Hour, Run: a.Exchange.Clear},
	})
}
