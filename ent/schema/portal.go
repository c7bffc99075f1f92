package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// Portal is a front end on an origin of its own, registered by an institution
// or an alliance.
type Portal struct{ ent.Schema }

func (Portal) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Portal}} }

func (Portal) Fields() []ent.Field {
	return []ent.Field{
		mayRef("institution"), mayRef("alliance"),
		field.String("name").MaxRuneLen(100).Immutable(),
		field.String("origin").MaxRuneLen(191).Immutable(),
		field.String("held_origin").MaxRuneLen(191).Unique().Optional().Nillable().
			Comment("the origin while it is registered; null afterwards, so that it can be registered again"),
		field.JSON("return_addresses", []string{}).Immutable(),
		at("used_at"), at("ended_at"),
	}
}

func (Portal) Edges() []ent.Edge {
	return []ent.Edge{mayTo("institution", Institution.Type), mayTo("alliance", Alliance.Type)}
}

// PortalCode is the answer to a portal that asked for a token, for a minute.
type PortalCode struct{ ent.Schema }

func (PortalCode) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.PortalCode}} }

func (PortalCode) Fields() []ent.Field {
	return []ent.Field{
		ref("portal"), ref("session"),
		field.String("digest").MaxRuneLen(64).Unique().Immutable().SchemaType(char(64)).Annotations(ascii),
		field.String("challenge").MaxRuneLen(64).Immutable().Sensitive(),
		field.String("return_address").MaxRuneLen(400).Immutable(),
		moment("expires_at"),
	}
}

func (PortalCode) Edges() []ent.Edge {
	return []ent.Edge{to("portal", Portal.Type), to("session", Session.Type)}
}

func (PortalCode) Indexes() []ent.Index { return []ent.Index{index.Fields("expires_at")} }
