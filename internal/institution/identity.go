package institution

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/institutionchange"
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

// What an institution is called is proposed by one of its administrators, and
// approved by an administrator of an alliance that it is a member of: who is
// called like another poses as it, and the rules of name.go know only what looks
// alike, not what is true.
var changeStates = lifecycle.New("institution change", lifecycle.Next[institutionchange.State]{
	institutionchange.StatePROPOSED:  {institutionchange.StateAPPROVED, institutionchange.StateREJECTED, institutionchange.StateWITHDRAWN},
	institutionchange.StateAPPROVED:  {},
	institutionchange.StateREJECTED:  {},
	institutionchange.StateWITHDRAWN: {},
})

// IdentityProposal is what an institution would like to be called. What is nil
// stays as it is; an empty identifier is removed.
type IdentityProposal struct {
	InstitutionID  ident.ID
	Name           []vocab.Translation
	Acronym        *string
	ErasmusCode    *string
	PIC            *string
	OID            *string
	ROR            *string
	DEQAR          *string
	Domains        []string
	IdempotencyKey *string
}

// on returns what the institution will be called, or all that is wrong with it.
func (p IdentityProposal) on(i *ent.Institution) (vocab.InstitutionIdentity, error) {
	now := identityOf(i)
	name, badName := vocab.TextOf(maxName, p.Name, "input", "name")
	found := []error{badName, optionalIdentifiers(p.ErasmusCode, p.PIC, p.OID, p.ROR, p.DEQAR).check("input")}
	if p.Name != nil {
		now.Name = name
		found = append(found, problem.If(len(p.Name) == 0, errNoName.At("input", "name")))
	}
	var err error
	if p.Acronym != nil {
		now.Acronym, err = vocab.Line(maxAcronym, *p.Acronym, "input", "acronym")
		found = append(found, err)
	}
	if p.Domains != nil {
		now.Domains, err = domains(p.Domains, "input", "domains")
		found = append(found, err)
	}
	for _, id := range []struct{ value, given **string }{
		{&now.ErasmusCode, &p.ErasmusCode}, {&now.PIC, &p.PIC}, {&now.OID, &p.OID}, {&now.ROR, &p.ROR}, {&now.DEQAR, &p.DEQAR},
	} {
		if *id.given != nil {
			*id.value = vocab.Given(**id.given)
		}
	}
	return now, problem.Join(found...)
}

func identityOf(i *ent.Institution) vocab.InstitutionIdentity {
	return vocab.InstitutionIdentity{Name: i.Name, Acronym: i.Acronym, Domains: i.Domains,
		ErasmusCode: i.ErasmusCode, PIC: i.Pic, OID: i.Oid, ROR: i.Ror, DEQAR: i.Deqar}
}

// freeFor returns a CONFLICT problem at each field that another institution has.
func freeFor(ctx context.Context, tx *ent.Tx, i *ent.Institution, as vocab.InstitutionIdentity) error {
	return problem.Join(optionalIdentifiers(as.ErasmusCode, as.PIC, as.OID, as.ROR, as.DEQAR).free(ctx, tx, i.ID, "input"),
		namingOf(i, as).free(ctx, tx, i.ID, "input"))
}

func namingOf(i *ent.Institution, as vocab.InstitutionIdentity) naming {
	return naming{as.Name, as.Acronym, i.Schac, as.Domains}
}

// ProposeIdentity proposes what an institution shall be called. A further
// proposal stands in the place of one that waits, and who made either approves
// neither. It returns an INVALID problem for each broken value, and a CONFLICT
// problem at each that is another institution's or looks like it.
func (s *Service) ProposeIdentity(ctx context.Context, p IdentityProposal) (*ent.InstitutionChange, error) {
	call := idempotency.Of(toProposeIdentity, p.IdempotencyKey, p)
	return idempotency.Write(ctx, s.DB, call, s.DB.InstitutionChange.Get, func(tx *ent.Tx) (*ent.InstitutionChange, error) {
		if err := toProposeIdentity.Require(ctx, p.InstitutionID); err != nil {
			return nil, err
		}
		inst, err := storage.Held(ctx, tx.Institution, p.InstitutionID) // so that of two proposals one finds the other
		if err != nil {
			return nil, storage.Found(err, "institution", "input", "institutionId")
		}
		as, err := p.on(inst)
		if err := cmp.Or(err, problem.If(len(differs(identityOf(inst), as)) == 0, errSame.At("input", "institutionId"))); err != nil {
			return nil, err
		}
		if err := freeFor(ctx, tx, inst, as); err != nil {
			return nil, err
		}
		system, by, now := viewer.AsSystem(ctx), viewer.From(ctx).ByPerson(), vocab.Now(s.Now)
		open, err := tx.InstitutionChange.Query().Where(institutionchange.LiveKey(string(inst.ID))).Only(system)
		if ent.IsNotFound(err) {
			create := tx.InstitutionChange.Create().SetInstitutionID(inst.ID).SetProposed(as).SetState(institutionchange.StatePROPOSED).
				SetLiveKey(string(inst.ID)).SetNillableProposedByID(by).SetProposers(among(nil, by)).SetProposedAt(now)
			return ledger.Made(ctx, tx, toProposeIdentity, ofChange, problem.Raced("institution", inst.ID), create)
		}
		if err != nil {
			return nil, err
		}
		update := tx.InstitutionChange.UpdateOne(open).SetProposed(as).SetNillableProposedByID(by).SetProposers(among(open.Proposers, by)).SetProposedAt(now)
		return ledger.Made(ctx, tx, toProposeIdentity, ofChange, nil, update)
	})
}

var errSame = problem.New(problem.Invalid, "the institution is called so already: give what shall change")

// among adds somebody to the proposers.
func among(proposers []ident.ID, by *ident.ID) []ident.ID {
	all := append([]ident.ID{}, proposers...)
	if by != nil && !slices.Contains(all, *by) {
		all = append(all, *by)
	}
	return all
}

// IdentityApproval gives an institution what was proposed. Proposal is the digest
// of it as it was read, so that nothing else is approved than what was looked at.
type IdentityApproval struct {
	ChangeID       ident.ID
	Proposal       string
	IdempotencyKey *string
}

// ApproveIdentity has an institution be called as was proposed. Administrators
// of its alliances may, but nobody what they proposed themselves. It returns a
// CONFLICT problem when the proposal, or the institution, has changed since it
// was read, and where another institution has it by now.
func (s *Service) ApproveIdentity(ctx context.Context, a IdentityApproval) (*ent.InstitutionChange, error) {
	call := idempotency.Of(toApproveIdentity, a.IdempotencyKey, a)
	return s.decide(ctx, call, a.ChangeID, s.byAlliance, institutionchange.StateAPPROVED, func(tx *ent.Tx, row *ent.InstitutionChange, u *ent.InstitutionChangeUpdate) error {
		if err := authz.OtherEyes(viewer.From(ctx), row.Proposers); err != nil {
			return err
		}
		if err := changeStates.Check(row.State, institutionchange.StateAPPROVED); err != nil {
			return err
		}
		inst, err := storage.Held(ctx, tx.Institution, row.InstitutionID)
		if err != nil {
			return err
		}
		alike, err := sharing(ctx, tx.Client(), row)
		if err != nil {
			return err
		}
		if digest(row, inst, alike[row.ID]) != a.Proposal {
			return problem.Raced("institution change", row.ID).At("input", "proposal")
		}
		if err := freeFor(ctx, tx, inst, row.Proposed); err != nil {
			return taken(err)
		}
		return be(ctx, tx, inst, row.Proposed)
	})
}

// taken tells at the change what is told at the fields of a proposal.
func taken(err error) error {
	all := problem.All(err)
	if len(all) == 0 {
		return err
	}
	return problem.Join(vocab.Each(all, func(p *problem.Error) error { return p.At("input", "changeId") })...)
}

// be has the institution, which the caller holds, be called so.
func be(ctx context.Context, tx *ent.Tx, i *ent.Institution, as vocab.InstitutionIdentity) error {
	u := tx.Institution.UpdateOne(i).SetName(as.Name).SetAcronym(as.Acronym).SetDomains(as.Domains)
	for _, id := range []struct {
		value *string
		set   func(string) *ent.InstitutionUpdateOne
		clear func() *ent.InstitutionUpdateOne
	}{
		{as.ErasmusCode, u.SetErasmusCode, u.ClearErasmusCode}, {as.PIC, u.SetPic, u.ClearPic}, {as.OID, u.SetOid, u.ClearOid},
		{as.ROR, u.SetRor, u.ClearRor}, {as.DEQAR, u.SetDeqar, u.ClearDeqar},
	} {
		if id.value == nil {
			id.clear()
		} else {
			id.set(*id.value)
		}
	}
	if err := storage.IfTaken(u.Exec(ctx), errTaken.At("input", "changeId")); err != nil { // by who took it at the same moment
		return err
	}
	if err := namingOf(i, as).take(ctx, tx, i.ID); err != nil {
		return taken(err)
	}
	noted := ofInstitution(i)
	noted.Payload.Fields = differs(identityOf(i), as)
	return ledger.Note(ctx, tx, toIdentify, noted)
}

// IdentityRejection leaves an institution as it is called, and says why.
type IdentityRejection struct {
	ChangeID       ident.ID
	Reason         string
	IdempotencyKey *string
}

// RejectIdentity refuses a proposal, for the alliance.
func (s *Service) RejectIdentity(ctx context.Context, r IdentityRejection) (*ent.InstitutionChange, error) {
	call := idempotency.Of(toRejectIdentity, r.IdempotencyKey, r)
	return s.decide(ctx, call, r.ChangeID, s.byAlliance, institutionchange.StateREJECTED, func(_ *ent.Tx, _ *ent.InstitutionChange, u *ent.InstitutionChangeUpdate) error {
		reason, err := vocab.LineOr(vocab.ErrNoReason, maxReason, r.Reason, "input", "reason")
		u.SetReason(reason)
		return err
	})
}

// IdentityWithdrawal takes a proposal back.
type IdentityWithdrawal struct {
	ChangeID       ident.ID
	IdempotencyKey *string
}

// WithdrawIdentity takes a proposal back, for the institution.
func (s *Service) WithdrawIdentity(ctx context.Context, w IdentityWithdrawal) (*ent.InstitutionChange, error) {
	call := idempotency.Of(toWithdrawIdentity, w.IdempotencyKey, w)
	return s.decide(ctx, call, w.ChangeID, byOwn, institutionchange.StateWITHDRAWN, func(*ent.Tx, *ent.InstitutionChange, *ent.InstitutionChangeUpdate) error { return nil })
}

// byAlliance and byOwn say who decides a change.
func (s *Service) byAlliance(ctx context.Context, db *ent.Client, v *ledger.Verb, row *ent.InstitutionChange) error {
	return ByAlliance(ctx, db, s.Now(), v, row.InstitutionID)
}

func byOwn(ctx context.Context, _ *ent.Client, v *ledger.Verb, row *ent.InstitutionChange) error {
	return v.Require(ctx, row.InstitutionID)
}

// decide ends a proposal.
func (s *Service) decide(
	ctx context.Context, call idempotency.Call, id ident.ID, by func(context.Context, *ent.Client, *ledger.Verb, *ent.InstitutionChange) error,
	to institutionchange.State, set func(*ent.Tx, *ent.InstitutionChange, *ent.InstitutionChangeUpdate) error,
) (*ent.InstitutionChange, error) {
	return idempotency.Write(ctx, s.DB, call, s.DB.InstitutionChange.Get, func(tx *ent.Tx) (*ent.InstitutionChange, error) {
		row, err := storage.Held(ctx, tx.InstitutionChange, id)
		if err != nil {
			return nil, storage.Found(err, "institution change", "input", "changeId")
		}
		if err := by(ctx, tx.Client(), call.Verb, row); err != nil {
			return nil, err
		}
		update := tx.InstitutionChange.Update().ClearLiveKey().SetNillableDecidedByID(viewer.From(ctx).ByPerson()).SetDecidedAt(vocab.Now(s.Now))
		if err := set(tx, row, update); err != nil {
			return nil, err
		}
		return ledger.NotedAs(ctx, tx, storage.Move(ctx, changeStates, id, row.State, to, update), call.Verb, ofChange, tx.InstitutionChange.Get, id)
	})
}

// ofChange is a change for the record of its institution.
func ofChange(c *ent.InstitutionChange) ledger.Thing {
	return ledger.Thing{ID: c.ID, Host: c.InstitutionID, Details: map[string]string{"to": string(c.State)}}
}

// ChangeActions says what the viewer may do with a change now.
func (s *Service) ChangeActions(ctx context.Context, row *ent.InstitutionChange) ([]authz.Action, error) {
	alliance := s.byAlliance(ctx, s.DB, toApproveIdentity, row)
	if alliance != nil && problem.All(alliance) == nil {
		return nil, alliance
	}
	may := func(to institutionchange.State) error { return changeStates.Check(row.State, to) }
	return []authz.Action{
		toApproveIdentity.Act(alliance, authz.OtherEyes(viewer.From(ctx), row.Proposers), may(institutionchange.StateAPPROVED)),
		toRejectIdentity.Act(alliance, may(institutionchange.StateREJECTED)),
		toWithdrawIdentity.Act(byOwn(ctx, nil, toWithdrawIdentity, row), may(institutionchange.StateWITHDRAWN)),
	}, nil
}

// Waiting is what who decides a change has to know.
type Waiting struct {
	Proposal string   // digest of what would be approved
	Sharing  []string // names of the other institutions that have the acronym or go by it, in a language
}

// Waiting returns that of the changes that are proposed.
func (s *Service) Waiting(ctx context.Context, language string, rows []*ent.InstitutionChange) (map[ident.ID]Waiting, error) {
	rows = slices.DeleteFunc(slices.Clone(rows), func(c *ent.InstitutionChange) bool { return c.State != institutionchange.StatePROPOSED })
	all := map[ident.ID]Waiting{}
	if len(rows) == 0 {
		return all, nil
	}
	found, err := s.DB.Institution.Query().Where(institution.IDIn(vocab.Each(rows, func(c *ent.InstitutionChange) ident.ID { return c.InstitutionID })...)).
		All(viewer.AsSystem(ctx))
	if err != nil {
		return nil, err
	}
	alike, err := sharing(ctx, s.DB, rows...)
	if err != nil {
		return nil, err
	}
	for _, c := range rows {
		for _, i := range found {
			if i.ID == c.InstitutionID {
				all[c.ID] = Waiting{digest(c, i, alike[c.ID]), vocab.Each(alike[c.ID], func(o *ent.Institution) string { return o.Name.In(language) })}
			}
		}
	}
	return all, nil
}

// maxSharing bounds the institutions that share an acronym.
const maxSharing = 50

// sharing returns, for each change, the other institutions whose acronym looks
// like the one that is proposed, or like a name that is: no obstacle, but to be
// looked at.
func sharing(ctx context.Context, db *ent.Client, rows ...*ent.InstitutionChange) (map[ident.ID][]*ent.Institution, error) {
	others, err := db.Institution.Query().Order(institution.ByID()).All(viewer.AsSystem(ctx))
	if err != nil {
		return nil, err
	}
	all := map[ident.ID][]*ent.Institution{}
	for _, c := range rows {
		looks := []string{vocab.Skeleton(c.Proposed.Acronym)}
		for _, t := range c.Proposed.Name.Translations() {
			looks = append(looks, vocab.Skeleton(t.Text))
		}
		for _, other := range others {
			if look := vocab.Skeleton(other.Acronym); other.ID != c.InstitutionID && look != "" && len(all[c.ID]) < maxSharing && slices.Contains(looks, look) {
				all[c.ID] = append(all[c.ID], other)
			}
		}
	}
	return all, nil
}

// digest is the SHA-256 of what is approved, in hexadecimal: what the institution
// is called, what it will be called, and who shares the acronym.
func digest(row *ent.InstitutionChange, i *ent.Institution, alike []*ent.Institution) string {
	b, err := json.Marshal([]any{row.ID, identityOf(i), row.Proposed, vocab.Each(alike, func(o *ent.Institution) ident.ID { return o.ID })})
	if err != nil {
		panic(err) // texts always become JSON
	}
	return storage.Digest(string(b))
}

// differs lists the fields in which two differ.
func differs(a, b vocab.InstitutionIdentity) (fields []string) {
	same := func(a, b *string) bool { return vocab.OrZero(a) == vocab.OrZero(b) }
	for _, f := range []struct {
		name string
		same bool
	}{
		{"name", maps.Equal(a.Name, b.Name)}, {"acronym", a.Acronym == b.Acronym}, {"erasmusCode", same(a.ErasmusCode, b.ErasmusCode)},
		{"pic", same(a.PIC, b.PIC)}, {"oid", same(a.OID, b.OID)}, {"ror", same(a.ROR, b.ROR)}, {"deqar", same(a.DEQAR, b.DEQAR)},
		{"domains", strings.Join(a.Domains, " ") == strings.Join(b.Domains, " ")},
	} {
		if !f.same {
			fields = append(fields, f.name)
		}
	}
	return fields
}
