package vocab

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
)

// The codes are those of the European Union's controlled list.
func TestConformanceISCEDF(t *testing.T) {
	folder := os.Getenv("PEREGRINE_STANDARDS")
	if folder == "" {
		t.Skip("PEREGRINE_STANDARDS names no folder with the lists of others; make conformance sets it")
	}
	f, err := os.Open(filepath.Join(folder, "codelists", "isced-f-2013.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		code, err := ParseISCEDF(row[0])
		if err != nil || code.Label() != row[2] {
			t.Errorf("%s: %q, want %q (%v)", row[0], code.Label(), row[2], err)
		}
	}
	if len(iscedLabels) != len(rows)-1 {
		t.Errorf("%d codes, want %d", len(iscedLabels), len(rows)-1)
	}
}
