package institution

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

var membershipStates = lifecycle.New("membership", lifecycle.Next[membership.State]{
	membership.StateINVITED:   {membership.StateACTIVE, membership.StateLEFT},
	membership.StateACTIVE:    {membership.StateSUSPENDED, membership.StateLEFT},
	membership.StateSUSPENDED: {membership.StateACTIVE, membership.StateLEFT},
	membership.StateLEFT:      {membership.StateINVITED},
})

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
	given := func(s *string) *string { return vocab.Given(vocab.OrZero(s)) }
	d := Details{SCHAC: r.SCHAC, Name: name, Acronym: r.Acronym, Country: r.Country, Town: town, ErasmusCode: given(r.ErasmusCode),
		PIC: given(r.PIC), OID: given(r.OID), ROR: given(r.ROR), DEQAR: given(r.DEQAR), Website: vocab.OrZero(r.Website), Domains: r.Domains, Zone: r.Zone}
	if badName != nil {
		d.Name = vocab.Text{"und": "faulty"} // its fault is told already
	}
	d, err := d.check(path...)
	return d, problem.Join(badName, badTown, err)
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
	return idempotency.Write(ctx, s.DB, idempotency.Of(toInvite, in.IdempotencyKey, in), s.DB.Membership.Get, func(tx *ent.Tx) (*ent.Membership, error) {
		if err := cmp.Or(toInvite.Require(ctx, in.AllianceID), invalid); err != nil {
			return nil, err
		}
		now := vocab.Now(s.Now)
		if in.Institution != nil {
			inst, err := register(ctx, tx, details, "input", "institution")
			if err != nil {
				return nil, err
			}
			if err := ledger.Note(ctx, tx, toRegister, ofInstitution(inst)); err != nil {
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
		before, err := storage.Held(ctx, tx.Membership, known)
		if err != nil {
			return nil, err
		}
		m, err := moveMembership(ctx, tx, before, membership.StateINVITED, toInvite, now, func(u *ent.MembershipUpdate) {
			u.SetPart(in.Part).SetReason("").ClearSince().ClearUntil()
		})
		if p, ok := errors.AsType[*problem.Error](err); ok {
			err = p.At("input", "institutionId") // another institution may be invited
		}
		return m, err
	})
}

func invite(ctx context.Context, tx *ent.Tx, in Invitation, institutionID ident.ID, now time.Time) (*ent.Membership, error) {
	taken := problem.New(problem.Conflict, "the institution has just been invited by somebody else").At("input", "institutionId")
	return ledger.Made(ctx, tx, toInvite, ofMembership(""), taken, tx.Membership.Create().SetAllianceID(in.AllianceID).
		SetInstitutionID(institutionID).SetState(membership.StateINVITED).SetPart(in.Part).
		SetHistory([]vocab.Standing{{State: string(membership.StateINVITED), Since: now}}))
}

// InvitationAnswer is the institution's answer to an invitation.
type InvitationAnswer struct {
	MembershipID ident.ID
	Accept       bool
}

// AnswerInvitation joins the alliance, or declines.
func (s *Service) AnswerInvitation(ctx context.Context, a InvitationAnswer) (*ent.Membership, error) {
	to, verb := membership.StateLEFT, toDecline
	if a.Accept {
		to, verb = membership.StateACTIVE, toAccept
	}
	return s.changeMembership(ctx, a.MembershipID, byInstitution, verb, func(ctx context.Context, tx *ent.Tx, m *ent.Membership, now time.Time) (*ent.Membership, error) {
		if m.State != membership.StateINVITED { // what is suspended is reinstated by the alliance alone
			return nil, errAnswered.With(problem.Transition{From: string(m.State), To: string(to)})
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

// Suspend suspends an active member, with a reason that its staff sees. What
// follows is said in the comment of the package.
func (s *Service) Suspend(ctx context.Context, r Reasoned) (*ent.Membership, error) {
	return s.reasoned(ctx, r, byAlliance, membership.StateSUSPENDED, toSuspend, func(*ent.MembershipUpdate, time.Time) {})
}

// End ends a membership, or takes an invitation back. The alliance may, and the
// institution itself.
func (s *Service) End(ctx context.Context, r Reasoned) (*ent.Membership, error) {
	return s.reasoned(ctx, r, byEither, membership.StateLEFT, toEnd, func(u *ent.MembershipUpdate, now time.Time) { u.SetUntil(now) })
}

func (s *Service) reasoned(ctx context.Context, r Reasoned, by side, to membership.State, verb *ledger.Verb, set func(*ent.MembershipUpdate, time.Time)) (*ent.Membership, error) {
	return s.changeMembership(ctx, r.MembershipID, by, verb, func(ctx context.Context, tx *ent.Tx, m *ent.Membership, now time.Time) (*ent.Membership, error) {
		reason, err := vocab.LineOr(vocab.ErrNoReason, maxReason, r.Reason, "input", "reason")
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
	return s.changeMembership(ctx, id, byAlliance, toReinstate, func(ctx context.Context, tx *ent.Tx, m *ent.Membership, now time.Time) (*ent.Membership, error) {
		if m.State != membership.StateSUSPENDED { // an invitation is answered by the institution alone
			return nil, errNotSuspended.With(problem.Transition{From: string(m.State), To: string(membership.StateACTIVE)})
		}
		return moveMembership(ctx, tx, m, membership.StateACTIVE, toReinstate, now, func(u *ent.MembershipUpdate) { u.SetReason("") })
	})
}

var (
	errAnswered     = problem.New(problem.Conflict, "this invitation is answered already")
	errNotSuspended = problem.New(problem.Conflict, "only a suspended member is reinstated")
)

// side says who may change a membership.
type side func(context.Context, *ledger.Verb, *ent.Membership) error

func byAlliance(ctx context.Context, v *ledger.Verb, m *ent.Membership) error {
	return v.Require(ctx, m.AllianceID)
}

func byInstitution(ctx context.Context, v *ledger.Verb, m *ent.Membership) error {
	return v.Require(ctx, m.InstitutionID)
}

func byEither(ctx context.Context, v *ledger.Verb, m *ent.Membership) error {
	alliance, own := v.Require(ctx, m.AllianceID), v.RequireOr(ctx, m.InstitutionID)
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
	manage := toUpdateAlliance.Require(ctx, a.ID)
	return []authz.Action{toUpdateAlliance.Act(manage), toInvite.Act(manage)}
}

// Actions says what the viewer may do for an institution.
func Actions(ctx context.Context, i *ent.Institution) []authz.Action {
	manage := toUpdate.Require(ctx, i.ID)
	return []authz.Action{toUpdate.Act(manage), toProposeIdentity.Act(manage), toAddUnit.Act(manage)}
}

// MembershipActions says what the viewer may do with a membership now.
func MembershipActions(ctx context.Context, m *ent.Membership) []authz.Action {
	invited := problem.If(m.State != membership.StateINVITED, errAnswered)
	suspended := problem.If(m.State != membership.StateSUSPENDED, errNotSuspended)
	may := func(to membership.State) error { return membershipStates.Check(m.State, to) }
	return []authz.Action{
		toInvite.Act(byAlliance(ctx, toInvite, m), may(membership.StateINVITED)),
		toAccept.Act(byInstitution(ctx, toAccept, m), invited),
		toSuspend.Act(byAlliance(ctx, toSuspend, m), may(membership.StateSUSPENDED)),
		toReinstate.Act(byAlliance(ctx, toReinstate, m), suspended),
		toEnd.Act(byEither(ctx, toEnd, m), may(membership.StateLEFT)),
	}
}

func (s *Service) changeMembership(
	ctx context.Context, id ident.ID, by side, verb *ledger.Verb,
	change func(context.Context, *ent.Tx, *ent.Membership, time.Time) (*ent.Membership, error),
) (*ent.Membership, error) {
	if _, err := authz.SignedIn(ctx); err != nil {
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Membership, error) {
		m, err := storage.Held(ctx, tx.Membership, id)
		if err != nil {
			return nil, storage.Found(err, "membership", "input", "membershipId")
		}
		if err := by(ctx, verb, m); err != nil {
			return nil, err
		}
		return change(ctx, tx, m, vocab.Now(s.Now))
	})
}

// moveMembership takes m, which its caller holds, to another state and adds it to
// the history.
func moveMembership(
	ctx context.Context, tx *ent.Tx, m *ent.Membership, to membership.State, verb *ledger.Verb, now time.Time,
	set func(*ent.MembershipUpdate),
) (*ent.Membership, error) {
	update := tx.Membership.Update().SetHistory(append(slices.Clone(m.History), vocab.Standing{State: string(to), Since: now}))
	set(update)
	done := storage.Move(ctx, membershipStates, m.ID, m.State, to, update)
	if done == nil && to == membership.StateACTIVE {
		done = protectMember(ctx, tx, m.AllianceID, m.InstitutionID)
	}
	return ledger.NotedAs(ctx, tx, done, verb, ofMembership(m.State), tx.Membership.Get, m.ID)
}

// ofMembership is a membership for the record, which was in a state before.
// An invitation concerns the two sides; everything that follows is public.
func ofMembership(from membership.State) func(*ent.Membership) ledger.Thing {
	return func(m *ent.Membership) ledger.Thing {
		return ledger.Thing{ID: m.ID, Home: m.InstitutionID, At: []ident.ID{m.AllianceID}, Public: m.State != membership.StateINVITED, Payload: vocab.Payload{
			Alliance: m.AllianceID, Institution: m.InstitutionID, From: string(from), To: string(m.State)}}
	}
}

// BroughtBy returns the alliance that acts for each institution until it has an
// administrator: somebody has to let its first people in. It is the one whose
// invitation is the oldest of those that have not ended, so that nobody else
// gets a say by inviting it too.
func BroughtBy(ctx context.Context, db *ent.Client, institutions ...ident.ID) (map[ident.ID]ident.ID, error) {
	all, err := db.Membership.Query().Where(membership.InstitutionIDIn(institutions...), membership.StateNEQ(membership.StateLEFT)).
		Order(membership.ByID()).All(viewer.AsSystem(ctx))
	if err != nil {
		return nil, err
	}
	return Brought(all), nil
}

// Brought is BroughtBy of memberships that have not ended, oldest first.
func Brought(all []*ent.Membership) map[ident.ID]ident.ID {
	by := map[ident.ID]ident.ID{}
	for _, m := range all {
		if by[m.InstitutionID] == "" {
			by[m.InstitutionID] = m.AllianceID
		}
	}
	return by
}

// ByAlliance wants, for each institution, an administrator of an alliance to
// which it belongs. Until it belongs to any and has an administrator, the
// alliance whose invitation brought it here acts for it: somebody has to let its
// first people in. Nobody else gets a say by inviting it.
func ByAlliance(ctx context.Context, db *ent.Client, now time.Time, verb *ledger.Verb, institutions ...ident.ID) error {
	system := viewer.AsSystem(ctx)
	all, err := db.Membership.Query().Where(membership.InstitutionIDIn(institutions...), membership.StateNEQ(membership.StateLEFT)).
		Order(membership.ByID()).All(system)
	if err != nil {
		return err
	}
	brought := Brought(all)
	for _, inst := range institutions {
		refused := verb.Require(ctx, inst)
		if refused == nil {
			continue
		}
		var alliances []ident.ID
		for _, m := range all {
			if m.InstitutionID == inst && m.State != membership.StateINVITED {
				alliances = append(alliances, m.AllianceID)
			}
		}
		if len(alliances) == 0 && brought[inst] != "" {
			governed, err := db.RoleGrant.Query().Where(authz.Governs(inst, now)).Exist(system)
			if err != nil {
				return err
			}
			if !governed {
				alliances = []ident.ID{brought[inst]}
			}
		}
		for _, a := range alliances {
			if refused = verb.Require(ctx, a); refused == nil || !errors.Is(refused, problem.Is(problem.Forbidden)) {
				break
			}
		}
		if refused != nil {
			return refused
		}
	}
	return nil
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
