package rules

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// The search goes through the courses one after the other. What earlier courses
// have left to do is a state; courses that leave the same to do lead to the
// same state, so the number of states is far below the number of choices. In a
// state every rule asks for a number that is still missing, or allows a number
// that is still free. When all states are kept the search is exact. When a step
// has more states than the width allows, the least promising are dropped, and
// the search says that it was not exhaustive.

// budget bounds the states of one search, over all its steps, and with that its
// time.
const budget = 60_000

// cost compares solutions, the first number first.
type cost [7]int32

// The numbers of a cost.
const (
	missingECTS = iota
	missingCourses
	missingLevel
	missingInstitutions
	usedShared
	usedECTS
	usedCourses
)

func (c cost) plus(d cost) cost {
	for i := range c {
		c[i] += d[i]
	}
	return c
}

// met says whether nothing is missing.
func (c cost) met() bool {
	return c[missingECTS]|c[missingCourses]|c[missingLevel]|c[missingInstitutions] == 0
}

// The slots of a state. Three follow for each group, then the masks.
const (
	slotSpare        = iota // credits missing beyond what the groups ask for
	slotLevel               // credits missing at the level
	slotInstitutions        // institutions missing
	slotShared              // shared credits that may still count
	slotGroups
)

const (
	groupECTS    = iota // credits missing
	groupCourses        // courses missing
	groupFree           // credits that may still count
	groupSlots
)

const unlimited = math.MaxUint32

// state is what is left to do, see the slots.
type state []uint32

func groupSlot(g, slot int) int { return slotGroups + g*groupSlots + slot }

type edge struct {
	to     int32
	option int16 // of the item; left and takenOnly are none
	cost   cost
}

const (
	left      = -1
	takenOnly = -2 // taken for the sake of a course that comes after it
)

type node struct {
	state state
	edges []edge
	way   way // the lightest that leads here
	end   bool
	dead  bool
	paths *paths
}

// way is what one way to a state costs, to rank states by when there are too
// many: credits, courses, and the highest bit of a set.
type way struct {
	weight  int64
	courses int32
	latest  int
}

func (w way) compare(v way) int {
	return cmp.Or(cmp.Compare(w.weight, v.weight), cmp.Compare(w.courses, v.courses), cmp.Compare(w.latest, v.latest))
}

// search finds the solutions of one composition over a list of items.
type search struct {
	groups     int
	start      state
	items      []item
	hard       bool  // only solutions that meet all rules
	most       int64 // with hard: only solutions that cost at most so many credits
	exhaustive bool  // no state was dropped
	nodes      []node
	base       cost   // gaps that no item can close
	words      int    // of a set that identifies a solution
	masks      [2]int // first slot of the institutions' mask and of the grants'
	rest       []suffix
}

// suffix is what the items from one on can contribute at most.
type suffix struct {
	ects, courses []uint32 // by group
	all, high     uint32
	shared        uint32
	gift          [2]uint32 // of all and high, what costs nothing
	partners      []uint32  // mask of institutions
	needed        []uint32  // mask of grants that a later item needs
}

// newSearch prepares a search over items, which sortItems has sorted.
func newSearch(c vocab.Composition, total vocab.ECTS, items []item, hard bool) *search {
	s := &search{groups: len(c.Groups), items: items, hard: hard}
	partners := map[ident.ID]int{}
	grants, places := 0, 0
	for i := range items {
		places = max(places, items[i].bit+1)
		grants = max(grants, items[i].grants+1)
		for j := range items[i].options {
			o := &items[i].options[j]
			if _, known := partners[o.institution]; !known {
				partners[o.institution] = len(partners)
			}
			o.partner = partners[o.institution]
		}
	}
	s.words = (places + 63) / 64
	s.masks[0] = groupSlot(s.groups, 0)
	s.masks[1] = s.masks[0] + (len(partners)+31)/32
	s.start = make(state, s.masks[1]+(grants+31)/32)
	s.ask(c, total)
	s.sumUp(s.masks[1]-s.masks[0], len(s.start)-s.masks[1])
	return s
}

// ask fills the first state with what the rules ask for.
func (s *search) ask(c vocab.Composition, total vocab.ECTS) {
	spare := total
	for g, group := range c.Groups {
		spare -= max(0, group.MinECTS)
		s.start[groupSlot(g, groupECTS)] = uint32(max(0, group.MinECTS))
		s.start[groupSlot(g, groupCourses)] = uint32(max(0, group.MinCourses))
		s.start[groupSlot(g, groupFree)] = unlimited
		if group.MaxECTS > 0 {
			s.start[groupSlot(g, groupFree)] = uint32(group.MaxECTS)
		}
	}
	s.start[slotSpare] = uint32(max(0, spare))
	s.start[slotInstitutions] = uint32(max(0, c.MinInstitutions))
	if c.Level != nil {
		s.start[slotLevel] = uint32(max(0, c.Level.MinECTS))
	}
	s.start[slotShared] = unlimited
	if c.MaxSharedECTS != nil {
		s.start[slotShared] = uint32(max(0, *c.MaxSharedECTS))
	}
}

// sumUp fills rest from the last item to the first.
func (s *search) sumUp(partnerWords, grantWords int) {
	s.rest = make([]suffix, len(s.items)+1)
	s.rest[len(s.items)] = suffix{ects: make([]uint32, s.groups), courses: make([]uint32, s.groups), partners: make([]uint32, partnerWords), needed: make([]uint32, grantWords)}
	for i := len(s.items) - 1; i >= 0; i-- {
		r := s.rest[i+1]
		r.ects, r.courses, r.partners, r.needed = slices.Clone(r.ects), slices.Clone(r.courses), slices.Clone(r.partners), slices.Clone(r.needed)
		var most, high, shared uint32
		ects := make([]uint32, s.groups)
		offers := make([]bool, s.groups)
		for _, o := range s.items[i].options {
			most, shared = max(most, o.ects), max(shared, o.shared)
			if o.high {
				high = max(high, o.ects)
			}
			ects[o.group], offers[o.group] = max(ects[o.group], o.ects), true
			set(r.partners, o.partner)
		}
		for g := range offers {
			r.ects[g] += ects[g]
			if offers[g] {
				r.courses[g]++
			}
		}
		for _, n := range s.items[i].needs {
			set(r.needed, n)
		}
		r.all, r.high, r.shared = r.all+most, r.high+high, r.shared+shared
		if !s.items[i].paid {
			r.gift[0], r.gift[1] = r.gift[0]+most, r.gift[1]+high
		}
		s.rest[i] = r
	}
}

func set(mask []uint32, bit int)      { mask[bit/32] |= 1 << (bit % 32) }
func has(mask []uint32, bit int) bool { return mask[bit/32]&(1<<(bit%32)) != 0 }

// within is the width that keeps to so many states.
func (s *search) within(states int) int { return max(64, states/max(1, len(s.items))) }

// noLimit lets a search find solutions of any cost.
const noLimit = math.MaxInt64

// run builds the graph of states, step by step, for solutions that cost at most
// so many credits. Node 0 is the start. A step keeps at most width states.
func (s *search) run(most int64, width int) {
	s.most, s.exhaustive = most, true
	start, gaps, ok := s.settle(slices.Clone(s.start), 0)
	s.base = gaps
	s.nodes = append(s.nodes[:0], node{state: start, end: len(s.items) == 0, dead: !ok})
	if !ok {
		return
	}
	layer := []int32{0}
	for i := range s.items {
		layer = s.step(i, layer)
		if len(layer) > width {
			layer = s.narrow(layer, width)
		}
	}
}

// step follows every way to take or leave item i from the states of a layer.
func (s *search) step(i int, layer []int32) (next []int32) {
	index := make(map[string]int32, 2*len(layer))
	s.nodes = slices.Grow(s.nodes, 2*len(layer))
	scratch := make(state, len(s.start))
	key := make([]byte, 4*len(s.start))
	reach := func(from int32, option int16, c cost) {
		settled, gaps, ok := s.settle(scratch, i+1)
		if !ok {
			return
		}
		c = c.plus(gaps)
		for j, v := range settled {
			binary.LittleEndian.PutUint32(key[4*j:], v)
		}
		w := s.nodes[from].way
		w.courses += c[usedCourses]
		if option != left {
			w.latest = max(w.latest, s.items[i].bit)
		}
		w.weight += int64(c[missingECTS]) + 500*int64(c[missingCourses]+c[missingInstitutions]) + int64(c[missingLevel]+c[usedECTS])
		if s.hard && w.weight+s.least(settled, i+1) > s.most {
			return
		}
		to, known := index[string(key)]
		if !known {
			to = int32(len(s.nodes))
			index[string(key)] = to
			s.nodes = append(s.nodes, node{state: slices.Clone(settled), end: i+1 == len(s.items), way: w})
			next = append(next, to)
		}
		if w.compare(s.nodes[to].way) < 0 {
			s.nodes[to].way = w
		}
		s.nodes[from].edges = append(s.nodes[from].edges, edge{to: to, option: option, cost: c})
	}
	it := &s.items[i]
	for _, from := range layer {
		before := s.nodes[from].state
		if !s.granted(before, it.needs) {
			copy(scratch, before)
			reach(from, left, cost{})
			continue
		}
		counted := false
		for j, o := range it.options {
			copy(scratch, before)
			if s.take(scratch, o) {
				counted = true
				s.grant(scratch, it)
				reach(from, int16(j), it.cost(o))
			}
		}
		if it.grants >= 0 {
			copy(scratch, before)
			s.grant(scratch, it)
			reach(from, takenOnly, it.cost(option{ects: uint32(it.ects)}))
		}
		if it.grants >= 0 && !it.paid || counted && s.always(it) {
			continue
		}
		copy(scratch, before)
		reach(from, left, cost{})
	}
	return next
}

// always says whether leaving an item is never better than taking it: it costs
// nothing, and uses up nothing that is limited.
func (s *search) always(it *item) bool {
	if it.paid || it.price != free {
		return false
	}
	return !slices.ContainsFunc(it.options, func(o option) bool {
		return s.start[groupSlot(o.group, groupFree)] != unlimited || o.shared > 0 && s.start[slotShared] != unlimited
	})
}

// cost is what a solution pays for an item.
func (it *item) cost(o option) (c cost) {
	if it.paid || it.price == sparing {
		c[usedShared], c[usedECTS], c[usedCourses] = int32(o.shared), int32(o.ects), 1
	}
	return c
}

func (s *search) granted(st state, needs []int) bool {
	return !slices.ContainsFunc(needs, func(n int) bool { return !has(st[s.masks[1]:], n) })
}

func (s *search) grant(st state, it *item) {
	if it.grants >= 0 {
		set(st[s.masks[1]:], it.grants)
	}
}

// take counts an option. It returns false when the limits forbid it or when it
// helps with nothing: then leaving the course is as good.
func (s *search) take(st state, o option) bool {
	room := st[groupSlot(o.group, groupFree)]
	if room < o.ects || st[slotShared] < o.shared {
		return false
	}
	if room != unlimited {
		st[groupSlot(o.group, groupFree)] -= o.ects
	}
	if st[slotShared] != unlimited {
		st[slotShared] -= o.shared
	}
	helps := false
	draw := func(slot int, n uint32) uint32 {
		n = min(n, st[slot])
		st[slot] -= n
		helps = helps || n > 0
		return n
	}
	inGroup := draw(groupSlot(o.group, groupECTS), o.ects)
	draw(slotSpare, o.ects-inGroup)
	draw(groupSlot(o.group, groupCourses), 1)
	if o.high {
		draw(slotLevel, o.ects)
	}
	if seen := st[s.masks[0]:s.masks[1]]; st[slotInstitutions] > 0 && !has(seen, o.partner) {
		set(seen, o.partner)
		draw(slotInstitutions, 1)
	}
	return helps
}

// settle brings a state before item i into its simplest form: what no later
// item can change becomes a gap, and what cannot matter any more is cleared. It
// returns false when only solutions without gaps are wanted and there is none.
func (s *search) settle(st state, i int) (_ state, gaps cost, ok bool) {
	r := &s.rest[i]
	var short uint32 // credits that groups and total miss
	for g := range s.groups {
		ects, courses, room := &st[groupSlot(g, groupECTS)], &st[groupSlot(g, groupCourses)], &st[groupSlot(g, groupFree)]
		if s.hard && (*ects > r.ects[g] || *courses > r.courses[g] || *ects > *room) {
			return nil, gaps, false
		}
		if r.courses[g] == 0 {
			gaps[missingECTS] += int32(*ects)
			gaps[missingCourses] += int32(*courses)
			*ects, *courses = 0, 0
		}
		if *room >= r.ects[g] {
			*room = unlimited
		}
		short += *ects
	}
	if s.hard && (short+st[slotSpare] > r.all || st[slotLevel] > r.high || !s.reachable(st, r)) {
		return nil, gaps, false
	}
	for _, last := range []struct {
		slot, gap int
		over      bool
	}{{slotSpare, missingECTS, r.all == 0}, {slotLevel, missingLevel, r.high == 0}, {slotInstitutions, missingInstitutions, i == len(s.items)}} {
		if last.over {
			gaps[last.gap] += int32(st[last.slot])
			st[last.slot] = 0
		}
	}
	if st[slotShared] >= r.shared {
		st[slotShared] = unlimited
	}
	for w := range r.partners {
		st[s.masks[0]+w] &= r.partners[w]
		if st[slotInstitutions] == 0 {
			st[s.masks[0]+w] = 0
		}
	}
	for w := range r.needed {
		st[s.masks[1]+w] &= r.needed[w]
	}
	return st, gaps, !s.hard || gaps.met()
}

// least is a number of credits that no solution from a state on falls below.
func (s *search) least(st state, i int) int64 {
	r := &s.rest[i]
	short := int64(st[slotSpare]) - int64(r.gift[0])
	for g := range s.groups {
		short += int64(st[groupSlot(g, groupECTS)])
	}
	return max(0, short, int64(st[slotLevel])-int64(r.gift[1]))
}

// reachable says whether the items that follow come from institutions enough.
func (s *search) reachable(st state, r *suffix) bool {
	var others int
	for w, later := range r.partners {
		others += bits.OnesCount32(later &^ st[s.masks[0]+w])
	}
	return int(st[slotInstitutions]) <= others
}

// narrow keeps the most promising states of a layer.
func (s *search) narrow(layer []int32, width int) []int32 {
	s.exhaustive = false
	var largest int64 = 1
	for _, it := range s.items {
		for _, o := range it.options {
			largest = max(largest, int64(o.ects))
		}
	}
	promise := make(map[int32]way, len(layer))
	for _, n := range layer {
		st, w := s.nodes[n].state, s.nodes[n].way
		short := int64(st[slotSpare])
		for g := range s.groups {
			short += int64(st[groupSlot(g, groupECTS)])
			w.weight += 500 * int64(st[groupSlot(g, groupCourses)])
		}
		w.weight += short + int64(st[slotLevel]) + 500*int64(st[slotInstitutions])
		w.courses += int32((short + largest - 1) / largest)
		promise[n] = w
	}
	slices.SortStableFunc(layer, func(a, b int32) int { return promise[a].compare(promise[b]) })
	for _, n := range layer[width:] {
		s.nodes[n].dead = true
	}
	return layer[:width]
}
