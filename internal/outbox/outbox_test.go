package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/outbox"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// tell stores an event of a course that everybody sees.
func tell(ctx context.Context, db *ent.Client, name string, fail error) error {
	return storage.Do(ctx, db, func(tx *ent.Tx) error {
		verb := new(ledger.Book).Declare(name, "", ledger.Everybody)
		if err := ledger.Note(ctx, tx, verb, ledger.Thing{ID: ident.New(ident.Course)}); err != nil {
			return err
		}
		return fail
	})
}

// However many write and number at once, and however late a transaction
// commits, whoever follows the log sees every event once and misses none.
func TestFollowersMissNothing(t *testing.T) {
	db := testkit.Database(t).Client
	ctx := viewer.AsSystem(t.Context())
	const writers, each = 8, 25
	rolledBack := errors.New("rolled back")
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				name := fmt.Sprint(w, "/", i)
				if err := tell(ctx, db, name, nil); err != nil {
					t.Error(err)
				}
				if err := tell(ctx, db, name, rolledBack); !errors.Is(err, rolledBack) {
					t.Error(err)
				}
			}
		})
	}
	written := make(chan struct{})
	go func() { writing.Wait(); close(written) }()
	var following sync.WaitGroup
	for range 3 {
		following.Go(func() {
			seen, last := map[string]bool{}, int64(0)
			for done := false; ; {
				if _, err := outbox.Number(ctx, db); err != nil {
					t.Error(err)
					return
				}
				events, err := outbox.After(ctx, db, last, 50)
				if err != nil {
					t.Error(err)
					return
				}
				for _, e := range events {
					if *e.Sequence != last+1 {
						t.Errorf("after %d comes %d", last, *e.Sequence)
					}
					last = *e.Sequence
					if seen[e.Type] {
						t.Errorf("%s came twice", e.Type)
					}
					seen[e.Type] = true
				}
				if done && len(events) == 0 && last == writers*each {
					break
				}
				select {
				case <-written:
					done = true
				default:
				}
			}
			if len(seen) != writers*each {
				t.Errorf("%d of %d events were seen", len(seen), writers*each)
			}
		})
	}
	following.Wait()
}

func TestOldEventsArePrunedAndTheirCursorsRefused(t *testing.T) {
	db := testkit.Database(t).Client
	ctx := viewer.AsSystem(t.Context())
	for range 3 {
		if err := tell(ctx, db, "course.publish", nil); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := outbox.Number(ctx, db); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	if n, err := outbox.Prune(ctx, db, time.Now()); n != 0 || err != nil {
		t.Errorf("pruned %d young events, %v", n, err)
	}
	if n, err := outbox.Prune(ctx, db, time.Now().Add(outbox.Retention+time.Hour)); n != 2 || err != nil {
		t.Errorf("pruned %d of three old events, %v: the newest is where counting goes on", n, err)
	}
	if err := tell(ctx, db, "course.publish", nil); err != nil {
		t.Fatal(err)
	}
	page, err := outbox.Feed(ctx, db, 2, nil, 10)
	if err != nil || len(page.Events) != 2 || page.Next != 4 {
		t.Errorf("after the pruned ones: %+v, %v", page, err)
	}
	for _, after := range []int64{0, 1, 5} {
		if _, err := outbox.Feed(ctx, db, after, nil, 10); problem.All(err) == nil {
			t.Errorf("cursor %d: %v", after, err)
		}
	}
}

// What is kept has no gaps, whatever the clocks of the servers said: an old
// event behind a young one stays.
func TestPruningLeavesNoGaps(t *testing.T) {
	db := testkit.Database(t).Client
	ctx := viewer.AsSystem(t.Context())
	now := time.Now()
	ages := []time.Duration{1, 1, -1, 1, -1, 1} // 1: older than what is kept
	for i, age := range ages {
		db.OutboxEvent.Create().SetType("course.publish").SetObjectID(ident.New(ident.Course)).SetAudience(outboxevent.AudiencePUBLIC).SetVersion(1).SetPayload(vocab.Payload{}).
			SetSequence(int64(i + 1)).SetCreatedAt(now.Add(-outbox.Retention - age*time.Hour)).ExecX(ctx)
	}
	if n, err := outbox.Prune(ctx, db, now); n != 2 || err != nil {
		t.Errorf("pruned %d, %v; want the two before the first young one", n, err)
	}
	if first, err := outbox.Oldest(ctx, db); first != 3 || err != nil {
		t.Errorf("the oldest is %d, %v", first, err)
	}
}

// A viewer whom few events concern gets on by short pages.
func TestFeedLooksAtSoManyEventsAtOnce(t *testing.T) {
	db := testkit.Database(t).Client
	ctx := viewer.AsSystem(t.Context())
	var creates []*ent.OutboxEventCreate
	for i := range 2101 {
		creates = append(creates, db.OutboxEvent.Create().SetType("result.record").SetObjectID(ident.New(ident.Result)).SetVersion(1).SetPayload(vocab.Payload{}).
			SetAudience(outboxevent.AudiencePARTIES).SetHostID(ident.New(ident.Institution)).SetSequence(int64(i+1)))
		if len(creates) == 500 || i == 2100 {
			db.OutboxEvent.CreateBulk(creates...).ExecX(ctx)
			creates = nil
		}
	}
	nobody := viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.Anonymous})
	page, err := outbox.Feed(nobody, db, 0, nil, 10)
	if err != nil || len(page.Events) != 0 || page.Next != 2000 || !page.HasMore {
		t.Errorf("%d events, next %d, more %v, %v", len(page.Events), page.Next, page.HasMore, err)
	}
	page, err = outbox.Feed(nobody, db, page.Next, nil, 10)
	if err != nil || page.Next != 2101 || page.HasMore {
		t.Errorf("next %d, more %v, %v", page.Next, page.HasMore, err)
	}
}
