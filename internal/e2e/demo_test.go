package e2e

import (
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/draw"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/ent/recognitionrule"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/gate"
	"github.com/peregrine-exchange/peregrine/internal/lot"
	"github.com/peregrine-exchange/peregrine/internal/seed"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/web"
)

// demo fills the world with the demo alliance instead of the three universities.
func demo(t *testing.T) *World {
	t.Helper()
	w := emptyWorld(t)
	w.SetClock(time.Now())
	if err := seed.Run(t.Context(), w.DB.Client, seed.Options{BaseURL: base, IDPURL: "http://localhost:8090", KEK: w.parts.KEK, Forms: app.Forms, Now: time.Now, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	if err := w.App.Discovery.Load(w.system()); err != nil {
		t.Fatal(err)
	}
	return w
}

// The demo is whole or not at all: what was broken off is not taken for it, nor
// is another alliance.
func TestDemoIsWholeOrRefused(t *testing.T) {
	for _, tt := range []struct {
		what string
		make func(w *World)
		want error
	}{
		{"twice", func(w *World) {}, nil},
		{"broken off", func(w *World) {
			if _, err := w.DB.SQL.ExecContext(t.Context(), "DELETE FROM audit_entries WHERE verb = 'demo.seed'"); err != nil {
				t.Fatal(err)
			}
		}, seed.ErrBrokenOff},
	} {
		w := demo(t)
		tt.make(w)
		courses := w.DB.Client.Course.Query().CountX(w.system())
		err := seed.Run(
			t.Context(),
			w.DB.Client,
			seed.Options{BaseURL: base, IDPURL: "http://localhost:8090", KEK: w.parts.KEK, Forms: app.Forms, Now: time.Now, Log: slog.New(slog.DiscardHandler)},
		)
		if !errors.Is(err, tt.want) || w.DB.Client.Course.Query().CountX(w.system()) != courses {
			t.Errorf("%s: %v", tt.what, err)
		}
	}
	w := NewWorld(t)
	if err := seed.Run(t.Context(), w.DB.Client, seed.Options{BaseURL: base, IDPURL: "http://localhost:8090", KEK: w.parts.KEK, Forms: app.Forms, Now: time.Now, Log: slog.New(slog.DiscardHandler)}); !errors.Is(
		err,
		seed.ErrAnother,
	) {
		t.Errorf("beside another alliance: %v", err)
	}
}

// Whenever the demo is seeded, its stories are the same: the past cohort was
// promised what a rule of its time said.
func TestDemoIsTheSameInEveryYear(t *testing.T) {
	for _, day := range []time.Time{
		time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC), time.Date(2026, 12, 20, 9, 0, 0, 0, time.UTC), time.Date(2027, 2, 1, 9, 0, 0, 0, time.UTC),
		time.Date(2028, 2, 29, 23, 59, 0, 0, time.UTC), time.Date(2031, 7, 1, 0, 0, 0, 0, time.UTC),
	} {
		w := emptyWorld(t)
		w.SetClock(day)
		if err := seed.Run(t.Context(), w.DB.Client, seed.Options{BaseURL: base, IDPURL: "http://localhost:8090", KEK: w.parts.KEK, Forms: app.Forms, Now: w.Now, Log: slog.New(slog.DiscardHandler)}); err != nil {
			t.Errorf("%s: %v", day, err)
			continue
		}
		oksana := w.DB.Client.Identity.Query().Where(identity.Subject("oksana")).OnlyX(w.system())
		c := w.DB.Client.RecognitionCase.Query().Where(recognitioncase.LearnerID(oksana.PersonID)).OnlyX(w.system())
		app := w.DB.Client.Application.Query().Where(application.LearnerID(oksana.PersonID)).OnlyX(w.system())
		founded := w.DB.Client.Membership.Query().Order(membership.BySince()).FirstX(w.system())
		if c.State != recognitioncase.StateGRANTED || c.Basis != recognitioncase.BasisCOMMITMENT || !founded.Since.Before(app.SubmittedAt) {
			t.Errorf("%s: Oksana's case is %s by %v; she applied at %s, the alliance began at %s", day, c.State, c.Basis, app.SubmittedAt, founded.Since)
		}
	}
}

// persona signs somebody of the demo in.
func (w *World) persona(key, domain string) *Actor {
	w.t.Helper()
	found, err := w.DB.Client.Identity.Query().Where(identity.Subject(key), identity.Issuer("http://localhost:8090/"+domain)).Only(w.system())
	if err != nil {
		w.t.Fatal(err)
	}
	return &Actor{w: w, Name: key, ID: found.PersonID, token: w.bearer(found)}
}

// The demo has somebody in every state of the journey, the members with their
// codes, enough courses, and the cohort whose deadline has passed.
func TestDemoAllianceIsLively(t *testing.T) {
	w := demo(t)
	ctx, db := w.system(), w.DB.Client
	for _, s := range []application.State{application.StateSUBMITTED, application.StateNOMINATED, application.StateADMITTED, application.StateREFUSED_BY_HOME, application.StateREFUSED_BY_HOST, application.StateWITHDRAWN,
		application.StateWAITLISTED, application.StateCONDITIONAL, application.StateOFFERED} {
		if !db.Application.Query().Where(application.StateEQ(s)).ExistX(ctx) {
			t.Errorf("no application is %s", s)
		}
	}
	for _, s := range []draw.State{draw.StateCOMMITTED, draw.StateDRAWN} {
		if !db.Draw.Query().Where(draw.StateEQ(s)).ExistX(ctx) {
			t.Errorf("no draw is %s", s)
		}
	}
	held := db.Draw.Query().Where(draw.StateEQ(draw.StateDRAWN)).OnlyX(ctx)
	if record, err := w.App.Journeys.Draw(ctx, held.OfferingID); err != nil || !lot.Good(record.Verify()) {
		t.Errorf("the draw of the demo: %v, %v", record.Verify(), err)
	}
	soon := w.Now().Add(3 * time.Hour)
	if !db.Application.Query().Where(application.StateEQ(application.StateOFFERED), application.DueAtLT(soon)).ExistX(ctx) {
		t.Error("no offer of a seat is about to run out")
	}
	if !db.Application.Query().Where(application.StateEQ(application.StateSUBMITTED), application.DueAtLT(w.Now())).ExistX(ctx) {
		t.Error("no nomination is overdue")
	}
	if !db.Document.Query().ExistX(ctx) || !db.AccessNeeds.Query().ExistX(ctx) || db.AdmissionPolicy.Query().CountX(ctx) != 3 {
		t.Error("documents, access needs or policies are missing")
	}
	for _, s := range []result.State{result.StateRECORDED, result.StateCONFIRMED} {
		if !db.Result.Query().Where(result.StateEQ(s)).ExistX(ctx) {
			t.Errorf("no result is %s", s)
		}
	}
	for _, s := range []credential.State{credential.StateISSUED, credential.StateREVOKED} {
		if !db.Credential.Query().Where(credential.StateEQ(s)).ExistX(ctx) {
			t.Errorf("no credential is %s", s)
		}
	}
	for _, s := range []recognitioncase.State{recognitioncase.StateOPEN, recognitioncase.StateGRANTED, recognitioncase.StateGRANTED_PARTIALLY} {
		if !db.RecognitionCase.Query().Where(recognitioncase.StateEQ(s)).ExistX(ctx) {
			t.Errorf("no recognition case is %s", s)
		}
	}
	for _, s := range []recognitionrule.State{recognitionrule.StatePROPOSED, recognitionrule.StateAGREED} {
		if !db.RecognitionRule.Query().Where(recognitionrule.StateEQ(s)).ExistX(ctx) {
			t.Errorf("no recognition rule is %s", s)
		}
	}
	if n := db.Course.Query().CountX(ctx); n < 40 {
		t.Errorf("%d courses", n)
	}
	if n := db.MicroDegree.Query().CountX(ctx); n != 2 {
		t.Errorf("%d micro-degrees", n)
	}
	deadline := time.Date(2025, 9, 11, 21, 0, 0, 0, time.UTC) // 23:00 in Hannover, on summer time
	past := db.Offering.Query().Where(offering.ClosesAt(deadline)).OnlyX(ctx)
	if past.Zone != "Europe/Berlin" {
		t.Errorf("the past cohort closes in %s", past.Zone)
	}
	got := w.Nobody().
		Asks("looks at the coordinator", `{ institution(by: {erasmusCode: "D  HANNOVE01"}) { schac pic ror name { text(languages: ["de"]) } units { nodes { kind name { text } } } } institutions(filter: {alliance: "eulist"}) { totalCount } }`, nil)
	if at(got, "institution", "pic") != "999981828" || at(got, "institutions", "totalCount") != float64(11) {
		t.Errorf("the coordinator is %v", got)
	}
	// Seeding again changes nothing.
	before := db.AuditEntry.Query().CountX(ctx)
	if err := seed.Run(t.Context(), db, seed.Options{Now: time.Now, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	if after := db.AuditEntry.Query().CountX(ctx); after != before {
		t.Errorf("seeding again wrote %d audit entries", after-before)
	}
}

// The examples of the explorer run at once, in the order of the journey, and
// leave the limits head room of three.
func TestExamplesOfTheExplorerRun(t *testing.T) {
	w := demo(t)
	who := map[string]*Actor{
		"apply": w.persona("daria", "vutbr.cz"), "counts": w.persona("daria", "vutbr.cz"), "whoami": w.persona("daria", "vutbr.cz"),
		"worklist": w.persona("international", "vutbr.cz"), "nominate": w.persona("international", "vutbr.cz"),
		"admit": w.persona("international", "tuwien.ac.at"), "results": w.persona("registrar", "lut.fi"),
		"issue": w.persona("registrar", "lut.fi"), "recognition": w.persona("jonas", "uni-hannover.de"), "disclosures": w.persona("daria", "vutbr.cz"),
		"audit": w.persona("daria", "vutbr.cz"), "eligibility": w.persona("daria", "vutbr.cz"), "draft": w.persona("daria", "vutbr.cz"),
		"drafts": w.persona("astrid", "ju.se"), "seats": w.persona("international", "lut.fi"), "many": w.persona("international", "lut.fi"),
		"accept": w.persona("nikos", "ntua.gr"), "choices": w.persona("marek", "stuba.sk"), "policies": w.persona("international", "uni-hannover.de"),
	}
	values := map[string]string{"consent": vocab.CurrentConsent().Version}
	offer := w.DB.Client.Application.Query().Where(application.StateEQ(application.StateOFFERED)).OnlyX(w.system())
	values["offer"] = string(offer.ID)
	for _, e := range web.Examples {
		size, err := gate.Measure(e.Document)
		if err != nil || size.Depth*3/2 > gate.MaxDepth || size.Fields*3 > gate.MaxFields || size.Roots*3 > gate.MaxRoots {
			t.Errorf("%s is too near the limits: %+v, %v", e.Key, size, err)
		}
		a := who[e.Key]
		if a == nil {
			a = w.Nobody()
		}
		variables := map[string]any{}
		if e.Variables != "" {
			if err := json.Unmarshal([]byte(e.Variables), &variables); err != nil {
				t.Fatalf("%s: %v", e.Key, err)
			}
			for name := range variables {
				variables[name] = values[name]
			}
		}
		got := a.Asks("runs the example "+e.Key, e.Document, variables)
		for _, payload := range got {
			if p, ok := payload.(map[string]any); ok && p["errors"] != nil && len(p["errors"].([]any)) > 0 {
				t.Fatalf("the example %s is refused: %v", e.Key, p["errors"])
			}
		}
		remember(e.Key, got, values)
	}
	if got := w.persona("jonas", "uni-hannover.de").Asks("looks who has read", `{ viewer { disclosures { totalCount } } }`, nil); at(got, "viewer", "disclosures", "totalCount") == 0.0 {
		t.Error("nobody has read anything in the demo")
	}
	for _, key := range []string{"offering", "application", "result", "token", "waiting"} {
		if values[key] == "" {
			t.Errorf("the examples lead to no %s", key)
		}
	}
}

// remember notes what the next examples need, and fails on refusals.
func remember(example string, got map[string]any, values map[string]string) {
	switch example {
	case "counts":
		for _, n := range at(got, "offerings", "nodes").([]any) {
			if preview := at(n, "recognition"); preview != nil && at(preview, "verdict") == "COUNTS" && at(n, "institution", "acronym") == "TUW" {
				values["offering"] = at(n, "id").(string)
			}
		}
	case "seats":
		for _, n := range at(got, "applications", "nodes").([]any) {
			if at(n, "waitlistRank") == 3.0 {
				values["waiting"] = at(n, "id").(string)
			}
		}
	case "apply":
		values["application"] = at(got, "submitApplication", "application", "id").(string)
	case "results":
		for _, n := range at(got, "enrolments", "nodes").([]any) {
			for _, r := range at(n, "results").([]any) {
				if at(r, "state") == "CONFIRMED" && at(r, "credential") == nil {
					values["result"] = at(r, "id").(string)
				}
			}
		}
	case "issue":
		address := at(got, "issueCredential", "credential", "verificationUrl").(string)
		values["token"] = address[strings.LastIndex(address, "/")+1:]
	}
}

// Standard introspection, as tools send it, is within the limits.
func TestToolsCanIntrospect(t *testing.T) {
	w := emptyWorld(t)
	got := w.Nobody().Asks("introspects", introspection, nil)
	var names []string
	for _, f := range at(got, "__schema", "types").([]any) {
		names = append(names, at(f, "name").(string))
	}
	if !slices.Contains(names, "Application") || !slices.Contains(names, "UserError") {
		t.Errorf("introspection shows %v", names)
	}
}

const introspection = `query IntrospectionQuery { __schema { description queryType { name } mutationType { name } subscriptionType { name }
  types { ...FullType } directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL isOneOf fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
  inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }`
