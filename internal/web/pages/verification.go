package pages

import (
	"net/http"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Verification is the answer to whether a credential is genuine and in force,
// with what it says: the page of /v/{token}, or of what was posted to /verify. No
// grade is ever shown.
type Verification struct {
	Chrome
	Report  vc.Report
	Award   *vc.Award              // nil when it could not be read
	Revoked *time.Time             // when it was revoked; nil when it was not
	Reason  vocab.RevocationReason // why

	Token      string // of /v/{token}; empty for a credential that somebody presented
	Issuer     string // path of the issuer's page; empty for a foreign issuer
	JSON       string // addresses to read on, each empty when there is none
	JWT        string
	Keys       string
	StatusList string
}

// Confirmed says whether the issuer is known to have said what the credential
// says, be it in force or not.
func (v Verification) Confirmed() bool {
	confirmed := func(kind vc.Kind) bool {
		return slices.ContainsFunc(v.Report.Checks, func(c vc.Check) bool { return c.Kind == kind && c.Result == vc.Passed })
	}
	return v.Report.Outcome != vc.Invalid && confirmed(vc.CheckSignature) && confirmed(vc.CheckKey)
}

// Answer returns the key of one of the outcome's sentences: title or text.
func (v Verification) Answer(part string) string {
	return "answer." + string(v.Report.Outcome) + "." + part
}

// Findings are the checks that explain an answer other than VALID.
func (v Verification) Findings() []vc.Check {
	var found []vc.Check
	for _, c := range v.Report.Checks {
		if c.Result == vc.Failed || c.Result == vc.Unknown && v.Report.Outcome == vc.Inconclusive {
			found = append(found, c)
		}
	}
	return found
}

// HasLinks says whether there is anything to read on.
func (v Verification) HasLinks() bool {
	return v.Issuer != "" || v.JSON != "" || v.JWT != "" || v.Keys != "" || v.StatusList != ""
}

// Unknown is the page of a verification address behind which is nothing, with
// status 404.
type Unknown struct{ Chrome }

func (Unknown) page() page {
	return page{name: "unknown", status: http.StatusNotFound, personal: true, hidden: true}
}

// VerifyFault says why what was given to /verify cannot be verified.
type VerifyFault string

// The faults of the form.
const (
	NothingGiven VerifyFault = "empty"     // neither a link nor a credential
	ForeignLink  VerifyFault = "link"      // the link is not one of this server
	TooLong      VerifyFault = "too_large" // more than the caller reads
)

// Field is the name of the input that the fault concerns.
func (f VerifyFault) Field() string {
	if f == ForeignLink {
		return "link"
	}
	return "credential"
}

// Message returns the key of the fault's sentence.
func (f VerifyFault) Message() string { return "verify.fault." + string(f) }

// Verify is the form in which somebody pastes a credential or its link. It posts
// link and credential to /verify; the answer is a Verification, a redirect to the
// link's path, or the form with a Fault and status 400.
type Verify struct {
	Chrome
	Fault      VerifyFault // empty when nothing was given yet
	Link       string      // what was given before
	Credential string
}

func (v Verify) page() page {
	if v.Fault != "" {
		return page{name: "verify", status: http.StatusBadRequest}
	}
	return page{name: "verify"}
}
