package budget

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// watch is a clock that the test sets.
type watch struct{ now time.Time }

func (w *watch) Now() time.Time       { return w.now }
func (w *watch) pass(d time.Duration) { w.now = w.now.Add(d) }

func keeper(factor int) (*Keeper, *watch) {
	w := &watch{time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC)}
	return New(Options{Now: w.Now, Factor: factor}), w
}

// from is the address and the network of a request from there.
func from(address string) (Who, Who) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = address
	return From(r)
}

// one is somebody of each kind.
func one(per Per) Who {
	address, network := from("192.0.2.1")
	return map[Per]Who{Address: address, Network: network, Session: BySession("ses_1"), Program: ByProgram("cli_1"), Server: Everybody}[per]
}

func TestEachBudgetRefusesAndRecovers(t *testing.T) {
	for _, b := range Budgets {
		if b.Kind == Waiting {
			continue // rows, not a bucket
		}
		for _, factor := range []int{1, 7} {
			t.Run(fmt.Sprint(b.Name(), factor), func(t *testing.T) {
				k, w := keeper(factor)
				p := k.Payer(one(b.Per))
				every := b.Every / time.Duration(factor)
				if got := p.Take(b.Kind, b.Burst*factor); got.Wait != 0 || got.Left != 0 || got.Name() != b.Name() || got.Problem() != nil {
					t.Fatalf("a full bucket gives %+v", got)
				}
				got := p.Take(b.Kind, 1)
				if got.Wait < every || got.Wait > every+time.Millisecond || got.Problem() == nil || got.Problem().Code != problem.Limited {
					t.Errorf("an empty one asks to wait %s, want %s", got.Wait, every)
				}
				w.pass(every)
				if got := p.Take(b.Kind, 1); got.Wait != 0 {
					t.Errorf("after %s there is none: wait %s", every, got.Wait)
				}
				if p.Take(b.Kind, 1).Wait == 0 {
					t.Error("after that there are two")
				}
				w.pass(time.Duration(b.Burst*factor) * every)
				if got := p.Take(b.Kind, b.Burst*factor); got.Wait != 0 {
					t.Errorf("it does not fill again: wait %s", got.Wait)
				}
			})
		}
	}
}

// Of two who pay, one that has not enough leaves the other as it was.
func TestWhatIsRefusedCostsNothing(t *testing.T) {
	k, _ := keeper(1)
	address, network := from("192.0.2.1")
	neighbour, _ := from("192.0.2.2")
	k.Payer(network).Take(Requests, find(Requests, Network).Burst)
	if got := k.Payer(address, network).Take(Requests, 1); got.Wait == 0 || got.Per != Network {
		t.Fatalf("the network is spent, and gives %+v", got)
	}
	if got := k.Payer(address).Take(Requests, 1); got.Left != find(Requests, Address).Burst-1 {
		t.Errorf("the refusal has cost the address: %d are left", got.Left)
	}
	if k.Payer(neighbour, network).Take(Requests, 1).Wait == 0 {
		t.Error("a neighbour gets more of the network")
	}
	if got := k.Payer(BySession("ses_1")).Take(Requests, 1); got.Wait != 0 {
		t.Error("who has signed in pays for strangers")
	}
	if got := k.Payer(address, network).Take(Exports, 1); got.Wait != 0 {
		t.Error("another kind is spent too")
	}
}

// What holds less than an operation asks for lets it through when it is full.
func TestMoreThanABucketHoldsNeedsAFullOne(t *testing.T) {
	k, w := keeper(1)
	p := k.Payer(one(Session))
	many := 10 * find(Points, Session).Burst
	if got := p.Take(Points, many); got.Wait != 0 {
		t.Fatalf("never: %+v", got)
	}
	got := p.Take(Points, many)
	w.pass(got.Wait)
	if got.Wait == 0 || p.Take(Points, many).Wait != 0 {
		t.Errorf("the wait is %s, and then it is refused", got.Wait)
	}
}

func TestWhoPaysTogether(t *testing.T) {
	for _, tt := range []struct {
		a, b             string
		address, network bool // the same
	}{
		{"192.0.2.1", "192.0.2.1", true, true},
		{"192.0.2.1", "192.0.2.255", false, true},
		{"192.0.2.1", "192.0.3.1", false, false},
		{"192.0.2.1", "::ffff:192.0.2.1", true, true},
		{"2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true, true},
		{"2001:db8:0:1::1", "2001:db8:0:2::1", false, true},
		{"2001:db8:0:1::1", "2001:db8:0:101::1", false, false},
		{"fe80::1%eth0", "fe80::2%eth1", true, true},
		{"", "a pipe", true, true},
		{"", "0.0.0.0", false, false},
	} {
		a, an := from(tt.a)
		b, bn := from(tt.b)
		if (a == b) != tt.address || (an == bn) != tt.network {
			t.Errorf("%q and %q: %v %v, %v %v", tt.a, tt.b, a, b, an, bn)
		}
	}
	if got := NetworkOf(netip.MustParseAddr("2001:db8:0:1ff::1")).String(); got != "2001:db8:0:100::/56" {
		t.Errorf("the network is %s", got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	k, _ := keeper(1)
	spent := k.Payer(BySession("ses_1"))
	spent.Take(Exports, find(Exports, Session).Burst)
	k.Payer(Everybody).Take(Starts, find(Starts, Server).Burst)
	gone, network := from("10.0.0.0")
	k.Payer(gone).Take(Exports, find(Exports, Address).Burst)
	for i := range 3 * remembered {
		address, net := from(netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}).String())
		k.Payer(address, net).Take(Requests, 1)
		k.Payer(ByProgram(ident.ID(fmt.Sprint(i))))
	}
	for per, room := range k.known {
		if room.Len() > remembered {
			t.Errorf("%d of %s are known", room.Len(), per)
		}
	}
	if got := k.Payer(gone, network).Take(Exports, 1); got.Wait != 0 {
		t.Error("what fell out does not start anew")
	}
	if k.Payer(BySession("ses_1")).Take(Exports, 1).Wait == 0 {
		t.Error("a flood of addresses has pushed out a session")
	}
	if k.Payer(Everybody).Take(Starts, 1).Wait == 0 {
		t.Error("it has pushed out the server")
	}
}

func TestATimeThatGoesBackGivesNothing(t *testing.T) {
	k, w := keeper(1)
	p := k.Payer(one(Session))
	p.Take(Exports, find(Exports, Session).Burst)
	w.pass(-time.Hour)
	if p.Take(Exports, 1).Wait == 0 {
		t.Error("an hour back gives an export")
	}
}

func TestHeadersTellTheTightest(t *testing.T) {
	k, w := keeper(1)
	address, network := from("192.0.2.1")
	for _, tt := range []struct {
		n            int
		after        time.Duration
		policy, left string
		retry        int
	}{
		{1, 0, `"exports-address";q=60;w=600`, `"exports-address";r=59;t=10`, 0},
		{59, 0, `"exports-address";q=60;w=600`, `"exports-address";r=0;t=600`, 0},
		{1, 0, `"exports-address";q=60;w=600`, `"exports-address";r=0;t=10`, 10},
		{1, 9900 * time.Millisecond, `"exports-address";q=60;w=600`, `"exports-address";r=0;t=1`, 1},
		{1, 100 * time.Millisecond, `"exports-address";q=60;w=600`, `"exports-address";r=0;t=600`, 0},
	} {
		w.pass(tt.after)
		got := k.Payer(address, network).Take(Exports, tt.n)
		h := http.Header{}
		got.Show(h)
		if diff := cmp.Diff(http.Header{"Ratelimit": {tt.left}, "Ratelimit-Policy": {tt.policy}}, h); diff != "" {
			t.Errorf("%d after %s (-want +got):\n%s", tt.n, tt.after, diff)
		}
		if p := got.Problem(); (p == nil) != (tt.retry == 0) || p != nil && p.Detail() != problem.RetryAfter(tt.retry) {
			t.Errorf("%d after %s is refused with %v", tt.n, tt.after, p)
		}
	}
	h := http.Header{}
	var nobody *Payer
	nobody.Take(Requests, 1).Show(h)
	k.Payer(one(Session)).Take(Tokens, 1).Show(h)
	if len(h) > 0 {
		t.Errorf("what is not counted tells %v", h)
	}
}

// Nobody is let through because a line of the table is missing.
func TestTheTableLeavesNobodyOut(t *testing.T) {
	kinds := map[Kind][]Per{
		Requests: {Address, Network, Session, Program}, Points: {Address, Network, Session, Program}, Writes: {Address, Network, Session, Program},
		Verifications: {Address, Network, Session, Program}, Codes: {Address, Network, Session, Program}, Exports: {Address, Network, Session, Program},
		Uploads: {Address, Network, Session, Program},
		Starts:  {Address, Network, Server}, Proofs: {Session}, Tokens: {Network, Program}, Waiting: {Network, Session},
	}
	var out strings.Builder
	if err := Print(&out); err != nil {
		t.Fatal(err)
	}
	n := 0
	for kind, all := range kinds {
		for _, per := range all {
			n++
			b := find(kind, per)
			if b == nil || b.Burst < 1 || b.Every < time.Microsecond*10 || names[kind].counts == "" {
				t.Errorf("%s per %s: %+v", names[kind].name, per, b)
				continue
			}
			if !strings.Contains(out.String(), b.Name()+" ") {
				t.Errorf("the handbook lacks %s", b.Name())
			}
		}
		if a, n := find(kind, Address), find(kind, Network); a != nil && n != nil && (a.Burst > n.Burst || a.Every < n.Every) {
			t.Errorf("an address has more %s than its network", names[kind].name)
		}
	}
	if n != len(Budgets) || slices.ContainsFunc(names[:], func(n struct{ name, counts string }) bool { return n.name == "" }) {
		t.Errorf("the table has %d lines, the test %d", len(Budgets), n)
	}
	var k *Keeper
	wide, _ := keeper(3)
	if k.Most(Waiting, Network) != 600 || wide.Most(Waiting, Network) != 1800 || wide.Most(Waiting, Address) != 0 {
		t.Errorf("at most %d, %d, %d", k.Most(Waiting, Network), wide.Most(Waiting, Network), wide.Most(Waiting, Address))
	}
}

// BenchmarkTake is what a request of a stranger costs: the address and the
// network are looked up, and one is taken from each.
func BenchmarkTake(b *testing.B) {
	k := New(Options{Now: time.Now, Factor: 1000})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "2001:db8::1"
	b.ReportAllocs()
	for b.Loop() {
		address, network := From(r)
		k.Payer(address, network).Take(Requests, 1)
	}
}
