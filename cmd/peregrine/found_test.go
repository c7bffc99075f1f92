package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Who has signed in becomes administrator of the alliance once, however often
// the operator says so, and the audit has it.
func TestOperatorMakesTheFirstAdministrator(t *testing.T) {
	environ := []string{"PEREGRINE_DATABASE=sqlite:" + filepath.Join(t.TempDir(), "p.db"), "PEREGRINE_LOG_LEVEL=error"}
	run1 := func(in string, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if status := run(args, environ, strings.NewReader(in), &out, &errs); status != 0 {
			t.Fatalf("%v: %d %s", args, status, errs.String())
		}
		return out.String()
	}
	run1(`{"slug": "test", "name": {"en": "Test"}, "website": "https://alliance.example", "members": [{"part": "MEMBER", "schac": "uni-x.example", "name": {"en": "X"},
		"acronym": "X", "country": "DE", "town": {"en": "X"}, "timeZone": "Europe/Berlin"}]}`, "alliance", "found", "-")
	run1(`{"key": "uni-x", "issuer": "https://idp.uni-x.example", "clientId": "peregrine", "clientAuthentication": "PRIVATE_KEY_JWT",
		"homes": {"uni-x.example": "uni-x.example"}}`, "provider", "register", "-")

	c, err := config.Load("", environ)
	if err != nil {
		t.Fatal(err)
	}
	db, err := app.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	system := viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.System})
	home, idp := db.Client.Institution.Query().OnlyIDX(system), db.Client.Provider.Query().OnlyX(system)
	learners := &learner.Service{DB: db.Client, Now: time.Now}
	ada, err := learners.SignIn(system, learner.Assertion{ProviderID: idp.ID, Issuer: idp.Issuer, Subject: "ada", InstitutionID: home, Affiliations: []string{"staff"}})
	if err != nil {
		t.Fatal(err)
	}
	grant := []string{"admin", "grant", "--issuer", idp.Issuer, "--subject", "ada", "--alliance", "test"}
	if first, second := run1("", grant...), run1("", grant...); first != second || !strings.Contains(first, string(ada.PersonID)) {
		t.Errorf("the first time says %q, the second %q", first, second)
	}
	v, err := learners.ViewerOf(system, ada.PersonID)
	if err != nil {
		t.Fatal(err)
	}
	if all := db.Client.Alliance.Query().OnlyIDX(system); !v.Has(viewer.AllianceAdministrator, all) {
		t.Errorf("ada holds %v", v.Grants)
	}
	for verb, want := range map[string]int{"alliance.found": 1, "institution.admit": 1, "provider.register": 1, "role.grant": 1} {
		if n := db.Client.AuditEntry.Query().Where(auditentry.Verb(verb), auditentry.ActorKindEQ(auditentry.ActorKindSYSTEM)).CountX(system); n != want {
			t.Errorf("%d entries %s", n, verb)
		}
	}
}
