package web

import "net/http"

// protections are on every answer, whoever writes it: a page, a file, an answer
// of the API, a redirect, an error. A handler may set one more narrowly for
// itself, as pages do, and takes none away.
var protections = map[string]string{
	// A file that somebody else has written is what it says it is, and no script.
	"X-Content-Type-Options": "nosniff",
	// Addresses hold codes and tokens of verification.
	"Referrer-Policy": "no-referrer",
	// What is opened in a browser without being a page runs nothing, loads
	// nothing and belongs to no origin, so that a text of a partner in a file
	// cannot act as this server. Status lists, keys, DID documents and profiles
	// of issuers stay inline, because their standards have machines read them at
	// their address (VC Bitstring Status List, RFC 7517, did:web); a program
	// takes no notice of a sandbox.
	"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
}

// strictTransport holds for two years, as browsers ask of those who want it for
// good, and for this host alone: what stands below it may belong to others.
const strictTransport = "max-age=63072000"

// protect sets the protections; where the server is reached by https, browsers
// keep to that.
func protect(h http.Header, https bool) {
	for name, value := range protections {
		h.Set(name, value)
	}
	if https {
		h.Set("Strict-Transport-Security", strictTransport)
	}
}
