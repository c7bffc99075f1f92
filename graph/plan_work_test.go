package graph

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/gate"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
	"github.com/peregrine-exchange/peregrine/internal/task"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// A plan of a work list answers exactly what gqlgen answers, to whoever asks: with
// the same learners, of whom the same is known.
func TestPlansOfWorkListsAnswerAsGqlgenDoes(t *testing.T) {
	db, found, _ := shelf(t)
	ctx := viewer.AsSystem(t.Context())
	now := vocab.Now(time.Now)
	host := db.Institution.Query().OnlyX(ctx)
	home := db.Institution.Create().SetSchac("home.example").SetName(vocab.Text{"en": "Home"}).SetAcronym("H").SetCountry("CZ").
		SetTown(vocab.Text{"en": "Town"}).SetDomains([]string{}).SetZone("Europe/Prague").SaveX(ctx)
	all := db.Alliance.Query().OnlyX(ctx)
	db.Membership.Create().SetAllianceID(all.ID).SetInstitutionID(home.ID).SetState("ACTIVE").SetPart("MEMBER").SetHistory([]vocab.Standing{}).SaveX(ctx)
	runs := db.Offering.Query().Order(offering.ByID()).AllX(ctx)
	var learners []ident.ID
	for i, state := range []application.State{application.StateSUBMITTED, application.StateNOMINATED, application.StateWAITLISTED, application.StateOFFERED, application.StateWITHDRAWN} {
		p := db.Person.Create().SaveX(ctx)
		learners = append(learners, p.ID)
		db.Profile.Create().SetPersonID(p.ID).SetGivenName("Ada <" + string(state) + ">").SetFamilyName("L").SetEmail("ada@home.example").SetLanguage("en").SaveX(ctx)
		a := db.Application.Create().SetLearnerID(p.ID).SetOfferingID(runs[i].ID).SetHomeID(home.ID).SetHostID(host.ID).SetState(state).
			SetSubmittedAt(now.Add(time.Duration(i) * time.Second)).SetMotivation("Why.").SetSharing(vocab.Sharing(nil).With(vocab.CurrentConsent().Version, now, vocab.ShareName))
		if state != application.StateWITHDRAWN {
			a.SetDueAt(now.Add(time.Duration(5-i) * time.Hour))
		}
		if i > 0 {
			a.SetNominatedAt(now).SetDecidedAt(now).SetReasonCode(vocab.ReasonOther).SetPreference(i)
		}
		if state == application.StateWAITLISTED {
			a.SetPlace(7)
		}
		a.SaveX(ctx)
	}
	if err := found.Load(ctx); err != nil {
		t.Fatal(err)
	}
	words := " { " + every(textFields(), nil) + " }"
	place := " { " + every(institutionFields(), map[string]string{"name": words, "town": words}) + " }"
	version := " { id title" + words + " }"
	run := " { id course { id code published" + version + " institution" + place + " } version" + version + " institution" + place + " }"
	app := " { " + every(applicationFields(), map[string]string{"home": place, "host": place, "offering": run, "learner": " { " + every(personFields(), nil) + " }"}) + " }"
	info := " { " + every(pageInfoFields(), nil) + " }"
	apps := " { " + every(applicationConnectionFields(), map[string]string{"nodes": app, "pageInfo": info}) + " }"
	tasks := " { " + every(taskConnectionFields(), map[string]string{"pageInfo": info,
		"nodes": " { " + every(taskFields(), map[string]string{"institution": place, "application": app}) + " }"}) + " }"
	mine := " { " + every(viewerFields(), map[string]string{"tasks": "(first: 3)" + tasks, "taskCounts": " { " + every(taskCountFields(), nil) + " }"}) + " }"
	handler := func(planned *int) http.Handler {
		r := &Resolver{DB: db, Now: time.Now, Discovery: found, Tasks: &task.Service{DB: db, Now: time.Now}, Privacy: &privacy.Service{DB: db, Now: time.Now},
			Journeys: &journey.Service{DB: db, Now: time.Now}}
		o := gate.Options{Present: Presenter(r.Problems), Extensions: []graphql.HandlerExtension{r.Loading, Disclosing{r.Privacy, r.Problems}, Refusals{r.Problems}}}
		if planned != nil {
			plans := newPlans(r)
			for name, compile := range plans.roots {
				plans.roots[name] = counted(compile, planned)
			}
			o.Extensions = append(o.Extensions, plans)
		}
		return gate.New(Schema(r), o)
	}
	planned := 0
	with, without := handler(&planned), handler(nil)
	office := func(at ident.ID) *viewer.Viewer {
		return &viewer.Viewer{Kind: viewer.Person, PersonID: ident.New(ident.Person), Grants: []viewer.Grant{{Role: viewer.MobilityOfficer, At: at}}}
	}
	told := 0
	for name, who := range map[string]*viewer.Viewer{
		"home": office(home.ID), "host": office(host.ID), "elsewhere": office(ident.New(ident.Institution)), "nobody": {Kind: viewer.Anonymous},
		"learner": {Kind: viewer.Person, PersonID: learners[3]}, "program": {Kind: viewer.Program, ClientID: ident.New(ident.APIClient), ClientAt: home.ID, Scopes: []string{"application.nominate"}},
	} {
		for _, tt := range []struct {
			query   string
			planned bool
		}{
			{"{ applications" + apps + " }", true},
			{`{ applications(first: 2, filter: { states: [SUBMITTED, NOMINATED] })` + apps + ` }`, true},
			{`{ applications(last: 1)` + apps + ` }`, true},
			{"{ viewer" + mine + " }", true},
			{`{ viewer { tasks(filter: { kinds: [DECIDE_NOMINATION, ANSWER_OFFER], overdue: false })` + tasks + ` } }`, true},
			{`{ applications { nodes { id motivation } } }`, false},
			{`{ applications(first: 101) { nodes { id } } }`, false},
			{`{ viewer { tasks(after: "x") { nodes { kind } } } }`, false},
			{`{ viewer { kind roles { role } } }`, false},
		} {
			b := ask(t, without, who, tt.query, nil) // first: the read model learns from it of which courses offerings are
			planned = 0
			a := ask(t, with, who, tt.query, nil)
			if !reflect.DeepEqual(a, b) {
				t.Errorf("%s, %.80s:\nplan   %v\ngqlgen %v", name, tt.query, a, b)
			}
			if (planned > 0) != tt.planned {
				t.Errorf("%s, %.80s: planned %d times", name, tt.query, planned)
			}
			if tt.planned && strings.Contains(fmt.Sprint(a), "Ada") {
				told++
			}
		}
	}
	if told < 8 {
		t.Errorf("only %d answers tell of a learner", told)
	}
}
