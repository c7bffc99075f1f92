package did

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
)

// maxMethods bounds the keys of a document.
const maxMethods = 50

type document struct {
	Context   []string `json:"@context"`
	ID        string   `json:"id"`
	Also      []string `json:"alsoKnownAs,omitempty"`
	Methods   []method `json:"verificationMethod"`
	Assertion []string `json:"assertionMethod"`
}

type method struct {
	ID         string   `json:"id"`
	Type       string   `json:"type"`
	Controller string   `json:"controller"`
	Key        jose.Key `json:"publicKeyJwk"`
}

// Document returns the document of an issuer, a DID or https address, with its
// keys, each of which may assert. also are other names of the same issuer. A key
// stands in it by KeyURL and, when its ID is an address by which tokens name it,
// by that too: so a verifier gets from either to the other.
func Document(issuer string, keys jose.Set, also ...string) ([]byte, error) {
	contexts := []string{"https://www.w3.org/ns/cid/v1"}
	if strings.HasPrefix(issuer, "did:") {
		contexts = []string{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"}
	}
	d := document{Context: contexts, ID: issuer, Also: also, Methods: []method{}, Assertion: []string{}}
	for _, k := range keys {
		names := []string{KeyURL(issuer, k)}
		if strings.HasPrefix(k.ID, "https://") {
			names = append(names, k.ID)
		}
		for _, id := range names {
			d.Methods = append(d.Methods, method{ID: id, Type: "JsonWebKey", Controller: issuer, Key: k})
			d.Assertion = append(d.Assertion, id)
		}
	}
	return json.Marshal(d)
}

// KeyURL returns the address of a key in the document of its issuer.
func KeyURL(issuer string, k jose.Key) string {
	if strings.Contains(k.ID, "/") {
		return issuer + "#" + k.Thumbprint()
	}
	return issuer + "#" + k.ID
}

// Parse reads the document of an issuer and returns the keys that may assert
// credentials, each with its address as ID. Methods of other kinds than a JSON
// Web Key, of another controller, or with a key that is not accepted are left
// out. It returns a FORM defect for what is no document, and when the document
// is about another than issuer.
func Parse(data []byte, issuer string) (jose.Set, error) {
	doc, err := vc.ReadDocument(data)
	if err != nil {
		return nil, err
	}
	if issuer == "" || doc["id"] != issuer {
		return nil, vc.Defective(vc.ReasonMember, "the document is not the one of %.80q", issuer)
	}
	methods, assertions := vc.Many(doc["verificationMethod"]), vc.Many(doc["assertionMethod"])
	if len(methods)+len(assertions) > 2*maxMethods {
		return nil, vc.Defective(vc.ReasonSize, "the document has more than %d keys", maxMethods)
	}
	defined := map[string]map[string]any{}
	for _, m := range methods {
		if m, ok := m.(map[string]any); ok {
			defined[absolute(m["id"], issuer)] = m
		}
	}
	var keys jose.Set
	for _, a := range assertions {
		m, ok := a.(map[string]any) // a method may stand in place of its name
		if !ok {
			m = defined[absolute(a, issuer)]
		}
		key, err := keyOf(m, issuer)
		if err == nil {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func keyOf(m map[string]any, issuer string) (jose.Key, error) {
	jwk, ok := m["publicKeyJwk"].(map[string]any)
	id := absolute(m["id"], issuer)
	if !ok || m["controller"] != issuer || !strings.HasPrefix(id, issuer+"#") ||
		m["type"] != "JsonWebKey" && m["type"] != "JsonWebKey2020" {
		return jose.Key{}, errors.New("did: not a method with a JSON Web Key of the issuer")
	}
	raw, err := json.Marshal(jwk)
	if err != nil {
		return jose.Key{}, err
	}
	key, err := jose.ParseKey(raw)
	key.ID = id
	return key, err
}

// absolute returns the address of a method, which may be written as a fragment.
func absolute(id any, issuer string) string {
	s, _ := id.(string)
	if strings.HasPrefix(s, "#") {
		return issuer + s
	}
	return s
}
