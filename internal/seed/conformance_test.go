package seed

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Members, codes and domains are those of the public registers.
func TestConformanceMembersOfTheAlliance(t *testing.T) {
	folder := os.Getenv("PEREGRINE_STANDARDS")
	if folder == "" {
		t.Skip("PEREGRINE_STANDARDS names no folder with the registers of others; make conformance sets it")
	}
	b, err := os.ReadFile(filepath.Join(folder, "registry", "eulist-alliance.json"))
	if err != nil {
		t.Fatal(err)
	}
	var registry struct {
		Members []struct {
			Country string   `json:"country_iso_alpha2"`
			Erasmus string   `json:"erasmus_code"`
			PIC     string   `json:"pic"`
			OID     string   `json:"organisation_id_oid"`
			ROR     string   `json:"ror"`
			Domains []string `json:"domain_candidates"`
		} `json:"members"`
	}
	if err := json.Unmarshal(b, &registry); err != nil {
		t.Fatal(err)
	}
	ours, err := read[[]institutionContent]("institutions")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range registry.Members {
		i := slices.IndexFunc(ours, func(c institutionContent) bool { return c.ROR != nil && *c.ROR == m.ROR })
		if i < 0 {
			t.Errorf("%s is missing", m.ROR)
			continue
		}
		c := ours[i]
		if c.Country != m.Country || *c.ErasmusCode != m.Erasmus || *c.PIC != m.PIC || *c.OID != m.OID || !slices.Contains(m.Domains, c.Domain) {
			t.Errorf("%s: %+v, want %+v", c.Domain, c, m)
		}
	}
	if members, all := len(registry.Members), len(ours); members != 10 || all != 11 {
		t.Errorf("%d members in the register and %d institutions here, want 10 and 11", members, all)
	}
}
