// Package budget bounds how much anybody may ask for in a while, so that a
// flood of one costs the others nothing.
//
// Threat: a script, or a few machines of one network, ask without end: for
// pages, for what is dear to compute, for rows that each sign-in writes. So
// each address, network, session and program has buckets that fill again with
// time, and what is empty is refused until it has filled.
//
// Who has signed in pays by their session, or as a program, and never by their
// address: strangers behind the same address cannot use up what is theirs. Only
// the start of a sign-in is everybody's, because everybody begins as a stranger.
//
// Price: the buckets are of one process. What several processes must not give
// twice, the sign-ins under way, is counted in the database (package oidcrp).
package budget

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"

	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// remembered is how many addresses, networks, sessions and programs are known,
// of each. Whoever asked least lately falls out and starts anew: they have been
// idle, and full, for long, or are one of so many that they count for little.
// Each has its own room, so that a flood of addresses pushes out no session.
const remembered = 10_000

// Who is somebody who pays.
type Who struct {
	per     Per
	network netip.Prefix
	id      ident.ID
}

// BySession is whoever has signed in by it.
func BySession(id ident.ID) Who { return Who{per: Session, id: id} }

// ByProgram is the program that has proved to be it.
func ByProgram(id ident.ID) Who { return Who{per: Program, id: id} }

// Everybody is who asks this server.
var Everybody = Who{per: Server}

// Keeper keeps the buckets of this process.
type Keeper struct {
	Options

	mu     sync.Mutex
	known  map[Per]*simplelru.LRU[Who, *account]
	server *account // in no room that others could push it out of
}

// Options are what a Keeper is made of.
type Options struct {
	Now    func() time.Time
	Factor int // multiplies every budget; 0 is 1
}

// account holds the buckets of somebody, each from its first use.
type account struct {
	per     Per
	buckets [kinds]*rate.Limiter
}

// New returns a keeper of full buckets.
func New(o Options) *Keeper {
	o.Factor = max(o.Factor, 1)
	k := &Keeper{Options: o, known: map[Per]*simplelru.LRU[Who, *account]{}, server: &account{per: Server}}
	for _, per := range []Per{Address, Network, Session, Program} {
		k.known[per], _ = simplelru.NewLRU[Who, *account](remembered, nil) // fails for no size only
	}
	return k
}

// Most is how many of a kind may be had at once, as it is configured. A nil
// keeper is one of the table.
func (k *Keeper) Most(kind Kind, per Per) int {
	b := find(kind, per)
	if b == nil {
		return 0
	}
	if k == nil {
		return b.Burst
	}
	return b.Burst * k.Factor
}

// Payer returns those who pay together: each must have enough. It looks each up
// once, however much is taken from it then.
func (k *Keeper) Payer(all ...Who) *Payer {
	p := &Payer{keeper: k, accounts: make([]*account, len(all))}
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, who := range all {
		p.accounts[i] = k.account(who)
	}
	return p
}

// account returns what is known of somebody. The caller holds k.mu.
func (k *Keeper) account(who Who) *account {
	if who.per == Server {
		return k.server
	}
	room := k.known[who.per]
	a, known := room.Get(who)
	if !known {
		a = &account{per: who.per}
		room.Add(who, a)
	}
	return a
}

// Payer pays for one request.
type Payer struct {
	keeper   *Keeper
	accounts []*account
}

// Take takes n of a kind from all who pay, or nothing when one has not enough.
// What costs more than a bucket holds needs a full one. A nil payer has no end.
func (p *Payer) Take(kind Kind, n int) Taken {
	if p == nil {
		return Taken{}
	}
	k := p.keeper
	now := k.Now()
	var worst Taken
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, a := range p.accounts {
		if t := k.look(a, kind, n, now); t.tighter(worst) {
			worst = t
		}
	}
	if worst.Budget == nil || worst.Wait > 0 {
		return worst
	}
	for _, a := range p.accounts {
		if bucket := a.buckets[kind]; bucket != nil {
			bucket.ReserveN(now, min(n, bucket.Burst())) // which lets a crumb be owed
		}
	}
	return worst
}

// crumb is less of a token than counts: buckets are filled by sums of fractions.
const crumb = 1e-6

// look says what would be left of a bucket. The caller holds k.mu.
func (k *Keeper) look(a *account, kind Kind, n int, now time.Time) Taken {
	b := find(kind, a.per)
	if b == nil {
		return Taken{}
	}
	most, every := b.Burst*k.Factor, b.Every/time.Duration(k.Factor)
	bucket := a.buckets[kind]
	if bucket == nil {
		bucket = rate.NewLimiter(rate.Every(every), most)
		a.buckets[kind] = bucket
	}
	has := bucket.TokensAt(now) + crumb
	left := has - float64(min(n, most))
	t := Taken{Budget: b, Most: most, Left: int(max(left, 0)), Refill: time.Duration(most) * every}
	if left < 0 {
		lacks := time.Duration((crumb - left) * float64(every))
		t.Wait, t.Left = lacks.Truncate(time.Millisecond)+time.Millisecond, int(max(has, 0))
	}
	return t
}
