// Package did maps did:web identifiers to addresses and back, and writes and
// reads the document in which an issuer publishes its keys: a DID document, or
// for an issuer that is an https address the controlled identifier document of
// the same shape.
package did

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/vc"
)

const prefix = "did:web:"

// maxLength bounds an identifier.
const maxLength = 2048

// URL returns the address of the document of a did:web identifier:
// did:web:uni.example is https://uni.example/.well-known/did.json and
// did:web:uni.example%3A8443:issuers:physics is
// https://uni.example:8443/issuers/physics/did.json. It returns a FORM defect
// for anything else, for IP addresses, which the method does not allow, and for
// path segments that could lead elsewhere.
func URL(did string) (string, error) {
	rest, ok := strings.CutPrefix(did, prefix)
	if !ok || len(did) > maxLength {
		return "", refused(did, "it is not of the method web")
	}
	parts := strings.Split(rest, ":")
	host, err := url.PathUnescape(parts[0])
	if err != nil || !isHost(host) {
		return "", refused(did, "it does not begin with a host name")
	}
	path := "/.well-known"
	for i, segment := range parts[1:] {
		if i == 0 {
			path = ""
		}
		plain, err := url.PathUnescape(segment)
		if err != nil || !isSegment(plain) {
			return "", refused(did, "its path is not a plain one")
		}
		path += "/" + url.PathEscape(plain)
	}
	return "https://" + host + path + "/did.json", nil
}

// Of returns the did:web identifier of an https address of an issuer, without
// the did.json: https://uni.example is did:web:uni.example. It returns a FORM
// defect for an address with another scheme, a query, a fragment or a user, and
// for one that URL would refuse.
func Of(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxLength || u.Scheme != "https" || u.User != nil ||
		u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || !isHost(u.Host) {
		return "", refused(address, "it is not a plain https address")
	}
	did := prefix + strings.ReplaceAll(u.Host, ":", "%3A")
	if path := strings.Trim(u.EscapedPath(), "/"); path != "" {
		for segment := range strings.SplitSeq(path, "/") {
			plain, err := url.PathUnescape(segment)
			if err != nil || !isSegment(plain) {
				return "", refused(address, "its path is not a plain one")
			}
			did += ":" + strings.ReplaceAll(url.PathEscape(plain), ":", "%3A")
		}
	}
	return did, nil
}

// isHost says whether s is a host name in lower case, with or without a port.
func isHost(s string) bool {
	host, port, ported := strings.Cut(s, ":")
	if ported && (port == "" || len(port) > 5 || strings.Trim(port, "0123456789") != "") {
		return false
	}
	if host == "" || len(host) > 253 || net.ParseIP(host) != nil {
		return false
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	// Some readers take "127.1" for an address. No top-level domain is a number.
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

func isSegment(s string) bool {
	return s != "" && s != "." && s != ".." && !strings.ContainsAny(s, "/\\?#") && !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

func refused(id, why string) error {
	return vc.Defective(vc.ReasonMember, "%s cannot be mapped: %s", fmt.Sprintf("%.80q", id), why)
}
