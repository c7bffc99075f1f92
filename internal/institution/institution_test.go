package institution

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/unit"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// Every check is said in every language, under a name of its own.
func TestReadinessSpeaksEveryLanguage(t *testing.T) {
	for _, tag := range lang.Languages {
		said := map[string]bool{}
		for i := range checks {
			f := Finding{Check: &checks[i], Status: Failed}
			if said[f.Need(tag)] || said[f.ID] {
				t.Errorf("two checks say %q", f.Need(tag))
			}
			said[f.ID], said[f.Need(tag)], said[f.Hint(tag)] = true, true, true
			if !lang.Has(tag, "readiness."+f.ID+".need") || !lang.Has(tag, "readiness."+f.ID+".hint") {
				t.Errorf("%s lacks %s", tag, f.ID)
			}
		}
		for _, key := range lang.Keys(tag) {
			if strings.HasPrefix(key, "readiness.") && !said[lang.Say(tag, key)] {
				t.Errorf("%s has %s, which no check says", tag, key)
			}
		}
	}
}

// invited makes an alliance that has invited one university, as the system.
func invited(t *testing.T) (*Service, context.Context, *ent.Membership) {
	t.Helper()
	now := time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC)
	s := &Service{DB: testkit.Database(t).Client, Now: func() time.Time { return now }}
	ctx := viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.System})
	a, err := s.Found(ctx, Founding{Slug: "test", Name: vocab.Text{"en": "Test"}, Bounds: DefaultBounds})
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Invite(ctx, Invitation{AllianceID: a.ID, Part: membership.PartMEMBER, Institution: &Registration{
		SCHAC: "uni-a.example", Name: []vocab.Translation{{Language: "en", Text: "A"}}, Acronym: "A", Country: "DE", Zone: "Europe/Berlin"}})
	if err != nil {
		t.Fatal(err)
	}
	return s, ctx, m
}

// Of rivals that answer one invitation one wins; the others learn that they lost.
func TestInvitationIsAnsweredOnce(t *testing.T) {
	s, ctx, m := invited(t)
	errs := make([]error, 6)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { _, errs[i] = s.AnswerInvitation(ctx, InvitationAnswer{MembershipID: m.ID, Accept: i%2 == 0}) })
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if found := problem.All(err); len(found) != 1 || found[0].Code != problem.Conflict {
			t.Errorf("a rival gets %v", err)
		}
	}
	m = s.DB.Membership.GetX(ctx, m.ID)
	if won != 1 || len(m.History) != 2 || string(m.State) != m.History[1].State {
		t.Errorf("%d won; the membership is %s with %v", won, m.State, m.History)
	}
	if n := s.DB.AuditEntry.Query().Where(auditentry.ObjectID(m.ID)).CountX(ctx); n != 2 {
		t.Errorf("%d audit entries, want 2: the invitation and its answer", n)
	}
}

// The history answers for any moment, across alliances.
func TestActiveAtAMoment(t *testing.T) {
	s, ctx, m := invited(t)
	start := s.Now()
	step := func(hours int, do func() error) {
		t.Helper()
		s.Now = func() time.Time { return start.Add(time.Duration(hours) * time.Hour) }
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	step(1, func() error {
		_, err := s.AnswerInvitation(ctx, InvitationAnswer{MembershipID: m.ID, Accept: true})
		return err
	})
	step(2, func() error {
		_, err := s.Suspend(ctx, Reasoned{MembershipID: m.ID, Reason: "x"})
		return err
	})
	step(3, func() error { _, err := s.Reinstate(ctx, m.ID); return err })
	step(4, func() error {
		_, err := s.End(ctx, Reasoned{MembershipID: m.ID, Reason: "x"})
		return err
	})
	for minutes, want := range map[int]bool{0: false, 59: false, 60: true, 119: true, 120: false, 179: false, 180: true, 239: true, 240: false, 999: false} {
		then, now, err := ActiveAt(ctx, s.DB, m.InstitutionID, start.Add(time.Duration(minutes)*time.Minute))
		if err != nil || then != want || now {
			t.Errorf("after %d minutes: %t, %t, %v, want %t", minutes, then, now, err, want)
		}
	}
	if err := RequireActive(ctx, s.DB, m.InstitutionID); len(problem.All(err)) != 1 || problem.All(err)[0].Code != problem.Conflict {
		t.Errorf("who has left may begin something: %v", err)
	}
}

// Two moves at the same moment, each fine alone, never make a circle.
func TestRivalMovesMakeNoCircle(t *testing.T) {
	s, ctx, m := invited(t)
	add := func(key string) ident.ID {
		u, err := s.AddUnit(ctx, NewUnit{InstitutionID: m.InstitutionID, Key: key, Kind: unit.KindFACULTY, Name: []vocab.Translation{{Language: "en", Text: key}}})
		if err != nil {
			t.Fatal(err)
		}
		return u.ID
	}
	for round := range 5 {
		pair := [2]ident.ID{add(fmt.Sprint("a", round)), add(fmt.Sprint("b", round))}
		var errs [2]error
		var all sync.WaitGroup
		for i := range pair {
			all.Go(func() { _, errs[i] = s.UpdateUnit(ctx, UnitUpdate{UnitID: pair[i], ParentID: &pair[1-i]}) })
		}
		all.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("both moves end with %v and %v", errs[0], errs[1])
		}
	}
}

// An institution has at most MaxUnits units.
func TestUnitsAreBounded(t *testing.T) {
	s, ctx, m := invited(t)
	var rows []*ent.UnitCreate
	for i := range MaxUnits {
		rows = append(rows, s.DB.Unit.Create().SetInstitutionID(m.InstitutionID).SetKey(fmt.Sprint(i)).SetKind(unit.KindFACULTY).SetName(vocab.Text{"en": "U"}))
	}
	s.DB.Unit.CreateBulk(rows...).ExecX(ctx)
	one := NewUnit{InstitutionID: m.InstitutionID, Key: "more", Kind: unit.KindFACULTY, Name: []vocab.Translation{{Language: "en", Text: "More"}}}
	if _, err := s.AddUnit(ctx, one); len(problem.All(err)) != 1 || problem.All(err)[0].Code != problem.Conflict {
		t.Errorf("one unit more than %d: %v", MaxUnits, err)
	}
}
