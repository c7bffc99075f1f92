package journey

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/policy"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/work"
)

// waking is work that looks at the applications whose time has come. There is one
// item of it, so one server does, and another one once it is gone.
var waking = work.Kind[struct{}]{Name: "application.wake"}

// Wake has the applications looked at whose time has come, if there are any. A
// server asks every second; it takes one look into an index.
func (s *Service) Wake(ctx context.Context) error {
	ctx = viewer.AsSystem(ctx)
	now := vocab.Now(s.Now)
	due, err := s.DB.Application.Query().Where(application.WakesAtLTE(now)).Exist(ctx)
	if err != nil || !due {
		return err
	}
	return storage.Do(ctx, s.DB, func(tx *ent.Tx) error { return waking.Enqueue(ctx, tx, "all", struct{}{}, now) })
}

// wake looks at every application whose time has come, each in a transaction of
// its own.
func (s *Service) wake(ctx context.Context, l *work.Lease, _ struct{}) error {
	for {
		ids, err := s.DB.Application.Query().Where(application.WakesAtLTE(vocab.Now(s.Now))).
			Order(application.ByWakesAt(), application.ByID()).Limit(atOnce).IDs(ctx)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			err := storage.Do(ctx, s.DB, func(tx *ent.Tx) error {
				if err := l.Hold(ctx, tx); err != nil {
					return err
				}
				return together(ctx, tx, func(ctx context.Context) error { return s.look(ctx, tx, id) })
			})
			if err != nil {
				return err
			}
		}
	}
}

// look does what the time of an application asks for: whoever decides is reminded
// before it, told at it, and others after it; an offer of a seat and an admission
// on a condition lapse with it, and so does the wait for a seat.
func (s *Service) look(ctx context.Context, tx *ent.Tx, id ident.ID) error {
	app, err := hold(ctx, tx, id)
	if err != nil {
		return err
	}
	now := vocab.Now(s.Now)
	if app.WakesAt == nil || app.WakesAt.After(now) {
		return nil // somebody was faster
	}
	late := app.DueAt != nil && !now.Before(*app.DueAt)
	switch app.State {
	case application.StateOFFERED, application.StateWAITLISTED:
		if late {
			return s.lapse(ctx, tx, app, vocab.ReasonTime)
		}
		return s.rouse(ctx, tx, app, toRemind, app.DueAt)
	case application.StateCONDITIONAL:
		if late {
			return s.lapse(ctx, tx, app, vocab.ReasonCondition)
		}
		return s.rouse(ctx, tx, app, toRemind, app.DueAt)
	case application.StateSUBMITTED, application.StateNOMINATED:
		return s.press(ctx, tx, app, now)
	}
	return s.rouse(ctx, tx, app, nil, nil)
}

func (s *Service) lapse(ctx context.Context, tx *ent.Tx, app *ent.Application, code vocab.DecisionReason) error {
	_, err := s.move(ctx, tx, app, step{verb: toLapse, to: application.StateLAPSED, why: why{code: code}})
	return err
}

// rouse tells of an application that waits, and says when to look at it again.
func (s *Service) rouse(ctx context.Context, tx *ent.Tx, app *ent.Application, verb *ledger.Verb, next *time.Time) error {
	update := tx.Application.Update().Where(application.ID(app.ID))
	storage.Set(next, update.Mutation().SetWakesAt, update.Mutation().ClearWakesAt)
	if err := update.Exec(ctx); err != nil || verb == nil {
		return err
	}
	t := ofApplication(app.State)(app)
	t.Payload.From = ""
	return ledger.Note(ctx, tx, verb, t)
}

// press reminds who has to decide, or tells that they are late.
func (s *Service) press(ctx context.Context, tx *ent.Tx, app *ent.Application, now time.Time) error {
	at, partner := app.HomeID, app.HostID
	if app.State == application.StateNOMINATED {
		at, partner = app.HostID, app.HomeID
	}
	_, kind, err := offeringOf(ctx, tx, app)
	if err != nil {
		return err
	}
	rules, err := policy.For(ctx, tx.Client(), at, partner, kind)
	if err != nil || app.DueAt == nil {
		return err
	}
	place, err := tx.Institution.Get(ctx, at)
	if err != nil {
		return err
	}
	// What was due while no server ran is told once, and as the last of it. Where the
	// rules have changed since, there may be nothing to tell yet.
	var verb *ledger.Verb
	next := rules.Wakes(app.WakesAt.Add(-time.Microsecond), *app.DueAt, place.Zone)
	for next != nil && !next.At.After(now) {
		verb, next = pressing[next.What], rules.Wakes(next.At, *app.DueAt, place.Zone)
	}
	var wakes *time.Time
	if next != nil {
		wakes = &next.At
	}
	return s.rouse(ctx, tx, app, verb, wakes)
}

// offeringOf returns the offering of an application, and the kind of its course,
// on behalf of the system: whoever handles the application may know of them.
func offeringOf(ctx context.Context, tx *ent.Tx, app *ent.Application) (*ent.Offering, course.Kind, error) {
	ctx = viewer.AsSystem(ctx)
	o, err := tx.Offering.Get(ctx, app.OfferingID)
	if err != nil {
		return nil, "", err
	}
	c, err := tx.Course.Get(ctx, o.CourseID)
	if err != nil {
		return nil, "", err
	}
	return o, c.Kind, nil
}

// pressing are the verbs of what a policy asks for.
var pressing = map[policy.What]*ledger.Verb{policy.Remind: toRemind, policy.Overdue: toOverdue, policy.Escalate: toEscalate}

// decides is until when an institution decides that has so many days of its own for it.
func (s *Service) decides(ctx context.Context, tx *ent.Tx, at ident.ID, rules policy.Rules, days int) (deadline, error) {
	place, err := tx.Institution.Get(ctx, at)
	if err != nil {
		return deadline{}, err
	}
	now := vocab.Now(s.Now)
	due := policy.Due(now, days, place.Zone)
	d := deadline{due: &due}
	if next := rules.Wakes(now, due, place.Zone); next != nil {
		d.wakes = &next.At
	}
	return d, nil
}

// waits is until when learners wait for a seat: to the end of the last day.
func (s *Service) waits(o *ent.Offering) deadline {
	if o.EndsOn == nil {
		return deadline{}
	}
	noon, err := vocab.Instant(*o.EndsOn+"T12:00:00", o.Zone)
	if err != nil {
		return deadline{}
	}
	end := policy.Due(noon, 0, o.Zone)
	return deadline{&end, &end}
}
