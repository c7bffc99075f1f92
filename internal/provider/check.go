package provider

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/peregrine-exchange/peregrine/ent"
	row "github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// atOnce is how many providers are asked at the same time, so that a slow one
// holds up nobody.
const atOnce = 8

// checkEvery is how old the last check may be.
const checkEvery = time.Hour

// CheckNow asks a provider now and notes how it answered.
func (s *Service) CheckNow(ctx context.Context, id ident.ID) (*ent.Provider, error) {
	p, err := storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Provider, error) {
		p, homes, err := load(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		institutions := institutionsOf(homes)
		if err := manages(ctx, tx, institutions); err != nil {
			return nil, err
		}
		if err := checkable(p); err != nil {
			return nil, err
		}
		return p, record(ctx, tx, "provider.check", id, institutions, nil)
	})
	if err != nil {
		return nil, err
	}
	if err := s.ask(viewer.AsSystem(ctx), p); err != nil {
		return nil, err
	}
	return s.DB.Provider.Get(ctx, id)
}

func checkable(p *ent.Provider) error {
	if p.State == row.StateDISABLED {
		return problem.New(problem.Conflict, "a disabled provider is not checked; propose it anew first")
	}
	return nil
}

// CheckDue asks the active providers whose last check is old, and returns how
// many. A job calls it.
func (s *Service) CheckDue(ctx context.Context) (int, error) {
	ctx = viewer.AsSystem(ctx)
	due, err := s.DB.Provider.Query().Where(row.StateEQ(row.StateACTIVE), row.Or(row.CheckedAtIsNil(), row.CheckedAtLT(s.Now().Add(-checkEvery)))).
		Order(row.ByID()).Limit(500).All(ctx)
	if err != nil {
		return 0, storage.Classify(err)
	}
	var asked atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, p := range due {
		group.Go(func() error {
			asked.Add(1)
			return s.ask(ctx, p)
		})
	}
	err = group.Wait()
	return int(asked.Load()), err
}

// ask notes how a provider answers. Its own words go to the log only.
func (s *Service) ask(ctx context.Context, p *ent.Provider) error {
	found := s.Check.CheckProvider(ctx, p)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		update := tx.Provider.UpdateOneID(p.ID).SetCheckedAt(vocab.Now(s.Now)).SetHealth(row.HealthWORKING).ClearHealthReason()
		if found != nil {
			slog.WarnContext(ctx, "an identity provider is broken", "provider", p.Key, "err", found)
			reason := "the provider does not answer as OpenID Connect Discovery says"
			if all := problem.All(found); all != nil {
				reason = all[0].Error()
			}
			update.SetHealth(row.HealthBROKEN).SetHealthReason(vocab.Clean(500, reason))
		}
		return update.Exec(ctx)
	})
}
