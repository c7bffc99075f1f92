package journey

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/form"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// checkConsent returns nil when the learner has seen the present text, which it
// takes to share more than the name: a consent to what nobody has read is none.
func checkConsent(items []vocab.SharedItem, version *string) error {
	current := vocab.CurrentConsent().Version
	switch more := slices.ContainsFunc(items, func(i vocab.SharedItem) bool { return i != vocab.ShareName }); {
	case version == nil && more:
		return problem.New(problem.Invalid, "sharing data takes the version of the text that the learner has agreed to; the present one is %s", current).
			At("input", "consentVersion")
	case version != nil && *version != current:
		return problem.New(problem.Conflict, "the text on shared data has changed; show version %s", current).At("input", "consentVersion")
	}
	return nil
}

// Consent shares more with the host, or no longer, from now on.
type Consent struct {
	ApplicationID  ident.ID
	Items          []vocab.SharedItem
	ConsentVersion *string // of the text that the learner has read; not with a withdrawal
	IdempotencyKey *string
}

// GiveConsent has an application share further items with the host. Items that
// are shared already stay so. It returns a CONFLICT problem for a text that has
// changed, and for an application that has come to nothing.
func (s *Service) GiveConsent(ctx context.Context, c Consent) (*ent.Application, error) {
	return s.share(ctx, c, toConsent, func(tx *ent.Tx, app *ent.Application) (vocab.Sharing, error) {
		if authz.StageOf(app.State, nil) == authz.Ended {
			return nil, errEnded.At("input", "applicationId")
		}
		if slices.Contains(c.Items, vocab.ShareMotivation) && app.Motivation == nil {
			return nil, problem.New(problem.Invalid, "the application has no motivation").At("input", "items")
		}
		o, err := tx.Offering.Get(viewer.AsSystem(ctx), app.OfferingID)
		if err != nil {
			return nil, err
		}
		return app.Sharing.With(vocab.CurrentConsent().Version, vocab.Now(s.Now), c.Items...),
			cmp.Or(form.Allowed(form.Asked(o.Asks, o.Questions), c.Items, "input", "items"), checkConsent(c.Items, c.ConsentVersion))
	})
}

// WithdrawConsent ends the sharing of items, for the time to come. Items that are
// not shared stay so.
func (s *Service) WithdrawConsent(ctx context.Context, c Consent) (*ent.Application, error) {
	return s.share(ctx, c, toWithdrawConsent, func(_ *ent.Tx, app *ent.Application) (vocab.Sharing, error) {
		now := vocab.Now(s.Now)
		return app.Sharing.Without(now, c.Items...), problem.If(slices.Contains(c.Items, vocab.ShareName),
			problem.New(problem.Invalid, "the name goes with every application; withdraw the application instead").At("input", "items"))
	})
}

// share writes what an application shares after a change by its learner.
func (s *Service) share(ctx context.Context, c Consent, verb *ledger.Verb, after func(*ent.Tx, *ent.Application) (vocab.Sharing, error)) (*ent.Application, error) {
	if len(c.Items) == 0 {
		return nil, problem.New(problem.Invalid, "name at least one item").At("input", "items")
	}
	return s.act(ctx, verb, c.IdempotencyKey, c, func(ctx context.Context, tx *ent.Tx) (*ent.Application, error) {
		app, err := storage.Held(ctx, tx.Application, c.ApplicationID)
		if err != nil {
			return nil, err
		}
		if err := authz.RequireSelf(ctx, app.LearnerID); err != nil {
			return nil, err
		}
		sharing, err := after(tx, app)
		if err != nil || slices.Equal(sharing, app.Sharing) {
			return app, err
		}
		done := tx.Application.Update().Where(application.ID(app.ID)).SetSharing(sharing).Exec(ctx)
		return ledger.NotedAs(ctx, tx, done, verb, ofConsent(c.Items), tx.Application.Get, app.ID)
	})
}

// ofConsent is an application that shares other items for the record.
func ofConsent(items []vocab.SharedItem) func(*ent.Application) ledger.Thing {
	named := strings.Join(vocab.Each(items, func(i vocab.SharedItem) string { return string(i) }), " ")
	return func(a *ent.Application) ledger.Thing {
		return ledger.Thing{ID: a.ID, Home: a.HomeID, Host: a.HostID, Person: a.LearnerID}.With("items", named)
	}
}

// consentActions says what the learner may do with what an application shares.
func consentActions(ctx context.Context, app *ent.Application) []authz.Action {
	own := authz.RequireSelf(ctx, app.LearnerID)
	shares := slices.ContainsFunc(app.Sharing, func(x vocab.Share) bool { return x.Ended == nil && x.Item != vocab.ShareName })
	return []authz.Action{
		toConsent.Act(own, problem.If(authz.StageOf(app.State, nil) == authz.Ended, errEnded)),
		toWithdrawConsent.Act(own, problem.If(!shares, problem.New(problem.Conflict, "nothing is shared but the name"))),
	}
}

var errEnded = problem.New(problem.Conflict, "the application has ended; it shares nothing any more")
