package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// AuditEntry is one change: who did what to which thing, and when. It holds no
// personal text and names people by id only, so it has no foreign keys, and it
// stays as it is when a person is erased. Only its place in the chain comes later.
type AuditEntry struct{ ent.Schema }

func (AuditEntry) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.AuditEntry}} }

func (AuditEntry) Fields() []ent.Field {
	return []ent.Field{
		state("actor_kind", "PERSON", "SYSTEM", "ANONYMOUS", "PROGRAM"),
		mayRef("actor"), mayRef("session"),
		field.String("verb").MaxRuneLen(64).Immutable(),
		ref("object"), mayRef("person"),
		field.JSON("institutions", []ident.ID{}).Comment("whose staff may read the entry"),
		field.JSON("details", map[string]string{}).Immutable().Comment("such as from and to"),
		field.String("request_id").MaxRuneLen(64).Immutable(),
		field.Int64("sequence").Optional().Nillable().Comment("place in the sealed chain, once sealed"),
		field.String("hash").MaxRuneLen(64).Optional().Nillable().SchemaType(char(64)).Annotations(ascii).
			Comment("SHA-256 of the hash before it and of the entry's content, once sealed"),
	}
}

func (AuditEntry) Indexes() []ent.Index {
	return []ent.Index{index.Fields("object_id", "id"), index.Fields("sequence").Unique()}
}

// AuditReader is somebody who may read a sealed entry: the person who acted or
// whom it concerns, or an institution or alliance, for its staff. It follows from
// the entry, and is there so that a page of entries is found without a walk.
type AuditReader struct{ ent.Schema }

func (AuditReader) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.AuditReader}} }

func (AuditReader) Fields() []ent.Field { return []ent.Field{ref("entry"), ref("reader")} }

func (AuditReader) Edges() []ent.Edge { return []ent.Edge{to("entry", AuditEntry.Type)} }

func (AuditReader) Indexes() []ent.Index {
	return []ent.Index{index.Fields("entry_id", "reader_id").Unique(), index.Fields("reader_id", "entry_id")}
}

// AuditCheckpoint is a signed statement of how far the chain reached.
type AuditCheckpoint struct{ ent.Schema }

func (AuditCheckpoint) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.AuditCheckpoint}} }

func (AuditCheckpoint) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("sequence").Unique().Immutable().Comment("of the last entry that it covers"),
		field.Text("jwt").Immutable(),
	}
}

// OutboxEvent is a fact that others want to hear, stored with the change that
// caused it. It carries ids, no personal data. Once it has its number it stands
// in the log that every follower reads in the same order.
type OutboxEvent struct{ ent.Schema }

func (OutboxEvent) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.OutboxEvent}} }

func (OutboxEvent) Fields() []ent.Field {
	return []ent.Field{
		field.String("type").MaxRuneLen(64).Immutable(),
		ref("object"),
		field.Int("version").Immutable().Comment("of the payload of this type"),
		field.JSON("payload", vocab.Payload{}).Immutable(),
		state("audience", "PUBLIC", "PARTIES"),
		mayRef("home"), mayRef("host"), mayRef("person"),
		field.Int64("sequence").Optional().Nillable().Comment("place in the log, without gaps; given after the commit"),
	}
}

func (OutboxEvent) Indexes() []ent.Index { return []ent.Index{index.Fields("sequence").Unique()} }

// IdempotencyKey remembers a mutation, so that a repeat has no second effect.
type IdempotencyKey struct{ ent.Schema }

func (IdempotencyKey) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.IdempotencyKey}} }

func (IdempotencyKey) Fields() []ent.Field {
	return []ent.Field{
		field.String("digest").MaxRuneLen(64).Unique().Immutable().SchemaType(char(64)).Annotations(ascii).
			Comment("SHA-256 of the person or program, the verb and the key"),
		field.String("input_digest").MaxRuneLen(64).Immutable().SchemaType(char(64)).Annotations(ascii),
		mayRef("answer"),
	}
}
