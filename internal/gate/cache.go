package gate

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/vektah/gqlparser/v2/ast"
)

// Cache says which answers are given again without being executed again: those
// to queries whose fields at the root all carry @public, asked by a viewer who
// sees what everybody sees. An answer with errors is never kept and never
// given to anybody but who asked.
//
// Version and Shareable are needed. What is kept is the whole body, so that it
// must depend on nothing but the request and on what this type names. An answer
// from the cache costs nobody a place at the turnstile and does not pass
// Options.Extensions.
type Cache struct {
	// Version names the state of everything that a @public field shows. It
	// changes after a change can be read, never before. While it is empty,
	// nothing is kept and nothing is given.
	Version func() string

	// Shareable returns what a viewer may see, such as "anonymous", and whether
	// everybody of whom it says the same sees the same.
	Shareable func(ctx context.Context) (role string, ok bool)

	// Language returns the language of texts for the viewer. Nil means that no
	// answer depends on it.
	Language func(ctx context.Context) string

	MaxBytes int           // of all that is kept; default 32 MiB. An answer above a 16th of it is not kept
	TTL      time.Duration // of an answer, for what changes with the clock alone; default 60 s
	MaxAge   time.Duration // how long the client of a GET need not ask again; default 10 s
}

// Bounds of what is kept beside the bodies.
const (
	overhead       = 512  // bytes that an answer takes beside its body, generously
	knownSpellings = 4096 // requests recognised by their bytes, of some 200 bytes each
)

type digest = [sha256.Size]byte

// spelling is a request as it came: the body of a POST, or the parameters of a
// GET.
type spelling struct {
	get bool
	sum digest
}

// audience is for whom and when an answer is right.
type audience struct{ role, language, mediaType, version string }

// answerKey names an answer. Requests that mean the same, however they are
// spelled, have the same sum.
type answerKey struct {
	sum digest
	audience
}

// kept is an answer that may be given again.
type kept struct {
	body        []byte
	contentType string
	etag        string
	length      string
	until       time.Time
}

// meaning is what a spelling was found to ask.
type meaning struct {
	sum   digest
	until time.Time // of ids of documents too, so that an owner can take one back
}

// answers keeps answers within MaxBytes, the least recently given go first.
type answers struct {
	Cache
	control string // Cache-Control of a GET
	flights flights

	mu       sync.Mutex
	kept     *simplelru.LRU[answerKey, *kept]
	size     int // bytes of kept
	meanings *simplelru.LRU[spelling, meaning]
}

func newAnswers(c *Cache) *answers {
	if c == nil {
		return nil
	}
	if c.Version == nil || c.Shareable == nil {
		panic("gate: a cache needs Version and Shareable")
	}
	a := &answers{Cache: *c}
	a.MaxBytes = cmp.Or(a.MaxBytes, 32<<20)
	a.TTL = cmp.Or(a.TTL, time.Minute)
	a.MaxAge = cmp.Or(a.MaxAge, 10*time.Second)
	a.control = "public, max-age=" + seconds(a.MaxAge) + ", stale-while-revalidate=" + seconds(a.TTL)
	var err error
	if a.kept, err = simplelru.NewLRU(a.MaxBytes/overhead+1, func(_ answerKey, k *kept) { a.size -= k.weight() }); err != nil {
		panic(err) // only a size below one is refused
	}
	if a.meanings, err = simplelru.NewLRU[spelling, meaning](knownSpellings, nil); err != nil {
		panic(err)
	}
	return a
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

func (k *kept) weight() int { return len(k.body) + overhead }

// audience returns for whom the answer to r is, and false when it is for nobody
// else.
func (a *answers) audience(r *http.Request) (audience, bool) {
	if a == nil {
		return audience{}, false
	}
	role, ok := a.Shareable(r.Context())
	if !ok {
		return audience{}, false
	}
	who := audience{role: role, version: a.Version(), mediaType: mediaType(r.Header.Values("Accept"))}
	if a.Language != nil {
		who.language = a.Language(r.Context())
	}
	return who, who.version != ""
}

// recall returns the answer to a request that was spelled like this before.
func (a *answers) recall(s spelling, who audience) (*kept, bool) {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	m, known := a.meanings.Get(s)
	if !known || now.After(m.until) {
		return nil, false
	}
	return a.fresh(answerKey{m.sum, who}, now)
}

// find returns the answer under key, and remembers the spelling that led to it.
func (a *answers) find(s spelling, key answerKey) (*kept, bool) {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.meanings.Add(s, meaning{key.sum, now.Add(a.TTL)})
	return a.fresh(key, now)
}

// again returns the answer under key.
func (a *answers) again(key answerKey) (*kept, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.fresh(key, time.Now())
}

func (a *answers) fresh(key answerKey, now time.Time) (*kept, bool) {
	k, known := a.kept.Get(key)
	if !known {
		return nil, false
	}
	if now.After(k.until) {
		a.kept.Remove(key)
		return nil, false
	}
	return k, true
}

// keep makes an answer of a body, and keeps it unless it is too large.
func (a *answers) keep(key answerKey, body []byte, began time.Time) *kept {
	h := sha256.New()
	h.Write([]byte(key.mediaType))
	h.Write(body)
	k := &kept{
		body:        body,
		contentType: key.mediaType + "; charset=utf-8",
		etag:        `"` + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16]) + `"`,
		length:      strconv.Itoa(len(body)),
		until:       began.Add(a.TTL),
	}
	if k.weight() > a.MaxBytes/16 {
		return k
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.kept.Remove(key) // which counts what it held
	a.kept.Add(key, k)
	a.size += k.weight()
	for a.size > a.MaxBytes {
		a.kept.RemoveOldest()
	}
	return k
}

// meaningOf digests what an operation asks: its document, its name, its
// variables as the schema reads them, and the extensions of its request.
func meaningOf(operation *graphql.OperationContext) (digest, bool) {
	text, err := json.Marshal([]any{operation.RawQuery, operation.Operation.Name, operation.Variables, operation.Extensions})
	return sha256.Sum256(text), err == nil
}

// isPublic reports whether all fields at the root of a query carry @public.
// What @skip leaves out counts as well.
func isPublic(operation *ast.OperationDefinition) bool {
	return operation.Operation == ast.Query && allPublic(operation.SelectionSet)
}

// allPublic takes no longer than MaxRoots allows, because every fragment ends
// in a field.
func allPublic(set ast.SelectionSet) bool {
	for _, selection := range set {
		public := false
		switch s := selection.(type) {
		case *ast.Field:
			public = s.Name == "__typename" || s.Definition.Directives.ForName("public") != nil
		case *ast.InlineFragment:
			public = allPublic(s.SelectionSet)
		case *ast.FragmentSpread:
			public = allPublic(s.Definition.SelectionSet)
		}
		if !public {
			return false
		}
	}
	return true
}
