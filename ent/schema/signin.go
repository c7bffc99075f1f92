package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// Provider is an OpenID provider that may assert people. Registering one hands
// out the power to create people, so a second administrator approves it.
type Provider struct{ ent.Schema }

func (Provider) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Provider}} }

func (Provider) Fields() []ent.Field {
	return []ent.Field{
		field.String("key").MaxRuneLen(64).Unique().Immutable().Comment("in the addresses of sign-in; never changes"),
		field.String("issuer").MaxRuneLen(191).Unique(),
		field.String("client_id").MaxRuneLen(255),
		field.Enum("client_authentication").Values("SECRET", "PRIVATE_KEY_JWT").Default("SECRET").SchemaType(enum),
		field.String("client_secret_ref").MaxRuneLen(255).Optional().Nillable().Comment("env:NAME or file:PATH; the secret itself is never stored"),
		state("mode", "DIRECT", "PROXY"),
		state("state", "PROPOSED", "ACTIVE", "DISABLED"),
		mayRef("proposed_by"), mayRef("approved_by"),
		field.JSON("proposers", []ident.ID{}).Optional().Comment("who has proposed any part of it since it was last approved, the last one too"),
		field.JSON("scopes", []string{}),
		field.JSON("algorithms", []string{}).Optional().Comment("narrows the signatures that are accepted; none: all that Peregrine accepts"),
		field.Enum("claims").Values("REFEDS", "SURF", "CAMEL").Default("REFEDS").SchemaType(enum).Comment("how the claims are spelt"),
		field.JSON("claim_names", map[string]string{}).Optional().Comment("attribute to claim, where the provider departs from the spelling"),
		field.JSON("acr_values", map[string]string{}).Optional().Comment("the provider's name of a REFEDS profile, where it has its own"),
		field.Bool("prompt_login").Default(false).Comment("it takes prompt=login to have somebody prove themselves anew"),
		field.Enum("health").Values("UNKNOWN", "WORKING", "BROKEN").Default("UNKNOWN").SchemaType(enum),
		field.String("health_reason").MaxRuneLen(500).Optional().Nillable(),
		at("checked_at"),
	}
}

func (Provider) Edges() []ent.Edge {
	return []ent.Edge{mayTo("proposed_by", Person.Type), mayTo("approved_by", Person.Type)}
}

// ProviderHome says which home organisation a provider may assert. A domain
// has exactly one provider.
type ProviderHome struct{ ent.Schema }

func (ProviderHome) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.ProviderHome}} }

func (ProviderHome) Fields() []ent.Field {
	return []ent.Field{
		ref("provider"), ref("institution"),
		field.String("domain").MaxRuneLen(191).Unique().Immutable(),
	}
}

func (ProviderHome) Edges() []ent.Edge {
	return []ent.Edge{to("provider", Provider.Type), to("institution", Institution.Type)}
}

// SignIn is one journey to a provider and back, for ten minutes. That of a link
// ends with a question: what the provider said waits until the person has
// answered it.
type SignIn struct{ ent.Schema }

func (SignIn) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.SignIn}} }

func (SignIn) Fields() []ent.Field {
	return []ent.Field{
		ref("provider"), mayRef("session"),
		field.Enum("purpose").Values("SIGN_IN", "STEP_UP", "RENEW", "LINK", "CONFIRM_LINK").Default("SIGN_IN").SchemaType(enum).
			Comment("all but the first concern the person of the session"),
		field.String("state_digest").MaxRuneLen(64).Unique().Immutable().SchemaType(char(64)).Annotations(ascii),
		field.String("browser_digest").MaxRuneLen(64).Immutable().SchemaType(char(64)).Annotations(ascii),
		field.String("nonce").MaxRuneLen(64).Immutable().Sensitive(),
		field.String("verifier").MaxRuneLen(64).Immutable().Sensitive(),
		field.String("return_to").MaxRuneLen(1024).Immutable(),
		field.Text("assertion").Optional().Nillable().Sensitive().Comment("of the account to link, until that is confirmed, as JSON"),
		field.String("payer_digest").MaxRuneLen(64).Optional().Nillable().Immutable().SchemaType(char(64)).Annotations(ascii).
			Comment("SHA-256 of whose sign-ins are bounded together: the network, or the session whose person it concerns"),
		moment("expires_at"),
	}
}

func (SignIn) Edges() []ent.Edge { return []ent.Edge{to("provider", Provider.Type)} }

func (SignIn) Indexes() []ent.Index {
	return []ent.Index{index.Fields("expires_at"), index.Fields("payer_digest", "expires_at")}
}

// Session is a signed-in browser, or a bearer token lent by one.
type Session struct{ ent.Schema }

func (Session) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Session}} }

func (Session) Fields() []ent.Field {
	return []ent.Field{
		ref("person"), ref("identity"), mayRef("parent"), mayRef("portal"),
		state("kind", "BROWSER", "BEARER"),
		field.String("digest").MaxRuneLen(64).Unique().Immutable().SchemaType(char(64)).Annotations(ascii).
			Comment("SHA-256 of the secret, which is nowhere stored"),
		field.String("sid").MaxRuneLen(64).Optional().Nillable().SchemaType(char(64)).Annotations(ascii).
			Comment("SHA-256 of the provider's name of its session: byte-equal and short whatever it is"),
		field.String("acr").MaxRuneLen(255).Optional().Nillable(),
		field.JSON("amr", []string{}).Optional().Comment("how the provider says the person proved themselves (RFC 8176)"),
		field.Text("id_token").Optional().Nillable().Sensitive().Comment("sealed under the key-encryption key: a hint for the provider's logout, nothing else"),
		at("authenticated_at"), // nothing where the provider does not say when: unknown is not fresh
		field.String("name").MaxRuneLen(60).Optional().Nillable().Comment("what the person calls a token that they lent themselves"),
		moment("seen_at"), moment("expires_at"), at("ended_at"),
	}
}

func (Session) Edges() []ent.Edge {
	return []ent.Edge{to("person", Person.Type), to("identity", Identity.Type), mayBelow("parent", "lent", Session.Type), mayTo("portal", Portal.Type)}
}

func (Session) Indexes() []ent.Index {
	return []ent.Index{index.Fields("expires_at"), index.Fields("sid"), index.Fields("person_id", "id"), index.Fields("identity_id")}
}

// LogoutToken is one by which a provider has ended sessions: it works once.
type LogoutToken struct{ ent.Schema }

func (LogoutToken) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.LogoutToken}} }

func (LogoutToken) Fields() []ent.Field {
	return []ent.Field{
		field.String("digest").MaxRuneLen(64).Unique().Immutable().SchemaType(char(64)).Annotations(ascii).Comment("SHA-256 of issuer, NUL, jti"),
		moment("expires_at"),
	}
}

func (LogoutToken) Indexes() []ent.Index { return []ent.Index{index.Fields("expires_at")} }
