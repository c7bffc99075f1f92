package portal

import "testing"

func TestOriginIsWhatBrowsersSend(t *testing.T) {
	for origin, want := range map[string]bool{
		"https://portal.example": true, "https://portal.example:8443": true, "http://localhost:3000": true, "http://127.0.0.1:5173": true, "http://[::1]:5173": true,
		"https://xn--mnchen-3ya.example": true, "https://192.0.2.1": true,
		"": false, "null": false, "*": false, "https://*.example": false, "https://": false, "portal.example": false, "//portal.example": false,
		"http://portal.example": false, "http://localhost.evil.example": false, "https://portal.example/": false, "https://portal.example/x": false,
		"https://portal.example?": false, "https://portal.example#": false, "https://Portal.example": false, "HTTPS://portal.example": false,
		"https://portal.example:443": false, "http://localhost:80": false, "https://portal.example:0": false, "https://portal.example:08443": false, "https://portal.example:": false,
		"https://user@portal.example": false, "https://münchen.example": false, "https://portal.example.": false, "https://.example": false, "https://a..example": false,
		"file:///": false, "ws://localhost": false, "javascript:alert(1)": false, "https://portal.example\n": false, "https://[::0:1]": false,
		"https://portal.example, https://evil.example": false, " https://portal.example": false,
	} {
		if got := checkOrigin(origin) == nil; got != want {
			t.Errorf("%q is an origin: %v, want %v", origin, got, want)
		}
	}
}

func TestReturnAddressLiesAtTheOrigin(t *testing.T) {
	const origin = "https://portal.example"
	for address, want := range map[string]bool{
		origin + "/": true, origin + "/signed-in": true, origin + "/signed-in?x=1": true,
		origin: false, origin + "/#here": false, origin + "#": false, origin + "?x": false, "https://evil.example/": false, "https://portal.example.evil.example/": false,
		"https://portal.example@evil.example/": false, "https://portal.example:443/": false, "http://portal.example/": false, "/signed-in": false, "javascript:alert(1)": false, "": false,
	} {
		if got := checkReturnAddresses(origin, []string{address}) == nil; got != want {
			t.Errorf("%q is a return address: %v, want %v", address, got, want)
		}
	}
	if checkReturnAddresses(origin, make([]string, 11)) == nil {
		t.Error("eleven are allowed")
	}
}
