package journey

import (
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/journey/eligible"
	"github.com/peregrine-exchange/peregrine/internal/policy"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// own is what a learner has applied for, takes and has passed: what an application
// more is weighed against.
type own struct {
	alive  map[ident.ID]*ent.Application // live applications by their offering
	runs   []*ent.Offering               // their offerings
	seats  map[ident.ID]bool             // those in which the learner has a seat
	passed map[ident.ID]bool             // courses
	ects   map[ident.ID]vocab.ECTS       // of versions
}

// matters says whether it counts for an offering what a learner has.
func matters(o *ent.Offering) bool {
	return len(o.Sessions) > 0 || slices.ContainsFunc(o.Requirements, func(r vocab.Requirement) bool { return r.Kind == vocab.NeedsCourse })
}

// ownOf loads what a learner has, with the credits of further versions, in four
// statements at most, on behalf of the system: it is the learner's own.
func ownOf(ctx context.Context, db *ent.Client, learner ident.ID, versions ...ident.ID) (*own, error) {
	ctx = viewer.AsSystem(ctx)
	o := &own{alive: map[ident.ID]*ent.Application{}, seats: map[ident.ID]bool{}, passed: map[ident.ID]bool{}, ects: map[ident.ID]vocab.ECTS{}}
	apps, err := db.Application.Query().Where(application.LearnerID(learner), application.StateIn(Alive...)).All(ctx)
	if err != nil {
		return nil, err
	}
	var ids []ident.ID
	for _, a := range apps {
		o.alive[a.OfferingID], ids = a, append(ids, a.OfferingID)
	}
	if len(ids) > 0 {
		if o.runs, err = db.Offering.Query().Where(offering.IDIn(ids...)).All(ctx); err != nil {
			return nil, err
		}
	}
	seats, err := db.Enrolment.Query().Where(enrolment.LearnerID(learner), enrolment.StateIn(enrolment.StateENROLLED, enrolment.StateSTARTED, enrolment.StateCOMPLETED)).All(ctx)
	if err != nil {
		return nil, err
	}
	done := map[ident.ID]bool{}
	for _, e := range seats {
		if e.State == enrolment.StateCOMPLETED {
			done[e.VersionID] = true
		} else {
			o.seats[e.OfferingID] = true
		}
		versions = append(versions, e.VersionID)
	}
	for _, r := range o.runs {
		versions = append(versions, r.VersionID)
	}
	contents, err := db.CourseVersion.Query().Where(courseversion.IDIn(versions...)).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range contents {
		o.ects[v.ID] = v.Ects
		if done[v.ID] {
			o.passed[v.CourseID] = true
		}
	}
	return o, nil
}

// credits are those that the learner takes, or has applied for from a home, in the
// term of an offering, this one counted; nil when home sets no limit.
func (s *Service) credits(mine *own, home ident.ID, o *ent.Offering, rules policy.Rules) *eligible.Credits {
	if rules.ECTSPerTerm == nil {
		return nil
	}
	term, now := s.term(o, rules), vocab.Now(s.Now)
	sum := &eligible.Credits{Sum: mine.ects[o.VersionID], Limit: *rules.ECTSPerTerm, Term: term}
	for _, r := range mine.runs {
		over := r.EndsOn != nil && *r.EndsOn < vocab.Day(now, r.Zone)
		if r.ID != o.ID && !over && mine.alive[r.ID].HomeID == home && s.term(r, rules) == term {
			sum.Sum += mine.ects[r.VersionID]
		}
	}
	return sum
}

// brings is what the learner brings to an application for an offering.
func (mine *own) brings(to ident.ID) *eligible.Mine {
	if mine == nil {
		return nil
	}
	m := &eligible.Mine{Passed: mine.passed}
	for _, r := range mine.runs {
		if mine.seats[r.ID] && r.ID != to {
			m.Busy = append(m.Busy, r.Sessions...)
		}
	}
	return m
}

// term is that of the first day of an offering, or of today for one on demand.
func (s *Service) term(o *ent.Offering, rules policy.Rules) string {
	day := vocab.Day(s.Now(), o.Zone)
	if o.StartsOn != nil {
		day = *o.StartsOn
	}
	return policy.Term(day, rules.Terms)
}
