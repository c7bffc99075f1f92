// Package config reads the settings of a server: environment over file over
// default. It is one struct and one table of checks; all faults are reported at
// once, and zero values work for a first try on one's own machine.
package config

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/caarlos0/env/v11"
	"github.com/hashicorp/go-envparse"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Prefix begins the name of every variable.
const Prefix = "PEREGRINE_"

// Config is what a server needs to know. The tag desc documents each setting;
// "peregrine help configuration" prints it.
type Config struct {
	Listen      string   `env:"LISTEN" envDefault:"127.0.0.1:8080" desc:"address to listen on"`
	BaseURL     string   `env:"BASE_URL" envDefault:"http://localhost:8080" desc:"public address, without a slash at its end; https except on this machine"`
	Database    Address  `env:"DATABASE" envDefault:"sqlite:data/peregrine.db" desc:"sqlite:PATH, or mysql://user:password@host:port/name for MariaDB and MySQL"`
	KEK         Secret   `env:"KEY_ENCRYPTION_KEY" desc:"32 random bytes in base64, under which signing keys are sealed; made and kept beside an SQLite database when not set"`
	KEKFile     string   `env:"KEY_ENCRYPTION_KEY_FILE" desc:"file that holds the key-encryption key, instead of the variable"`
	Proxies     []string `env:"TRUSTED_PROXIES" desc:"networks of proxies in front, such as 10.0.0.0/8, whose X-Forwarded-For is believed"`
	LogLevel    string   `env:"LOG_LEVEL" envDefault:"info" desc:"debug, info, warn or error"`
	LogFormat   string   `env:"LOG_FORMAT" envDefault:"auto" desc:"json, text, or auto: text on a terminal"`
	Contact     string   `env:"CONTACT" desc:"whom people write to when something fails, shown on error pages"`
	ImportMiB   int      `env:"IMPORT_MAX_MIB" envDefault:"512" desc:"largest document that can be imported, in MiB; a workbook has 20 at most"`
	Retention   string   `env:"RETENTION" desc:"months for which classes of data are kept where they differ from those of peregrine help privacy, such as disclosures=36,texts=6"`
	ErasureDays int      `env:"ERASURE_DAYS" envDefault:"3" desc:"days from somebody's wish to be erased to its beginning, 0 to 30, in which they may take it back"`
	Budgets     int      `env:"BUDGET_FACTOR" envDefault:"1" desc:"multiplies all budgets against floods (peregrine help limits), up to 1000"`
	Demo        bool     `env:"DEMO" envDefault:"false" desc:"demo alliance with a bundled identity provider; only on this machine and on SQLite"`
	DemoListen  string   `env:"DEMO_IDP_LISTEN" envDefault:"127.0.0.1:8090" desc:"address of the demo identity provider"`
	DemoURL     string   `env:"DEMO_IDP_URL" envDefault:"http://localhost:8090" desc:"address of the demo identity provider as browsers reach it"`
	Providers   []string `env:"DEV_PROVIDERS" desc:"host:port of providers on this machine that may be plain http, such as localhost:9001; only where all is on this machine"`
}

// Address is the address of a database. It prints without its password.
type Address string

// String hides the password.
func (a Address) String() string {
	u, err := url.Parse(string(a))
	if err != nil {
		return "***"
	}
	return u.Redacted()
}

// Where names the database for people: by whole path, or by name and server. It
// tells neither the password nor whose it is.
func (a Address) Where() string {
	if path, ok := strings.CutPrefix(string(a), "sqlite:"); ok {
		if whole, err := filepath.Abs(path); err == nil {
			path = whole
		}
		return "SQLite, file " + path
	}
	u, err := url.Parse(string(a))
	if err != nil {
		return "***"
	}
	return "MariaDB or MySQL, " + strings.Trim(u.Path, "/") + " at " + u.Host
}

// GoString hides the password from %#v.
func (a Address) GoString() string { return a.String() }

// LogValue hides the password from logs.
func (a Address) LogValue() slog.Value { return slog.StringValue(a.String()) }

// MarshalText hides the password from JSON.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Secret prints as ***.
type Secret string

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the secret from logs, where it is a value of its own.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the secret from JSON, and so from logs of what holds it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// others are names with the prefix that are no settings: of the file itself, and
// what the tests and scripts of this project read, beside which a server may run.
var others = []string{
	Prefix + "CONFIG", Prefix + "BENCH_COURSES", Prefix + "BENCH_APPLICATIONS", Prefix + "BENCH_RUSH", Prefix + "STANDARDS",
	Prefix + "TEST_MYSQL", Prefix + "TEST_PROVIDERS", Prefix + "VULNDB",
}

// injected are the variables that Kubernetes sets for a service whose name begins
// with peregrine, in every pod beside it. They are nobody's slip.
//
// Source: kubernetes.io/docs/concepts/services-networking/service, "Environment
// variables".
var injected = regexp.MustCompile(`^[A-Z0-9_]+(_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)=|_PORT(_\d+_(TCP|UDP|SCTP))?=(tcp|udp|sctp)://|_PORT_\d+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR)=)`)

// unknown returns a fault when there is no setting of the name: who misspells
// one would have the default instead, such as another database, and not know.
func unknown(name string, more ...string) error {
	names := more
	for _, s := range Settings() {
		names = append(names, s.Name)
	}
	if slices.Contains(names, name) {
		return nil
	}
	distance := func(n string) int { return levenshtein.ComputeDistance(n, strings.ToUpper(name)) }
	nearest := slices.MinFunc(names, func(a, b string) int { return cmp.Compare(distance(a), distance(b)) })
	return fmt.Errorf("there is no setting %s; the nearest is %s, and peregrine help configuration has all", name, nearest)
}

// Load reads the settings from the environment, and from the file of KEY=VALUE
// lines that file, or else PEREGRINE_CONFIG, names. It returns all that is
// wrong with them at once.
func Load(file string, environ []string) (Config, error) {
	values := map[string]string{}
	var faults []error
	for _, pair := range environ {
		if name, value, _ := strings.Cut(pair, "="); strings.HasPrefix(name, Prefix) && !injected.MatchString(pair) {
			values[name] = value
			faults = append(faults, unknown(name, others...))
		}
	}
	if file = cmp.Or(file, values[Prefix+"CONFIG"]); file != "" {
		stored, err := read(file)
		if err != nil {
			faults = append(faults, fmt.Errorf("the configuration file: %w", err))
		}
		for _, name := range slices.Sorted(maps.Keys(stored)) {
			if err := unknown(name); err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", file, err))
			}
			if _, set := values[name]; !set {
				values[name] = stored[name]
			}
		}
	}
	var c Config
	if err := env.ParseWithOptions(&c, env.Options{Environment: values, Prefix: Prefix}); err != nil {
		faults = append(faults, err)
	}
	if c.KEKFile != "" {
		key, err := ReadKey(c.KEKFile)
		faults = append(faults, when(err != nil, "KEY_ENCRYPTION_KEY_FILE", "names no key: %w", err),
			when(c.KEK != "", "KEY_ENCRYPTION_KEY_FILE", "and %sKEY_ENCRYPTION_KEY are both set; keep one", Prefix))
		c.KEK = key
	}
	faults = append(faults, c.Check())
	return c, errors.Join(faults...)
}

// read reads a file of KEY=VALUE lines. A value is taken as it is written: no
// part of a password is the name of a variable. What follows # is a comment,
// except in quotes.
func read(file string) (map[string]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return envparse.Parse(f)
}

// ReadKey reads a key-encryption key from a file. An empty file is a fault, not
// the absence of a key: it may have been cut short, or not be mounted yet, and
// a server that made another key would seal new secrets under it.
func ReadKey(file string) (Secret, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	key := strings.TrimSpace(string(b))
	switch {
	case key == "":
		return "", fmt.Errorf("%s is empty", file)
	case !key32(key):
		return "", fmt.Errorf("%s does not hold 32 bytes in base64", file)
	}
	return Secret(key), nil
}

// Networks returns the trusted proxies, which Check has checked.
func (c Config) Networks() []netip.Prefix {
	var all []netip.Prefix
	for _, p := range c.Proxies {
		if network, err := netip.ParsePrefix(strings.TrimSpace(p)); err == nil {
			all = append(all, network)
		}
	}
	return all
}

// LocalProviders returns host:port of the providers that may be plain http, which
// Check has checked.
func (c Config) LocalProviders() []string {
	var all []string
	for _, p := range c.Providers {
		all = append(all, strings.TrimSpace(p))
	}
	return all
}

// Setting documents one setting.
type Setting struct{ Name, Default, Description string }

// Settings lists all settings in order.
func Settings() []Setting {
	var all []Setting
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		f := t.Field(i)
		if name := f.Tag.Get("env"); name != "-" {
			all = append(all, Setting{Prefix + name, f.Tag.Get("envDefault"), f.Tag.Get("desc")})
		}
	}
	return all
}

// Periods are the months for which classes of data are kept. The setting has
// been checked.
func (c Config) Periods() vocab.Periods {
	all, _ := vocab.ParsePeriods(c.Retention)
	return all
}

// Check returns all faults of the settings at once.
func (c Config) Check() error {
	base, err := url.Parse(c.BaseURL)
	if err != nil {
		base = &url.URL{}
	}
	database, sqlite := strings.CutPrefix(string(c.Database), "sqlite:")
	server, err := url.Parse(string(c.Database))
	mysql := err == nil && server.Scheme == "mysql" && server.Hostname() != "" && server.User != nil && strings.Trim(server.Path, "/") != ""
	local := vocab.IsLoopback(base.Hostname())
	_, _, badListen := net.SplitHostPort(c.Listen)
	listenHost, _, _ := net.SplitHostPort(c.Listen)
	_, badPeriods := vocab.ParsePeriods(c.Retention)
	var level slog.Level
	faults := []error{
		when(badListen != nil, "LISTEN", "%q is not an address such as 127.0.0.1:8080", c.Listen),
		when(base.Hostname() == "" || c.BaseURL != base.Scheme+"://"+base.Host || !vocab.HasPort(base) || strings.HasSuffix(base.Host, ":"), // nothing else, not even an empty query
			"BASE_URL", "%q is not an address such as https://exchange.example.org", c.BaseURL),
		when(base.Host != "" && base.Scheme != "https" && !(base.Scheme == "http" && local),
			"BASE_URL", "%q is not https; plain http is for this machine only", c.BaseURL),
		when(sqlite && database == "" || !sqlite && !mysql, "DATABASE", "is neither sqlite:PATH nor mysql://user:password@host:port/name"),
		when(!sqlite && c.KEK == "", "KEY_ENCRYPTION_KEY", "is needed with MySQL; make one with: head -c 32 /dev/urandom | base64"),
		when(c.KEK != "" && !key32(string(c.KEK)), "KEY_ENCRYPTION_KEY", "is not 32 bytes in base64"),
		when(level.UnmarshalText([]byte(c.LogLevel)) != nil, "LOG_LEVEL", "%q is not debug, info, warn or error", c.LogLevel),
		when(!slices.Contains([]string{"json", "text", "auto"}, c.LogFormat), "LOG_FORMAT", "%q is not json, text or auto", c.LogFormat),
		when(c.ImportMiB < 1 || c.ImportMiB > 4096, "IMPORT_MAX_MIB", "%d is not 1 to 4096", c.ImportMiB),
		when(badPeriods != nil, "RETENTION", "%v", badPeriods),
		when(c.ErasureDays < 0 || c.ErasureDays > 30, "ERASURE_DAYS", "%d is not 0 to 30", c.ErasureDays),
		when(c.Budgets < 1 || c.Budgets > 1000, "BUDGET_FACTOR", "%d is not 1 to 1000", c.Budgets),
		when(c.Demo && (!local || !vocab.IsLoopback(listenHost)), "DEMO", "is only for this machine: LISTEN and BASE_URL must be on localhost"),
		when(c.Demo && !sqlite, "DEMO", "is only for SQLite, so that invented people never enter a real database"),
	}
	for _, p := range c.Proxies {
		_, err := netip.ParsePrefix(strings.TrimSpace(p))
		faults = append(faults, when(err != nil, "TRUSTED_PROXIES", "%q is not a network such as 10.0.0.0/8", p))
	}
	// Threat: by plain http whoever is on the way signs in as anybody, so it is for
	// a server that nobody else reaches.
	faults = append(faults, when(len(c.Providers) > 0 && (!local || !vocab.IsLoopback(listenHost)),
		"DEV_PROVIDERS", "is only for this machine: LISTEN and BASE_URL must be on localhost"))
	for _, p := range c.LocalProviders() {
		u, err := url.Parse("http://" + p)
		faults = append(faults, when(err != nil || u.Host != p || p != strings.ToLower(p) || u.Port() == "" || !vocab.HasPort(u) || !vocab.IsLoopback(u.Hostname()),
			"DEV_PROVIDERS", "%q is not the host and port of this machine, such as localhost:9001", p))
	}
	if c.Demo {
		demo, err := url.Parse(c.DemoURL)
		host, _, bad := net.SplitHostPort(c.DemoListen)
		faults = append(faults,
			when(err != nil || demo.Scheme != "http" || !vocab.IsLoopback(demo.Hostname()), "DEMO_IDP_URL", "%q is not an http address on this machine", c.DemoURL),
			when(bad != nil || !vocab.IsLoopback(host), "DEMO_IDP_LISTEN", "%q is not an address on this machine", c.DemoListen))
	}
	return errors.Join(faults...)
}

func when(fault bool, name, format string, args ...any) error {
	if !fault {
		return nil
	}
	return fmt.Errorf(Prefix+name+" "+format, args...)
}

func key32(s string) bool {
	b, err := base64.StdEncoding.DecodeString(s)
	return err == nil && len(b) == 32
}
