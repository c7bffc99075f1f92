package gate

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// retryAfter is the extension of an error that says after how many seconds the
// same request may succeed.
const retryAfter = "retryAfter"

const (
	graphqlResponse = "application/graphql-response+json"
	plainJSON       = "application/json"
)

// answer writes response with the status that its content asks for.
func (g *gate) answer(w http.ResponseWriter, r *http.Request, response *graphql.Response) {
	g.write(w, r, statusOf(response), response)
}

// statusOf is the second half of the table in the package comment.
func statusOf(response *graphql.Response) int {
	if executed := len(response.Data) > 0; executed {
		unavailable := func(err *gqlerror.Error) bool { return codeOf(err) == problem.Unavailable }
		if slices.ContainsFunc(response.Errors, unavailable) && nothing(response.Data) {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	}
	if len(response.Errors) == 0 {
		return http.StatusOK
	}
	switch codeOf(response.Errors[0]) {
	case problem.Unauthenticated:
		return http.StatusUnauthorized
	case problem.Forbidden, problem.StepUpRequired:
		return http.StatusForbidden
	case problem.Limited:
		return http.StatusTooManyRequests
	case problem.Unavailable:
		return http.StatusServiceUnavailable
	case problem.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

func codeOf(err *gqlerror.Error) problem.Code {
	switch code := err.Extensions["code"].(type) {
	case string:
		return problem.Code(code)
	case problem.Code:
		return code
	}
	return ""
}

// nothing says whether no root field has a value.
func nothing(data json.RawMessage) bool {
	var roots map[string]json.RawMessage
	if err := json.Unmarshal(data, &roots); err != nil {
		return false
	}
	for _, value := range roots {
		if !bytes.Equal(value, []byte("null")) {
			return false
		}
	}
	return true
}

func (g *gate) write(w http.ResponseWriter, r *http.Request, status int, response *graphql.Response) {
	body := bodies.Get().(*bytes.Buffer)
	defer giveBack(body)
	if err := encode(body, response); err != nil {
		status = http.StatusInternalServerError
		body.Reset()
		_ = encode(body, g.refused(r.Context(), err)) // words of our own always encode
	}
	h := w.Header()
	switch status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "5")
		fallthrough
	case http.StatusTooManyRequests:
		for _, err := range response.Errors {
			if seconds, ok := err.Extensions[retryAfter].(int); ok {
				h.Set("Retry-After", strconv.Itoa(seconds))
			}
		}
	}
	h.Set("Content-Type", mediaType(r.Header.Values("Accept"))+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a client that has gone away is nobody to tell
}

// bodies are buffers of answers that have been written.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// giveBack leaves large buffers to the collector, so that a rare answer does
// not hold its memory for good.
func giveBack(body *bytes.Buffer) {
	if body.Cap() <= 256<<10 {
		body.Reset()
		bodies.Put(body)
	}
}

// encode puts a response together around its data, which the executor has
// encoded already and is not read again, into an empty buffer. Without data there is no such
// member.
func encode(out *bytes.Buffer, response *graphql.Response) error {
	out.Grow(len(response.Data) + 256)
	out.WriteByte('{')
	member := func(name string, value []byte) {
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		out.WriteString(`"` + name + `":`)
		out.Write(value)
	}
	if len(response.Errors) > 0 {
		errs, err := json.Marshal(response.Errors)
		if err != nil {
			return err
		}
		member("errors", errs)
	}
	if len(response.Data) > 0 {
		member("data", response.Data)
	}
	if len(response.Extensions) > 0 {
		extensions, err := json.Marshal(response.Extensions)
		if err != nil {
			return err
		}
		member("extensions", extensions)
	}
	out.WriteByte('}')
	return nil
}

// mediaType is the best of our two for an Accept header. Where a client accepts
// neither, or both alike, it is the one that every client can read.
func mediaType(accept []string) string {
	if len(accept) == 0 {
		return plainJSON
	}
	best, weight := plainJSON, 0.0
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		switch kind {
		case graphqlResponse:
		case plainJSON, "application/*", "*/*":
			kind = plainJSON
		default:
			continue
		}
		q := 1.0
		if text, given := params["q"]; given {
			if q, err = strconv.ParseFloat(text, 64); err != nil {
				continue
			}
		}
		if q > weight {
			best, weight = kind, q
		}
	}
	return best
}
