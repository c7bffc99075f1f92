package lot

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	offering = "off_01jx0000000000000000000000"
	seed     = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
)

// The right values were computed with another implementation of SHA-256 and HMAC,
// from the formulas in the package comment.
var (
	tickets = []string{
		"819f4aa1ddef6dcce8fe4c012bbc6bee226e96ea11bfd650d22ff2ce635fadee",
		"03223b8bb9566acdb90817f06653db1d15479b0c66d2140e33843f90fbfbbb06",
		"8f440dbada8e16148379156873cf2701cf85f95ae3c8dde2916675adcd076829",
		"607562c8c4b3378d732a38b8e70fa237662edb0e897924226bcc1a28b5d6e94c",
		"f4ba80be42d135ad0beb7923489e7859dedd6597c40d87ac455a8d0d5720b37b",
	}
	drawn = []string{tickets[3], tickets[4], tickets[2], tickets[1], tickets[0]}
)

func TestDigestsAreThoseOfTheFormulas(t *testing.T) {
	if got := Commitment(offering, seed); got != "da319f58a25ca9b20e9a44bc80706d1fcecef766bf731f90d45a46a96ab29e89" {
		t.Errorf("commitment %s", got)
	}
	for i, want := range tickets {
		if got := Ticket(fmt.Sprintf("app_%d", i+1)); got != want {
			t.Errorf("ticket %d is %s, want %s", i+1, got, want)
		}
	}
	if got, err := Order(seed, tickets); err != nil || !slices.Equal(got, drawn) {
		t.Errorf("order %v, %v", got, err)
	}
}

func TestOrderFollowsFromSeedAndTicketsAlone(t *testing.T) {
	for range 200 {
		mixed := slices.Clone(tickets)
		rand.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if got, err := Order(seed, mixed); err != nil || !slices.Equal(got, drawn) {
			t.Fatalf("the order of %v is %v, %v", mixed, got, err)
		}
	}
	for _, bad := range []string{"", "00", strings.Repeat("z", 64), seed + "00"} {
		if _, err := Order(bad, tickets); err == nil {
			t.Errorf("a seed %q was taken", bad)
		}
	}
}

// Every place is as likely for everybody: of 4000 draws among 4, each is first
// about 1000 times (the bound is more than six standard deviations away).
func TestNobodyIsPreferred(t *testing.T) {
	first := map[string]int{}
	for range 4000 {
		order, err := Order(NewSeed(), tickets[:4])
		if err != nil {
			t.Fatal(err)
		}
		first[order[0]]++
	}
	for _, ticket := range tickets[:4] {
		if n := first[ticket]; n < 820 || n > 1180 {
			t.Errorf("%s is first %d times of 4000", ticket, n)
		}
	}
}

func record() Record {
	at := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	return Record{Format: Format, Offering: offering, Commitment: Commitment(offering, seed), CommittedAt: at.AddDate(0, -2, 0),
		Seed: seed, DrawnAt: &at, Tickets: slices.Sorted(slices.Values(tickets)), Order: slices.Clone(drawn)}
}

func TestEveryChangeOfARecordIsFound(t *testing.T) {
	if checks := record().Verify(); !Good(checks) || len(checks) != 4 {
		t.Fatalf("as it was drawn: %v", checks)
	}
	for name, tt := range map[string]struct {
		change func(*Record)
		want   []string
	}{
		"another seed":     {func(r *Record) { r.Seed = NewSeed() }, []string{Seed, Ordered}},
		"another offering": {func(r *Record) { r.Offering += "1" }, []string{Seed}},
		"committed after":  {func(r *Record) { r.CommittedAt = r.DrawnAt.Add(time.Second) }, []string{Time}},
		"one left out": {func(r *Record) {
			r.Tickets = slices.DeleteFunc(r.Tickets, func(t string) bool { return t == tickets[3] })
		}, []string{Ordered}},
		"one twice":       {func(r *Record) { r.Tickets = append([]string{r.Tickets[0]}, r.Tickets...) }, []string{Tickets, Ordered}},
		"another writing": {func(r *Record) { r.Tickets[0] = strings.ToUpper(r.Tickets[0]) }, []string{Tickets, Ordered}},
		"no digest":       {func(r *Record) { r.Tickets[0] = "00" }, []string{Tickets, Ordered}},
		"two swapped":     {func(r *Record) { r.Order[0], r.Order[1] = r.Order[1], r.Order[0] }, []string{Ordered}},
		"no order":        {func(r *Record) { r.Order = nil }, []string{Ordered}},
	} {
		r := record()
		tt.change(&r)
		var broken []string
		for _, c := range r.Verify() {
			if !c.OK {
				broken = append(broken, c.Name)
			}
		}
		if !slices.Equal(broken, tt.want) {
			t.Errorf("%s: %v broken, want %v", name, broken, tt.want)
		}
	}
	open := record()
	open.DrawnAt = nil
	if Good(open.Verify()) {
		t.Error("a draw that was not held is verified")
	}
}

func TestParseReadsRecordsOnly(t *testing.T) {
	b, err := json.Marshal(record())
	if err != nil {
		t.Fatal(err)
	}
	if r, err := Parse(b); err != nil || !Good(r.Verify()) {
		t.Errorf("a record: %v, %v", r, err)
	}
	for _, bad := range []string{"", "{}", "[]", `{"format":"peregrine draw 2"}`, string(b) + "{}", `{"format":"` + Format + `","seeds":""}`} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%.40q was read", bad)
		}
	}
}
