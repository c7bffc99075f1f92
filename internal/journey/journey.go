// Package journey leads a learner from an application to a result: the learner
// applies, the home institution nominates, the host admits within its seats and
// enrols, teaches and records what was achieved. Home and host act on one
// record.
//
// An application:
//
//	SUBMITTED → NOMINATED, REFUSED_BY_HOME, WITHDRAWN
//	NOMINATED → ADMITTED, REFUSED_BY_HOST, WITHDRAWN
//	ADMITTED → WITHDRAWN
//	REFUSED_BY_HOME (final)
//	REFUSED_BY_HOST (final)
//	WITHDRAWN (final)
//
// Home's mobility office nominates or refuses, the host's admits, while seats
// are free, also in the home's quota, or refuses; the learner withdraws. Who
// refuses gives a reason. A refused or withdrawn application is final; the
// learner may apply anew. An institution that is no active member neither
// nominates nor admits (package institution); it may still refuse, and learners
// may withdraw.
//
// An enrolment, from admission to its end:
//
//	ENROLLED → COMPLETED, WITHDRAWN
//	COMPLETED (final)
//	WITHDRAWN (final)
//
// It is completed when a result is confirmed as passed. A result:
//
//	RECORDED → CONFIRMED
//	CONFIRMED (final)
package journey

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service moves applications, enrolments and results.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
}

var applicationStates = lifecycle.New("application", lifecycle.Next[application.State]{
	application.StateSUBMITTED:       {application.StateNOMINATED, application.StateREFUSED_BY_HOME, application.StateWITHDRAWN},
	application.StateNOMINATED:       {application.StateADMITTED, application.StateREFUSED_BY_HOST, application.StateWITHDRAWN},
	application.StateADMITTED:        {application.StateWITHDRAWN},
	application.StateREFUSED_BY_HOME: {},
	application.StateREFUSED_BY_HOST: {},
	application.StateWITHDRAWN:       {},
})

// ApplicationActions says what the viewer may do with an application now. seat says why its
// learner may not leave the seat that it led to, if they may not.
func ApplicationActions(ctx context.Context, a *ent.Application, seat error) []authz.Action {
	other := authz.RequireOther(ctx, a.LearnerID)
	may := func(to application.State) error { return applicationStates.Check(a.State, to) }
	return append(consentActions(ctx, a),
		toNominate.Act(toNominate.Require(ctx, a.HomeID), other, may(application.StateNOMINATED)),
		toRefuseAtHome.Act(toRefuseAtHome.Require(ctx, a.HomeID), other, may(application.StateREFUSED_BY_HOME)),
		toAdmit.Act(toAdmit.Require(ctx, a.HostID), other, may(application.StateADMITTED)),
		toRefuseAtHost.Act(toRefuseAtHost.Require(ctx, a.HostID), other, may(application.StateREFUSED_BY_HOST)),
		toWithdraw.Act(authz.RequireSelf(ctx, a.LearnerID), may(application.StateWITHDRAWN), seat),
	)
}

// origin is from where a learner applies.
type origin struct {
	home      ident.ID
	programme *ident.ID
	audiences []vocab.TargetGroup // those of this home: an alumna of one is no alumna of another
}

// origin returns the home institution and programme from which the learner applies.
func (s *Service) origin(ctx context.Context, db *ent.Client, learnerID ident.ID, in Submission) (from origin, err error) {
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

// holdFor holds an application and requires the right to the verb at one side of
// it. Nobody decides about themselves.
func holdFor(ctx context.Context, tx *ent.Tx, id ident.ID, verb *ledger.Verb, side func(*ent.Application) ident.ID) (*ent.Application, error) {
	app, err := storage.Held(ctx, tx.Application, id)
	if err != nil {
		return nil, err
	}
	return app, cmp.Or(verb.Require(ctx, side(app)), authz.RequireOther(ctx, app.LearnerID))
}

// move takes app, which its caller holds, to another state and notes it.
func move(ctx context.Context, tx *ent.Tx, app *ent.Application, to application.State, verb *ledger.Verb, set func(*ent.ApplicationUpdate)) (*ent.Application, error) {
	update := tx.Application.Update()
	set(update)
	done := storage.Move(ctx, applicationStates, app.ID, app.State, to, update)
	return ledger.NotedAs(ctx, tx, done, verb, ofApplication(app.State), tx.Application.Get, app.ID)
}

// ofApplication is an application for the record, which was in a state before.
func ofApplication(from application.State) func(*ent.Application) ledger.Thing {
	return func(a *ent.Application) ledger.Thing {
		return ledger.Thing{ID: a.ID, Home: a.HomeID, Host: a.HostID, Person: a.LearnerID,
			Payload: vocab.Payload{From: string(from), To: string(a.State)}}
	}
}
