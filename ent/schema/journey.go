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
		state("state", "SUBMITTED", "NOMINATED", "ADMITTED", "REFUSED_BY_HOME", "REFUSED_BY_HOST", "WITHDRAWN"),
		field.String("live_key").MaxRuneLen(64).Unique().Optional().Nillable().SchemaType(char(64)).Annotations(ascii).
			Comment("learner and offering while the application is alive: a learner has one at a time"),
		field.Text("motivation").MaxRuneLen(4000).Optional().Nillable(),
		field.Text("reason").MaxRuneLen(2000).Optional().Nillable().Comment("of the last refusal or withdrawal"),
		field.JSON("commitment", &vocab.Commitment{}).Optional().Comment("what home promised to count, frozen when the learner applied"),
		field.JSON("sharing", vocab.Sharing{}).Optional().Comment("what the host may read of the learner, and what it once might"),
		moment("submitted_at"), at("nominated_at"), at("decided_at"),
	}
}

func (Application) Edges() []ent.Edge {
	return []ent.Edge{to("learner", Person.Type), to("offering", Offering.Type), to("home", Institution.Type), to("host", Institution.Type), mayTo("programme", Programme.Type)}
}

func (Application) Indexes() []ent.Index {
	return []ent.Index{index.Fields("learner_id", "id"), index.Fields("home_id", "state", "id"), index.Fields("host_id", "state", "id"), index.Fields("offering_id", "state", "id")}
}

// Enrolment is a learner's seat in an offering.
type Enrolment struct{ ent.Schema }

func (Enrolment) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Enrolment}, Changing{}} }

func (Enrolment) Fields() []ent.Field {
	return []ent.Field{
		ref("application"), ref("learner"), ref("offering"), ref("version"), ref("home"), ref("host"),
		state("state", "ENROLLED", "COMPLETED", "WITHDRAWN"),
		moment("enrolled_at"), at("ended_at"),
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
		state("state", "RECORDED", "CONFIRMED"),
		state("outcome", "PASSED", "FAILED"),
		field.String("grade").MaxRuneLen(16).Optional().Nillable().Comment("as the host gives it, never converted in place"),
		field.String("scale").MaxRuneLen(32).GoType(vocab.GradeScale("")),
		field.Int("ects").GoType(vocab.ECTS(0)).Comment("credits earned; none without a pass"),
		field.String("achieved_on").MaxRuneLen(10).SchemaType(char(10)).Annotations(ascii),
		mayRef("recorded_by"), mayRef("recorded_by_client"), mayRef("confirmed_by"),
		moment("recorded_at"), at("confirmed_at"),
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
