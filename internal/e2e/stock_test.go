package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/peregrine-exchange/peregrine/internal/app"
)

var resourceMetadata = regexp.MustCompile(`^Bearer .*resource_metadata="([^"]+)"`)

// R35: a client that knows nothing but the address of the API finds its way to
// a token by metadata alone, with the OAuth library that Go programs use.
func TestStockClientWorksFromMetadata(t *testing.T) {
	w := NewWorld(t)
	server := httptest.NewUnstartedServer(nil)
	server.Start()
	t.Cleanup(server.Close)
	parts := w.parts
	parts.Config.BaseURL = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	a, err := app.New(parts)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = a.Handler
	p := w.Program("uni-b", "sis", "catalogue.read")

	document := func(address string) map[string]any {
		t.Helper()
		answer, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var doc map[string]any
		if err := json.NewDecoder(answer.Body).Decode(&doc); err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v", address, answer.StatusCode, err)
		}
		return doc
	}
	api := parts.Config.BaseURL + "/graphql"
	question, err := http.NewRequest(http.MethodPost, api, strings.NewReader(`{"query":"{ viewer { kind } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	question.Header.Set("Content-Type", "application/json")
	question.Header.Set("Authorization", "Bearer none")
	refused, err := http.DefaultClient.Do(question)
	if err != nil {
		t.Fatal(err)
	}
	_ = refused.Body.Close()
	told := resourceMetadata.FindStringSubmatch(refused.Header.Get("WWW-Authenticate"))
	if refused.StatusCode != http.StatusUnauthorized || told == nil {
		t.Fatalf("refused with %d %q", refused.StatusCode, refused.Header.Get("WWW-Authenticate"))
	}
	resource := document(told[1])
	if resource["resource"] != api { // RFC 9728, 3.3: what is described is what was asked
		t.Errorf("the resource is %v", resource["resource"])
	}
	issuer := resource["authorization_servers"].([]any)[0].(string)
	metadata := document(issuer + "/.well-known/oauth-authorization-server")
	if metadata["issuer"] != issuer {
		t.Errorf("the issuer is %v", metadata["issuer"])
	}
	claims := p.says()
	claims["aud"] = issuer
	config := clientcredentials.Config{ClientID: p.ID, TokenURL: metadata["token_endpoint"].(string), AuthStyle: oauth2.AuthStyleInParams, Scopes: []string{"catalogue.read"},
		EndpointParams: url.Values{"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {p.sign(claims)}, "resource": {api}}}
	answer, err := config.Client(t.Context()).Post(api, "application/json", strings.NewReader(`{"query":"{ viewer { kind client { name } } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	if !strings.HasPrefix(string(body), `{"data":{"viewer":{"kind":"PROGRAM","client":{"name":"sis"}}}`) {
		t.Errorf("it gets %s", body)
	}
}
