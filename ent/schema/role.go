package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// RoleGrant gives a person a role at an institution or in an alliance.
type RoleGrant struct{ ent.Schema }

func (RoleGrant) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.Role}} }

func (RoleGrant) Fields() []ent.Field {
	return []ent.Field{
		ref("person"), mayRef("institution"), mayRef("unit"), mayRef("alliance"), mayRef("granted_by"), mayRef("rule"), mayRef("ended_by"),
		state("role", "COURSE_EDITOR", "TEACHER", "REGISTRAR", "MOBILITY_OFFICER", "RECOGNITION_OFFICER", "ADMINISTRATOR", "ALLIANCE_ADMINISTRATOR", "AUDITOR"),
		moment("valid_from"), at("valid_until"),
		field.Bool("ended").Default(false).Comment("at once: holds no more, whatever a clock says"),
		field.String("end_reason").MaxRuneLen(500).Default("").Comment("why it was ended before its time; of the person who ended it"),
	}
}

func (RoleGrant) Edges() []ent.Edge {
	return []ent.Edge{
		to("person", Person.Type), mayTo("institution", Institution.Type), mayTo("unit", Unit.Type), mayTo("alliance", Alliance.Type),
		mayTo("granted_by", Person.Type), mayTo("rule", RoleRule.Type), mayTo("ended_by", Person.Type),
	}
}

func (RoleGrant) Indexes() []ent.Index {
	return []ent.Index{index.Fields("person_id"), index.Fields("institution_id"), index.Fields("alliance_id"), index.Fields("rule_id")}
}

// RoleRule gives a role to whom the institution's identity provider asserts a
// value. Without one, no claim gives anything.
type RoleRule struct{ ent.Schema }

func (RoleRule) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.RoleRule}} }

func (RoleRule) Fields() []ent.Field {
	return []ent.Field{
		ref("institution"), mayRef("unit"), mayRef("created_by"), mayRef("ended_by"),
		state("attribute", "EDUPERSON_ENTITLEMENT", "EDUPERSON_AFFILIATION"),
		field.String("value").MaxRuneLen(255).Immutable().Comment("compared byte for byte, in Go: databases fold"),
		state("role", "COURSE_EDITOR", "TEACHER", "REGISTRAR", "MOBILITY_OFFICER", "RECOGNITION_OFFICER"),
		field.Int("months").Immutable().Comment("how long the role holds unless asserted again"),
		at("ended_at"),
	}
}

func (RoleRule) Edges() []ent.Edge {
	return []ent.Edge{to("institution", Institution.Type), mayTo("unit", Unit.Type), mayTo("created_by", Person.Type), mayTo("ended_by", Person.Type)}
}

func (RoleRule) Indexes() []ent.Index { return []ent.Index{index.Fields("institution_id")} }
