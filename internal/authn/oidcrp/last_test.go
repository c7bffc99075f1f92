package oidcrp_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/peregrine-exchange/peregrine/internal/authn/oidcrp"
)

// R12: the last good keys of a provider serve for a day while it gives no others,
// and not for ever.
func TestR12LastKeysServeForADay(t *testing.T) {
	p := newParty(t)
	if !p.signIn() {
		t.Fatalf("refused: %s", p.cause)
	}
	p.fake.keys = func(s *gojose.JSONWebKeySet) { s.Keys = slices.Repeat(s.Keys, 51) } // too many to be taken
	p.now = p.now.Add(23 * time.Hour)
	if !p.signIn() {
		t.Errorf("within the day: %s", p.cause)
	}
	p.now = p.now.Add(2 * time.Hour)
	if p.signIn() {
		t.Error("keys of a day ago are believed for ever")
	}
}

// R11: no provider is reached by plain http, wherever it is.
func TestR11PlainHTTPIsNotAsked(t *testing.T) {
	p := newParty(t)
	for _, issuer := range []string{"http://203.0.113.9", "http://idp.example.org:8080"} {
		p.db.Client.Provider.Update().SetIssuer(issuer).ExecX(p.system())
		if p.signIn() || p.cause != oidcrp.ProviderDown || !strings.Contains(p.log.String(), "https only") {
			t.Errorf("%s: cause %q, %s", issuer, p.cause, p.log)
		}
		p.log.Reset()
		p.now = p.now.Add(time.Minute)
	}
}

// R18: a token of another type ends nothing, nor one with names that nobody can
// have.
func TestR18LogoutTokensOfAnotherType(t *testing.T) {
	p := newParty(t)
	p.signedIn()
	signed := func(typ string, changes map[string]any) string {
		c := map[string]any{"iss": p.fake.issuer(), "aud": "peregrine", "iat": p.now.Unix(), "exp": p.now.Add(2 * time.Minute).Unix(), "jti": "j-" + typ, "sub": "s-1",
			"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
		set(changes)(c)
		return p.fake.signedAs(c, gojose.ContentType(typ))
	}
	for name, token := range map[string]string{
		"an access token":     signed("at+jwt", nil),
		"a long subject":      signed("logout+jwt", map[string]any{"sub": strings.Repeat("s", 256)}),
		"a long session name": signed("logout+jwt", map[string]any{"sub": nil, "sid": strings.Repeat("s", 2000)}),
	} {
		if code := p.logsOut("uni-s", token); code != http.StatusBadRequest || p.alive() != 1 {
			t.Errorf("%s: %d", name, code)
		}
	}
	if code := p.logsOut("uni-s", signed("logout+jwt", nil)); code != http.StatusOK || p.alive() != 0 {
		t.Errorf("a good one: %d", code)
	}
}
