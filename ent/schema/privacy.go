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
