package problem_test

import (
	"testing"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vc"
)

// The elements of an award are words that no reader of the sources finds where
// the problem is made, because they come from a list.
func TestEveryElementOfAnAwardIsSaidInGerman(t *testing.T) {
	for _, element := range vc.Elements {
		p := problem.New(problem.Invalid, "%s is missing: Annex I asks for it", element)
		untranslated := element + " fehlt: Anhang I verlangt diese Angabe"
		if got := p.In(language.German); got == untranslated || got == p.Error() {
			t.Errorf("german.go lacks the element %q: %q", element, got)
		}
	}
}
