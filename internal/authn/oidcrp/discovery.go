package oidcrp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	registry "github.com/peregrine-exchange/peregrine/internal/provider"
)

// How long what a provider says of itself holds.
const (
	fresh      = time.Hour
	lastWord   = 24 * time.Hour  // while it does not answer
	forgetting = 5 * time.Second // how long a failure is remembered
)

// providers remembers what was discovered, so that one provider's outage
// touches nobody else and nobody is asked at every sign-in.
type providers struct {
	mu    sync.Mutex
	byKey map[string]*discovery
}

func (ps *providers) of(key string) *discovery {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.byKey == nil {
		ps.byKey = map[string]*discovery{}
	}
	if ps.byKey[key] == nil {
		ps.byKey[key] = &discovery{}
	}
	return ps.byKey[key]
}

// metadata is what a provider says of itself beside what the library reads.
type metadata struct {
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Keys          string   `json:"jwks_uri"`
	UserInfo      string   `json:"userinfo_endpoint"`
	EndSession    string   `json:"end_session_endpoint"`
	TokenAuth     []string `json:"token_endpoint_auth_methods_supported"`
	SendsIssuer   bool     `json:"authorization_response_iss_parameter_supported"`

	ClaimsParameter bool `json:"claims_parameter_supported"`
}

// endpoint is one of the addresses.
type endpoint struct {
	name, address string
	optional      bool
}

func (m metadata) endpoints() []endpoint {
	return []endpoint{
		{"authorization_endpoint", m.Authorization, false},
		{"token_endpoint", m.Token, false},
		{"jwks_uri", m.Keys, false},
		{"userinfo_endpoint", m.UserInfo, true},
		{"end_session_endpoint", m.EndSession, true},
	}
}

// moved lists the endpoints that are at another host than they were: a thing to
// look at, since codes and people are sent there.
func (m metadata) moved(was metadata) []string {
	var names []string
	before := was.endpoints()
	for i, e := range m.endpoints() {
		if before[i].address != "" && hostOf(e.address) != hostOf(before[i].address) {
			names = append(names, e.name)
		}
	}
	return names
}

// hosts lists those of the endpoints, sorted.
func (m metadata) hosts() []string {
	var all []string
	for _, e := range m.endpoints() {
		if e.address != "" {
			all = append(all, strings.ToLower(hostOf(e.address)))
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(all)))
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// check says what is wrong with the addresses, as a registry.Trouble: each leads
// a browser, a code or a secret somewhere.
func (m metadata) check(allowed hosts) error {
	for _, a := range m.endpoints() {
		if a.address == "" && a.optional {
			continue
		}
		u, err := url.Parse(a.address)
		if err != nil || u.Host == "" || u.User != nil {
			return fmt.Errorf("%w: %s is no address", registry.Unreadable, a.name)
		}
		if !allowed.permits(u) {
			return fmt.Errorf("%w: %s is not an https address", registry.Insecure, a.name)
		}
	}
	return nil
}

// authStyle is how we prove ourselves at the token endpoint. It is never left
// to trial: a second try would show the code twice, and the secret in another
// place.
func (m metadata) authStyle() oauth2.AuthStyle {
	if slices.Contains(m.TokenAuth, "client_secret_post") && !slices.Contains(m.TokenAuth, "client_secret_basic") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader // the default of OpenID Connect Discovery 1.0, section 3
}

// discovered is one good answer of a provider.
type discovered struct {
	*oidc.Provider
	metadata
	keys *keySet
}

// discovery is what is known of one provider.
type discovery struct {
	mu     sync.Mutex // one discovery of a provider at a time
	issuer string
	found  *discovered // nil: it never answered
	at     time.Time
	failed time.Time
	err    error // of the last try
}

// refresh asks the provider unless that was done within the hour. A failure is
// remembered for a moment, and for a day what was known before goes on serving.
// It also lists the endpoints that have moved to another host since then.
func (d *discovery) refresh(ctx context.Context, client *http.Client, allowed hosts, issuer string, now func() time.Time) (*discovered, []string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.issuer != issuer {
		d.issuer, d.found, d.err = issuer, nil, nil
	}
	at := now()
	if d.found != nil && at.Sub(d.at) < fresh {
		return d.found, nil, nil
	}
	var moved []string
	if d.err == nil || at.Sub(d.failed) >= forgetting {
		was := d.found
		d.ask(ctx, client, allowed, now)
		if was != nil && d.found != nil {
			moved = d.found.moved(was.metadata)
		}
	}
	if d.found != nil && at.Sub(d.at) < lastWord {
		return d.found, moved, nil
	}
	return nil, nil, d.err
}

// ask discovers the provider for all who wait, so whoever caused it may leave.
func (d *discovery) ask(ctx context.Context, client *http.Client, allowed hosts, now func() time.Time) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(context.WithoutCancel(ctx), client), callTime)
	defer cancel()
	p, err := oidc.NewProvider(ctx, d.issuer)
	var m metadata
	if err == nil {
		err = errors.Join(p.Claims(&m), m.check(allowed))
	}
	if err != nil {
		d.err, d.failed = errors.New(cut(err)), now()
		return
	}
	keys := &keySet{address: m.Keys, client: client, now: now}
	if d.found != nil && d.found.metadata.Keys == m.Keys {
		keys = d.found.keys
	}
	d.found, d.at, d.err = &discovered{p, m, keys}, now(), nil
}
