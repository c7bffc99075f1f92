package app

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// R52: who sends slowly is cut, before the header is whole and after, and keeps
// nobody else waiting. The times of the server are short here; those that count
// add up to 40 s at most.
func TestR52ASlowSenderIsCut(t *testing.T) {
	if total := readAll + writeAll; readHeader > readAll || total > 40*time.Second {
		t.Errorf("a slow sender may stay for %s", total)
	}
	l, err := listen("127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		_, _ = io.WriteString(w, "ok")
	}))
	if err != nil {
		t.Fatal(err)
	}
	if l.ReadHeaderTimeout != readHeader || l.ReadTimeout != readAll || l.WriteTimeout != writeAll || l.IdleTimeout != idleTime || l.MaxHeaderBytes != maxHeader {
		t.Errorf("the server has other limits: %+v", l.Server)
	}
	const short = 200 * time.Millisecond
	l.ReadHeaderTimeout, l.ReadTimeout, l.WriteTimeout = l.ReadHeaderTimeout/(readHeader/short), l.ReadTimeout/(readAll/short), l.WriteTimeout/(writeAll/short)
	done := make(chan error, 1)
	go func() { done <- l.Serve(l.Listener) }()
	t.Cleanup(func() { _ = l.Server.Close(); <-done })
	address := l.Listener.Addr().String()
	for what, begins := range map[string]string{
		"nothing":       "",
		"half a header": "POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"half a body":   "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
		"half a chunk":  "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf",
	} {
		t.Run(what, func(t *testing.T) {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, begins); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			other, err := http.Get("http://" + address)
			if err != nil || other.StatusCode != http.StatusOK {
				t.Errorf("another one gets %v", err)
			}
			if other != nil {
				_ = other.Body.Close()
			}
			_ = conn.SetReadDeadline(began.Add(20 * short))
			if _, err := io.Copy(io.Discard, conn); err != nil { // nil: the server has closed it
				t.Errorf("it is still connected after %s: %v", time.Since(began), err)
			}
		})
	}
}
