package session_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	row "github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// house is an institution with one person who has signed in there.
type house struct {
	t        *testing.T
	address  string
	db       *storage.DB
	now      time.Time
	sessions *session.Service
	learners *learner.Service
	inst     ident.ID
	said     learner.Assertion
	identity *ent.Identity
}

func newHouse(t *testing.T, opts ...testkit.Option) *house {
	t.Helper()
	h := &house{t: t, address: testkit.Migrated(t), now: time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC)}
	h.db = testkit.Open(t, h.address, opts...)
	clock := func() time.Time { return h.now }
	kek, err := keyring.ParseKEK(strings.Repeat("7f", 32))
	if err != nil {
		t.Fatal(err)
	}
	h.sessions = session.New(h.db.Client, clock, kek)
	h.learners = &learner.Service{DB: h.db.Client, Now: clock}
	s := &institution.Service{DB: h.db.Client, Now: clock}
	a, err := s.Found(h.system(), institution.Founding{Slug: "test", Name: vocab.Text{"en": "Test"}, Bounds: institution.DefaultBounds})
	if err != nil {
		t.Fatal(err)
	}
	inst, err := s.Admit(h.system(), institution.Admission{AllianceID: a.ID, Part: membership.PartMEMBER, Details: institution.Details{
		SCHAC: "uni-s.example", Name: vocab.Text{"en": "S"}, Acronym: "S", Country: "DE", Town: vocab.Text{"en": "Town"}, Zone: "Europe/Berlin"}})
	if err != nil {
		t.Fatal(err)
	}
	h.inst = inst.ID
	p, err := (&registry.Service{DB: h.db.Client, Now: clock}).Register(
		h.system(),
		registry.Proposal{Key: "s", Issuer: "https://idp.uni-s.example", ClientID: "c", ClientSecretRef: new("env:X"),
			Mode: provider.ModeDIRECT, Scopes: []string{"openid"}, Homes: []registry.Home{{Domain: "uni-s.example", InstitutionID: inst.ID}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	h.said = learner.Assertion{ProviderID: p.ID, Issuer: p.Issuer, Subject: "s-1", GivenName: "Sam", InstitutionID: inst.ID, Affiliations: []string{"student"}}
	h.signIn()
	return h
}

func (h *house) system() context.Context {
	return viewer.With(h.t.Context(), &viewer.Viewer{Kind: viewer.System})
}

func (h *house) signIn() {
	h.t.Helper()
	var err error
	if h.identity, err = h.learners.SignIn(h.system(), h.said); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) start() string {
	h.t.Helper()
	secret, err := h.sessions.Start(h.system(), h.identity, session.Proof{AuthenticatedAt: new(h.now), IDToken: "the.id.token", AMR: []string{"pwd"}})
	if err != nil {
		h.t.Fatal(err)
	}
	return secret
}

func (h *house) lookup(secret string, kind row.Kind) *ent.Session {
	h.t.Helper()
	v := h.who(secret, kind)
	if v == nil {
		return nil
	}
	return h.db.Client.Session.GetX(h.system(), v.SessionID)
}

func (h *house) who(secret string, kind row.Kind) *viewer.Viewer {
	h.t.Helper()
	v, err := h.sessions.Lookup(h.system(), secret, kind)
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

func (h *house) grant(from time.Time) {
	h.db.Client.RoleGrant.Create().SetPersonID(h.identity.PersonID).SetInstitutionID(h.inst).SetRole("REGISTRAR").SetValidFrom(from).ExecX(h.system())
}

// R16: a session ends after an hour without use, 12 hours in any case, and 8 for
// staff, also when the role came later.
func TestR16Limits(t *testing.T) {
	for _, tt := range []struct {
		name  string
		staff string // when the role comes: "", "before", "after"
		used  bool   // every half hour
		at    time.Duration
		alive bool
	}{
		{"idle 59 min", "", false, 59 * time.Minute, true}, {"idle 60 min", "", false, time.Hour, false},
		{"used 11:59", "", true, 12*time.Hour - time.Minute, true}, {"used 12 h", "", true, 12 * time.Hour, false},
		{"staff 7:59", "before", true, 8*time.Hour - time.Minute, true}, {"staff 8 h", "before", true, 8 * time.Hour, false},
		{"staff since later 8 h", "after", true, 8 * time.Hour, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			began := h.now
			if tt.staff == "before" {
				h.grant(h.now)
			}
			secret := h.start()
			if tt.staff == "after" {
				h.grant(h.now)
			}
			for tt.used && h.now.Add(30*time.Minute).Before(began.Add(tt.at)) {
				h.now = h.now.Add(30 * time.Minute)
				h.lookup(secret, row.KindBROWSER)
			}
			h.now = began.Add(tt.at)
			if got := h.lookup(secret, row.KindBROWSER) != nil; got != tt.alive {
				t.Errorf("alive: %t", got)
			}
		})
	}
}

// R16: a person ends their own sessions, one or all others, and nobody else's.
func TestR16OwnSessions(t *testing.T) {
	h := newHouse(t)
	first, second := h.lookup(h.start(), row.KindBROWSER), h.start()
	lent, _, err := h.sessions.Lend(h.system(), first.ID)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := h.sessions.Lend(h.system(), h.lookup(second, row.KindBROWSER).ID)
	if err != nil {
		t.Fatal(err)
	}
	stranger := viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.Person, PersonID: ident.New(ident.Person)})
	if _, err := h.sessions.EndOwn(stranger, first.ID); err == nil {
		t.Error("a stranger ended the session")
	}
	if _, _, err := h.sessions.EndOthers(stranger, first.ID); err == nil {
		t.Error("a stranger ended the others")
	}
	me := viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.Person, PersonID: h.identity.PersonID, SessionID: first.ID})
	if _, n, err := h.sessions.EndOthers(me, h.lookup(lent, row.KindBEARER).ID); n != 2 || err != nil { // keeps what lent it, too
		t.Errorf("%d ended: %v", n, err)
	}
	if h.lookup(second, row.KindBROWSER) != nil || h.lookup(other, row.KindBEARER) != nil || h.lookup(lent, row.KindBEARER) == nil {
		t.Error("the wrong ones have ended")
	}
	if ended, err := h.sessions.EndOwn(me, first.ID); err != nil || ended.EndedAt == nil || h.lookup(lent, row.KindBEARER) != nil {
		t.Errorf("%v: %v", ended, err)
	}
}

// R16: what a person loses, a running session loses with the next request.
func TestR16LossActsOnRunningSessions(t *testing.T) {
	h := newHouse(t)
	h.grant(h.now.Add(-time.Hour))
	of := func() *viewer.Viewer {
		v, err := h.learners.ViewerOf(h.system(), h.identity.PersonID)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := of(); !v.Has(viewer.Registrar, h.inst) || !v.IsAffiliated(h.inst) || len(v.StepUpAt) != 0 {
		t.Fatalf("the viewer is %v", v)
	}
	h.db.Client.Institution.UpdateOneID(h.inst).SetStepUp(vocab.StepUpRequired).ExecX(h.system())
	if v := of(); len(v.StepUpAt) != 1 || v.StepUpAt[0] != h.inst { // R19
		t.Errorf("the viewer is %v", v)
	}
	h.db.Client.RoleGrant.Update().SetValidUntil(h.now).ExecX(h.system())
	h.db.Client.Affiliation.Update().SetExpiresAt(h.now).ExecX(h.system())
	if v := of(); len(v.Grants) != 0 || len(v.Homes) != 0 || len(v.StepUpAt) != 0 {
		t.Errorf("the viewer is %v", v)
	}
}

// D13: an affiliation lapses after 13 months and is renewed by a sign-in; who
// has lost it keeps their own record.
func TestAffiliationsLapse(t *testing.T) {
	h := newHouse(t)
	began := h.now
	current := func() bool {
		v, err := h.learners.ViewerOf(h.system(), h.identity.PersonID)
		if err != nil {
			t.Fatal(err)
		}
		return v.IsAffiliated(h.inst)
	}
	h.now = began.AddDate(0, 13, 0).Add(-time.Second)
	if !current() {
		t.Error("it lapsed too early")
	}
	h.signIn()
	if h.now = began.AddDate(0, 13, 0); !current() {
		t.Error("the sign-in did not renew it")
	}
	if h.now = began.AddDate(0, 27, 0); current() {
		t.Error("it did not lapse")
	}
	alum, err := h.learners.ViewerOf(h.system(), h.identity.PersonID)
	if err != nil {
		t.Fatal(err)
	}
	ctx := viewer.With(t.Context(), alum)
	if _, err := h.db.Client.Person.Get(ctx, h.identity.PersonID); err != nil {
		t.Errorf("their own record is gone: %v", err)
	}
	if n, err := h.db.Client.Affiliation.Query().Count(ctx); n != 1 || err != nil {
		t.Errorf("they see %d of their affiliations: %v", n, err)
	}
	if err := authz.RequireSelf(ctx, h.identity.PersonID); err != nil {
		t.Error(err)
	}
}

// D13: the hint opens for its own session only.
func TestHintIsBoundToItsSession(t *testing.T) {
	h := newHouse(t)
	one, two := h.lookup(h.start(), row.KindBROWSER), h.lookup(h.start(), row.KindBROWSER)
	if got := h.sessions.Hint(one); got != "the.id.token" {
		t.Errorf("the hint is %q", got)
	}
	two.IDToken = one.IDToken
	if got := h.sessions.Hint(two); got != "" {
		t.Errorf("the hint of another session is %q", got)
	}
}
