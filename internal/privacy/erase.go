package privacy

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/erasure"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/person"
	"github.com/peregrine-exchange/peregrine/ent/portalcode"
	"github.com/peregrine-exchange/peregrine/ent/profile"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/work"
)

// erasures are the states of an erasure; see the comment of the package.
var erasures = lifecycle.New("erasure", lifecycle.Next[erasure.State]{
	erasure.StateWAITING:   {erasure.StateRUNNING, erasure.StateCANCELLED},
	erasure.StateRUNNING:   {erasure.StateDONE, erasure.StateREFUSED},
	erasure.StateDONE:      {},
	erasure.StateCANCELLED: {},
	erasure.StateREFUSED:   {},
})

// erases is the work of an erasure, whose key is its identifier.
var erases = work.Kind[ident.ID]{Name: "person.erase"}

// Handlers do the work of this package.
func (s *Service) Handlers() []work.Handler { return []work.Handler{erases.By(s.erase)} }

// ErasureWish is the wish of the signed-in person to be forgotten.
type ErasureWish struct{ IdempotencyKey *string }

// RequestErasure has the signed-in person erased after the time of waiting. They
// have proved a second factor. It returns a CONFLICT problem for who has asked
// already, and for the last administrator of a place.
func (s *Service) RequestErasure(ctx context.Context, w ErasureWish) (*ent.Erasure, error) {
	v, err := authz.SignedInPerson(ctx)
	if err != nil {
		return nil, err
	}
	if err := authz.RequireSecondFactor(ctx); err != nil {
		return nil, err
	}
	return idempotency.Write(ctx, s.DB, idempotency.Of(toAsk, w.IdempotencyKey, w), s.DB.Erasure.Get, func(tx *ent.Tx) (*ent.Erasure, error) {
		return s.wish(ctx, tx, v.PersonID, vocab.Now(s.Now).Add(s.Wait))
	})
}

// EraseOf is RequestErasure for an operator, without waiting.
func (s *Service) EraseOf(ctx context.Context, who ident.ID) (*ent.Erasure, error) {
	if err := authz.RequireSystem(ctx); err != nil {
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Erasure, error) {
		p, err := tx.Person.Get(ctx, who)
		if err != nil {
			return nil, storage.Found(err, "person")
		}
		if p.ErasedAt != nil {
			return nil, problem.New(problem.Conflict, "this person is erased already")
		}
		return s.wish(ctx, tx, who, vocab.Now(s.Now))
	})
}

func (s *Service) wish(ctx context.Context, tx *ent.Tx, who ident.ID, begins time.Time) (*ent.Erasure, error) {
	if err := s.replaceable(ctx, tx.Client(), who); err != nil {
		return nil, err
	}
	made, err := ledger.Made(ctx, tx, toAsk, ofErasure, problem.New(problem.Conflict, "an erasure is under way already"),
		tx.Erasure.Create().SetPersonID(who).SetState(erasure.StateWAITING).SetLiveKey(Digest(who)).SetDigest(Digest(who)).SetBeginsAt(begins).SetTotal(steps))
	if err != nil {
		return nil, err
	}
	return made, erases.Enqueue(ctx, tx, string(made.ID), made.ID, begins)
}

func ofErasure(e *ent.Erasure) ledger.Thing { return ledger.Thing{ID: e.ID, Person: e.PersonID} }

// CancelErasure takes back an erasure that has not begun.
func (s *Service) CancelErasure(ctx context.Context, id ident.ID) (*ent.Erasure, error) {
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Erasure, error) {
		e, err := storage.Held(ctx, tx.Erasure, id) // the guard shows one's own only
		if err != nil {
			return nil, storage.Found(err, "erasure", "input", "erasureId")
		}
		if err := authz.RequireSelf(ctx, e.PersonID); err != nil {
			return nil, err
		}
		done := storage.Move(ctx, erasures, e.ID, e.State, erasure.StateCANCELLED, tx.Erasure.Update().ClearLiveKey().SetEndedAt(vocab.Now(s.Now)))
		if done == nil {
			done = erases.Drop(ctx, tx, string(e.ID))
		}
		return ledger.NotedAs(ctx, tx, done, toCancel, ofErasure, tx.Erasure.Get, e.ID)
	})
}

// Actions says what the viewer may do with an erasure.
func Actions(ctx context.Context, e *ent.Erasure) []authz.Action {
	return []authz.Action{toCancel.Act(authz.RequireSelf(ctx, e.PersonID), erasures.Check(e.State, erasure.StateCANCELLED))}
}

// replaceable returns nil unless somebody is the last administrator of a place
// that would then be nobody's.
func (s *Service) replaceable(ctx context.Context, db *ent.Client, who ident.ID) error {
	held, err := s.held(ctx, db, who)
	if err != nil {
		return err
	}
	for _, g := range held {
		if err := role.Succeeded(viewer.AsSystem(ctx), db, g, s.Now()); err != nil {
			return err
		}
	}
	return nil
}

// held are the roles that somebody holds or will.
func (s *Service) held(ctx context.Context, db *ent.Client, who ident.ID) ([]*ent.RoleGrant, error) {
	return db.RoleGrant.Query().Where(rolegrant.PersonID(who), authz.HeldOrComing(s.Now())).Order(rolegrant.ByID()).All(viewer.AsSystem(ctx))
}

// steps of an erasure: to leave, to be nobody, and each line of the inventory.
var steps = 2 + len(Links)

// erase carries out an erasure, or goes on with it.
func (s *Service) erase(ctx context.Context, _ *work.Lease, id ident.ID) error {
	system := viewer.AsSystem(ctx)
	e, err := s.DB.Erasure.Get(system, id)
	if err != nil {
		return err
	}
	switch e.State {
	case erasure.StateWAITING:
		if err := storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
			return storage.Move(system, erasures, id, e.State, erasure.StateRUNNING, tx.Erasure.Update())
		}); err != nil {
			return err
		}
	case erasure.StateRUNNING:
	default:
		return nil // taken back, or done by another server
	}
	if e.Done < 1 {
		if err := s.leave(ctx, e.PersonID); err != nil {
			return s.refuse(system, id, err)
		}
		if err := s.progress(system, id, 1); err != nil {
			return err
		}
	}
	if err := s.forget(system, e.PersonID); err != nil {
		return err
	}
	for i, l := range Links {
		if err := l.wipe(ctx, s.SQL, e.PersonID); err != nil {
			return err
		}
		if err := s.progress(system, id, 3+i); err != nil {
			return err
		}
	}
	err = storage.Do(system, s.DB, func(tx *ent.Tx) error {
		return storage.Move(system, erasures, id, erasure.StateRUNNING, erasure.StateDONE, tx.Erasure.Update().ClearLiveKey().SetEndedAt(vocab.Now(s.Now)))
	})
	if err == nil { // a backup older than this line is erased again from the log, too
		slog.InfoContext(system, "person erased", "digest", e.Digest)
	}
	return err
}

func (s *Service) progress(system context.Context, id ident.ID, done int) error {
	return s.DB.Erasure.UpdateOneID(id).SetDone(min(done, steps)).Exec(system)
}

// refuse ends an erasure that cannot be: what keeps it is said in words of the
// code. Anything else is a fault, and tried again.
func (s *Service) refuse(system context.Context, id ident.ID, why error) error {
	all := problem.All(why)
	if all == nil {
		return why
	}
	return storage.Do(system, s.DB, func(tx *ent.Tx) error {
		done := storage.Move(system, erasures, id, erasure.StateRUNNING, erasure.StateREFUSED,
			tx.Erasure.Update().ClearLiveKey().SetReason(vocab.Clean(maxWhy, all[0].Error())).SetEndedAt(vocab.Now(s.Now)))
		_, err := ledger.NotedAs(system, tx, done, toRefuse, ofErasure, tx.Erasure.Get, id)
		return err
	})
}

const maxWhy = 500

// leave ends what somebody takes part in, as they would by hand: roles, open
// applications, seats in courses that are not completed, and recognition cases
// without a decision.
func (s *Service) leave(ctx context.Context, who ident.ID) error {
	system := viewer.AsSystem(ctx)
	asThem := viewer.With(ctx, &viewer.Viewer{Kind: viewer.Person, PersonID: who})
	held, err := s.held(ctx, s.DB, who)
	if err != nil {
		return err
	}
	for _, g := range held {
		if _, err := s.Roles.End(asThem, role.End{RoleGrantID: g.ID, Reason: "The person has left Peregrine."}); err != nil {
			return err
		}
	}
	seated := enrolment.And(enrolment.LearnerID(who), enrolment.StateIn(enrolment.StateENROLLED, enrolment.StateSTARTED))
	seats, err := s.DB.Enrolment.Query().Where(seated).All(system)
	if err != nil {
		return err
	}
	open := application.And(application.StateIn(journey.Alive...), application.StateNEQ(application.StateADMITTED)) // who has completed a course stays admitted to it
	left, err := s.DB.Application.Query().Where(application.LearnerID(who),
		application.Or(open, application.IDIn(vocab.Each(seats, func(e *ent.Enrolment) ident.ID { return e.ApplicationID })...))).Order(application.ByID()).IDs(system)
	if err != nil {
		return err
	}
	for _, id := range left {
		if _, err := s.Journeys.Withdraw(asThem, journey.Renunciation{ApplicationID: id, ReasonCode: new(vocab.ReasonAccount)}); err != nil {
			return err
		}
	}
	cases, err := s.DB.RecognitionCase.Query().Where(recognitioncase.LearnerID(who), recognitioncase.StateEQ(recognitioncase.StateOPEN)).All(system)
	if err != nil {
		return err
	}
	return storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		for _, c := range cases {
			if err := s.Recognitions.EndOpenTx(system, tx, c.CredentialID, vocab.Now(s.Now)); err != nil {
				return err
			}
		}
		return nil
	})
}

// forget makes somebody nobody, at once: their sessions end with it.
func (s *Service) forget(system context.Context, who ident.ID) error {
	return storage.Do(system, s.DB, func(tx *ent.Tx) error {
		n, err := tx.Person.Update().Where(person.ID(who), person.ErasedAtIsNil()).SetErasedAt(vocab.Now(s.Now)).Save(system)
		if err != nil || n == 0 { // done before
			return err
		}
		for _, remove := range []interface {
			Exec(context.Context) (int, error)
		}{
			tx.PortalCode.Delete().Where(portalcode.HasSessionWith(session.PersonID(who))),
			tx.Session.Delete().Where(session.PersonID(who), session.ParentIDNotNil()),
			tx.Session.Delete().Where(session.PersonID(who)),
			tx.Affiliation.Delete().Where(affiliation.PersonID(who)),
			tx.Identity.Delete().Where(identity.PersonID(who)),
			tx.Profile.Delete().Where(profile.PersonID(who)),
		} {
			if _, err := remove.Exec(system); err != nil {
				return err
			}
		}
		return ledger.Note(system, tx, toErase, ledger.Thing{ID: who, Person: who})
	})
}

// Kept is a class of data that stays after an erasure.
type Kept struct {
	Basis *Basis
	Data  []string // tables
	Count int
	Until *time.Time // nil: no end is set
}

// Preview says what an erasure of the signed-in person would leave, and why.
func (s *Service) Preview(ctx context.Context) ([]*Kept, error) {
	v, err := authz.SignedInPerson(ctx)
	if err != nil {
		return nil, err
	}
	var all []*Kept
	by := map[*Basis]*Kept{}
	for _, l := range Links {
		if l.Keep == nil {
			continue
		}
		n, last, err := l.kept(ctx, s.SQL, v.PersonID)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			continue
		}
		k := by[l.Keep]
		if k == nil {
			k = &Kept{Basis: l.Keep}
			by[l.Keep], all = k, append(all, k)
		}
		k.Count += n
		if len(k.Data) == 0 || k.Data[len(k.Data)-1] != l.Table {
			k.Data = append(k.Data, l.Table)
		}
		if years := l.Keep.Years; years > 0 {
			if until := last.AddDate(years, 0, 0); k.Until == nil || until.After(*k.Until) {
				k.Until = &until
			}
		}
	}
	return all, nil
}

// Digest is the name of a person in the journal: SHA-256 of the identifier.
func Digest(who ident.ID) string { return storage.Digest(string(who)) }

// Journal calls fn with the digest of each person who is erased, oldest first.
func (s *Service) Journal(ctx context.Context, fn func(digest string, at time.Time) error) error {
	all, err := s.DB.Erasure.Query().Where(erasure.StateEQ(erasure.StateDONE)).Order(erasure.ByID()).All(viewer.AsSystem(ctx))
	if err != nil {
		return err
	}
	for _, e := range all {
		if err := fn(e.Digest, vocab.OrZero(e.EndedAt)); err != nil {
			return err
		}
	}
	return nil
}

// Replay has those erased whose digests a journal names and who are not: they
// have come back with a backup. It returns how many these are.
func (s *Service) Replay(ctx context.Context, digests map[string]bool) (int, error) {
	ctx = viewer.AsSystem(ctx)
	n := 0
	for last := ident.ID(""); ; {
		page, err := s.DB.Person.Query().Where(person.IDGT(last), person.ErasedAtIsNil()).Order(person.ByID()).Limit(1000).IDs(ctx)
		if err != nil || len(page) == 0 {
			return n, err
		}
		for _, id := range page {
			last = id
			if !digests[Digest(id)] {
				continue
			}
			switch _, err := s.EraseOf(ctx, id); {
			case errors.Is(err, problem.Is(problem.Conflict)): // under way already
			case err != nil:
				return n, err
			default:
				n++
			}
		}
	}
}
