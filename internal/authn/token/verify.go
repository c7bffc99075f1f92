package token

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/apiclient"
	"github.com/peregrine-exchange/peregrine/ent/clientkey"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// maxRemembered bounds the programs whose state is remembered.
const maxRemembered = 4096

// standing is what a program may do now, or could half a minute ago.
type standing struct {
	at      time.Time
	active  bool
	home    ident.ID
	scopes  []string
	retired []ident.ID // keys
}

// Is says whether a bearer secret has the form of an access token, rather than
// of a lent session.
func Is(bearer string) bool { return strings.Contains(bearer, ".") }

// Verify returns the viewer behind an access token that is shown at a path, or
// nil when it is none, has expired, is for something else, or its program or
// key has been ended. Errors are faults and UNAVAILABLE problems.
func (s *Service) Verify(ctx context.Context, compact, path string) (*viewer.Viewer, error) {
	t, err := jose.Parse(compact, tokenType)
	if err != nil || t.Algorithm != jose.ES256 || t.KeyID == "" {
		return nil, nil
	}
	keys, err := s.verifiers(ctx, t.KeyID)
	if err != nil {
		return nil, err
	}
	payload, _, err := t.Verify(keys)
	if err != nil {
		return nil, nil
	}
	var c claims
	if json.Unmarshal(payload, &c) != nil {
		return nil, nil
	}
	now := s.Now()
	if c.Issuer != s.BaseURL || !s.audience(c.Audience, path) || c.Subject == "" || c.Subject != c.ClientID || !now.Before(time.Unix(c.Expires, 0)) {
		return nil, nil
	}
	id, err := ident.Parse(c.ClientID)
	if err != nil {
		return nil, nil
	}
	is, err := s.standingOf(ctx, id, now)
	if err != nil || !is.active || slices.Contains(is.retired, c.Key) {
		return nil, err
	}
	worth := []string{} // what the token has and the program still may
	for _, scope := range strings.Fields(c.Scope) {
		if slices.Contains(is.scopes, scope) {
			worth = append(worth, scope)
		}
	}
	return &viewer.Viewer{Kind: viewer.Program, ClientID: id, ClientAt: is.home, Scopes: worth}, nil
}

func (s *Service) standingOf(ctx context.Context, id ident.ID, now time.Time) (standing, error) {
	if is, ok := s.known.Get(id); ok && now.Sub(is.at) < trusted {
		return is, nil
	}
	ctx = viewer.AsSystem(ctx)
	c, err := s.DB.ApiClient.Get(ctx, id)
	if ent.IsNotFound(err) {
		return standing{}, nil
	}
	if err != nil {
		return standing{}, err
	}
	retired, err := s.DB.ClientKey.Query().Where(clientkey.ClientID(id), clientkey.RetiredAtNotNil()).IDs(ctx)
	if err != nil {
		return standing{}, err
	}
	is := standing{at: now, active: c.State == apiclient.StateACTIVE, home: c.InstitutionID, scopes: c.Scopes, retired: retired}
	s.known.Add(id, is)
	return is, nil
}
