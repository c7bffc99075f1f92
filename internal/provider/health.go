package provider

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// How often providers are checked, how many at once, and how long each may take.
const (
	checkEvery  = time.Hour
	checkBroken = 5 * time.Minute // a page says that it is broken: let that be true
	checkAtOnce = 8
	checkTime   = 5 * time.Second
	checkPause  = 10 * time.Second // between two that somebody asks for
)

// Checker asks a provider for its metadata and keys.
type Checker interface {
	// Check returns the hosts of the provider's endpoints, sorted. It returns a
	// Trouble for a provider through which nobody can sign in.
	Check(ctx context.Context, p *ent.Provider) (hosts []string, err error)
}

// Trouble is why a provider does not work. What the provider itself said goes to
// the log and no further.
type Trouble string

// The troubles.
const (
	Unreachable Trouble = "UNREACHABLE"
	Unreadable  Trouble = "UNREADABLE"
	OtherIssuer Trouble = "OTHER_ISSUER"
	Insecure    Trouble = "INSECURE"
	NoKeys      Trouble = "NO_KEYS"
)

// Error names the trouble.
func (t Trouble) Error() string { return "provider: " + string(t) }

// Sentence says what is wrong in the language.
func (t Trouble) Sentence(in language.Tag) string {
	return lang.Say(in, "provider.trouble."+string(t))
}

// CheckDue checks the providers that are in force and whose turn it is. A job
// calls it. A provider that is slow or broken keeps no other one from its turn.
func (s *Service) CheckDue(ctx context.Context) (int, error) {
	ctx = viewer.AsSystem(ctx)
	now := vocab.Now(s.Now)
	due, err := s.DB.Provider.Query().Where(provider.StateEQ(provider.StateACTIVE), provider.Or(provider.CheckedAtIsNil(), provider.CheckedAtLTE(now.Add(-checkEvery)),
		provider.And(provider.HealthEQ(provider.HealthBROKEN), provider.CheckedAtLTE(now.Add(-checkBroken))))).All(ctx)
	if err != nil {
		return 0, err
	}
	var group errgroup.Group
	group.SetLimit(checkAtOnce)
	faults := make([]error, len(due))
	for i, row := range due {
		group.Go(func() error {
			_, faults[i] = s.ask(ctx, row)
			return nil
		})
	}
	_ = group.Wait()
	return len(due), errors.Join(faults...)
}

// CheckNow checks a provider at once, whatever its state: a proposal can be
// looked at before it is approved. It returns a LIMITED problem when that was
// done within the last ten seconds.
func (s *Service) CheckNow(ctx context.Context, id ident.ID) (*ent.Provider, error) {
	row, homes, err := load(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	if err := s.byEither(ctx, s.DB, toCheck, institutionsOf(homes)); err != nil {
		return nil, err
	}
	system, now := viewer.AsSystem(ctx), vocab.Now(s.Now)
	if err := storage.Do(system, s.DB, func(tx *ent.Tx) error { // of those who come at the same moment, one looks
		rested := provider.Or(provider.CheckedAtIsNil(), provider.CheckedAtLTE(now.Add(-checkPause)))
		return storage.IfUnchanged(system, tx.Provider.Update().Where(provider.ID(id), rested).SetCheckedAt(now), errLooked)
	}); err != nil {
		return nil, err
	}
	return s.ask(system, row)
}

var errLooked = problem.New(problem.Limited, "the provider has just been looked at; wait a few seconds")

// rests says why a provider is not looked at once more now.
func rests(row *ent.Provider, now time.Time) error {
	return problem.If(row.CheckedAt != nil && now.Sub(*row.CheckedAt) < checkPause, errLooked)
}

// ask asks one provider and stores what came out. It audits a change of its
// health and one of the hosts of its endpoints, which would be a sign of a
// takeover.
func (s *Service) ask(system context.Context, row *ent.Provider) (*ent.Provider, error) {
	call, cancel := context.WithTimeout(system, checkTime)
	hosts, err := s.Checker.Check(call, row)
	cancel()
	if system.Err() != nil { // we stop; that says nothing of the provider
		return nil, system.Err()
	}
	health, reason := provider.HealthWORKING, ""
	if err != nil {
		health, reason = provider.HealthBROKEN, string(Unreachable)
		if t, ok := errors.AsType[Trouble](err); ok {
			reason = string(t)
		}
		slog.WarnContext(system, "a provider does not work", "provider", row.Key, "trouble", reason, "err", vocab.Clean(300, err.Error()))
	}
	return storage.Write(system, s.DB, func(tx *ent.Tx) (*ent.Provider, error) {
		before, homes, err := hold(system, tx, row.ID) // another server may have looked at it too
		if err != nil {
			return nil, err
		}
		if before.Issuer != row.Issuer { // it is not the one that was asked
			return nil, problem.Raced("provider", row.ID)
		}
		update := tx.Provider.UpdateOne(before).SetHealth(health).SetCheckedAt(vocab.Now(s.Now))
		if reason == "" {
			update.ClearHealthReason()
		} else {
			update.SetHealthReason(reason)
		}
		now, err := update.Save(system)
		if err != nil {
			return nil, err
		}
		if before.Health != health {
			details := map[string]string{"from": string(before.Health), "to": string(health), "trouble": reason}
			if err := ledger.Note(system, tx, toCheck, ofProvider(row, institutionsOf(homes), details)); err != nil {
				return nil, err
			}
		}
		if len(hosts) == 0 {
			return now, nil
		}
		return now, recordHosts(system, tx, row.ID, institutionsOf(homes), hosts)
	})
}

// recordHosts notes the hosts of a provider's endpoints where they differ from
// those of the last entry about them. The audit is the memory, so that a change
// is seen across restarts and servers.
func recordHosts(system context.Context, tx *ent.Tx, id ident.ID, institutions []ident.ID, hosts []string) error {
	last, err := tx.AuditEntry.Query().Where(auditentry.ObjectID(id), auditentry.Verb(toSeeEndpoints.Name())).Order(ent.Desc(auditentry.FieldID)).First(system)
	if err != nil && !ent.IsNotFound(err) {
		return err
	}
	details := map[string]string{"to": vocab.Clean(1000, strings.Join(slices.Sorted(slices.Values(hosts)), " "))}
	if last != nil {
		if details["from"] = last.Details["to"]; details["from"] == details["to"] {
			return nil
		}
	}
	return ledger.Note(system, tx, toSeeEndpoints, ledger.Thing{ID: id, At: institutions, Details: details})
}
