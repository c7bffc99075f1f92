package vocab

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// CheckURL returns an INVALID problem unless s is an absolute https or http
// address without credentials, at most 1024 bytes long, with a host that has a
// name, and without characters that nobody sees.
func CheckURL(s string, field ...string) error {
	u, err := url.Parse(s)
	return problem.If(err != nil || len(s) > 1024 || strings.ContainsFunc(s, invisible) || u.User != nil || u.Scheme != "https" && u.Scheme != "http" ||
		strings.Trim(u.Hostname(), ".") == "" || !HasPort(u),
		problem.New(problem.Invalid, "%q is not an address such as \"https://example.org/\"", clip(s)).At(field...))
}

// HasPort says whether the port of an address, where it has one, is a port.
func HasPort(u *url.URL) bool {
	if u.Port() == "" {
		return true
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}

// CheckCurrency returns an INVALID problem unless s is a currency of ISO 4217.
func CheckCurrency(s string, field ...string) error {
	return problem.If(!currencies[s], problem.New(problem.Invalid, "%q is not a currency of ISO 4217, such as \"EUR\"", clip(s)).At(field...))
}

// IsLoopback says whether a host, a name or an address without brackets, is this
// very machine.
func IsLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
