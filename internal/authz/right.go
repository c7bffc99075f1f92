package authz

import (
	"slices"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Right says who may do a verb, at the institution or alliance of the thing.
type Right struct {
	Verb  Verb
	Roles []viewer.Role
}

// In says what the verb is, in a language.
func (v Verb) In(tag language.Tag) string { return lang.Say(tag, "right."+string(v)) }

// Rights lists every verb with the roles that carry it, in alphabetical order.
// It is the very table that each change asks.
func Rights() []Right {
	var all []Right
	for _, verb := range Verbs() {
		all = append(all, Right{verb, rights[verb]})
	}
	return all
}

// Carried lists the verbs that a role carries, in alphabetical order.
func Carried(role viewer.Role) []Verb {
	return slices.DeleteFunc(Verbs(), func(v Verb) bool { return !slices.Contains(rights[v], role) })
}
