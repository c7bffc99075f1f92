package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

var formats = []string{"OEAPI_V5", "OEAPI_V6", "OCCAPI", "EWP", "CSV", "XLSX", "JSONL"}

// ImportSource is an endpoint of a partner from which its catalogue is pulled.
type ImportSource struct{ ent.Schema }

func (ImportSource) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.ImportSource}} }

func (ImportSource) Fields() []ent.Field {
	return []ent.Field{
		ref("institution"),
		field.String("name").MaxRuneLen(100),
		state("format", formats...),
		field.String("url").MaxRuneLen(1000),
		state("state", "ACTIVE", "PAUSED"),
		field.Int("every_minutes").Positive(),
		state("policy", "DRAFT", "PUBLISH"),
		field.Bool("with_offerings").Default(true).Comment("asks for each course's offerings, where they are a collection below it"),
		moment("due_at"),
		at("pulled_at"), at("changed_at"),
		field.Int("failures").NonNegative().Default(0),
		field.String("last_error").MaxRuneLen(500).Default(""),
		field.String("etag").MaxRuneLen(255).Default(""),
		field.String("last_modified").MaxRuneLen(64).Default(""),
	}
}

func (ImportSource) Edges() []ent.Edge { return []ent.Edge{to("institution", Institution.Type)} }

func (ImportSource) Indexes() []ent.Index {
	return []ent.Index{index.Fields("state", "due_at"), index.Fields("institution_id", "name").Unique()}
}

// ImportRun is one reading of a partner's catalogue.
type ImportRun struct{ ent.Schema }

func (ImportRun) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.ImportRun}} }

func (ImportRun) Fields() []ent.Field {
	count := func(name string) ent.Field { return field.Int(name).NonNegative().Default(0) }
	return []ent.Field{
		ref("institution"), mayRef("source"), mayRef("started_by"),
		state("format", formats...),
		state("mode", "DRY_RUN", "DRAFT", "PUBLISH"),
		state("state", "RECEIVING", "QUEUED", "RUNNING", "DONE", "FAILED", "CANCELLED"),
		field.String("name").MaxRuneLen(255).Default("").Comment("name of the file or of the source"),
		field.Int64("bytes").NonNegative().Default(0),
		count("rows"), count("created"), count("updated"), count("unchanged"), count("rejected"), count("incomplete"),
		at("started_at"), at("ended_at"),
		field.String("error").MaxRuneLen(500).Default(""),
		at("awaited_until"), // while it arrives: it is given up when no part of it has come by then
		field.String("etag").MaxRuneLen(255).Default("").Comment("of the pulled document; its source asks with it once nothing of it is left to do"),
		field.String("last_modified").MaxRuneLen(64).Default(""),
		field.String("asked").MaxRuneLen(64).Default("").Comment("digest of what its source asked for, which may be something else by the end"),
	}
}

func (ImportRun) Edges() []ent.Edge {
	return []ent.Edge{to("institution", Institution.Type), mayTo("source", ImportSource.Type), mayTo("started_by", Person.Type)}
}

func (ImportRun) Indexes() []ent.Index {
	return []ent.Index{index.Fields("institution_id", "id"), index.Fields("state", "id")}
}

// ImportChunk is a part of what a run reads, kept until the run has ended, so
// that any server can resume it.
type ImportChunk struct{ ent.Schema }

func (ImportChunk) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.ImportChunk}} }

func (ImportChunk) Fields() []ent.Field {
	return []ent.Field{
		ref("run"),
		field.Int("number").NonNegative().Immutable(),
		field.Bytes("content").MaxLen(1 << 20).Immutable(),
	}
}

func (ImportChunk) Edges() []ent.Edge { return []ent.Edge{to("run", ImportRun.Type)} }

func (ImportChunk) Indexes() []ent.Index {
	return []ent.Index{index.Fields("run_id", "number").Unique()}
}

// ImportFinding is what a run has to say about one row.
type ImportFinding struct{ ent.Schema }

func (ImportFinding) Mixin() []ent.Mixin { return []ent.Mixin{Base{Kind: ident.ImportFinding}} }

func (ImportFinding) Fields() []ent.Field {
	return []ent.Field{
		ref("run"), mayRef("course"),
		field.Int("number").NonNegative().Immutable().Comment("of the row, from 1"),
		field.String("place").MaxRuneLen(100).Immutable(),
		field.String("external_id").MaxRuneLen(191).Immutable(),
		state("outcome", "CREATED", "UPDATED", "UNCHANGED", "REJECTED"),
		field.JSON("problems", []vocab.Finding{}).Immutable(),
	}
}

func (ImportFinding) Edges() []ent.Edge { return []ent.Edge{to("run", ImportRun.Type)} }

func (ImportFinding) Indexes() []ent.Index {
	return []ent.Index{index.Fields("run_id", "number").Unique()}
}
