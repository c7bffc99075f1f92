package institution

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/outbox"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

var membershipStates = lifecycle.Table[membership.State]{
	membership.StateINVITED:   {membership.StateACTIVE, membership.StateLEFT},
	membership.StateACTIVE:    {membership.StateSUSPENDED, membership.StateLEFT},
	membership.StateSUSPENDED: {membership.StateACTIVE, membership.StateLEFT},
	membership.StateLEFT:      {membership.StateINVITED},
}

// maxReason bounds the reason of a suspension or an end, in characters.
const maxReason = 1000

// Invitation asks an institution to join an alliance: one that is known, or a
// new one with its details.
type Invitation struct {
	AllianceID     ident.ID
	Part           membership.Part
	InstitutionID  *ident.ID
	Institution    *Registration
	IdempotencyKey *string
}

// Registration is what is known of an institution that is invited before it
// is known here.
type Registration struct {
	SCHAC       string
	Name        []vocab.Translation
	Acronym     string
	Country     string
	Town        []vocab.Translation
	ErasmusCode *string
	PIC         *string
	OID         *string
	ROR         *string
	DEQAR       *string
	Website     *string
	Domains     []string
	Zone        string
}

func (r Registration) details(path ...string) (Details, error) {
	name, badName := vocab.TextOf(maxName, r.Name, append(slices.Clone(path), "name")...)
	town, badTown := vocab.TextOf(maxName, r.Town, append(slices.Clone(path), "town")...)
	d := Details{SCHAC: r.SCHAC, Name: name, Acronym: r.Acronym, Country: r.Country, Town: town, ErasmusCode: given(r.ErasmusCode),
		PIC: given(r.PIC), OID: given(r.OID), ROR: given(r.ROR), DEQAR: given(r.DEQAR), Domains: r.Domains, Zone: r.Zone}
	if r.Website != nil {
		d.Website = *r.Website
	}
	if badName != nil {
		d.Name = vocab.Text{"und": "faulty"} // its fault is told already
	}
	d, err := d.check(path...)
	return d, problem.Join(badName, badTown, err)
}

// given returns nil for an empty text.
func given(s *string) *string {
	if s == nil || *s == "" {
		return nil
	}
	return s
}

// Invite invites an institution into an alliance. One that left is invited
// anew and keeps its history. It returns a CONFLICT problem when a new
// institution's identifier is taken, and when the institution is invited or a
// member already.
func (s *Service) Invite(ctx context.Context, in Invitation) (*ent.Membership, error) {
	var details Details
	var invalid error
	switch {
	case (in.InstitutionID == nil) == (in.Institution == nil):
		invalid = problem.New(problem.Invalid, "name either an institution that is known here or the details of a new one").At("input", "institutionId")
	case in.Institution != nil:
		details, invalid = in.Institution.details("input", "institution")
	}
	call := idempotency.Call{Verb: "inviteMember", Key: in.IdempotencyKey, Input: in}
	return idempotency.Write(ctx, s.DB, call, s.DB.Membership.Get, func(tx *ent.Tx) (*ent.Membership, error) {
		if err := authz.Require(ctx, authz.ManageAlliance, in.AllianceID); err != nil {
			return nil, err
		}
		if invalid != nil {
			return nil, invalid
		}
		now := vocab.Now(s.Now)
		if in.Institution != nil {
			inst, err := register(ctx, tx, details, "input", "institution")
			if err != nil {
				return nil, err
			}
			if err := audit.Record(ctx, tx, audit.Entry{Verb: "institution.register", Object: inst.ID, Institutions: []ident.ID{inst.ID}}); err != nil {
				return nil, err
			}
			if err := outbox.Append(ctx, tx, outbox.Event{Type: "institution.register", Object: inst.ID, Public: true}); err != nil {
				return nil, err
			}
			return invite(ctx, tx, in, inst.ID, now)
		}
		inst, err := tx.Institution.Get(ctx, *in.InstitutionID)
		if err != nil {
			return nil, storage.Found(err, "institution", "input", "institutionId")
		}
		known, err := tx.Membership.Query().Where(membership.AllianceID(in.AllianceID), membership.InstitutionID(inst.ID)).OnlyID(ctx)
		if ent.IsNotFound(err) {
			return invite(ctx, tx, in, inst.ID, now)
		}
		if err != nil {
			return nil, err
		}
		before, err := holdMembership(ctx, tx, known)
		if err != nil {
			return nil, err
		}
		m, err := moveMembership(ctx, tx, before, membership.StateINVITED, "membership.invite", now, func(u *ent.MembershipUpdate) {
			u.SetPart(in.Part).SetReason("").ClearSince().ClearUntil()
		})
		if p, ok := errors.AsType[*problem.Error](err); ok {
			err = p.At("input", "institutionId") // another institution may be invited
		}
		return m, err
	})
}

func invite(ctx context.Context, tx *ent.Tx, in Invitation, institutionID ident.ID, now time.Time) (*ent.Membership, error) {
	m, err := tx.Membership.Create().SetAllianceID(in.AllianceID).SetInstitutionID(institutionID).
		SetState(membership.StateINVITED).SetPart(in.Part).
		SetHistory([]vocab.Standing{{State: string(membership.StateINVITED), Since: now}}).Save(ctx)
	if storage.IsDuplicate(err) {
		return nil, problem.New(problem.Conflict, "the institution has just been invited by somebody else").At("input", "institutionId")
	}
	if err != nil {
		return nil, err
	}
	return m, recordMembership(ctx, tx, m, "membership.invite", "", membership.StateINVITED)
}

// InvitationAnswer is the institution's answer to an invitation.
type InvitationAnswer struct {
	MembershipID ident.ID
	Accept       bool
}

// AnswerInvitation joins the alliance, or declines.
func (s *Service) AnswerInvitation(ctx context.Context, a InvitationAnswer) (*ent.Membership, error) {
	to, verb := membership.StateLEFT, "membership.decline"
	if a.Accept {
		to, verb = membership.StateACTIVE, "membership.accept"
	}
	return s.changeMembership(ctx, a.MembershipID, byInstitution, func(ctx context.Context, tx *ent.Tx, m *ent.Membership, now time.Time) (*ent.Membership, error) {
		if m.State != membership.StateINVITED { // what is suspended is reinstated by the alliance alone
			return nil, problem.New(problem.Conflict, "this invitation is answered already").With("from", string(m.State)).With("to", string(to))
		}
		return moveMembership(ctx, tx, m, to, verb, now, func(u *ent.MembershipUpdate) {
			if a.Accept {
				u.SetSince(now)
			} else {
				u.SetUntil(now)
			}
		})
	})
}

// Reasoned is a change of a membership that says why.
type Reasoned struct {
	MembershipID ident.ID
	Reason       string
}

func (r Reasoned) check() (string, error) {
	reason, err := vocab.Line(maxReason, r.Reason, "input", "reason")
	if err == nil && reason == "" {
		err = problem.New(problem.Invalid, "a reason is needed").At("input", "reason")
	}
	return reason, err
}

// Suspend suspends an active member, with a reason that its staff sees. What
// follows is said in the comment of the package.
func (s *Service) Suspend(ctx context.Context, r Reasoned) (*ent.Membership, error) {
	return s.reasoned(ctx, r, byAlliance, membership.StateSUSPENDED, "membership.suspend", func(*ent.MembershipUpdate, time.Time) {})
}

// End ends a membership, or takes an invitation back. The alliance may, and the
// institution itself.
func (s *Service) End(ctx context.Context, r Reasoned) (*ent.Membership, error) {
	return s.reasoned(ctx, r, byEither, membership.StateLEFT, "membership.end", func(u *ent.MembershipUpdate, now time.Time) { u.SetUntil(now) })
}

func (s *Service) reasoned(ctx context.Context, r Reasoned, by side, to membership.State, verb string, set func(*ent.MembershipUpdate, time.Time)) (*ent.Membership, error) {
	return s.changeMembership(ctx, r.MembershipID, by, func(ctx context.Context, tx *ent.Tx, m *ent.Membership, now time.Time) (*ent.Membership, error) {
		reason, err := r.check()
		if err != nil {
			return nil, err
		}
		return moveMembership(ctx, tx, m, to, verb, now, func(u *ent.MembershipUpdate) {
			u.SetReason(reason)
			set(u, now)
		})
	})
}

// Reinstate makes a suspended member active again.
func (s *Service) Reinstate(ctx context.Context, id ident.ID) (*ent.Membership, error) {
	return s.changeMembership(ctx, id, byAlliance, func(ctx context.Context, tx *ent.Tx, m *ent.Membership, now time.Time) (*ent.Membership, error) {
		if m.State != membership.StateSUSPENDED { // an invitation is answered by the institution alone
			return nil, problem.New(problem.Conflict, "only a suspended member is reinstated").With("from", string(m.State)).With("to", string(membership.StateACTIVE))
		}
		return moveMembership(ctx, tx, m, membership.StateACTIVE, "membership.reinstate", now, func(u *ent.MembershipUpdate) { u.SetReason("") })
	})
}

// side says who may change a membership.
type side func(context.Context, *ent.Membership) error

func byAlliance(ctx context.Context, m *ent.Membership) error {
	return authz.Require(ctx, authz.ManageAlliance, m.AllianceID)
}

func byInstitution(ctx context.Context, m *ent.Membership) error {
	return authz.Require(ctx, authz.ManageInstitution, m.InstitutionID)
}

func byEither(ctx context.Context, m *ent.Membership) error {
	alliance, own := byAlliance(ctx, m), byInstitution(ctx, m)
	switch {
	case alliance == nil || own == nil:
		return nil
	case errors.Is(alliance, problem.Is(problem.StepUpRequired)): // with the right: only the proof is missing
		return alliance
	}
	return own
}

// AllianceActions says what the viewer may do for an alliance.
func AllianceActions(ctx context.Context, a *ent.Alliance) []authz.Action {
	manage := authz.Require(ctx, authz.ManageAlliance, a.ID)
	return []authz.Action{authz.Act("updateAlliance", manage), authz.Act("inviteMember", manage)}
}

// Actions says what the viewer may do for an institution.
func Actions(ctx context.Context, i *ent.Institution) []authz.Action {
	manage := authz.Require(ctx, authz.ManageInstitution, i.ID)
	return []authz.Action{authz.Act("updateInstitution", manage), authz.Act("addUnit", manage)}
}

// MembershipActions says what the viewer may do with a membership now.
func MembershipActions(ctx context.Context, m *ent.Membership) []authz.Action {
	invited := func() error {
		if m.State == membership.StateINVITED {
			return nil
		}
		return problem.New(problem.Conflict, "this invitation is answered already")
	}
	suspended := func() error {
		if m.State == membership.StateSUSPENDED {
			return nil
		}
		return problem.New(problem.Conflict, "only a suspended member is reinstated")
	}
	may := func(to membership.State) error { return membershipStates.Check("membership", m.State, to) }
	return []authz.Action{
		authz.Act("inviteMember", byAlliance(ctx, m), may(membership.StateINVITED)),
		authz.Act("answerInvitation", byInstitution(ctx, m), invited()),
		authz.Act("suspendMember", byAlliance(ctx, m), may(membership.StateSUSPENDED)),
		authz.Act("reinstateMember", byAlliance(ctx, m), suspended()),
		authz.Act("endMembership", byEither(ctx, m), may(membership.StateLEFT)),
	}
}

func (s *Service) changeMembership(ctx context.Context, id ident.ID, by side, change func(context.Context, *ent.Tx, *ent.Membership, time.Time) (*ent.Membership, error)) (*ent.Membership, error) {
	if _, err := authz.SignedIn(ctx); err != nil {
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Membership, error) {
		m, err := holdMembership(ctx, tx, id)
		if err != nil {
			return nil, storage.Found(err, "membership", "input", "membershipId")
		}
		if err := by(ctx, m); err != nil {
			return nil, err
		}
		return change(ctx, tx, m, vocab.Now(s.Now))
	})
}

// holdMembership writes a membership's row before it is read, so that whoever
// changes it at the same moment waits.
func holdMembership(ctx context.Context, tx *ent.Tx, id ident.ID) (*ent.Membership, error) {
	if err := storage.Hold(ctx, tx.Membership.Update().Where(membership.ID(id))); err != nil {
		return nil, err
	}
	return tx.Membership.Get(ctx, id)
}

// moveMembership takes m, which its caller holds, to another state and adds it to
// the history.
func moveMembership(ctx context.Context, tx *ent.Tx, m *ent.Membership, to membership.State, verb string, now time.Time, set func(*ent.MembershipUpdate)) (*ent.Membership, error) {
	if err := membershipStates.Check("membership", m.State, to); err != nil {
		return nil, err
	}
	update := tx.Membership.Update().Where(membership.ID(m.ID)).SetState(to).
		SetHistory(append(slices.Clone(m.History), vocab.Standing{State: string(to), Since: now}))
	set(update)
	if err := update.Exec(ctx); err != nil {
		return nil, err
	}
	if err := recordMembership(ctx, tx, m, verb, m.State, to); err != nil {
		return nil, err
	}
	return tx.Membership.Get(ctx, m.ID)
}

// recordMembership writes the audit entry of a change and its event. An
// invitation concerns the two sides; everything that follows is public.
func recordMembership(ctx context.Context, tx *ent.Tx, m *ent.Membership, verb string, from, to membership.State) error {
	details := map[string]string{"alliance": string(m.AllianceID), "institution": string(m.InstitutionID), "to": string(to)}
	if from != "" {
		details["from"] = string(from)
	}
	entry := audit.Entry{Verb: verb, Object: m.ID, Institutions: []ident.ID{m.InstitutionID}, Details: details}
	if err := audit.Record(ctx, tx, entry); err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Event{Type: verb, Object: m.ID, Payload: details, Home: m.InstitutionID, Public: to != membership.StateINVITED})
}

// Active says which of the institutions are ACTIVE in an alliance now, in one
// statement.
func Active(ctx context.Context, db *ent.Client, institutions ...ident.ID) (map[ident.ID]bool, error) {
	all, err := db.Membership.Query().Where(membership.InstitutionIDIn(institutions...), membership.StateEQ(membership.StateACTIVE)).
		Select(membership.FieldInstitutionID).All(ctx)
	if err != nil {
		return nil, err
	}
	active := make(map[ident.ID]bool, len(institutions))
	for _, m := range all {
		active[m.InstitutionID] = true
	}
	return active, nil
}

// RequireActive returns a CONFLICT problem unless the institution is ACTIVE in
// an alliance: only members begin anything new.
func RequireActive(ctx context.Context, db *ent.Client, institution ident.ID) error {
	active, err := Active(ctx, db, institution)
	if err != nil || active[institution] {
		return err
	}
	return problem.New(problem.Conflict, "the institution is no active member of an alliance")
}

// ActiveAt says whether the institution was ACTIVE in an alliance at a moment,
// and whether it is now.
func ActiveAt(ctx context.Context, db *ent.Client, institution ident.ID, at time.Time) (then, now bool, err error) {
	all, err := db.Membership.Query().Where(membership.InstitutionID(institution)).All(ctx)
	for _, m := range all {
		then = then || vocab.StandingAt(m.History, at) == string(membership.StateACTIVE)
		now = now || m.State == membership.StateACTIVE
	}
	return then, now, err
}
