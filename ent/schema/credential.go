package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// SigningKey is a key by which an institution signs credentials.
type SigningKey struct{ ent.Schema }

func (SigningKey) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.SigningKey}} }

func (SigningKey) Fields() []ent.Field {
	return []ent.Field{
		ref("institution"),
		field.String("kid").MaxRuneLen(64).Unique().Immutable().Comment("RFC 7638 thumbprint"),
		state("algorithm", "EdDSA", "ES256"),
		state("state", "ACTIVE", "RETIRED", "COMPROMISED"),
		field.Text("public_jwk").Immutable(),
		field.Text("sealed").Immutable().Sensitive().Comment("private key under the key-encryption key"),
		field.String("live_key").MaxRuneLen(32).Unique().Optional().Nillable().
			Comment("the institution while the key is active: it has one at a time"),
		moment("active_from"), at("retired_at"),
	}
}

func (SigningKey) Edges() []ent.Edge { return []ent.Edge{to("institution", Institution.Type)} }

func (SigningKey) Indexes() []ent.Index { return []ent.Index{index.Fields("institution_id", "state")} }

// StatusList is a published list of bits, one a credential.
type StatusList struct{ ent.Schema }

func (StatusList) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.StatusList}} }

func (StatusList) Fields() []ent.Field {
	return []ent.Field{
		ref("institution"),
		field.Int("number").Positive().Immutable(),
		field.Int("size").Positive().Immutable().Comment("bits; at least 131072, so that one bit hides among many"),
		field.Int("taken").NonNegative().Default(0),
		field.Int("revision").NonNegative().Default(0).Comment("rises with every change of a bit"),
		moment("changed_at"),
	}
}

func (StatusList) Edges() []ent.Edge { return []ent.Edge{to("institution", Institution.Type)} }

func (StatusList) Indexes() []ent.Index {
	return []ent.Index{index.Fields("institution_id", "number").Unique()}
}

// Credential is a signed statement of what a learner achieved.
type Credential struct{ ent.Schema }

func (Credential) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Credential}, Changing{}} }

func (Credential) Fields() []ent.Field {
	return []ent.Field{
		ref("learner"), ref("institution"), ref("home"), ref("result"), ref("version"), ref("signing_key"), ref("status_list"),
		field.Int("status_index").NonNegative().Immutable(),
		state("state", "ISSUING", "ISSUED", "REVOKED"),
		field.String("token").MaxRuneLen(32).Unique().Immutable().Comment("in the address of the public verification page"),
		field.String("live_key").MaxRuneLen(32).Unique().Optional().Nillable().
			Comment("the result, until the credential is revoked and another may be issued: a result has one at a time"),
		field.Int("ects").GoType(vocab.ECTS(0)).Immutable(),
		field.Text("award").Immutable().Comment("the award as JSON: the one source of every form"),
		field.Text("jwt").Optional().Nillable().Comment("Open Badges 3.0 as VC-JWT, once signed"),
		field.String("digest").MaxRuneLen(64).Immutable().SchemaType(char(64)).Annotations(ascii).Comment("SHA-256 of the award"),
		moment("requested_at"), at("issued_at"), at("revoked_at"),
		field.String("revocation_reason").MaxRuneLen(32).GoType(vocab.RevocationReason("")).Optional().Nillable(),
	}
}

func (Credential) Edges() []ent.Edge {
	return []ent.Edge{
		to("learner", Person.Type),
		to("institution", Institution.Type),
		to("home", Institution.Type),
		to("result", Result.Type),
		to("version", CourseVersion.Type),
		to("signing_key", SigningKey.Type),
		to("status_list", StatusList.Type),
	}
}

func (Credential) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("status_list_id", "status_index").Unique(),
		index.Fields("learner_id", "id"),
		index.Fields("institution_id", "state", "id"),
		index.Fields("home_id", "id"),
	}
}
