package fetch

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// resolving returns a resolver that gives every name one IPv4 address.
func resolving(t *testing.T, ip [4]byte) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe() // which speaks DNS as over TCP, with lengths
		go func() {
			defer func() { _ = ours.Close() }()
			var length [2]byte
			for {
				if _, err := io.ReadFull(ours, length[:]); err != nil {
					return
				}
				question := make([]byte, binary.BigEndian.Uint16(length[:]))
				if _, err := io.ReadFull(ours, question); err != nil {
					return
				}
				answer := resolve(t, question, ip)
				if _, err := ours.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
					return
				}
			}
		}()
		return theirs, nil
	}}
}

func resolve(t *testing.T, question []byte, ip [4]byte) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		t.Error(err)
		return nil
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60},
			Body:   &dnsmessage.AResource{A: ip},
		}}
	}
	answer, err := m.Pack()
	if err != nil {
		t.Error(err)
	}
	return answer
}

func TestANameWithAPrivateAddressIsRefused(t *testing.T) {
	reached := false
	server, _ := partner(t, func(w http.ResponseWriter, _ *http.Request) { reached = true; sayJSON(w, "reached") })
	u, _ := url.Parse(server.URL)
	address := "https://example.com:" + u.Port() + "/?token=s3cret" // a name of the certificate

	for _, ip := range [][4]byte{{127, 0, 0, 1}, {10, 0, 0, 1}, {192, 168, 1, 1}, {169, 254, 169, 254}, {0, 0, 0, 0}} {
		_, c := partner(t, nil, func(o *Options) { o.Resolver = resolving(t, ip) })
		_, err := get(t, c, address)
		refused(t, err, problem.Invalid, "the address of example.com is not public")
	}
	if reached {
		t.Fatal("the server was reached")
	}
	// An exception is by name and port, for that name alone.
	_, c := partner(t, nil, func(o *Options) {
		o.Resolver = resolving(t, [4]byte{127, 0, 0, 1})
		o.AllowTo = []string{"example.com:" + u.Port()}
		o.Roots.AddCert(server.Certificate())
	})
	if text, err := get(t, c, address); err != nil || text != "reached" {
		t.Errorf("%q %v", text, err)
	}
	_, err := get(t, c, server.URL)
	refused(t, err, problem.Invalid, "the address of 127.0.0.1 is not public")
}

func TestAddressesThatAreNotPublicAreRefused(t *testing.T) {
	dial := guarded(0, nil, nil)
	for _, address := range []string{
		"127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
		"192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
		"::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
		"2001:db8::1", "2002:7f00:1::", "0.1.2.3", "192.0.0.192", "::7f00:1", "64:ff9b:1::a00:1", "2001::1", "fec0::1", "fe80::1%lo",
	} {
		conn, err := dial(t.Context(), "tcp", net.JoinHostPort(address, "443"))
		if err == nil {
			_ = conn.Close()
		}
		if isV6 := net.ParseIP(address).To4() == nil; isV6 && !isRefused(err) && !hasIPv6() {
			continue // no socket was made that could be refused
		}
		if !isRefused(err) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func hasIPv6() bool {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// What can never be called is refused when it is entered, in every spelling.
func TestAddressesThatAreNotEntered(t *testing.T) {
	allowed := []string{"localhost:9001", "10.0.0.1:443"}
	for _, address := range []string{
		"http://uni-b.example/s3cret", "ftp://uni-b.example/s3cret", "https://ada:s3cret@uni-b.example/", "https://s3cret@uni-b.example/", "https:///s3cret", "//uni-b.example/s3cret", "%zz",
		"http://localhost:9001/s3cret", "https://ada:s3cret@localhost:9001/",
		"https://localhost/s3cret", "https://LOCALHOST./", "https://localhost:9002/", "https://a.localhost/", "https://printer.local/", "https://db.internal:8443/", "https://x.test/", "https://x.invalid./",
		"https://x.onion/", "https://nas.home.arpa/", "https://intranet/", "https://internal/",
		"https://localhost。/", "https://127。0。0。1/", "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://0x7f.0.0.0x1/", "https://10.0.0.1:444/", "https://172.16.0.1/", "https://192.168.1.1/",
		"https://169.254.169.254/latest", "https://100.64.0.1/", "https://0.0.0.0/", "https://192.0.2.1/", "https://198.18.0.1/", "https://224.0.0.1/", "https://255.255.255.255/",
		"https://[::1]/", "https://[::]/", "https://[fe80::1%25lo]/", "https://[fd00:ec2::254]/", "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[2001:db8::1]/", "https://[ff02::1]/",
	} {
		if err := CheckEntered(address, allowed, "input", "url"); err == nil {
			t.Errorf("%s was taken", address)
		} else if p := refused(t, err, problem.Invalid, "the "); strings.Join(p.Field, ".") != "input.url" {
			t.Errorf("%s is refused at %v", address, p.Field)
		}
	}
	for _, address := range []string{
		"https://uni-b.example/jwks?key=k", "https://uni-b.example:8443/", "https://UNI-B.example./", "https://localhost.uni-b.example/", "https://mylocal.example/", "https://nottest.example/", "https://1.1.1.1/",
		"https://[2606:4700::1111]/", "https://localhost:9001/", "https://LocalHost:9001/", "https://10.0.0.1/", "https://xn--mnchen-3ya.example/", "https://3com.example/", "https://münchen.example/", "https://a_b.example/",
	} {
		if err := CheckEntered(address, allowed, "input", "url"); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}
