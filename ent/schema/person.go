package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// Person is somebody who has signed in. What is known about them stands in
// Profile, so that row rights cover personal data.
type Person struct{ ent.Schema }

func (Person) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Person}} }

func (Person) Fields() []ent.Field {
	return []ent.Field{
		at("signed_in_at"), at("unlinked_at"),
		at("erased_at"), // nothing but the identifier is left of the person then
	}
}

// Profile is what a person's home institution says of them.
type Profile struct{ ent.Schema }

func (Profile) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Profile}} }

func (Profile) Fields() []ent.Field {
	return []ent.Field{
		ref("person"),
		field.String("given_name").MaxRuneLen(100),
		field.String("family_name").MaxRuneLen(100),
		field.String("email").MaxRuneLen(254).Optional().Nillable(),
		field.String("esi").MaxRuneLen(255).Optional().Nillable().Comment("European Student Identifier as asserted; never a key"),
		field.String("language").MaxRuneLen(35).Comment("BCP 47, for messages"),
	}
}

func (Profile) Edges() []ent.Edge { return []ent.Edge{to("person", Person.Type)} }

func (Profile) Indexes() []ent.Index { return []ent.Index{index.Fields("person_id").Unique()} }

// Identity is the account by which a person signs in.
type Identity struct{ ent.Schema }

func (Identity) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Identity}} }

func (Identity) Fields() []ent.Field {
	return []ent.Field{
		ref("person"), ref("provider"),
		field.String("issuer").MaxRuneLen(255).Immutable(),
		field.String("subject").MaxRuneLen(255).Immutable(),
		field.String("digest").MaxRuneLen(64).Unique().Immutable().SchemaType(char(64)).Annotations(ascii).
			Comment("SHA-256 of issuer, NUL, subject: byte-equal on every database, whatever its collation"),
		field.JSON("assurance", []string{}).Optional().Comment("values of the REFEDS Assurance Framework, as last asserted"),
		at("signed_in_at"),
	}
}

func (Identity) Edges() []ent.Edge {
	return []ent.Edge{to("person", Person.Type), to("provider", Provider.Type)}
}

// Affiliation is a person's tie to an institution, as it last asserted it of one
// of the person's accounts. It has none once the account is unlinked.
type Affiliation struct{ ent.Schema }

func (Affiliation) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Affiliation}} }

func (Affiliation) Fields() []ent.Field {
	return []ent.Field{
		ref("person"), ref("institution"), mayRef("programme"), mayRef("identity"),
		state("kind", "STUDENT", "FACULTY", "STAFF", "EMPLOYEE", "MEMBER", "ALUM", "AFFILIATE", "LIBRARY_WALK_IN"),
		moment("verified_at"), moment("expires_at"),
	}
}

func (Affiliation) Edges() []ent.Edge {
	return []ent.Edge{to("person", Person.Type), to("institution", Institution.Type), mayTo("programme", Programme.Type), mayTo("identity", Identity.Type)}
}

func (Affiliation) Indexes() []ent.Index {
	return []ent.Index{index.Fields("person_id", "institution_id", "kind", "identity_id").Unique()}
}
