package oidcrp

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"
)

// Bounds of calls to providers.
const (
	callTime = 5 * time.Second
	maxBody  = 1 << 20
)

// reserved addresses are global unicast by their form and yet lead inside, to
// nobody, or through a translator to an IPv4 address of any kind.
//
// Source: IANA IPv4 and IPv6 Special-Purpose Address Registries.
var reservedAddresses = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

// isPublic says whether a provider may be at ip.
func isPublic(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("") // a prefix contains no address with a zone
	return ip.IsGlobalUnicast() && !ip.IsPrivate() &&
		!slices.ContainsFunc(reservedAddresses, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// publicOnly refuses a connection to any other address. It runs after the name
// is resolved, so that no answer of a name server comes between check and use.
func publicOnly(_, address string, _ syscall.RawConn) error {
	addr, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if !isPublic(addr.Addr()) {
		return errors.New("the address is not public")
	}
	return nil
}

// hosts lists host:port exceptions: providers on this machine, reached by plain
// http. There is no switch that allows all private addresses.
type hosts []string

// permits says whether somebody may be sent to u, or u be called.
func (h hosts) permits(u *url.URL) bool {
	return u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && slices.Contains(h, u.Host))
}

// guardedClient talks to providers: https to public addresses only, no
// redirects, bounded in time and size.
func guardedClient(allowed hosts) *http.Client {
	guarded := &net.Dialer{Timeout: callTime, Control: publicOnly}
	open := &net.Dialer{Timeout: callTime}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if slices.Contains(allowed, address) {
				return open.DialContext(ctx, network, address)
			}
			return guarded.DialContext(ctx, network, address)
		},
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
