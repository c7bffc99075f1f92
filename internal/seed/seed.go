// Package seed fills an empty database with a lively demo alliance: real
// members, invented courses, invented people in every state of the journey. It
// does so through the services, as the people who would do it, so the demo
// obeys the rules and tests them.
package seed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	entalliance "github.com/peregrine-exchange/peregrine/ent/alliance"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/microdegree"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/recognition"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vc/form"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Options say where the demo is.
type Options struct {
	BaseURL string // of the server
	IDPURL  string // of the demo identity provider
	KEK     keyring.KEK
	Forms   form.Table // of credentials
	Now     func() time.Time
	Log     *slog.Logger
}

// ClientID and SecretRef are how the server presents itself to the demo
// identity provider.
const (
	ClientID  = "peregrine-demo"
	SecretRef = "demo:"
	alliance  = "eulist"
)

// Issuer is the address of a realm of the demo identity provider.
func (o Options) Issuer(domain string) string { return o.IDPURL + "/" + domain }

// demo is a run of the seeder. Its clock is set to the day of each step.
type demo struct {
	Options
	db    *ent.Client
	today time.Time
	clock time.Time

	institutions *institution.Service
	roles        *role.Service
	providers    *registry.Service
	learners     *learner.Service
	catalogue    *catalogue.Service
	microDegrees *microdegree.Service
	agreements   *agreement.Service
	journeys     *journey.Service
	credentials  *credential.Service
	privacy      *privacy.Service
	recognitions *recognition.Service

	alliance   ident.ID
	call       ident.ID
	home       map[string]*ent.Institution    // by domain
	programmes map[string]*ent.Programme      // by code
	people     map[string]ident.ID            // by key@domain
	courses    map[string]*ent.Course         // by code
	offerings  map[string]map[string]ident.ID // by code of the course and schedule
	ects       map[string]vocab.ECTS          // by code of the course
}

// What Run finds instead of an empty database.
var (
	ErrBrokenOff = errors.New("seed: the demo alliance was broken off before it was whole; delete this database and seed a new one")
	ErrAnother   = errors.New("seed: the database holds another alliance")
)

// Run seeds the demo alliance unless it is there. It returns ErrBrokenOff or
// ErrAnother, and changes nothing, when the database holds something else.
func Run(ctx context.Context, db *ent.Client, o Options) error {
	ctx = viewer.With(ctx, &viewer.Viewer{Kind: viewer.System})
	if whole, err := db.AuditEntry.Query().Where(auditentry.Verb(toSeed.Name())).Exist(ctx); err != nil || whole {
		return err
	}
	ours, err := db.Alliance.Query().Where(entalliance.Slug(alliance)).Exist(ctx)
	if err != nil {
		return err
	}
	if ours {
		return ErrBrokenOff
	}
	if some, err := db.Alliance.Query().Exist(ctx); err != nil || some {
		return errors.Join(err, ErrAnother)
	}
	d := &demo{
		Options: o, db: db, today: o.Now().UTC().Truncate(24 * time.Hour),
		home: map[string]*ent.Institution{}, programmes: map[string]*ent.Programme{}, people: map[string]ident.ID{},
		courses: map[string]*ent.Course{}, offerings: map[string]map[string]ident.ID{}, ects: map[string]vocab.ECTS{},
	}
	now := func() time.Time { return d.clock }
	d.institutions = &institution.Service{DB: db, Now: now}
	d.roles = &role.Service{DB: db, Now: now}
	d.providers = &registry.Service{DB: db, Now: now, BaseURL: o.BaseURL, AllowHTTP: []string{strings.TrimPrefix(o.IDPURL, "http://")}}
	d.learners = &learner.Service{DB: db, Now: o.Now} // affiliations are asserted today
	d.catalogue = &catalogue.Service{DB: db, Now: now, KEK: o.KEK}
	d.microDegrees = &microdegree.Service{DB: db, Now: now}
	d.agreements = &agreement.Service{DB: db, Now: now}
	d.journeys = &journey.Service{DB: db, Now: now, KEK: o.KEK}
	d.recognitions = &recognition.Service{DB: db, Now: now}
	d.credentials = &credential.Service{DB: db, Now: now, KEK: o.KEK, Forms: o.Forms, BaseURL: o.BaseURL, Cases: d.recognitions}
	d.journeys.Followers = []journey.Follower{d.credentials, d.recognitions}
	began := time.Now()
	d.day(d.first())
	d.privacy = &privacy.Service{DB: db, Now: now}
	noted := d.privacy.Disclose(ctx, "demo", func(ctx context.Context) {
		for _, step := range []func(context.Context) error{
			d.foundAlliance, d.describeInstitutions, d.makeCall, d.publishCourses, d.publishMicroDegrees, d.agreeRules, d.tellStories, d.giveSeats,
		} {
			if err = step(ctx); err != nil {
				return
			}
		}
	})
	if err := cmp.Or(err, noted, d.privacy.Write(ctx)); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	if err := storage.Do(ctx, db, func(tx *ent.Tx) error {
		return ledger.Note(ctx, tx, toSeed, ledger.Thing{ID: d.alliance})
	}); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	o.Log.InfoContext(ctx, "demo alliance seeded", "courses", len(d.courses), "people", len(d.people), "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// summer2025 is when the past cohort was prepared: its dates are those of a real
// announcement, and its alliance and rules are older, whenever the demo is seeded.
var summer2025 = time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)

// first is the day on which the alliance is founded.
func (d *demo) first() int { return min(-500, -int(d.today.Sub(summer2025).Hours()/24)) }

// day sets the clock to noon, so many days from today.
func (d *demo) day(n int) { d.clock = d.today.AddDate(0, 0, n).Add(12 * time.Hour) }

// as returns a context on behalf of a person, with their roles as stored.
func (d *demo) as(ctx context.Context, person string) context.Context {
	id, ok := d.people[person]
	if !ok {
		panic("seed: nobody is called " + person) // a slip in our own tables
	}
	v, err := d.learners.ViewerOf(ctx, id)
	if err != nil {
		panic(err)
	}
	return viewer.With(ctx, v)
}
