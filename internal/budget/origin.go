package budget

import (
	"net/http"
	"net/netip"
)

// NetworkOf is the network of an address: enough to notice a stranger, and no
// single machine. It is not valid where the address is none.
func NetworkOf(a netip.Addr) netip.Prefix { return prefix(a, 24, 56) }

func prefix(a netip.Addr, four, six int) netip.Prefix {
	bits := six
	if a = a.Unmap().WithZone(""); a.Is4() {
		bits = four
	}
	p, _ := a.Prefix(bits) // fails for no address only
	return p
}

// From returns the address and the network of a request. Its RemoteAddr is that
// of the client already, whatever proxies stand between. Requests without one
// count together.
func From(r *http.Request) (address, network Who) {
	a, _ := netip.ParseAddr(r.RemoteAddr)
	return Who{per: Address, network: prefix(a, 32, 64)}, Who{per: Network, network: NetworkOf(a)}
}
