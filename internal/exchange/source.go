package exchange

import (
	"context"
	"slices"
	"strings"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importrun"
	"github.com/peregrine-exchange/peregrine/ent/importsource"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/fetch"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// How often a source is pulled, in minutes.
const (
	minMinutes = 15
	maxMinutes = 10_080 // a week
)

// maxSources bounds the sources of one institution.
const maxSources = 20

var sourceStates = lifecycle.New("source", lifecycle.Next[importsource.State]{
	importsource.StateACTIVE: {importsource.StatePAUSED},
	importsource.StatePAUSED: {importsource.StateACTIVE},
})

// NewSource is an endpoint of a partner's system.
type NewSource struct {
	InstitutionID  ident.ID
	Name           string
	Format         importrun.Format
	URL            string
	EveryMinutes   int
	Policy         importsource.Policy
	WithOfferings  *bool // nil: yes
	IdempotencyKey *string
}

// AddSource makes a source, which is pulled for the first time at once.
func (s *Service) AddSource(ctx context.Context, n NewSource) (*ent.ImportSource, error) {
	return idempotency.Write(ctx, s.DB, idempotency.Of(toAddSource, n.IdempotencyKey, n), s.DB.ImportSource.Get, func(tx *ent.Tx) (*ent.ImportSource, error) {
		if err := toAddSource.Require(ctx, n.InstitutionID); err != nil {
			return nil, err
		}
		name, badName := vocab.NeededLine(100, n.Name, "input", "name")
		if err := problem.Join(badName, s.readable(n.Format), s.checkAddress(n.URL), checkMinutes(n.EveryMinutes),
			s.checkPolicy(ctx, tx.Client(), n.InstitutionID, n.Policy)); err != nil {
			return nil, err
		}
		count, err := tx.ImportSource.Query().Where(importsource.InstitutionID(n.InstitutionID)).Count(ctx)
		if err != nil {
			return nil, err
		}
		if count >= maxSources {
			return nil, problem.New(problem.Conflict, "the institution has %d sources already", count)
		}
		source, err := tx.ImportSource.Create().SetInstitutionID(n.InstitutionID).SetName(name).SetFormat(importsource.Format(n.Format)).SetURL(n.URL).
			SetState(importsource.StateACTIVE).SetEveryMinutes(n.EveryMinutes).SetPolicy(n.Policy).
			SetNillableWithOfferings(n.WithOfferings).SetDueAt(vocab.Now(s.Now)).Save(ctx)
		if err := storage.IfTaken(err, sameName(name)); err != nil {
			return nil, err
		}
		return source, ledger.Note(ctx, tx, toAddSource, ofSource(source))
	})
}

// SourceUpdate changes what is given of a source.
type SourceUpdate struct {
	SourceID      ident.ID
	Name          *string
	Format        *importrun.Format
	URL           *string
	EveryMinutes  *int
	Policy        *importsource.Policy
	WithOfferings *bool
}

// UpdateSource changes a source. With another address, format or policy, or when
// its offerings are asked for, it is pulled at once, as if for the first time.
func (s *Service) UpdateSource(ctx context.Context, u SourceUpdate) (*ent.ImportSource, error) {
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.ImportSource, error) {
		source, err := s.mine(ctx, tx.Client(), u.SourceID, toEditSource)
		if err != nil {
			return nil, err
		}
		// The institution says whether courses are reviewed, on which a policy rests.
		if err := storage.Hold(viewer.AsSystem(ctx), tx.Institution.Update().Where(institution.ID(source.InstitutionID))); err != nil {
			return nil, err
		}
		name, err := s.checkUpdate(ctx, tx.Client(), source.InstitutionID, u)
		if err != nil {
			return nil, err
		}
		update := tx.ImportSource.UpdateOneID(source.ID).SetNillableURL(u.URL).SetNillableEveryMinutes(u.EveryMinutes).
			SetNillablePolicy(u.Policy).SetNillableWithOfferings(u.WithOfferings)
		if u.Name != nil {
			update.SetName(name)
		}
		if u.Format != nil {
			update.SetFormat(importsource.Format(*u.Format))
		}
		if u.URL != nil || u.Format != nil || u.Policy != nil || u.WithOfferings != nil {
			update.SetEtag("").SetLastModified("").SetFailures(0).SetLastError("").SetDueAt(vocab.Now(s.Now))
		}
		changed, err := update.Save(ctx)
		if err := storage.IfTaken(err, sameName(name)); err != nil {
			return nil, err
		}
		return changed, ledger.Note(ctx, tx, toEditSource, ofSource(source))
	})
}

// checkUpdate returns the tidied name, and all that is wrong with an update at
// once.
func (s *Service) checkUpdate(ctx context.Context, db *ent.Client, institution ident.ID, u SourceUpdate) (name string, err error) {
	var found []error
	if u.Name != nil {
		name, err = vocab.NeededLine(100, *u.Name, "input", "name")
		found = append(found, err)
	}
	if u.Format != nil {
		found = append(found, s.readable(*u.Format))
	}
	if u.URL != nil {
		found = append(found, s.checkAddress(*u.URL))
	}
	if u.EveryMinutes != nil {
		found = append(found, checkMinutes(*u.EveryMinutes))
	}
	if u.Policy != nil {
		found = append(found, s.checkPolicy(ctx, db, institution, *u.Policy))
	}
	return name, problem.Join(found...)
}

// PauseSource stops the pulling of a source.
func (s *Service) PauseSource(ctx context.Context, id ident.ID) (*ent.ImportSource, error) {
	return s.moveSource(ctx, id, importsource.StatePAUSED, toPauseSource)
}

// ResumeSource goes on with it, at once.
func (s *Service) ResumeSource(ctx context.Context, id ident.ID) (*ent.ImportSource, error) {
	return s.moveSource(ctx, id, importsource.StateACTIVE, toResumeSource)
}

func (s *Service) moveSource(ctx context.Context, id ident.ID, to importsource.State, verb *ledger.Verb) (*ent.ImportSource, error) {
	source, err := s.mine(ctx, s.DB, id, verb)
	if err != nil {
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.ImportSource, error) {
		u := tx.ImportSource.Update()
		if to == importsource.StateACTIVE {
			u.SetDueAt(vocab.Now(s.Now))
		}
		done := storage.Move(ctx, sourceStates, id, source.State, to, u)
		return ledger.Noted(ctx, tx, done, verb, ofSource(source), tx.ImportSource.Get)
	})
}

// PullSource has a source pulled at the next moment that a server has for it,
// whatever its schedule and its failures say.
func (s *Service) PullSource(ctx context.Context, id ident.ID) (*ent.ImportSource, error) {
	source, err := s.mine(ctx, s.DB, id, toPullSource)
	if err != nil {
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.ImportSource, error) {
		due := tx.ImportSource.Update().Where(importsource.ID(id), importsource.StateEQ(importsource.StateACTIVE)).SetDueAt(vocab.Now(s.Now))
		return ledger.Noted(ctx, tx, storage.IfUnchanged(ctx, due, paused(id)), toPullSource, ofSource(source), tx.ImportSource.Get)
	})
}

// mine loads a source that the viewer may administer.
func (s *Service) mine(ctx context.Context, db *ent.Client, id ident.ID, verb *ledger.Verb) (*ent.ImportSource, error) {
	source, err := db.ImportSource.Get(ctx, id)
	if err != nil {
		return nil, storage.Found(err, "source", "input", "sourceId")
	}
	return source, verb.Require(ctx, source.InstitutionID)
}

func paused(id ident.ID) *problem.Error {
	return problem.New(problem.Conflict, "the source %s is paused; resume it first", id).With(problem.Transition{From: string(importsource.StatePAUSED)})
}

func sameName(name string) *problem.Error {
	return problem.New(problem.Conflict, "the institution has a source with the name %q already", name).At("input", "name")
}

// checkPolicy returns a CONFLICT problem for a source that would publish what
// has to be reviewed.
func (s *Service) checkPolicy(ctx context.Context, db *ent.Client, institution ident.ID, p importsource.Policy) error {
	if !slices.Contains([]importsource.Policy{importsource.PolicyDRAFT, importsource.PolicyPUBLISH}, p) {
		return problem.New(problem.Invalid, "%q is none of the allowed values", vocab.Clean(40, string(p))).At("input", "policy")
	}
	_, err := catalogue.Importing(ctx, db, s.Now(), importing(institution, importrun.Mode(p), nil))
	return storage.Found(err, "institution", "input", "institutionId")
}

func checkMinutes(n int) error {
	return problem.If(n < minMinutes || n > maxMinutes,
		problem.New(problem.Invalid, "a source is pulled every %d to %d minutes, not every %d", minMinutes, maxMinutes, n).At("input", "everyMinutes"))
}

// checkAddress wants https, because a catalogue that anybody on the way could
// change is none, and a host that may be public: no other is ever asked. The
// problem does not repeat the address, which may hold a secret.
func (s *Service) checkAddress(address string) error {
	if vocab.CheckURL(address) != nil || !strings.HasPrefix(address, "https://") || len(address) > 1000 {
		return problem.New(problem.Invalid, "the address of a source begins with https:// and has at most %d characters", 1000).At("input", "url")
	}
	return fetch.CheckEntered(address, s.AllowTo, "input", "url")
}
