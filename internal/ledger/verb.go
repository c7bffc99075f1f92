// Package ledger declares every kind of change once, and writes each change
// down: an entry of the audit for who has to answer for it, and an event for
// whom it concerns, both in the transaction of the change. So neither exists
// without the other, and neither without the change.
//
// Each area declares its verbs in a Book, and package app puts the books
// together. The declarations are what rights, step-up, offered actions,
// idempotency, the change feed and the handbook go by.
package ledger

import (
	"context"
	"slices"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lang"
)

// Audience is who hears of a change.
type Audience int

// The audiences. There is none by default: a verb that tells nobody says so.
const (
	_         Audience = iota
	Nobody             // it stands in the audit only
	Host               // the staff of the host, or of the institution that the thing is of
	Parties            // staff of the home and of the host, and the person
	Everybody          // anybody
	Onlookers          // everybody when everybody sees the thing, otherwise its parties
)

var audiences = map[Audience]string{Nobody: "nobody", Host: "host", Parties: "parties", Everybody: "everybody", Onlookers: "onlookers"}

func (a Audience) String() string { return audiences[a] }

// Verb is a kind of change. A change that follows from another one, such as
// the enrolment from the admission, has a verb of its own.
type Verb struct {
	name, mutation string
	rights         []authz.Verb
	weighty        bool
	decided        bool // whether it is
	tells          Audience
	says           []string
	version        int
	brings         []string
	many           string
}

// Book holds the verbs of an area.
type Book struct{ verbs []*Verb }

// Declare adds a verb: its name is that of the entry and of the event, such as
// "application.nominate". mutation is what asks for it, or "" when it follows
// from another change or comes from outside the API.
func (b *Book) Declare(name, mutation string, tells Audience) *Verb {
	v := &Verb{name: name, mutation: mutation, tells: tells, version: 1}
	b.verbs = append(b.verbs, v)
	return v
}

// Verbs lists the verbs in the order of their declaration.
func (b *Book) Verbs() []*Verb { return slices.Clone(b.verbs) }

// By declares the right that the change takes, and perhaps another one that
// does as well where the area says so. A verb without a right is done by
// people for themselves, or by the server.
func (v *Verb) By(right authz.Verb, or ...authz.Verb) *Verb {
	v.rights = append([]authz.Verb{right}, or...)
	return v
}

// Weighs declares that a place may ask its staff for a second factor first: the
// change makes others trust what is not so, hands out power, or may lower a
// protection. Where it takes no right, because people do it with their own
// account, any place that they work for may ask.
func (v *Verb) Weighs() *Verb {
	v.weighty, v.decided = true, true
	return v
}

// Everyday declares that no place may ask for a second factor first.
func (v *Verb) Everyday() *Verb {
	v.decided = true
	return v
}

// Decided says whether it is declared if a place may ask for a second factor.
func (v *Verb) Decided() bool { return v.decided }

// Says declares which members the payload of the event has.
func (v *Verb) Says(members ...string) *Verb {
	v.says = members
	return v
}

// Brings declares the names of the changes that may follow from this one, which
// may be those of another area.
func (v *Verb) Brings(names ...string) *Verb {
	v.brings = names
	return v
}

// ForMany declares a mutation that asks for the change at many things, each by
// itself.
func (v *Verb) ForMany(mutation string) *Verb {
	v.many = mutation
	return v
}

// Many is the mutation that asks for the change at many things, or "".
func (v *Verb) Many() string { return v.many }

// Name is that of the entry and of the event.
func (v *Verb) Name() string { return v.name }

// In says the verb in a language, as what has happened.
func (v *Verb) In(tag language.Tag) string { return lang.Say(tag, "verb."+v.name) }

// Mutation is what asks for the change, or "".
func (v *Verb) Mutation() string { return v.mutation }

// Weighty says whether a place may ask for a second factor first.
func (v *Verb) Weighty() bool { return v.weighty }

// Rights are those of which the change takes one; none for what people do for
// themselves, or the server does.
func (v *Verb) Rights() []authz.Verb { return slices.Clone(v.rights) }

// Tells is who hears of the change.
func (v *Verb) Tells() Audience { return v.tells }

// Followers are the names of the changes that may follow from this one.
func (v *Verb) Followers() []string { return slices.Clone(v.brings) }

// Members are those of the event's payload, and Version is theirs: it counts up
// when one changes its meaning.
func (v *Verb) Members() (members []string, version int) { return slices.Clone(v.says), v.version }

// Require returns nil when the viewer may do it at the institution or alliance,
// as authz.Require does, and a STEP_UP_REQUIRED problem when the place asks for
// a step-up that they have not made.
func (v *Verb) Require(ctx context.Context, at ident.ID, units ...*ident.ID) error {
	return v.require(ctx, v.rights[0], at, units...)
}

// RequireOwn is Require for what people do with their own account.
func (v *Verb) RequireOwn(ctx context.Context) error {
	if !v.weighty {
		return nil
	}
	return authz.RequireStepUp(ctx)
}

// RequireOr is Require by the other right.
func (v *Verb) RequireOr(ctx context.Context, at ident.ID, units ...*ident.ID) error {
	return v.require(ctx, v.rights[1], at, units...)
}

func (v *Verb) require(ctx context.Context, right authz.Verb, at ident.ID, units ...*ident.ID) error {
	if err := authz.Require(ctx, right, at, units...); err != nil || !v.weighty {
		return err
	}
	return authz.RequireStepUpAt(ctx, at)
}

// Act is the verb as an action: the first of the conditions that is not nil is
// why the viewer may not do it now.
func (v *Verb) Act(conditions ...error) authz.Action { return authz.Act(v.mutation, conditions...) }
