package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/peregrine-exchange/peregrine/internal/authn/token"
)

// askToken works for a program, on the machine of a partner: it needs no
// database and no settings.
type askToken struct {
	NewKey string   `help:"Make a key pair: the private JWK into a new file that only its owner reads, the public one to standard output." type:"path" placeholder:"FILE" xor:"what"`
	Key    string   `help:"File with the private JWK." type:"path" placeholder:"FILE" xor:"what"`
	Client string   `help:"Client id, as the registration gave it." placeholder:"ID"`
	Issuer string   `help:"Address of the exchange." default:"http://localhost:8080" placeholder:"URL"`
	Scope  []string `help:"Scopes to ask for; all that the program has when none is given." placeholder:"SCOPE"`
}

// Run makes a key pair, or prints an access token.
func (a askToken) Run(s *streams) error {
	switch {
	case a.NewKey != "":
		return newKey(a.NewKey, s.out)
	case a.Key == "" || a.Client == "":
		return errors.New("give --key and --client to get a token, or --new-key to make a key")
	}
	key, err := readKey(a.Key)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, 15*time.Second)
	defer cancel()
	issuer := strings.TrimSuffix(a.Issuer, "/")
	endpoint, err := discover(ctx, issuer)
	if err != nil {
		return err
	}
	assertion, err := assert(key, a.Client, issuer)
	if err != nil {
		return err
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_assertion": {assertion},
		"client_assertion_type": {token.AssertionType}}
	if len(a.Scope) > 0 {
		form.Set("scope", strings.Join(a.Scope, " "))
	}
	got, err := redeem(ctx, endpoint, form)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, got)
	return err
}

// newKey makes an ES256 key pair. It never writes over a file.
func newKey(file string, out io.Writer) error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	k := jose.JSONWebKey{Key: private, Algorithm: string(jose.ES256), Use: "sig"}
	sum, err := k.Thumbprint(crypto.SHA256)
	if err != nil {
		return err
	}
	k.KeyID = base64.RawURLEncoding.EncodeToString(sum)
	secret, err := k.MarshalJSON()
	if err != nil {
		return err
	}
	public, err := k.Public().MarshalJSON()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(append(secret, '\n')); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\n", public)
	return err
}

// readKey reads a private JWK. Its errors repeat nothing of the file.
func readKey(file string) (jose.JSONWebKey, error) {
	var k jose.JSONWebKey
	raw, err := os.ReadFile(file)
	if err != nil {
		return k, err
	}
	if k.UnmarshalJSON(raw) != nil || !k.Valid() || k.IsPublic() {
		return k, fmt.Errorf("%s holds no private key as JWK", file)
	}
	if k.Algorithm == "" {
		return k, fmt.Errorf("the key in %s has no alg, such as ES256", file)
	}
	return k, nil
}

// assert signs who asks: for this exchange alone, for five minutes, once.
func assert(key jose.JSONWebKey, client, issuer string) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.Algorithm), Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	now := time.Now()
	return jwt.Signed(signer).Claims(map[string]any{
		"iss": client, "sub": client, "aud": issuer, "jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	}).Serialize()
}

// discover reads from the metadata of the exchange where tokens are given out.
// Metadata of another issuer would send the assertion elsewhere, so it counts
// for nothing.
func discover(ctx context.Context, issuer string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, issuer+token.ServerPath, nil)
	if err != nil {
		return "", err
	}
	var metadata struct {
		Issuer   string `json:"issuer"`
		Endpoint string `json:"token_endpoint"`
	}
	status, err := call(r, &metadata)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d", status)
	}
	if err != nil {
		return "", fmt.Errorf("%s does not say where it gives tokens out: %w", issuer, err)
	}
	if metadata.Issuer != issuer {
		return "", fmt.Errorf("%s calls itself %q; ask that one", issuer, metadata.Issuer)
	}
	return metadata.Endpoint, nil
}

func redeem(ctx context.Context, endpoint string, form url.Values) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var got struct {
		Token       string `json:"access_token"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	status, err := call(r, &got)
	if err != nil {
		return "", err
	}
	if status != http.StatusOK || got.Token == "" {
		return "", fmt.Errorf("no token: %s: %s", got.Error, got.Description)
	}
	return got.Token, nil
}

// call asks once, without following redirects: an assertion goes where it was
// meant to go.
func call(r *http.Request, into any) (int, error) {
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := c.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	return answer.StatusCode, json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(into)
}
