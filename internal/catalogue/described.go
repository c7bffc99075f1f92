package catalogue

import "github.com/peregrine-exchange/peregrine/internal/vocab"

// Described is what content says in words and codes, with every value valid.
type Described struct {
	Title, Summary, Description vocab.Text
	Outcomes                    []vocab.Outcome
	ISCED                       *vocab.ISCEDF
	Quality                     *vocab.QualityAssurance
}

// Describe returns what the content says, or all that is wrong with it, for
// other awards than courses that are described in the same words.
func (c Content) Describe() (Described, error) {
	out, err := c.check()
	return Described{out.title, out.summary, out.description, out.outcomes, out.isced, out.quality}, err
}
