package did_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vc/did"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
)

func TestIdentifierAndAddressMapBothWays(t *testing.T) {
	for _, tt := range []struct{ did, address, document string }{
		{"did:web:uni.example", "https://uni.example", "https://uni.example/.well-known/did.json"},
		{"did:web:uni.example:issuers:physics", "https://uni.example/issuers/physics", "https://uni.example/issuers/physics/did.json"},
		{"did:web:uni.example%3A8443:issuers:luh", "https://uni.example:8443/issuers/luh", "https://uni.example:8443/issuers/luh/did.json"},
		{"did:web:localhost%3A8080", "https://localhost:8080", "https://localhost:8080/.well-known/did.json"},
		{"did:web:uni.example:a%3Ab", "https://uni.example/a:b", "https://uni.example/a:b/did.json"},
		{"did:web:uni.example:%C3%A9cole", "https://uni.example/%C3%A9cole", "https://uni.example/%C3%A9cole/did.json"},
	} {
		t.Run(tt.did, func(t *testing.T) {
			if got, err := did.URL(tt.did); err != nil || got != tt.document {
				t.Errorf("URL = %s, %v", got, err)
			}
			if got, err := did.Of(tt.address); err != nil || got != tt.did {
				t.Errorf("Of = %s, %v", got, err)
			}
		})
	}
	if got, err := did.Of("https://uni.example/"); err != nil || got != "did:web:uni.example" {
		t.Errorf("Of with a slash = %s, %v", got, err)
	}
}

func TestIdentifierThatCouldLeadElsewhereIsRefused(t *testing.T) {
	for _, s := range []string{
		"", "did:web:", "did:key:z6Mk", "https://uni.example", "did:web:uni.example#key", "did:web:uni.example?x", "did:web:Uni.example",
		"did:web:127.0.0.1", "did:web:127.1", "did:web:2130706433", "did:web:%5B%3A%3A1%5D", "did:web:user%40uni.example", "did:web:uni.example%2Fx",
		"did:web:uni.example:..", "did:web:uni.example:.", "did:web:uni.example:%2E%2E", "did:web:uni.example:a%2Fb", "did:web:uni.example:a%5Cb",
		"did:web:uni.example::a", "did:web:uni.example:", "did:web:uni.example%3A", "did:web:uni.example%3A99999999", "did:web:uni.example%3Ax",
		"did:web:uni..example", "did:web:-uni.example", "did:web:uni.example:%zz", "did:web:uni.example:a%00", "did:web:" + strings.Repeat("a.", 2000) + "example",
	} {
		if got, err := did.URL(s); vc.ReasonOf(err) != vc.ReasonMember {
			t.Errorf("URL(%.60q) = %s, %v", s, got, err)
		}
	}
	for _, s := range []string{
		"", "http://uni.example", "https://", "https://user@uni.example", "https://uni.example?x", "https://uni.example?", "https://uni.example#x",
		"https://10.0.0.1/x", "https://uni.example/a//b", "https://uni.example/../x", "https://uni.example/a%2Fb", "https://UNI.example", "uni.example",
	} {
		if got, err := did.Of(s); vc.ReasonOf(err) != vc.ReasonMember {
			t.Errorf("Of(%q) = %s, %v", s, got, err)
		}
	}
}

func keys(t testing.TB) jose.Set {
	t.Helper()
	var set jose.Set
	for _, alg := range []jose.Algorithm{jose.EdDSA, jose.ES256} {
		k, err := keyring.Generate(alg)
		if err != nil {
			t.Fatal(err)
		}
		set = append(set, k.Public())
	}
	return set
}

func TestPublishedKeysReadBack(t *testing.T) {
	for _, issuer := range []string{"did:web:uni.example", "https://uni.example/issuers/luh"} {
		want := keys(t)
		data, err := did.Document(issuer, want, "https://uni.example")
		if err != nil {
			t.Fatal(err)
		}
		got, err := did.Parse(data, issuer)
		if err != nil || len(got) != 2 {
			t.Fatalf("Parse = %v, %v", got, err)
		}
		for i, k := range got {
			if k.ID != did.KeyURL(issuer, want[i]) || k.Thumbprint() != want[i].ID {
				t.Errorf("key %d is %s", i, k.ID)
			}
			if found := got.Find(want[i].ID); len(found) != 1 {
				t.Errorf("the key is not found by its thumbprint: %v", found)
			}
			if found := got.Find(did.KeyURL(issuer, want[i])); len(found) != 1 {
				t.Errorf("the key is not found by its address: %v", found)
			}
		}
		var doc map[string]any
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		if first := doc["@context"].([]any)[0]; strings.HasPrefix(issuer, "did:") != (first == "https://www.w3.org/ns/did/v1") {
			t.Errorf("%s has the context %v", issuer, first)
		}
		if strings.Contains(string(data), `"d":`) {
			t.Error("a private part is published")
		}
	}
}

func TestKeyOfAnotherIsLeftOut(t *testing.T) {
	const issuer = "did:web:uni.example"
	k := keys(t)[0]
	data, err := did.Document(issuer, jose.Set{k})
	if err != nil {
		t.Fatal(err)
	}
	id := did.KeyURL(issuer, k)
	change := func(old, new string) []byte {
		if !strings.Contains(string(data), old) {
			t.Fatalf("the document has no %s", old)
		}
		return []byte(strings.Replace(string(data), old, new, 1))
	}
	assertion := `"assertionMethod":["` + id + `"]`
	for _, tt := range []struct {
		name string
		data []byte
		want int
	}{
		{"as published", data, 1},
		{"names as fragments", []byte(strings.ReplaceAll(string(data), `"`+id+`"`, `"#`+k.ID+`"`)), 1},
		{"only for authentication", change("assertionMethod", "authentication"), 0},
		{"another controller", change(`"controller":"did:web:uni.example"`, `"controller":"did:web:evil.example"`), 0},
		{"another kind", change("JsonWebKey", "Multikey"), 0},
		{"older name of the kind", change("JsonWebKey", "JsonWebKey2020"), 1},
		{"asserts by a key that is not defined", change(assertion, `"assertionMethod":["did:web:uni.example#other"]`), 0},
		{"key under another's address", []byte(strings.ReplaceAll(string(data), id, "did:web:evil.example#"+k.ID)), 0},
		{"values of no shape", change(assertion, `"assertionMethod":[7,null,{"id":7}]`), 0},
		{"one method that is no array", change(assertion, `"assertionMethod":"`+id+`"`), 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := did.Parse(tt.data, issuer); err != nil || len(got) != tt.want {
				t.Errorf("Parse = %v, %v; want %d keys", got, err, tt.want)
			}
		})
	}
	if _, err := did.Parse(data, "did:web:evil.example"); vc.ReasonOf(err) != vc.ReasonMember {
		t.Errorf("the document of another is read: %v", err)
	}
	if _, err := did.Parse([]byte(`{}`), ""); vc.ReasonOf(err) != vc.ReasonMember {
		t.Errorf("a document of nobody is read: %v", err)
	}
	crowd := change(assertion, `"assertionMethod":[`+strings.Repeat(`"#x",`, 200)+`"#x"]`)
	if _, err := did.Parse(crowd, issuer); vc.ReasonOf(err) != vc.ReasonSize {
		t.Errorf("201 names: %v", err)
	}
}

func FuzzURL(f *testing.F) {
	for _, seed := range []string{"did:web:uni.example", "did:web:uni.example%3A8443:a:b", "did:web:..:%2e", "did:web:é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		address, err := did.URL(s)
		if err != nil {
			return
		}
		base := strings.TrimSuffix(strings.TrimSuffix(address, "/did.json"), "/.well-known")
		back, err := did.Of(base)
		if err != nil {
			t.Fatalf("%q leads to %q, which leads nowhere: %v", s, address, err)
		}
		if again, err := did.URL(back); err != nil || again != address {
			t.Fatalf("%q leads to %q, its twin %q to %q", s, address, back, again)
		}
	})
}

func FuzzParse(f *testing.F) {
	data, err := did.Document("did:web:uni.example", keys(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"id":"did:web:uni.example","assertionMethod":[{}],"verificationMethod":7}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := did.Parse(data, "did:web:uni.example")
		if err != nil && vc.ReasonOf(err) == "" {
			t.Fatalf("%v is no defect", err)
		}
		for _, k := range set {
			if !strings.HasPrefix(k.ID, "did:web:uni.example#") {
				t.Fatalf("the key %s is another's", k.ID)
			}
		}
	})
}
