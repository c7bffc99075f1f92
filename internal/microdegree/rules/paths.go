package rules

import "slices"

// paths are the solutions from one state on, best first, found as they are
// asked for. A state merges what its edges lead to: the order of solutions does
// not change when the same course is put before two of them, so the next best
// of a state is always the next best behind one of its edges.
type paths struct {
	found []path
	next  []int // per edge, which solution behind it is next
	over  bool
}

// path is one solution: an edge, and a solution behind it.
type path struct {
	cost  cost
	set   []uint64 // the bits of what it takes
	edge  int
	after int
}

// better compares two solutions: by cost, and then by the sets as numbers, the
// course with the highest bit first.
func (p path) better(q path) bool {
	if c := slices.Compare(p.cost[:], q.cost[:]); c != 0 {
		return c < 0
	}
	return compareSets(p.set, q.set) < 0
}

func compareSets(a, b []uint64) int {
	for w := len(a) - 1; w >= 0; w-- {
		switch {
		case a[w] < b[w]:
			return -1
		case a[w] > b[w]:
			return 1
		}
	}
	return 0
}

// path returns the k-th best solution from a state before item i on, from 0.
// Two choices that take the same courses are one solution.
func (s *search) path(at int32, i, k int) (path, bool) {
	n := &s.nodes[at]
	if n.dead {
		return path{}, false
	}
	if n.end {
		return path{set: make([]uint64, s.words)}, k == 0
	}
	if n.paths == nil {
		n.paths = &paths{next: make([]int, len(n.edges))}
	}
	for len(n.paths.found) <= k && !n.paths.over {
		var best path
		found := false
		for e := range n.edges {
			p, ok := s.through(n, i, e)
			if ok && (!found || p.better(best)) {
				best, found = p, true
			}
		}
		if !found {
			n.paths.over = true
			break
		}
		n.paths.next[best.edge]++
		if last := len(n.paths.found) - 1; last < 0 || compareSets(n.paths.found[last].set, best.set) != 0 {
			n.paths.found = append(n.paths.found, best)
		}
	}
	if k >= len(n.paths.found) {
		return path{}, false
	}
	return n.paths.found[k], true
}

// through returns the next solution behind an edge.
func (s *search) through(n *node, i, e int) (path, bool) {
	to := n.edges[e]
	k := n.paths.next[e]
	p, ok := s.path(to.to, i+1, k)
	if !ok {
		return path{}, false
	}
	p = path{cost: p.cost.plus(to.cost), set: p.set, edge: e, after: k}
	if bit := s.items[i].bit; bit >= 0 && to.option != left {
		p.set = slices.Clone(p.set)
		p.set[bit/64] |= 1 << (bit % 64)
	}
	return p, true
}

// best returns the best solution and whether it meets all rules. Its set may be
// empty when there is none.
func (s *search) best() (path, bool) {
	p, ok := s.path(0, 0, 0)
	return p, ok && p.cost.plus(s.base).met()
}

// pick is a course that a solution takes, and how it counts.
type pick struct {
	item   *item
	option *option // nil when it counts nowhere
}

// chosen lists what a solution takes.
func (s *search) chosen(p path) (picks []pick) {
	at := int32(0)
	for i := range s.items {
		n := &s.nodes[at]
		if n.dead || len(n.edges) == 0 {
			return nil
		}
		e := n.edges[p.edge]
		switch {
		case e.option >= 0:
			picks = append(picks, pick{&s.items[i], &s.items[i].options[e.option]})
		case e.option == takenOnly:
			picks = append(picks, pick{item: &s.items[i]})
		}
		if i+1 < len(s.items) {
			p, _ = s.path(e.to, i+1, p.after)
		}
		at = e.to
	}
	return picks
}
