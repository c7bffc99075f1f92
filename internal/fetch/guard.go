package fetch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"code.dny.dev/ssrf"
	"golang.org/x/net/idna"

	"github.com/peregrine-exchange/peregrine/internal/problem"
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

// noNames end the names that no public resolver knows, or not as ours.
//
// Source: RFC 6761, 6762, 7686 and 8375; ICANN board resolution 2024.07.29.06 of
// .internal.
var noNames = []string{"localhost", "local", "internal", "test", "invalid", "onion", "home.arpa"}

// CheckEntered returns an INVALID problem unless an address that somebody enters
// could be called: https, without user and password, at a host that may be
// public. allowed lists host:port of those that need not be. The problem does
// not repeat the address, which may hold a secret.
//
// It spares somebody who mistakes one a source that fails every night. What a
// name leads to is judged at each connection, by the dialer.
func CheckEntered(address string, allowed []string, field ...string) error {
	target, err := url.Parse(address)
	if err != nil || !Permits(target, nil) {
		return problem.New(problem.Invalid, "the address must be https and name a host, but no user or password").At(field...)
	}
	return problem.If(!slices.Contains(allowed, hostPort(target)) && !mayBePublic(target.Hostname()),
		problem.New(problem.Invalid, "the host of the address is not public: it is this machine's, of a private network or reserved").At(field...))
}

// CheckEntered is that for the exceptions of this client.
func (c *Client) CheckEntered(address string, field ...string) error {
	return CheckEntered(address, c.o.AllowTo, field...)
}

// mayBePublic reports whether a host is a public address, or a name that may have
// one. A name of one label never has. What ends in a number is an address, which
// some resolvers read in spellings of their own, such as 127.1 and 0x7f000001.
//
// Source: WHATWG URL, "ends in a number".
func mayBePublic(host string) bool {
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii // as it would be asked
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		return guardian.SafeAddr(ip) == nil
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == host || strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return false
	}
	return !slices.ContainsFunc(noNames, func(end string) bool { return strings.HasSuffix("."+host, "."+end) })
}

// guardian knows which addresses are public.
var guardian = ssrf.New(ssrf.WithAnyPort())

// guarded returns a dialer that connects to public addresses only: of those
// that a name resolves to, each is checked when it is about to be used. allowed
// lists host:port, by name, where that does not apply.
//
// Every port is open, because partners have theirs and only TLS is spoken.
func guarded(timeout time.Duration, resolver *net.Resolver, allowed []string) func(ctx context.Context, network, address string) (net.Conn, error) {
	open := &net.Dialer{Timeout: timeout, Resolver: resolver}
	careful := &net.Dialer{Timeout: timeout, Resolver: resolver, Control: guardian.Safe}
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
