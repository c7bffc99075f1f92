package fetch

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// partner is an https server that the client returned beside it may reach.
func partner(t *testing.T, h http.HandlerFunc, change ...func(*Options)) (*httptest.Server, *Client) {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it grumbles about clients that leave
	server.StartTLS()
	t.Cleanup(server.Close)
	o := Options{
		AllowTo:    []string{hostOf(server)},
		MediaTypes: []string{"application/json", "application/ld+json"},
		Roots:      x509.NewCertPool(),
		Now:        func() time.Time { return time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC) },
	}
	o.Roots.AddCert(server.Certificate())
	for _, f := range change {
		f(&o)
	}
	return server, New(o)
}

func hostOf(server *httptest.Server) string {
	u, _ := url.Parse(server.URL)
	return u.Host
}

func sayJSON(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = io.WriteString(w, text)
}

// refused holds err to a problem of code that says text and nothing secret.
func refused(t *testing.T, err error, code problem.Code, text string) *problem.Error {
	t.Helper()
	p, ok := err.(*problem.Error)
	if !ok || p.Code != code || !strings.Contains(p.Error(), text) {
		t.Fatalf("err = %v, want %s %q", err, code, text)
	}
	if strings.Contains(p.Error(), "s3cret") {
		t.Errorf("a secret is shown: %v", p)
	}
	return p
}

func get(t *testing.T, c *Client, address string) (string, error) {
	t.Helper()
	response, err := c.Get(t.Context(), address, Previous{})
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

func TestADocumentIsFetched(t *testing.T) {
	var header http.Header
	server, c := partner(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Last-Modified", "Mon, 01 Mar 2027 11:00:00 GMT")
		sayJSON(w, `{"a":1}`)
	})
	response, err := c.Get(t.Context(), server.URL+"/catalogue?x=1#y", Previous{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil || string(text) != `{"a":1}` || response.MediaType != "application/json" || response.NotModified {
		t.Errorf("%+v %s %v", response, text, err)
	}
	if want := (Previous{`"1"`, "Mon, 01 Mar 2027 11:00:00 GMT"}); response.Previous != want {
		t.Errorf("Previous = %v", response.Previous)
	}
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
	if _, err := response.Body.Read(make([]byte, 1)); err == nil {
		t.Error("a closed body can be read")
	}
	for name, want := range map[string]string{
		"Accept": "application/json, application/ld+json", "User-Agent": "peregrine", "Accept-Encoding": "gzip",
		"Cookie": "", "Authorization": "", "Referer": "", "If-None-Match": "", "If-Modified-Since": "",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if c.transport.Proxy != nil {
		t.Error("a proxy is asked for")
	}
}

func TestAnUnchangedDocumentIsNotFetched(t *testing.T) {
	before := Previous{`"1"`, "Mon, 01 Mar 2027 11:00:00 GMT"}
	server, c := partner(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == before.ETag && r.Header.Get("If-Modified-Since") == before.LastModified {
			w.Header().Set("ETag", `"1b"`)
		}
		w.WriteHeader(http.StatusNotModified)
	})
	response, err := c.Get(t.Context(), server.URL, before)
	if err != nil || !response.NotModified {
		t.Fatalf("%+v %v", response, err)
	}
	if text, err := io.ReadAll(response.Body); len(text) > 0 || err != nil {
		t.Errorf("%s %v", text, err)
	}
	if want := (Previous{`"1b"`, before.LastModified}); response.Previous != want {
		t.Errorf("Previous = %v, want %v", response.Previous, want)
	}
	_, err = c.Get(t.Context(), server.URL, Previous{})
	refused(t, err, problem.Invalid, "status 304") // nobody asked for that
}

func TestAddressesThatAreNotAsked(t *testing.T) {
	c := New(Options{AllowHTTP: []string{"demo.example:8080"}})
	for _, address := range []string{
		"", "s3cret", "https://", "https:///s3cret", "https://:443/s3cret", "ftp://partner.example/s3cret", "file:///s3cret",
		"http://partner.example/s3cret", "http://demo.example/s3cret", "http://demo.example:8081/s3cret",
		"https://ada:s3cret@partner.example/", "https://s3cret@partner.example/", "http://s3cret@demo.example:8080/",
		"https://partner.example/%zzs3cret", "mailto:s3cret@partner.example", "//partner.example/s3cret",
	} {
		_, err := c.Get(t.Context(), address, Previous{})
		refused(t, err, problem.Invalid, "must be https")
	}
}

func TestRedirects(t *testing.T) {
	secret := "?token=s3cret"
	other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { sayJSON(w, "reached") }))
	defer other.Close()
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { sayJSON(w, "reached") }))
	defer plain.Close()
	var seen []http.Header
	var server *httptest.Server
	server, c := partner(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header)
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		to := map[string]string{
			"/0": "", "/1": "/0", "/2": "/1", "/3": "/2", "/4": "/3", "/round": "/round",
			"/loopback": other.URL, "/plain": plain.URL, "/user": strings.Replace(server.URL, "//", "//ada:s3cret@", 1),
			"/metadata": "https://169.254.169.254/latest", "/file": "file:///etc/passwd", "/broken": "https://%zz/", "/none": "",
		}[r.URL.Path]
		if to == "" && r.URL.Path != "/none" {
			sayJSON(w, "arrived")
			return
		}
		if r.URL.Path != "/none" {
			w.Header().Set("Location", to+secret)
		}
		w.WriteHeader(http.StatusFound)
	}, func(o *Options) { o.AllowHTTP = []string{hostOf(plain)} })
	// By plain http it may be asked, and it is on this machine by permission.
	c.o.AllowTo = append(c.o.AllowTo, hostOf(plain))
	c = New(c.o)

	for _, path := range []string{"/0", "/1", "/2", "/3"} {
		seen = nil
		text, err := get(t, c, server.URL+path+secret)
		if err != nil || text != "arrived" {
			t.Errorf("%s: %q %v", path, text, err)
		}
		for _, h := range seen {
			if h.Get("Cookie") != "" || h.Get("Referer") != "" || h.Get("Accept") == "" {
				t.Errorf("%s: sent %v", path, h)
			}
		}
	}
	if text, err := get(t, c, plain.URL); err != nil || text != "reached" {
		t.Errorf("plain http by permission: %q %v", text, err)
	}
	for _, path := range []string{"/4", "/round", "/loopback", "/plain", "/user", "/metadata", "/file"} {
		_, err := get(t, c, server.URL+path+secret)
		refused(t, err, problem.Invalid, "127.0.0.1 redirects to an address that is not followed")
	}
	for _, path := range []string{"/broken", "/none"} {
		if _, err := get(t, c, server.URL+path); problem.All(err) == nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestStatus(t *testing.T) {
	for _, tt := range []struct {
		status int
		header string
		code   problem.Code
		retry  problem.Detail
	}{
		{204, "", problem.Invalid, problem.Status(204)},
		{206, "", problem.Invalid, problem.Status(206)},
		{401, "", problem.Invalid, problem.Status(401)},
		{404, "5", problem.Invalid, problem.Status(404)},
		{408, "", problem.Unavailable, nil},
		{425, "", problem.Unavailable, nil},
		{429, "120", problem.Unavailable, problem.RetryAfter(120)},
		{429, "", problem.Unavailable, nil},
		{429, "soon", problem.Unavailable, nil},
		{429, "-5", problem.Unavailable, nil},
		{429, "99999999999999", problem.Unavailable, problem.RetryAfter(86400)},
		{429, "Mon, 01 Mar 2027 12:01:00 GMT", problem.Unavailable, problem.RetryAfter(60)},
		{429, "Mon, 01 Mar 2027 11:00:00 GMT", problem.Unavailable, problem.RetryAfter(0)},
		{500, "", problem.Unavailable, nil},
		{503, "7", problem.Unavailable, problem.RetryAfter(7)},
	} {
		t.Run(fmt.Sprint(tt.status, " ", tt.header), func(t *testing.T) {
			server, c := partner(t, func(w http.ResponseWriter, _ *http.Request) {
				if tt.header != "" {
					w.Header().Set("Retry-After", tt.header)
				}
				w.WriteHeader(tt.status)
			})
			_, err := get(t, c, server.URL+"/?token=s3cret")
			p := refused(t, err, tt.code, fmt.Sprintf("127.0.0.1 answers with the status %d", tt.status))
			if got := p.Detail(); got != tt.retry {
				t.Errorf("the detail is %v, want %v", got, tt.retry)
			}
		})
	}
}

func TestMediaTypes(t *testing.T) {
	for contentType, want := range map[string]string{
		"application/json":                   "application/json",
		"Application/LD+JSON; profile=\"x\"": "application/ld+json",
		"text/html":                          "",
		"application/jsonp":                  "",
		"application/json;;":                 "",
		"s3cret":                             "",
	} {
		server, c := partner(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", contentType) })
		response, err := c.Get(t.Context(), server.URL, Previous{})
		if want == "" {
			refused(t, err, problem.Invalid, "another media type than application/json, application/ld+json")
			continue
		}
		if err != nil || response.MediaType != want {
			t.Errorf("%s: %+v %v", contentType, response, err)
		} else {
			_ = response.Body.Close()
		}
	}
	server, c := partner(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html") },
		func(o *Options) { o.MediaTypes = nil })
	if _, err := get(t, c, server.URL); err != nil {
		t.Errorf("without a list: %v", err)
	}
}

func TestABodyWithinTheLimitIsWhole(t *testing.T) {
	server, c := partner(t, func(w http.ResponseWriter, _ *http.Request) { sayJSON(w, strings.Repeat("x", 100_000)) },
		func(o *Options) { o.MaxBytes = 100_000 })
	if text, err := get(t, c, server.URL); len(text) != 100_000 || err != nil {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func TestBodiesThatAreTooLarge(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"declared": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100001")
			sayJSON(w, strings.Repeat("x", 100_001))
		},
		"one byte": func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			sayJSON(w, strings.Repeat("x", 100_001))
		},
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				sayJSON(w, strings.Repeat("x", 10_000))
			}
		},
		"gzip bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Content-Type", "application/json")
			z := gzip.NewWriter(w)
			for range 100 {
				_, _ = z.Write(make([]byte, 100_000))
			}
			_ = z.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			server, c := partner(t, h, func(o *Options) { o.MaxBytes = 100_000; o.MediaTypes = nil })
			text, err := get(t, c, server.URL)
			refused(t, err, problem.Limited, "127.0.0.1 sends more than 100000 bytes")
			if before := map[bool]int{false: 100_000}[name == "declared"]; len(text) != before {
				t.Errorf("%d bytes came before, want %d", len(text), before)
			}
		})
	}
}

func TestEncodings(t *testing.T) {
	for _, encoding := range []string{"br", "gzip, gzip", "zstd"} {
		server, c := partner(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", encoding)
			sayJSON(w, "x")
		})
		_, err := get(t, c, server.URL)
		refused(t, err, problem.Invalid, "content encoding")
	}
	server, c := partner(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		sayJSON(w, "no gzip")
	})
	_, err := get(t, c, server.URL)
	refused(t, err, problem.Unavailable, "breaks off")
}

func TestABodyThatBreaksOff(t *testing.T) {
	server, c := partner(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		sayJSON(w, "x")
	})
	text, err := get(t, c, server.URL)
	p := refused(t, err, problem.Unavailable, "127.0.0.1 breaks off")
	if text != "x" || !errors.Is(p.Cause(), io.ErrUnexpectedEOF) {
		t.Errorf("%q, %v", text, p.Cause())
	}
}

// stuck begins an answer and never ends it.
func stuck(w http.ResponseWriter, r *http.Request) {
	sayJSON(w, "x")
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

func TestABodyThatStopsIsEnded(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"below the rate": func(o *Options) { o.Patience = 100 * time.Millisecond },
		"after the time": func(o *Options) { o.Timeout = time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			server, c := partner(t, stuck, change)
			text, err := get(t, c, server.URL)
			refused(t, err, problem.Limited, "127.0.0.1 sends too slowly")
			if text != "x" {
				t.Errorf("%q came before", text)
			}
		})
	}
}

func TestServersThatDoNotAnswer(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	secret := "/?token=s3cret"
	t.Run("no header", func(t *testing.T) {
		server, c := partner(t, hang, func(o *Options) { o.HeaderTimeout = 200 * time.Millisecond })
		_, err := get(t, c, server.URL+secret)
		refused(t, err, problem.Unavailable, "127.0.0.1 does not answer")
	})
	t.Run("no time", func(t *testing.T) {
		server, c := partner(t, hang, func(o *Options) { o.Timeout = 50 * time.Millisecond })
		_, err := get(t, c, server.URL+secret)
		refused(t, err, problem.Unavailable, "127.0.0.1 does not answer")
	})
	t.Run("caller leaves", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		server, c := partner(t, func(w http.ResponseWriter, r *http.Request) {
			leave()
			hang(w, r)
		})
		_, err := c.Get(ctx, server.URL+secret, Previous{})
		p := refused(t, err, problem.Unavailable, "127.0.0.1 does not answer")
		if !errors.Is(p.Cause(), context.Canceled) || strings.Contains(p.Cause().Error(), "s3cret") {
			t.Errorf("cause = %v", p.Cause())
		}
	})
	t.Run("huge header", func(t *testing.T) {
		server, c := partner(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 100<<10))
			sayJSON(w, "x")
		})
		_, err := get(t, c, server.URL+secret)
		refused(t, err, problem.Unavailable, "127.0.0.1 does not answer")
	})
	t.Run("unknown certificate", func(t *testing.T) {
		server, c := partner(t, hang, func(o *Options) { o.Roots = x509.NewCertPool() })
		_, err := get(t, c, server.URL+secret)
		refused(t, err, problem.Unavailable, "127.0.0.1 does not answer")
	})
	t.Run("closed", func(t *testing.T) {
		server, c := partner(t, hang)
		server.Close()
		_, err := get(t, c, server.URL+secret)
		refused(t, err, problem.Unavailable, "127.0.0.1 does not answer")
	})
}

// R96: no partner is spoken to by a version of TLS that is broken.
func TestR96OldTLSIsRefused(t *testing.T) {
	for version, ok := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { sayJSON(w, "{}") }))
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version}
		server.StartTLS()
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		if _, err := get(t, New(Options{AllowTo: []string{hostOf(server)}, Roots: roots}), server.URL); (err == nil) != ok {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		server.Close()
	}
}
