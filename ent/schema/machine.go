package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// ApiClient is a program of an institution. It proves itself by a private key
// that never comes here; its id is its client id.
type ApiClient struct{ ent.Schema }

func (ApiClient) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.APIClient}} }

func (ApiClient) Fields() []ent.Field {
	return []ent.Field{
		ref("institution"),
		field.String("name").MaxRuneLen(100),
		field.JSON("scopes", []string{}).Comment("the most that a token of it may have"),
		state("state", "ACTIVE", "DISABLED"),
		field.String("jwks_url").MaxRuneLen(1000).Optional().Nillable().Comment("where its institution publishes its keys"),
		at("last_used_at"),
		field.String("last_used_from").MaxRuneLen(64).Optional().Nillable().Comment("network of the address, such as 192.0.2.0/24: enough to notice a stranger"),
	}
}

func (ApiClient) Edges() []ent.Edge { return []ent.Edge{to("institution", Institution.Type)} }

func (ApiClient) Indexes() []ent.Index {
	return []ent.Index{index.Fields("institution_id", "name").Unique()}
}

// ClientKey is a public key that was registered for a client. Several may hold
// at once, so that a program can change its key without a gap.
type ClientKey struct{ ent.Schema }

func (ClientKey) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.ClientKey}} }

func (ClientKey) Fields() []ent.Field {
	return []ent.Field{
		ref("client"),
		field.String("kid").MaxRuneLen(191).Immutable().Comment("as the program's assertions name it"),
		field.String("algorithm").MaxRuneLen(8).Immutable().Comment("the only one that it may sign with; empty: each that fits the key"),
		field.Text("public_jwk").Immutable(),
		moment("not_before"), at("not_after"), at("retired_at"),
	}
}

func (ClientKey) Edges() []ent.Edge { return []ent.Edge{to("client", ApiClient.Type)} }

func (ClientKey) Indexes() []ent.Index {
	return []ent.Index{index.Fields("client_id", "kid").Unique()}
}

// ClientAssertion is one that was used: no second token comes of it, at
// whichever server it is shown.
type ClientAssertion struct{ ent.Schema }

func (ClientAssertion) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.ClientAssertion}} }

func (ClientAssertion) Fields() []ent.Field {
	return []ent.Field{
		field.String("digest").MaxRuneLen(64).Unique().Immutable().SchemaType(char(64)).Annotations(ascii).Comment("SHA-256 of the client and the jti"),
		moment("expires_at"),
	}
}

func (ClientAssertion) Indexes() []ent.Index { return []ent.Index{index.Fields("expires_at")} }

// ServerKey is a key of this exchange itself, for one purpose: to sign access
// tokens or checkpoints of the audit, or to prove itself to identity providers.
type ServerKey struct{ ent.Schema }

func (ServerKey) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.ServerKey}} }

func (ServerKey) Fields() []ent.Field {
	return []ent.Field{
		state("purpose", "ACCESS_TOKEN", "SIGN_IN", "AUDIT"),
		field.String("kid").MaxRuneLen(64).Unique().Immutable().Comment("RFC 7638 thumbprint"),
		field.Text("public_jwk").Immutable(),
		field.Text("sealed").Immutable().Sensitive().Comment("private key under the key-encryption key"),
		field.String("live_key").MaxRuneLen(32).Unique().Optional().Nillable().Comment("the purpose while the key signs: it has one at a time"),
		moment("active_from"), at("retired_at"),
	}
}
