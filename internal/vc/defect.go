package vc

import (
	"errors"
	"fmt"
	"strings"
)

// Reason is the stable key of why a check came out as it did: the kind of the
// check in lower case, a dot, and what was found. Callers translate it.
type Reason string

// The reasons.
const (
	ReasonPassed Reason = "passed"

	ReasonSize      Reason = "form.size"      // larger than it may be
	ReasonEncoding  Reason = "form.encoding"  // not UTF-8, base64url, gzip or what else it should be
	ReasonJSON      Reason = "form.json"      // not JSON
	ReasonDuplicate Reason = "form.duplicate" // a member stands twice
	ReasonDepth     Reason = "form.depth"     // nested too deeply, or too many members
	ReasonToken     Reason = "form.token"     // not a compact JWS
	ReasonHeader    Reason = "form.header"    // the header of the token is of another type, or demands something unknown
	ReasonVersion   Reason = "form.version"   // an older form that is not read here
	ReasonContext   Reason = "form.context"   // another or inline JSON-LD context
	ReasonClass     Reason = "form.class"     // an object is of another type
	ReasonMember    Reason = "form.member"    // a member is missing or has the wrong shape
	ReasonClaims    Reason = "form.claims"    // the claims of the token and the credential differ
	ReasonList      Reason = "form.list"      // not a usable status list

	ReasonMismatch  Reason = "signature.mismatch"  // the content was changed, or another key signed it
	ReasonAlgorithm Reason = "signature.algorithm" // an algorithm that is not accepted, or not that of the key
	ReasonUnsigned  Reason = "signature.none"      // not signed, though all that this issuer issues is

	ReasonKeyUnknown     Reason = "key.unknown"     // the issuer has no such key
	ReasonKeyWeak        Reason = "key.weak"        // too short, private, or of a kind that is not accepted
	ReasonKeyUnreachable Reason = "key.unreachable" // the issuer's keys could not be loaded
	ReasonKeyCompromised Reason = "key.compromised" // the key was stolen, and this use of it is not on record

	ReasonIssuerUnknown Reason = "issuer.unknown"
	ReasonIssuerFormer  Reason = "issuer.former"  // an active member when it issued this, and not now
	ReasonIssuerLapsed  Reason = "issuer.lapsed"  // no active member when it issued this, but now
	ReasonIssuerNever   Reason = "issuer.never"   // no active member, neither then nor now
	ReasonIssuerForeign Reason = "issuer.foreign" // signed by another than it names

	ReasonExpired Reason = "time.expired"
	ReasonNotYet  Reason = "time.notYet"

	ReasonRevoked           Reason = "status.revoked"
	ReasonSuspended         Reason = "status.suspended"
	ReasonStatusUnreachable Reason = "status.unreachable"
	ReasonStatusUnsupported Reason = "status.unsupported" // a status method that is not understood here
	ReasonNoStatus          Reason = "status.none"        // the issuer publishes no status for it

	ReasonSchema        Reason = "schema.mismatch"
	ReasonSchemaUnknown Reason = "schema.unknown"
)

// Reasons lists all reasons, so that a catalogue of messages can be checked.
var Reasons = []Reason{
	ReasonPassed,
	ReasonSize, ReasonEncoding, ReasonJSON, ReasonDuplicate, ReasonDepth, ReasonToken, ReasonHeader, ReasonVersion,
	ReasonContext, ReasonClass, ReasonMember, ReasonClaims, ReasonList,
	ReasonMismatch, ReasonAlgorithm, ReasonUnsigned,
	ReasonKeyUnknown, ReasonKeyWeak, ReasonKeyUnreachable, ReasonKeyCompromised,
	ReasonIssuerUnknown, ReasonIssuerFormer, ReasonIssuerLapsed, ReasonIssuerNever, ReasonIssuerForeign,
	ReasonExpired, ReasonNotYet,
	ReasonRevoked, ReasonSuspended, ReasonStatusUnreachable, ReasonStatusUnsupported, ReasonNoStatus,
	ReasonSchema, ReasonSchemaUnknown,
}

// Defect is what a reader or verifier of a form found wrong. It becomes a
// FAILED check of a report. Its text is for the log and for developers; what
// people see comes from the reason.
type Defect struct {
	Kind   Kind
	Reason Reason
	Detail string // where and what, in English; at most a short piece of the document is in it
}

// Defective makes a defect. The kind is that of the reason; format and args
// say where it lies and what was expected.
func Defective(reason Reason, format string, args ...any) *Defect {
	kind, _, _ := strings.Cut(string(reason), ".")
	return &Defect{Kind: Kind(strings.ToUpper(kind)), Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// Error returns the reason and the detail.
func (d *Defect) Error() string { return string(d.Reason) + ": " + d.Detail }

// Check returns the failed check that the defect is.
func (d *Defect) Check() Check { return Check{Kind: d.Kind, Result: Failed, Reason: d.Reason} }

// ReasonOf returns the reason of the defect in err, or "" when it holds none.
func ReasonOf(err error) Reason {
	if d, ok := errors.AsType[*Defect](err); ok {
		return d.Reason
	}
	return ""
}
