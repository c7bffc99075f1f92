package gate

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"

	"github.com/99designs/gqlgen/graphql"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// request is what a transport has read. Either the text of the document or the
// id of a registered one is given.
type request struct {
	params     graphql.RawParams
	documentID string
}

// decodeBody reads the JSON object of a POST. Members that GraphQL over HTTP
// does not name are ignored. No problem repeats anything of the body.
func decodeBody(body []byte) (request, *problem.Error) {
	if first := bytes.TrimLeft(body, " \t\r\n"); len(first) > 0 && first[0] == '[' {
		return request{}, problem.New(problem.Invalid, "batches of requests are not served: send one object")
	}
	members := map[string]json.RawMessage{}
	if !decode(body, &members) || members == nil {
		return request{}, problem.New(problem.Invalid, "the body is not one JSON object of at most %d levels", MaxNesting)
	}
	return assemble(members)
}

// decodeQuery reads the parameters of a GET, of which variables and extensions
// are JSON.
func decodeQuery(raw string) (request, *problem.Error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return request{}, problem.New(problem.Invalid, "the parameters are malformed")
	}
	members := map[string]json.RawMessage{}
	for _, name := range []string{"query", "operationName", "documentId"} {
		if !values.Has(name) {
			continue
		}
		text, err := json.Marshal(values.Get(name))
		if err != nil {
			return request{}, malformed(name)
		}
		members[name] = text
	}
	for _, name := range []string{"variables", "extensions"} {
		if text := values.Get(name); text != "" {
			members[name] = json.RawMessage(text)
		}
	}
	return assemble(members)
}

func assemble(members map[string]json.RawMessage) (request, *problem.Error) {
	var r request
	for _, m := range []struct {
		name string
		into any
	}{
		{"query", &r.params.Query}, {"operationName", &r.params.OperationName}, {"variables", &r.params.Variables},
		{"extensions", &r.params.Extensions}, {"documentId", &r.documentID},
	} {
		if raw, given := members[m.name]; given && !decode(raw, m.into) {
			return request{}, malformed(m.name)
		}
	}
	if (r.params.Query == "") == (r.documentID == "") {
		return request{}, problem.New(problem.Invalid, "send either query or documentId")
	}
	return r, nil
}

func malformed(member string) *problem.Error {
	return problem.New(problem.Invalid, "%s is not of the type that GraphQL over HTTP gives it", member).At(member)
}

// decode reads exactly one JSON value, keeps numbers as they are written, and
// reports whether that went well.
func decode(raw []byte, into any) bool {
	if !shallow(raw) {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(into) != nil {
		return false
	}
	_, err := d.Token()
	return err == io.EOF
}

// shallow reports whether objects and lists nest at most MaxNesting levels.
func shallow(raw []byte) bool {
	level, inText := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			if level++; level > MaxNesting {
				return false
			}
		case c == '}' || c == ']':
			level--
		}
	}
	return true
}
