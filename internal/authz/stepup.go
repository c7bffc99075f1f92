package authz

import (
	"context"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// MultiFactor is the level of authentication that a step-up asks for.
//
// Source: REFEDS Multi-Factor Authentication Profile.
const MultiFactor = "https://refeds.org/profile/mfa"

// StepUpTime is for how long a step-up holds.
const StepUpTime = 30 * time.Minute

// StepUpPath is where a person steps up. A client puts the path at which to go
// on into return_to.
const StepUpPath = "/auth/step-up?return_to=/"

// SteppedUp says whether a proof of that level and moment is strong and recent
// enough for a weighty verb.
func SteppedUp(acr string, authenticated, now time.Time) bool {
	return acr == MultiFactor && now.Sub(authenticated) <= StepUpTime
}

// RequireStepUpAt is for what makes others trust what is not so, or hands out
// power: it returns a STEP_UP_REQUIRED problem when the institution or alliance
// asks its staff to step up for that, and the viewer has not. Programs prove
// themselves by keys.
func RequireStepUpAt(ctx context.Context, at ident.ID) error {
	v, err := SignedIn(ctx)
	if err != nil || !slices.Contains(v.StepUpAt, at) {
		return err
	}
	return steppedUp(v)
}

// RequireStepUp is for what somebody does with their own account: it returns a
// STEP_UP_REQUIRED problem when any place that they work for asks its staff to
// step up, and they have not.
func RequireStepUp(ctx context.Context) error {
	v, err := SignedIn(ctx)
	if err != nil {
		return err
	}
	if len(v.StepUpAt) == 0 {
		return nil
	}
	return steppedUp(v)
}

// RequireSecondFactor is for what a person does with all of their own data: it
// returns a STEP_UP_REQUIRED problem for who has not proved a second factor,
// whether or not any place asks for it.
func RequireSecondFactor(ctx context.Context) error {
	v, err := SignedIn(ctx)
	if err != nil {
		return err
	}
	return steppedUp(v)
}

func steppedUp(v *viewer.Viewer) error {
	if v.Kind != viewer.Person || v.SteppedUp {
		return nil
	}
	return problem.New(problem.StepUpRequired, "this needs a second factor, proved within the last 30 minutes").With(problem.StepUp(StepUpPath))
}
