package fetch

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"code.dny.dev/ssrf"
)

// Dialer returns what connects to public addresses only, for clients that do
// more than get a document. It is the one place that decides which addresses
// this server may call. allowed lists host:port, by name, that may have another.
func Dialer(timeout time.Duration, allowed []string) func(ctx context.Context, network, address string) (net.Conn, error) {
	return guarded(timeout, nil, allowed)
}

// Permits reports whether an address may be called or somebody sent there, as
// far as it can be seen before its name is resolved: https, and plain http
// where allowHTTP lists its host:port.
func Permits(target *url.URL, allowHTTP []string) bool {
	if target.Hostname() == "" || target.User != nil {
		return false
	}
	return target.Scheme == "https" || target.Scheme == "http" && slices.Contains(allowHTTP, hostPort(target))
}

// guarded returns a dialer that connects to public addresses only: of those
// that a name resolves to, each is checked when it is about to be used. allowed
// lists host:port, by name, where that does not apply.
//
// Every port is open, because partners have theirs and only TLS is spoken.
func guarded(timeout time.Duration, resolver *net.Resolver, allowed []string) func(ctx context.Context, network, address string) (net.Conn, error) {
	open := &net.Dialer{Timeout: timeout, Resolver: resolver}
	careful := &net.Dialer{Timeout: timeout, Resolver: resolver, Control: ssrf.New(ssrf.WithAnyPort()).Safe}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if slices.Contains(allowed, strings.ToLower(address)) {
			return open.DialContext(ctx, network, address)
		}
		return careful.DialContext(ctx, network, address)
	}
}

// isRefused reports whether the guard has ended an attempt to connect.
func isRefused(err error) bool {
	for _, refusal := range []error{ssrf.ErrProhibitedIP, ssrf.ErrProhibitedNetwork, ssrf.ErrProhibitedPort, ssrf.ErrInvalidHostPort} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}
