package fetch

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"code.dny.dev/ssrf"
)

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
