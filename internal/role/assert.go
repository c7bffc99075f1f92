package role

import (
	"context"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/ent/rolerule"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Claims are what an identity provider asserts about somebody, on behalf of an
// institution for which it may speak.
type Claims struct {
	InstitutionID ident.ID
	Affiliations  []string // eduPerson values, such as "staff"
	Entitlements  []string // URIs
}

func (c Claims) meet(r *ent.RoleRule) bool {
	if r.Attribute == rolerule.AttributeEDUPERSON_AFFILIATION {
		return slices.Contains(c.Affiliations, r.Value)
	}
	return slices.Contains(c.Entitlements, r.Value)
}

// worthRenewing is by how much a sign-in must prolong a role to be a change:
// otherwise everybody who signs in twice a day would fill the record.
const worthRenewing = 24 * time.Hour

// Assert applies the rules of the institution to what was just asserted: it
// gives or prolongs the roles whose value is there, and ends those whose value
// is not. A rule gives nothing to who made it, nothing to whom somebody took its
// role back, and nothing at a unit that is closed.
//
// It runs on behalf of the system, in the transaction of the sign-in, which
// holds the row of the person: of two sign-ins of one person the second sees
// what the first gave. It takes one statement while the institution has no rule.
// Where something is to be changed it holds the institution and decides anew, as
// a rule may just have ended and a unit closed.
func Assert(ctx context.Context, tx *ent.Tx, person ident.ID, c Claims, now time.Time) error {
	changes, err := due(ctx, tx, person, c, now)
	if err != nil || len(changes) == 0 {
		return err
	}
	if err := lock(ctx, tx, c.InstitutionID); err != nil {
		return err
	}
	if changes, err = due(ctx, tx, person, c, now); err != nil {
		return err
	}
	for _, change := range changes {
		if err := change(); err != nil {
			return err
		}
	}
	return nil
}

// due lists what the rules of the institution change.
func due(ctx context.Context, tx *ent.Tx, person ident.ID, c Claims, now time.Time) ([]func() error, error) {
	rules, err := tx.RoleRule.Query().Where(openAt(c.InstitutionID)).WithUnit().Order(rolerule.ByID()).All(ctx)
	if err != nil || len(rules) == 0 {
		return nil, err
	}
	given, err := tx.RoleGrant.Query().Where(rolegrant.PersonID(person), rolegrant.InstitutionID(c.InstitutionID), rolegrant.RuleIDNotNil()).
		Order(rolegrant.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	var changes []func() error
	for _, r := range rules {
		var held *ent.RoleGrant
		var takenBack bool // or to end at a day that somebody set
		for _, g := range given {
			if *g.RuleID == r.ID {
				takenBack = takenBack || g.EndedByID != nil
				if running(g, now) == nil {
					held = g
				}
			}
		}
		closed := r.Edges.Unit != nil && r.Edges.Unit.ClosedAt != nil
		switch meets := c.meet(r) && vocab.OrZero(r.CreatedByID) != person; {
		case !meets && held != nil:
			changes = append(changes, func() error { return lapse(ctx, tx, held, now) })
		case !meets || takenBack || closed:
		case held == nil:
			changes = append(changes, func() error { return giveBy(ctx, tx, r, person, now) })
		case worthIt(r, held, now):
			changes = append(changes, func() error { return renew(ctx, tx, r, held, now) })
		}
	}
	return changes, nil
}

func giveBy(ctx context.Context, tx *ent.Tx, r *ent.RoleRule, person ident.ID, now time.Time) error {
	_, err := ledger.Made(ctx, tx, toGrant, ofGrant, nil, tx.RoleGrant.Create().SetPersonID(person).SetRole(rolegrant.Role(r.Role)).
		SetInstitutionID(r.InstitutionID).SetNillableUnitID(r.UnitID).SetRuleID(r.ID).SetValidFrom(now).SetValidUntil(vocab.AddMonths(now, r.Months)))
	return err
}

// worthIt says whether a sign-in prolongs a role by so much that it is a change.
func worthIt(r *ent.RoleRule, held *ent.RoleGrant, now time.Time) bool {
	return vocab.AddMonths(now, r.Months).Sub(*held.ValidUntil) >= worthRenewing
}

// renew prolongs a role that nobody has ended in the meantime.
func renew(ctx context.Context, tx *ent.Tx, r *ent.RoleRule, held *ent.RoleGrant, now time.Time) error {
	return setUntil(ctx, tx, toRenew, held, vocab.AddMonths(now, r.Months), rolegrant.EndedByIDIsNil())
}

// lapse ends a role because home no longer asserts the value, also one that was
// to end later.
func lapse(ctx context.Context, tx *ent.Tx, held *ent.RoleGrant, now time.Time) error {
	return setUntil(ctx, tx, toEnd, held, now, rolegrant.ValidUntilGT(now))
}

// setUntil writes the end of a role while it is such.
func setUntil(ctx context.Context, tx *ent.Tx, verb *ledger.Verb, held *ent.RoleGrant, until time.Time, such predicate.RoleGrant) error {
	n, err := tx.RoleGrant.Update().Where(rolegrant.ID(held.ID), such).SetValidUntil(until).Save(ctx)
	if err != nil || n == 0 {
		return err
	}
	held.ValidUntil = &until
	return ledger.Note(ctx, tx, verb, ofGrant(held))
}
