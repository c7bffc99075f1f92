package openbadge_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
	"github.com/peregrine-exchange/peregrine/internal/vc/openbadge"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

var update = flag.Bool("update", false, "write the golden files anew")

func en(s string) vocab.Text { return vocab.Text{"en": s} }

// full has a value in every member that the form can hold.
func full() vc.Award {
	return vc.Award{
		ID: "https://exchange.example/credentials/crd_1", Kind: vocab.KindMicroCredential,
		Achievement: "https://exchange.example/courses/crs_1/versions/2",
		Issuer: vc.Organisation{
			ID: "did:web:exchange.example:issuers:luh", Name: en("Leibniz University Hannover"), Country: "DE", Website: "https://www.uni-hannover.de",
			ROR: "https://ror.org/0304hq317", Erasmus: "D  HANNOVE01", PIC: "999981828", SCHAC: "uni-hannover.de",
		},
		AwardingBodies: []vc.Organisation{{ID: "https://exchange.example/units/unt_1", Name: en("Faculty of Mathematics and Physics"), Country: "DE"}},
		Holder: vc.Holder{
			ID: "urn:uuid:0b8f2c1e-6f3c-4a40-9d59-5d5f6a7b8c9d", GivenName: "Ada", FamilyName: "Lovelace", DateOfBirth: "2001-12-10",
			ESI: "urn:schac:personalUniqueCode:int:esi:DE:1234567",
		},
		Title: en("Laser Safety"), Description: en("How to work with lasers without harm."), Criteria: en("Pass the examination and adjust a laser."),
		Outcomes: []vocab.Outcome{
			{Text: en("names the classes of lasers")},
			{Text: en("manages health and safety standards"), ESCO: "http://data.europa.eu/esco/skill/aa1f8d0b-6e2d-4b5a-9d61-2f0d9c0f4a11"},
		},
		ECTS: 250, Hours: 75, EQF: 6, ISCEDF: "0533",
		Assessments: []vocab.AssessmentType{"WRITTEN_EXAMINATION", "PRACTICAL_ASSESSMENT"}, Participation: "BLENDED",
		Quality:     vocab.QualityAssurance{Kind: "PROGRAMME_QA", Name: en("Accreditation Council"), URL: "https://data.deqar.eu/report/1"},
		Supervision: "SUPERVISED", Grade: &vc.Grade{Value: "1.3", Scale: "DE_1_5"}, Stacking: "STACKABLE", Language: "de",
		IssuedAt: time.Date(2027, 3, 1, 10, 0, 0, 0, time.UTC), AwardedAt: time.Date(2027, 2, 20, 9, 30, 0, 0, time.UTC),
		ValidUntil: time.Date(2037, 3, 1, 10, 0, 0, 0, time.UTC),
		Status:     &vc.Status{List: "https://exchange.example/status/luh/1", Index: 94567, Purpose: vc.Revocation},
	}
}

// least has what every badge needs and no more.
func least() vc.Award {
	return vc.Award{
		ID: "urn:uuid:1", Achievement: "https://exchange.example/courses/crs_1", Issuer: vc.Organisation{ID: "https://exchange.example/issuers/luh"},
		Holder: vc.Holder{FamilyName: "Plato"}, Title: vocab.Text{"el": "Ιδέες"}, IssuedAt: time.Date(2027, 3, 1, 10, 0, 0, 0, time.UTC),
	}
}

func document(t testing.TB, a vc.Award) []byte {
	t.Helper()
	data, err := openbadge.Document(a)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func token(t testing.TB, k *keyring.Key, payload []byte) []byte {
	t.Helper()
	s, err := jose.Sign(k, jose.Header{Type: jose.TypeJWT}, payload)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(s)
}

func key(t testing.TB) *keyring.Key {
	t.Helper()
	k, err := keyring.Generate(jose.EdDSA)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestDocumentIsTheGoldenOne(t *testing.T) {
	for name, award := range map[string]vc.Award{"full": full(), "least": least()} {
		var got bytes.Buffer
		if err := json.Indent(&got, document(t, award), "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
		file := "testdata/v3p0-" + name + ".golden.json"
		if *update {
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (run with -update if it is meant so): %s", file, diff)
		}
	}
}

func TestAwardReadsBackEqual(t *testing.T) {
	k := key(t)
	minimal := least()
	minimal.Description = minimal.Title // the form demands one
	pass := full()
	pass.Grade, pass.Stacking = &vc.Grade{Value: "passed", Scale: "PASS_FAIL"}, "STAND_ALONE"
	pass.Supervision, pass.Kind = "UNSUPERVISED_ID_VERIFIED", vocab.KindMicroDegree
	pass.Quality = vocab.QualityAssurance{Kind: "INSTITUTIONAL_QA"}
	letter := full()
	letter.Grade, letter.Kind, letter.Status, letter.Holder.ID = &vc.Grade{Value: "FX", Scale: "SK_A_FX"}, vocab.KindCourse, nil, ""
	for name, award := range map[string]vc.Award{"full": full(), "least": minimal, "micro-degree": pass, "course without status": letter} {
		payload, err := openbadge.Payload(award)
		if err != nil {
			t.Fatal(err)
		}
		for form, data := range map[string][]byte{"document": document(t, award), "token": token(t, k, payload)} {
			t.Run(name+" as "+form, func(t *testing.T) {
				b, err := openbadge.Parse(data)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(award, b.Award); diff != "" {
					t.Error(diff)
				}
				if lost := openbadge.Loss(award); lost != nil {
					t.Errorf("Loss = %v, although all reads back", lost)
				}
				if (b.Token != nil) != (form == "token") || len(b.Schemas) != 1 || len(b.Unread) != 0 {
					t.Errorf("Parse = %+v", b)
				}
				if b.Token != nil {
					if _, by, err := b.Token.Verify(jose.Set{k.Public()}); err != nil || by.ID != k.KeyID() {
						t.Errorf("Verify = %v", err)
					}
				}
			})
		}
	}
}

// The token is checked by the standard library alone: signature over the bytes
// as sent, claims equal to the members.
func TestTokenIsAVCJWT(t *testing.T) {
	k, award := key(t), full()
	payload, err := openbadge.Payload(award)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(token(t, k, payload)), ".")
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !ed25519.Verify(k.Public().Public.(ed25519.PublicKey), []byte(parts[0]+"."+parts[1]), signature) {
		t.Fatalf("crypto/ed25519 refuses the token: %v", err)
	}
	var got struct {
		Iss, Jti, Sub, ID, ValidFrom, ValidUntil string
		Nbf, Exp                                 int64
		VC                                       any `json:"vc"`
		Issuer                                   struct{ ID string }
		Subject                                  struct{ ID string } `json:"credentialSubject"`
	}
	decoded, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(decoded, &got); err != nil {
		t.Fatal(err)
	}
	unix := func(s string) int64 {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at.Unix()
	}
	if got.Iss != got.Issuer.ID || got.Jti != got.ID || got.Sub != got.Subject.ID || got.Nbf != unix(got.ValidFrom) || got.Exp != unix(got.ValidUntil) ||
		got.Iss != award.Issuer.ID || got.Nbf != award.IssuedAt.Unix() || got.VC != nil {
		t.Errorf("claims and members differ: %+v", got)
	}
}

func TestFractionsOfSecondsDoNotSplitClaimAndMember(t *testing.T) {
	a := full()
	a.IssuedAt, a.ValidUntil = a.IssuedAt.Add(999_999*time.Microsecond), a.ValidUntil.Add(time.Microsecond)
	payload, err := openbadge.Payload(a)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openbadge.Parse(token(t, key(t), payload)); err != nil {
		t.Errorf("Parse = %v", err)
	}
	if lost := openbadge.Loss(a); !slices.Equal(lost, []string{"issuedAt.seconds"}) {
		t.Errorf("Loss = %v", lost)
	}
}

func TestLossNamesWhatTheFormCannotHold(t *testing.T) {
	for want, change := range map[string]func(*vc.Award){
		"prerequisites":                func(a *vc.Award) { a.Prerequisites = en("Optics") },
		"verifyUrl":                    func(a *vc.Award) { a.VerifyURL = "https://exchange.example/v/1" },
		"awardingBodies":               func(a *vc.Award) { a.AwardingBodies = append(a.AwardingBodies, a.Issuer) },
		"title.translations":           func(a *vc.Award) { a.Title["de"] = "Lasersicherheit" },
		"outcomes.translations":        func(a *vc.Award) { a.Outcomes[1].Text["de"] = "kennt Normen" },
		"issuer.name.translations":     func(a *vc.Award) { a.Issuer.Name["de"] = "Leibniz Universität Hannover" },
		"criteria.language":            func(a *vc.Award) { a.Criteria = vocab.Text{"de": "Prüfung"} },
		"awardingBodies.name.language": func(a *vc.Award) { a.AwardingBodies[0].Name = vocab.Text{"de": "Fakultät"} },
	} {
		a := full()
		change(&a)
		if got := openbadge.Loss(a); !slices.Equal(got, []string{want}) {
			t.Errorf("Loss = %v, want %s", got, want)
		}
	}
}

func TestAwardWithoutEssentialsIsNotWritten(t *testing.T) {
	_, err := openbadge.Document(vc.Award{})
	incomplete, ok := errors.AsType[*openbadge.Incomplete](err)
	if want := []string{"id", "issuer.id", "achievement", "title", "issuedAt", "holder"}; !ok || !slices.Equal(incomplete.Missing, want) {
		t.Errorf("Document = %v, want all of %v missing", err, want)
	}
	a := full()
	a.Holder = vc.Holder{}
	_, err = openbadge.Payload(a)
	if incomplete, ok := errors.AsType[*openbadge.Incomplete](err); !ok || !slices.Equal(incomplete.Missing, []string{"holder"}) {
		t.Errorf("Payload = %v", err)
	}
}

func TestCredentialOfAnotherFormIsRefused(t *testing.T) {
	good := string(document(t, full()))
	change := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the document has no %s", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	deep := `"parentOrg":` + strings.Repeat(`{"id":"urn:x","type":["Profile"],"parentOrg":`, 30) + `null` + strings.Repeat(`}`, 30)
	for _, tt := range []struct {
		name, data string
		want       vc.Reason
	}{
		{"good", good, ""},
		{"version 1 of the data model", change("https://www.w3.org/ns/credentials/v2", "https://www.w3.org/2018/credentials/v1"), vc.ReasonVersion},
		{"claim vc", `{"vc":` + good + `}`, vc.ReasonVersion},
		{"contexts in another order", change(`["https://www.w3.org/ns/credentials/v2",`, `["urn:first","https://www.w3.org/ns/credentials/v2",`), vc.ReasonContext},
		{"context of another place", change("https://purl.imsglobal.org/spec/ob", "https://evil.example/spec/ob"), vc.ReasonContext},
		{"inline context", change(`extensions.json"]`, `extensions.json",{"issuer":"urn:x"}]`), vc.ReasonContext},
		{"one context", change(`,"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json","https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"]`, `]`), vc.ReasonContext},
		{"another type", change(`"AchievementCredential"`, `"EndorsementCredential"`), vc.ReasonClass},
		{"the older name of the type", change(`"AchievementCredential"`, `"OpenBadgeCredential"`), ""},
		{"no id", change(`"id":"https://exchange.example/credentials/crd_1",`, ``), vc.ReasonMember},
		{"id is no URI", change(`"id":"https://exchange.example/credentials/crd_1"`, `"id":"crd_1"`), vc.ReasonMember},
		{"id is a number", change(`"id":"https://exchange.example/credentials/crd_1"`, `"id":7`), vc.ReasonMember},
		{"id beyond bounds", change(`credentials/crd_1`, strings.Repeat("x", 2048)), vc.ReasonMember},
		{"issuer of another type", change(`"Profile"`, `"InvalidProfile"`), vc.ReasonClass},
		{"issuer by name only", change(`"issuer":{`, `"issuer":"did:web:exchange.example:issuers:luh","other":{`), ""},
		{"two issuers", change(`"issuer":{`, `"issuer":["urn:a","urn:b"],"other":{`), vc.ReasonMember},
		{"no validFrom", change(`"validFrom":"2027-03-01T10:00:00Z",`, ``), vc.ReasonMember},
		{"validFrom without zone", change(`"validFrom":"2027-03-01T10:00:00Z"`, `"validFrom":"2027-03-01T10:00:00"`), vc.ReasonMember},
		{"validUntil is no date", change(`"validUntil":"2037-03-01T10:00:00Z"`, `"validUntil":"soon"`), vc.ReasonMember},
		{"no subject", change(`"credentialSubject":`, `"other":`), vc.ReasonMember},
		{"two subjects", change(`"credentialSubject":{`, `"credentialSubject":[],"other":{`), vc.ReasonMember},
		{"subject of another type", change(`"AchievementSubject"`, `"Subject"`), vc.ReasonClass},
		{"no achievement", change(`"achievement":`, `"other":`), vc.ReasonMember},
		{"two achievements", change(`"achievement":{`, `"achievement":[],"other":{`), vc.ReasonMember},
		{"achievement of another type", change(`"Achievement"]`, `"Badge"]`), vc.ReasonClass},
		{"no criteria", change(`"criteria":`, `"other":`), vc.ReasonMember},
		{"title is an object", change(`"name":"Laser Safety","description":"How to work with lasers without harm.","criteria"`, `"name":{"en":"x"},"description":"x","criteria"`), vc.ReasonMember},
		{"alignment of another type", change(`"Alignment"`, `"Other"`), vc.ReasonClass},
		{"alignment is a text", change(`"alignment":[`, `"alignment":["x",`), vc.ReasonMember},
		{"type as text instead of array", change(`["Alignment"]`, `"Alignment"`), ""},
		{"identity of another type", change(`"IdentityObject"`, `"Other"`), vc.ReasonClass},
		{"identity without value", change(`"identityHash":"Ada Lovelace",`, ``), vc.ReasonMember},
		{"result of another type", change(`["Result"]`, `["Other"]`), vc.ReasonClass},
		{"status without index", change(`"statusListIndex":"94567",`, ``), vc.ReasonMember},
		{"status index is negative", change(`"94567"`, `"-1"`), vc.ReasonMember},
		{"status index beyond bounds", change(`"94567"`, `"94567945679456794567"`), vc.ReasonMember},
		{"status index is a number", change(`"94567"`, `94567`), ""},
		{"status is a text", change(`"credentialStatus":{`, `"credentialStatus":"x","other":{`), vc.ReasonMember},
		{"member twice", change(`"validFrom":`, `"validFrom":"2020-01-01T00:00:00Z","validFrom":`), vc.ReasonDuplicate},
		{"too deep", change(`"issuer":{`, `"issuer":{`+deep+`,`), vc.ReasonDepth},
		{"too large", good + strings.Repeat(" ", 10) + strings.Repeat("x", vc.MaxBytes), vc.ReasonSize},
		{"cut", good[:len(good)-1], vc.ReasonJSON},
		{"array", "[" + good + "]", vc.ReasonToken},
		{"empty", "", vc.ReasonToken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := openbadge.Parse([]byte(tt.data))
			if vc.ReasonOf(err) != tt.want || (b == nil) != (tt.want != "") {
				t.Errorf("Parse = %v, want %q", err, tt.want)
			}
			if d, ok := errors.AsType[*vc.Defect](err); ok && d.Check().Kind != vc.CheckForm {
				t.Errorf("%v is a defect of %s", err, d.Kind)
			}
		})
	}
}

func TestTokenThatContradictsItsCredentialIsRefused(t *testing.T) {
	k := key(t)
	payload, err := openbadge.Payload(full())
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"issuer":        {`"iss":"did:web:exchange.example:issuers:luh"`, `"iss":"did:web:evil.example"`},
		"id":            {`"jti":"https://exchange.example/credentials/crd_1"`, `"jti":"https://exchange.example/credentials/crd_2"`},
		"valid earlier": {`"nbf":1`, `"nbf":`},
		"subject":       {`"sub":"urn:uuid:0b`, `"sub":"urn:uuid:1b`},
		"no end":        {`"exp":`, `"other":`},
	} {
		t.Run(name, func(t *testing.T) {
			if !bytes.Contains(payload, []byte(change[0])) {
				t.Fatalf("the payload has no %s", change[0])
			}
			changed := bytes.Replace(payload, []byte(change[0]), []byte(change[1]), 1)
			if _, err := openbadge.Parse(token(t, k, changed)); vc.ReasonOf(err) != vc.ReasonClaims {
				t.Errorf("Parse = %v, want %s", err, vc.ReasonClaims)
			}
		})
	}
	other, err := jose.Sign(k, jose.Header{Type: jose.TypeVCJWT}, payload)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openbadge.Parse([]byte(other)); vc.ReasonOf(err) != vc.ReasonHeader {
		t.Errorf("a token of the type vc+jwt: %v", err)
	}
}

// Every single bit of a signed badge matters.
func TestTamperedTokenNeverVerifies(t *testing.T) {
	k, stranger := key(t), key(t)
	payload, err := openbadge.Payload(full())
	if err != nil {
		t.Fatal(err)
	}
	good := token(t, k, payload)
	keys := jose.Set{k.Public()}
	genuine := func(data []byte) bool {
		b, err := openbadge.Parse(data)
		if err != nil {
			return false
		}
		_, _, err = b.Token.Verify(keys)
		return err == nil
	}
	if !genuine(good) {
		t.Fatal("the token itself does not verify")
	}
	for i := range good {
		changed := bytes.Clone(good)
		if changed[i] ^= 1; genuine(changed) {
			t.Fatalf("letter %d may be %q as well as %q", i, changed[i], good[i])
		}
	}
	for i := 0; i < len(good); i += 97 {
		if genuine(good[:i]) {
			t.Fatalf("the first %d letters verify", i)
		}
	}
	if genuine(token(t, stranger, payload)) {
		t.Error("a stranger's signature verifies")
	}
}

func TestTextsOfStrangersAreTidied(t *testing.T) {
	a := full()
	a.Title = en("Laser\u202eytefaS \u0000")
	a.Description = en(strings.Repeat("x", 30_000))
	b, err := openbadge.Parse(document(t, a))
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Award.Title.In(); got != "LaserytefaS" {
		t.Errorf("title %q", got)
	}
	if got := len(b.Award.Description.In()); got != 20_000 {
		t.Errorf("the description has %d characters", got)
	}
}

func TestUnknownStatusMethodIsReported(t *testing.T) {
	good := string(document(t, full()))
	for name, entries := range map[string]string{
		"another method":   `{"id":"urn:x","type":"1EdTechRevocationList"}`,
		"bits of any size": `{"id":"urn:x","type":"BitstringStatusListEntry","statusSize":2}`,
	} {
		data := strings.Replace(good, `"credentialStatus":{`, `"credentialStatus":[`+entries+`],"other":{`, 1)
		b, err := openbadge.Parse([]byte(data))
		if err != nil || len(b.Unread) != 1 || b.Award.Status != nil {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
	}
	i := strings.Index(good, `"credentialStatus":`) + len(`"credentialStatus":`)
	end := i + strings.Index(good[i:], "}") + 1
	entry := good[i:end]
	two := good[:i] + "[" + entry + "," + strings.Replace(entry, "revocation", "suspension", 1) + "]" + good[end:]
	b, err := openbadge.Parse([]byte(two))
	if err != nil || len(b.Statuses) != 2 || b.Statuses[1].Purpose != vc.Suspension {
		t.Errorf("two entries: %+v, %v", b, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(document(f, full()))
	f.Add(document(f, least()))
	payload, err := openbadge.Payload(full())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token(f, key(f), payload))
	f.Add([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := openbadge.Parse(data)
		if err != nil {
			if vc.ReasonOf(err) == "" {
				t.Fatalf("%v is no defect", err)
			}
			return
		}
		if b.Award.ID == "" || b.Award.Issuer.ID == "" || b.Award.IssuedAt.IsZero() {
			t.Fatalf("accepted without essentials: %+v", b.Award)
		}
	})
}

func TestTheFormClaimsWhatSaysThatItIsABadge(t *testing.T) {
	f := openbadge.Form
	a := full()
	payload, losses, err := f.Render(a)
	if err != nil {
		t.Fatal(err)
	}
	if want := openbadge.Loss(a); !slices.Equal(losses, want) {
		t.Errorf("lost %v, want %v", losses, want)
	}
	signed := token(t, key(t), payload)
	r, err := f.Read(signed)
	if err != nil || r.Award.ID != a.ID || r.Token == nil || r.Token.Type != f.Type {
		t.Errorf("read %+v, %v", r, err)
	}
	for data, want := range map[string]bool{
		string(signed):  true,
		string(payload): true,
		`{"type":["VerifiableCredential","AchievementCredential"]}`:     true, // whatever is wrong with it
		`{"type":["VerifiableCredential","OpenBadgeCredential"]}`:       true,
		`{"type":["VerifiableCredential","EuropeanDigitalCredential"]}`: false,
		`{"type":"AchievementCredential"}`:                              false,
		`{"vct":"urn:eudi:micro_credential:1"}`:                         false,
		"%PDF-1.7":                                                      false,
	} {
		if got := f.Claims([]byte(data)); got != want {
			t.Errorf("%.60s: claimed %v", data, got)
		}
	}
}
