package jose

import (
	"bytes"

	"github.com/peregrine-exchange/peregrine/internal/vc"
)

// Read reads a credential that is either a JSON document or a token of one of
// the types. The token is nil for a document; until its Verify, what it says
// is not proved. Space at the ends is ignored. It returns the defects of
// vc.ReadDocument and Parse.
func Read(data []byte, types ...string) (map[string]any, *Token, error) {
	data = bytes.TrimSpace(data)
	if bytes.HasPrefix(data, []byte("{")) {
		doc, err := vc.ReadDocument(data)
		return doc, nil, err
	}
	token, err := Parse(string(data), types...)
	if err != nil {
		return nil, nil, err
	}
	doc, err := vc.ReadDocument(token.Unverified())
	return doc, token, err
}
