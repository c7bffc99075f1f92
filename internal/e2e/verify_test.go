package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/signingkey"
	"github.com/peregrine-exchange/peregrine/ent/workitem"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
)

// awarded returns a credential of uni-b.
func (w *World) awarded(c cast) map[string]any {
	w.t.Helper()
	_, enrolment := w.enrolled(c, w.offering(c.editor, w.course(c.editor, "CS-1"), 2))
	return c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": w.passed(c, enrolment)})
}

// judged returns the outcome of a verification, and each check that did not
// pass with what was found.
func (w *World) judged(jwt string) string {
	w.t.Helper()
	got := w.Nobody().Asks("verifies", `query($by: VerifyCredentialBy!) { verifyCredential(by: $by) { outcome checks { kind result message } } }`,
		map[string]any{"by": map[string]any{"jwt": jwt}})["verifyCredential"].(map[string]any)
	said := []string{got["outcome"].(string)}
	for _, c := range got["checks"].([]any) {
		if c := c.(map[string]any); c["result"] != "PASSED" {
			said = append(said, fmt.Sprintf("%s %s: %s", c["kind"], c["result"], c["message"]))
		}
	}
	return strings.Join(said, "\n")
}

// forge signs a payload with the key of a university, under a key's name.
func (w *World) forge(uni string, header jose.Header, payload []byte) string {
	w.t.Helper()
	institution := w.Institution(uni)
	stored := w.DB.Client.SigningKey.Query().Where(signingkey.LiveKey(string(institution))).OnlyX(w.system())
	key, err := keyring.Open(w.parts.KEK, stored.Sealed, stored.Kid, keyring.Owner{Institution: string(institution), Purpose: "credential"})
	if err != nil {
		w.t.Fatal(err)
	}
	jwt, err := jose.Sign(key, header, payload)
	if err != nil {
		w.t.Fatal(err)
	}
	return jwt
}

func payloadOf(t *testing.T, jwt string) (header jose.Header, payload []byte) {
	t.Helper()
	parts := strings.Split(jwt, ".")
	var kept [2][]byte
	for i := range kept {
		var err error
		if kept[i], err = base64.RawURLEncoding.DecodeString(parts[i]); err != nil {
			t.Fatal(err)
		}
	}
	var h struct{ Typ, Kid string }
	if err := json.Unmarshal(kept[0], &h); err != nil {
		t.Fatal(err)
	}
	return jose.Header{Type: h.Typ, KeyID: h.Kid}, kept[1]
}

// What was changed, signed by somebody else or not signed at all is not
// genuine, and says so of the very part that is wrong.
func TestForgedCredentialsAreNotGenuine(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	good := w.awarded(c)["jwt"].(string)
	if got := w.judged(good); got != "VALID" {
		t.Fatalf("the good one is %s", got)
	}
	// uni-a gets a key of its own.
	if _, err := w.App.Credentials.RotateKey(w.system(), w.Institution("uni-a"), jose.ES256); err != nil {
		t.Fatal(err)
	}
	other := w.DB.Client.SigningKey.Query().Where(signingkey.LiveKey(string(w.Institution("uni-a")))).OnlyX(w.system())
	header, payload := payloadOf(t, good)
	issuer := header.KeyID[:strings.Index(header.KeyID, "/keys/")]
	parts := strings.Split(good, ".")
	swap := func(part int, value []byte) string {
		changed := append([]string(nil), parts...)
		changed[part] = base64.RawURLEncoding.EncodeToString(value)
		return strings.Join(changed, ".")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		t.Fatal(err)
	}
	signature[10] ^= 1
	richer := []byte(strings.Replace(string(payload), `"creditsEarned":5`, `"creditsEarned":9`, 1))
	if string(richer) == string(payload) {
		t.Fatal("the payload says no credits")
	}
	for what, tt := range map[string]struct{ jwt, outcome, says string }{
		"another payload":                     {swap(1, richer), "INVALID", "SIGNATURE FAILED"},
		"another signature":                   {swap(2, signature), "INVALID", "SIGNATURE FAILED"},
		"signed by uni-a as uni-b":            {w.forge("uni-a", header, payload), "INVALID", "SIGNATURE FAILED"},
		"signed by uni-a under its own key":   {w.forge("uni-a", jose.Header{Type: header.Type, KeyID: strings.Replace(issuer, string(w.Institution("uni-b")), string(w.Institution("uni-a")), 1) + "/keys/" + other.Kid}, payload), "INVALID", "KEY FAILED"},
		"uni-a's key named as one of uni-b":   {w.forge("uni-a", jose.Header{Type: header.Type, KeyID: issuer + "/keys/" + other.Kid}, payload), "INVALID", "KEY FAILED"},
		"a key that nobody has":               {w.forge("uni-b", jose.Header{Type: header.Type, KeyID: issuer + "/keys/" + strings.Repeat("A", 43)}, payload), "INVALID", "KEY FAILED"},
		"signed by uni-b, richer than issued": {w.forge("uni-b", header, []byte(strings.ReplaceAll(string(richer), "/credentials/crd_", "/credentials/crd_0"))), "INCONCLUSIVE", "STATUS UNKNOWN"},
		"no signature":                        {string(payload), "INVALID", "SIGNATURE FAILED: It is not signed."},
	} {
		got := w.judged(tt.jwt)
		if !strings.HasPrefix(got, tt.outcome+"\n") || !strings.Contains(got, tt.says) {
			t.Errorf("%s: %s", what, got)
		}
	}
}

// Of what a stolen key signed that stays genuine which is on record here.
func TestOfAStolenKeyOnlyWhatIsOnRecordIsGenuine(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	cred := w.awarded(c)
	good := cred["jwt"].(string)
	header, payload := payloadOf(t, good)
	stolen := w.forge("uni-b", header, []byte(strings.Replace(string(payload), `"creditsEarned":5`, `"creditsEarned":9`, 1)))
	kid := header.KeyID[strings.LastIndex(header.KeyID, "/")+1:]
	if _, err := w.App.Credentials.Compromise(w.system(), w.Institution("uni-a"), kid); err == nil {
		t.Error("uni-a says it of a key of uni-b")
	}
	if _, err := w.App.Credentials.Compromise(w.system(), w.Institution("uni-b"), kid); err != nil {
		t.Fatal(err)
	}
	if got := w.judged(good); got != "VALID" {
		t.Errorf("what is on record is %s", got)
	}
	if got := w.judged(stolen); !strings.HasPrefix(got, "INVALID\n") || !strings.Contains(got, "KEY FAILED: The key was stolen") {
		t.Errorf("what is not on record is %s", got)
	}
	if n := w.DB.Client.SigningKey.Query().Where(signingkey.LiveKeyNotNil(), signingkey.InstitutionID(w.Institution("uni-b"))).CountX(w.system()); n != 0 {
		t.Error("the stolen key goes on signing")
	}
}

// A state that this program does not know, because a newer one wrote it, is not
// taken for the best.
func TestAnUnknownStateIsInconclusive(t *testing.T) {
	w := NewWorld(t)
	cred := w.awarded(w.cast())
	if _, err := w.DB.SQL.Exec("UPDATE credentials SET state = 'SUSPENDED' WHERE id = '" + cred["id"].(string) + "'"); err != nil {
		t.Fatal(err)
	}
	if got := w.judged(cred["jwt"].(string)); !strings.HasPrefix(got, "INCONCLUSIVE\n") {
		t.Errorf("it is %s", got)
	}
}

// The first credentials of an institution, all at once: all are issued, by one
// key, in one list, at places of their own.
func TestFirstCredentialsAtOnce(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 20)
	const n = 8
	var results [n]string
	var registrars [n]*Actor
	for i := range n {
		c.ada = w.Learner(fmt.Sprintf("L%d", i), "uni-a")
		_, enrolment := w.enrolled(c, off)
		results[i] = w.passed(c, enrolment)
		registrars[i] = w.Staff(fmt.Sprintf("R%d", i), "uni-b", "REGISTRAR")
	}
	var answers [n]map[string]any
	together(n, func(i int) {
		answers[i] = registrars[i].Tries("certifies", "issueCredential", map[string]any{"resultId": results[i]})
	})
	for i, a := range answers {
		if a["credential"] == nil {
			t.Errorf("the credential of %d was refused: %v", i, a["errors"])
		}
	}
	ctx, db := w.system(), w.DB.Client
	if keys, lists := db.SigningKey.Query().CountX(ctx), db.StatusList.Query().AllX(ctx); keys != 1 || len(lists) != 1 || lists[0].Taken != n {
		t.Errorf("%d keys, lists %v", keys, lists)
	}
	seen := map[int]bool{}
	for _, cred := range db.Credential.Query().AllX(ctx) {
		seen[cred.StatusIndex] = true
	}
	if len(seen) != n {
		t.Errorf("%d places for %d credentials", len(seen), n)
	}
}

// A full list is followed by one more, also when all want it at once.
func TestTheNextStatusListIsMadeOnce(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 20)
	const n = 4
	var results [n]string
	for i := range n {
		c.ada = w.Learner(fmt.Sprintf("L%d", i), "uni-a")
		_, enrolment := w.enrolled(c, off)
		results[i] = w.passed(c, enrolment)
	}
	c.ada = w.Learner("First", "uni-a")
	_, enrolment := w.enrolled(c, off)
	c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": w.passed(c, enrolment)})
	list := w.DB.Client.StatusList.Query().OnlyX(w.system())
	w.DB.Client.StatusList.UpdateOne(list).SetTaken(list.Size / 2).ExecX(w.system())
	together(n, func(i int) {
		c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": results[i]})
	})
	if lists := w.DB.Client.StatusList.Query().AllX(w.system()); len(lists) != 2 || lists[1].Taken != n || lists[1].Number != 2 {
		t.Errorf("lists are %v", lists)
	}
}

// One credential that cannot be signed holds up no other.
func TestWhatCannotBeSignedHoldsUpNothing(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 20)
	var ids []ident.ID
	for i := range 2 {
		c.ada = w.Learner(fmt.Sprintf("L%d", i), "uni-a")
		_, enrolment := w.enrolled(c, off)
		cred := c.hostRegistrar.Does("certifies", "issueCredential", map[string]any{"resultId": w.passed(c, enrolment)})
		ids = append(ids, ident.ID(cred["id"].(string)))
		w.DB.Client.Credential.Update().Where(credential.ID(ids[i])).SetState(credential.StateISSUING).ClearJwt().ExecX(w.system())
		w.DB.Client.WorkItem.Create().SetKind("credential.finish").SetKey(string(ids[i])).SetPayload(json.RawMessage(strconv.Quote(string(ids[i])))).
			SetState(workitem.StateWAITING).SetDueAt(w.Now().Add(time.Minute)).ExecX(w.system())
		if i == 0 {
			if _, err := w.App.Credentials.RotateKey(w.system(), w.Institution("uni-b"), ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	first := w.DB.Client.Credential.GetX(w.system(), ids[0])
	damage := "UPDATE signing_keys SET sealed = 'damaged' WHERE id = '" + string(first.SigningKeyID) + "'"
	if _, err := w.DB.SQL.Exec(damage); err != nil {
		t.Fatal(err)
	}
	if n, err := w.App.Work.Drain(w.system(), "credential.finish"); n != 0 || err != nil {
		t.Errorf("finished %d at once, %v: a request may still be at work", n, err)
	}
	w.SetClock(w.Now().Add(2 * 60e9))
	if n, err := w.App.Work.Drain(w.system(), "credential.finish"); n != 1 || err == nil || !strings.Contains(err.Error(), string(ids[0])) {
		t.Errorf("finished %d, %v; want the second, and the first reported", n, err)
	}
	if got := w.DB.Client.Credential.GetX(w.system(), ids[1]); got.State != credential.StateISSUED || got.Jwt == nil {
		t.Errorf("the second is %s", got.State)
	}
}

// A key is rotated at one institution alone.
func TestARotationIsThatOfOneInstitution(t *testing.T) {
	w := NewWorld(t)
	kids := map[string]string{}
	for _, uni := range []string{"uni-a", "uni-b"} {
		key, err := w.App.Credentials.RotateKey(w.system(), w.Institution(uni), "")
		if err != nil {
			t.Fatal(err)
		}
		if key.Algorithm != signingkey.AlgorithmES256 {
			t.Errorf("a new key is for %s", key.Algorithm)
		}
		kids[uni] = key.Kid
	}
	if _, err := w.App.Credentials.RotateKey(w.system(), w.Institution("uni-a"), ""); err != nil {
		t.Fatal(err)
	}
	states := map[string]signingkey.State{}
	for _, key := range w.DB.Client.SigningKey.Query().AllX(w.system()) {
		states[key.Kid] = key.State
	}
	if states[kids["uni-a"]] != signingkey.StateRETIRED || states[kids["uni-b"]] != signingkey.StateACTIVE || len(states) != 3 {
		t.Errorf("keys are %v", states)
	}
}

// The key that a credential names is found under that very name in the set of
// its issuer, and at that address.
func TestTheKeyOfACredentialIsFoundByItsName(t *testing.T) {
	w := NewWorld(t)
	header, _ := payloadOf(t, w.awarded(w.cast())["jwt"].(string))
	issuer := header.KeyID[:strings.Index(header.KeyID, "/keys/")]
	path := strings.TrimPrefix(issuer, base)
	set, err := jose.ParseSet(w.browse(http.MethodGet, path+"/jwks.json", nil, nil).Body.Bytes())
	if err != nil || len(set) != 1 || set[0].ID != header.KeyID {
		t.Errorf("the set is %v, %v; the header says %s", set, err, header.KeyID)
	}
	key, err := jose.ParseKey(w.browse(http.MethodGet, strings.TrimPrefix(header.KeyID, base), nil, nil).Body.Bytes())
	if err != nil || key.ID != header.KeyID {
		t.Errorf("the key is %v, %v", key, err)
	}
}

// At the address of an issuer people find a page and machines its profile, and
// a cache keeps the two apart. A DID is for https alone.
func TestTheIssuerHasTwoForms(t *testing.T) {
	w := NewWorld(t)
	path := "/issuers/" + string(w.Institution("uni-b"))
	for accept, want := range map[string]string{"text/html": "text/html; charset=utf-8", "application/json": "application/ld+json", "application/ld+json": "application/ld+json", "": "application/ld+json"} {
		got := w.fetch(http.MethodGet, path, "", "", map[string]string{"Accept": accept})
		if got.Code != http.StatusOK || got.Header().Get("Content-Type") != want ||
			!slices.Contains(strings.Split(strings.Join(got.Header().Values("Vary"), ", "), ", "), "Accept") {
			t.Errorf("%s: %d %s, Vary %v", accept, got.Code, got.Header().Get("Content-Type"), got.Header().Values("Vary"))
		}
	}
	var profile struct{ ID string }
	if err := json.Unmarshal(w.fetch(http.MethodGet, path, "", "", nil).Body.Bytes(), &profile); err != nil || profile.ID != base+path {
		t.Errorf("the profile is of %q, %v", profile.ID, err)
	}
	if got := w.browse(http.MethodGet, path+"/did.json", nil, nil); got.Code != http.StatusNotFound {
		t.Errorf("the DID document of an http address: %d", got.Code)
	}
	page := w.fetch(http.MethodGet, path, "", "", map[string]string{"Accept": "text/html"}).Body.String()
	for _, link := range regexp.MustCompile(`href="(/[^"#]*)"`).FindAllStringSubmatch(page, -1) {
		if got := w.fetch(http.MethodGet, link[1], "", "", map[string]string{"Accept": "*/*"}); got.Code >= 400 {
			t.Errorf("the page links to %s, which is %d", link[1], got.Code)
		}
	}
}
