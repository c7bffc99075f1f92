// Package admission leads a learner's application to a seat: the learner
// applies, the home institution nominates, the host admits within its seats.
// Home and host act on one record.
//
//	SUBMITTED → NOMINATED       by the home's mobility office
//	SUBMITTED → REFUSED_BY_HOME by the home's mobility office, with a reason
//	NOMINATED → ADMITTED        by the host's mobility office, while seats are free
//	NOMINATED → REFUSED_BY_HOST by the host's mobility office, with a reason
//	SUBMITTED, NOMINATED, ADMITTED → WITHDRAWN by the learner
//
// A refused or withdrawn application is final; the learner may apply anew.
package admission

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/outbox"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service moves applications.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
}

var states = lifecycle.Table[application.State]{
	application.StateSUBMITTED:       {application.StateNOMINATED, application.StateREFUSED_BY_HOME, application.StateWITHDRAWN},
	application.StateNOMINATED:       {application.StateADMITTED, application.StateREFUSED_BY_HOST, application.StateWITHDRAWN},
	application.StateADMITTED:        {application.StateWITHDRAWN},
	application.StateREFUSED_BY_HOME: {},
	application.StateREFUSED_BY_HOST: {},
	application.StateWITHDRAWN:       {},
}

// Submission is a learner's wish to take an offering.
type Submission struct {
	OfferingID     ident.ID
	HomeID         *ident.ID // needed only by who has several home institutions
	ProgrammeID    *ident.ID // nil: the programme that home says the learner studies
	Motivation     *string
	IdempotencyKey *string
}

// maxMotivation and maxReason bound texts, in characters.
const (
	maxMotivation = 2000
	maxReason     = 1000
)

// Submit applies for the signed-in learner, and freezes what home will count.
// It returns a FORBIDDEN problem for somebody without a current home
// institution, and a CONFLICT problem when the window is not open, no seat is
// free, or an application of the learner for the offering is alive.
func (s *Service) Submit(ctx context.Context, in Submission) (*ent.Application, error) {
	v, err := authz.SignedIn(ctx)
	if err != nil {
		return nil, err
	}
	o, err := s.DB.Offering.Get(ctx, in.OfferingID)
	if err != nil {
		return nil, storage.Found(err, "offering", "input", "offeringId")
	}
	motivation, err := vocab.Line(maxMotivation, deref(in.Motivation), "input", "motivation")
	if err != nil {
		return nil, err
	}
	home, programme, err := s.home(ctx, v.PersonID, in)
	if err != nil {
		return nil, err
	}
	if home == o.InstitutionID {
		return nil, problem.New(problem.Invalid, "this is an offering of your own institution; enrol there").At("input", "offeringId")
	}
	call := idempotency.Call{Verb: "submitApplication", Key: in.IdempotencyKey, Input: in}
	return idempotency.Write(ctx, s.DB, call, s.DB.Application.Get, func(tx *ent.Tx) (*ent.Application, error) {
		now := vocab.Now(s.Now)
		o, err := tx.Offering.Get(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		if err := open(o, now); err != nil {
			return nil, err
		}
		previews, err := (&agreement.Service{DB: tx.Client(), Now: s.Now}).PreviewAll(ctx, home, programme, []ident.ID{o.CourseID})
		if err != nil {
			return nil, err
		}
		create := tx.Application.Create().SetLearnerID(v.PersonID).SetOfferingID(o.ID).SetHomeID(home).SetHostID(o.InstitutionID).
			SetNillableProgrammeID(programme).SetState(application.StateSUBMITTED).SetLiveKey(liveKey(v.PersonID, o.ID)).
			SetCommitment(previews[o.CourseID].Commitment(programme)).SetSubmittedAt(now)
		if motivation != "" {
			create.SetMotivation(motivation)
		}
		app, err := create.Save(ctx)
		if storage.IsDuplicate(err) {
			return nil, problem.New(problem.Conflict, "you have applied for this offering already")
		}
		if err != nil {
			return nil, err
		}
		return app, record(ctx, tx, "application.submit", app, nil)
	})
}

// Actions says what the viewer may do with an application now.
func Actions(ctx context.Context, a *ent.Application) []authz.Action {
	other := authz.RequireOther(ctx, a.LearnerID)
	atHome := authz.Require(ctx, authz.NominateApplication, a.HomeID)
	atHost := authz.Require(ctx, authz.DecideApplication, a.HostID)
	may := func(to application.State) error { return states.Check("application", a.State, to) }
	return []authz.Action{
		authz.Act("nominateApplication", atHome, other, may(application.StateNOMINATED)),
		authz.Act("refuseNomination", atHome, other, may(application.StateREFUSED_BY_HOME)),
		authz.Act("admitApplication", atHost, other, may(application.StateADMITTED)),
		authz.Act("refuseApplication", atHost, other, may(application.StateREFUSED_BY_HOST)),
		authz.Act("withdrawApplication", authz.RequireSelf(ctx, a.LearnerID), may(application.StateWITHDRAWN)),
	}
}

// OfferingActions says whether the viewer may apply for an offering now.
func OfferingActions(ctx context.Context, o *ent.Offering, now time.Time) []authz.Action {
	_, signedIn := authz.SignedIn(ctx)
	return []authz.Action{authz.Act("submitApplication", signedIn, open(o, now))}
}

// home returns the institution and programme from which the learner applies.
func (s *Service) home(ctx context.Context, learner ident.ID, in Submission) (ident.ID, *ident.ID, error) {
	current, err := s.DB.Affiliation.Query().
		Where(affiliation.PersonID(learner), affiliation.ExpiresAtGT(s.Now())).Order(affiliation.ByID()).All(ctx)
	if err != nil {
		return "", nil, err
	}
	var homes []ident.ID
	var programme *ident.ID
	for _, a := range current {
		if in.HomeID != nil && a.InstitutionID != *in.HomeID {
			continue
		}
		if !slices.Contains(homes, a.InstitutionID) {
			homes = append(homes, a.InstitutionID)
		}
		if programme == nil {
			programme = a.ProgrammeID
		}
	}
	switch {
	case len(homes) == 0:
		return "", nil, problem.New(problem.Forbidden, "your account has no current affiliation with such a home institution; sign in there again").At("input", "homeId")
	case len(homes) > 1:
		return "", nil, problem.New(problem.Invalid, "you belong to several institutions; say from which one you apply").At("input", "homeId")
	}
	if in.ProgrammeID != nil {
		p, err := s.DB.Programme.Get(ctx, *in.ProgrammeID)
		if err != nil {
			return "", nil, storage.Found(err, "programme", "input", "programmeId")
		}
		if p.InstitutionID != homes[0] {
			return "", nil, problem.New(problem.Invalid, "the programme belongs to another institution").At("input", "programmeId")
		}
		programme = &p.ID
	}
	return homes[0], programme, nil
}

// OwnHome returns the institution and programme from which the signed-in
// learner would apply, or nil when nobody has signed in or it is not clear.
func (s *Service) OwnHome(ctx context.Context, programme *ident.ID) (*ident.ID, *ident.ID, error) {
	v := viewer.From(ctx)
	if v.Kind != viewer.Person {
		return nil, nil, nil
	}
	home, programme, err := s.home(ctx, v.PersonID, Submission{ProgrammeID: programme})
	if problem.All(err) != nil {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return &home, programme, nil
}

// open returns nil while learners can apply, and says otherwise why not.
func open(o *ent.Offering, now time.Time) error {
	var p *problem.Error
	switch catalogue.AvailabilityAt(o, now) {
	case catalogue.Open:
		return nil
	case catalogue.OpensLater:
		p = problem.New(problem.Conflict, "applications open on %s (%s)", vocab.Local(o.OpensAt, o.Zone), o.Zone)
	case catalogue.Closed:
		p = problem.New(problem.Conflict, "applications closed on %s (%s)", vocab.Local(*o.ClosesAt, o.Zone), o.Zone)
	case catalogue.Full:
		return full(o)
	default:
		return problem.New(problem.Conflict, "this offering is %s and takes no applications", o.State).With("from", string(o.State))
	}
	return p.With("opensAt", o.OpensAt).With("closesAt", o.ClosesAt).With("zone", o.Zone)
}

func full(o *ent.Offering) error {
	return problem.New(problem.Conflict, "all %d seats of this offering are taken", o.Seats).With("seats", o.Seats)
}

// Refusal is a decision against an application, with its reason.
type Refusal struct {
	ApplicationID  ident.ID
	Reason         string
	IdempotencyKey *string
}

// Nomination is the home's decision for an application.
type Nomination struct {
	ApplicationID  ident.ID
	IdempotencyKey *string
}

// Nominate tells the host that home sends the learner.
func (s *Service) Nominate(ctx context.Context, n Nomination) (*ent.Application, error) {
	app, err := s.loadFor(ctx, n.ApplicationID, authz.NominateApplication, home)
	if err != nil {
		return nil, err
	}
	call := idempotency.Call{Verb: "nominateApplication", Key: n.IdempotencyKey, Input: n}
	return idempotency.Write(ctx, s.DB, call, s.DB.Application.Get, func(tx *ent.Tx) (*ent.Application, error) {
		return move(ctx, tx, app, application.StateNOMINATED, "application.nominate", func(u *ent.ApplicationUpdate) {
			u.SetNominatedAt(vocab.Now(s.Now))
		})
	})
}

// RefuseNomination ends the application at home, with a reason.
func (s *Service) RefuseNomination(ctx context.Context, r Refusal) (*ent.Application, error) {
	return s.refuse(ctx, r, "refuseNomination", authz.NominateApplication, home, application.StateREFUSED_BY_HOME)
}

// Refuse ends the application at the host, with a reason.
func (s *Service) Refuse(ctx context.Context, r Refusal) (*ent.Application, error) {
	return s.refuse(ctx, r, "refuseApplication", authz.DecideApplication, host, application.StateREFUSED_BY_HOST)
}

func (s *Service) refuse(ctx context.Context, r Refusal, mutation string, verb authz.Verb, side func(*ent.Application) ident.ID, to application.State) (*ent.Application, error) {
	app, err := s.loadFor(ctx, r.ApplicationID, verb, side)
	if err != nil {
		return nil, err
	}
	reason, err := vocab.Line(maxReason, r.Reason, "input", "reason")
	if err != nil {
		return nil, err
	}
	if reason == "" {
		return nil, problem.New(problem.Invalid, "a refusal needs a reason").At("input", "reason")
	}
	call := idempotency.Call{Verb: mutation, Key: r.IdempotencyKey, Input: r}
	return idempotency.Write(ctx, s.DB, call, s.DB.Application.Get, func(tx *ent.Tx) (*ent.Application, error) {
		return move(ctx, tx, app, to, "application.refuse", func(u *ent.ApplicationUpdate) {
			u.SetReason(reason).SetDecidedAt(vocab.Now(s.Now)).ClearLiveKey()
		})
	})
}

// LoadToAdmit loads an application that the viewer may admit.
func (s *Service) LoadToAdmit(ctx context.Context, id ident.ID) (*ent.Application, error) {
	return s.loadFor(ctx, id, authz.DecideApplication, host)
}

// AdmitTx gives the applicant a seat. It returns a CONFLICT problem unless the
// home has nominated and a seat is free. The seat is taken first, by an update
// that names its condition: of a hundred rivals for ten seats ten get one, and
// rivals wait for the offering's row in the same order on every database.
func (s *Service) AdmitTx(ctx context.Context, tx *ent.Tx, app *ent.Application) (*ent.Application, error) {
	if err := states.Check("application", app.State, application.StateADMITTED); err != nil {
		return nil, err
	}
	taken, err := tx.Offering.Update().Where(offering.ID(app.OfferingID), offering.StateEQ(offering.StatePUBLISHED), func(s *sql.Selector) {
		s.Where(sql.ColumnsLT(s.C(offering.FieldSeatsTaken), s.C(offering.FieldSeats)))
	}).AddSeatsTaken(1).Save(ctx)
	if err != nil {
		return nil, err
	}
	if taken == 0 {
		o, err := tx.Offering.Get(ctx, app.OfferingID)
		if err != nil {
			return nil, err
		}
		if o.State != offering.StatePUBLISHED {
			return nil, problem.New(problem.Conflict, "this offering is %s and takes no applications", o.State).With("from", string(o.State))
		}
		return nil, full(o)
	}
	return move(ctx, tx, app, application.StateADMITTED, "application.admit", func(u *ent.ApplicationUpdate) {
		u.SetDecidedAt(vocab.Now(s.Now))
	})
}

// LoadToWithdraw loads an application of the signed-in learner.
func (s *Service) LoadToWithdraw(ctx context.Context, id ident.ID) (*ent.Application, error) {
	app, err := s.DB.Application.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return app, authz.RequireSelf(ctx, app.LearnerID)
}

// WithdrawTx ends the application and gives a seat back. The seat is none of
// the learner's rows, so the system moves it.
func (s *Service) WithdrawTx(ctx context.Context, tx *ent.Tx, app *ent.Application, reason string) (*ent.Application, error) {
	if err := states.Check("application", app.State, application.StateWITHDRAWN); err != nil {
		return nil, err
	}
	if app.State == application.StateADMITTED {
		if err := tx.Offering.UpdateOneID(app.OfferingID).AddSeatsTaken(-1).Exec(viewer.AsSystem(ctx)); err != nil {
			return nil, err
		}
	}
	return move(ctx, tx, app, application.StateWITHDRAWN, "application.withdraw", func(u *ent.ApplicationUpdate) {
		u.SetDecidedAt(vocab.Now(s.Now)).ClearLiveKey()
		if reason != "" {
			u.SetReason(reason)
		}
	})
}

func home(a *ent.Application) ident.ID { return a.HomeID }
func host(a *ent.Application) ident.ID { return a.HostID }

// loadFor loads an application and requires the verb at one side of it. Nobody
// decides about themselves.
func (s *Service) loadFor(ctx context.Context, id ident.ID, verb authz.Verb, side func(*ent.Application) ident.ID) (*ent.Application, error) {
	app, err := s.DB.Application.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := authz.Require(ctx, verb, side(app)); err != nil {
		return nil, err
	}
	return app, authz.RequireOther(ctx, app.LearnerID)
}

// move takes app to another state and records it. The update names the state
// that was read: of two racing calls one wins and the other gets a CONFLICT.
func move(ctx context.Context, tx *ent.Tx, app *ent.Application, to application.State, verb string, set func(*ent.ApplicationUpdate)) (*ent.Application, error) {
	if err := states.Check("application", app.State, to); err != nil {
		return nil, err
	}
	update := tx.Application.Update().Where(application.ID(app.ID), application.StateEQ(app.State)).SetState(to)
	set(update)
	n, err := update.Save(ctx)
	if err != nil {
		return nil, err
	}
	if n != 1 {
		return nil, problem.Raced("application", app.ID)
	}
	details := map[string]string{"from": string(app.State), "to": string(to)}
	if err := record(ctx, tx, verb, app, details); err != nil {
		return nil, err
	}
	return tx.Application.Get(ctx, app.ID)
}

func record(ctx context.Context, tx *ent.Tx, verb string, app *ent.Application, details map[string]string) error {
	if err := audit.Record(ctx, tx, audit.Entry{Verb: verb, Object: app.ID, Institutions: []ident.ID{app.HomeID, app.HostID}, Details: details}); err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Event{Type: verb, Object: app.ID, Payload: details})
}

// liveKey is what two live applications of one learner for one offering share.
func liveKey(learner, offering ident.ID) string {
	sum := sha256.Sum256([]byte(learner + "|" + offering))
	return hex.EncodeToString(sum[:])
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
