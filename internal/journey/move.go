package journey

import (
	"cmp"
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/applicationstep"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// step is a move of an application.
type step struct {
	verb *ledger.Verb
	to   application.State
	why  why
	due  deadline // of who is waited for afterwards
	set  func(*ent.ApplicationUpdate)
}

// why is what a decision rests on: a word for programs, and a text for people.
type why struct {
	code vocab.DecisionReason
	text string
}

// deadline is until when somebody is waited for, and when the server looks next.
type deadline struct{ due, wakes *time.Time }

// sides says for which side of an application its verbs are done, whoever does
// them. Verbs that stand nowhere here are the server's.
var sides = map[*ledger.Verb]applicationstep.Side{
	toSubmit: applicationstep.SideLEARNER, toWithdraw: applicationstep.SideLEARNER, toAccept: applicationstep.SideLEARNER, toDecline: applicationstep.SideLEARNER,
	toNominate: applicationstep.SideHOME, toRefuseAtHome: applicationstep.SideHOME,
	toAdmit: applicationstep.SideHOST, toWaitlist: applicationstep.SideHOST, toAdmitConditionally: applicationstep.SideHOST, toFulfil: applicationstep.SideHOST,
	toRefuseAtHost: applicationstep.SideHOST,
}

// hold holds an application, and before it its offering where moves of the
// application may touch seats: whoever touches several applications of an
// offering holds the offering first, so that all wait there, in one order.
func hold(ctx context.Context, tx *ent.Tx, id ident.ID) (*ent.Application, error) {
	seen, err := tx.Application.Get(ctx, id)
	if err != nil {
		return nil, storage.Found(err, "application", "input", "applicationId")
	}
	if err := storage.Hold(viewer.AsSystem(ctx), tx.Offering.Update().Where(offering.ID(seen.OfferingID))); err != nil {
		return nil, err
	}
	return storage.Held(ctx, tx.Application, id)
}

// holdFor holds an application and requires the right to the verb at one side of
// it. Nobody decides about themselves, nor about what they have not seen.
func holdFor(ctx context.Context, tx *ent.Tx, id ident.ID, expected *int, verb *ledger.Verb, side func(*ent.Application) ident.ID) (*ent.Application, error) {
	app, err := hold(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return app, cmp.Or(verb.Require(ctx, side(app)), authz.RequireOther(ctx, app.LearnerID), fresh(app, expected))
}

// fresh returns nil unless the caller has decided about an older version.
func fresh(app *ent.Application, expected *int) error {
	return problem.If(expected != nil && *expected != app.Version,
		problem.New(problem.Conflict, "the application has changed meanwhile; look at it again").At("input", "expectedVersion").With(problem.Version(app.Version)))
}

// move takes app, which its caller holds, a step on: with the seat that it takes
// or gives back, the place on the waitlist and the enrolment that go with it. Who
// waits for a seat that becomes free is offered it in the same transaction.
func (s *Service) move(ctx context.Context, tx *ent.Tx, app *ent.Application, st step) (*ent.Application, error) {
	if err := applicationStates.Check(app.State, st.to); err != nil {
		return nil, err
	}
	update := tx.Application.Update()
	if err := s.seat(ctx, tx, app, st.to, update); err != nil {
		return nil, err
	}
	st.fill(update, vocab.Now(s.Now))
	done := storage.Move(ctx, applicationStates, app.ID, app.State, st.to, update)
	moved, err := ledger.NotedAs(ctx, tx, done, st.verb, ofApplication(app.State), tx.Application.Get, app.ID)
	if err != nil {
		return nil, err
	}
	if err := s.remember(ctx, tx, moved, app.State, st); err != nil {
		return nil, err
	}
	switch {
	case st.to == application.StateADMITTED:
		if err = s.enrol(ctx, tx, moved); err == nil && moved.CallID != nil {
			err = choosing.Enqueue(ctx, tx, string(moved.ID), chosen{moved.ID}, vocab.Now(s.Now))
		}
	case app.State == application.StateADMITTED:
		err = s.leave(ctx, tx, app.ID, st)
	}
	if err != nil || !holdsSeat(app.State) || holdsSeat(st.to) {
		return moved, err
	}
	return moved, s.promote(ctx, tx, app.OfferingID)
}

// fill puts a step into the row of its application.
func (st step) fill(u *ent.ApplicationUpdate, now time.Time) {
	u.AddVersion(1)
	m := u.Mutation()
	storage.Set(st.due.due, m.SetDueAt, m.ClearDueAt)
	storage.Set(st.due.wakes, m.SetWakesAt, m.ClearWakesAt)
	storage.Set(vocab.Given(st.why.text), m.SetReason, m.ClearReason)
	storage.Set(vocab.Given(st.why.code), m.SetReasonCode, m.ClearReasonCode)
	switch {
	case st.to == application.StateNOMINATED:
		u.SetNominatedAt(now)
	case applicationStates.Final(st.to):
		u.ClearLiveKey().ClearChoiceKey()
		fallthrough
	default:
		u.SetDecidedAt(now)
	}
	if st.set != nil {
		st.set(u)
	}
}

// remember writes a step into the history of its application.
func (s *Service) remember(ctx context.Context, tx *ent.Tx, app *ent.Application, from application.State, st step) error {
	v, side := viewer.From(ctx), sides[st.verb]
	if side == "" || v.Kind == viewer.System {
		side = applicationstep.SideSYSTEM
	}
	create := tx.ApplicationStep.Create().SetApplicationID(app.ID).SetLearnerID(app.LearnerID).SetNumber(app.Version).SetVerb(st.verb.Name()).
		SetFrom(string(from)).SetTo(string(app.State)).SetSide(side).SetNillableDueAt(st.due.due).SetAt(vocab.Now(s.Now)).
		SetNillableReason(vocab.Given(st.why.text)).SetNillableReasonCode(vocab.Given(st.why.code))
	switch v.Kind {
	case viewer.Person:
		create.SetPersonID(v.PersonID)
	case viewer.Program:
		create.SetClientID(v.Actor())
	}
	if steps, ok := ctx.Value(stepsKey{}).(*[]*ent.ApplicationStepCreate); ok {
		*steps = append(*steps, create)
		return nil
	}
	return create.Exec(ctx)
}

// ofApplication is an application for the record, which was in a state before. It
// names the offering when its seats or its waitlist have moved.
func ofApplication(from application.State) func(*ent.Application) ledger.Thing {
	return func(a *ent.Application) ledger.Thing {
		t := ledger.Thing{ID: a.ID, Home: a.HomeID, Host: a.HostID, Person: a.LearnerID,
			Payload: vocab.Payload{From: string(from), To: string(a.State)}}
		waits := application.StateWAITLISTED
		if holdsSeat(from) != holdsSeat(a.State) || (from == waits) != (a.State == waits) {
			t.Payload.Offering = a.OfferingID
		}
		return t
	}
}
