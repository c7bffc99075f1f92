package config

import (
	"fmt"
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
		"PEREGRINE_LOG_LEVEL=loud", "PEREGRINE_LOG_FORMAT=xml", "PEREGRINE_TRUSTED_PROXIES=everybody", "PEREGRINE_KEY_ENCRYPTION_KEY=c2hvcnQ=",
	})
	for _, name := range []string{"LISTEN", "BASE_URL", "DATABASE", "LOG_LEVEL", "LOG_FORMAT", "TRUSTED_PROXIES", "KEY_ENCRYPTION_KEY"} {
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
	c := Config{KEK: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(verb, c); strings.Contains(s, "AAAA") {
			t.Errorf("%s prints the key", verb)
		}
	}
}
