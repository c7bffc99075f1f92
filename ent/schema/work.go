package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// WorkItem is a piece of work that some server does later. It is gone once it is
// done.
type WorkItem struct{ ent.Schema }

func (WorkItem) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.WorkItem}} }

func (WorkItem) Fields() []ent.Field {
	return []ent.Field{
		field.String("kind").MaxRuneLen(64).Immutable(),
		field.String("key").MaxRuneLen(100).Immutable().Comment("what it is about; one item of a kind at a time"),
		field.JSON("payload", json.RawMessage{}),
		state("state", "WAITING", "RUNNING", "DEAD"),
		moment("due_at"),
		field.Int("attempts").NonNegative().Default(0).Comment("that began since it last got on"),
		field.String("worker").MaxRuneLen(64).Default("").Comment("who holds the lease"),
		at("leased_until"),
		field.Int("done").NonNegative().Default(0).Comment("of total"),
		field.Int("total").NonNegative().Default(0).Comment("0: not known"),
		field.String("error").MaxRuneLen(500).Default("").Comment("of the last attempt"),
	}
}

func (WorkItem) Indexes() []ent.Index {
	return []ent.Index{index.Fields("kind", "key").Unique(), index.Fields("kind", "state", "due_at")}
}
