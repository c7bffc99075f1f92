package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// An answer that gets on is not cut by the server's limit of time; one that has a
// limit for the whole is.
func TestPatienceWithWhatGetsOn(t *testing.T) {
	const piece = 250 * time.Millisecond
	for name, tt := range map[string]struct {
		whole time.Duration
		comes bool
	}{"patient": {0, true}, "impatient": {piece, false}} {
		answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			out := writer{w, patient(w, piece, tt.whole)}
			for range 6 {
				_, _ = out.Write(make([]byte, extendEvery))
				_ = out.control.Flush()
				<-time.After(piece / 2)
			}
			_, _ = io.WriteString(out, "end")
		})
		server := httptest.NewUnstartedServer(answer)
		server.Config.WriteTimeout = piece / 2
		server.Start()
		got, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(got.Body)
		if comes := err == nil && len(body) == 6*extendEvery+len("end"); comes != tt.comes {
			t.Errorf("%s: %d bytes, %v", name, len(body), err)
		}
		_ = got.Body.Close()
		server.Close()
	}
}
