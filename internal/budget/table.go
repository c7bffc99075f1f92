package budget

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Kind is what a budget counts.
type Kind int

// The kinds.
const (
	Requests      Kind = iota
	Points             // of GraphQL operations, as the gate counts them; what it has in its cache is free
	Writes             // root fields of mutations, and forms
	Starts             // of sign-ins
	Proofs             // journeys of somebody who has signed in to their provider: a second factor, a link
	Tokens             // questions for a token of a program
	Verifications      // of credentials
	Codes              // of portals, redeemed
	Exports            // of the catalogue
	Uploads            // of documents
	Waiting            // sign-ins under way, in the database: they have no bucket
	kinds
)

// names are those of the kinds, and what they count, as the handbook says it.
var names = [kinds]struct{ name, counts string }{
	Requests: {"requests", "every request"}, Points: {"points", "cost of operations on /graphql, unless they come from its cache"},
	Writes: {"writes", "root fields of mutations; forms"}, Starts: {"starts", "starts of sign-ins, whoever asks"},
	Proofs: {"proofs", "ways to the provider for a second factor or a link"}, Tokens: {"tokens", "questions at /oauth/token"},
	Verifications: {"verifications", "/v/… and what is sent to /verify"}, Codes: {"codes", "codes of portals that are redeemed"},
	Exports: {"exports", "files of the catalogue"}, Uploads: {"uploads", "documents that go with an application"},
	Waiting: {"waiting", "sign-ins that are not finished, at all servers together"},
}

// Per is what a budget belongs to.
type Per string

// A network is what one customer of a provider usually has; an address of IPv6
// is a /64, because one machine has all of it.
const (
	Address Per = "address" // /64 of IPv6
	Network Per = "network" // /24 of IPv4, /56 of IPv6
	Session Per = "session"
	Program Per = "program"
	Server  Per = "server"
)

// Budget is one line of the table. Burst is what a full bucket holds, and after
// Every there is one more in it.
type Budget struct {
	Kind  Kind
	Per   Per
	Burst int
	Every time.Duration
}

// Name names it in headers and problems.
func (b Budget) Name() string { return names[b.Kind].name + "-" + string(b.Per) }

// Budgets is the table. The measure is a university behind one address: some 600
// people who sign in within ten minutes, and 500 who look around at a time.
var Budgets = []Budget{
	// A sign-in is some ten requests, a page three: 600 sign-ins are 10 a second,
	// and 500 people who look at a page every minute 25.
	{Requests, Address, 3000, 20 * time.Millisecond},
	{Requests, Network, 12_000, 5 * time.Millisecond},
	// One person with several tabs, or a program that works through a list.
	{Requests, Session, 1200, 50 * time.Millisecond},
	{Requests, Program, 3000, 20 * time.Millisecond},

	// An operation has 5000 at most, a page of a portal some hundred: 100 new
	// pages a second for an address, two of the dearest operations.
	{Points, Address, 600_000, 100 * time.Microsecond},
	{Points, Network, 2_400_000, 25 * time.Microsecond},
	{Points, Session, 150_000, 400 * time.Microsecond},
	{Points, Program, 600_000, 200 * time.Microsecond},

	// Hardly anything can be written without a session. A registrar decides on a
	// list of applications faster than one a second only by a script; a program
	// brings the results of a whole term.
	{Writes, Address, 300, time.Second},
	{Writes, Network, 1200, 250 * time.Millisecond},
	{Writes, Session, 300, 500 * time.Millisecond},
	{Writes, Program, 2000, 100 * time.Millisecond},

	// Ten minutes bring 300 + 600 starts of an address. The server as a whole
	// writes 6000 + 60,000 rows in the ten minutes that one lives, whatever net of
	// machines asks: some 50 MB.
	{Starts, Address, 300, time.Second},
	{Starts, Network, 600, 500 * time.Millisecond},
	{Starts, Server, 6000, 10 * time.Millisecond},
	{Proofs, Session, 20, 15 * time.Second},
	// A learner is at their provider for a minute: 600 at once are a whole lecture
	// hall, and more than that in ten minutes still fit, one after the other.
	{Waiting, Network, 600, 10 * time.Minute},
	{Waiting, Session, 20, 10 * time.Minute},

	// A token lives ten minutes, so that a program which keeps it stays far below.
	// A network pays for every question, a program only for those that it has
	// proved to be its own: otherwise whoever knows its id could lock it out.
	{Tokens, Network, 200, 500 * time.Millisecond},
	{Tokens, Program, 30, 10 * time.Second},

	// An employer goes through a pile of applications; a guesser of addresses has
	// 2^128 to try.
	{Verifications, Address, 120, time.Second},
	{Verifications, Network, 480, 250 * time.Millisecond},
	{Verifications, Session, 120, time.Second},
	{Verifications, Program, 120, time.Second},

	// Each learner behind an address redeems one an hour; a portal that redeems
	// for all of them has one address.
	{Codes, Address, 300, time.Second},
	{Codes, Network, 600, 500 * time.Millisecond},
	{Codes, Session, 60, time.Second},
	{Codes, Program, 60, time.Second},

	// A harvester takes each form once a day, a person one; a file is dear.
	{Exports, Address, 60, 10 * time.Second},
	{Exports, Network, 120, 5 * time.Second},
	{Exports, Session, 60, 10 * time.Second},
	{Exports, Program, 60, 10 * time.Second},

	// A learner who applies for several offerings on a day sends some ten files with
	// each. Of a stranger, and of a program, nothing is read.
	{Uploads, Address, 300, time.Second},
	{Uploads, Network, 1200, 250 * time.Millisecond},
	{Uploads, Session, 60, 30 * time.Second},
	{Uploads, Program, 60, 30 * time.Second},
}

var index = func() map[Per]*[kinds]*Budget {
	all := map[Per]*[kinds]*Budget{Address: {}, Network: {}, Session: {}, Program: {}, Server: {}}
	for i := range Budgets {
		all[Budgets[i].Per][Budgets[i].Kind] = &Budgets[i]
	}
	return all
}()

// find returns the budget of a kind, or nil where it is not counted so.
func find(kind Kind, per Per) *Budget { return index[per][kind] }

// Print writes the table.
func Print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "BUDGET\tAT ONCE\tONE MORE EVERY\tCOUNTS")
	for _, b := range Budgets {
		fmt.Fprintf(tw, "%s\t%d\t%s\t%s\n", b.Name(), b.Burst, b.Every, names[b.Kind].counts)
	}
	return tw.Flush()
}
