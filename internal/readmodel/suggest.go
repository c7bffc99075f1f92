package readmodel

import (
	"math/bits"
	"unicode/utf8"
)

// DidYouMean returns the query with each word that no row has replaced by the
// nearest that some row has. It is empty when every word is known or nothing
// is near.
func (r *Result) DidYouMean() string {
	var out []byte
	copied := 0
	for _, w := range r.words {
		if r.snapshot.knows(&w) {
			continue
		}
		near := r.snapshot.nearest(w.terms[0])
		if near == "" {
			continue
		}
		out = append(append(out, r.text[copied:w.start]...), near...)
		copied = w.end
	}
	if copied == 0 {
		return ""
	}
	return string(append(out, r.text[copied:]...))
}

// knows is true when a living row has a word that begins with w.
func (s *Snapshot) knows(w *queryWord) bool {
	for _, p := range s.parts {
		found := p.lookup(w)
		if len(found.lists) == 0 {
			continue
		}
		if set := found.set(p); p.dead == nil || set.AndCardinality(p.dead) < set.GetCardinality() {
			return true
		}
	}
	return false
}

// nearest returns the term with the fewest slips to word, of several the most
// frequent, of those the first. A slip is a letter too many, missing, wrong or
// exchanged with the next; words of 3 and 4 letters may have one, longer ones two.
func (s *Snapshot) nearest(word string) string {
	letters := []rune(word)
	if len(letters) < 3 {
		return ""
	}
	most := 2
	if len(letters) < 5 {
		most = 1
	}
	near := make([]map[string]int, most+1) // per number of slips the terms and their frequencies
	for i := range near {
		near[i] = map[string]int{}
	}
	d := distance{word: letters}
	mask, differing := lettersOf(word), most
	if len(letters) < len(word) { // a letter may be two bytes
		differing *= 2
	}
	for _, p := range s.parts {
		last := ""
		for i := range p.terms.keys.size() {
			key := p.terms.keys.at(i)
			if length := utf8.RuneCount(key); length < len(letters)-most || length > len(letters)+most ||
				bits.OnesCount64(mask&^lettersOf(key)) > differing || string(key) == last {
				continue
			}
			last = string(key)
			if slips := d.to(last); slips <= most {
				near[slips][last] += p.frequency([]string{last})
			}
		}
	}
	for _, terms := range near {
		best, frequency := "", 0
		for term, n := range terms {
			if n > frequency || n == frequency && n > 0 && term < best {
				best, frequency = term, n
			}
		}
		if best != "" {
			return best
		}
	}
	return ""
}

// lettersOf is a rough set of the letters, to rule out most terms quickly.
func lettersOf[T string | []byte](word T) (mask uint64) {
	for i := range len(word) {
		mask |= 1 << (word[i] % 64)
	}
	return mask
}

// distance counts slips (optimal string alignment).
type distance struct {
	word []rune
	term []rune
	rows [3][]int
}

func (d *distance) to(term string) int {
	d.term = d.term[:0]
	for _, r := range term {
		d.term = append(d.term, r)
	}
	for i := range d.rows {
		if len(d.rows[i]) <= len(d.term) {
			d.rows[i] = make([]int, len(d.term)+1)
		}
	}
	before, above, row := d.rows[0], d.rows[1], d.rows[2]
	for j := range len(d.term) + 1 {
		above[j] = j
	}
	for i, a := range d.word {
		row[0] = i + 1
		for j, b := range d.term {
			cost := 1
			if a == b {
				cost = 0
			}
			row[j+1] = min(above[j+1]+1, row[j]+1, above[j]+cost)
			if i > 0 && j > 0 && a == d.term[j-1] && d.word[i-1] == b {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(d.term)]
}
