package graph

import (
	"testing"

	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// The schema has each effect, and there is a word for it in every language.
func TestEffectsAreSaidInWords(t *testing.T) {
	if in := Schema(&Resolver{}).Schema().Types["EffectKind"].EnumValues; len(in) != len(vocab.EffectKinds) {
		t.Errorf("the schema has %d effects, there are %d", len(in), len(vocab.EffectKinds))
	}
	for _, kind := range vocab.EffectKinds {
		for _, tag := range lang.Languages {
			if !lang.Has(tag, "effect."+string(kind)) {
				t.Errorf("%s has no word in %s", kind, tag)
			}
		}
	}
}
