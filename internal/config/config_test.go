package config

import (
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestNothingNeedsToBeSet(t *testing.T) {
	if c, err := Load("", nil); err != nil || c.Database == "" || c.Demo {
		t.Errorf("Load = %+v, %v", c, err)
	}
}

func TestEnvironmentGoesOverFileOverDefault(t *testing.T) {
	file := filepath.Join(t.TempDir(), "peregrine.env")
	if err := os.WriteFile(file, []byte("PEREGRINE_LISTEN=127.0.0.1:1\nPEREGRINE_LOG_LEVEL=warn\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load("", []string{"PEREGRINE_CONFIG=" + file, "PEREGRINE_LISTEN=127.0.0.1:2"})
	if err != nil || c.Listen != "127.0.0.1:2" || c.LogLevel != "warn" || c.LogFormat != "auto" {
		t.Errorf("Load = %+v, %v", c, err)
	}
	if err := os.WriteFile(file, []byte("PEREGRINE_LISTN=127.0.0.1:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file, nil); err == nil || !strings.Contains(err.Error(), "PEREGRINE_LISTN") {
		t.Errorf("a misspelt setting was accepted: %v", err)
	}
}

func TestAllFaultsAreReportedAtOnce(t *testing.T) {
	_, err := Load("", []string{
		"PEREGRINE_LISTEN=nowhere", "PEREGRINE_BASE_URL=http://exchange.example.org", "PEREGRINE_DATABASE=postgres://x",
		"PEREGRINE_LOG_LEVEL=loud", "PEREGRINE_LOG_FORMAT=xml", "PEREGRINE_TRUSTED_PROXIES=everybody", "PEREGRINE_KEY_ENCRYPTION_KEY=c2hvcnQ=", "PEREGRINE_BUDGET_FACTOR=0",
	})
	for _, name := range []string{"LISTEN", "BASE_URL", "DATABASE", "LOG_LEVEL", "LOG_FORMAT", "TRUSTED_PROXIES", "KEY_ENCRYPTION_KEY", "BUDGET_FACTOR"} {
		if err == nil || !strings.Contains(err.Error(), Prefix+name) {
			t.Errorf("the fault of %s is not in %v", name, err)
		}
	}
}

// A misspelt variable is a fault, and the name that was meant is said. What tests
// and Kubernetes set is none.
func TestAMisspeltVariableIsAFault(t *testing.T) {
	for name, meant := range map[string]string{
		"DATABSE": "DATABASE", "KEY_ENCRYPTION_KEY_FIL": "KEY_ENCRYPTION_KEY_FILE", "LISTEN_": "LISTEN", "CONFG": "CONFIG", "database": "DATABASE", "PORT": ""} {
		_, err := Load("", []string{Prefix + name + "=x"})
		if err == nil || !strings.Contains(err.Error(), "no setting "+Prefix+name+";") {
			t.Errorf("%s: %v", name, err)
		} else if !strings.Contains(err.Error(), "nearest is "+Prefix+meant) {
			t.Errorf("%s is not told from %s: %v", name, meant, err)
		}
	}
	if _, err := Load("", []string{"PEREGRINE_TEST_MYSQL=mysql://x", "PEREGRINE_SERVICE_HOST=10.0.0.1", "PEREGRINE_SERVICE_PORT_HTTP=8080", "PEREGRINE_PORT=tcp://10.0.0.1:8080",
		"PEREGRINE_PORT_8080_TCP=tcp://10.0.0.1:8080", "PEREGRINE_PORT_8080_TCP_ADDR=10.0.0.1", "PEREGRINE_DB_SERVICE_PORT=3306", "PEREGRINATION=1"}); err != nil {
		t.Error(err)
	}
}

// The names that are no settings are those that this project reads, and no more.
func TestNamesBesideSettingsAreRead(t *testing.T) {
	read := map[string]bool{}
	named := regexp.MustCompile(Prefix + "[A-Z][A-Z_]*")
	for _, root := range []string{"../../scripts", "../../internal", "../../bench", "../../Makefile"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Base(filepath.Dir(path)) == "config" {
				return err
			}
			text, err := os.ReadFile(path)
			for _, name := range named.FindAllString(string(text), -1) {
				read[name] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range others {
		if name != Prefix+"CONFIG" && !read[name] {
			t.Errorf("nobody reads %s", name)
		}
	}
	for name := range read {
		if err := unknown(name, others...); err != nil && !strings.HasPrefix(name, Prefix+"TEST_") { // those of one test
			t.Error(err)
		}
	}
}

// R96: plain http is for this machine alone, whatever its address looks like.
func TestR96PlainHTTPIsForThisMachineOnly(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://exchange.example.org": true, "http://localhost:8080": true, "http://127.0.0.1:8080": true, "http://[::1]:8080": true,
		"http://exchange.example.org": false, "http://10.0.0.1": false, "http://localhost.example.org": false, "http://127.0.0.1.example.org": false, "http://0.0.0.0:8080": false,
		"http://localhost@example.org": false, "ftp://localhost": false, "//localhost": false,
	} {
		if _, err := Load("", []string{Prefix + "BASE_URL=" + address}); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// Nobody gets invented people into a production system by one variable.
func TestDemoModeIsForThisMachineOnly(t *testing.T) {
	for _, other := range []string{
		"PEREGRINE_BASE_URL=https://exchange.example.org",
		"PEREGRINE_LISTEN=0.0.0.0:8080",
		"PEREGRINE_LISTEN=:8080",
		"PEREGRINE_DATABASE=mysql://u:p@127.0.0.1:3306/peregrine",
		"PEREGRINE_DEMO_IDP_URL=http://idp.example.org",
		"PEREGRINE_DEMO_IDP_LISTEN=0.0.0.0:8090",
	} {
		if _, err := Load("", []string{"PEREGRINE_DEMO=true", other}); err == nil || !strings.Contains(err.Error(), Prefix+"DEMO") {
			t.Errorf("demo mode with %s: %v", other, err)
		}
	}
	if _, err := Load("", []string{"PEREGRINE_DEMO=true"}); err != nil {
		t.Errorf("demo mode on this machine: %v", err)
	}
}

// Nobody's sign-in goes by plain http in production because of one variable.
func TestDevelopmentProvidersAreOfThisMachineOnly(t *testing.T) {
	for _, faulty := range [][]string{
		{"localhost:9001", "BASE_URL=https://exchange.example.org"},
		{"localhost:9001", "LISTEN=0.0.0.0:8080"},
		{"localhost:9001", "LISTEN=:8080"},
		{"idp.example.org:9001"}, {"10.0.0.1:9001"}, {"169.254.169.254:80"}, {"0.0.0.0:9001"}, {"localhost.example.org:9001"}, {"localhost"}, {"localhost:"}, {"localhost:99999"}, {":9001"},
		{"http://localhost:9001"}, {"localhost:9001/realm"}, {"ada@localhost:9001"}, {"LOCALHOST:9001"}, {"localhost:9001,idp.example.org:443"},
	} {
		environ := []string{Prefix + "DEV_PROVIDERS=" + faulty[0]}
		for _, other := range faulty[1:] {
			environ = append(environ, Prefix+other)
		}
		if _, err := Load("", environ); err == nil || !strings.Contains(err.Error(), Prefix+"DEV_PROVIDERS") {
			t.Errorf("%v: %v", faulty, err)
		}
	}
	c, err := Load("", []string{Prefix + "DEV_PROVIDERS=localhost:9001, 127.0.0.1:9002,[::1]:9003"})
	if got := strings.Join(c.LocalProviders(), " "); err != nil || got != "localhost:9001 127.0.0.1:9002 [::1]:9003" {
		t.Errorf("%q, %v", got, err)
	}
	if c, err := Load("", nil); err != nil || c.LocalProviders() != nil {
		t.Errorf("by default: %v, %v", c.LocalProviders(), err)
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	c := Config{KEK: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", Database: "mysql://u:BBBB@h:3306/n"}
	printed := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		printed[verb] = fmt.Sprintf(verb, c)
	}
	var text, lines strings.Builder
	slog.New(slog.NewJSONHandler(&lines, nil)).Info("started", "config", c, "key", c.KEK, "database", c.Database)
	slog.New(slog.NewTextHandler(&text, nil)).Info("started", "config", c, "key", c.KEK, "database", c.Database)
	printed["JSON log"], printed["text log"] = lines.String(), text.String()
	for how, s := range printed {
		if strings.Contains(s, "AAAA") || strings.Contains(s, "BBBB") || !strings.Contains(s, "***") {
			t.Errorf("%s prints %s", how, s)
		}
	}
}

// An operator sees which database is meant, and nobody the password.
func TestWhereADatabaseIs(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	for address, want := range map[Address]string{
		"sqlite:data/p.db":               "SQLite, file " + filepath.Join(folder, "data", "p.db"),
		"sqlite:/var/p.db":               "SQLite, file /var/p.db",
		"mysql://u:BB@h:3306/n?tls=true": "MariaDB or MySQL, n at h:3306",
		"mysql://u:B%zz@h/n":             "***",
	} {
		if got := address.Where(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A file says what it says: no part of a password is the name of a variable.
func TestValuesOfAFileAreTakenAsWritten(t *testing.T) {
	for written, want := range map[string]string{
		"mysql://u:p$Ab1@h:3306/n":       "mysql://u:p$Ab1@h:3306/n",
		"mysql://u:p${Ab1}@h:3306/n":     "mysql://u:p${Ab1}@h:3306/n",
		"'mysql://u:p$Ab1@h:3306/n'":     "mysql://u:p$Ab1@h:3306/n",
		"\"mysql://u:p$Ab1@h:3306/n\"":   "mysql://u:p$Ab1@h:3306/n",
		"'mysql://u:p@h:3306/n#1'":       "mysql://u:p@h:3306/n#1",
		"mysql://u:p@h:3306/n # comment": "mysql://u:p@h:3306/n",
	} {
		c, _ := Load(settings(t, "peregrine.env", "PEREGRINE_DATABASE="+written+"\n"), nil)
		if string(c.Database) != want {
			t.Errorf("%s is read as %s", written, string(c.Database))
		}
	}
}

// A key file that is cut short, or not mounted yet, is no reason to make
// another key.
func TestAnEmptyKeyFileIsAFault(t *testing.T) {
	key := "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	for text, ok := range map[string]bool{"": false, "\n": false, key[:20]: false, key + "\n": true} {
		c, err := Load("", []string{"PEREGRINE_KEY_ENCRYPTION_KEY_FILE=" + settings(t, "key", text)})
		if (err == nil) != ok || ok && string(c.KEK) != key {
			t.Errorf("%q: %v", text, err)
		}
	}
	_, err := Load("", []string{"PEREGRINE_KEY_ENCRYPTION_KEY_FILE=" + settings(t, "key", key), "PEREGRINE_KEY_ENCRYPTION_KEY=" + key})
	if err == nil || !strings.Contains(err.Error(), "both set") {
		t.Errorf("two keys: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	for name, values := range map[string]map[string]bool{
		"BASE_URL": {"https://x.org": true, "https://x.org:8443": true, "http://localhost:8080": true, "https://[2001:db8::1]:8443": true,
			"https://x.org?": false, "https://x.org#": false, "https://x.org/": false, "https://:443": false, "https://x.org:99999": false, "https://x.org:": false, "https://u@x.org": false},
		"DATABASE":        {"sqlite:x.db": true, "sqlite:": false, "mysql://": false, "mysql://h/n": false, "mysql://u:p@h": false, "mysql://u:p@h/": false, "postgres://u:p@h/n": false},
		"TRUSTED_PROXIES": {"10.0.0.0/8": true, "10.0.0.0/8, 192.168.0.0/16": true, "10.0.0.0": false},
	} {
		for value, ok := range values {
			c, err := Load("", []string{Prefix + name + "=" + value})
			if (err == nil) != ok {
				t.Errorf("%s=%s: %v", name, value, err)
			}
			if name == "TRUSTED_PROXIES" && ok && len(c.Networks()) != strings.Count(value, "/") {
				t.Errorf("%s is read as %v", value, c.Networks())
			}
		}
	}
}

// settings writes a file and returns its path.
func settings(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
