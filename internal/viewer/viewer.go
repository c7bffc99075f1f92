// Package viewer says on whose behalf something is done. Every request, job and
// command carries exactly one viewer in its context; code that needs one and
// finds none has a fault.
package viewer

import (
	"context"
	"slices"
	"time"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Kind is the kind of a viewer.
type Kind string

// The kinds of viewers.
const (
	Anonymous Kind = "ANONYMOUS" // nobody has signed in
	Person    Kind = "PERSON"    // a learner, a member of staff, or both
	System    Kind = "SYSTEM"    // Peregrine itself: migrations, jobs, sign-in
	Program   Kind = "PROGRAM"   // a program of an institution, with scopes instead of roles
)

// Role is what a person may do for an institution or for the alliance.
type Role string

// The roles. All but AllianceAdministrator are held at one institution; an Auditor
// is one of an institution or of an alliance, and reads only.
const (
	CourseEditor          Role = "COURSE_EDITOR"
	Teacher               Role = "TEACHER"
	Registrar             Role = "REGISTRAR"
	MobilityOfficer       Role = "MOBILITY_OFFICER"
	RecognitionOfficer    Role = "RECOGNITION_OFFICER"
	Administrator         Role = "ADMINISTRATOR"
	AllianceAdministrator Role = "ALLIANCE_ADMINISTRATOR"
	Auditor               Role = "AUDITOR"
)

// Roles lists every role.
var Roles = []Role{CourseEditor, Teacher, Registrar, MobilityOfficer, RecognitionOfficer, Administrator, AllianceAdministrator, Auditor}

// Grant is one role at one institution; that of an AllianceAdministrator, and
// perhaps of an Auditor, names the alliance instead. A grant at a unit holds for what belongs to that unit
// or to one below it, and for nothing else of the institution.
type Grant struct {
	Role  Role
	At    ident.ID
	Unit  ident.ID   // empty: the whole institution
	Units []ident.ID // the unit and all below it
}

// Viewer is who asks.
type Viewer struct {
	Kind      Kind
	PersonID  ident.ID   // who it is; of the system, who caused it, if anybody
	SessionID ident.ID   // the session that proves it; empty for the system
	Homes     []ident.ID // institutions with a current affiliation
	Grants    []Grant
	ClientID  ident.ID            // of a program; of the system, the one that caused it, if any
	ClientAt  ident.ID            // the institution whose program it is
	Scopes    []string            // what its token allows it
	Audiences []vocab.TargetGroup // those that the affiliations put the person in

	ACR             string     // how a person proved themselves to their provider, as it says
	AuthenticatedAt time.Time  // when; zero where the provider does not say
	SteppedUp       bool       // by a second factor, and lately, when the request came
	StepUpAt        []ident.ID // institutions and alliances of the grants that ask for that

	Language language.Tag // of messages to this viewer; und means English
}

type key struct{}

// With returns a context on behalf of v.
func With(ctx context.Context, v *Viewer) context.Context { return context.WithValue(ctx, key{}, v) }

// From returns the viewer of ctx, or nil when there is none.
func From(ctx context.Context) *Viewer {
	v, _ := ctx.Value(key{}).(*Viewer)
	return v
}

// AsSystem returns a context on behalf of the system. Use it only where the
// rule is already checked and the row is none of the caller's business, such
// as a counter that everybody moves and nobody reads.
func AsSystem(ctx context.Context) context.Context {
	v := &Viewer{Kind: System}
	if who := From(ctx); who != nil {
		v.PersonID, v.SessionID, v.ClientID, v.Language = who.PersonID, who.SessionID, who.ClientID, who.Language
	}
	return With(ctx, v)
}

// Actor is who it is: the person or, where there is none, the program. It is
// empty for nobody, and for the system when nobody caused it.
func (v *Viewer) Actor() ident.ID {
	if v.PersonID != "" {
		return v.PersonID
	}
	return v.ClientID
}

// ByPerson returns the person, or nil for a program and for the system alone.
func (v *Viewer) ByPerson() *ident.ID { return vocab.Given(v.PersonID) }

// ByClient returns the program, or nil when none acts.
func (v *Viewer) ByClient() *ident.ID { return vocab.Given(v.ClientID) }

// Has says whether v holds the role at an institution or alliance as a whole.
func (v *Viewer) Has(role Role, at ident.ID) bool {
	return slices.ContainsFunc(v.Grants, func(g Grant) bool { return g.Role == role && g.At == at && g.Unit == "" })
}

// HasIn says whether v holds the role at a unit of an institution, or at the
// institution as a whole.
func (v *Viewer) HasIn(role Role, at, unit ident.ID) bool {
	return v.Has(role, at) || slices.ContainsFunc(v.Grants, func(g Grant) bool {
		return g.Role == role && g.At == at && slices.Contains(g.Units, unit)
	})
}

// InUnits says whether v holds a role at a unit of the institution.
func (v *Viewer) InUnits(at ident.ID) bool {
	return slices.ContainsFunc(v.Grants, func(g Grant) bool { return g.At == at && g.Unit != "" })
}

// IsAffiliated says whether v has a current affiliation with the institution.
func (v *Viewer) IsAffiliated(institution ident.ID) bool {
	return slices.Contains(v.Homes, institution)
}

// StaffAt lists the institutions and alliances at which v holds any role, or
// the institution whose program v is.
func (v *Viewer) StaffAt() []ident.ID {
	var at []ident.ID
	if v.Kind == Program {
		return append(at, v.ClientAt)
	}
	for _, g := range v.Grants {
		if !slices.Contains(at, g.At) {
			at = append(at, g.At)
		}
	}
	return at
}
