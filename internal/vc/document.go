package vc

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf8"
)

// The bounds of a document that is read from a stranger.
const (
	MaxBytes   = 256 << 10 // of a document or token
	MaxDepth   = 24        // objects and arrays within each other
	MaxMembers = 10_000    // values in all
)

// ReadDocument reads one JSON object with all its members, numbers as
// json.Number. It returns a FORM defect when data is larger, deeper or fuller
// than the bounds, is not UTF-8 or JSON, is no object, is followed by anything
// else, or holds a member twice: of two members with one name, two readers
// may see different ones, and a signature covers both.
func ReadDocument(data []byte) (map[string]any, error) {
	switch {
	case len(data) > MaxBytes:
		return nil, Defective(ReasonSize, "the document has %d bytes, at most %d are read", len(data), MaxBytes)
	case !utf8.Valid(data):
		return nil, Defective(ReasonEncoding, "the document is not UTF-8")
	case !json.Valid(data):
		return nil, Defective(ReasonJSON, "the document is not one JSON value")
	}
	r := reader{dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	v, err := r.value(0)
	if err != nil {
		return nil, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, Defective(ReasonJSON, "the document is not a JSON object")
	}
	return object, nil
}

// reader builds values of tokens, because encoding/json silently takes the last
// of two members with one name.
type reader struct {
	dec   *json.Decoder
	count int
}

func (r *reader) value(depth int) (any, error) {
	if r.count++; r.count > MaxMembers {
		return nil, Defective(ReasonDepth, "the document has more than %d values", MaxMembers)
	}
	token, err := r.dec.Token()
	if err != nil {
		return nil, Defective(ReasonJSON, "the document is not JSON")
	}
	delim, nested := token.(json.Delim)
	switch {
	case !nested:
		return token, nil
	case depth == MaxDepth:
		return nil, Defective(ReasonDepth, "the document is nested more than %d deep", MaxDepth)
	case delim == '{':
		return r.object(depth + 1)
	}
	return r.array(depth + 1)
}

func (r *reader) object(depth int) (any, error) {
	object := map[string]any{}
	for r.dec.More() {
		name, err := r.dec.Token()
		if err != nil {
			return nil, Defective(ReasonJSON, "the document is not JSON")
		}
		key := name.(string)
		if _, twice := object[key]; twice {
			return nil, Defective(ReasonDuplicate, "the member %.40q stands twice", key)
		}
		if object[key], err = r.value(depth); err != nil {
			return nil, err
		}
	}
	return object, r.end()
}

func (r *reader) array(depth int) (any, error) {
	array := []any{}
	for r.dec.More() {
		v, err := r.value(depth)
		if err != nil {
			return nil, err
		}
		array = append(array, v)
	}
	return array, r.end()
}

func (r *reader) end() error {
	if _, err := r.dec.Token(); err != nil {
		return Defective(ReasonJSON, "the document is not JSON")
	}
	return nil
}

// Many returns a member that may be one value or an array of values as an
// array: JSON-LD lets writers choose. A missing member and null are empty.
func Many(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// Strings is Many for strings. It returns a FORM defect that names the member
// when any value is not a string.
func Strings(name string, v any) ([]string, error) {
	var all []string
	for i, item := range Many(v) {
		s, ok := item.(string)
		if !ok {
			return nil, Defective(ReasonMember, "%s[%d] is not a text", name, i)
		}
		all = append(all, s)
	}
	return all, nil
}

// TextAt returns a member that is a text, "" when it is missing. It returns a
// FORM defect when it is anything else.
func TextAt(object map[string]any, name string) (string, error) {
	switch v := object[name].(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	}
	return "", Defective(ReasonMember, "%s is not a text", name)
}

// TimeAt returns a member that is a date and time with its zone (RFC 3339, XML
// Schema dateTimeStamp) in UTC, zero when it is missing. It returns a FORM
// defect when it is anything else.
func TimeAt(object map[string]any, name string) (time.Time, error) {
	s, err := TextAt(object, name)
	if err != nil || s == "" {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, Defective(ReasonMember, "%s is not a date and time with a zone", name)
	}
	return t.UTC(), nil
}

// Stamp writes a time as the forms have it: UTC, whole seconds, because the
// claims of a token know no fractions. A zero time is "".
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Truncate(time.Second).Format(time.RFC3339)
}
