package journey

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/amendment"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

var enrolmentStates = lifecycle.New("enrolment", lifecycle.Next[enrolment.State]{
	enrolment.StateENROLLED:    {enrolment.StateSTARTED, enrolment.StateCOMPLETED, enrolment.StateWITHDRAWN, enrolment.StateDROPPED_OUT, enrolment.StateCANCELLED},
	enrolment.StateSTARTED:     {enrolment.StateCOMPLETED, enrolment.StateWITHDRAWN, enrolment.StateDROPPED_OUT, enrolment.StateCANCELLED},
	enrolment.StateCOMPLETED:   {enrolment.StateSTARTED},
	enrolment.StateWITHDRAWN:   {enrolment.StateSTARTED},
	enrolment.StateDROPPED_OUT: {enrolment.StateSTARTED},
	enrolment.StateCANCELLED:   {},
})

var resultStates = lifecycle.New("result", lifecycle.Next[result.State]{
	result.StateRECORDED:  {result.StateCONFIRMED, result.StateDISCARDED},
	result.StateDISCARDED: {},
	result.StateCONFIRMED: {result.StateANNULLED},
	result.StateANNULLED:  {},
})

var amendmentStates = lifecycle.New("amendment", lifecycle.Next[amendment.State]{
	amendment.StatePROPOSED:  {amendment.StateMADE, amendment.StateDISMISSED},
	amendment.StateMADE:      {},
	amendment.StateDISMISSED: {},
})

// takesPart returns nil while a learner takes part, or may begin to.
func takesPart(e *ent.Enrolment) error {
	return problem.If(e.State != enrolment.StateENROLLED && e.State != enrolment.StateSTARTED,
		problem.New(problem.Conflict, "this enrolment is %s", e.State).With(problem.Transition{From: string(e.State)}))
}

// takesResults returns nil while results may be recorded.
func takesResults(e *ent.Enrolment) error {
	switch e.State {
	case enrolment.StateENROLLED, enrolment.StateSTARTED:
		return nil
	case enrolment.StateWITHDRAWN, enrolment.StateDROPPED_OUT:
		return problem.New(problem.Conflict, "this enrolment is %s and takes no result unless the host reopens it", e.State).With(problem.Transition{From: string(e.State)})
	}
	return problem.New(problem.Conflict, "this enrolment is %s and takes no result", e.State).With(problem.Transition{From: string(e.State)})
}

// takesAnother returns nil while an enrolment with these attempts takes one more.
// One that is discarded or annulled was none.
func takesAnother(attempts []*ent.Result, v *ent.CourseVersion) error {
	used := 0
	for _, r := range attempts {
		switch {
		case r.State == result.StateRECORDED:
			return problem.New(problem.Conflict, "attempt %d waits to be confirmed", r.Attempt)
		case r.State == result.StateCONFIRMED:
			used++
		}
	}
	most := vocab.MaxAttempts
	if v != nil && v.Attempts != nil {
		most = *v.Attempts
	}
	return problem.If(used >= most || len(attempts) >= maxRecorded, problem.New(problem.Conflict, "all %d attempts are used", most))
}

// maxRecorded bounds what is recorded of one enrolment, annulled attempts and all.
const maxRecorded = 20

// EnrolmentActions says what the viewer may do with an enrolment of these attempts now.
func EnrolmentActions(ctx context.Context, e *ent.Enrolment, attempts []*ent.Result, v *ent.CourseVersion) []authz.Action {
	other := authz.RequireOther(ctx, e.LearnerID)
	return []authz.Action{
		toRecord.Act(toRecord.Require(ctx, e.HostID), other, takesResults(e), takesAnother(attempts, v)),
		toTakePart.Act(toTakePart.Require(ctx, e.HostID), other, takesPart(e)),
		toDropOut.Act(toDropOut.Require(ctx, e.HostID), other, takesPart(e)),
		toReopen.Act(toReopen.Require(ctx, e.HostID), other, reopens(e)),
	}
}

// Leaves returns nil while a learner may leave their seat.
func Leaves(e *ent.Enrolment) error {
	return enrolmentStates.Check(e.State, enrolment.StateWITHDRAWN)
}

// ResultActions says what the viewer may do with a result of a host now.
func ResultActions(ctx context.Context, r *ent.Result, host *ent.Institution) []authz.Action {
	other := authz.RequireOther(ctx, r.LearnerID)
	return []authz.Action{
		toConfirm.Act(toConfirm.Require(ctx, r.HostID), other, confirmedByAnother(viewer.From(ctx), r, host), resultStates.Check(r.State, result.StateCONFIRMED)),
		toRevise.Act(toRevise.Require(ctx, r.HostID), other, provisional(r)),
		toThrowAway.Act(toThrowAway.Require(ctx, r.HostID), other, provisional(r)),
		toCorrect.Act(toCorrect.Require(ctx, r.HostID), other, corrigible(r)),
		toAnnul.Act(toAnnul.Require(ctx, r.HostID), other, resultStates.Check(r.State, result.StateANNULLED)),
	}
}

// enrol gives an application that was admitted its seat.
func (s *Service) enrol(ctx context.Context, tx *ent.Tx, app *ent.Application) error {
	o, err := tx.Offering.Get(ctx, app.OfferingID)
	if err != nil {
		return err
	}
	if o.State != offering.StatePUBLISHED { // called off, and its applications are about to be told
		return catalogue.NoApplications(o)
	}
	_, err = ledger.Made(ctx, tx, toBegin, ofSeat, nil, tx.Enrolment.Create().SetApplicationID(app.ID).SetLearnerID(app.LearnerID).
		SetOfferingID(o.ID).SetVersionID(o.VersionID).
		SetHomeID(app.HomeID).SetHostID(app.HostID).SetState(enrolment.StateENROLLED).SetEnrolledAt(vocab.Now(s.Now)))
	return err
}

// leave ends the enrolment of an application whose learner leaves, or whose
// offering is called off.
func (s *Service) leave(ctx context.Context, tx *ent.Tx, id ident.ID, st step) error {
	e, err := tx.Enrolment.Query().Where(enrolment.ApplicationID(id)).Only(ctx)
	if err != nil {
		return err
	}
	if e, err = storage.Held(ctx, tx.Enrolment, e.ID); err != nil {
		return err
	}
	verb, to := toLeave, enrolment.StateWITHDRAWN
	if st.to == application.StateCANCELLED {
		verb, to = toEndSeat, enrolment.StateCANCELLED
	}
	if err := s.end(ctx, tx, e, to); err != nil {
		return err
	}
	return ledger.Note(ctx, tx, verb, ofSeat(e))
}

// end ends an enrolment that its caller holds.
func (s *Service) end(ctx context.Context, tx *ent.Tx, e *ent.Enrolment, to enrolment.State) error {
	return storage.Move(ctx, enrolmentStates, e.ID, e.State, to, tx.Enrolment.Update().SetEndedAt(vocab.Now(s.Now)))
}

// ofEnrolment is what belongs to an enrolment for the record.
func ofEnrolment(e *ent.Enrolment, id ident.ID) ledger.Thing {
	return ledger.Thing{ID: id, Home: e.HomeID, Host: e.HostID, Person: e.LearnerID}
}

// ofSeat is an enrolment whose change moves the seats of its offering.
func ofSeat(e *ent.Enrolment) ledger.Thing {
	t := ofEnrolment(e, e.ID)
	t.Payload.Offering = e.OfferingID
	return t
}
