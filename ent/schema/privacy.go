package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Disclosure says that somebody has read personal data of a person. Reads of
// the same fields for the same reason within an hour are one row.
type Disclosure struct{ ent.Schema }

func (Disclosure) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Disclosure}} }

func (Disclosure) Fields() []ent.Field {
	return []ent.Field{
		ref("person"),
		// By id only: a note outlives what it names.
		mayRef("reader"), mayRef("institution"), mayRef("application"),
		field.String("role").MaxRuneLen(32).Immutable().Comment("in which it was read"),
		field.String("purpose").MaxRuneLen(64).Immutable().Comment("the operation, as its author named it"),
		field.JSON("fields", []vocab.PersonalField{}).Immutable(),
		field.String("digest").MaxRuneLen(64).Unique().Immutable().SchemaType(char(64)).Annotations(ascii).Comment("of all of this and the hour"),
		field.Int("count").Positive(),
		moment("read_at"), moment("last_read_at"),
	}
}

func (Disclosure) Edges() []ent.Edge {
	return []ent.Edge{to("person", Person.Type)}
}

func (Disclosure) Indexes() []ent.Index {
	return []ent.Index{index.Fields("person_id", "id"), index.Fields("last_read_at")}
}

// Erasure is somebody's wish to be forgotten. When it is done its digest is the
// line of the journal by which a backup that is put back is erased again.
type Erasure struct{ ent.Schema }

func (Erasure) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Erasure}, Changing{}} }

func (Erasure) Fields() []ent.Field {
	return []ent.Field{
		ref("person"),
		state("state", "WAITING", "RUNNING", "DONE", "CANCELLED", "REFUSED"),
		field.String("live_key").MaxRuneLen(64).Unique().Optional().Nillable().SchemaType(char(64)).Annotations(ascii).
			Comment("digest of the person while it is under way: a person has one at a time"),
		field.String("digest").MaxRuneLen(64).Immutable().SchemaType(char(64)).Annotations(ascii).Comment("SHA-256 of the person's identifier"),
		field.Text("reason").MaxRuneLen(500).Optional().Nillable().Comment("why it was refused, in words of the code"),
		moment("begins_at"), at("ended_at"),
		field.Int("done").NonNegative().Default(0).Comment("steps, of total"),
		field.Int("total").NonNegative().Default(0),
	}
}

func (Erasure) Edges() []ent.Edge { return []ent.Edge{to("person", Person.Type)} }

func (Erasure) Indexes() []ent.Index {
	return []ent.Index{index.Fields("person_id", "id"), index.Fields("state", "id")}
}
