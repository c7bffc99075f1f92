package rules

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// The oracle: every choice, one after the other, against the rules as they are
// written. It shares no code with the package.

var today = time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)

// oracle tells of all choices whether one meets the rules, and the most credits
// that help towards the total in any.
func oracle(c vocab.Composition, total vocab.ECTS, done []Completed, at time.Time) (complete bool, most vocab.ECTS) {
	choice := make([]int, len(done))
	var try func(i int)
	try = func(i int) {
		if i < len(done) {
			for choice[i] = -1; choice[i] < len(c.Groups); choice[i]++ {
				try(i + 1)
			}
			return
		}
		if legal(c, done, choice, at) {
			useful, met := measure(c, total, done, choice)
			most, complete = max(most, useful), complete || met
		}
	}
	try(0)
	return complete, most
}

// legal says whether what a choice counts may count.
func legal(c vocab.Composition, done []Completed, choice []int, at time.Time) bool {
	sum := map[int]vocab.ECTS{}
	seen := map[string]bool{}
	var elsewhere vocab.ECTS
	for i, g := range choice {
		if g < 0 {
			continue
		}
		d := done[i]
		if seen[d.CourseID] || !slices.Contains(c.Groups[g].Courses, d.CourseID) || d.CompletedAt.After(at) {
			return false
		}
		seen[d.CourseID] = true
		if c.MaxAgeMonths > 0 && d.CompletedAt.AddDate(0, c.MaxAgeMonths, 0).Before(at) || c.Level != nil && d.EQF < c.Level.Lowest {
			return false
		}
		if !follows(c, done, d, at, nil) {
			return false
		}
		elsewhere += d.AlreadyCounted
		sum[g] += d.ECTS
		if most := c.Groups[g].MaxECTS; most > 0 && sum[g] > most {
			return false
		}
	}
	return c.MaxSharedECTS == nil || elsewhere <= *c.MaxSharedECTS
}

// follows looks for a completion of each course that comes before d, and for
// those that come before them.
func follows(c vocab.Composition, done []Completed, d Completed, at time.Time, above []string) bool {
	if slices.Contains(above, d.CourseID) {
		return false
	}
	begun := d.StartedAt
	if begun.IsZero() {
		begun = d.CompletedAt
	}
	for _, o := range c.Sequence {
		if o.After != d.CourseID {
			continue
		}
		ok := false
		for _, b := range done {
			ok = ok || b.CourseID == o.Before && !b.CompletedAt.After(begun) && !b.CompletedAt.After(at) && follows(c, done, b, at, append(slices.Clone(above), d.CourseID))
		}
		if !ok {
			return false
		}
	}
	return true
}

func measure(c vocab.Composition, total vocab.ECTS, done []Completed, choice []int) (useful vocab.ECTS, met bool) {
	sum, n := map[int]vocab.ECTS{}, map[int]int{}
	partners := map[ident.ID]bool{}
	var all, high, asked, inGroups vocab.ECTS
	for i, g := range choice {
		if g < 0 {
			continue
		}
		sum[g] += done[i].ECTS
		n[g]++
		all += done[i].ECTS
		partners[done[i].InstitutionID] = true
		if c.Level != nil && done[i].EQF >= c.Level.EQF {
			high += done[i].ECTS
		}
	}
	met = all >= total && len(partners) >= c.MinInstitutions && (c.Level == nil || high >= c.Level.MinECTS)
	for g, group := range c.Groups {
		met = met && sum[g] >= group.MinECTS && n[g] >= group.MinCourses
		asked += group.MinECTS
		inGroups += min(sum[g], group.MinECTS)
	}
	return inGroups + min(all-inGroups, total-asked), met
}

// world is a random composition with a catalogue.
type world struct {
	rules   vocab.Composition
	total   vocab.ECTS
	offered map[string]Course
	ids     []string
}

// limits says which limits a random world may have.
type limits struct{ caps, sequence bool }

func randomWorld(r *rand.Rand, groups, courses int, l limits) world {
	w := world{offered: map[string]Course{}}
	for i := range courses {
		c := Course{ID: fmt.Sprintf("c%02d", i), InstitutionID: ident.ID(fmt.Sprintf("ins%d", r.IntN(4))), ECTS: vocab.ECTS(100 * (1 + r.IntN(6))), EQF: 5 + r.IntN(4)}
		if r.IntN(3) > 0 {
			c.StartsAt = today.AddDate(0, 0, r.IntN(100))
			c.EndsAt = c.StartsAt.AddDate(0, 0, 30*(1+r.IntN(3)))
		}
		w.offered[c.ID] = c
		w.ids = append(w.ids, c.ID)
	}
	var asked vocab.ECTS
	for g := range groups {
		group := vocab.CompositionGroup{Key: fmt.Sprintf("g%d", g)}
		for i, id := range w.ids {
			if i%groups == g || r.IntN(4) == 0 {
				group.Courses = append(group.Courses, id)
			}
		}
		if r.IntN(4) > 0 {
			group.MinECTS = vocab.ECTS(100 * r.IntN(7))
		}
		if r.IntN(2) == 0 {
			group.MinCourses = r.IntN(min(3, len(group.Courses)+1))
		}
		if l.caps && r.IntN(3) == 0 {
			group.MaxECTS = max(100, group.MinECTS) + vocab.ECTS(100*r.IntN(4))
		}
		asked += group.MinECTS
		w.rules.Groups = append(w.rules.Groups, group)
	}
	w.total = asked + vocab.ECTS(100*r.IntN(5))
	if r.IntN(2) == 0 {
		w.rules.MinInstitutions = r.IntN(4)
	}
	if r.IntN(2) == 0 {
		w.rules.Level = &vocab.LevelRule{EQF: 5 + r.IntN(4), MinECTS: vocab.ECTS(100 * r.IntN(5))}
		w.rules.Level.MinECTS = min(w.rules.Level.MinECTS, w.total)
		if r.IntN(4) == 0 {
			w.rules.Level.Lowest = 6
		}
	}
	if r.IntN(3) == 0 {
		w.rules.MaxAgeMonths = 6
	}
	if l.caps && r.IntN(3) == 0 {
		most := vocab.ECTS(100 * r.IntN(6))
		w.rules.MaxSharedECTS = &most
	}
	for range 3 {
		if a, b := r.IntN(courses), r.IntN(courses); l.sequence && r.IntN(2) == 0 && a < b {
			w.rules.Sequence = append(w.rules.Sequence, vocab.Order{Before: w.ids[b], After: w.ids[a]})
		}
	}
	return w
}

// history is a random history of n completions. Some courses come twice.
func (w world) history(r *rand.Rand, n int) (done []Completed) {
	for range n {
		c := w.offered[w.ids[r.IntN(len(w.ids))]]
		d := Completed{CourseID: c.ID, InstitutionID: c.InstitutionID, ECTS: c.ECTS, EQF: c.EQF, CompletedAt: today.AddDate(0, -r.IntN(9), 0)}
		if r.IntN(2) == 0 {
			d.StartedAt = d.CompletedAt.AddDate(0, -r.IntN(3), 0)
		}
		if r.IntN(3) == 0 {
			d.AlreadyCounted = d.ECTS / vocab.ECTS(1+r.IntN(2))
		}
		done = append(done, d)
	}
	return done
}
