package oidcrp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/fetch"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
)

// Bounds of calls to providers.
const (
	callTime = 5 * time.Second
	maxBody  = 1 << 20
)

// hosts lists host:port exceptions: providers on this machine, reached by plain
// http. There is no switch that allows all private addresses.
type hosts []string

// permits says whether somebody may be sent to u, or u be called.
func (h hosts) permits(u *url.URL) bool { return fetch.Permits(u, h) }

// guardedClient talks to providers: https to public addresses only, no
// redirects, bounded in time and size.
func guardedClient(allowed hosts) *http.Client {
	transport := &http.Transport{
		DialContext: fetch.Dialer(callTime, allowed), MaxConnsPerHost: 2, TLSHandshakeTimeout: callTime, ResponseHeaderTimeout: callTime,
		MaxResponseHeaderBytes: 64 << 10, IdleConnTimeout: time.Minute,
	}
	return &http.Client{
		Timeout:   callTime,
		Transport: bounded{transport, allowed},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("providers may not redirect") // a code or secret would follow
		},
	}
}

// document gets a JSON document of a provider. Its errors are a
// registry.Trouble, with what the provider said for the log.
func document(ctx context.Context, client *http.Client, address string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", registry.Unreadable, err)
	}
	r.Header.Set("Accept", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("%w: %w", registry.Unreachable, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: status %d", registry.Unreachable, answer.StatusCode)
	}
	body, err := io.ReadAll(answer.Body) // which is bounded
	if err != nil {
		return fmt.Errorf("%w: %w", registry.Unreachable, err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%w: %w", registry.Unreadable, err)
	}
	return nil
}

// bounded refuses plain http but to allowed hosts, and reads no endless body.
type bounded struct {
	next    http.RoundTripper
	allowed hosts
}

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if !b.allowed.permits(r.URL) {
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
