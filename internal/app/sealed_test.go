package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/migrate"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	row "github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/serverkey"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/authn/token"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/ident"
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

// Three key-encryption keys.
var (
	firstKEK  = config.Secret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=")
	secondKEK = config.Secret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI=")
	thirdKEK  = config.Secret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAM=")
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
func used(t *testing.T) (c config.Config, db *storage.DB, uni ident.ID) {
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
		if err := rotate(system, db, k, made.ID); err != nil {
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
	commit(t, system, db, k, made.ID)
	return c, db, made.ID
}

// commit publishes an offering whose seats will be drawn.
func commit(t *testing.T, system context.Context, db *storage.DB, k keyring.KEK, uni ident.ID) {
	t.Helper()
	courses := &catalogue.Service{DB: db.Client, Now: time.Now, KEK: k}
	c, err := courses.Create(system, catalogue.NewCourse{InstitutionID: uni, Code: "CS-1", Kind: course.KindCOURSE,
		Content: catalogue.Content{Title: []vocab.Translation{{Language: "en", Text: "Course"}}}})
	if err != nil {
		t.Fatal(err)
	}
	v := db.Client.CourseVersion.Query().OnlyX(system)
	db.Client.Course.Update().SetState(course.StatePUBLISHED).SetPublishedVersionID(v.ID).ExecX(system)
	o := db.Client.Offering.Create().SetInstitutionID(uni).SetCourseID(c.ID).SetVersionID(v.ID).SetState(offering.StateDRAFT).SetSchedule(offering.ScheduleCOHORT).
		SetZone("Europe/Berlin").SetOpensAt(time.Now()).SetSeats(1).SetLanguage("en").SetMode(vocab.DeliveryModes[0]).SetPlace(vocab.Text{}).SetFunding(vocab.Text{}).SetDrawsAt(time.Now().Add(time.Hour)).SaveX(system)
	if _, err := courses.PublishOffering(system, o.ID); err != nil {
		t.Fatal(err)
	}
}

func rotate(ctx context.Context, db *storage.DB, k keyring.KEK, uni ident.ID) error {
	_, err := (&credential.Service{DB: db.Client, Now: time.Now, KEK: k}).RotateKey(ctx, uni, "")
	return err
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
	c, db, _ := used(t)
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

// Under a new KEK everything is sealed that was under the old one, or nothing.
func TestResealingMovesEverythingOrNothing(t *testing.T) {
	c, db, uni := used(t)
	system := viewer.AsSystem(t.Context())
	first, second, third := parsedKEK(t, firstKEK), parsedKEK(t, secondKEK), parsedKEK(t, thirdKEK)
	all := envelopes(t, db, first)
	if all < 6 {
		t.Fatalf("%d envelopes; two keys of an institution, two of the exchange, a hint and the seed of a draw were made", all)
	}
	now := c
	now.KEK = thirdKEK
	if _, _, err := Reseal(t.Context(), now, db, second); err == nil || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("by a wrong old one: %v", err)
	}
	if n := envelopes(t, db, second); n != 0 || envelopes(t, db, first) != all {
		t.Fatalf("a wrong old one has changed %d", n)
	}

	// One that cannot be opened stops it half way; those before stay as they were.
	if _, err := db.SQL.Exec("UPDATE server_keys SET sealed = ? WHERE purpose = 'SIGN_IN'", "v1."+third.ID()+".AAAA"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Reseal(t.Context(), c, db, second); err == nil || envelopes(t, db, second) != 0 || envelopes(t, db, first) != all-1 {
		t.Fatalf("one that does not open: %v, and %d are changed", err, envelopes(t, db, second))
	}
	if _, err := db.SQL.Exec("DELETE FROM server_keys WHERE purpose = 'SIGN_IN'"); err != nil {
		t.Fatal(err)
	}

	if made, already, err := Reseal(t.Context(), c, db, second); err != nil || made != all-1 || already != 0 {
		t.Fatalf("Reseal = %d, %d, %v; want %d", made, already, err, all-1)
	}
	if n := envelopes(t, db, first); n != 0 || envelopes(t, db, second) != all-1 {
		t.Errorf("%d stayed under the old one", n)
	}
	if old, _, err := OpenSealed(t.Context(), c); err == nil {
		_ = old.Close()
		t.Error("the old one is taken")
	}
	now.KEK = secondKEK
	again, k, err := OpenSealed(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close() })
	if hint := session.New(db.Client, time.Now, k).Hint(db.Client.Session.Query().OnlyX(system)); hint != "an ID token" {
		t.Errorf("the hint for a logout is %q", hint)
	}
	if err := rotate(system, again, k, uni); err != nil {
		t.Errorf("the signing key does not open: %v", err)
	}
	if err := token.Keys(again.Client, time.Now, k).Open(system); err != nil {
		t.Errorf("the key of access tokens does not open: %v", err)
	}

	// A server that went on under the old one has left a key: it is told, and mended.
	if err := token.Keys(db.Client, time.Now, first).Open(system); err == nil {
		t.Error("the old one opens the key of access tokens")
	}
	if _, err := token.Keys(db.Client, time.Now, first).Rotate(system, nil); err != nil {
		t.Fatal(err)
	}
	if mixed, _, err := OpenSealed(t.Context(), now); err == nil {
		_ = mixed.Close()
		t.Error("a key under the old one is not noticed")
	}
	if made, already, err := Reseal(t.Context(), c, db, second); err != nil || made != 1 || already != all {
		t.Errorf("the second run = %d, %d, %v; want 1 and %d", made, already, err, all)
	}
}
