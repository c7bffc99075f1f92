package problem_test

import (
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/vc"
)

// The elements of an award are words that no reader of the sources finds where
// the problem is made, because they come from a list.
func TestEveryElementOfAnAwardIsSaidInEveryLanguage(t *testing.T) {
	for _, tag := range lang.Languages[1:] {
		for _, element := range vc.Elements {
			if !lang.Has(tag, "word."+element) {
				t.Errorf("%s lacks the element %q", tag, element)
			}
		}
	}
}
