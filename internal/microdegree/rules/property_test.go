package rules

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

var anything = vocab.Bounds{Kind: vocab.KindMicroDegree, Max: vocab.MaxECTS}

func TestEvaluateAgreesWithEveryChoiceTried(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	complete := 0
	for n := range 3000 {
		w := randomWorld(r, 1+r.IntN(3), 3+r.IntN(4), limits{caps: true, sequence: true})
		done := w.history(r, 1+r.IntN(7))
		want, most := oracle(w.rules, w.total, done, today)
		got := Evaluate(w.rules, w.total, done, today)
		if got.Complete != want || got.Counted != most || !got.Exact {
			t.Fatalf("case %d: complete %v, counted %s, exact %v; every choice tried gives %v, %s\n%+v\n%+v", n, got.Complete, got.Counted, got.Exact, want, most, w, done)
		}
		if possible, certain := completes(w.rules, w.total, done, today); possible != want || !certain {
			t.Fatalf("case %d: the search for any choice says %v, certain %v; every choice tried gives %v\n%+v\n%+v", n, possible, certain, want, w, done)
		}
		if want {
			complete++
		}
		sound(t, w, done, got)
	}
	if complete < 300 || complete > 2700 {
		t.Errorf("%d of 3000 cases are complete, so one side is hardly tested", complete)
	}
}

// sound checks what every report promises.
func sound(t *testing.T, w world, done []Completed, got Report) {
	t.Helper()
	var earned vocab.ECTS
	for _, d := range done {
		earned += d.ECTS
	}
	if got.Counted > earned || got.Counted > w.total {
		t.Fatalf("%s count of %s earned for %s", got.Counted, earned, w.total)
	}
	if got.Complete != got.Explain.Satisfied || got.Complete != (len(got.Explain.Gaps()) == 0) {
		t.Fatalf("complete is %v, the explanation says %v and has the gaps %+v", got.Complete, got.Explain.Satisfied, got.Explain.Gaps())
	}
	all := got.Explain.Counted
	if len(slices.Compact(slices.Clone(all))) != len(all) || len(all)+len(got.Explain.Uncounted) != len(done) {
		t.Fatalf("%v count and %v do not, of %d completions", all, got.Explain.Uncounted, len(done))
	}
	var inGroups []string
	for g := range w.rules.Groups {
		inGroups = append(inGroups, got.Explain.Children[g].Counted...)
	}
	slices.Sort(inGroups)
	if !slices.Equal(inGroups, all) {
		t.Fatalf("the groups count %v, the whole %v", inGroups, all)
	}
	for _, n := range got.Explain.Children {
		if slices.Contains([]RuleKind{Recency, SharedCap, LowestLevel, Sequence}, n.Rule) && !n.Satisfied {
			t.Fatalf("what counts breaks %s", n.Rule)
		}
	}
}

func TestMoreEvidenceNeverHarms(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 500 {
		w := randomWorld(r, 1+r.IntN(4), 8+r.IntN(8), limits{caps: r.IntN(2) == 0, sequence: r.IntN(2) == 0})
		done := w.history(r, 14)
		before := Evaluate(w.rules, w.total, nil, today)
		for i := range done {
			after := Evaluate(w.rules, w.total, done[:i+1], today)
			if before.Complete && !after.Complete || after.Counted < before.Counted {
				t.Fatalf("with %+v it went from %v, %s to %v, %s", done[i], before.Complete, before.Counted, after.Complete, after.Counted)
			}
			before = after
		}
	}
}

func TestEvaluateDoesNotDependOnTheOrderOfEvidence(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 500 {
		w := randomWorld(r, 1+r.IntN(4), 10, limits{caps: true, sequence: true})
		done := w.history(r, 10)
		slices.SortFunc(done, func(a, b Completed) int { return strings.Compare(a.CourseID, b.CourseID) })
		done = slices.CompactFunc(done, func(a, b Completed) bool { return a.CourseID == b.CourseID })
		first := Evaluate(w.rules, w.total, done, today)
		r.Shuffle(len(done), func(i, j int) { done[i], done[j] = done[j], done[i] })
		if second := Evaluate(w.rules, w.total, done, today); !reflect.DeepEqual(first, second) {
			t.Fatalf("%+v\n%+v", first, second)
		}
	}
}

// offeredAsDone is what a learner has who has taken everything.
func (w world) offeredAsDone(ids []string) (done []Completed) {
	for _, id := range ids {
		c := w.offered[id]
		done = append(done, Completed{CourseID: id, InstitutionID: c.InstitutionID, ECTS: c.ECTS, EQF: c.EQF, CompletedAt: today})
	}
	return done
}

func TestCheckAcceptsExactlyWhatCanBeCompleted(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	accepted := 0
	for n := range 3000 {
		w := randomWorld(r, 1+r.IntN(3), 3+r.IntN(4), limits{caps: true})
		want, _ := oracle(w.rules, w.total, w.offeredAsDone(w.ids), today)
		err := Check(w.rules, w.total, anything, w.offered)
		if (err == nil) != want {
			t.Fatalf("case %d: %v; a completing choice exists: %v\n%+v", n, err, want, w)
		}
		if err != nil && problem.All(err) == nil {
			t.Fatalf("%v is no problem", err)
		}
		if want {
			accepted++
		}
	}
	if accepted < 300 || accepted > 2700 {
		t.Errorf("%d of 3000 can be completed, so one side is hardly tested", accepted)
	}
}

// subsets calls each with every choice of ids.
func subsets(ids []string, each func([]string)) {
	for mask := range 1 << len(ids) {
		var chosen []string
		for i, id := range ids {
			if mask&(1<<i) != 0 {
				chosen = append(chosen, id)
			}
		}
		each(chosen)
	}
}

// cheapest finds all ways to finish by trying every set of courses that may be
// planned, sorted as Plan promises.
func (w world) cheapest(known []Completed) (ways [][]string) {
	lax := w.rules
	lax.MaxSharedECTS, lax.Groups = nil, slices.Clone(lax.Groups)
	for g := range lax.Groups {
		lax.Groups[g].MaxECTS = 0
	}
	var open []string
	for _, id := range w.ids {
		if !slices.ContainsFunc(known, func(d Completed) bool {
			return d.CourseID == id && (waits(d) || mayCount(lax, known, d))
		}) {
			open = append(open, id)
		}
	}
	subsets(open, func(chosen []string) {
		if slices.ContainsFunc(ways, func(way []string) bool {
			return !slices.ContainsFunc(way, func(id string) bool { return !slices.Contains(chosen, id) })
		}) {
			return
		}
		if ok, _ := oracle(w.rules, w.total, append(slices.Clone(known), w.offeredAsDone(chosen)...), today); ok {
			ways = append(ways, chosen)
		}
	})
	// A smaller way may have come after a larger one that contains it.
	ways = slices.DeleteFunc(slices.Clone(ways), func(a []string) bool {
		return slices.ContainsFunc(ways, func(b []string) bool {
			return len(b) < len(a) && !slices.ContainsFunc(b, func(id string) bool { return !slices.Contains(a, id) })
		})
	})
	slices.SortFunc(ways, w.compare)
	return ways
}

// waits says whether a course that comes first can still be completed before d.
func waits(d Completed) bool {
	return d.CompletedAt.Equal(today) && (d.StartedAt.IsZero() || d.StartedAt.Equal(today))
}

// mayCount says whether a completion may count in any group.
func mayCount(c vocab.Composition, known []Completed, d Completed) bool {
	for g := range c.Groups {
		choice := make([]int, len(known))
		for i := range choice {
			choice[i] = -1
			if known[i] == d {
				choice[i] = g
			}
		}
		if legal(c, known, choice, today) {
			return true
		}
	}
	return false
}

func (w world) compare(a, b []string) int {
	credits := func(ids []string) (sum vocab.ECTS) {
		for _, id := range ids {
			sum += w.offered[id].ECTS
		}
		return sum
	}
	if n := int(credits(a) - credits(b)); n != 0 {
		return n
	}
	if n := len(a) - len(b); n != 0 {
		return n
	}
	later := func(x, y string) int {
		ends := func(id string) time.Time {
			if e := w.offered[id].EndsAt; !e.IsZero() {
				return e
			}
			return today.AddDate(100, 0, 0)
		}
		if n := ends(y).Compare(ends(x)); n != 0 {
			return n
		}
		return strings.Compare(y, x)
	}
	return slices.CompareFunc(slices.SortedFunc(slices.Values(a), later), slices.SortedFunc(slices.Values(b), later), func(x, y string) int { return later(y, x) })
}

func TestPlanFindsTheCheapestWaysOfAll(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	found := 0
	for n := range 1500 {
		w := randomWorld(r, 1+r.IntN(3), 3+r.IntN(5), limits{caps: true, sequence: true})
		done := w.history(r, r.IntN(4))
		var candidates []string
		for _, id := range w.ids {
			if r.IntN(6) == 0 && !slices.ContainsFunc(done, func(d Completed) bool { return d.CourseID == id }) {
				candidates = append(candidates, id)
			}
		}
		known := append(slices.Clone(done), w.offeredAsDone(candidates)...)
		var want [][]string
		if complete, _ := oracle(w.rules, w.total, known, today); !complete {
			want = w.cheapest(known)
		}
		got := Plan(w.rules, w.total, done, candidates, w.offered, today, 5)
		var ways [][]string
		for _, p := range got.Paths {
			var ids []string
			for _, c := range p.Courses {
				ids = append(ids, c.ID)
			}
			slices.Sort(ids)
			ways = append(ways, ids)
			if !p.Report.Complete {
				t.Fatalf("case %d: %v is not complete", n, ids)
			}
		}
		if want = want[:min(5, len(want))]; !got.Exhaustive || !slices.EqualFunc(ways, want, slices.Equal[[]string]) {
			t.Fatalf("case %d (exhaustive: %v): %v, want %v\n%+v\ndone %+v\ncandidates %v", n, got.Exhaustive, ways, want, w, done, candidates)
		}
		found += len(ways)
	}
	if found < 1000 {
		t.Errorf("only %d paths", found)
	}
}

func TestEveryPathIsCompleteAndNoPartOfItIs(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	found := 0
	for range 150 {
		w := randomWorld(r, 2+r.IntN(4), 12+r.IntN(10), limits{caps: true, sequence: true})
		done := w.history(r, r.IntN(4))
		for _, p := range Plan(w.rules, w.total, done, nil, w.offered, today, 4).Paths {
			found++
			var ids []string
			for _, c := range p.Courses {
				ids = append(ids, c.ID)
			}
			if len(ids) > 8 {
				continue
			}
			subsets(ids, func(part []string) {
				complete := Evaluate(w.rules, w.total, append(slices.Clone(done), w.offeredAsDone(part)...), today).Complete
				if complete != (len(part) == len(ids)) {
					t.Fatalf("complete is %v with %v of %v", complete, part, ids)
				}
			})
		}
	}
	if found < 100 {
		t.Errorf("only %d paths", found)
	}
}
