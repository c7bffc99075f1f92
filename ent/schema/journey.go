package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Application is one learner's wish to take one offering.
type Application struct{ ent.Schema }

func (Application) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Application}, Changing{}} }

func (Application) Fields() []ent.Field {
	return []ent.Field{
		ref("learner"), ref("offering"), ref("home"), ref("host"), mayRef("programme"),
		state("state", "SUBMITTED", "NOMINATED", "WAITLISTED", "OFFERED", "CONDITIONAL", "ADMITTED",
			"REFUSED_BY_HOME", "REFUSED_BY_HOST", "DECLINED", "LAPSED", "WITHDRAWN", "CANCELLED"),
		field.Int("version").Positive().Default(1).Comment("of its last move, by which a stale decision is known"),
		field.String("live_key").MaxRuneLen(64).Unique().Optional().Nillable().SchemaType(char(64)).Annotations(ascii).
			Comment("learner and offering while the application is alive: a learner has one at a time"),
		field.Text("motivation").MaxRuneLen(4000).Optional().Nillable(),
		field.Text("reason").MaxRuneLen(2000).Optional().Nillable().Comment("of the last decision, or of who left"),
		field.String("reason_code").MaxRuneLen(32).GoType(vocab.DecisionReason("")).Optional().Nillable(),
		field.Text("condition").MaxRuneLen(2000).Optional().Nillable().Comment("under which the host admits"),
		field.JSON("answers", []vocab.Answer{}).Optional(),
		field.JSON("statements", []string{}).Optional().Comment("keys of the offering's requirements that the learner states to meet"),
		mayRef("call"), field.Int("preference").Positive().Optional().Nillable().Comment("among the learner's choices in the call, 1 the first"),
		field.String("choice_key").MaxRuneLen(64).Unique().Optional().Nillable().SchemaType(char(64)).Annotations(ascii).
			Comment("learner, call and preference while the application is alive"),
		field.Int("rank").Positive().Optional().Nillable().Comment("that home gives it among its applications for the offering"),
		field.Int("place").Positive().Optional().Nillable().Comment("by which the waitlist is ordered; places of who has left stay empty"),
		field.JSON("commitment", &vocab.Commitment{}).Optional().Comment("what home promised to count, frozen when the learner applied"),
		field.JSON("sharing", vocab.Sharing{}).Optional().Comment("what the host may read of the learner, and what it once might"),
		moment("submitted_at"), at("nominated_at"), at("decided_at"),
		at("due_at"),   // until when whoever is asked decides
		at("wakes_at"), // when the server looks at it again: to remind, to escalate, to let it lapse
	}
}

func (Application) Edges() []ent.Edge {
	return []ent.Edge{to("learner", Person.Type), to("offering", Offering.Type), to("home", Institution.Type), to("host", Institution.Type),
		mayTo("programme", Programme.Type), mayTo("call", Call.Type)}
}

func (Application) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("learner_id", "id"), index.Fields("offering_id", "state", "id"), index.Fields("offering_id", "state", "place"),
		index.Fields("home_id", "state", "id"), index.Fields("home_id", "state", "due_at"),
		index.Fields("host_id", "state", "id"), index.Fields("host_id", "state", "due_at"), index.Fields("wakes_at"),
		index.Fields("call_id", "learner_id"),
	}
}

// Enrolment is a learner's seat in an offering.
type Enrolment struct{ ent.Schema }

func (Enrolment) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Enrolment}, Changing{}} }

func (Enrolment) Fields() []ent.Field {
	return []ent.Field{
		ref("application"), ref("learner"), ref("offering"), ref("version"), ref("home"), ref("host"),
		state("state", "ENROLLED", "STARTED", "COMPLETED", "WITHDRAWN", "DROPPED_OUT", "CANCELLED"),
		moment("enrolled_at"), at("ended_at"),
		day("started_on"), day("dropped_out_on"),
		field.Int("attendance").NonNegative().Max(100).Optional().Nillable().Comment("per cent of what was taught"),
		field.Text("reason").MaxRuneLen(1000).Optional().Nillable().Comment("why the host has noted a drop-out, or has reopened it"),
	}
}

func (Enrolment) Edges() []ent.Edge {
	return []ent.Edge{
		to("application", Application.Type),
		to("learner", Person.Type),
		to("offering", Offering.Type),
		to("version", CourseVersion.Type),
		to("home", Institution.Type),
		to("host", Institution.Type),
	}
}

func (Enrolment) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("application_id").Unique(),
		index.Fields("learner_id", "id"),
		index.Fields("home_id", "id"),
		index.Fields("host_id", "id"),
		index.Fields("offering_id", "id"),
	}
}

// Result is what a learner achieved in one attempt.
type Result struct{ ent.Schema }

func (Result) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Result}, Changing{}} }

func (Result) Fields() []ent.Field {
	return []ent.Field{
		ref("enrolment"), ref("learner"), ref("home"), ref("host"),
		field.Int("attempt").Positive().Immutable(),
		field.Int("version").Positive().Default(1).Comment("counts its steps"),
		state("state", "RECORDED", "DISCARDED", "CONFIRMED", "ANNULLED"),
		state("outcome", "PASSED", "FAILED"),
		field.String("grade").MaxRuneLen(16).Optional().Nillable().Comment("as the host gives it, never converted in place"),
		field.String("scale").MaxRuneLen(32).GoType(vocab.GradeScale("")),
		field.String("second_grade").MaxRuneLen(16).Optional().Nillable().Comment("the same achievement on another scale, where the host gives two"),
		field.String("second_scale").MaxRuneLen(32).GoType(vocab.GradeScale("")).Optional().Nillable(),
		field.Int("ects").GoType(vocab.ECTS(0)).Comment("credits earned; none without a pass"),
		field.String("achieved_on").MaxRuneLen(10).SchemaType(char(10)).Annotations(ascii),
		mayRef("recorded_by"), mayRef("recorded_by_client"), mayRef("confirmed_by"),
		moment("recorded_at"), at("confirmed_at"), at("corrected_at"), at("annulled_at"),
	}
}

func (Result) Edges() []ent.Edge {
	return []ent.Edge{
		to("enrolment", Enrolment.Type),
		to("learner", Person.Type),
		to("home", Institution.Type),
		to("host", Institution.Type),
		mayTo("recorded_by", Person.Type),
		mayTo("recorded_by_client", ApiClient.Type),
		mayTo("confirmed_by", Person.Type),
	}
}

func (Result) Indexes() []ent.Index {
	return []ent.Index{index.Fields("enrolment_id", "attempt").Unique(), index.Fields("learner_id", "id")}
}

// ResultStep is what was done with a result: its history, in order and without a gap.
type ResultStep struct{ ent.Schema }

func (ResultStep) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.ResultStep}} }

func (ResultStep) Fields() []ent.Field {
	return []ent.Field{
		ref("result"), ref("learner"),
		field.Int("number").Positive().Immutable().Comment("version of the result that it led to"),
		field.String("verb").MaxRuneLen(64).Immutable(),
		field.String("state").MaxRuneLen(32).Immutable().Comment("of the result from then on"),
		field.JSON("achieved", vocab.Achieved{}).Immutable().Comment("what the result says from then on"),
		mayRef("person"), mayRef("client"),
		field.Text("reason").MaxRuneLen(1000).Optional().Nillable(),
		moment("at"),
	}
}

func (ResultStep) Edges() []ent.Edge {
	return []ent.Edge{to("result", Result.Type), to("learner", Person.Type), mayTo("person", Person.Type), mayTo("client", ApiClient.Type)}
}

func (ResultStep) Indexes() []ent.Index {
	return []ent.Index{index.Fields("result_id", "number").Unique(), index.Fields("learner_id")}
}

// Amendment is a correction or annulment of a confirmed result, with what it moves.
type Amendment struct{ ent.Schema }

func (Amendment) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Amendment}, Changing{}} }

func (Amendment) Fields() []ent.Field {
	return []ent.Field{
		ref("result"), ref("learner"), ref("home"), ref("host"),
		state("kind", "CORRECTION", "ANNULMENT"),
		state("state", "PROPOSED", "MADE", "DISMISSED"),
		field.String("live_key").MaxRuneLen(32).Unique().Optional().Nillable().Comment("the result, while it is proposed: one at a time"),
		field.Int("result_version").Positive().Immutable().Comment("of the result that it is about"),
		field.JSON("achieved", &vocab.Achieved{}).Optional().Immutable().Comment("what a correction has the result say"),
		field.Text("reason").MaxRuneLen(1000).Immutable(),
		field.JSON("effects", []vocab.Effect{}).Comment("what it moves, or has moved"),
		mayRef("proposed_by"), mayRef("proposed_by_client"), moment("proposed_at"),
		mayRef("decided_by"), mayRef("decided_by_client"), at("decided_at"),
		field.Text("dismissal").MaxRuneLen(1000).Optional().Nillable().Comment("why it was not made"),
	}
}

func (Amendment) Edges() []ent.Edge {
	return []ent.Edge{
		to("result", Result.Type), to("learner", Person.Type), to("home", Institution.Type), to("host", Institution.Type),
		mayTo("proposed_by", Person.Type), mayTo("proposed_by_client", ApiClient.Type),
		mayTo("decided_by", Person.Type), mayTo("decided_by_client", ApiClient.Type),
	}
}

func (Amendment) Indexes() []ent.Index {
	return []ent.Index{index.Fields("result_id", "id"), index.Fields("host_id", "state", "id"), index.Fields("learner_id")}
}
