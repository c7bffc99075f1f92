// Package fetch gets a document from a server that nobody of ours runs, such as
// the catalogue of a partner, and comes to no harm by it.
//
// Threat: the address was typed by somebody, and the server at it may be
// hostile or broken. So
//
//   - the address is https and public, which is checked once its name has been
//     resolved, for every connection and every redirect (guard.go);
//   - nothing of ours goes along: no cookies, no credentials, no Referer, no
//     proxy that the environment names;
//   - the answer is bounded in time, in speed, in the size of its header and in
//     bytes after decompression (body.go);
//   - no problem repeats anything of the address but its host, because the rest
//     may hold a secret.
//
// # Problems
//
//	UNAVAILABLE  no answer, 408, 425, 429 or 5xx: try again, not before
//	             problem.RetryAfter (where the server names it)
//	INVALID      the address, a redirect, the status or the media type is
//	             refused: trying again does not help
//	LIMITED      the body is too large or comes too slowly
package fetch

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// maxRedirects is how many redirects are followed.
const maxRedirects = 3

// Options are the limits of a client. The zero value works, for public https
// addresses and every media type.
type Options struct {
	MediaTypes []string // that are accepted, the preferred first, such as "application/json"; nil accepts all
	UserAgent  string   // default "peregrine"

	AllowTo   []string // host:port in lower case that may have an address that is not public
	AllowHTTP []string // the same, that may be asked by plain http

	MaxBytes      int64         // of a body after decompression; default 64 MiB
	Timeout       time.Duration // for all of it, with the body; default 5 min
	HeaderTimeout time.Duration // for a connection, and for a header; default 15 s
	MinRate       int64         // bytes a second of a body, after decompression; default 1 KiB
	Patience      time.Duration // how long a body may stay below MinRate; default 15 s
	NoRedirects   bool          // where an address must mean itself, such as that of keys

	Resolver *net.Resolver    // nil asks that of the system
	Roots    *x509.CertPool   // who vouches for servers; nil trusts whom the system trusts
	Now      func() time.Time // nil is the clock of the system
}

// Previous is what a server said of its document when it was got before. The
// zero value asks for the document in any case.
type Previous struct {
	ETag         string
	LastModified string // a date of HTTP, as the server wrote it
}

// Response is a document, or the word that it has not changed.
type Response struct {
	NotModified bool          // Body is empty
	MediaType   string        // without parameters, in lower case; empty when not modified
	Body        io.ReadCloser // ends with a LIMITED or UNAVAILABLE problem when it is not whole; close it
	Previous    Previous      // to ask with the next time
}

// Client gets documents. It is safe for concurrent use.
type Client struct {
	o         Options // with their defaults
	accept    string
	transport *http.Transport
}

// New returns a client within o.
func New(o Options) *Client {
	c := &Client{o: o, accept: "*/*"}
	if len(o.MediaTypes) > 0 {
		c.accept = strings.Join(o.MediaTypes, ", ")
	}
	c.o.UserAgent = cmp.Or(c.o.UserAgent, "peregrine")
	if c.o.MaxBytes <= 0 {
		c.o.MaxBytes = 64 << 20
	}
	if c.o.Timeout <= 0 {
		c.o.Timeout = 5 * time.Minute
	}
	if c.o.HeaderTimeout <= 0 {
		c.o.HeaderTimeout = 15 * time.Second
	}
	if c.o.MinRate <= 0 {
		c.o.MinRate = 1 << 10
	}
	if c.o.Patience <= 0 {
		c.o.Patience = 15 * time.Second
	}
	if c.o.Now == nil {
		c.o.Now = time.Now
	}
	// With a dialer of its own a transport speaks HTTP/1.1, which has the
	// smaller surface. Proxy stays nil, so that the environment names none.
	c.transport = &http.Transport{
		DialContext:            guarded(c.o.HeaderTimeout, c.o.Resolver, c.o.AllowTo),
		TLSClientConfig:        &tls.Config{RootCAs: c.o.Roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    c.o.HeaderTimeout,
		ResponseHeaderTimeout:  c.o.HeaderTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    1,
		IdleConnTimeout:        c.o.Patience, // between the pages of one collection
	}
	return c
}

// Get asks for the document at address, unless it is as previous says.
func (c *Client) Get(ctx context.Context, address string, previous Previous) (*Response, error) {
	target, p := c.checked(address)
	if p != nil {
		return nil, p
	}
	ctx, cancel := context.WithCancelCause(ctx)
	overdue := time.AfterFunc(c.o.Timeout, func() { cancel(errSlow) })
	end := func() {
		overdue.Stop()
		cancel(nil)
	}
	answer, err := c.send(ctx, target, previous)
	if err != nil {
		end()
		return nil, err
	}
	response, p := c.judge(target.Hostname(), answer, previous)
	if p != nil || response.NotModified {
		_ = answer.Body.Close()
		end()
		if p != nil {
			return nil, p
		}
		return response, nil
	}
	response.Body = &body{
		from: answer.Body, ctx: ctx, cancel: cancel, end: end, host: target.Hostname(),
		most: c.o.MaxBytes, rate: c.o.MinRate, patience: c.o.Patience, left: c.o.Patience,
	}
	return response, nil
}

// checked reads an address. Its problem repeats nothing of it.
func (c *Client) checked(address string) (*url.URL, *problem.Error) {
	target, err := url.Parse(address)
	if err != nil || !Permits(target, c.o.AllowHTTP) {
		return nil, problem.New(problem.Invalid, "the address to fetch from must be https and name a host, but no user or password")
	}
	return target, nil
}

// hostPort is host:port of an address, as lists of exceptions have it.
func hostPort(u *url.URL) string {
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// errRedirect ends a chain of redirects.
var errRedirect = errors.New("a redirect is not followed")

// send asks, and follows redirects.
func (c *Client) send(ctx context.Context, target *url.URL, previous Previous) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", c.accept)
	r.Header.Set("User-Agent", c.o.UserAgent)
	if previous.ETag != "" {
		r.Header.Set("If-None-Match", previous.ETag)
	}
	if previous.LastModified != "" {
		r.Header.Set("If-Modified-Since", previous.LastModified)
	}
	redirected := false
	client := &http.Client{
		Transport: c.transport,
		CheckRedirect: func(next *http.Request, before []*http.Request) error {
			redirected = true
			next.Header.Del("Referer") // the address before may hold a secret
			downgraded := before[len(before)-1].URL.Scheme == "https" && next.URL.Scheme != "https"
			if c.o.NoRedirects || len(before) > maxRedirects || downgraded || !Permits(next.URL, c.o.AllowHTTP) {
				return errRedirect
			}
			return nil
		},
	}
	answer, err := client.Do(r)
	if err == nil && ctx.Err() == nil {
		return answer, nil
	}
	if answer != nil {
		_ = answer.Body.Close()
	}
	host := target.Hostname()
	switch {
	case err == nil: // an answer to our leaving is none
		return nil, silent(host).Because(context.Cause(ctx))
	case errors.Is(err, errRedirect), redirected && isRefused(err):
		return nil, problem.New(problem.Invalid, "%s redirects to an address that is not followed", host)
	case isRefused(err):
		return nil, problem.New(problem.Invalid, "the address of %s is not public", host)
	}
	return nil, silent(host).Because(bare(err))
}

// bare is err without the address that net/http puts into it.
func bare(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

func silent(host string) *problem.Error {
	return problem.New(problem.Unavailable, "%s does not answer", host)
}

// judge reads the header of an answer, and leaves its body to the caller.
func (c *Client) judge(host string, answer *http.Response, previous Previous) (*Response, *problem.Error) {
	told := Previous{answer.Header.Get("ETag"), answer.Header.Get("Last-Modified")}
	switch status := answer.StatusCode; {
	case status == http.StatusNotModified && previous != (Previous{}):
		told.ETag = cmp.Or(told.ETag, previous.ETag)
		told.LastModified = cmp.Or(told.LastModified, previous.LastModified)
		return &Response{NotModified: true, Body: http.NoBody, Previous: told}, nil
	case status == http.StatusOK:
	case status >= 500, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		p := problem.New(problem.Unavailable, "%s answers with the status %d", host, status)
		if wait, told := retryAfter(answer.Header.Get("Retry-After"), c.o.Now()); told {
			p = p.With(problem.RetryAfter(wait / time.Second))
		}
		return nil, p
	default:
		return nil, problem.New(problem.Invalid, "%s answers with the status %d", host, status).With(problem.Status(status))
	}
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if len(c.o.MediaTypes) > 0 && (err != nil || !slices.Contains(c.o.MediaTypes, kind)) {
		return nil, problem.New(problem.Invalid, "%s answers with another media type than %s", host, strings.Join(c.o.MediaTypes, ", "))
	}
	// The transport has undone gzip, the only encoding it asks for.
	if encoding := answer.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, problem.New(problem.Invalid, "%s answers with a content encoding that was not asked for", host)
	}
	if answer.ContentLength > c.o.MaxBytes {
		return nil, tooLarge(host, c.o.MaxBytes)
	}
	return &Response{MediaType: kind, Previous: told}, nil
}
