package authz

import (
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Clause is one way to see a row: to be all of Who, while all of While hold. No
// group is everybody; no condition is always.
type Clause struct {
	Who   []Group
	While []Condition
}

// Group is who sees a row, by what the row's column names.
type Group struct {
	Kind   GroupKind
	Column string
	Role   viewer.Role // of Holders
}

// GroupKind is a kind of groups.
type GroupKind string

// The kinds of groups.
const (
	Self                         GroupKind = "SELF"
	Staff                        GroupKind = "STAFF"
	Holders                      GroupKind = "HOLDERS"
	AllianceAdministrators       GroupKind = "ALLIANCE_ADMINISTRATORS"
	StaffOfApplicants            GroupKind = "STAFF_OF_APPLICANTS"
	AdministratorsOfStaff        GroupKind = "ADMINISTRATORS_OF_STAFF"
	AdministratorsSpokenFor      GroupKind = "ADMINISTRATORS_SPOKEN_FOR"
	AuditorsOfMembers            GroupKind = "AUDITORS_OF_MEMBERS"
	AdministratorsOfItsAlliances GroupKind = "ADMINISTRATORS_OF_ITS_ALLIANCES"
)

// Condition holds while the column has one of the values.
type Condition struct {
	Column string
	Values []string
}

// each joins every clause of a with every one of b.
func each(a, b []Clause) []Clause {
	var all []Clause
	for _, x := range a {
		for _, y := range b {
			all = append(all, Clause{slices.Concat(x.Who, y.Who), slices.Concat(x.While, y.While)})
		}
	}
	return all
}

func texts[V ~string](values []V) []string {
	var all []string
	for _, v := range values {
		all = append(all, string(v))
	}
	return all
}

// in says who the group is, in a language. Some groups are named by what the
// row's column names.
func (g Group) in(tag language.Tag) string {
	var args []any
	switch g.Kind {
	case Self, Staff:
		args = []any{lang.Say(tag, "sight.column."+g.Column)}
	case Holders:
		args = []any{lang.Say(tag, "sight.column."+g.Column), g.Role}
	}
	return lang.Say(tag, "sight.group."+string(g.Kind), args...)
}

// In says the clause in a language.
func (c Clause) In(tag language.Tag) string {
	who := []string{}
	for _, g := range c.Who {
		who = append(who, g.in(tag))
	}
	if len(who) == 0 {
		who = append(who, lang.Say(tag, "sight.everybody"))
	}
	said := strings.Join(who, lang.Say(tag, "sight.and"))
	for _, w := range c.While {
		said += lang.Say(tag, "sight.while", w.Column, strings.Join(w.Values, lang.Say(tag, "sight.or")))
	}
	return said
}

// Sight says who sees the rows of an entity: those of any of the clauses, and
// always Peregrine itself; nobody else when there is no clause.
type Sight struct {
	Entity  string
	Clauses []Clause
}

// Visibility lists every entity with who sees its rows, in alphabetical order.
// It is the very table that narrows each query.
func Visibility() []Sight {
	var all []Sight
	for _, entity := range slices.Sorted(maps.Keys(visible)) {
		all = append(all, Sight{entity, visible[entity].says})
	}
	for _, entity := range systemOnly {
		all = append(all, Sight{Entity: entity})
	}
	slices.SortFunc(all, func(a, b Sight) int { return strings.Compare(a.Entity, b.Entity) })
	return all
}
