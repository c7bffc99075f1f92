package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/telemetry"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Thing is what a change is about. It holds identifiers and words of the code,
// never a text that a person wrote.
type Thing struct {
	ID                 ident.ID
	Home, Host, Person ident.ID          // whom it concerns; what belongs to one institution has it as its host
	At                 []ident.ID        // whose staff may read the entry beside home and host, and hear of nothing
	Public             bool              // whether everybody sees it: of a verb that tells onlookers
	Payload            vocab.Payload     // what the event says of it; the entry says it too
	Details            map[string]string // what only the entry says
}

// With returns a copy whose entry also says the detail.
func (t Thing) With(detail, value string) Thing {
	details := map[string]string{detail: value}
	maps.Copy(details, t.Details)
	t.Details = details
	return t
}

// Change is a verb and what it was done to.
type Change struct {
	*Verb
	Thing
}

// Note writes the entry and the event of a change, on behalf of the viewer of
// ctx.
func Note(ctx context.Context, tx *ent.Tx, v *Verb, t Thing) error {
	return NoteAll(ctx, tx, Change{v, t})
}

// Made stores a new row and notes it as the thing that of makes of it. Where there
// is such a row already it returns taken, unless that is nil.
func Made[T any](
	ctx context.Context, tx *ent.Tx, v *Verb, of func(T) Thing, taken error, create interface {
		Save(context.Context) (T, error)
	},
) (made T, err error) {
	made, err = create.Save(ctx)
	if err := storage.IfTaken(err, taken); err != nil {
		var none T
		return none, err
	}
	return made, Note(ctx, tx, v, of(made))
}

// Noted notes a change and returns the row of the thing as it is now. Done is what
// came of the change itself; where that failed nothing is noted.
func Noted[T any](ctx context.Context, tx *ent.Tx, done error, v *Verb, t Thing, get func(context.Context, ident.ID) (T, error)) (T, error) {
	return NotedAs(ctx, tx, done, v, func(T) Thing { return t }, get, t.ID)
}

// NotedAs is Noted where the thing is what of makes of the row as it is now.
func NotedAs[T any](
	ctx context.Context, tx *ent.Tx, done error, v *Verb, of func(T) Thing, get func(context.Context, ident.ID) (T, error), id ident.ID,
) (now T, err error) {
	if done != nil {
		return now, done
	}
	if now, err = get(ctx, id); err != nil {
		return now, err
	}
	return now, Note(ctx, tx, v, of(now))
}

// NoteAll is Note for many changes: each kind of row takes a statement for
// every few hundred.
func NoteAll(ctx context.Context, tx *ent.Tx, all ...Change) error {
	entries := make([]*ent.AuditEntryCreate, len(all))
	for i, c := range all {
		var err error
		if entries[i], err = c.entry(ctx, tx); err != nil {
			return err
		}
	}
	if p, waits := ctx.Value(pendingKey{}).(*pending); waits {
		p.entries = append(p.entries, entries...)
	} else if err := writeEntries(ctx, tx, entries); err != nil {
		return err
	}
	return TellAll(ctx, tx, all...)
}

// TellAll writes the events of changes that an entry stands for already.
func TellAll(ctx context.Context, tx *ent.Tx, all ...Change) error {
	var events []*ent.OutboxEventCreate
	for _, c := range all {
		create, err := c.event(ctx, tx)
		if err != nil {
			return err
		}
		if create != nil {
			events = append(events, create)
		}
	}
	if p, waits := ctx.Value(pendingKey{}).(*pending); waits {
		p.events = append(p.events, events...)
		return nil
	}
	return writeEvents(ctx, tx, events)
}

func writeEntries(ctx context.Context, tx *ent.Tx, entries []*ent.AuditEntryCreate) error {
	for some := range slices.Chunk(entries, atOnce) {
		if err := tx.AuditEntry.CreateBulk(some...).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func writeEvents(ctx context.Context, tx *ent.Tx, events []*ent.OutboxEventCreate) error {
	for some := range slices.Chunk(events, atOnce) {
		if err := tx.OutboxEvent.CreateBulk(some...).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// atOnce is how many rows one statement writes.
const atOnce = 200

func (c Change) entry(ctx context.Context, tx *ent.Tx) (*ent.AuditEntryCreate, error) {
	v := viewer.From(ctx)
	if v == nil {
		return nil, errors.New("ledger: the context has no viewer")
	}
	details := c.Payload.Details()
	maps.Copy(details, c.Details)
	create := tx.AuditEntry.Create().
		SetActorKind(auditentry.ActorKind(v.Kind)).
		SetVerb(c.name).SetObjectID(c.ID).SetRequestID(telemetry.RequestID(ctx)).
		SetInstitutions(c.concerned()).SetDetails(details)
	if who := v.Actor(); who != "" {
		create.SetActorID(who)
	}
	if v.SessionID != "" {
		create.SetSessionID(v.SessionID)
	}
	return create.SetNillablePersonID(vocab.Given(c.about())), nil
}

// about is the person who reads the entry as one that concerns them. What only
// the host hears of, such as a result that nobody has confirmed, is not theirs yet.
func (c Change) about() ident.ID {
	switch {
	case c.tells == Host:
		return ""
	case c.Person == "" && c.ID.Kind() == ident.Person:
		return c.ID
	}
	return c.Person
}

// concerned are the institutions whose staff may read the entry, each once.
func (c Change) concerned() []ident.ID {
	all := []ident.ID{}
	for _, id := range append([]ident.ID{c.Home, c.Host}, c.At...) {
		if id != "" && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// event returns nil for a verb that tells nobody. Whom it names beside the
// audience stays as it is: a public event is of its parties too.
func (c Change) event(ctx context.Context, tx *ent.Tx) (*ent.OutboxEventCreate, error) {
	for member := range c.Payload.Details() {
		if !slices.Contains(c.says, member) {
			return nil, fmt.Errorf("ledger: %s does not declare that it says %q", c.name, member)
		}
	}
	switch c.tells {
	case Nobody:
		return nil, nil
	case Host:
		c.Home, c.Person = "", ""
	case Everybody:
		c.Public = true
	case Parties:
		c.Public = false
	case Onlookers:
	default:
		return nil, fmt.Errorf("ledger: %s does not declare whom it tells", c.name)
	}
	create := tx.OutboxEvent.Create().SetType(c.name).SetVersion(c.version).SetObjectID(c.ID).SetPayload(c.Payload).
		SetAudience(outboxevent.AudiencePARTIES).
		SetNillableHomeID(vocab.Given(c.Home)).SetNillableHostID(vocab.Given(c.Host)).SetNillablePersonID(vocab.Given(c.Person))
	if c.Public {
		create.SetAudience(outboxevent.AudiencePUBLIC)
	}
	collect(ctx, c)
	return create, nil
}
