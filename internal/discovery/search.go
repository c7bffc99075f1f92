package discovery

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/readmodel"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Filter narrows the catalogue: values of one list are alternatives, lists
// narrow each other.
type Filter struct {
	Alliances      []string
	InstitutionIDs []ident.ID
	UnitIDs        []ident.ID
	Countries      []string
	Kinds          []course.Kind
	Languages      []string
	EQFLevels      []int
	Fields         []string // codes of ISCED-F, of any length
	Modes          []vocab.DeliveryMode
	TargetGroups   []vocab.TargetGroup
	Topics         []string
	Schedules      []offering.Schedule
	Stackability   []vocab.Stackability
	Availability   []catalogue.Availability
	ECTS           *ECTSRange
	StartsOn       *DayRange
	CourseIDs      []ident.ID // only these, such as those that count towards a programme
}

// ECTSRange is a range of credits, both ends included.
type ECTSRange struct{ Min, Max *vocab.ECTS }

// DayRange is a range of days such as "2027-03-01", both ends included.
type DayRange struct{ From, To *string }

// Order is how results are sorted. Ties go by age, the newest first.
type Order string

// The orders.
const (
	Relevance     Order = "RELEVANCE" // best match first; without a text, newest first
	Newest        Order = "NEWEST"
	Title         Order = "TITLE"
	FewestECTS    Order = "FEWEST_ECTS"
	MostECTS      Order = "MOST_ECTS"
	EarliestStart Order = "EARLIEST_START"
	NextDeadline  Order = "NEXT_DEADLINE"
)

// orders are the orders in terms of the read model.
var orders = map[Order]int{
	Relevance: readmodel.Relevance, "": readmodel.Relevance, Newest: readmodel.Newest, Title: keyTitle,
	FewestECTS: keyLittleECTS, MostECTS: keyECTS, EarliestStart: keyStart, NextDeadline: keyDeadline,
}

// Query asks for a page of the catalogue.
type Query struct {
	Text   string
	Filter Filter
	Order  Order
	Page   relay.Page
	Groups []vocab.TargetGroup // to which the viewer belongs: their windows decide what is open
}

// Longest search text in characters, and the most values of one list.
const (
	maxText   = 200
	maxValues = 100
)

// Result is a page of the catalogue.
type Result struct {
	Entries  []*Entry
	Cursors  []string
	PageInfo relay.PageInfo
	Sequence int64     // number of the last event that the answer has seen
	AsOf     time.Time // when it was last known to be up to date

	counting sync.Mutex // fields of one answer are resolved at once, and the read model remembers what it has counted
	query    readmodel.Query
	answer   *readmodel.Result
	members  *members
}

// Search answers a query. It returns an INVALID problem for a bad page, filter
// or cursor.
func (s *Service) Search(ctx context.Context, q Query) (*Result, error) {
	now := vocab.Now(s.Now)
	rq, err := q.compile(now)
	if err != nil {
		return nil, err
	}
	sh := s.shelf.Load()
	if sh == nil {
		return s.searchDatabase(ctx, q, rq)
	}
	answer, err := sh.Search(rq)
	if err != nil {
		return nil, err
	}
	return s.result(answer, rq, sh, q.Page), nil
}

func (s *Service) result(answer *readmodel.Result, rq readmodel.Query, sh *shelf, page relay.Page) *Result {
	r := &Result{query: rq, answer: answer, members: sh.members, Sequence: sh.sequence, AsOf: sh.asOf}
	for _, hit := range answer.Hits {
		if e := s.decoded(ident.ID(hit.ID), hit.Payload); e != nil {
			r.Entries = append(r.Entries, e)
			r.Cursors = append(r.Cursors, hit.Cursor())
		}
	}
	r.PageInfo.HasNextPage, r.PageInfo.HasPreviousPage = answer.HasNext, answer.HasPrevious
	if n := len(r.Cursors); n > 0 {
		r.PageInfo.StartCursor, r.PageInfo.EndCursor = &r.Cursors[0], &r.Cursors[n-1]
	}
	return r
}

// compile returns the query in terms of the read model.
func (q Query) compile(now time.Time) (rq readmodel.Query, err error) {
	var found []error
	invalid := func(field, format string, args ...any) {
		found = append(found, problem.New(problem.Invalid, format, args...).At(field))
	}
	size, err := q.Page.Size()
	found = append(found, err)
	rq = readmodel.Query{
		Text: q.Text, Any: map[int][]string{}, Ranges: map[int]readmodel.Range{}, At: now.UnixMicro(), Audience: audiences(q.Groups),
		First: size, After: vocab.OrZero(q.Page.After), Before: vocab.OrZero(q.Page.Before),
	}
	if q.Page.Backwards() {
		rq.First, rq.Last = 0, size
	}
	if len([]rune(q.Text)) > maxText {
		invalid("text", "a search has at most %d characters", maxText)
	}
	f := q.Filter
	for facet, values := range map[Facet][]string{
		ByAlliance: f.Alliances, ByProvider: texts(f.InstitutionIDs), ByUnit: texts(f.UnitIDs), ByCountry: f.Countries, ByKind: texts(f.Kinds),
		ByLanguage: f.Languages, ByField: f.Fields, ByMode: texts(f.Modes), ByTargetGroup: texts(f.TargetGroups), ByTopic: f.Topics,
		BySchedule: texts(f.Schedules), ByStackability: texts(f.Stackability), ByLevel: numbers(f.EQFLevels),
	} {
		if len(values) > maxValues {
			invalid("filter", "a list of the filter has at most %d values", maxValues)
		}
		if len(values) > 0 {
			rq.Any[slices.Index(facets, facet)] = values
		}
	}
	for _, code := range f.Fields {
		_, err := vocab.ParseISCEDF(code, "filter", "fields")
		found = append(found, err)
	}
	for _, level := range f.EQFLevels {
		found = append(found, vocab.CheckEQF(level, "filter", "eqfLevels"))
	}
	for _, country := range f.Countries {
		found = append(found, vocab.CheckCountry(country, "filter", "countries"))
	}
	for _, tag := range f.Languages {
		found = append(found, vocab.CheckLanguage(tag, "filter", "languages"))
	}
	for _, a := range f.Availability {
		state, ok := states[a]
		if !ok {
			invalid("filter", "courses that are not on offer are not in the catalogue")
		}
		rq.States = append(rq.States, state)
	}
	if r := f.ECTS; r != nil {
		rq.Ranges[keyECTS] = between(int64(orElse(r.Min, 0)), int64(orElse(r.Max, vocab.MaxECTS)))
	}
	if r := f.StartsOn; r != nil {
		from, err := day(r.From, 0, "from")
		found = append(found, err)
		to, err := day(r.To, never-1, "to")
		found = append(found, err)
		rq.Ranges[keyStart] = readmodel.Range{Min: falling(to), Max: falling(from)}
	}
	if f.CourseIDs != nil {
		rq.Only = texts(f.CourseIDs)
	}
	rq.Order, rq.Descending = orders[q.Order], true
	return rq, problem.Join(found...)
}

// states are the availabilities of the catalogue in terms of the read model.
var states = map[catalogue.Availability]readmodel.State{
	catalogue.Open: readmodel.Open, catalogue.OpensLater: readmodel.OpensLater, catalogue.Closed: readmodel.Closed, catalogue.Full: readmodel.Full,
}

// audiences are the bits of the target groups, or the bit of those in none.
func audiences(groups []vocab.TargetGroup) uint32 {
	var bits uint32
	for _, g := range groups {
		bits |= audience(g)
	}
	if bits == 0 {
		return 1
	}
	return bits
}

func between(min, max int64) readmodel.Range {
	return readmodel.Range{Min: readmodel.Number(min), Max: readmodel.Number(max)}
}

func texts[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}

func numbers(values []int) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = strconv.Itoa(v)
	}
	return all
}

func orElse[T any](v *T, otherwise T) T {
	if v == nil {
		return otherwise
	}
	return *v
}

func day(s *string, otherwise int64, end string) (int64, error) {
	if s == nil {
		return otherwise, nil
	}
	if err := vocab.CheckDay(*s, "filter", "startsOn", end); err != nil {
		return 0, err
	}
	t, err := time.Parse(time.DateOnly, *s)
	return t.Unix() / 86400, err
}
