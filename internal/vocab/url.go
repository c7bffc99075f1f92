package vocab

import (
	"net/netip"
	"net/url"

	"golang.org/x/text/currency"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// CheckURL returns an INVALID problem unless s is an absolute https or http
// address without credentials, at most 1024 bytes long.
func CheckURL(s string, field ...string) error {
	u, err := url.Parse(s)
	if err != nil || len(s) > 1024 || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return problem.New(problem.Invalid, "%q is not an address such as \"https://example.org/\"", clip(s)).At(field...)
	}
	return nil
}

// CheckCurrency returns an INVALID problem unless s is a currency of ISO 4217.
func CheckCurrency(s string, field ...string) error {
	if unit, err := currency.ParseISO(s); err != nil || unit.String() != s {
		return problem.New(problem.Invalid, "%q is not a currency of ISO 4217, such as \"EUR\"", clip(s)).At(field...)
	}
	return nil
}

// IsLoopback says whether a host, a name or an address without brackets, is this
// very machine.
func IsLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
