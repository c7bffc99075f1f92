package vc

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// checks makes five passed checks, changed by what is given.
func checks(changed ...Check) []Check {
	all := []Check{Pass(CheckForm), Pass(CheckSignature), Pass(CheckKey), Pass(CheckTime), Pass(CheckStatus)}
	return append(all, changed...)
}

func TestOutcomeFollowsFromChecks(t *testing.T) {
	for _, tt := range []struct {
		name   string
		checks []Check
		want   Outcome
	}{
		{"all passed", checks(), Valid},
		{"form failed", checks(Check{CheckForm, Failed, ReasonJSON}), Invalid},
		{"signature failed", checks(Check{CheckSignature, Failed, ReasonMismatch}), Invalid},
		{"key failed", checks(Check{CheckKey, Failed, ReasonKeyUnknown}), Invalid},
		{"schema failed", checks(Check{CheckSchema, Failed, ReasonSchema}), Invalid},
		{"another issuer signed", checks(Check{CheckIssuer, Failed, ReasonIssuerForeign}), Invalid},
		{"a failed check of no known kind", checks(Check{"MOON", Failed, ""}), Invalid},
		{"unknown issuer is a warning only", checks(Check{CheckIssuer, Warning, ReasonIssuerUnknown}), Valid},
		{"issuer could not be looked up", checks(Check{CheckIssuer, Unknown, ""}), Valid},
		{"schema is not known here", checks(Check{CheckSchema, Unknown, ReasonSchemaUnknown}), Valid},
		{"a warning of the signature", checks(Check{CheckSignature, Warning, ""}), Valid},
		{"revoked", checks(Check{CheckStatus, Failed, ReasonRevoked}), NotInForce},
		{"suspended", checks(Check{CheckStatus, Failed, ReasonSuspended}), NotInForce},
		{"expired", checks(Check{CheckTime, Failed, ReasonExpired}), NotInForce},
		{"not yet", checks(Check{CheckTime, Failed, ReasonNotYet}), NotInForce},
		{"list unreachable is no revocation", checks(Check{CheckStatus, Unknown, ReasonStatusUnreachable}), Inconclusive},
		{"key unreachable", checks(Check{CheckKey, Unknown, ReasonKeyUnreachable}), Inconclusive},
		{"a result that is none", checks(Check{CheckKey, "", ""}), Inconclusive},
		{"revoked by one list, other unreachable", checks(Check{CheckStatus, Failed, ReasonRevoked}, Check{CheckStatus, Unknown, ReasonStatusUnreachable}), NotInForce},
		{"expired, list unreachable", checks(Check{CheckTime, Failed, ReasonExpired}, Check{CheckStatus, Unknown, ReasonStatusUnreachable}), NotInForce},
		{"expired, but nobody knows whether genuine", checks(Check{CheckTime, Failed, ReasonExpired}, Check{CheckKey, Unknown, ReasonKeyUnreachable}), Inconclusive},
		{"forged and revoked", checks(Check{CheckStatus, Failed, ReasonRevoked}, Check{CheckSignature, Failed, ReasonMismatch}), Invalid},
		{"nothing was checked", nil, Inconclusive},
		{"no status check was made", checks()[:4], Inconclusive},
		{"no signature check was made", []Check{Pass(CheckForm), Pass(CheckKey), Pass(CheckTime), Pass(CheckStatus)}, Inconclusive},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at := time.Unix(1_800_000_000, 0)
			r := NewReport(at, tt.checks...)
			if r.Outcome != tt.want || !r.VerifiedAt.Equal(at) || len(r.Checks) != len(tt.checks) {
				t.Errorf("NewReport = %+v, want %s", r, tt.want)
			}
		})
	}
}

func TestDatesAreCheckedAgainstTheClockGiven(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for _, tt := range []struct {
		name        string
		from, until time.Time
		want        Reason
	}{
		{"without end", now, time.Time{}, ReasonPassed},
		{"clocks differ a little", now.Add(Skew), time.Time{}, ReasonPassed},
		{"not yet", now.Add(Skew + time.Second), time.Time{}, ReasonNotYet},
		{"last moment", now, now.Add(time.Nanosecond), ReasonPassed},
		{"ended now", now.Add(-time.Hour), now, ReasonExpired},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Within(now, tt.from, tt.until); got.Reason != tt.want || (got.Result == Passed) != (tt.want == ReasonPassed) {
				t.Errorf("Within = %+v, want %s", got, tt.want)
			}
		})
	}
}

func TestDefectIsAFailedCheckOfItsKind(t *testing.T) {
	kinds := map[Kind]bool{CheckForm: true, CheckSignature: true, CheckIssuer: true, CheckKey: true, CheckTime: true, CheckStatus: true, CheckSchema: true}
	seen := map[Reason]bool{}
	for _, r := range Reasons {
		if seen[r] {
			t.Errorf("%s stands twice", r)
		}
		seen[r] = true
		if r == ReasonPassed {
			continue
		}
		d := Defective(r, "at %s", "id")
		if c := d.Check(); !kinds[c.Kind] || c.Result != Failed || c.Reason != r {
			t.Errorf("%s becomes %+v", r, c)
		}
		if err := fmt.Errorf("wrapped: %w", d); ReasonOf(err) != r || !strings.Contains(err.Error(), "at id") {
			t.Errorf("%s is lost in %v", r, err)
		}
	}
	if ReasonOf(errors.New("other")) != "" {
		t.Error("an error that is no defect has a reason")
	}
}
