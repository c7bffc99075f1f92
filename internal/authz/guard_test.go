package authz_test

import (
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// A row that everybody sees can be changed by its id, one that the viewer does
// not see cannot.
func TestUpdateByIDIsNarrowed(t *testing.T) {
	db := testkit.Database(t).Client
	system := viewer.AsSystem(t.Context())
	alliance := db.Alliance.Create().SetSlug("test").SetName(vocab.Text{"en": "Test"}).SetBounds([]vocab.Bounds{}).SaveX(system)
	person := db.Person.Create().SaveX(system)
	other := viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.Person, PersonID: ident.New(ident.Person)})
	if err := db.Alliance.UpdateOneID(alliance.ID).SetWebsite("https://alliance.example").Exec(other); err != nil {
		t.Errorf("an alliance, which everybody sees: %v", err)
	}
	if err := db.Person.UpdateOneID(person.ID).ClearSignedInAt().Exec(other); err == nil {
		t.Error("another person was changed")
	}
}
