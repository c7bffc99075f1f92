package demoidp

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/text/language"
)

// How long things live, and how many of each kind are kept over all realms.
// With maxInput a pending request holds a few kilobytes, so memory stays below
// some 100 MB even under a flood; the oldest requests then fall off.
const (
	requestTTL = 10 * time.Minute
	codeTTL    = time.Minute
	tokenTTL   = 10 * time.Minute
	maxKept    = 10_000
)

// store is the memory of one realm, and what the library asks of a storage.
type store struct {
	refusals
	realm  Realm
	client *client
	secret [sha256.Size]byte
	now    func() time.Time
	keys   func() (*keyPair, error)

	mu      sync.Mutex
	pending *shelf[*grant] // by request id
	codes   *shelf[*grant] // by code; a used one stays, so that a replay is noticed
	tokens  *shelf[*grant] // by access token id
}

var (
	_ op.Storage                   = (*store)(nil)
	_ op.CanSetUserinfoFromRequest = (*store)(nil)
)

func newStore(r Realm, issuer string, c Config) (*store, error) {
	limit := max(maxKept/len(c.Realms), 10)
	pending, err1 := newShelf[*grant](limit, requestTTL, c.Now)
	codes, err2 := newShelf[*grant](limit, codeTTL, c.Now)
	tokens, err3 := newShelf[*grant](limit, tokenTTL, c.Now)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	return &store{
		realm:  r,
		client: &client{id: c.ClientID, issuer: issuer, redirects: c.RedirectURIs(r.Key), afterSignOut: c.PostLogoutRedirectURIs},
		secret: sha256.Sum256([]byte(c.ClientSecret)), now: c.Now, keys: newKeyPair(), pending: pending, codes: codes, tokens: tokens,
	}, nil
}

// open keeps a checked request until somebody is chosen. hint is the subject
// that the request is about, or empty.
func (s *store) open(asked *oidc.AuthRequest, hint string) *grant {
	g := &grant{
		id: rand.Text(), clientID: asked.ClientID, redirectURI: asked.RedirectURI, state: asked.State, nonce: asked.Nonce,
		challenge: asked.CodeChallenge, scopes: asked.Scopes, acr: grantedACR(asked.ACRValues), locales: []language.Tag(asked.UILocales),
		hint: hint, spending: new(spending),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending.put(g.id, g)
	return g
}

// find returns a request that waits for somebody to be chosen.
func (s *store) find(id string) (*grant, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending.get(id)
}

// offered lists who may be chosen for a request.
func (s *store) offered(g *grant) []Person {
	if g.hint == "" {
		return s.realm.People
	}
	return slices.DeleteFunc(slices.Clone(s.realm.People), func(p Person) bool { return p.Subject != g.hint })
}

// choose signs a person in and returns the code for the client. It is false
// unless the request waits and the person is offered for it.
func (s *store) choose(id, subject string) (code string, g *grant, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked, ok := s.pending.get(id)
	if !ok {
		return "", nil, false
	}
	people := s.offered(asked)
	i := slices.IndexFunc(people, func(p Person) bool { return p.Subject == subject })
	if i < 0 {
		return "", nil, false
	}
	chosen := *asked
	chosen.person, chosen.authTime = people[i], s.now()
	code = rand.Text()
	s.codes.put(code, &chosen)
	return code, &chosen, true
}

// cancel forgets a request.
func (s *store) cancel(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending.drop(id)
}

// AuthRequestByCode spends a code, whatever becomes of the exchange. A code
// that comes again also takes back what the first one gave (RFC 6749, section
// 4.1.2).
func (s *store) AuthRequestByCode(_ context.Context, code string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.codes.get(code)
	if !ok {
		return nil, errors.New("no such code")
	}
	if g.spending.used {
		g.spending.replayed = true
		s.tokens.drop(g.spending.token)
		return nil, errors.New("the code has been used")
	}
	g.spending.used = true
	s.pending.drop(g.id)
	return g, nil
}

// DeleteAuthRequest has nothing to do: the code was spent when it was read.
func (s *store) DeleteAuthRequest(context.Context, string) error { return nil }

// CreateAccessToken gives the token for a spent code.
func (s *store) CreateAccessToken(_ context.Context, request op.TokenRequest) (string, time.Time, error) {
	g, ok := request.(*grant)
	if !ok {
		return "", time.Time{}, errNotOffered
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.spending.replayed {
		return "", time.Time{}, oidc.ErrInvalidGrant().WithDescription("invalid code")
	}
	g.spending.token = rand.Text()
	s.tokens.put(g.spending.token, g)
	return g.spending.token, s.now().Add(tokenTTL), nil
}

// TerminateSession forgets the tokens of a person. There is no session.
func (s *store) TerminateSession(_ context.Context, subject, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens.dropIf(func(g *grant) bool { return g.person.Subject == subject })
	return nil
}

func (s *store) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if id != s.client.id {
		return nil, oidc.ErrInvalidClient().WithDescription("the client is not known here")
	}
	return s.client, nil
}

func (s *store) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	sum := sha256.Sum256([]byte(secret))
	if id != s.client.id || subtle.ConstantTimeCompare(sum[:], s.secret[:]) != 1 {
		return errors.New("unknown client or wrong secret")
	}
	return nil
}

// SetUserinfoFromScopes leaves the ID token to SetUserinfoFromRequest.
func (s *store) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

// SetUserinfoFromRequest fills in the ID token.
func (s *store) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, request op.IDTokenRequest, _ []string) error {
	g, ok := request.(*grant)
	if !ok {
		return errNotOffered
	}
	s.describe(info, g)
	return nil
}

// SetUserinfoFromToken answers userinfo. The subject needs no check: the
// library has unsealed it together with the token id.
func (s *store) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, tokenID, _, _ string) error {
	s.mu.Lock()
	g, ok := s.tokens.get(tokenID)
	s.mu.Unlock()
	if !ok {
		return &oidc.Error{ErrorType: "invalid_token", Description: "the token is unknown or has expired"} // RFC 6750, section 3.1
	}
	s.describe(info, g)
	return nil
}

func (s *store) SigningKey(context.Context) (op.SigningKey, error) {
	k, err := s.keys()
	return signingKey{k}, err
}

func (s *store) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{signatureAlgorithm}, nil
}

func (s *store) KeySet(context.Context) ([]op.Key, error) {
	k, err := s.keys()
	return []op.Key{publicKey{k}}, err
}

func (s *store) Health(context.Context) error { return nil }
