package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"entgo.io/ent/dialect"

	"github.com/peregrine-exchange/peregrine/internal/authn/token"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/demoidp"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/seed"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/storage/migrations"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
)

// Open opens the configured database with its schema current. On SQLite it
// migrates by itself; on MySQL an older schema is refused, because there
// migrating is the operator's decision.
func Open(ctx context.Context, c config.Config) (*storage.DB, error) {
	return open(c, func(db *storage.DB) error { return current(ctx, db) })
}

// OpenSealed is Open for what makes or uses keys: it returns the key-encryption
// key of the configuration as well. Unless that opens the keys in the database
// it returns an error, before it changes anything there.
func OpenSealed(ctx context.Context, c config.Config) (db *storage.DB, k keyring.KEK, err error) {
	db, err = open(c, func(db *storage.DB) (err error) {
		if k, err = inForce(ctx, c, db); err != nil {
			return err
		}
		if err := current(ctx, db); err != nil {
			return err
		}
		return wrong(c, k, token.Keys(db.Client, time.Now, k).Open(ctx)) // of two starters on an empty database, one has sealed by now
	})
	return db, k, err
}

// open opens the configured database and closes it again unless it is ready.
func open(c config.Config, ready func(*storage.DB) error) (*storage.DB, error) {
	db, err := storage.Open(string(c.Database), storage.Options{Guard: authz.Guard})
	if err != nil {
		return nil, err
	}
	if err := ready(db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func current(ctx context.Context, db *storage.DB) error {
	if db.Dialect == dialect.SQLite {
		_, err := migrations.Apply(ctx, db.SQL, db.Dialect, time.Now)
		return err
	}
	return migrations.Check(ctx, db.SQL, db.Dialect)
}

// SeedOptions are those of the demo alliance of this configuration.
func SeedOptions(c config.Config, k keyring.KEK, log *slog.Logger) seed.Options {
	return seed.Options{BaseURL: c.BaseURL, IDPURL: c.DemoURL, KEK: k, Forms: Forms, Now: time.Now, Log: log}
}

// Serve serves until ctx ends, and then finishes what is under way. ready is
// called once the server listens.
func Serve(ctx context.Context, c config.Config, log *slog.Logger, ready func()) error {
	db, k, err := OpenSealed(ctx, c)
	if err != nil {
		return err
	}
	defer db.Close()
	parts := Parts{Config: c, DB: db, KEK: k, Now: time.Now, Log: log}
	var servers []*listening
	if c.Demo {
		idp, err := demo(ctx, &parts)
		if err != nil {
			return err
		}
		servers = append(servers, idp)
	}
	a, err := New(parts)
	if err != nil {
		return err
	}
	main, err := listen(c.Listen, a.Handler)
	if err != nil {
		return err
	}
	return serve(ctx, append(servers, main), a, log, ready)
}

// demo seeds the demo alliance and prepares its identity provider.
func demo(ctx context.Context, p *Parts) (*listening, error) {
	options := SeedOptions(p.Config, p.KEK, p.Log)
	if err := seed.Run(ctx, p.DB.Client, options); err != nil && !errors.Is(err, seed.ErrAnother) {
		return nil, err
	}
	secret := rand.Text() // of this run; it never leaves the process
	handler, err := demoidp.New(demoidp.Config{
		BaseURL: p.Config.DemoURL, Realms: seed.Realms(), ClientID: seed.ClientID, ClientSecret: secret,
		RedirectURIs:           func(realm string) []string { return []string{p.Config.BaseURL + "/auth/callback/" + realm} },
		PostLogoutRedirectURIs: []string{p.Config.BaseURL + "/"}, Logger: p.Log,
	})
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(p.Config.DemoURL)
	if err != nil {
		return nil, err
	}
	p.Secrets, p.AllowTo, p.Demo = map[string]string{seed.SecretRef: secret}, []string{u.Host}, personas()
	return listen(p.Config.DemoListen, handler)
}

// personas are the people of the demo as its pages show them.
func personas() []pages.DemoGroup {
	var groups []pages.DemoGroup
	for _, inst := range seed.Institutions() {
		g := pages.DemoGroup{Institution: inst.Name, Country: inst.Country}
		for _, p := range seed.People() {
			if p.Domain == inst.Domain {
				g.People = append(g.People, pages.DemoPerson{Name: vocab.FullName(p.GivenName, p.FamilyName), Label: p.Label, Roles: p.Roles, Try: p.Try,
					SignIn: "/auth/start/" + p.Domain + "?return_to=/account"})
			}
		}
		groups = append(groups, g)
	}
	return groups
}

// listening is a server with its listener.
type listening struct {
	*http.Server
	net.Listener
}

// Time limits of connections: a slow sender is cut, an answer has time for the
// longest operation.
const (
	readHeader = 5 * time.Second
	readAll    = 10 * time.Second
	writeAll   = 30 * time.Second
	idleTime   = 2 * time.Minute
	stopTime   = 20 * time.Second
	maxHeader  = 32 << 10
)

func listen(address string, h http.Handler) (*listening, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("app: %w", err)
	}
	return &listening{&http.Server{Handler: h, ReadHeaderTimeout: readHeader, ReadTimeout: readAll, WriteTimeout: writeAll, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader}, l}, nil
}

func serve(ctx context.Context, servers []*listening, a *App, log *slog.Logger, ready func()) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for _, s := range servers {
		go func() {
			if err := s.Serve(s.Listener); !errors.Is(err, http.ErrServerClosed) {
				cancel(err)
			}
		}()
	}
	jobs := make(chan struct{})
	go func() { defer close(jobs); a.RunJobs(ctx) }()
	ready()
	<-ctx.Done()
	log.Info("stopping")
	deadline, stop := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer stop()
	var faults []error
	for _, s := range servers {
		faults = append(faults, s.Shutdown(deadline))
	}
	<-jobs
	faults = append(faults, a.finish(deadline)) // after the last request
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		faults = append(faults, cause)
	}
	return errors.Join(faults...)
}
