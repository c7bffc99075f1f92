package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// applicants are what an office reads of a hundred people at once.
const applicants = `query Worklist { applications(first: 100) { nodes { id state learner { displayName email } } } }`

// What the notes of who was read cost beside the list that is read: on the way
// of the request, and in the statement that later writes them.
func BenchmarkNotes(b *testing.B) {
	d := fill(b)
	c, system := d.db.Client, viewer.AsSystem(b.Context())
	var people []ident.ID
	for i := range 100 {
		p := c.Person.Create().SetSignedInAt(time.Now()).SaveX(system)
		c.Profile.Create().SetPersonID(p.ID).SetGivenName(fmt.Sprint("G", i)).SetFamilyName("F").SetEmail(fmt.Sprint(i, "@uni.example")).SetLanguage("en").ExecX(system)
		c.Application.Create().SetLearnerID(p.ID).SetOfferingID(d.open[i%len(d.open)]).SetHomeID(d.home).SetHostID(c.Offering.GetX(system, d.open[i%len(d.open)]).InstitutionID).
			SetState(application.StateSUBMITTED).SetSubmittedAt(time.Now()).ExecX(system)
		people = append(people, p.ID)
	}
	c.RoleGrant.Create().SetPersonID(d.learner).SetRole(rolegrant.RoleMOBILITY_OFFICER).SetInstitutionID(d.home).SetValidFrom(time.Now().Add(-time.Hour)).ExecX(system)
	server, token := served(b, d)
	body := document(b, applicants, nil)
	ask := func() int {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+"/graphql", bytes.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		defer got.Body.Close()
		said, err := io.ReadAll(got.Body)
		if err != nil {
			b.Fatal(err)
		}
		return bytes.Count(said, []byte("@uni.example"))
	}
	if n := ask(); n < 90 {
		b.Fatalf("the office reads %d addresses", n)
	}
	log := &privacy.Service{DB: c, Now: time.Now}
	office := viewer.With(b.Context(), &viewer.Viewer{Kind: viewer.Person, PersonID: d.learner, Grants: []viewer.Grant{{Role: viewer.MobilityOfficer, At: d.home}}})
	sights, err := log.Sights(office, people)
	if err != nil {
		b.Fatal(err)
	}
	note := func() {
		err := log.Disclose(office, "Worklist", func(ctx context.Context) {
			for _, s := range sights {
				for _, f := range []vocab.PersonalField{vocab.FieldName, vocab.FieldEmail} {
					if _, err := s.Read(ctx, f, func(p *ent.Profile) *string { return &p.GivenName }); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.Run("list of 100", func(b *testing.B) {
		var list, notes, written spent
		for b.Loop() {
			list.add(func() {
				for range round {
					ask()
				}
			})
			notes.add(func() {
				for range round {
					note()
				}
			})
			written.add(func() {
				if err := log.Write(office); err != nil { // those of all lists of a second, together
					b.Fatal(err)
				}
			})
		}
		list.report(b, "list")
		notes.report(b, "notes")
		b.ReportMetric(100*notes.total()/(list.total()-notes.total()), "%more")
		b.ReportMetric(100*written.total()/list.total(), "%later")
		b.ReportMetric(0, "ns/op")
	})
}
