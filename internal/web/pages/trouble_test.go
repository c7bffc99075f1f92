package pages

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

func TestProblemsBecomeCauses(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want Cause
	}{
		{problem.New(problem.Invalid, "x"), Invalid},
		{problem.New(problem.Unauthenticated, "x"), SignedOut},
		{problem.New(problem.Forbidden, "x"), Forbidden},
		{fmt.Errorf("wrapped: %w", problem.New(problem.NotFound, "x")), NotFound},
		{problem.New(problem.Conflict, "x"), Conflict},
		{problem.New(problem.Limited, "x"), Limited},
		{problem.New(problem.Unavailable, "x"), Unavailable},
		{problem.New(problem.Internal, "x"), Internal},
		{errors.New("a fault"), Internal},
	} {
		if got := CauseOf(tt.err); got != tt.want {
			t.Errorf("CauseOf(%v) = %s, want %s", tt.err, got, tt.want)
		}
	}
}

func TestTroubleNamesTheWayOut(t *testing.T) {
	r := renderer(t, usual)
	for _, tt := range []struct {
		name    string
		trouble Trouble
		status  int
		want    []string
		not     []string
	}{
		{"a failed sign-in leads back to the chooser", Trouble{Cause: Expired, RequestID: "req_1", ReturnTo: "/account"}, 400,
			[]string{`href="/signin?return_to=%2Faccount"`, "req_1", "mailto:help@exchange.example"}, nil},
		{"other errors do not", Trouble{Cause: NotFound}, 404, []string{`href="/"`}, []string{`class="button" href="/signin`}},
		{"the institution's support is named", Trouble{Cause: ProviderDown, Support: "https://it.example/help"}, 503,
			[]string{`href="https://it.example/help"`}, nil},
		{"a short wait is told in seconds", Trouble{Cause: Limited, Wait: 120}, 429, []string{"Wait 120 seconds"}, []string{"Wait a minute"}},
		{"a long one in minutes", Trouble{Cause: Limited, Wait: 121}, 429, []string{"Wait 3 minutes"}, []string{"121"}},
		{"one that nobody knows in words", Trouble{Cause: Limited}, 429, []string{"Wait a minute"}, nil},
		{"an unknown cause is ours", Trouble{Cause: "something"}, 500, []string{"Something went wrong on our side"}, []string{"cause."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			r.Trouble(w, httptest.NewRequest(http.MethodGet, "/x", nil), tt.trouble)
			if w.Code != tt.status {
				t.Errorf("status is %d, want %d", w.Code, tt.status)
			}
			for _, want := range tt.want {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("the page lacks %s", want)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(w.Body.String(), not) {
					t.Errorf("the page has %s", not)
				}
			}
		})
	}
}

func TestStartKeepsTheWayBack(t *testing.T) {
	p := Provider{Key: "a b/c", Hint: "uni.example"}
	for _, tt := range []struct {
		chooser SignIn
		want    string
	}{
		{SignIn{}, "/auth/start/a%20b%2Fc?home=uni.example"},
		{SignIn{ReturnTo: "/v/x?y=1&z"}, "/auth/start/a%20b%2Fc?home=uni.example&return_to=%2Fv%2Fx%3Fy%3D1%26z"},
		{SignIn{Forgetful: true}, "/auth/start/a%20b%2Fc?home=uni.example&remember=no"},
	} {
		if got := tt.chooser.Start(p); got != tt.want {
			t.Errorf("Start = %s, want %s", got, tt.want)
		}
	}
	if got, want := (SignIn{Query: "a", ReturnTo: "/x"}).Toggle(), "/signin?q=a&remember=no&return_to=%2Fx"; got != want {
		t.Errorf("Toggle = %s, want %s", got, want)
	}
}
