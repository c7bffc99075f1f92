package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Draft is an application that its learner has not submitted: nobody else's
// business, and so no application yet.
type Draft struct{ ent.Schema }

func (Draft) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Draft}, Changing{}} }

func (Draft) Fields() []ent.Field {
	return []ent.Field{
		ref("learner"), ref("offering"), mayRef("home"), mayRef("programme"),
		field.Text("motivation").MaxRuneLen(4000).Default(""),
		field.JSON("answers", []vocab.Answer{}).Default([]vocab.Answer{}),
		field.JSON("statements", []string{}).Default([]string{}).Comment("keys of the offering's requirements that the learner states to meet"),
		field.JSON("shared", []vocab.SharedItem{}).Default([]vocab.SharedItem{}).Comment("what the learner means to share; consent is given on submission"),
		field.Text("access_needs").MaxRuneLen(4000).Default(""),
		field.Int("preference").Positive().Optional().Nillable(),
	}
}

func (Draft) Edges() []ent.Edge {
	return []ent.Edge{to("learner", Person.Type), to("offering", Offering.Type), mayTo("home", Institution.Type), mayTo("programme", Programme.Type)}
}

func (Draft) Indexes() []ent.Index {
	return []ent.Index{index.Fields("learner_id", "offering_id").Unique()}
}

// AccessNeeds is what a learner needs to take part, such as a wheelchair ramp.
// It may tell of their health, and is apart from the application for that.
type AccessNeeds struct{ ent.Schema }

func (AccessNeeds) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.AccessNeeds}, Changing{}} }

func (AccessNeeds) Fields() []ent.Field {
	return []ent.Field{ref("application"), ref("learner"), field.Text("text").MaxRuneLen(4000)}
}

func (AccessNeeds) Edges() []ent.Edge {
	return []ent.Edge{to("application", Application.Type), to("learner", Person.Type)}
}

func (AccessNeeds) Indexes() []ent.Index { return []ent.Index{index.Fields("application_id").Unique()} }

// Document is a file that belongs to a draft or to an application.
type Document struct{ ent.Schema }

func (Document) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Document}, Changing{}} }

func (Document) Fields() []ent.Field {
	return []ent.Field{
		ref("learner"), mayRef("draft"), mayRef("application"),
		state("state", "RECEIVING", "STORED"),
		field.String("question").MaxRuneLen(64).Default("").Comment("key of the question that it answers; empty: of none"),
		field.String("name").MaxRuneLen(255).Comment("as the learner calls it; shown, never a path"),
		field.String("media_type").MaxRuneLen(64).Default("").Comment("by its content"),
		field.Int("bytes").NonNegative().Default(0),
		field.String("digest").MaxRuneLen(64).Default("").SchemaType(char(64)).Annotations(ascii).Comment("SHA-256 of the content"),
	}
}

func (Document) Edges() []ent.Edge {
	return []ent.Edge{to("learner", Person.Type), mayTo("application", Application.Type),
		edge.To("draft", Draft.Type).Field("draft_id").Unique().Annotations(entsql.OnDelete(entsql.Cascade))}
}

func (Document) Indexes() []ent.Index {
	return []ent.Index{index.Fields("draft_id", "id"), index.Fields("application_id", "id"), index.Fields("learner_id", "id"), index.Fields("state", "created_at")}
}

// DocumentChunk is a part of a document's content.
type DocumentChunk struct{ ent.Schema }

func (DocumentChunk) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.DocumentChunk}} }

func (DocumentChunk) Fields() []ent.Field {
	return []ent.Field{
		ref("document"),
		field.Int("number").NonNegative().Immutable(),
		field.Bytes("content").MaxLen(1 << 20).Immutable(),
	}
}

func (DocumentChunk) Edges() []ent.Edge {
	return []ent.Edge{edge.To("document", Document.Type).Field("document_id").Unique().Required().Immutable().Annotations(entsql.OnDelete(entsql.Cascade))}
}

func (DocumentChunk) Indexes() []ent.Index {
	return []ent.Index{index.Fields("document_id", "number").Unique()}
}

// ApplicationStep is one move of an application: its history, in order and
// without a gap.
type ApplicationStep struct{ ent.Schema }

func (ApplicationStep) Mixin() []ent.Mixin {
	return []ent.Mixin{Base{Kind: ident.ApplicationStep}}
}

func (ApplicationStep) Fields() []ent.Field {
	return []ent.Field{
		ref("application"), ref("learner"),
		field.Int("number").Positive().Immutable().Comment("version of the application that it led to"),
		field.String("verb").MaxRuneLen(64).Immutable(),
		field.String("from").MaxRuneLen(32).Default("").Immutable(),
		field.String("to").MaxRuneLen(32).Immutable(),
		field.Enum("side").Values("LEARNER", "HOME", "HOST", "SYSTEM").SchemaType(enum).Immutable(),
		mayRef("person"), mayRef("client"),
		field.String("reason_code").MaxRuneLen(32).GoType(vocab.DecisionReason("")).Optional().Nillable(),
		field.Text("reason").MaxRuneLen(2000).Optional().Nillable(),
		at("due_at"), moment("at"),
	}
}

func (ApplicationStep) Edges() []ent.Edge {
	return []ent.Edge{to("application", Application.Type), to("learner", Person.Type), mayTo("person", Person.Type), mayTo("client", ApiClient.Type)}
}

func (ApplicationStep) Indexes() []ent.Index {
	return []ent.Index{index.Fields("application_id", "number").Unique(), index.Fields("learner_id")}
}

// Draw decides the order of who applied for an offering. Its seed is made, and
// the digest of it published, before anybody can apply.
type Draw struct{ ent.Schema }

func (Draw) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Draw}, Changing{}} }

func (Draw) Fields() []ent.Field {
	return []ent.Field{
		ref("offering"), ref("institution"),
		state("state", "COMMITTED", "DRAWN"),
		field.String("commitment").MaxRuneLen(64).Immutable().SchemaType(char(64)).Annotations(ascii),
		field.String("sealed").MaxRuneLen(512).Optional().Nillable().Sensitive().Comment("the seed under the key-encryption key, until it is drawn"),
		field.String("seed").MaxRuneLen(64).Optional().Nillable().SchemaType(char(64)).Annotations(ascii).Comment("published once it is drawn"),
		field.Int("participants").NonNegative().Default(0),
		field.JSON("tickets", []string{}).Default([]string{}).Comment("of who took part, sorted"),
		at("drawn_at"),
	}
}

func (Draw) Edges() []ent.Edge {
	return []ent.Edge{to("offering", Offering.Type), to("institution", Institution.Type)}
}

func (Draw) Indexes() []ent.Index { return []ent.Index{index.Fields("offering_id").Unique()} }

// AdmissionPolicy is what an institution wants done with applications from and
// to it: with all, with those from and to one partner, for one kind of course.
type AdmissionPolicy struct{ ent.Schema }

func (AdmissionPolicy) Mixin() []ent.Mixin {
	return []ent.Mixin{Base{Kind: ident.AdmissionPolicy}, Changing{}}
}

func (AdmissionPolicy) Fields() []ent.Field {
	return []ent.Field{
		ref("institution"), mayRef("partner"),
		field.Enum("kind").Values("COURSE", "MICRO_CREDENTIAL").SchemaType(enum).Optional().Nillable().Comment("of courses; null: any"),
		field.String("scope_key").MaxRuneLen(64).Unique().SchemaType(char(64)).Annotations(ascii).Comment("digest of institution, partner and kind"),
		state("nomination", "BY_HAND", "AUTOMATIC", "IF_ELIGIBLE"),
		field.Int("ects_per_term").GoType(vocab.ECTS(0)).Optional().Nillable(),
		field.Int("nominations_per_offering").Positive().Optional().Nillable(),
		field.JSON("terms", []string{}).Default([]string{}).Comment("days on which terms begin, as MM-DD"),
		field.Int("home_days").Positive().Default(14).Comment("until when home decides, in days"),
		field.Int("host_days").Positive().Default(14).Comment("until when the host decides, in days"),
		field.Int("remind_days").NonNegative().Default(3).Comment("before a decision is due; 0: no reminder"),
		field.Int("escalate_days").NonNegative().Default(7).Comment("after a decision was due; 0: no escalation"),
	}
}

func (AdmissionPolicy) Edges() []ent.Edge {
	return []ent.Edge{to("institution", Institution.Type), mayTo("partner", Institution.Type)}
}

func (AdmissionPolicy) Indexes() []ent.Index {
	return []ent.Index{index.Fields("institution_id", "id")}
}

// Call puts offerings together among which learners choose in an order of
// preference.
type Call struct{ ent.Schema }

func (Call) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Call}, Changing{}} }

func (Call) Fields() []ent.Field {
	return []ent.Field{
		ref("institution"),
		text("title"),
		field.Int("choices").Positive().Comment("for how many of its offerings a learner may apply at a time"),
	}
}

func (Call) Edges() []ent.Edge { return []ent.Edge{to("institution", Institution.Type)} }

func (Call) Indexes() []ent.Index { return []ent.Index{index.Fields("institution_id", "id")} }
