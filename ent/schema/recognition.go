package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// RecognitionRule says that a home institution counts a course of a host.
type RecognitionRule struct{ ent.Schema }

func (RecognitionRule) Mixin() []ent.Mixin {
	return []ent.Mixin{Base{Kind: ident.RecognitionRule}, Changing{}}
}

func (RecognitionRule) Fields() []ent.Field {
	return []ent.Field{
		ref("home"), ref("host"), ref("course"), mayRef("programme"), mayRef("module"),
		state("state", "PROPOSED", "AGREED", "DECLINED", "TERMINATED"),
		state("proposed_by_side", "HOME", "HOST"),
		field.Int("ects").GoType(vocab.ECTS(0)).Immutable().Comment("credits that count at home"),
		state("grade_transfer", "PASS_ONLY", "AS_GIVEN"),
		field.String("valid_from").MaxRuneLen(10).SchemaType(char(10)).Annotations(ascii),
		day("valid_until"),
		ref("proposed_by"), mayRef("answered_by"), at("answered_at"), at("terminated_at"),
	}
}

func (RecognitionRule) Edges() []ent.Edge {
	return []ent.Edge{
		to("home", Institution.Type),
		to("host", Institution.Type),
		to("course", Course.Type),
		mayTo("programme", Programme.Type),
		mayTo("module", HomeModule.Type),
		to("proposed_by", Person.Type),
		mayTo("answered_by", Person.Type),
	}
}

func (RecognitionRule) Indexes() []ent.Index {
	return []ent.Index{index.Fields("course_id", "home_id", "state"), index.Fields("home_id", "state", "id"), index.Fields("host_id", "state", "id")}
}

// RecognitionCase is a learner's request that home counts an achievement.
type RecognitionCase struct{ ent.Schema }

func (RecognitionCase) Mixin() []ent.Mixin {
	return []ent.Mixin{Base{Kind: ident.RecognitionCase}, Changing{}}
}

func (RecognitionCase) Fields() []ent.Field {
	return []ent.Field{
		ref("learner"), ref("home"), ref("host"), ref("credential"), mayRef("programme"), mayRef("rule"),
		state("state", "OPEN", "GRANTED", "GRANTED_PARTIALLY", "REFUSED", "WITHDRAWN", "SUPERSEDED"),
		state("basis", "RULE", "COMMITMENT", "ASSESSMENT"),
		field.String("live_key").MaxRuneLen(64).Unique().Optional().Nillable().SchemaType(char(64)).Annotations(ascii).
			Comment("result and home while the case stands: no credit counts twice"),
		field.Int("ects").GoType(vocab.ECTS(0)).Default(0).Comment("credits that count at home"),
		field.String("grade").MaxRuneLen(16).Optional().Nillable(),
		field.Text("reasons").MaxRuneLen(4000).Optional().Nillable(),
		field.JSON("differences", []vocab.Difference{}).Comment("substantial differences, at least one unless granted in full"),
		mayRef("decided_by"),
		moment("submitted_at"), moment("due_at"), at("decided_at"), at("appeal_before"),
	}
}

func (RecognitionCase) Edges() []ent.Edge {
	return []ent.Edge{
		to("learner", Person.Type),
		to("home", Institution.Type),
		to("host", Institution.Type),
		to("credential", Credential.Type),
		mayTo("programme", Programme.Type),
		mayTo("rule", RecognitionRule.Type),
		mayTo("decided_by", Person.Type),
	}
}

func (RecognitionCase) Indexes() []ent.Index {
	return []ent.Index{index.Fields("learner_id", "id"), index.Fields("home_id", "state", "id"), index.Fields("credential_id", "id")}
}
