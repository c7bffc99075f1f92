package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// GradingScale is a grading scale of one institution, beside the common ones. What
// it says never changes: grades on it are kept for ever.
type GradingScale struct{ ent.Schema }

func (GradingScale) Mixin() []ent.Mixin {
	return []ent.Mixin{Base{Kind: ident.GradingScale}, Changing{}}
}

func (GradingScale) Fields() []ent.Field {
	return []ent.Field{
		ref("institution"),
		text("name"),
		field.JSON("definition", vocab.ScaleTerms{}).Immutable(),
		at("retired_at"),
	}
}

func (GradingScale) Edges() []ent.Edge { return []ent.Edge{to("institution", Institution.Type)} }

func (GradingScale) Indexes() []ent.Index { return []ent.Index{index.Fields("institution_id", "id")} }
