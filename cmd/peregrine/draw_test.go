package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/lot"
)

func TestDrawVerifyRecomputesTheOrder(t *testing.T) {
	seed, at := lot.NewSeed(), time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	tickets := []string{lot.Ticket("a"), lot.Ticket("b"), lot.Ticket("c")}
	if tickets[0] > tickets[1] {
		tickets[0], tickets[1] = tickets[1], tickets[0]
	}
	order, err := lot.Order(seed, tickets[:2])
	if err != nil {
		t.Fatal(err)
	}
	record := lot.Record{Format: lot.Format, Offering: "off_1", Commitment: lot.Commitment("off_1", seed), CommittedAt: at, Seed: seed,
		DrawnAt: new(at.AddDate(0, 1, 0)), Tickets: tickets[:2], Order: order}
	swapped, open := record, record
	swapped.Order = []string{order[1], order[0]}
	open.DrawnAt, open.Seed, open.Tickets, open.Order = nil, "", nil, nil
	verify := func(r any, file bool) (int, string) {
		body, _ := json.Marshal(r)
		in, name := string(body), "-"
		if file {
			in, name = "", filepath.Join(t.TempDir(), "draw.json")
			if err := os.WriteFile(name, body, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var out, errs bytes.Buffer
		status := run([]string{"draw", "verify", name}, nil, strings.NewReader(in), &out, &errs)
		return status, out.String() + errs.String()
	}
	for name, tt := range map[string]struct {
		record any
		file   bool
		status int
		says   string
	}{
		"a file":       {record, true, 0, "The order follows from the seed and the tickets"},
		"the input":    {record, false, 0, "2 took part"},
		"swapped":      {swapped, true, 3, "The order does not follow"},
		"not held yet": {open, true, 4, "not drawn yet"},
		"no record":    {map[string]int{"a": 1}, true, 1, "no record of a draw"},
	} {
		if status, said := verify(tt.record, tt.file); status != tt.status || !strings.Contains(said, tt.says) {
			t.Errorf("%s: %d %s", name, status, said)
		}
	}
}
