// Package token owns what programs get and show at this door: an access token
// (RFC 9068) for an assertion that a program has signed with its private key
// (RFC 7523), and the viewer behind such a token.
//
// Threat: an assertion or a token may be stolen, replayed, forged, or be of
// another kind altogether. So an assertion is for us alone, lives ten minutes
// at most and works once, on whichever server; a token lives ten minutes, says
// its type, is signed by a key of its own purpose, and is worth what its
// program may do now, not what it might when it was issued.
package token

import (
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/budget"
	"github.com/peregrine-exchange/peregrine/internal/client"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
)

// Times of assertions and tokens.
const (
	lifetime = 10 * time.Minute // of a token, and the longest of an assertion
	skew     = time.Minute      // that the clock of a program may be off
	trusted  = 30 * time.Second // for which the state of a program is remembered
)

// Where the door is, below the public address.
const (
	TokenPath    = "/oauth/token"
	KeysPath     = "/oauth/jwks.json"
	ServerPath   = "/.well-known/oauth-authorization-server"
	ResourcePath = "/.well-known/oauth-protected-resource"
	apiPath      = "/graphql"
)

// Options are what the service is built of.
type Options struct {
	DB      *ent.Client
	Now     func() time.Time
	KEK     keyring.KEK
	BaseURL string // the issuer, and the audience of assertions and tokens
	Clients *client.Service
	Budgets *budget.Keeper // of questions
	Log     *slog.Logger
}

// Service issues tokens and reads them.
type Service struct {
	Options
	known *lru.Cache[ident.ID, standing]

	mu     sync.Mutex
	keys   jose.Set // that verify
	keysAt time.Time
	lookup *rate.Limiter // of keys that are not among them
}

// New returns the service.
func New(o Options) *Service {
	known, _ := lru.New[ident.ID, standing](maxRemembered) // fails for no size only
	return &Service{Options: o, known: known, lookup: rate.NewLimiter(rate.Every(time.Second), 5)}
}

// audience says whether aud is that of a token for the path: all of this
// server, or that very resource.
func (s *Service) audience(aud, path string) bool {
	return aud == s.BaseURL || path == apiPath && aud == s.BaseURL+apiPath
}
