package config

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
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
	for text, ok := range map[string]bool{"": false, "\n": false, key + "\n": true} {
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
