package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Alliance is a group of institutions that share an offer.
type Alliance struct{ ent.Schema }

func (Alliance) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Alliance}, Changing{}} }

func (Alliance) Fields() []ent.Field {
	return []ent.Field{
		field.String("slug").MaxRuneLen(64).Unique().Immutable(),
		text("name"),
		field.String("website").MaxRuneLen(255).Optional().Nillable(),
		field.JSON("bounds", []vocab.Bounds{}).Comment("ECTS bounds per kind of credential"),
		field.JSON("member_protections", []vocab.Protection{}).Default([]vocab.Protection{}).Comment("those that no member goes below"),
		stepUp(),
	}
}

// stepUp says whether staff prove themselves by a second factor, and lately, for
// what weighs most: keys, roles, credentials, results.
func stepUp() ent.Field {
	return field.String("step_up").MaxRuneLen(32).GoType(vocab.StepUp("")).Default(string(vocab.StepUpOptional)).Comment("whether weighty verbs need a second factor")
}

// Institution is a university or another provider of higher education.
type Institution struct{ ent.Schema }

func (Institution) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Institution}, Changing{}} }

func (Institution) Fields() []ent.Field {
	return []ent.Field{
		field.String("schac").MaxRuneLen(191).Unique().Comment("home organisation: the domain that identity providers assert"),
		text("name"),
		field.String("acronym").MaxRuneLen(32),
		field.String("country").MaxRuneLen(2).Comment("ISO 3166-1 alpha-2"),
		text("town"),
		field.String("erasmus_code").MaxRuneLen(32).Optional().Nillable().Comment("absent outside Erasmus+; blanks count"),
		field.String("pic").MaxRuneLen(9).Optional().Nillable(),
		field.String("oid").MaxRuneLen(9).Optional().Nillable(),
		field.String("ror").MaxRuneLen(64).Optional().Nillable(),
		field.String("deqar").MaxRuneLen(32).Optional().Nillable().Comment("institution in the Database of External Quality Assurance Results"),
		field.String("website").MaxRuneLen(255).Optional().Nillable(),
		field.JSON("domains", []string{}).Comment("web and mail domains, to find it in the chooser"),
		field.String("zone").MaxRuneLen(64).Comment("IANA time zone of its deadlines"),
		field.Enum("course_review").Values("OPTIONAL", "REQUIRED").Default("OPTIONAL").SchemaType(enum).Comment("whether a second person reviews a course before it is published"),
		field.Enum("result_confirmation").Values("OPTIONAL", "REQUIRED").Default("OPTIONAL").SchemaType(enum).Comment("whether a second person confirms a result"),
		stepUp(),
	}
}

func (Institution) Indexes() []ent.Index {
	return []ent.Index{index.Fields("erasmus_code").Unique(), index.Fields("ror").Unique(), index.Fields("pic").Unique(), index.Fields("oid").Unique(), index.Fields("deqar").Unique()}
}

// InstitutionName is what only one institution may be called: the look of a name
// in one of its languages, of its home organisation, or of a domain. The unique
// key decides between two that take it at the same moment. A row without an
// institution is held while a domain below it is taken.
type InstitutionName struct{ ent.Schema }

func (InstitutionName) Mixin() []ent.Mixin {
	return []ent.Mixin{Base{Kind: ident.InstitutionName}, Changing{}}
}

func (InstitutionName) Fields() []ent.Field {
	return []ent.Field{
		field.String("key").MaxRuneLen(64).Unique().Immutable().SchemaType(char(64)).Annotations(ascii).Comment("digest of the look, or of the domain"),
		mayRef("institution"),
	}
}

func (InstitutionName) Edges() []ent.Edge { return []ent.Edge{mayTo("institution", Institution.Type)} }

// InstitutionChange is another name, acronym, identifier or domain that an
// institution would like to have. Whoever is called like another poses as it, so
// an administrator of an alliance approves it.
type InstitutionChange struct{ ent.Schema }

func (InstitutionChange) Mixin() []ent.Mixin {
	return []ent.Mixin{Base{Kind: ident.InstitutionChange}, Changing{}}
}

func (InstitutionChange) Fields() []ent.Field {
	return []ent.Field{
		ref("institution"),
		field.JSON("proposed", vocab.InstitutionIdentity{}).Comment("what the institution will be called, all of it"),
		state("state", "PROPOSED", "APPROVED", "REJECTED", "WITHDRAWN"),
		field.String("live_key").MaxRuneLen(32).Unique().Optional().Nillable().Comment("the institution while the proposal waits: it has one at a time"),
		mayRef("proposed_by"), mayRef("decided_by"),
		field.JSON("proposers", []ident.ID{}).Comment("who has proposed any part of it, the last one too"),
		field.String("reason").MaxRuneLen(1000).Default("").Comment("why it was rejected"),
		moment("proposed_at"), at("decided_at"),
	}
}

func (InstitutionChange) Edges() []ent.Edge {
	return []ent.Edge{to("institution", Institution.Type), mayTo("proposed_by", Person.Type), mayTo("decided_by", Person.Type)}
}

// Membership is an institution's place in an alliance.
type Membership struct{ ent.Schema }

func (Membership) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Membership}, Changing{}} }

func (Membership) Fields() []ent.Field {
	return []ent.Field{
		ref("alliance"), ref("institution"),
		state("state", "INVITED", "ACTIVE", "SUSPENDED", "LEFT"),
		state("part", "COORDINATOR", "MEMBER", "ASSOCIATED_PARTNER"),
		at("since"), at("until"),
		field.String("reason").MaxRuneLen(1000).Default("").Comment("why it was last suspended or ended"),
		field.JSON("history", []vocab.Standing{}).Comment("every state with its beginning, so that a verifier can ask for a moment"),
	}
}

func (Membership) Edges() []ent.Edge {
	return []ent.Edge{to("alliance", Alliance.Type), to("institution", Institution.Type)}
}

func (Membership) Indexes() []ent.Index {
	return []ent.Index{index.Fields("alliance_id", "institution_id").Unique()}
}

// Unit is a part of an institution, such as a faculty.
type Unit struct{ ent.Schema }

func (Unit) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Unit}} }

func (Unit) Fields() []ent.Field {
	return []ent.Field{
		ref("institution"), mayRef("parent"),
		field.String("key").MaxRuneLen(64),
		state("kind", "FACULTY", "DEPARTMENT", "INSTITUTE", "CENTRE", "SCHOOL", "CONTINUING_EDUCATION", "INTERNATIONAL_OFFICE"),
		text("name"),
		at("closed_at"),
	}
}

func (Unit) Edges() []ent.Edge {
	return []ent.Edge{to("institution", Institution.Type), mayBelow("parent", "children", Unit.Type)}
}

func (Unit) Indexes() []ent.Index { return []ent.Index{index.Fields("institution_id", "key").Unique()} }

// Programme is a study programme of an institution: what a recognition at
// home counts towards.
type Programme struct{ ent.Schema }

func (Programme) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Programme}, Changing{}} }

func (Programme) Fields() []ent.Field {
	return []ent.Field{
		ref("institution"),
		field.String("code").MaxRuneLen(64),
		text("title"),
		field.Int("eqf"),
		field.Int("ects").GoType(vocab.ECTS(0)),
		field.String("isced").MaxRuneLen(4).GoType(vocab.ISCEDF("")),
	}
}

func (Programme) Edges() []ent.Edge { return []ent.Edge{to("institution", Institution.Type)} }

func (Programme) Indexes() []ent.Index {
	return []ent.Index{index.Fields("institution_id", "code").Unique()}
}

// HomeModule is a module or elective area of a study programme.
type HomeModule struct{ ent.Schema }

func (HomeModule) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.HomeModule}} }

func (HomeModule) Fields() []ent.Field {
	return []ent.Field{
		ref("programme"),
		field.String("code").MaxRuneLen(64),
		text("title"),
		field.Int("ects").GoType(vocab.ECTS(0)),
		state("place", "REQUIRED", "ELECTIVE"),
	}
}

func (HomeModule) Edges() []ent.Edge { return []ent.Edge{to("programme", Programme.Type)} }

func (HomeModule) Indexes() []ent.Index {
	return []ent.Index{index.Fields("programme_id", "code").Unique()}
}
