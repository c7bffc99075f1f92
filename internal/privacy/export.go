package privacy

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/schema/field"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Export is all that is stored about a person. Its JSON is described by Schema;
// a change that readers notice raises the version.
type Export struct {
	Format   string                      `json:"format"`
	Version  int                         `json:"version"`
	Schema   string                      `json:"$schema"`
	PersonID ident.ID                    `json:"personId"`
	MadeAt   time.Time                   `json:"madeAt"`
	Data     map[string][]map[string]any `json:"data"` // by table
	Acts     map[string][]map[string]any `json:"acts"` // by table.column: rows that only name the person
}

// SchemaPath is where the schema of an export is published.
const SchemaPath = "/schemas/personal-data-1.json"

const exportFormat, exportVersion = "peregrine-personal-data", 1

// Export returns a copy of all that is stored about the signed-in person, who has
// proved a second factor: whoever finds an open browser does not take it along.
func (s *Service) Export(ctx context.Context, baseURL string) (*Export, error) {
	v, err := authz.SignedInPerson(ctx)
	if err != nil {
		return nil, err
	}
	if err := authz.RequireSecondFactor(ctx); err != nil {
		return nil, err
	}
	return s.export(ctx, v.PersonID, baseURL)
}

// ExportOf is Export for an operator, on behalf of somebody whose home has no
// second factor and who has proved otherwise who they are.
func (s *Service) ExportOf(ctx context.Context, person ident.ID, baseURL string) (*Export, error) {
	if err := authz.RequireSystem(ctx); err != nil {
		return nil, err
	}
	if _, err := s.DB.Person.Get(ctx, person); err != nil {
		return nil, storage.Found(err, "person")
	}
	return s.export(ctx, person, baseURL)
}

// export reads the copy, and puts on record that it was taken.
func (s *Service) export(ctx context.Context, person ident.ID, baseURL string) (*Export, error) {
	if err := s.Write(viewer.AsSystem(ctx)); err != nil { // who has read it until now
		return nil, err
	}
	all := &Export{exportFormat, exportVersion, baseURL + SchemaPath, person, vocab.Now(s.Now), map[string][]map[string]any{}, map[string][]map[string]any{}}
	for _, l := range Links {
		columns, into, name := l.Export, all.Data, l.Table
		if l.Acts() {
			columns, into, name = []string{"id", "created_at"}, all.Acts, l.Table+"."+l.Column
		}
		rows, err := l.read(ctx, s.SQL, columns, person)
		if err != nil {
			return nil, err
		}
		into[name] = rows
	}
	return all, storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
		return ledger.Note(ctx, tx, toExport, ledger.Thing{ID: person, Person: person})
	})
}

// Schema returns the JSON schema of an export, made of the inventory.
//
// Source: JSON Schema, draft 2020-12.
func Schema(baseURL string) ([]byte, error) {
	type object map[string]any
	text := object{"type": "string"}
	data, acts := object{}, object{}
	for _, l := range Links {
		columns, into, name := l.Export, data, l.Table
		if l.Acts() {
			columns, into, name = []string{"id", "created_at"}, acts, l.Table+"."+l.Column
		}
		properties := object{}
		for _, name := range columns {
			c := column(l.Table, name)
			property := object{}
			switch c.Type {
			case field.TypeJSON: // as its column holds it
			case field.TypeTime:
				property = object{"type": []string{"string", "null"}, "format": "date-time"}
			case field.TypeInt, field.TypeInt64:
				property = object{"type": []string{"integer", "null"}}
			case field.TypeBool:
				property = object{"type": []string{"boolean", "null"}}
			default:
				property = object{"type": []string{"string", "null"}}
			}
			properties[name] = property
		}
		into[name] = object{"type": "array", "items": object{
			"type": "object", "properties": properties, "required": slices.Sorted(slices.Values(columns)), "additionalProperties": false}}
	}
	required := []string{"$schema", "format", "version", "personId", "madeAt", "data", "acts"}
	schema, err := json.MarshalIndent(object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": baseURL + SchemaPath, "title": "All that is stored about a person",
		"type": "object", "required": required, "additionalProperties": false,
		"properties": object{"$schema": text, "format": object{"const": exportFormat}, "version": object{"const": exportVersion}, "personId": text,
			"madeAt": object{"type": "string", "format": "date-time"}, "data": object{"type": "object", "properties": data, "additionalProperties": false},
			"acts": object{"type": "object", "properties": acts, "additionalProperties": false}},
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("privacy: schema: %w", err)
	}
	return schema, nil
}
