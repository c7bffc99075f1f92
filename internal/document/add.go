package document

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"slices"
	"strings"
	"unicode"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/document"
	"github.com/peregrine-exchange/peregrine/ent/draft"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Upload says what a document is and where it belongs.
type Upload struct {
	To       ident.ID // a draft, or an application that has not ended
	Name     string   // of the file, as the learner calls it
	Question string   // key of the question of the offering that it answers; empty: of none
}

// Add stores a document of the signed-in learner. It returns a NOT_FOUND problem
// for what is not theirs, a CONFLICT problem for an application that has ended and for one document too many, an
// INVALID problem for a name, a question or a content that is not allowed, and a
// LIMITED problem, with the detail "limit", for one that is too large. Of what it refuses nothing is left.
//
// A document that is still arriving counts, so that nobody fills the disk with
// what never ends. Price: what a killed server was receiving counts for an hour.
func (s *Service) Add(ctx context.Context, u Upload, body io.Reader) (*ent.Document, error) {
	v, err := authz.SignedInPerson(ctx)
	if err != nil {
		return nil, err
	}
	name, err := nameOf(u.Name)
	if err != nil {
		return nil, err
	}
	system := viewer.AsSystem(ctx) // nobody sees what is arriving, nor does the learner
	d, err := storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Document, error) {
		to, err := hold(ctx, tx, v.PersonID, u.To)
		if err != nil {
			return nil, err
		}
		if err := cmp.Or(to.asks(ctx, tx, u.Question), storage.IfFull(system, tx.Document.Query().Where(to.documents()), MaxEach, errFull)); err != nil {
			return nil, err
		}
		arriving := tx.Document.Create().SetLearnerID(v.PersonID).SetState(document.StateRECEIVING).SetName(name).SetQuestion(u.Question)
		return to.in(arriving).Save(system)
	})
	if err != nil {
		return nil, err
	}
	stored, err := s.receive(ctx, v.PersonID, u.To, d.ID, body)
	if err != nil {
		s.discard(ctx, d.ID)
	}
	return stored, err
}

var errFull = problem.New(problem.Conflict, "there are %d documents already; an application has no more", MaxEach)

// receive takes the bytes of a document and, when they are in order, shows it.
func (s *Service) receive(ctx context.Context, learner, to, id ident.ID, body io.Reader) (*ent.Document, error) {
	held, err := inspect(body)
	if err != nil {
		return nil, err
	}
	digest := sha256.New()
	size, err := s.Store.Put(ctx, id, io.TeeReader(held, digest), MaxBytes)
	if err := cmp.Or(err, held.whole()); err != nil {
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Document, error) {
		owner, err := hold(ctx, tx, learner, to)
		if err != nil {
			return nil, err
		}
		system := viewer.AsSystem(ctx)
		done := storage.Move(system, states, id, document.StateRECEIVING, document.StateSTORED,
			tx.Document.Update().SetMediaType(held.mediaType).SetBytes(int(size)).SetDigest(hex.EncodeToString(digest.Sum(nil))))
		return ledger.NotedAs(ctx, tx, done, toAdd, owner.thing, tx.Document.Get, id)
	})
}

// discard removes what did not become a document. What it fails at, Clear does.
func (s *Service) discard(ctx context.Context, id ident.ID) {
	ctx = context.WithoutCancel(viewer.AsSystem(ctx)) // the sender may have gone
	_, err := s.DB.Document.Delete().Where(document.ID(id), document.StateEQ(document.StateRECEIVING)).Exec(ctx)
	if err := cmp.Or(err, s.Store.Delete(ctx, id)); err != nil {
		slog.ErrorContext(ctx, "a document that did not arrive was not removed", "document", id, "err", err)
	}
}

// nameOf tidies the name of a file: what browsers of old put before it goes, as
// far as the last slash of either kind.
func nameOf(s string) (string, error) {
	name, err := vocab.NeededLine(maxName, s[strings.LastIndexAny(s, `/\`)+1:], "file")
	if err != nil {
		return "", err
	}
	hidden := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) } // a line has no breaks
	if i := strings.IndexFunc(name, hidden); i >= 0 {
		return "", problem.New(problem.Invalid, "the text contains the invisible character U+%04X", []rune(name[i:])[0]).At("file")
	}
	return name, problem.If(strings.Trim(name, ".") == "", problem.New(problem.Invalid, "the file needs a name").At("file"))
}

// owner is what a document belongs to, held until the transaction is over.
type owner struct {
	draft, application *ident.ID
	offering           ident.ID
	home, host         ident.ID // empty for a draft: it is nobody else's business
}

// hold holds a draft of the learner, or an application of theirs that has not ended.
func hold(ctx context.Context, tx *ent.Tx, learner, id ident.ID) (*owner, error) {
	if id.Kind() == ident.Draft {
		if err := storage.Hold(ctx, tx.Draft.Update().Where(draft.ID(id), draft.LearnerID(learner))); err != nil {
			return nil, err
		}
		d, err := tx.Draft.Query().Where(draft.ID(id), draft.LearnerID(learner)).Only(ctx)
		if err != nil {
			return nil, storage.Found(err, "draft")
		}
		return &owner{draft: &d.ID, offering: d.OfferingID}, nil
	}
	if err := storage.Hold(ctx, tx.Application.Update().Where(application.ID(id), application.LearnerID(learner))); err != nil {
		return nil, err
	}
	a, err := tx.Application.Query().Where(application.ID(id), application.LearnerID(learner)).Only(ctx)
	if err != nil {
		return nil, storage.Found(err, "application")
	}
	seats, err := seatsOf(ctx, tx.Client(), a)
	if err != nil {
		return nil, err
	}
	return &owner{application: &a.ID, offering: a.OfferingID, home: a.HomeID, host: a.HostID},
		problem.If(authz.StageOf(a.State, seats[a.ID]) == authz.Ended, problem.New(problem.Conflict, "the application has ended; it takes no documents any more"))
}

// seatsOf returns the state of the seat of each application that has one.
func seatsOf(ctx context.Context, db *ent.Client, apps ...*ent.Application) (map[ident.ID]*enrolment.State, error) {
	seats := map[ident.ID]*enrolment.State{}
	admitted := slices.DeleteFunc(slices.Clone(apps), func(a *ent.Application) bool { return a.State != application.StateADMITTED })
	if len(admitted) == 0 {
		return seats, nil
	}
	all, err := db.Enrolment.Query().Where(enrolment.ApplicationIDIn(vocab.Each(admitted, (*ent.Application).NodeID)...)).All(viewer.AsSystem(ctx))
	for _, e := range all {
		seats[e.ApplicationID] = &e.State
	}
	return seats, err
}

// asks returns an INVALID problem unless the offering asks for a file by the
// question, or there is no question.
func (o *owner) asks(ctx context.Context, tx *ent.Tx, question string) error {
	if question == "" {
		return nil
	}
	off, err := tx.Offering.Get(viewer.AsSystem(ctx), o.offering) // perhaps one that is no longer published
	if err != nil {
		return err
	}
	known := slices.ContainsFunc(off.Questions, func(q vocab.Question) bool { return q.Key == question && q.Kind == vocab.AskFile })
	return problem.If(!known, problem.New(problem.Invalid, "the offering has no such question for a file").At("question"))
}

// documents are those of the owner.
func (o *owner) documents() predicate.Document {
	if o.draft != nil {
		return document.DraftID(*o.draft)
	}
	return document.ApplicationID(*o.application)
}

func (o *owner) in(create *ent.DocumentCreate) *ent.DocumentCreate {
	if o.draft != nil {
		return create.SetDraftID(*o.draft)
	}
	return create.SetApplicationID(*o.application)
}

// thing is a document of the owner for the record.
func (o *owner) thing(d *ent.Document) ledger.Thing {
	return ledger.Thing{ID: d.ID, Home: o.home, Host: o.host, Person: d.LearnerID}
}

// Removal takes a document out of a draft.
type Removal struct {
	DocumentID     ident.ID
	IdempotencyKey *string
}

// Remove removes a document from a draft of the signed-in learner. It returns a
// CONFLICT problem for one of an application: who decides may have read it, and
// what was decided on stays.
func (s *Service) Remove(ctx context.Context, in Removal) (*ent.Document, error) {
	gone := func(_ context.Context, id ident.ID) (*ent.Document, error) { return &ent.Document{ID: id}, nil }
	removed, err := idempotency.Write(ctx, s.DB, idempotency.Of(toRemove, in.IdempotencyKey, in), gone, func(tx *ent.Tx) (*ent.Document, error) {
		d, err := storage.Held(ctx, tx.Document, in.DocumentID)
		if err != nil {
			return nil, storage.Found(err, "document", "input", "documentId")
		}
		if err := cmp.Or(authz.RequireSelf(ctx, d.LearnerID), removable(d)); err != nil {
			return nil, err
		}
		if err := tx.Document.DeleteOneID(d.ID).Exec(ctx); err != nil {
			return nil, err
		}
		return d, ledger.Note(ctx, tx, toRemove, (&owner{}).thing(d))
	})
	if err != nil {
		return nil, err
	}
	return removed, s.Store.Delete(context.WithoutCancel(ctx), removed.ID)
}

func removable(d *ent.Document) error {
	return problem.If(d.DraftID == nil, problem.New(problem.Conflict, "the document belongs to an application; only those of a draft are removed").
		At("input", "documentId"))
}
