package record_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/record"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// world is an alliance of institutions with a provider, through which people
// sign in.
type world struct {
	*testing.T
	db       *ent.Client
	now      time.Time
	system   context.Context
	sessions *session.Service
	learners *learner.Service
	places   *institution.Service
	alliance *ent.Alliance
	provider *ent.Provider
	homes    []*ent.Institution
}

func newWorld(t *testing.T, opts ...testkit.Option) *world {
	t.Helper()
	w := &world{T: t, db: testkit.Database(t, opts...).Client, now: time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC)}
	w.system = viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.System})
	clock := func() time.Time { return w.now }
	w.sessions, w.learners, w.places = session.New(w.db, clock, keyring.KEK{}), &learner.Service{DB: w.db, Now: clock}, &institution.Service{DB: w.db, Now: clock}
	var err error
	w.alliance, err = w.places.Found(w.system, institution.Founding{Slug: "test", Name: vocab.Text{"en": "All"}, Bounds: institution.DefaultBounds})
	w.must(err)
	for i := range 3 {
		name := "uni-" + strconv.Itoa(i)
		inst, err := w.places.Admit(w.system, institution.Admission{AllianceID: w.alliance.ID, Part: membership.PartMEMBER, Details: institution.Details{
			SCHAC: name + ".example", Name: vocab.Text{"en": name}, Country: "DE", Zone: "Europe/Berlin"}})
		w.must(err)
		w.homes = append(w.homes, inst)
	}
	w.provider, err = (&registry.Service{DB: w.db, Now: clock}).Register(
		w.system,
		registry.Proposal{Key: "s", Issuer: "https://idp.example", ClientID: "c", ClientSecretRef: new("env:X"),
			Mode: provider.ModeDIRECT, Scopes: []string{"openid"}, Homes: []registry.Home{{Domain: "uni-0.example", InstitutionID: w.homes[0].ID}}},
	)
	w.must(err)
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// signIn begins a session of somebody and returns their account.
func (w *world) signIn(subject string) *ent.Identity {
	w.Helper()
	id, err := w.learners.SignIn(w.system, learner.Assertion{ProviderID: w.provider.ID, Issuer: w.provider.Issuer, Subject: subject, GivenName: "Sam", FamilyName: subject,
		InstitutionID: w.homes[0].ID, Affiliations: []string{"student"}})
	w.must(err)
	_, err = w.sessions.Start(w.system, id, session.Proof{})
	w.must(err)
	return id
}

func (w *world) read(v *viewer.Viewer, limit int) record.Record {
	w.Helper()
	r, err := (&record.Service{DB: w.db, Now: func() time.Time { return w.now }}).Of(viewer.With(w.Context(), v), v, limit)
	w.must(err)
	return r
}

func TestRecordIsOfOnePerson(t *testing.T) {
	w := newWorld(t)
	sam := w.signIn("sam")
	w.signIn("pat")
	v := &viewer.Viewer{Kind: viewer.Person, PersonID: sam.PersonID}
	r := w.read(v, 10)
	if learner.FullName(r.Profile) != "Sam sam" || len(r.Affiliations) != 1 || r.Affiliations[0].Edges.Institution.ID != w.homes[0].ID {
		t.Errorf("they are %v of %v", r.Profile, r.Affiliations)
	}
	if len(r.Accounts) != 1 || r.Accounts[0].ID != sam.ID || len(r.Sessions) != 1 || r.Sessions[0].PersonID != sam.PersonID || r.Roles != nil {
		t.Errorf("accounts %v, sessions %v, roles %v", r.Accounts, r.Sessions, r.Roles)
	}
	w.now = w.now.Add(13 * time.Hour)
	if r := w.read(v, 10); len(r.Sessions) != 0 {
		t.Errorf("sessions that are over: %v", r.Sessions)
	}
}

func TestRecordIsBounded(t *testing.T) {
	w := newWorld(t)
	sam := w.signIn("sam")
	for range 3 {
		w.now = w.now.Add(time.Minute)
		w.signIn("sam")
	}
	r := w.read(&viewer.Viewer{Kind: viewer.Person, PersonID: sam.PersonID}, 2)
	if len(r.Sessions) != 2 || !r.Sessions[0].CreatedAt.Equal(w.now) || !r.Sessions[0].CreatedAt.After(r.Sessions[1].CreatedAt) {
		t.Errorf("sessions %v", r.Sessions)
	}
}

// Roles are told with their places, in the order in which they are held, and five
// take as many statements as two.
func TestRolesHavePlaces(t *testing.T) {
	var n atomic.Int64
	w := newWorld(t, testkit.CountStatements(&n))
	at := func(role viewer.Role, place ident.ID) viewer.Grant { return viewer.Grant{Role: role, At: place} }
	v := &viewer.Viewer{
		Kind:     viewer.Person,
		PersonID: w.signIn("sam").PersonID,
		Grants:   []viewer.Grant{at(viewer.Registrar, w.homes[2].ID), at(viewer.AllianceAdministrator, w.alliance.ID)},
	}
	n.Store(0)
	w.read(v, 10)
	two := n.Load()
	v.Grants = append(v.Grants, at(viewer.Teacher, w.homes[0].ID), at(viewer.Teacher, w.homes[1].ID), at(viewer.Administrator, w.homes[2].ID))
	n.Store(0)
	r := w.read(v, 10)
	if five := n.Load(); five != two {
		t.Errorf("five roles take %d statements, two take %d", five, two)
	}
	var got []string
	for i, role := range r.Roles {
		got = append(got, role.Place["en"])
		if role.Role != v.Grants[i].Role {
			t.Errorf("role %d is %s", i, role.Role)
		}
	}
	if want := []string{"uni-2", "All", "uni-0", "uni-1", "uni-2"}; !slices.Equal(got, want) {
		t.Errorf("the places are %v, want %v", got, want)
	}
}
