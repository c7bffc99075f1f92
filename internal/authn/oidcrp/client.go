package oidcrp

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/fetch"
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
		DialContext:     fetch.Dialer(callTime, allowed),
		MaxConnsPerHost: 2, TLSHandshakeTimeout: callTime, ResponseHeaderTimeout: callTime, MaxResponseHeaderBytes: 64 << 10,
		IdleConnTimeout: time.Minute,
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
