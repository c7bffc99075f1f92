// Package journey leads a learner from an application to a result: the learner
// applies, the home institution nominates, the host admits within its seats and
// enrols, teaches and records what was achieved. Home and host act on one
// record.
//
// An application:
//
//	SUBMITTED → NOMINATED, REFUSED_BY_HOME, WITHDRAWN, CANCELLED
//	NOMINATED → ADMITTED, OFFERED, WAITLISTED, CONDITIONAL, REFUSED_BY_HOST, WITHDRAWN, CANCELLED
//	WAITLISTED → OFFERED, ADMITTED, CONDITIONAL, REFUSED_BY_HOST, LAPSED, WITHDRAWN, CANCELLED
//	OFFERED → ADMITTED, DECLINED, LAPSED, WITHDRAWN, CANCELLED
//	CONDITIONAL → ADMITTED, REFUSED_BY_HOST, LAPSED, WITHDRAWN, CANCELLED
//	ADMITTED → WITHDRAWN, CANCELLED
//	REFUSED_BY_HOME (final)
//	REFUSED_BY_HOST (final)
//	DECLINED (final)
//	LAPSED (final)
//	WITHDRAWN (final)
//	CANCELLED (final)
//
// Home's mobility office nominates or refuses. The host's admits, while seats are
// free, also in the home's quota; or admits on a condition, has the learner wait,
// or refuses; or it leaves it to the order, which gives seats and places by
// itself: first come, first served, or by lot (draw.go). Who waits is offered a
// seat that becomes free, and accepts or declines it, or the offer lapses; so does
// a condition that was not met. The learner withdraws at any time; an offering that
// is called off cancels what is left. Who refuses gives a reason. The ends are
// final; the learner may apply anew. An institution that is no active member
// neither nominates nor admits (package institution); it may still refuse, and
// learners may withdraw.
//
// OFFERED, CONDITIONAL and ADMITTED hold a seat. Seats, places and enrolments move
// with the state and nowhere else (move.go, seat.go), and every move is a step of
// the application's history, counted by its version.
//
// An enrolment, from admission to its end:
//
//	ENROLLED → STARTED, COMPLETED, WITHDRAWN, DROPPED_OUT, CANCELLED
//	STARTED → COMPLETED, WITHDRAWN, DROPPED_OUT, CANCELLED
//	COMPLETED → STARTED
//	WITHDRAWN → STARTED
//	DROPPED_OUT → STARTED
//	CANCELLED (final)
//
// It is completed when a result is confirmed as passed, and starts again when that
// is annulled or corrected to a failure, or when the host reopens what the learner
// has left (participation.go). A draw of seats:
//
//	COMMITTED → DRAWN
//	DRAWN (final)
//
// It is made when its offering is published (package catalogue). A result:
//
//	RECORDED → CONFIRMED, DISCARDED
//	DISCARDED (final)
//	CONFIRMED → ANNULLED
//	ANNULLED (final)
//
// A provisional result is revised; a confirmed one is corrected, and stays
// confirmed. What rests on it follows in the same transaction: each area says what
// it does (amend.go). Where the host asks for a second person, an amendment waits:
//
//	PROPOSED → MADE, DISMISSED
//	MADE (final)
//	DISMISSED (final)
package journey

import (
	"context"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service moves applications, enrolments and results.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
	KEK keyring.KEK // under which seeds of draws are sealed

	// Followers are the areas in which things rest on results, in the order in which
	// they follow a correction: what rests on a credential comes behind credentials.
	Followers []Follower
}

var applicationStates = lifecycle.New("application", lifecycle.Next[application.State]{
	application.StateSUBMITTED: {application.StateNOMINATED, application.StateREFUSED_BY_HOME, application.StateWITHDRAWN, application.StateCANCELLED},
	application.StateNOMINATED: {application.StateADMITTED, application.StateOFFERED, application.StateWAITLISTED, application.StateCONDITIONAL,
		application.StateREFUSED_BY_HOST, application.StateWITHDRAWN, application.StateCANCELLED},
	application.StateWAITLISTED: {application.StateOFFERED, application.StateADMITTED, application.StateCONDITIONAL,
		application.StateREFUSED_BY_HOST, application.StateLAPSED, application.StateWITHDRAWN, application.StateCANCELLED},
	application.StateOFFERED:         {application.StateADMITTED, application.StateDECLINED, application.StateLAPSED, application.StateWITHDRAWN, application.StateCANCELLED},
	application.StateCONDITIONAL:     {application.StateADMITTED, application.StateREFUSED_BY_HOST, application.StateLAPSED, application.StateWITHDRAWN, application.StateCANCELLED},
	application.StateADMITTED:        {application.StateWITHDRAWN, application.StateCANCELLED},
	application.StateREFUSED_BY_HOME: {},
	application.StateREFUSED_BY_HOST: {},
	application.StateDECLINED:        {},
	application.StateLAPSED:          {},
	application.StateWITHDRAWN:       {},
	application.StateCANCELLED:       {},
})

// Alive lists the states of an application that is not over.
var Alive = []application.State{
	application.StateSUBMITTED, application.StateNOMINATED, application.StateWAITLISTED, application.StateOFFERED, application.StateCONDITIONAL, application.StateADMITTED,
}

// ApplicationActions says what the viewer may do with an application now. seat says why its
// learner may not leave the seat that it led to, if they may not, and lot why the host may not
// give one.
func (s *Service) ApplicationActions(ctx context.Context, a *ent.Application, seat, lot error) []authz.Action {
	other := authz.RequireOther(ctx, a.LearnerID)
	own := authz.RequireSelf(ctx, a.LearnerID)
	may := func(to application.State) error { return applicationStates.Check(a.State, to) }
	return append(consentActions(ctx, a),
		toNominate.Act(toNominate.Require(ctx, a.HomeID), other, may(application.StateNOMINATED)),
		toRefuseAtHome.Act(toRefuseAtHome.Require(ctx, a.HomeID), other, may(application.StateREFUSED_BY_HOME)),
		toAdmit.Act(toAdmit.Require(ctx, a.HostID), other, mayAdmit(a, application.StateADMITTED), lot),
		toWaitlist.Act(toWaitlist.Require(ctx, a.HostID), other, mayAdmit(a, application.StateWAITLISTED), lot),
		toAdmitConditionally.Act(toAdmitConditionally.Require(ctx, a.HostID), other, mayAdmit(a, application.StateCONDITIONAL), lot),
		toFulfil.Act(toFulfil.Require(ctx, a.HostID), other, conditional(a)),
		toRefuseAtHost.Act(toRefuseAtHost.Require(ctx, a.HostID), other, may(application.StateREFUSED_BY_HOST)),
		toAccept.Act(own, offered(a, application.StateADMITTED), s.inTime(a)),
		toDecline.Act(own, offered(a, application.StateDECLINED)),
		toWithdraw.Act(own, may(application.StateWITHDRAWN), seat),
	)
}

// origin is from where a learner applies.
type origin struct {
	home      ident.ID
	programme *ident.ID
	audiences []vocab.TargetGroup // those of this home: an alumna of one is no alumna of another
}

// origin returns the home institution and programme from which the learner applies.
func (s *Service) origin(ctx context.Context, db *ent.Client, learnerID ident.ID, in Wish) (from origin, err error) {
	current, err := db.Affiliation.Query().
		Where(affiliation.PersonID(learnerID), affiliation.ExpiresAtGT(s.Now())).Order(affiliation.ByID()).All(ctx)
	if err != nil {
		return from, err
	}
	if in.HomeID != nil {
		current = slices.DeleteFunc(current, func(a *ent.Affiliation) bool { return a.InstitutionID != *in.HomeID })
	}
	if len(current) == 0 {
		return from, problem.New(problem.Forbidden, "your account has no current affiliation with such a home institution; sign in there again").At("input", "homeId")
	}
	from = origin{home: current[0].InstitutionID, audiences: learner.Audiences(current)}
	for _, a := range current {
		if a.InstitutionID != from.home {
			return from, problem.New(problem.Invalid, "you belong to several institutions; say from which one you apply").At("input", "homeId")
		}
		if from.programme == nil {
			from.programme = a.ProgrammeID
		}
	}
	if in.ProgrammeID != nil {
		p, err := db.Programme.Get(ctx, *in.ProgrammeID)
		if err != nil {
			return from, storage.Found(err, "programme", "input", "programmeId")
		}
		if p.InstitutionID != from.home {
			return from, problem.New(problem.Invalid, "the programme belongs to another institution").At("input", "programmeId")
		}
		from.programme = &p.ID
	}
	return from, nil
}

func home(a *ent.Application) ident.ID { return a.HomeID }
func host(a *ent.Application) ident.ID { return a.HostID }
