package vc

import (
	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/lang"
)

// Explain says a check's reason in the language that fits tag best, English by
// default, for people who have to rely on the answer. A check that is passed
// says what it confirms.
func Explain(c Check, tag language.Tag) string {
	if c.Reason == ReasonPassed {
		return lang.Say(tag, "vc.passed."+string(c.Kind))
	}
	return lang.Say(tag, "vc.reason."+string(c.Reason))
}
