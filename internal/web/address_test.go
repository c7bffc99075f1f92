package web

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestR96OnlyOurProxiesAreBelieved(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32")}
	for _, tt := range []struct{ remote, forwarded, want string }{
		{"203.0.113.9:4711", "", "203.0.113.9"},
		{"203.0.113.9:4711", "198.51.100.1", "203.0.113.9"}, // not a proxy of ours
		{"10.1.2.3:4711", "198.51.100.1", "198.51.100.1"},
		{"10.1.2.3:4711", "192.0.2.66, 198.51.100.1", "198.51.100.1"}, // the first is the client's claim
		{"127.0.0.1:4711", "198.51.100.1, 10.9.9.9", "198.51.100.1"},  // two proxies
		{"10.1.2.3:4711", "", "10.1.2.3"},
		{"10.1.2.3:4711", "nonsense", "10.1.2.3"},
		{"10.1.2.3:4711", "203.0.113.7:4711", "203.0.113.7"},
		{"10.1.2.3:4711", "[2001:db8::7]", "2001:db8::7"},
		{"10.1.2.3:4711", "[2001:db8::7]:4711", "2001:db8::7"},
		{"10.1.2.3:4711", "2001:db8::7", "2001:db8::7"},
		{"10.1.2.3:4711", "192.0.2.66, 203.0.113.7:4711, 10.9.9.9:80", "203.0.113.7"},
		{"[::1]:4711", "198.51.100.1", "::1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.remote
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := clientAddress(r, proxies); got != tt.want {
			t.Errorf("%s through %q is %s, want %s", tt.remote, tt.forwarded, got, tt.want)
		}
	}
}
