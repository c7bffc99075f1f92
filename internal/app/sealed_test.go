package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/migrate"
	row "github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/serverkey"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/authn/token"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// Two key-encryption keys.
var (
	firstKEK  = config.Secret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=")
	secondKEK = config.Secret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI=")
)

func parsedKEK(t *testing.T, s config.Secret) keyring.KEK {
	t.Helper()
	k, err := keyring.ParseKEK(string(s))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// used is a database in which everything that is sealed is there, made by those
// who make it under the first KEK.
func used(t *testing.T) (c config.Config, db *storage.DB) {
	t.Helper()
	c = config.Config{Database: config.Address(testkit.Migrated(t)), KEK: firstKEK}
	db, k, err := OpenSealed(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	system := viewer.AsSystem(t.Context())
	institutions := &institution.Service{DB: db.Client, Now: time.Now}
	alliance, err := institutions.Found(system, institution.Founding{Slug: "test", Name: vocab.Text{"en": "Test"}, Bounds: institution.DefaultBounds})
	if err != nil {
		t.Fatal(err)
	}
	made, err := institutions.Admit(system, institution.Admission{AllianceID: alliance.ID, Part: membership.PartMEMBER, Details: institution.Details{
		SCHAC: "uni-a.example", Name: vocab.Text{"en": "A"}, Acronym: "A", Country: "DE", Town: vocab.Text{"en": "Town"}, Zone: "Europe/Berlin"}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // one signs, one has
		if _, err := (&credential.Service{DB: db.Client, Now: time.Now, KEK: k}).RotateKey(system, made.ID, ""); err != nil {
			t.Fatal(err)
		}
	}
	prove := token.Keys(db.Client, time.Now, k)
	prove.Purpose = serverkey.PurposeSIGN_IN
	if err := prove.Open(system); err != nil {
		t.Fatal(err)
	}
	idp, err := (&provider.Service{DB: db.Client, Now: time.Now}).Register(system, provider.Proposal{Key: "uni-a", Issuer: "https://idp.uni-a.example", ClientID: "peregrine",
		ClientAuthentication: row.ClientAuthenticationPRIVATE_KEY_JWT, Mode: row.ModeDIRECT, Scopes: []string{"openid"},
		Homes: []provider.Home{{Domain: "uni-a.example", InstitutionID: made.ID}}})
	if err != nil {
		t.Fatal(err)
	}
	account, err := (&learner.Service{DB: db.Client, Now: time.Now}).SignIn(system, learner.Assertion{ProviderID: idp.ID, Issuer: idp.Issuer, Subject: "ada",
		InstitutionID: made.ID, Affiliations: []string{"student"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.New(db.Client, time.Now, k).Start(system, account, session.Proof{IDToken: "an ID token", Purpose: "SIGN_IN"}); err != nil {
		t.Fatal(err)
	}
	return c, db
}

// envelopes counts what is sealed under the KEK, in whatever column of whatever
// table.
func envelopes(t *testing.T, db *storage.DB, k keyring.KEK) (n int) {
	t.Helper()
	for _, table := range migrate.Tables {
		for _, column := range table.Columns {
			var more int
			like := "SELECT COUNT(*) FROM %s WHERE `%s` LIKE ?"
			if err := db.SQL.QueryRow(fmt.Sprintf(like, table.Name, column.Name), "v1."+k.ID()+".%").Scan(&more); err != nil {
				t.Fatal(err)
			}
			n += more
		}
	}
	return n
}

// Whatever is left that is sealed, another KEK is refused, and nothing is
// written by who was refused.
func TestAnotherKEKIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	c, db := used(t)
	if _, err := db.SQL.Exec("DELETE FROM server_keys"); err != nil { // as who tidies up may do
		t.Fatal(err)
	}
	other := c
	other.KEK = secondKEK
	_, _, err := OpenSealed(t.Context(), other)
	if err == nil {
		t.Fatal("another key-encryption key is taken")
	}
	for _, part := range []string{"PEREGRINE_KEY_ENCRYPTION_KEY", parsedKEK(t, secondKEK).ID(), "give the one"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if n := envelopes(t, db, parsedKEK(t, secondKEK)); n != 0 {
		t.Errorf("%d are sealed under the KEK that was refused", n)
	}
	same, _, err := OpenSealed(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	_ = same.Close()
}

// A key-encryption key that was lost is asked for, and none is made in its
// place, before a migration too.
func TestALostKeyFileIsNotReplaced(t *testing.T) {
	if testkit.Dialect() != dialect.SQLite {
		t.Skip("it stands beside SQLite only")
	}
	c := config.Config{Database: config.Address(testkit.Fresh(t))}
	db, _, err := OpenSealed(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	if err := os.Rename(keyFile(c), keyFile(c)+"-kept"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenSealed(t.Context(), c); err == nil || !strings.Contains(err.Error(), "put it back") {
		t.Errorf("without its key: %v", err)
	}
	if found, _ := filepath.Glob(keyFile(c)); len(found) > 0 {
		t.Error("another key was made")
	}
}
