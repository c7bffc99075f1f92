package oidcrp

import (
	"net/netip"
	"net/url"
	"testing"
)

// R11: only addresses that anybody could reach.
func TestR11PublicAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"9.9.9.9": true, "2620:fe::fe": true, "::ffff:9.9.9.9": true,
		"127.0.0.1": false, "0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "172.16.0.1": false, "192.168.1.1": false,
		"100.64.0.1": false, "169.254.169.254": false, "192.0.0.192": false, "198.18.0.1": false, "224.0.0.1": false, "240.0.0.1": false,
		"255.255.255.255": false, "::": false, "::1": false, "::ffff:10.0.0.1": false, "::7f00:1": false, "fe80::1": false, "fc00::1": false, "fd00:ec2::254": false,
		"64:ff9b::7f00:1": false, "64:ff9b:1::a00:1": false, "2002:7f00:1::": false, "2001::1": false, "ff02::1": false, "fec0::1": false, "fe80::1%lo": false,
	} {
		if got := isPublic(netip.MustParseAddr(address)); got != want {
			t.Errorf("isPublic(%s) = %t", address, got)
		}
	}
}

func TestR11SchemesAndExceptions(t *testing.T) {
	allowed := hosts{"localhost:8090"}
	for address, want := range map[string]bool{
		"https://idp.example/a": true, "http://localhost:8090/a": true, "https://localhost:8090/a": true,
		"http://idp.example/a": false, "http://localhost:8091/": false, "http://localhost/": false, "ftp://localhost:8090/": false,
		"javascript:alert(1)": false, "//idp.example/": false, "https:///a": false, "https://user:pw@idp.example/": false, "": false,
		"http://localhost:8090@evil.example/": false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := allowed.permits(u); got != want {
			t.Errorf("permits(%q) = %t", address, got)
		}
	}
}
