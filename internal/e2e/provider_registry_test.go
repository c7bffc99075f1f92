package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// A provider may create people, so two persons let it in, and none speaks for
// domains that are not its institution's (R2).
func TestProviderIsLetInByTwo(t *testing.T) {
	w := NewWorld(t)
	ada, alma, aron := w.Staff("Ada", "uni-a", viewer.Administrator), w.Staff("Alma", "uni-c", viewer.AllianceAdministrator), w.Staff("Aron", "uni-c", viewer.AllianceAdministrator)
	bert := w.Staff("Bert", "uni-b", viewer.Administrator)
	a, b := w.Institution("uni-a"), w.Institution("uni-b")
	ada.Does("has a further domain", "updateInstitution", map[string]any{"institutionId": a, "domains": []string{"uni-a.example", "lab.uni-a.example", "med.uni-a.example"}})
	settings := map[string]any{"clientId": "peregrine"}
	proposal := func(changes map[string]any) map[string]any {
		p := map[string]any{"key": "lab", "issuer": "https://idp.lab.uni-a.example", "mode": "DIRECT", "settings": settings,
			"homes": []any{map[string]any{"domain": "lab.uni-a.example", "institutionId": a}}}
		for k, v := range changes {
			p[k] = v
		}
		return p
	}
	bert.IsRefused("proposes for another university", "FORBIDDEN", "proposeIdentityProvider", proposal(nil))
	w.Learner("Sam", "uni-a").IsRefused("proposes one", "FORBIDDEN", "proposeIdentityProvider", proposal(nil))
	for name, changes := range map[string]map[string]any{
		"a domain that is not theirs": {"homes": []any{map[string]any{"domain": "uni-b.example", "institutionId": a}}},
		"plain http":                  {"issuer": "http://idp.uni-a.example"},
		"a query":                     {"issuer": "https://idp.uni-a.example?x=1"},
		"no domain":                   {"homes": []any{}},
		"a key with a slash":          {"key": "../x"},
		"no openid":                   {"settings": map[string]any{"clientId": "p", "scopes": []string{"email"}}},
		"a secret in the open":        {"settings": map[string]any{"clientId": "p", "clientAuthentication": "SECRET", "clientSecretRef": "hunter2"}},
		"another secret of ours":      {"settings": map[string]any{"clientId": "p", "clientAuthentication": "SECRET", "clientSecretRef": "env:PEREGRINE_KEY"}},
		"a file of ours":              {"settings": map[string]any{"clientId": "p", "clientAuthentication": "SECRET", "clientSecretRef": "file:/etc/shadow"}},
		"none as signature":           {"settings": map[string]any{"clientId": "p", "algorithms": []string{"none"}}},
		"our own idea of an issuer":   {"settings": map[string]any{"clientId": "p", "claimNames": []any{map[string]any{"name": "iss", "value": "x"}}}},
	} {
		ada.IsRefused("proposes "+name, "INVALID", "proposeIdentityProvider", proposal(changes))
	}
	ada.IsRefused("takes the domain of the provider that there is", "CONFLICT", "proposeIdentityProvider", proposal(map[string]any{
		"homes": []any{map[string]any{"domain": "uni-a.example", "institutionId": a}}}))

	p := ada.Does("proposes it", "proposeIdentityProvider", proposal(nil))
	byID := map[string]any{"providerId": id(p)}
	if p["state"] != "PROPOSED" || at(p, "domains", 0, "proposed") != true {
		t.Errorf("proposed as %v", p)
	}
	start := func() int {
		got := httptest.NewRecorder()
		w.App.Handler.ServeHTTP(got, httptest.NewRequest(http.MethodGet, "/auth/start/lab", nil))
		return got.Code
	}
	if got := start(); got != http.StatusNotFound {
		t.Errorf("a proposed provider starts a sign-in: %d", got)
	}
	ada.IsRefused("approves it herself", "FORBIDDEN", "approveIdentityProvider", byID)
	bert.IsRefused("does not see it", "NOT_FOUND", "approveIdentityProvider", byID)
	if approved := alma.Does("approves it", "approveIdentityProvider", byID); approved["state"] != "ACTIVE" || at(approved, "domains", 0, "proposed") != false {
		t.Errorf("approved as %v", approved)
	}
	aron.IsRefused("approves it again", "CONFLICT", "approveIdentityProvider", byID)

	alma.Does("proposes a further domain", "addProviderDomain", map[string]any{"providerId": id(p), "domain": "med.uni-a.example", "institutionId": a})
	alma.IsRefused("approves what she proposed", "FORBIDDEN", "approveIdentityProvider", byID)
	alma.IsRefused("has it speak for a second university", "INVALID", "addProviderDomain", map[string]any{"providerId": id(p), "domain": "uni-b.example", "institutionId": b})
	if both := aron.Does("approves it", "approveIdentityProvider", byID); len(both["domains"].([]any)) != 2 || at(both, "domains", 1, "proposed") != false {
		t.Errorf("with two domains %v", both)
	}
	if one := ada.Does("takes a domain away, at once", "removeProviderDomain", map[string]any{"providerId": id(p), "domain": "med.uni-a.example"}); len(one["domains"].([]any)) != 1 {
		t.Errorf("left with %v", one)
	}
	ada.Does("changes the client id, at once", "updateIdentityProvider", map[string]any{"providerId": id(p), "settings": map[string]any{"clientId": "other"}})
	ada.Does("disables it, at once", "disableIdentityProvider", byID)
	aron.IsRefused("cannot approve what is disabled", "CONFLICT", "approveIdentityProvider", byID)
	if again := aron.Does("proposes it anew", "enableIdentityProvider", byID); again["state"] != "PROPOSED" {
		t.Errorf("enabled as %v", again)
	}
	aron.IsRefused("approves what he proposed", "FORBIDDEN", "approveIdentityProvider", byID)
	alma.Does("approves it", "approveIdentityProvider", byID)

	const list = `query($at: ID!) { identityProviders(filter: { institutionId: $at }) { totalCount nodes { key proposedBy { id } } } }`
	for _, tt := range []struct {
		who  *Actor
		want float64
	}{{ada, 2}, {alma, 2}, {bert, 0}, {w.Nobody(), 0}} {
		if got := at(tt.who.Asks("lists them", list, map[string]any{"at": a}), "identityProviders", "totalCount"); got != tt.want {
			t.Errorf("%s sees %v providers of A, want %v", tt.who.Name, got, tt.want)
		}
	}
}

// What is wrong with a provider is told in our words (R23), and costs nobody
// else anything.
func TestBrokenProviderIsNoted(t *testing.T) {
	w := NewWorld(t)
	ada := w.Staff("Ada", "uni-a", viewer.Administrator)
	checked := ada.Does("has it checked", "checkIdentityProvider", map[string]any{"providerId": w.providers["uni-a"]})
	if reason, _ := checked["healthReason"].(string); checked["health"] != "BROKEN" || reason == "" || checked["checkedAt"] == nil || strings.Contains(reason, "dial") {
		t.Errorf("checked as %v", checked)
	}
	n, err := w.App.Providers.CheckDue(w.system())
	if err != nil || n != 2 { // the third was asked a moment ago
		t.Errorf("%d were due, %v", n, err)
	}
}
