package provider

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/peregrine-exchange/peregrine/ent"
	row "github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Settings say how a provider is spoken to, and how it spells what it says.
type Settings struct {
	ClientID             string
	ClientAuthentication row.ClientAuthentication
	ClientSecretRef      *string // env:PEREGRINE_CLIENT_SECRET_… where the secret stands; never the secret
	Scopes               []string
	Algorithms           []string // of ID tokens; none: all that are accepted
	Claims               row.Claims
	ClaimNames           []Spelling // attributes that have another name there
	AcrValues            []Spelling // REFEDS profiles that have another name there
}

// Spelling is a name as we have it, and as the provider has it.
type Spelling struct{ Name, Value string }

// Algorithms are the signatures of ID tokens that are accepted.
var Algorithms = []string{"RS256", "PS256", "ES256", "ES384", "EdDSA"}

// Attributes may have other names in a provider's claims.
var Attributes = []string{"home", "affiliation", "external_affiliation", "given_name", "family_name", "name", "email", "esi", "language", "assurance", "entitlement"}

// Profiles are the REFEDS profiles that are asked for in step-up.
var Profiles = []string{"https://refeds.org/profile/mfa", "https://refeds.org/profile/sfa"}

var (
	keyPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,62}[a-z0-9])?$`)
	// Only names that were made for this: whoever administers a provider would
	// else have any secret of this server sent to a server of theirs.
	secretPattern = regexp.MustCompile(`^env:PEREGRINE_CLIENT_SECRET_[A-Z0-9_]{1,64}$`)
	token         = regexp.MustCompile(`^[\x21\x23-\x5b\x5d-\x7e]{1,255}$`) // RFC 6749, 3.3
)

func checkKey(key string) error {
	if !keyPattern.MatchString(key) {
		return problem.New(problem.Invalid, "a key has 1 to 64 small letters, digits, points and hyphens").At("input", "key")
	}
	return nil
}

func checkIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(issuer, "?#") || len(issuer) > 191 {
		return problem.New(problem.Invalid, "an issuer is an https address of at most %d bytes without user, query and fragment", 191).At("input", "issuer")
	}
	return nil
}

func checkHomes(mode row.Mode, homes []Home) error {
	var bad []error
	if len(homes) < 1 || len(homes) > maxHomes {
		bad = append(bad, problem.New(problem.Invalid, "a provider speaks for 1 to %d domains", maxHomes).At("input", "homes"))
	}
	if mode == row.ModeDIRECT && len(of(homes)) > 1 {
		bad = append(bad, problem.New(problem.Invalid, "only a proxy speaks for several institutions").At("input", "mode"))
	}
	for i, h := range homes {
		bad = append(bad, vocab.CheckDomain(h.Domain, "input", "homes", index(i), "domain"))
	}
	return problem.Join(bad...)
}

func index(i int) string { return strconv.Itoa(i) }

// check returns the settings, or what is wrong with them.
func (s Settings) check(path ...string) (Settings, error) {
	at := func(name string) []string { return append(slices.Clone(path), name) }
	var bad []error
	want := func(ok bool, p *problem.Error, name string) {
		if !ok {
			bad = append(bad, p.At(at(name)...))
		}
	}
	want(token.MatchString(s.ClientID), problem.New(problem.Invalid, "a client id has 1 to %d printable ASCII characters", 255), "clientId")
	if s.ClientAuthentication == row.ClientAuthenticationSECRET {
		want(s.ClientSecretRef != nil && secretPattern.MatchString(*s.ClientSecretRef),
			problem.New(problem.Invalid, "name the variable that holds the secret, as in env:PEREGRINE_CLIENT_SECRET_UNI; the secret itself is never stored"), "clientSecretRef")
	} else {
		want(s.ClientSecretRef == nil, problem.New(problem.Invalid, "a client that proves itself by key has no secret"), "clientSecretRef")
	}
	scopes := len(s.Scopes) <= maxScopes && slices.Contains(s.Scopes, "openid")
	for _, name := range s.Scopes {
		scopes = scopes && token.MatchString(name)
	}
	want(scopes, problem.New(problem.Invalid, "at most %d scopes, and among them openid", maxScopes), "scopes")
	for _, a := range s.Algorithms {
		want(slices.Contains(Algorithms, a), problem.New(problem.Invalid, "signatures are accepted by %s", strings.Join(Algorithms, ", ")), "algorithms")
	}
	want(spelt(s.ClaimNames, Attributes), problem.New(problem.Invalid, "each once, and one of %s", strings.Join(Attributes, ", ")), "claimNames")
	want(spelt(s.AcrValues, Profiles), problem.New(problem.Invalid, "each once, and one of %s", strings.Join(Profiles, ", ")), "acrValues")
	return s, problem.Join(bad...)
}

func spelt(all []Spelling, names []string) bool {
	seen := map[string]bool{}
	for _, s := range all {
		if seen[s.Name] || !slices.Contains(names, s.Name) || !token.MatchString(s.Value) {
			return false
		}
		seen[s.Name] = true
	}
	return len(all) <= maxNames
}

// fill writes the settings into a row.
func (s Settings) fill(m *ent.ProviderMutation) {
	m.SetClientID(s.ClientID)
	m.SetClientAuthentication(s.ClientAuthentication)
	m.ClearClientSecretRef()
	if s.ClientSecretRef != nil {
		m.SetClientSecretRef(*s.ClientSecretRef)
	}
	m.SetScopes(s.Scopes)
	m.SetAlgorithms(append([]string{}, s.Algorithms...))
	m.SetClaims(s.Claims)
	m.SetClaimNames(mapped(s.ClaimNames))
	m.SetAcrValues(mapped(s.AcrValues))
}

func mapped(all []Spelling) map[string]string {
	m := map[string]string{}
	for _, s := range all {
		m[s.Name] = s.Value
	}
	return m
}
