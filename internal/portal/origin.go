package portal

import (
	"net"
	"net/url"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// The longest origin, which is that of its column, and the longest return
// address, in bytes. With a state of 256 bytes they fit into the path to which a
// person returns from signing in.
const (
	maxOrigin  = 191
	maxAddress = 400
)

// checkOrigin returns an INVALID problem unless s is an origin exactly as a
// browser sends it (RFC 6454 section 6.1): https, or http on this machine; a
// name in lower-case ASCII; no default port; nothing behind. So origins are
// compared as texts, and no part of one decides.
func checkOrigin(s string) error {
	u, err := url.Parse(s)
	return problem.If(err != nil || s == "" || len(s) > maxOrigin || serialised(u) != s, problem.New(problem.Invalid,
		"an origin is a scheme, a host and no default port, exactly as browsers send it, such as %q; http is for this machine only",
		"https://portal.example").At("input", "origin"))
}

// serialised returns the origin of an address as browsers write it, or "" when
// it can have none that is registered.
func serialised(u *url.URL) string {
	host, port := u.Hostname(), u.Port()
	switch {
	case host == "" || !plain(host) || port == "0" || strings.HasPrefix(port, "0") || u.User != nil:
		return ""
	case u.Scheme == "http" && (!vocab.IsLoopback(host) || port == "80"), u.Scheme == "https" && port == "443":
		return ""
	case u.Scheme != "https" && u.Scheme != "http":
		return ""
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" {
		host += ":" + port
	}
	return u.Scheme + "://" + host
}

// plain says whether a host is a name or an address as browsers send them.
func plain(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.String() == host
	}
	if strings.HasPrefix(host, ".") || strings.HasSuffix(host, ".") || strings.Contains(host, "..") {
		return false
	}
	for _, r := range host {
		if r != '.' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return true
}

// checkReturnAddresses returns an INVALID problem unless each address lies at
// the origin, so that nobody else's page is ever handed a code, and has no
// fragment (RFC 6749 section 3.1.2).
func checkReturnAddresses(origin string, all []string) error {
	if len(all) > maxReturnAddresses {
		return problem.New(problem.Invalid, "at most %d return addresses are allowed", maxReturnAddresses).At("input", "returnAddresses")
	}
	var found []error
	for _, address := range all {
		u, err := url.Parse(address)
		found = append(found, problem.If(err != nil || len(address) > maxAddress || serialised(u) != origin ||
			!strings.HasPrefix(address, origin+"/") || strings.Contains(address, "#"),
			problem.New(problem.Invalid, "a return address lies at the portal's origin and has a path and no fragment").At("input", "returnAddresses")))
	}
	return problem.Join(found...)
}
