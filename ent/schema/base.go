// Package schema is the stored model by hand: a file per area, fields, edges
// and indexes, no hook and no policy. It imports nothing that is generated.
package schema

import (
	"fmt"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Base gives an entity its identifier and the moment its row was made.
type Base struct {
	mixin.Schema
	Kind ident.Kind
}

// Fields of every entity.
func (b Base) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").GoType(ident.ID("")).DefaultFunc(ident.Maker(b.Kind)).
			MaxRuneLen(ident.Length).Immutable().SchemaType(char(ident.Length)).Annotations(ascii),
		field.Time("created_at").Immutable().SchemaType(instant).
			Default(func() time.Time { return vocab.Now(time.Now) }).
			Comment("when the row was made; times with a meaning have fields of their own"),
	}
}

// Annotations tell the template of nodes which kind the entity is.
func (b Base) Annotations() []schema.Annotation { return []schema.Annotation{kindOf{b.Kind}} }

// kindOf is an annotation.
type kindOf struct{ Kind ident.Kind }

// Name is how the template finds it.
func (kindOf) Name() string { return "Node" }

// Changing is for entities that partners follow: the moment of a row's last
// change, by which a list can be narrowed to what is new since then.
type Changing struct{ mixin.Schema }

// Fields of an entity that partners follow.
func (Changing) Fields() []ent.Field {
	now := func() time.Time { return vocab.Now(time.Now) }
	return []ent.Field{field.Time("updated_at").SchemaType(instant).Default(now).UpdateDefault(now)}
}

// Indexes of an entity that partners follow.
func (Changing) Indexes() []ent.Index { return []ent.Index{index.Fields("updated_at", "id")} }

// Column types where ent's default differs from what both databases need.
var (
	instant = map[string]string{dialect.MySQL: "datetime(6)"} // ent's default ends in 2038 and has no fractions
	enum    = map[string]string{dialect.MySQL: "varchar(32)"} // a native enum copies the table for a new value
	ascii   = entsql.Annotation{Charset: "ascii", Collation: "ascii_bin"}
)

// char is a column of exactly n ASCII characters on MySQL.
func char(n int) map[string]string {
	return map[string]string{dialect.MySQL: fmt.Sprintf("char(%d)", n)}
}

// ref is the column name_id of an edge that never changes.
func ref(name string) ent.Field {
	return field.String(name + "_id").GoType(ident.ID("")).MaxRuneLen(ident.Length).Immutable().
		SchemaType(char(ident.Length)).Annotations(ascii)
}

// mayRef is ref for an edge that may be absent or be set later.
func mayRef(name string) ent.Field {
	return field.String(name + "_id").GoType(ident.ID("")).MaxRuneLen(ident.Length).Optional().Nillable().
		SchemaType(char(ident.Length)).Annotations(ascii)
}

// to is the edge behind ref, and so the foreign key.
func to(name string, entity any) ent.Edge {
	return edge.To(name, entity).Field(name + "_id").Unique().Required().Immutable()
}

// mayTo is the edge behind mayRef.
func mayTo(name string, entity any) ent.Edge {
	return edge.To(name, entity).Field(name + "_id").Unique()
}

// mayBelow is mayTo for an edge to another row of the same entity, of which many
// may name the same one. ent takes a To edge without an inverse for a pair, as
// of spouses: unique, and written on both sides.
func mayBelow(name, inverse string, entity any) ent.Edge {
	return edge.To(inverse, entity).From(name).Field(name + "_id").Unique()
}

// state is an enumeration that ent checks and the database stores as text.
func state(name string, values ...string) ent.Field {
	return field.Enum(name).Values(values...).SchemaType(enum)
}

// at is a moment that may not have come yet.
func at(name string) ent.Field { return field.Time(name).Optional().Nillable().SchemaType(instant) }

// moment is a moment that is known from the start.
func moment(name string) ent.Field { return field.Time(name).SchemaType(instant) }

// text is a text for people in several languages.
func text(name string) ent.Field { return field.JSON(name, vocab.Text{}) }

// day is a calendar date such as "2027-03-01", without a zone.
func day(name string) ent.Field {
	return field.String(name).MaxRuneLen(10).Optional().Nillable().SchemaType(char(10)).Annotations(ascii)
}
