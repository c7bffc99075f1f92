package authz

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/problem"
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
	Self                    GroupKind = "SELF"
	Staff                   GroupKind = "STAFF"
	Holders                 GroupKind = "HOLDERS"
	AllianceAdministrators  GroupKind = "ALLIANCE_ADMINISTRATORS"
	StaffOfApplicants       GroupKind = "STAFF_OF_APPLICANTS"
	AdministratorsOfStaff   GroupKind = "ADMINISTRATORS_OF_STAFF"
	AdministratorsSpokenFor GroupKind = "ADMINISTRATORS_SPOKEN_FOR"
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

// phrase is a text in English and German. It may name what a column refers to
// with %s.
type phrase [2]string

func (p phrase) in(tag language.Tag, args ...any) string {
	if len(args) == 0 {
		return problem.Said(p, tag)
	}
	return fmt.Sprintf(problem.Said(p, tag), args...)
}

// groups say who a group is, by what the column names.
var groups = map[GroupKind]phrase{
	Self:                    {"the %s", "die %s"},
	Staff:                   {"staff of the %s, in any role", "Personal der %s, in jeder Rolle"},
	Holders:                 {"who holds the role %[2]s at the %[1]s", "wer bei der %[1]s die Rolle %[2]s hat"},
	AllianceAdministrators:  {"administrators of any alliance", "die Administration jeder Allianz"},
	StaffOfApplicants:       {"staff, in any role, of an institution from or to which that person has applied", "Personal, in jeder Rolle, einer Hochschule, von der aus oder an der sich diese Person beworben hat"},
	AdministratorsSpokenFor: {"administrators of an institution that it speaks for", "die Administration einer Hochschule, für die er spricht"},
	AdministratorsOfStaff:   {"administrators of an institution or alliance at which that person holds or held a role", "die Administration einer Hochschule oder Allianz, bei der diese Person eine Rolle hat oder hatte"},
}

// columns say what a column of a row names.
var columns = map[string]phrase{
	"id":             {"person", "Person selbst"},
	"person_id":      {"person whom it is about", "Person, um die es geht"},
	"learner_id":     {"learner", "lernende Person"},
	"granted_by_id":  {"person who gave it", "Person, von der sie stammt"},
	"institution_id": {"institution", "Hochschule"},
	"alliance_id":    {"alliance", "Allianz"},
	"home_id":        {"home institution", "Heimathochschule"},
	"host_id":        {"host institution", "Gasthochschule"},
}

// In says the clause in a language.
func (c Clause) In(tag language.Tag) string {
	who := []string{}
	for _, g := range c.Who {
		said := groups[g.Kind].in(tag)
		if strings.Contains(said, "%") {
			args := []any{columns[g.Column].in(tag)}
			if g.Role != "" {
				args = append(args, g.Role)
			}
			said = groups[g.Kind].in(tag, args...)
		}
		who = append(who, said)
	}
	if len(who) == 0 {
		who = append(who, phrase{"everybody", "alle"}.in(tag))
	}
	said := strings.Join(who, phrase{", and also ", ", und zugleich "}.in(tag))
	for _, w := range c.While {
		said += phrase{", while %s is %s", ", solange %s den Wert %s hat"}.in(tag, w.Column, strings.Join(w.Values, phrase{" or ", " oder "}.in(tag)))
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
