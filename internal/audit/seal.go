// Package audit seals the entries that package ledger writes, and shows whether
// they are still what was sealed.
//
// Threat: who can write to the database changes, deletes, inserts or swaps
// entries, or cuts off the end, and so rewrites who did what. So each entry gets
// a number and a hash of its content and of the hash before it, and how far the
// chain has come is signed every hour with a key of its own, and published:
// whoever keeps such a checkpoint can prove later that anything before it is
// different. What was written since the newest checkpoint that somebody keeps is
// as safe as the database.
//
// Price: writers know nothing of the chain, so they share no row and wait for
// nobody; an entry is sealed, and seen, seconds after its change. A transaction
// that commits late gets a later number than its neighbours: the order is that
// of the sealing, and has no gaps (as in package outbox).
package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	row "github.com/peregrine-exchange/peregrine/ent/serverkey"
	"github.com/peregrine-exchange/peregrine/internal/authn/serverkey"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Chain is the sealed audit.
type Chain struct {
	DB      *ent.Client
	Now     func() time.Time
	BaseURL string         // of this server, which checkpoints name
	Keys    serverkey.Keys // that sign checkpoints
}

// New returns the chain of a database. k may be none for who only verifies.
func New(db *ent.Client, now func() time.Time, k keyring.KEK, base string) *Chain {
	return &Chain{DB: db, Now: now, BaseURL: base, Keys: serverkey.Keys{DB: db, Now: now, KEK: k, Purpose: row.PurposeAUDIT, Overlap: forever}}
}

// forever is how long a key verifies what it has signed.
const forever = 100 * 365 * 24 * time.Hour

// sealing is how many entries are sealed in one transaction.
const sealing = 200

// begin is the hash before the first entry.
var begin = strings.Repeat("0", hex.EncodedLen(sha256.Size))

// Seal seals all entries that are not, in the order of their making, and returns
// how many. A job calls it. Any server may do it at any time: of two that try at
// once the database lets one win, and the other leaves it be.
func (c *Chain) Seal(ctx context.Context) (sealed int, err error) {
	ctx = viewer.AsSystem(ctx)
	for {
		n, err := c.sealSome(ctx)
		if storage.IsDuplicate(err) || errors.Is(err, errOutrun) {
			return sealed, nil
		}
		if err != nil {
			return sealed, err
		}
		sealed += n
		if n < sealing {
			return sealed, nil
		}
	}
}

// errOutrun says that another server has just sealed some of the entries.
var errOutrun = errors.New("audit: another server seals")

func (c *Chain) sealSome(ctx context.Context) (n int, err error) {
	some, err := c.DB.AuditEntry.Query().Where(auditentry.SequenceIsNil()).Exist(ctx)
	if err != nil || !some {
		return 0, err
	}
	err = storage.Do(ctx, c.DB, func(tx *ent.Tx) error {
		n = 0 // also when it is tried again
		head, hash, err := last(ctx, tx.Client())
		if err != nil {
			return err
		}
		waiting, err := tx.AuditEntry.Query().Where(auditentry.SequenceIsNil()).Order(auditentry.ByID()).Limit(sealing).All(ctx)
		if err != nil || len(waiting) == 0 {
			return err
		}
		ids, numbers, hashes := make([]ident.ID, len(waiting)), make([]any, len(waiting)), make([]any, len(waiting))
		var readers []*ent.AuditReaderCreate
		for i, e := range waiting {
			if hash, err = next(hash, head+int64(i)+1, e); err != nil {
				return err
			}
			ids[i], numbers[i], hashes[i] = e.ID, head+int64(i)+1, hash
			for _, reader := range readersOf(e) {
				readers = append(readers, tx.AuditReader.Create().SetEntryID(e.ID).SetReaderID(reader))
			}
		}
		n, err = tx.AuditEntry.Update().Where(auditentry.IDIn(ids...), auditentry.SequenceIsNil()).Modify(func(u *sql.UpdateBuilder) {
			u.Set(auditentry.FieldSequence, byID(ids, numbers)).Set(auditentry.FieldHash, byID(ids, hashes))
		}).Save(ctx)
		if err == nil && n != len(waiting) {
			return errOutrun // a part would leave a gap
		}
		for some := range slices.Chunk(readers, sealing) {
			if err == nil {
				err = tx.AuditReader.CreateBulk(some...).Exec(ctx)
			}
		}
		return err
	})
	return n, err
}

// byID gives each row its own value, in one statement.
func byID(ids []ident.ID, values []any) sql.Querier {
	return sql.ExprFunc(func(b *sql.Builder) {
		b.WriteString("CASE ").Ident(auditentry.FieldID)
		for i, id := range ids {
			b.WriteString(" WHEN ").Arg(string(id)).WriteString(" THEN ").Arg(values[i])
		}
		b.WriteString(" END")
	})
}

// readersOf lists who reads an entry, each once: who did it, whom it concerns,
// and the institutions and alliances whose administrators answer for it.
func readersOf(e *ent.AuditEntry) []ident.ID {
	all := slices.Clone(e.Institutions)
	for _, id := range []ident.ID{vocab.OrZero(e.ActorID), vocab.OrZero(e.PersonID)} {
		if id.Kind() == ident.Person {
			all = append(all, id)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// last returns the number and the hash at the end of the chain.
func last(ctx context.Context, db *ent.Client) (int64, string, error) {
	e, err := db.AuditEntry.Query().Where(auditentry.SequenceNotNil()).Order(auditentry.BySequence(sql.OrderDesc())).First(ctx)
	if ent.IsNotFound(err) {
		return 0, begin, nil
	}
	if err != nil {
		return 0, "", err
	}
	return *e.Sequence, vocab.OrZero(e.Hash), nil
}

// content is what the hash of an entry covers, in a fixed order.
type content struct {
	Previous     string            `json:"previous"`
	Sequence     int64             `json:"sequence"`
	ID           ident.ID          `json:"id"`
	At           string            `json:"at"`
	ActorKind    string            `json:"actorKind"`
	Actor        ident.ID          `json:"actor"`
	Session      ident.ID          `json:"session"`
	Verb         string            `json:"verb"`
	Object       ident.ID          `json:"object"`
	Person       ident.ID          `json:"person"`
	Institutions []ident.ID        `json:"institutions"`
	Details      map[string]string `json:"details"` // encoding/json sorts the keys
	RequestID    string            `json:"requestId"`
}

// next returns the hash of an entry that follows another: SHA-256 of its content
// as JSON, in hexadecimal digits.
func next(previous string, sequence int64, e *ent.AuditEntry) (string, error) {
	b, err := json.Marshal(content{previous, sequence, e.ID, e.CreatedAt.UTC().Format(time.RFC3339Nano), string(e.ActorKind),
		vocab.OrZero(e.ActorID), vocab.OrZero(e.SessionID), e.Verb, e.ObjectID, vocab.OrZero(e.PersonID), e.Institutions, e.Details, e.RequestID})
	if err != nil {
		return "", fmt.Errorf("audit: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// MaxLag is after how long an entry that nobody has sealed is worth a warning: a
// chain that stands still hides what is rewritten meanwhile.
const MaxLag = time.Minute

// Lag returns since when the oldest entry waits for its seal; 0 when none does.
func (c *Chain) Lag(ctx context.Context) (time.Duration, error) {
	oldest, err := c.DB.AuditEntry.Query().Where(auditentry.SequenceIsNil()).Order(auditentry.ByID()).First(viewer.AsSystem(ctx))
	if ent.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return max(0, c.Now().Sub(oldest.CreatedAt)), nil
}

// Watch warns while entries wait for too long. A job calls it, beside the one
// that seals: that may be what stands still. As a job it has never more to do.
func (c *Chain) Watch(ctx context.Context) (int, error) {
	lag, err := c.Lag(ctx)
	if err == nil && lag > MaxLag {
		slog.WarnContext(ctx, "the seal of the audit is behind", "lag", lag.Round(time.Second))
	}
	return 0, err
}
