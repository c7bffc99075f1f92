package graph

import (
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/peregrine-exchange/peregrine/graph/generated"
	"github.com/peregrine-exchange/peregrine/graph/model"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The API is what clients read: every type, field, argument's input and value
// says what it means.
func TestEverythingInTheSchemaIsDescribed(t *testing.T) {
	schema := Schema(&Resolver{}).Schema()
	if schema.Description == "" {
		t.Error("the schema has no description")
	}
	for name, def := range schema.Types {
		if def.Kind == ast.Scalar && !def.BuiltIn && def.Directives.ForName("specifiedBy") == nil {
			t.Errorf("nothing specifies the scalar %s", name)
		}
		if def.BuiltIn {
			continue
		}
		if def.Description == "" && name != "Int" {
			t.Errorf("%s has no description", name)
		}
		for _, f := range def.Fields {
			if f.Description == "" && len(f.Name) > 1 && f.Name[:2] != "__" {
				t.Errorf("%s.%s has no description", name, f.Name)
			}
			for _, a := range f.Arguments {
				// The input of a mutation is what its type says.
				if a.Description == "" && !strings.HasPrefix(f.Name, "__") && !(name == "Mutation" && a.Name == "input") {
					t.Errorf("%s.%s(%s) has no description", name, f.Name, a.Name)
				}
			}
		}
		for _, v := range def.EnumValues {
			if v.Description == "" {
				t.Errorf("%s.%s has no description", name, v.Name)
			}
		}
	}
}

func TestNoDirectiveIsPromisedThatIsNotServed(t *testing.T) {
	if Schema(&Resolver{}).Schema().Directives["defer"] != nil {
		t.Error("@defer is in the schema")
	}
}

// Each mutation takes one input and answers with a nullable payload that holds
// its expected refusals.
func TestMutationsFollowOneShape(t *testing.T) {
	schema := Schema(&Resolver{}).Schema()
	for _, f := range schema.Mutation.Fields {
		if len(f.Name) > 1 && f.Name[:2] == "__" {
			continue
		}
		if len(f.Arguments) != 1 || f.Arguments[0].Name != "input" || !f.Arguments[0].Type.NonNull {
			t.Errorf("%s does not take one input", f.Name)
		}
		payload := schema.Types[f.Type.Name()]
		errors := payload.Fields.ForName("errors")
		if f.Type.NonNull || payload.Kind != ast.Object || errors == nil || errors.Type.String() != "[UserError!]!" {
			t.Errorf("%s does not answer with a nullable payload with errors", f.Name)
		}
	}
}

// A refusal has a place in the answer of every mutation.
func TestEveryPayloadCanBeRefused(t *testing.T) {
	mutations := reflect.TypeFor[generated.MutationResolver]()
	for m := range mutations.Methods() {
		if !m.Type.Out(0).Implements(reflect.TypeFor[model.Refusable]()) {
			t.Errorf("%s answers with %s", m.Name, m.Type.Out(0))
		}
	}
	if mutations.NumMethod() == 0 {
		t.Error("no mutation was looked at")
	}
}

// Every list of the API is paged, or says that it is bounded.
func TestConnectionsFollowRelay(t *testing.T) {
	schema := Schema(&Resolver{}).Schema()
	for _, def := range schema.Types {
		for _, f := range def.Fields {
			name := f.Type.Name()
			if len(name) < len("Connection") || name[len(name)-len("Connection"):] != "Connection" {
				continue
			}
			for _, arg := range []string{"first", "after", "last", "before"} {
				if f.Arguments.ForName(arg) == nil {
					t.Errorf("%s.%s has no argument %s", def.Name, f.Name, arg)
				}
			}
			for _, field := range []string{"nodes", "edges", "pageInfo", "totalCount"} {
				if schema.Types[name].Fields.ForName(field) == nil {
					t.Errorf("%s has no field %s", name, field)
				}
			}
		}
	}
}

// What is selected below a list costs as often as the list has items, so the
// price of each list is known before it is read: it is a page, it states a
// bound, or it is as long as its arguments. Where only values are below, there
// is nothing more to read for an item.
func TestEveryListCostsItsLengthOrItsBound(t *testing.T) {
	schema := Schema(&Resolver{}).Schema()
	pages := map[string]bool{} // types that only fields with first lead to
	for _, def := range schema.Types {
		for _, f := range def.Fields {
			if f.Arguments.ForName("first") != nil {
				pages[f.Type.Name()] = true
			}
		}
	}
	for _, def := range schema.Types {
		for _, f := range def.Fields {
			if f.Arguments.ForName("first") == nil {
				delete(pages, f.Type.Name())
			}
		}
	}
	leadsOn := func(name string) bool {
		def := schema.Types[name]
		for _, of := range append(schema.GetPossibleTypes(def), def) {
			for _, f := range of.Fields {
				if schema.Types[f.Type.Name()].IsCompositeType() {
					return true
				}
			}
		}
		return false
	}
	seen := 0
	for name, def := range schema.Types {
		if strings.HasPrefix(name, "__") || def.Kind != ast.Object && def.Kind != ast.Interface {
			continue
		}
		for _, f := range def.Fields {
			if f.Type.Elem == nil || !leadsOn(f.Type.Name()) || strings.HasPrefix(f.Name, "__") {
				continue
			}
			if pages[name] && slices.Contains([]string{"nodes", "edges", "paths", "buckets"}, f.Name) {
				continue // as long as the first of the field above
			}
			seen++
			known := f.Directives.ForName("items") != nil || f.Arguments.ForName("first") != nil
			for _, a := range f.Arguments {
				known = known || a.Type.Elem != nil
			}
			if !known {
				t.Errorf("%s.%s: %s states no bound (@items)", name, f.Name, f.Type)
			}
		}
	}
	if seen == 0 {
		t.Error("no list was looked at")
	}
}

// A change of the API is a line in a diff.
func TestSchemaIsTheOneThatWasReviewed(t *testing.T) {
	const file = "testdata/schema.graphql"
	got := SDL()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the schema has changed (-want +got); run with -update when that is right:\n%s", diff)
	}
}
