package vc

import (
	"testing"

	"golang.org/x/text/language"
)

func TestEveryReasonIsExplainedInBothLanguages(t *testing.T) {
	kinds := []Kind{CheckForm, CheckSignature, CheckIssuer, CheckKey, CheckTime, CheckStatus, CheckSchema}
	for _, tag := range []language.Tag{language.English, language.German} {
		for _, r := range Reasons {
			if r != ReasonPassed && Explain(Check{Reason: r}, tag) == "" {
				t.Errorf("%s is not explained in %s", r, tag)
			}
		}
		for _, k := range kinds {
			if Explain(Pass(k), tag) == "" {
				t.Errorf("a passed %s is not explained in %s", k, tag)
			}
		}
	}
	if en, cs := Explain(Pass(CheckForm), language.English), Explain(Pass(CheckForm), language.Czech); en != cs {
		t.Errorf("Czech readers get %q, want English", cs)
	}
}
