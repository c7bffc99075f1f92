package provider

import (
	"cmp"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Bounds of what a provider is registered with.
const (
	maxIssuer = 191
	maxClient = 255
	maxScopes = 20
	maxNames  = 20
	maxName   = 255
	maxHomes  = 500
)

// Algorithms lists the signatures of ID tokens that are accepted at all.
//
// Source: RFC 8725, section 3.1, and what OpenID providers in use offer.
var Algorithms = []string{"RS256", "PS256", "ES256", "ES384", "EdDSA"}

// Attributes lists what claim_names may name a claim of.
var Attributes = []string{"home", "affiliation", "external_affiliation", "given_name", "family_name", "name", "email", "esi", "language", "assurance", "entitlement"}

// Protected claims are the ID token's alone: they tell who signed in, to whom
// and how, and never an attribute.
var Protected = []string{"iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce", "acr", "amr", "auth_time", "at_hash", "c_hash", "sid", "_claim_names", "_claim_sources"}

// ClaimName says by which claim a provider tells an attribute, where it departs
// from the spelling of its federation.
type ClaimName struct{ Attribute, Claim string }

// ACRValue says how a provider calls a level of authentication of REFEDS.
type ACRValue struct{ Profile, Value string }

func claimNames(all []ClaimName) map[string]string {
	m := map[string]string{}
	for _, n := range all {
		m[n.Attribute] = n.Claim
	}
	return m
}

func acrValues(all []ACRValue) map[string]string {
	m := map[string]string{}
	for _, v := range all {
		m[v.Profile] = v.Value
	}
	return m
}

// ClaimNamesOf lists a provider's own names of claims, in order.
func ClaimNamesOf(row *ent.Provider) []ClaimName {
	return sorted(row.ClaimNames, func(k, v string) ClaimName { return ClaimName{k, v} })
}

// ACRValuesOf lists a provider's own names of levels, in order.
func ACRValuesOf(row *ent.Provider) []ACRValue {
	return sorted(row.AcrValues, func(k, v string) ACRValue { return ACRValue{k, v} })
}

func sorted[T any](m map[string]string, of func(k, v string) T) []T {
	return vocab.Each(slices.Sorted(maps.Keys(m)), func(k string) T { return of(k, m[k]) })
}

func (p Proposal) clientAuthentication() provider.ClientAuthentication {
	return cmp.Or(p.ClientAuthentication, provider.ClientAuthenticationSECRET)
}

func (p Proposal) claims() provider.Claims { return cmp.Or(p.Claims, provider.ClaimsREFEDS) }

func (p Proposal) secretRef() *string {
	if p.ClientSecretRef == nil || *p.ClientSecretRef == "" {
		return nil
	}
	return p.ClientSecretRef
}

// origin says where a proposal comes from. Only the operator, who has put the
// secrets of the server where they are, may name any of them.
type origin bool

const (
	fromAPI      origin = false
	fromOperator origin = true
)

var (
	key   = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,62}[a-z0-9])?$`)
	scope = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]{1,100}$`) // RFC 6749, section 3.3
	claim = regexp.MustCompile(`^[A-Za-z0-9_.:/-]{1,255}$`)

	// How secrets are named: an environment variable or a file. By the API only
	// those that are called a provider's, in a folder that is written out.
	anySecret    = regexp.MustCompile(`^(env:[A-Za-z_][A-Za-z0-9_]{0,199}|file:(/[A-Za-z0-9_.-]+){1,20}|[a-z]+:)$`)
	markedSecret = regexp.MustCompile(`^(env:PROVIDER_[A-Z0-9_]{1,100}|file:(/[A-Za-z0-9_][A-Za-z0-9_.-]*){0,20}/provider-[a-z0-9.-]{1,100})$`)
)

// check returns all that is wrong with a proposal at once, at fields below path.
func (s *Service) check(p Proposal, from origin, path ...string) error {
	at := func(field string) []string { return append(slices.Clone(path), field) }
	found := []error{
		when(!key.MatchString(p.Key) || strings.Contains(p.Key, ".."), at("key"),
			"%q is not a key: 1 to 64 small letters, digits, hyphens and dots, such as \"uni-hannover.de\"", vocab.Clean(40, p.Key)),
		s.checkIssuer(p.Issuer, at("issuer")), checkClient(p.ClientID, at("clientId")), checkSecret(p, from, at("clientSecretRef")),
		checkScopes(p.Scopes, at("scopes")), checkAlgorithms(p.Algorithms, at("algorithms")),
		checkClaimNames(p.ClaimNames, at("claimNames")), checkACR(p.ACRValues, at("acrValues")),
	}
	for _, known := range []struct {
		field, value string
		err          error
	}{
		{"mode", string(p.Mode), provider.ModeValidator(p.Mode)}, {"claims", string(p.claims()), provider.ClaimsValidator(p.claims())},
		{"clientAuthentication", string(p.clientAuthentication()), provider.ClientAuthenticationValidator(p.clientAuthentication())},
	} {
		found = append(found, when(known.err != nil, at(known.field), "%q is none of the allowed values", vocab.Clean(40, known.value)))
	}
	if len(p.Homes) > maxHomes {
		found = append(found, problem.New(problem.Invalid, "at most %d domains are allowed", maxHomes).At(at("homes")...))
	} else {
		for _, h := range p.Homes {
			found = append(found, vocab.CheckDomain(h.Domain, at("homes")...))
		}
	}
	return problem.Join(found...)
}

func when(fault bool, field []string, format string, args ...any) error {
	if !fault {
		return nil
	}
	return problem.New(problem.Invalid, format, args...).At(field...)
}

// checkIssuer wants an address as OpenID Connect Discovery, section 3 has it:
// https, without query and fragment, written as it is compared.
func (s *Service) checkIssuer(issuer string, field []string) error {
	u, err := url.Parse(issuer)
	ok := err == nil && len(issuer) <= maxIssuer && u.Host != "" && u.User == nil && u.Opaque == "" &&
		!strings.ContainsAny(issuer, "?#%\\ ") && u.Host == strings.ToLower(u.Host) && u.String() == issuer && ascii(issuer) &&
		(u.Scheme == "https" || u.Scheme == "http" && slices.Contains(s.AllowHTTP, u.Host))
	return when(!ok, field, "the issuer is an https address of at most %d characters without query and fragment, exactly as the provider writes it", maxIssuer)
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func checkClient(id string, field []string) error {
	return when(id == "" || len(id) > maxClient || !ascii(id), field, "the client id has 1 to %d visible ASCII characters", maxClient)
}

// checkSecret never repeats what it refuses: it might be a secret.
func checkSecret(p Proposal, from origin, field []string) error {
	ref := vocab.OrZero(p.secretRef())
	if p.clientAuthentication() != provider.ClientAuthenticationSECRET {
		return when(ref != "", field, "with a private key there is no client secret")
	}
	if from == fromOperator {
		return when(len(ref) > maxClient || !anySecret.MatchString(ref) || strings.Contains(ref, ".."), field,
			"the secret itself is not stored; name the variable or the file that holds it, env:NAME or file:/PATH")
	}
	return when(len(ref) > maxClient || !markedSecret.MatchString(ref) || strings.Contains(ref, ".."), field,
		"the secret itself is not stored; name what the operator has put it into for providers, env:PROVIDER_NAME or file:/PATH/provider-NAME")
}

func checkScopes(scopes, field []string) error {
	distinct := slices.Compact(slices.Sorted(slices.Values(scopes)))
	ok := slices.Contains(scopes, "openid") && len(scopes) <= maxScopes && len(distinct) == len(scopes) &&
		!slices.ContainsFunc(scopes, func(s string) bool { return !scope.MatchString(s) })
	return when(!ok, field, "the scopes are at most %d different ones, and openid is among them", maxScopes)
}

func checkAlgorithms(algorithms, field []string) error {
	for i, a := range algorithms {
		switch {
		case !slices.Contains(Algorithms, a):
			return problem.New(problem.Invalid, "the algorithm %q is not accepted; those are %s", vocab.Clean(40, a), strings.Join(Algorithms, ", ")).At(field...)
		case slices.Contains(algorithms[:i], a):
			return problem.New(problem.Invalid, "the code %q stands twice", a).At(field...)
		}
	}
	return nil
}

func checkClaimNames(all []ClaimName, field []string) error {
	seen := map[string]bool{}
	for _, n := range all {
		if !slices.Contains(Attributes, n.Attribute) {
			return problem.New(problem.Invalid, "the attribute %q is not read; those are %s", vocab.Clean(40, n.Attribute), strings.Join(Attributes, ", ")).At(field...)
		}
		if !claim.MatchString(n.Claim) || slices.Contains(Protected, n.Claim) || seen[n.Attribute] {
			return problem.New(problem.Invalid, "%q cannot be the one claim that tells the attribute %q", vocab.Clean(40, n.Claim), n.Attribute).At(field...)
		}
		seen[n.Attribute] = true
	}
	return nil
}

func checkACR(all []ACRValue, field []string) error {
	seen, words := map[string]bool{}, map[string]bool{}
	for i, v := range all {
		if i >= maxNames || !strings.HasPrefix(v.Profile, "https://refeds.org/profile/") || len(v.Profile) > maxName || v.Value == "" || len(v.Value) > maxName ||
			!ascii(v.Profile+v.Value) ||
			seen[v.Profile] ||
			words[v.Value] {
			return problem.New(problem.Invalid, "a level of authentication is a profile of REFEDS, such as \"https://refeds.org/profile/mfa\", with one name that the provider has for it").
				At(field...)
		}
		seen[v.Profile], words[v.Value] = true, true
	}
	return nil
}
