package vc

import (
	"strings"
	"testing"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/lang"
)

func TestEveryReasonIsExplainedInEveryLanguage(t *testing.T) {
	kinds := []Kind{CheckForm, CheckSignature, CheckIssuer, CheckKey, CheckTime, CheckStatus, CheckSchema}
	for _, tag := range lang.Languages {
		said := map[string]bool{}
		explain := func(c Check) {
			text := Explain(c, tag)
			if strings.HasPrefix(text, "vc.") || said[text] {
				t.Errorf("%s of %s says %q in %s, as a key or as another one does", c.Reason, c.Kind, text, tag)
			}
			said[text] = true
		}
		for _, r := range Reasons {
			if r != ReasonPassed {
				explain(Check{Reason: r})
			}
		}
		for _, k := range kinds {
			explain(Pass(k))
		}
		for _, key := range lang.Keys(tag) {
			if strings.HasPrefix(key, "vc.") && !said[lang.Say(tag, key)] {
				t.Errorf("%s has %s, which is no reason", tag, key)
			}
		}
	}
	if en, cs := Explain(Pass(CheckForm), language.English), Explain(Pass(CheckForm), language.Czech); en != cs {
		t.Errorf("Czech readers get %q, want English", cs)
	}
}
