// Package demoidp owns the bundled demo identity provider: an OpenID provider
// that plays many universities, for demonstration only. Whoever opens its
// sign-in page picks one of the invented people of a university and is that
// person, without a password. So it must never stand where a real sign-in is
// expected: [New] refuses every address that is not plain http on a loopback
// host, and requests for another host are turned away.
//
// Each university is a realm: an issuer of its own below the base address,
// with its own signing key, people, requests, codes and tokens, so that nothing
// of one realm means anything in another. Keys are made at run time and never
// stored; a restart forgets everything.
//
// The protocol is that of the library github.com/zitadel/oidc: authorization
// code flow with PKCE S256, one confidential client, ID token, userinfo,
// RP-initiated logout. This package adds the people, the pages, the bounded
// memory and the issuer parameter of RFC 9207. There is no single sign-on
// session, hence no cookie: every request asks again, which is what prompt=login
// and max_age want, and prompt=none is always answered with login_required.
package demoidp

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Person is one invented account of a realm.
type Person struct {
	Subject      string // sub, unique in the realm, without a colon
	GivenName    string
	FamilyName   string
	Email        string
	Affiliations []string // unscoped eduPersonAffiliation, such as "student"; the scope is the realm's domain
	ESI          string   // European Student Identifier, a URN; may be empty
	Assurance    []string // eduPersonAssurance, URIs of the REFEDS Assurance Framework
	Label        string   // who this is, in English, for the sign-in page: "student of mechanical engineering"
}

// Name is the full name as it is shown.
func (p Person) Name() string { return strings.TrimSpace(p.GivenName + " " + p.FamilyName) }

// Realm is one university and its people.
type Realm struct {
	Key      string // path segment below the base address; by custom the domain
	Domain   string // schacHomeOrganization, and the scope of affiliations
	Name     string // in Language
	Language string // BCP 47 tag; also the locale of the people
	People   []Person
}

// Config is what [New] needs.
type Config struct {
	BaseURL                string // "http://localhost:8090"; http and loopback only
	Realms                 []Realm
	ClientID, ClientSecret string // the one client that every realm knows
	RedirectURIs           func(realmKey string) []string
	PostLogoutRedirectURIs []string
	Now                    func() time.Time // nil means the clock of the machine; the library dates tokens by that clock anyway
	Logger                 *slog.Logger     // nil means slog.Default, to which the library writes anyway
}

// New builds the provider, which serves /{realm}/... and lists the realms at /.
// The caller listens. The error names what is wrong with the configuration,
// above all a base address that others than this machine could reach.
func New(c Config) (http.Handler, error) {
	base, err := loopbackURL(c.BaseURL)
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	s := &server{host: base.Host, realms: map[string]*realm{}}
	for _, r := range c.Realms {
		made, err := newRealm(r, base.String()+"/"+r.Key, c)
		if err != nil {
			return nil, fmt.Errorf("demo identity provider: realm %s: %w", r.Key, err)
		}
		s.realms[r.Key] = made
		s.order = append(s.order, made)
	}
	return s.handler(), nil
}

// loopbackURL reads a base address. It is the lock on this package: whatever
// is not plain http to this very machine is an error.
func loopbackURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("demo identity provider: base address: %w", err)
	}
	if u.Scheme != "http" || !vocab.IsLoopback(u.Hostname()) {
		return nil, fmt.Errorf("demo identity provider: %q is not http on a loopback host; it signs anybody in and is only for this machine", raw)
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("demo identity provider: %q has more than a scheme, a host and a port", raw)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

var (
	// affiliations is the vocabulary of eduPersonAffiliation (eduPerson 202208, section 2.2.1).
	affiliations = []string{"faculty", "student", "staff", "alum", "member", "affiliate", "employee", "library-walk-in"}
	domainName   = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)
)

func (c Config) check() error {
	if c.ClientID == "" || c.ClientSecret == "" || c.RedirectURIs == nil {
		return errors.New("demo identity provider: client id, client secret and redirect addresses are needed")
	}
	if len(c.Realms) == 0 {
		return errors.New("demo identity provider: there is no realm")
	}
	seen := map[string]bool{}
	for _, r := range c.Realms {
		if seen[r.Key] {
			return fmt.Errorf("demo identity provider: realm %s is there twice", r.Key)
		}
		seen[r.Key] = true
		if err := r.check(); err != nil {
			return fmt.Errorf("demo identity provider: realm %q: %w", r.Key, err)
		}
		if len(c.RedirectURIs(r.Key)) == 0 {
			return fmt.Errorf("demo identity provider: realm %s has no redirect address", r.Key)
		}
	}
	return nil
}

func (r Realm) check() error {
	if !domainName.MatchString(r.Key) || !domainName.MatchString(r.Domain) {
		return fmt.Errorf("key and domain (%q) must be domain names in lower case", r.Domain)
	}
	if _, err := language.Parse(r.Language); err != nil {
		return fmt.Errorf("language %q: %w", r.Language, err)
	}
	if r.Name == "" || len(r.People) == 0 {
		return errors.New("a name and at least one person are needed")
	}
	seen := map[string]bool{}
	for _, p := range r.People {
		// The library joins token id and subject with a colon.
		if p.Subject == "" || len(p.Subject) > 255 || strings.Contains(p.Subject, ":") || seen[p.Subject] {
			return fmt.Errorf("subject %q is empty, too long, has a colon or is there twice", p.Subject)
		}
		seen[p.Subject] = true
		if p.Name() == "" {
			return fmt.Errorf("subject %s has no name", p.Subject)
		}
		for _, a := range p.Affiliations {
			if !slices.Contains(affiliations, a) {
				return fmt.Errorf("subject %s: %q is not an eduPerson affiliation", p.Subject, a)
			}
		}
	}
	return nil
}
