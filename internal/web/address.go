package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientAddress returns the address of who asks: that of the connection, or,
// when that is a proxy of ours, the last one in X-Forwarded-For that is none.
// What stands before it is the client's own claim and not believed.
func clientAddress(r *http.Request, proxies []netip.Prefix) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	address, err := netip.ParseAddr(host)
	if err != nil || !ours(address, proxies) {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		claimed, err := parseHop(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		address = claimed
		if !ours(claimed, proxies) {
			break
		}
	}
	return address.Unmap().String()
}

// parseHop reads an address as proxies write it: some add the port, and some put
// one of IPv6 in brackets.
func parseHop(hop string) (netip.Addr, error) {
	if withPort, err := netip.ParseAddrPort(hop); err == nil {
		return withPort.Addr(), nil
	}
	if inner, bracketed := strings.CutPrefix(hop, "["); bracketed {
		hop = strings.TrimSuffix(inner, "]")
	}
	return netip.ParseAddr(hop)
}

func ours(address netip.Addr, proxies []netip.Prefix) bool {
	return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(address.Unmap()) })
}
