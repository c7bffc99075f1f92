package authz

import (
	"slices"
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// What gives rights, and what binds universities to each other, no program does.
func TestProgramsNeverHold(t *testing.T) {
	never := []Verb{ManageAlliance, ManageInstitution, GrantRoles, ManageKeys, ManageClients, ProposeRule, AnswerRule, TerminateRule}
	for _, verb := range Verbs() {
		v := &viewer.Viewer{Kind: viewer.Program, ClientID: "cli_1", ClientAt: "ins_here", Scopes: []string{string(verb)}}
		if got, want := Allowed(v, verb, "ins_here"), !slices.Contains(never, verb); got != want {
			t.Errorf("a program with the scope may %s: %v, want %v", verb, got, want)
		}
		if IsScope(string(verb)) == slices.Contains(never, verb) {
			t.Errorf("%s is a scope: %v", verb, IsScope(string(verb)))
		}
		for what, other := range map[string]*viewer.Viewer{
			"elsewhere":             {Kind: viewer.Program, ClientAt: "ins_elsewhere", Scopes: []string{string(verb)}},
			"without scope":         {Kind: viewer.Program, ClientAt: "ins_here", Scopes: []string{"catalogue.read", "learner.read"}},
			"of no institution":     {Kind: viewer.Program, Scopes: []string{string(verb)}},
			"a person with a scope": {Kind: viewer.Person, PersonID: "per_1", Scopes: []string{string(verb)}},
		} {
			if Allowed(other, verb, "ins_here") {
				t.Errorf("%s may %s", what, verb)
			}
		}
	}
}

// narrowing returns what narrows an entity for a viewer, as SQL with its
// arguments, or "" when all of it is seen.
func narrowing(t *testing.T, v *viewer.Viewer, entity string) (string, []any) {
	t.Helper()
	s := sql.Dialect(dialect.SQLite).Select("id").From(sql.Dialect(dialect.SQLite).Table("rows"))
	narrow, err := Rows(viewer.With(t.Context(), v), entity)
	if err != nil {
		t.Fatal(err)
	}
	if narrow != nil {
		narrow(s)
	}
	return s.Query()
}

// A program sees what anybody sees and, of the parts that its scopes open, the
// rows of its institution: no rule lets it be somebody, or hold a role. A new
// entity is closed to it.
func TestProgramsSeeTheirParts(t *testing.T) {
	anybody := &viewer.Viewer{Kind: viewer.Anonymous}
	for entity := range visible {
		for scope, p := range scopes {
			v := &viewer.Viewer{Kind: viewer.Program, ClientID: "cli_1", ClientAt: "ins_here", Scopes: []string{scope}}
			got, args := narrowing(t, v, entity)
			public, publicArgs := narrowing(t, anybody, entity)
			same := got == public && len(args) == len(publicArgs)
			if opens := opened[entity] == p; same == opens {
				t.Errorf("with %s, %s is open: %v, want %v", scope, entity, !same, opens)
			}
			if slices.Contains(args, any("cli_1")) || slices.Contains(args, any("")) {
				t.Errorf("with %s, %s is seen by whom: %s %v", scope, entity, got, args)
			}
		}
	}
	for entity := range opened {
		if visible[entity].rows == nil {
			t.Errorf("%s is opened and has no rule", entity)
		}
	}
	for _, entity := range []string{ent.TypeSession, ent.TypeIdentity, ent.TypeRoleGrant, ent.TypeProvider, ent.TypeApiClient} {
		if _, open := opened[entity]; open {
			t.Errorf("%s is open to programs", entity)
		}
	}
}

// A program is nobody's self, and nobody decides about themselves through one.
func TestProgramIsNoPerson(t *testing.T) {
	ctx := viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.Program, ClientID: "cli_1", ClientAt: "ins_here"})
	if RequireSelf(ctx, "per_1") == nil || RequireSelf(ctx, "") == nil || RequireSelf(ctx, "cli_1") == nil {
		t.Error("a program is a person")
	}
	if err := RequireOther(ctx, "per_1"); err != nil {
		t.Errorf("a program is the person that it decides about: %v", err)
	}
	if _, err := SignedInPerson(ctx); err == nil {
		t.Error("a program does what only people do")
	}
}
