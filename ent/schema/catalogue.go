package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Indexes that lists name to run along (graph).
const (
	CoursesByState         = "course_state_id"
	CoursesByInstitution   = "course_institution_id_state_id"
	OfferingsByState       = "offering_state_id"
	OfferingsByCourse      = "offering_course_id_state_id"
	OfferingsByInstitution = "offering_institution_id_state_id"
)

// Course is the identity of a course or micro-credential; its content stands
// in versions.
type Course struct{ ent.Schema }

func (Course) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Course}, Changing{}} }

func (Course) Fields() []ent.Field {
	return []ent.Field{
		ref("institution"), mayRef("unit"),
		field.String("code").MaxRuneLen(64),
		state("kind", "COURSE", "MICRO_CREDENTIAL"),
		state("state", "DRAFT", "PUBLISHED", "WITHDRAWN"),
		mayRef("published_version"),
		field.String("external_id").MaxRuneLen(191).Optional().Nillable().Comment("id in the provider's own system"),
		mayRef("source"), at("source_modified_at"), at("source_seen_at"),
	}
}

func (Course) Edges() []ent.Edge {
	return []ent.Edge{to("institution", Institution.Type), mayTo("unit", Unit.Type), mayTo("source", ImportSource.Type)}
}

func (Course) Indexes() []ent.Index {
	return []ent.Index{index.Fields("institution_id", "code").Unique(), index.Fields("institution_id", "external_id").Unique(),
		index.Fields("state", "id").StorageKey(CoursesByState), index.Fields("institution_id", "state", "id").StorageKey(CoursesByInstitution)}
}

// CourseVersion is the content of a course. Once published it never changes;
// offerings, results and credentials point at it.
type CourseVersion struct{ ent.Schema }

func (CourseVersion) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.CourseVersion}} }

func (CourseVersion) Fields() []ent.Field {
	return []ent.Field{
		ref("course"), ref("institution"),
		field.Int("number").Positive().Immutable(),
		state("state", "DRAFT", "PUBLISHED", "SUPERSEDED", "IN_REVIEW"),
		text("title"), text("summary"), text("description"),
		field.JSON("outcomes", []vocab.Outcome{}),
		field.Int("ects").GoType(vocab.ECTS(0)),
		field.Int("hours").NonNegative().Comment("notional workload"),
		field.Int("eqf").Optional().Nillable(),
		field.String("isced").MaxRuneLen(4).GoType(vocab.ISCEDF("")).Optional().Nillable(),
		field.JSON("languages", []string{}),
		field.String("mode").MaxRuneLen(32).GoType(vocab.DeliveryMode("")).Optional().Nillable(),
		field.JSON("assessments", []vocab.AssessmentType{}),
		text("assessment_note"),
		field.String("supervision").MaxRuneLen(32).GoType(vocab.Supervision("")).Optional().Nillable(),
		field.Int("attempts").Positive().Max(10).Optional().Nillable().Comment("how often a learner may try; nil: as often as the exchange allows"),
		field.JSON("quality", &vocab.QualityAssurance{}).Optional(),
		text("prerequisites"),
		field.JSON("target_groups", []vocab.TargetGroup{}),
		field.String("stackability").MaxRuneLen(32).GoType(vocab.Stackability("")).Optional().Nillable(),
		field.JSON("topics", []string{}),
		field.String("url").MaxRuneLen(255).Optional().Nillable(),
		mayRef("submitted_by"), at("submitted_at"),
		field.String("review_note").MaxRuneLen(2000).Default("").Comment("what a reviewer asked to change"),
		field.String("digest").MaxRuneLen(64).Default("").SchemaType(char(64)).Annotations(ascii).Comment("SHA-256 of the imported content, by which a repeat is known"),
		at("published_at"),
	}
}

func (CourseVersion) Edges() []ent.Edge {
	return []ent.Edge{to("course", Course.Type), to("institution", Institution.Type), mayTo("submitted_by", Person.Type)}
}

func (CourseVersion) Indexes() []ent.Index {
	return []ent.Index{index.Fields("course_id", "number").Unique()}
}

// Offering is one run of a course: a cohort with a deadline, or on demand.
type Offering struct{ ent.Schema }

func (Offering) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Offering}, Changing{}} }

func (Offering) Fields() []ent.Field {
	return []ent.Field{
		ref("institution"), ref("course"), ref("version"),
		state("state", "DRAFT", "PUBLISHED", "CANCELLED"),
		state("schedule", "COHORT", "ON_DEMAND"),
		field.String("zone").MaxRuneLen(64).Comment("IANA zone in which the deadlines were set"),
		moment("opens_at"), at("closes_at"),
		field.JSON("windows", []vocab.Window{}).Default([]vocab.Window{}).Comment("windows of single audiences; others have opens_at to closes_at"),
		day("starts_on"), day("ends_on"),
		field.Int("seats").Positive(),
		field.Int("seats_taken").NonNegative().Default(0).Comment("by who has one, or has been offered one"),
		field.Int("seats_reserved").NonNegative().Default(0).Comment("free ones that are kept for partners for now"),
		field.Int("waiting").NonNegative().Default(0).Comment("learners on the waitlist"),
		field.Int("last_place").NonNegative().Default(0).Comment("that was given on the waitlist"),
		field.Enum("admission").Values("BY_HAND", "AUTOMATIC").Default("BY_HAND").SchemaType(enum).Comment("who gives a seat to the nominated: the host, or the order"),
		field.JSON("questions", []vocab.Question{}).Default([]vocab.Question{}),
		field.JSON("requirements", []vocab.Requirement{}).Default([]vocab.Requirement{}),
		field.JSON("asks", []vocab.Ask{}).Default([]vocab.Ask{}).Comment("what of an applicant the host asks to see"),
		mayRef("call"), mayRef("instead"),
		field.Text("cancelled_because").MaxRuneLen(2000).Optional().Nillable(),
		field.String("language").MaxRuneLen(35),
		field.String("mode").MaxRuneLen(32).GoType(vocab.DeliveryMode("")),
		text("place"), text("funding"),
		field.Int("fee_cents").NonNegative().Default(0),
		field.String("fee_currency").MaxRuneLen(3).Default("EUR"),
		field.JSON("sessions", []vocab.Session{}).Default([]vocab.Session{}),
		field.Int("waitlist_places").NonNegative().Default(0).Comment("0: no waitlist"),
		field.Enum("waitlist_order").Values("FIRST_COME", "DRAW").Default("FIRST_COME").SchemaType(enum),
		at("draws_at"),
		field.Int("offer_hours").Positive().Default(72).Comment("how long a learner may think about an offered seat"),
		field.String("external_id").MaxRuneLen(191).Optional().Nillable(),
	}
}

func (Offering) Edges() []ent.Edge {
	return []ent.Edge{to("institution", Institution.Type), to("course", Course.Type), to("version", CourseVersion.Type),
		mayTo("call", Call.Type), mayBelow("instead", "replaces", Offering.Type)}
}

func (Offering) Indexes() []ent.Index {
	return []ent.Index{index.Fields("course_id", "state", "id").StorageKey(OfferingsByCourse),
		index.Fields("institution_id", "state", "id").StorageKey(OfferingsByInstitution),
		index.Fields("state", "id").StorageKey(OfferingsByState), index.Fields("course_id", "external_id").Unique(), index.Fields("call_id", "id")}
}

// SeatQuota is the share of an offering's seats that learners of one partner
// may take at most.
type SeatQuota struct{ ent.Schema }

func (SeatQuota) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.SeatQuota}} }

func (SeatQuota) Fields() []ent.Field {
	return []ent.Field{
		ref("offering"), ref("home"),
		field.Int("seats").NonNegative(),
		field.Int("seats_taken").NonNegative().Default(0),
		at("reserved_until"), // its seats are kept for these learners until then; null: it is a limit only
		field.Int("kept").NonNegative().Default(0).Comment("of its seats, those that are kept and free now"),
	}
}

func (SeatQuota) Edges() []ent.Edge {
	return []ent.Edge{to("offering", Offering.Type), to("home", Institution.Type)}
}

func (SeatQuota) Indexes() []ent.Index {
	return []ent.Index{index.Fields("offering_id", "home_id").Unique(), index.Fields("reserved_until")}
}

// MicroDegree is an award put together from courses of several partners.
type MicroDegree struct{ ent.Schema }

func (MicroDegree) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.MicroDegree}, Changing{}} }

func (MicroDegree) Fields() []ent.Field {
	return []ent.Field{
		ref("institution"),
		field.String("key").MaxRuneLen(64).Unique(),
		state("state", "DRAFT", "PUBLISHED", "WITHDRAWN"),
		text("title"), text("summary"), text("description"),
		field.JSON("outcomes", []vocab.Outcome{}),
		field.Int("ects").GoType(vocab.ECTS(0)),
		field.Int("eqf").Optional().Nillable(),
		field.String("isced").MaxRuneLen(4).GoType(vocab.ISCEDF("")).Optional().Nillable(),
		field.JSON("quality", &vocab.QualityAssurance{}).Optional(),
		field.JSON("composition", vocab.Composition{}),
		at("published_at"),
	}
}

func (MicroDegree) Edges() []ent.Edge { return []ent.Edge{to("institution", Institution.Type)} }
