package rules

import (
	"cmp"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// RuleKind names a rule in an explanation.
type RuleKind string

// The rules. RECENCY, SHARED_CAP, MAX_ECTS, LOWEST_LEVEL and SEQUENCE only keep
// courses out: they are always satisfied by what counts.
const (
	AllOf           RuleKind = "ALL_OF"           // every child, or every course of a group
	KOfN            RuleKind = "K_OF_N"           // so many courses of a group
	MinECTS         RuleKind = "MIN_ECTS"         // so many credits in a group
	MaxECTS         RuleKind = "MAX_ECTS"         // at most so many credits from a group
	Total           RuleKind = "TOTAL"            // the credits of the micro-degree
	MinInstitutions RuleKind = "MIN_INSTITUTIONS" // courses of so many partners
	Level           RuleKind = "LEVEL"            // so many credits at a level or above
	LowestLevel     RuleKind = "LOWEST_LEVEL"     // no course below a level
	Recency         RuleKind = "RECENCY"          // no course completed longer ago
	SharedCap       RuleKind = "SHARED_CAP"       // at most so many credits that count elsewhere
	Sequence        RuleKind = "SEQUENCE"         // one course before another
)

// Unit is what Have and Need of a node count.
type Unit string

// The units.
const (
	Rules        Unit = "RULES"        // children that are satisfied
	Hundredths   Unit = "ECTS"         // hundredths of a credit, as vocab.ECTS
	Courses      Unit = "COURSES"      // courses
	Institutions Unit = "INSTITUTIONS" // partners
	Months       Unit = "MONTHS"       // whole months of the oldest course that counts
	Levels       Unit = "LEVELS"       // lowest EQF level that counts; Have is 0 when nothing does
)

// Reason says why a completion does not count.
type Reason string

// The reasons, the ones that exclude a completion by itself first.
const (
	NotListed  Reason = "NOT_LISTED"   // in no group
	NotYet     Reason = "NOT_YET"      // completed later
	TooOld     Reason = "TOO_OLD"      // completed too long ago
	BelowLevel Reason = "BELOW_LEVEL"  // below the lowest level
	OutOfOrder Reason = "OUT_OF_ORDER" // begun before a course that comes first was completed
	Repeated   Reason = "REPEATED"     // another completion of the course counts
	Shared     Reason = "SHARED"       // too many credits count elsewhere already
	GroupFull  Reason = "GROUP_FULL"   // more than may count from its groups
	Surplus    Reason = "SURPLUS"      // nothing is missing that it would bring
	OtherGroup Reason = "OTHER_GROUP"  // it counts in another group, and only once
	NotAtLevel Reason = "NOT_AT_LEVEL" // it counts, but not towards the level
	NotOffered Reason = "NOT_OFFERED"  // considered, but not on offer
)

// Uncounted is a course that does not count for a rule.
type Uncounted struct {
	CourseID string
	Reason   Reason
	Group    string // with OTHER_GROUP: the key of that group
}

// Node is one rule of an explanation, with the rules that it is made of.
type Node struct {
	Rule      RuleKind
	Subject   string // key of the group, or the later course of a sequence; empty for the whole
	Before    string // with SEQUENCE: the course that comes first
	Satisfied bool
	Have      int
	Need      int // the most for MAX_ECTS, SHARED_CAP and RECENCY, else the least
	Unit      Unit
	Counted   []string // courses, sorted
	Uncounted []Uncounted
	Children  []Node
}

// Gaps returns the rules without children that are not satisfied, in the order
// of the explanation.
func (n Node) Gaps() (gaps []Node) {
	if len(n.Children) == 0 && !n.Satisfied {
		return []Node{n}
	}
	for _, c := range n.Children {
		gaps = append(gaps, c.Gaps()...)
	}
	return gaps
}

// counted is one completion that counts in a group.
type counted struct {
	Completed
	group int
}

// account is what a choice of completions amounts to.
type account struct {
	facts
	rules   vocab.Composition
	counted []counted // by course
	left    []Uncounted
}

func explain(c vocab.Composition, total vocab.ECTS, f facts, picks []pick, complete, exact bool) Report {
	a := account{facts: f, rules: c}
	for _, p := range picks {
		a.counted = append(a.counted, counted{f.done[p.option.fact], p.option.group})
	}
	slices.SortFunc(a.counted, func(x, y counted) int { return cmp.Compare(x.CourseID, y.CourseID) })
	a.left = a.uncounted(picks)

	root := Node{Rule: AllOf, Unit: Rules, Counted: ids(a.counted), Uncounted: a.left}
	for g := range c.Groups {
		root.Children = append(root.Children, a.group(g))
	}
	useful := a.useful(total)
	root.Children = append(root.Children, atLeast(Node{Rule: Total, Unit: Hundredths, Counted: root.Counted}, int(useful), int(total)))
	root.Children = append(root.Children, a.whole()...)
	for _, o := range c.Sequence {
		root.Children = append(root.Children, a.order(o))
	}
	root.sum()
	return Report{Complete: complete, Counted: useful, Exact: exact, Explain: root}
}

func atLeast(n Node, have, need int) Node {
	n.Have, n.Need, n.Satisfied = have, need, have >= need
	return n
}

func atMost(n Node, have, need int) Node {
	n.Have, n.Need, n.Satisfied = have, need, have <= need
	return n
}

// sum makes a node the conjunction of its children.
func (n *Node) sum() {
	n.Need, n.Have = len(n.Children), 0
	for _, c := range n.Children {
		if c.Satisfied {
			n.Have++
		}
	}
	n.Satisfied = n.Have == n.Need
}

// useful is what helps towards the total: in each group at most what it asks
// for, and of the rest at most what the total asks for beyond all groups.
func (a *account) useful(total vocab.ECTS) vocab.ECTS {
	spare := total
	var inGroups, beyond vocab.ECTS
	for g, group := range a.rules.Groups {
		have, need := credits(a.in(g)), max(0, group.MinECTS)
		spare -= need
		inGroups += min(have, need)
		beyond += max(0, have-need)
	}
	return min(total, inGroups+min(max(0, spare), beyond))
}

func (a *account) in(g int) []counted {
	return slices.DeleteFunc(slices.Clone(a.counted), func(c counted) bool { return c.group != g })
}

func credits(all []counted) (sum vocab.ECTS) {
	for _, c := range all {
		sum += c.ECTS
	}
	return sum
}

func shared(all []counted) (sum vocab.ECTS) {
	for _, c := range all {
		sum += max(0, min(c.AlreadyCounted, c.ECTS))
	}
	return sum
}

func ids(all []counted) (courses []string) {
	for _, c := range all {
		courses = append(courses, c.CourseID)
	}
	return courses
}

// group explains one group. It always has a rule for its courses or for its
// credits, so that nothing is left without an explanation.
func (a *account) group(g int) Node {
	rules, here := a.rules.Groups[g], a.in(g)
	n := Node{Rule: AllOf, Subject: rules.Key, Unit: Rules, Counted: ids(here)}
	for _, c := range a.counted {
		if c.group != g && slices.Contains(rules.Courses, c.CourseID) {
			n.Uncounted = append(n.Uncounted, Uncounted{CourseID: c.CourseID, Reason: OtherGroup, Group: a.rules.Groups[c.group].Key})
		}
	}
	for _, u := range a.left {
		if slices.Contains(rules.Courses, u.CourseID) {
			n.Uncounted = append(n.Uncounted, u)
		}
	}
	if k := rules.MinCourses; k > 0 {
		kind := KOfN
		if k == len(rules.Courses) {
			kind = AllOf
		}
		n.Children = append(n.Children, atLeast(Node{Rule: kind, Subject: rules.Key, Unit: Courses, Counted: n.Counted}, len(here), k))
	}
	if rules.MinECTS > 0 || rules.MinCourses <= 0 {
		n.Children = append(n.Children, atLeast(Node{Rule: MinECTS, Subject: rules.Key, Unit: Hundredths, Counted: n.Counted}, int(credits(here)), int(max(0, rules.MinECTS))))
	}
	if rules.MaxECTS > 0 {
		n.Children = append(
			n.Children,
			atMost(Node{Rule: MaxECTS, Subject: rules.Key, Unit: Hundredths, Counted: n.Counted, Uncounted: a.because(GroupFull)}, int(credits(here)), int(rules.MaxECTS)),
		)
	}
	n.sum()
	return n
}

// whole explains the rules over all groups.
func (a *account) whole() (nodes []Node) {
	all := ids(a.counted)
	if need := a.rules.MinInstitutions; need > 0 {
		partners := map[ident.ID]bool{}
		for _, c := range a.counted {
			partners[c.InstitutionID] = true
		}
		nodes = append(nodes, atLeast(Node{Rule: MinInstitutions, Unit: Institutions, Counted: all}, len(partners), need))
	}
	if l := a.rules.Level; l != nil && l.MinECTS > 0 {
		n := Node{Rule: Level, Unit: Hundredths}
		var have vocab.ECTS
		for _, c := range a.counted {
			if c.EQF < l.EQF {
				n.Uncounted = append(n.Uncounted, Uncounted{CourseID: c.CourseID, Reason: NotAtLevel})
				continue
			}
			n.Counted = append(n.Counted, c.CourseID)
			have += c.ECTS
		}
		nodes = append(nodes, atLeast(n, int(have), int(l.MinECTS)))
	}
	if l := a.rules.Level; l != nil && l.Lowest > 0 {
		n := Node{Rule: LowestLevel, Unit: Levels, Counted: all, Uncounted: a.because(BelowLevel), Need: l.Lowest, Satisfied: true}
		for i, c := range a.counted {
			if i == 0 || c.EQF < n.Have {
				n.Have = c.EQF
			}
		}
		nodes = append(nodes, n)
	}
	if most := a.rules.MaxAgeMonths; most > 0 {
		age := 0
		for _, c := range a.counted {
			age = max(age, months(c.CompletedAt, a.at))
		}
		nodes = append(nodes, atMost(Node{Rule: Recency, Unit: Months, Counted: all, Uncounted: a.because(TooOld)}, age, most))
	}
	if most := a.rules.MaxSharedECTS; most != nil {
		nodes = append(nodes, atMost(Node{Rule: SharedCap, Unit: Hundredths, Counted: all, Uncounted: a.because(Shared)}, int(shared(a.counted)), int(max(0, *most))))
	}
	return nodes
}

// order explains one order of two courses.
func (a *account) order(o vocab.Order) Node {
	n := Node{Rule: Sequence, Subject: o.After, Before: o.Before, Unit: Courses, Satisfied: true}
	for _, c := range a.counted {
		if c.CourseID == o.After {
			n.Counted, n.Have, n.Need = []string{o.After}, 1, 1
		}
	}
	for _, u := range a.because(OutOfOrder) {
		if u.CourseID == o.After {
			n.Uncounted = append(n.Uncounted, u)
		}
	}
	return n
}

func (a *account) because(r Reason) []Uncounted {
	return slices.DeleteFunc(slices.Clone(a.left), func(u Uncounted) bool { return u.Reason != r })
}

// uncounted lists every completion that does not count, by course.
func (a *account) uncounted(picks []pick) (left []Uncounted) {
	counts := map[int]bool{}
	for _, p := range picks {
		counts[p.option.fact] = true
	}
	for i, d := range a.done {
		if !counts[i] {
			left = append(left, Uncounted{CourseID: d.CourseID, Reason: a.why(d, a.reasons[i])})
		}
	}
	slices.SortStableFunc(left, func(x, y Uncounted) int { return cmp.Compare(x.CourseID, y.CourseID) })
	return left
}

// why tells which limit kept out a completion that may count by itself.
func (a *account) why(d Completed, reason Reason) Reason {
	if slices.ContainsFunc(a.counted, func(c counted) bool { return c.CourseID == d.CourseID }) {
		return Repeated
	}
	if reason != "" {
		return reason
	}
	already := max(0, min(d.AlreadyCounted, d.ECTS))
	if most := a.rules.MaxSharedECTS; most != nil && already > 0 && shared(a.counted)+already > *most {
		return Shared
	}
	for g, group := range a.rules.Groups {
		if slices.Contains(group.Courses, d.CourseID) && (group.MaxECTS <= 0 || credits(a.in(g))+d.ECTS <= group.MaxECTS) {
			return Surplus
		}
	}
	return GroupFull
}

// months counts the whole months from one day to another.
func months(from, to time.Time) int {
	from, to = dayOf(from), dayOf(to)
	n := (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())
	if vocab.AddMonths(from, n).After(to) {
		n--
	}
	return max(0, n)
}
