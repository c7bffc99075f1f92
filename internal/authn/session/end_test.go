package session_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	row "github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// stranger signs in another person and returns a secret of theirs.
func (h *house) stranger() string {
	h.t.Helper()
	mine := h.said
	h.said.Subject = "stranger"
	h.signIn()
	secret := h.start()
	h.said = mine
	h.signIn()
	return secret
}

// Whoever ends a session ends that one: a stranger's goes on, and so does the
// person's other one; and all others means those of the person.
func TestNobodyElsesSessionEnds(t *testing.T) {
	h := newHouse(t)
	stranger, one, other := h.stranger(), h.start(), h.start()
	if err := h.sessions.End(h.system(), h.lookup(one, row.KindBROWSER).ID); err != nil {
		t.Fatal(err)
	}
	if h.lookup(one, row.KindBROWSER) != nil || h.lookup(other, row.KindBROWSER) == nil || h.lookup(stranger, row.KindBROWSER) == nil {
		t.Error("the wrong ones have ended")
	}
	one = h.start()
	keeps := h.lookup(one, row.KindBROWSER)
	me := viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.Person, PersonID: h.identity.PersonID, SessionID: keeps.ID})
	if _, n, err := h.sessions.EndOthers(me, keeps.ID); n != 1 || err != nil {
		t.Errorf("%d ended: %v", n, err)
	}
	if h.lookup(one, row.KindBROWSER) == nil || h.lookup(other, row.KindBROWSER) != nil || h.lookup(stranger, row.KindBROWSER) == nil {
		t.Error("the wrong ones have ended")
	}
}

// A lent token lends no other one, and a session that is over lends none.
func TestOnlyALiveBrowserLends(t *testing.T) {
	h := newHouse(t)
	browser := h.lookup(h.start(), row.KindBROWSER)
	lent, until, err := h.sessions.Lend(h.system(), browser.ID)
	if err != nil || !until.Equal(h.now.Add(time.Hour)) {
		t.Fatalf("until %s: %v", until, err)
	}
	if _, _, err := h.sessions.Lend(h.system(), h.lookup(lent, row.KindBEARER).ID); !errors.Is(err, problem.Is(problem.Forbidden)) {
		t.Errorf("a token lends a token: %v", err)
	}
	h.db.Client.Session.UpdateOneID(browser.ID).SetExpiresAt(h.now.Add(10 * time.Minute)).ExecX(h.system())
	if _, until, err := h.sessions.Lend(h.system(), browser.ID); err != nil || !until.Equal(h.now.Add(10*time.Minute)) {
		t.Errorf("a token outlives its session: %s, %v", until, err)
	}
	for name, over := range map[string]func(ident.ID) error{
		"ended":   func(id ident.ID) error { return h.sessions.End(h.system(), id) },
		"expired": func(ident.ID) error { h.now = h.now.Add(13 * time.Hour); return nil },
	} {
		s := h.lookup(h.start(), row.KindBROWSER)
		if err := over(s.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.sessions.Lend(h.system(), s.ID); !errors.Is(err, problem.Is(problem.Unauthenticated)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A lent token ends with the session that lent it: when the browser has been
// idle, and after the 8 hours of staff.
func TestLentTokenEndsWithItsSession(t *testing.T) {
	h := newHouse(t)
	began := h.now
	secret := h.start()
	lend := func() string {
		t.Helper()
		lent, _, err := h.sessions.Lend(h.system(), h.lookup(secret, row.KindBROWSER).ID)
		if err != nil {
			t.Fatal(err)
		}
		return lent
	}
	for h.now.Before(began.Add(7*time.Hour + 30*time.Minute)) {
		h.now = h.now.Add(30 * time.Minute)
		h.lookup(secret, row.KindBROWSER)
	}
	h.now = began.Add(7*time.Hour + 55*time.Minute)
	lent := lend()
	h.now = began.Add(8*time.Hour + 5*time.Minute)
	if h.lookup(lent, row.KindBEARER) == nil {
		t.Error("a learner's token ended after 8 hours")
	}
	h.grant(began)
	if h.lookup(lent, row.KindBEARER) != nil {
		t.Error("a token outlives the 8 hours of staff")
	}
	h.db.Client.RoleGrant.Delete().ExecX(h.system())

	secret, began = h.start(), h.now
	h.now = began.Add(50 * time.Minute)
	id := h.lookup(secret, row.KindBROWSER).ID
	lent = lend()
	unused := func() {
		if err := h.sessions.Notice(h.system()); err != nil {
			t.Fatal(err)
		}
		h.db.Client.Session.UpdateOneID(id).SetSeenAt(began).ExecX(h.system())
	}
	unused()
	if h.lookup(lent, row.KindBEARER) == nil {
		t.Error("a token ended before its session was idle")
	}
	unused()
	h.now = began.Add(time.Hour)
	if h.lookup(lent, row.KindBEARER) != nil {
		t.Error("a token outlives an idle session")
	}
}

// A session that has ended does not come back under a new secret, also when it
// ends at the same moment, and one that is renewed keeps what it was.
func TestWhatHasEndedIsNotRenewed(t *testing.T) {
	h := newHouse(t)
	secret := h.start()
	old := h.lookup(secret, row.KindBROWSER)
	lent, _, err := h.sessions.Lend(h.system(), old.ID)
	if err != nil {
		t.Fatal(err)
	}
	next, err := h.sessions.Renew(h.system(), old.ID)
	if err != nil {
		t.Fatal(err)
	}
	renewed := h.lookup(next, row.KindBROWSER)
	if h.lookup(secret, row.KindBROWSER) != nil || h.lookup(lent, row.KindBEARER) != nil || renewed == nil || !renewed.AuthenticatedAt.Equal(*old.AuthenticatedAt) {
		t.Errorf("renewed as %v", renewed)
	}
	if _, err := h.sessions.Renew(h.system(), old.ID); !errors.Is(err, problem.Is(problem.Unauthenticated)) {
		t.Errorf("an ended session is renewed: %v", err)
	}
	h.now = h.now.Add(time.Hour)
	if _, err := h.sessions.Renew(h.system(), renewed.ID); !errors.Is(err, problem.Is(problem.Unauthenticated)) {
		t.Errorf("an idle session is renewed: %v", err)
	}
	for range 5 {
		s := h.lookup(h.start(), row.KindBROWSER)
		before := h.db.Client.Session.Query().CountX(h.system())
		var group sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			group.Go(func() { _, errs[i] = h.sessions.Renew(h.system(), s.ID) })
		}
		group.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, problem.Is(problem.Unauthenticated)) {
				t.Error(err)
			}
		}
		if n := h.db.Client.Session.Query().CountX(h.system()) - before; won != 1 || n != 1 {
			t.Errorf("of four renewals %d won, and made %d sessions", won, n)
		}
	}
}

// What is cleared is old: sessions, what they lent, and used logout tokens; what
// is fresh stays, and a logout token that still holds works no second time.
func TestClearKeepsWhatIsFresh(t *testing.T) {
	h := newHouse(t)
	old := h.lookup(h.start(), row.KindBROWSER)
	if _, _, err := h.sessions.Lend(h.system(), old.ID); err != nil {
		t.Fatal(err)
	}
	logout := func(jti string) error {
		_, err := h.sessions.EndByProvider(
			h.system(),
			session.ProviderLogout{ProviderID: h.said.ProviderID, Issuer: h.said.Issuer, JTI: jti, Expires: h.now.Add(time.Hour), Subject: "nobody"},
		)
		return err
	}
	if err := logout("old"); err != nil {
		t.Fatal(err)
	}
	h.now = h.now.Add(49 * time.Hour)
	fresh := h.lookup(h.start(), row.KindBROWSER)
	if _, _, err := h.sessions.Lend(h.system(), fresh.ID); err != nil {
		t.Fatal(err)
	}
	if err := logout("fresh"); err != nil {
		t.Fatal(err)
	}
	if n, err := h.sessions.Clear(h.system()); n != 3 || err != nil {
		t.Errorf("%d cleared: %v", n, err)
	}
	if n := h.db.Client.Session.Query().CountX(h.system()); n != 2 || h.db.Client.Session.GetX(h.system(), fresh.ID).EndedAt != nil {
		t.Errorf("%d sessions are left", n)
	}
	if err := logout("fresh"); !errors.Is(err, session.ErrReplayed) {
		t.Errorf("a used logout token works again: %v", err)
	}
}
