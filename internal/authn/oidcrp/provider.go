package oidcrp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Bounds of calls to providers.
const (
	callTime   = 5 * time.Second
	maxBody    = 1 << 20
	fresh      = time.Hour
	forgetting = 5 * time.Second // how long a failure is remembered
)

// known is a provider that was discovered.
type known struct {
	row         *ent.Provider
	homes       map[string]ident.ID // domain to institution
	secret      string
	discovered  *oidc.Provider
	endSession  string
	sendsIssuer bool
}

// providers remembers what was discovered, so that one provider's outage
// touches nobody else and nobody is asked at every sign-in.
type providers struct {
	mu    sync.Mutex
	byKey map[string]*discovery
}

type discovery struct {
	mu       sync.Mutex // one discovery of a provider at a time
	issuer   string
	provider *oidc.Provider
	metadata struct {
		EndSession  string `json:"end_session_endpoint"`
		SendsIssuer bool   `json:"authorization_response_iss_parameter_supported"`
	}
	at  time.Time
	err error
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

func (ps *providers) discoveredAlready(key string) *known {
	d := ps.of(key)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.provider == nil {
		return nil
	}
	return &known{endSession: d.metadata.EndSession}
}

// provider returns the active provider of a key, discovered.
func (rp *RelyingParty) provider(ctx context.Context, key string) (*known, Cause, error) {
	row, err := rp.DB.Provider.Query().Where(provider.Key(key), provider.StateEQ(provider.StateACTIVE)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, UnknownProvider, err
	}
	if err != nil {
		return nil, Unavailable, err
	}
	homes, err := rp.DB.ProviderHome.Query().Where(providerhome.ProviderID(row.ID)).All(ctx)
	if err != nil {
		return nil, Unavailable, err
	}
	p := &known{row: row, homes: map[string]ident.ID{}}
	for _, h := range homes {
		p.homes[h.Domain] = h.InstitutionID
	}
	if p.secret, err = rp.clientSecret(vocab.OrZero(row.ClientSecretRef)); err != nil {
		return nil, Misconfigured, err
	}
	d := rp.providers.of(key)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.refresh(oidc.ClientContext(ctx, rp.client), row.Issuer, rp.Now()); err != nil {
		return nil, ProviderDown, err
	}
	p.discovered, p.endSession, p.sendsIssuer = d.provider, d.metadata.EndSession, d.metadata.SendsIssuer
	return p, "", nil
}

// refresh discovers the provider unless that was done within the hour. A
// failure is remembered for a moment; what was known before goes on serving.
func (d *discovery) refresh(ctx context.Context, issuer string, now time.Time) error {
	age := now.Sub(d.at)
	switch {
	case d.issuer == issuer && d.provider != nil && age < fresh:
		return nil
	case d.issuer == issuer && d.err != nil && age < forgetting:
		return d.err
	}
	// The keys that the provider fetches later live as long as this context.
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
	defer cancel()
	found, err := oidc.NewProvider(call, issuer)
	if err == nil {
		err = found.Claims(&d.metadata)
	}
	d.at = now
	if err != nil {
		d.err = err
		if d.issuer == issuer && d.provider != nil {
			return nil
		}
		d.issuer = issuer
		return err
	}
	d.issuer, d.provider, d.err = issuer, found, nil
	return nil
}

// clientSecret reads the secret that a reference names.
func (rp *RelyingParty) clientSecret(ref string) (string, error) {
	if s, ok := rp.Secrets[ref]; ok {
		return s, nil
	}
	kind, name, _ := strings.Cut(ref, ":")
	switch kind {
	case "env":
		if s := os.Getenv(name); s != "" {
			return s, nil
		}
	case "file":
		b, err := os.ReadFile(name)
		return strings.TrimSpace(string(b)), err
	}
	return "", fmt.Errorf("no client secret at %s:…", kind)
}

// guardedClient talks to providers: https to public addresses only, checked
// after the name is resolved, no redirects, bounded in time and size. allowed
// lists host:port exceptions; there is no switch that allows all of them.
func guardedClient(allowed []string) *http.Client {
	dialer := &net.Dialer{Timeout: callTime}
	open := &net.Dialer{Timeout: callTime}
	dialer.Control = func(_, address string, _ syscall.RawConn) error {
		addr, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if ip := addr.Addr().Unmap(); !ip.IsGlobalUnicast() || ip.IsPrivate() || netip.MustParsePrefix("100.64.0.0/10").Contains(ip) {
			return errors.New("the address is not public")
		}
		return nil
	}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if slices.Contains(allowed, address) {
				return open.DialContext(ctx, network, address)
			}
			return dialer.DialContext(ctx, network, address)
		},
		MaxConnsPerHost: 2, TLSHandshakeTimeout: callTime, ResponseHeaderTimeout: callTime, MaxResponseHeaderBytes: 64 << 10,
	}
	return &http.Client{
		Timeout:   callTime,
		Transport: bounded{transport, allowed},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("providers may not redirect") // a code or secret would follow
		},
	}
}

// bounded refuses plain http but to allowed hosts, and reads no endless body.
type bounded struct {
	next    http.RoundTripper
	allowed []string
}

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !slices.Contains(b.allowed, r.URL.Host) {
		return nil, errors.New("providers are reached by https only")
	}
	answer, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, maxBody), answer.Body}
	return answer, nil
}
