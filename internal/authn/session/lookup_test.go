package session_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	row "github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Who asks costs one statement, also of a lent token and of staff, and none
// within a second.
func TestLookupCostsOneStatementOrNone(t *testing.T) {
	var n atomic.Int64
	h := newHouse(t, testkit.CountStatements(&n))
	h.grant(h.now.Add(-time.Hour))
	secret := h.start()
	lent, _, err := h.sessions.Lend(h.system(), h.who(secret, row.KindBROWSER).SessionID)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		wait time.Duration
		want int64
	}{{"first", 0, 1}, {"at once", 0, 0}, {"within a second", 999 * time.Millisecond, 0}, {"after a second", time.Millisecond, 1}, {"not seen for a minute", time.Minute, 1}} {
		h.now = h.now.Add(tt.wait)
		n.Store(0)
		if v := h.who(lent, row.KindBEARER); v == nil || !v.Has(viewer.Registrar, h.inst) || !v.IsAffiliated(h.inst) {
			t.Fatalf("%s: %v", tt.name, v)
		}
		if got := n.Load(); got != tt.want {
			t.Errorf("%s: %d statements, want %d", tt.name, got, tt.want)
		}
	}
	if v := h.who(lent, row.KindBROWSER); v != nil {
		t.Errorf("a bearer token opens a browser's session of %v", v)
	}
}

// What is taken from somebody acts at the next request here, and within a second
// on another server, whatever it is.
func TestWhatIsTakenActsAtOnceHereAndSoonElsewhere(t *testing.T) {
	for name, tt := range map[string]struct {
		take func(h *house, browser *viewer.Viewer) error
		lost func(h *house, v *viewer.Viewer) bool
	}{
		"the session": {
			func(h *house, v *viewer.Viewer) error { return h.sessions.End(h.system(), v.SessionID) },
			func(_ *house, v *viewer.Viewer) bool { return v == nil },
		},
		"all other sessions": {
			func(h *house, v *viewer.Viewer) error {
				stays := h.lookup(h.start(), row.KindBROWSER)
				_, _, err := h.sessions.EndOthers(viewer.With(h.t.Context(), v), stays.ID)
				return err
			},
			func(_ *house, v *viewer.Viewer) bool { return v == nil },
		},
		"the role": {
			func(h *house, _ *viewer.Viewer) error {
				return h.db.Client.RoleGrant.Update().SetEnded(true).Exec(h.system())
			},
			func(h *house, v *viewer.Viewer) bool {
				return v != nil && !v.Has(viewer.Registrar, h.inst) && v.IsAffiliated(h.inst)
			},
		},
		"the affiliation": {
			func(h *house, _ *viewer.Viewer) error {
				return h.db.Client.Affiliation.Update().SetExpiresAt(h.now).Exec(h.system())
			},
			func(h *house, v *viewer.Viewer) bool {
				return v != nil && v.Has(viewer.Registrar, h.inst) && !v.IsAffiliated(h.inst) && len(v.Audiences) == 0
			},
		},
		"the ease of a single factor": {
			func(h *house, _ *viewer.Viewer) error {
				return h.db.Client.Institution.UpdateOneID(h.inst).SetStepUp(vocab.StepUpRequired).Exec(h.system())
			},
			func(h *house, v *viewer.Viewer) bool {
				return v != nil && len(v.StepUpAt) == 1 && v.StepUpAt[0] == h.inst
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.grant(h.now.Add(-time.Hour))
			elsewhere := &house{t: t, sessions: session.New(testkit.Open(t, h.address).Client, func() time.Time { return h.now }, keyring.KEK{})}
			secret := h.start()
			lent, _, err := h.sessions.Lend(h.system(), h.who(secret, row.KindBROWSER).SessionID)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []*house{h, elsewhere} {
				if v := s.who(lent, row.KindBEARER); v == nil || tt.lost(h, v) {
					t.Fatalf("before: %v", v)
				}
			}
			browser := h.who(secret, row.KindBROWSER)
			if err := tt.take(h, browser); err != nil {
				t.Fatal(err)
			}
			if v := h.who(lent, row.KindBEARER); !tt.lost(h, v) {
				t.Errorf("here it goes on: %v", v)
			}
			h.now = h.now.Add(time.Second)
			if v := elsewhere.who(lent, row.KindBEARER); !tt.lost(h, v) {
				t.Errorf("a second later it goes on elsewhere: %v", v)
			}
		})
	}
}

// What is read while a change is under way is read again once it is made.
func TestAChangeUnderWayIsNotRememberedPastItsEnd(t *testing.T) {
	h := newHouse(t)
	h.grant(h.now.Add(-time.Hour))
	secret := h.start()
	err := storage.Do(h.system(), h.db.Client, func(tx *ent.Tx) error {
		if err := tx.RoleGrant.Update().SetEnded(true).Exec(h.system()); err != nil {
			return err
		}
		if v := h.who(secret, row.KindBROWSER); !v.Has(viewer.Registrar, h.inst) {
			t.Error("a change that is not made yet acts")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if v := h.who(secret, row.KindBROWSER); v.Has(viewer.Registrar, h.inst) {
		t.Errorf("the role goes on: %v", v)
	}
}

// What ends by itself ends to the moment, remembered or not.
func TestWhatEndsByItselfEndsToTheMoment(t *testing.T) {
	h := newHouse(t)
	h.db.Client.RoleGrant.Create().SetPersonID(h.identity.PersonID).SetInstitutionID(h.inst).SetRole("REGISTRAR").
		SetValidFrom(h.now.Add(-time.Hour)).SetValidUntil(h.now.Add(500 * time.Millisecond)).ExecX(h.system())
	secret, err := h.sessions.Start(h.system(), h.identity, session.Proof{ACR: authz.MultiFactor, AuthenticatedAt: new(h.now.Add(500*time.Millisecond - authz.StepUpTime))})
	if err != nil {
		t.Fatal(err)
	}
	if v := h.who(secret, row.KindBROWSER); !v.Has(viewer.Registrar, h.inst) || !v.SteppedUp {
		t.Fatalf("before: %v", v)
	}
	h.now = h.now.Add(501 * time.Millisecond)
	if v := h.who(secret, row.KindBROWSER); v.Has(viewer.Registrar, h.inst) || v.SteppedUp {
		t.Errorf("after: %v", v)
	}
}

// That a session is used is written after the request and not in it; until then
// it is known here.
func TestUseIsWrittenOutsideTheRequest(t *testing.T) {
	h := newHouse(t)
	secret := h.start()
	began := h.now
	stored := func() time.Time { return h.lookup(secret, row.KindBROWSER).SeenAt }
	if h.now = began.Add(59 * time.Minute); !stored().Equal(began) {
		t.Errorf("the request wrote %v", stored())
	}
	h.now = began.Add(118 * time.Minute)
	if h.who(secret, row.KindBROWSER) == nil {
		t.Error("it has ended although it was used an hour ago")
	}
	if err := h.sessions.Notice(h.system()); err != nil || !stored().Equal(h.now) {
		t.Errorf("%v is written, want %v: %v", stored(), h.now, err)
	}
	if h.now = began.Add(178 * time.Minute); h.who(secret, row.KindBROWSER) != nil {
		t.Error("it goes on an hour after its last use")
	}
}
