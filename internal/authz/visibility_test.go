package authz

import (
	"context"
	"slices"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent/migrate"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// entities lists all that ent knows, by the plural of their table.
func entities() int { return len(migrate.Tables) }

// An entity is in the table of visibility or in the short list of those that
// only the system sees: a new one is invisible, and fails here.
func TestEveryEntityHasARule(t *testing.T) {
	for _, name := range systemOnly {
		if _, both := visible[name]; both {
			t.Errorf("%s is visible and for the system only", name)
		}
	}
	if got, want := len(visible)+len(systemOnly), entities(); got != want {
		t.Errorf("%d entities have a rule, there are %d", got, want)
	}
}

func TestNobodyIsAFault(t *testing.T) {
	if _, err := Rows(context.Background(), "Course"); err == nil {
		t.Error("a context without a viewer sees rows")
	}
	if _, err := SignedIn(context.Background()); err == nil {
		t.Error("a context without a viewer is signed in")
	}
}

func TestUnlistedEntityIsInvisible(t *testing.T) {
	ctx := viewer.With(context.Background(), &viewer.Viewer{Kind: viewer.Person, Grants: []viewer.Grant{{Role: viewer.AllianceAdministrator, At: "all_x"}}})
	if narrow, err := Rows(ctx, "Novelty"); err != nil || narrow == nil {
		t.Errorf("an entity without a rule is visible: %v", err)
	}
}

// A right is held at one place; nothing else has it, at any place.
func TestRightsAreHeldAtOnePlace(t *testing.T) {
	for _, verb := range Verbs() {
		for _, role := range viewer.Roles {
			v := &viewer.Viewer{Kind: viewer.Person, PersonID: "per_1", Grants: []viewer.Grant{{Role: role, At: "ins_here"}}}
			if got, want := Allowed(v, verb, "ins_here"), slices.Contains(rights[verb], role); got != want {
				t.Errorf("%s may %s: %v, want %v", role, verb, got, want)
			}
			if Allowed(v, verb, "ins_elsewhere") {
				t.Errorf("%s may %s elsewhere", role, verb)
			}
		}
	}
}

// A role at a unit carries the verbs about things that have one, there and
// below, and no other.
func TestUnitRolesCarryUnitVerbs(t *testing.T) {
	here, below, elsewhere := ident.ID("unt_here"), ident.ID("unt_below"), ident.ID("unt_elsewhere")
	for _, role := range UnitRoles {
		v := &viewer.Viewer{Kind: viewer.Person, Grants: []viewer.Grant{{Role: role, At: "ins_here", Unit: here, Units: []ident.ID{here, below}}}}
		for _, verb := range Verbs() {
			want := slices.Contains(UnitVerbs, verb) && slices.Contains(rights[verb], role)
			if Allowed(v, verb, "ins_here", &here) != want || Allowed(v, verb, "ins_here", &below) != want {
				t.Errorf("%s may %s at its unit: want %v", role, verb, want)
			}
			if Allowed(v, verb, "ins_here") || Allowed(v, verb, "ins_here", nil, &elsewhere) {
				t.Errorf("%s of a unit may %s elsewhere", role, verb)
			}
		}
	}
}
