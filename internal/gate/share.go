package gate

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// outcome is what an execution for several who asked has come to: an answer for
// all of them, or what only the one who began it is told.
type outcome struct {
	shared   *kept
	response *graphql.Response
	err      error // a panic
}

// repeat gives the answer to a request that was spelled like this before, and
// reports whether there is one. Nothing is parsed, and no limit is checked that
// the same document and variables have kept already.
func (g *gate) repeat(w http.ResponseWriter, r *http.Request, s spelling) bool {
	who, ok := g.answers.audience(r)
	if !ok {
		return false
	}
	k, known := g.answers.recall(s, who)
	if known {
		g.give(w, r, k)
	}
	return known
}

// share answers an operation that is public and was asked by one of many who
// see the same: from the cache, or by one execution for all who wait for it.
func (g *gate) share(ctx context.Context, w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, operation *graphql.OperationContext, s spelling, who audience) {
	sum, ok := meaningOf(operation)
	if !ok {
		if g.pays(ctx, w, r, operation) {
			g.answer(w, r, g.execute(ctx, exec, operation))
		}
		return
	}
	key := answerKey{sum, who}
	if k, known := g.answers.find(s, key); known {
		g.give(w, r, k)
		return
	}
	if !g.pays(ctx, w, r, operation) {
		return
	}
	out, leads, landed := g.answers.flights.do(r.Context().Done(), ctx, key, func(ctx context.Context) outcome {
		return g.fly(ctx, exec, operation, key)
	})
	if !landed {
		g.answer(w, r, g.refused(r.Context(), refusal(ended(r.Context()))))
		return
	}
	if out.shared == nil && !leads {
		// What went wrong concerns who began; it may go well for the next.
		out = g.attempt(ctx, exec, operation, key)
	}
	switch {
	case out.shared != nil:
		g.give(w, r, out.shared)
	case errors.Is(out.err, http.ErrAbortHandler):
		panic(http.ErrAbortHandler)
	case out.err != nil:
		g.answer(w, r, g.refused(ctx, out.err))
	default:
		g.answer(w, r, out.response)
	}
}

// fly is the execution for all who wait. It has the time of a whole operation,
// whoever of them is still there.
func (g *gate) fly(ctx context.Context, exec graphql.GraphExecutor, operation *graphql.OperationContext, key answerKey) (out outcome) {
	defer func() {
		if v := recover(); v == http.ErrAbortHandler {
			out = outcome{err: http.ErrAbortHandler}
		} else if v != nil {
			out = outcome{err: recovered(ctx, v)}
		}
	}()
	if k, known := g.answers.again(key); known {
		return outcome{shared: k} // kept between our look and our turn
	}
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	return g.attempt(ctx, exec, operation, key)
}

// attempt executes and keeps what everybody may have.
func (g *gate) attempt(ctx context.Context, exec graphql.GraphExecutor, operation *graphql.OperationContext, key answerKey) outcome {
	began := time.Now()
	response := g.execute(ctx, exec, operation)
	if len(response.Errors) > 0 || len(response.Data) == 0 {
		return outcome{response: response}
	}
	body := bodies.Get().(*bytes.Buffer)
	defer giveBack(body)
	if err := encode(body, response); err != nil {
		return outcome{response: g.refused(ctx, err)}
	}
	return outcome{shared: g.answers.keep(key, bytes.Clone(body.Bytes()), began)}
}

// vary names what an answer to a GET depends on: the media type, the language,
// and that nobody has signed in by token or cookie. It leaves ClientHeader out,
// because what a cache gives without it is what everybody may see.
const vary = "Accept, Accept-Language, Authorization, Cookie"

// give writes an answer that everybody may see. That to a GET may be stored on
// its way, unless something before us speaks to one client only.
func (g *gate) give(w http.ResponseWriter, r *http.Request, k *kept) {
	h := w.Header()
	if r.Method != http.MethodGet || h.Get("Set-Cookie") != "" {
		h.Set("Cache-Control", "no-store")
	} else {
		h.Set("Cache-Control", g.answers.control)
		h.Add("Vary", vary)
		h.Set("ETag", k.etag)
		if Has(r.Header.Values("If-None-Match"), k.etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Type", k.contentType)
	h.Set("Content-Length", k.length)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(k.body) // a client that has gone away is nobody to tell
}

// Has reports whether an If-None-Match names etag, compared weakly (RFC 9110,
// 8.8.3.2 and 13.1.2).
func Has(lists []string, etag string) bool {
	for _, list := range lists {
		for one := range strings.SplitSeq(list, ",") {
			one = strings.TrimSpace(one)
			if one == "*" || strings.TrimPrefix(one, "W/") == strings.TrimPrefix(etag, "W/") {
				return true
			}
		}
	}
	return false
}
