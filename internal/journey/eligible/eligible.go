// Package eligible answers whether somebody may apply for an offering, and why
// not. It is the one room that does: the application asks it before it is stored,
// actions and availability before it is made, and the catalogue and the pages for
// whoever looks. It reads no database: what it goes by is handed to it, so that
// the facts of many offerings can be loaded at once.
package eligible

import (
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Facts are what an answer rests on.
type Facts struct {
	Offering  *ent.Offering
	Course    *ent.Course
	Active    bool                // whether the provider is an active member of an alliance
	Now       time.Time           // one clock for all
	Audiences []vocab.TargetGroup // to which who asks belongs; none: the general window
	Intended  []vocab.TargetGroup // for whom the course is meant; none: anybody
	Mine      *Mine               // what the applicant brings; nil: not known
	Stated    []string            // keys of requirements that they state to meet; nil: not asked yet
	Credits   *Credits            // of the applicant's term; nil: home sets no limit, or it is not known
	Quotas    []*ent.SeatQuota    // of the offering; they matter to an applicant with a home
	Applicant *Applicant          // nil: anybody
}

// Applicant is a person who would apply.
type Applicant struct {
	Home    ident.ID // "" while they have not said from where
	Active  bool     // whether the home is an active member of an alliance
	Applied bool     // whether an application of theirs for the offering is alive
}

// Mine is what an applicant brings.
type Mine struct {
	Passed map[ident.ID]bool // courses
	Busy   []vocab.Session   // meetings of what they take
}

// Credits are those of a learner's term, with the offering's, and the most that
// their home allows.
type Credits struct {
	Sum, Limit vocab.ECTS
	Term       string // its first day
}

// OverLimit returns a CONFLICT problem for more credits than home allows.
func OverLimit(c *Credits) error {
	if p := overLimit(c); p != nil {
		return p
	}
	return nil
}

func overLimit(c *Credits) *problem.Error {
	if c == nil || c.Sum <= c.Limit {
		return nil
	}
	return problem.New(problem.Conflict, "with this the learner would take %s ECTS in the term from %s, and home allows %s", c.Sum, c.Term, c.Limit)
}

// Code names a reason.
type Code string

// The reasons, in the order in which they count.
const (
	SignIn           Code = "SIGN_IN"
	NoHome           Code = "NO_HOME"
	OwnInstitution   Code = "OWN_INSTITUTION"
	ProviderInactive Code = "PROVIDER_INACTIVE"
	CourseWithdrawn  Code = "COURSE_WITHDRAWN"
	NotPublished     Code = "NOT_PUBLISHED"
	NotYetOpen       Code = "NOT_YET_OPEN"
	PastDeadline     Code = "PAST_DEADLINE"
	NoSeat           Code = "NO_SEAT"
	QuotaFull        Code = "QUOTA_FULL"
	Waits            Code = "WAITS"
	HomeInactive     Code = "HOME_INACTIVE"
	CreditLimit      Code = "CREDIT_LIMIT"
	AlreadyApplied   Code = "ALREADY_APPLIED"
	Prerequisite     Code = "PREREQUISITE"
	LanguageLevel    Code = "LANGUAGE_LEVEL"
	Statement        Code = "STATEMENT"
	TargetGroup      Code = "TARGET_GROUP"
	Clash            Code = "CLASH"
)

// Codes lists every reason.
var Codes = []Code{
	SignIn, NoHome, OwnInstitution, ProviderInactive, CourseWithdrawn, NotPublished, NotYetOpen, PastDeadline, NoSeat, QuotaFull, Waits,
	HomeInactive, CreditLimit, AlreadyApplied, Prerequisite, LanguageLevel, Statement, TargetGroup, Clash,
}

// Reason is why somebody may not apply, or what they should know before they do.
type Reason struct {
	Code     Code
	Problem  *problem.Error // as it is said to them
	Advisory bool           // they may apply all the same
}

// Standing returns every reason against an application, the first one first;
// none when it may be made and nothing is to be known.
func Standing(f Facts) []Reason {
	var all []Reason
	add := func(c Code, p *problem.Error) { all = append(all, Reason{Code: c, Problem: p}) }
	o, a := f.Offering, f.Applicant
	if a != nil && a.Home == o.InstitutionID {
		add(OwnInstitution, errOwn)
	}
	if !f.Active {
		add(ProviderInactive, errProviderInactive)
	}
	if f.Course.State != course.StatePUBLISHED {
		add(CourseWithdrawn, catalogue.ErrWithdrawn(f.Course))
	}
	if o.State != offering.StatePUBLISHED {
		add(NotPublished, catalogue.NoApplications(o))
	} else {
		all = append(all, timely(f)...)
	}
	if a != nil && a.Home != "" && !a.Active {
		add(HomeInactive, errHomeInactive)
	}
	if p := overLimit(f.Credits); p != nil {
		add(CreditLimit, p)
	}
	if a != nil && a.Applied {
		add(AlreadyApplied, ErrApplied)
	}
	if a != nil {
		all = append(append(all, required(f)...), fits(f)...)
	}
	return all
}

// required looks at what an applicant has to bring. What they state counts once
// they are asked; before, it is to be known.
func required(f Facts) (all []Reason) {
	for _, r := range f.Offering.Requirements {
		stated := slices.Contains(f.Stated, r.Key)
		switch r.Kind {
		case vocab.NeedsCourse:
			if f.Mine != nil && !f.Mine.Passed[ident.ID(r.CourseID)] {
				all = append(all, Reason{Code: Prerequisite, Problem: problem.New(problem.Conflict, "this offering requires a course that you have not passed (%s)", r.Key)})
			}
		case vocab.NeedsLanguage:
			if !stated {
				all = append(all, Reason{LanguageLevel, problem.New(problem.Invalid, "this offering requires the language %s at the level %s; state that you know it", r.Language, r.Level).
					At("input", "statements"), f.Stated == nil})
			}
		case vocab.NeedsStatement:
			if !stated {
				all = append(all, Reason{Statement, problem.New(problem.Invalid, "this offering requires a statement of yours (%s)", r.Key).At("input", "statements"), f.Stated == nil})
			}
		}
	}
	return all
}

// fits says what speaks against an offering for this applicant and forbids nothing:
// for whom a course is meant its provider judges, and a recording may be watched.
func fits(f Facts) (all []Reason) {
	meant := len(f.Intended) == 0 || len(f.Audiences) == 0 || slices.ContainsFunc(f.Audiences, func(g vocab.TargetGroup) bool { return slices.Contains(f.Intended, g) })
	if !meant {
		all = append(all, Reason{TargetGroup, problem.New(problem.Conflict, "this course is meant for others"), true})
	}
	if f.Mine == nil {
		return all
	}
	for _, s := range f.Offering.Sessions {
		for _, b := range f.Mine.Busy {
			if s.StartsAt.Before(b.EndsAt) && b.StartsAt.Before(s.EndsAt) {
				return append(all, Reason{Clash, problem.New(problem.Conflict, "this meets on %s, when something that you take meets too", vocab.Local(s.StartsAt, f.Offering.Zone)), true})
			}
		}
	}
	return all
}

// timely looks at the window and the seats of a published offering, which is open
// until the very instant of its deadline.
func timely(f Facts) (all []Reason) {
	o, w := f.Offering, catalogue.WindowAt(f.Offering, f.Now, f.Audiences...)
	bounds := func(p *problem.Error) *problem.Error {
		return p.With(problem.Window{OpensAt: w.OpensAt, ClosesAt: w.ClosesAt, Zone: o.Zone})
	}
	switch {
	case f.Now.Before(w.OpensAt):
		all = append(all, Reason{Code: NotYetOpen, Problem: bounds(problem.New(problem.Conflict, "applications open on %s (%s)", vocab.Local(w.OpensAt, o.Zone), o.Zone))})
	case w.ClosesAt != nil && !f.Now.Before(*w.ClosesAt):
		all = append(all, Reason{Code: PastDeadline, Problem: bounds(problem.New(problem.Conflict, "applications closed on %s (%s)", vocab.Local(*w.ClosesAt, o.Zone), o.Zone))})
	}
	return append(all, seats(f)...)
}

// seats says whether an applicant finds a seat, or a place to wait for one. A draw
// decides about seats once the window is closed.
func seats(f Facts) []Reason {
	o := f.Offering
	if o.WaitlistOrder == offering.WaitlistOrderDRAW {
		return nil
	}
	home := ident.ID("")
	if f.Applicant != nil {
		home = f.Applicant.Home
	}
	seat, quota := catalogue.Takes(o, f.Quotas, home)
	switch {
	case seat && quota:
		return nil
	case o.Waiting < o.WaitlistPlaces:
		return []Reason{{Waits, catalogue.NoSeat(o), true}}
	case !seat:
		return []Reason{{NoSeat, catalogue.NoSeat(o), false}}
	}
	i := slices.IndexFunc(f.Quotas, func(q *ent.SeatQuota) bool { return q.HomeID == home })
	return []Reason{{QuotaFull, catalogue.QuotaFull(f.Quotas[i]), false}}
}

// Check returns the problem of the first reason that forbids an application, or nil.
func Check(f Facts) error {
	for _, r := range Standing(f) {
		if !r.Advisory {
			return r.Problem
		}
	}
	return nil
}

// The problems that are said here only.
var (
	errOwn              = problem.New(problem.Invalid, "this is an offering of your own institution; enrol there").At("input", "offeringId")
	errProviderInactive = problem.New(problem.Conflict, "the institution that offers this is no active member of an alliance and takes nobody now")
	errHomeInactive     = problem.New(problem.Conflict, "your home institution is no active member of an alliance and sends no applications now")
	ErrApplied          = problem.New(problem.Conflict, "you have applied for this offering already")
)

// Begin returns nil while somebody may begin an application, whoever they are and
// from wherever: what is still to come, a window or a seat, forbids no draft.
func Begin(f Facts) error {
	f.Applicant, f.Credits = nil, nil
	for _, r := range Standing(f) {
		if !r.Advisory && !slices.Contains([]Code{NotYetOpen, NoSeat}, r.Code) {
			return r.Problem
		}
	}
	return nil
}

// Next picks the facts of the offering that learners can take next: an open one,
// else one that opens, else a full one, else a closed one; of several the first.
// It returns -1 and NOT_AVAILABLE when there is none.
func Next(all []Facts) (int, catalogue.Availability) {
	best, rank := -1, len(inTurn)
	for i, f := range all {
		if r := slices.Index(inTurn, Availability(f)); r >= 0 && r < rank {
			best, rank = i, r
		}
	}
	if best < 0 {
		return -1, catalogue.NotAvailable
	}
	return best, inTurn[rank]
}

var inTurn = []catalogue.Availability{catalogue.Open, catalogue.OpensLater, catalogue.Waitlisted, catalogue.Full, catalogue.Closed}

// Availability is the standing of an offering in a word, whoever applies.
func Availability(f Facts) catalogue.Availability {
	f.Applicant = nil
	all := Standing(f)
	if len(all) == 0 {
		return catalogue.Open
	}
	switch all[0].Code {
	case NotYetOpen:
		return catalogue.OpensLater
	case PastDeadline:
		return catalogue.Closed
	case NoSeat, QuotaFull:
		return catalogue.Full
	case Waits:
		return catalogue.Waitlisted
	}
	return catalogue.NotAvailable
}
