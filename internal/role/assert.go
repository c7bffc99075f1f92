package role

import (
	"context"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/ent/rolerule"
	"github.com/peregrine-exchange/peregrine/internal/ident"
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
// is not. A rule gives nothing to who made it, and nothing to whom somebody
// took its role back.
//
// It runs on behalf of the system, in the transaction of the sign-in, and takes
// one statement while the institution has no rule.
func Assert(ctx context.Context, tx *ent.Tx, person ident.ID, c Claims, now time.Time) error {
	rules, err := openRules(ctx, tx, c.InstitutionID)
	if err != nil || len(rules) == 0 {
		return err
	}
	given, err := tx.RoleGrant.Query().Where(rolegrant.PersonID(person), rolegrant.InstitutionID(c.InstitutionID), rolegrant.RuleIDNotNil()).
		Order(rolegrant.ByID()).All(ctx)
	if err != nil {
		return err
	}
	for _, r := range rules {
		var held *ent.RoleGrant
		var takenBack bool
		for _, g := range given {
			switch {
			case *g.RuleID != r.ID:
			case g.EndedByID != nil:
				takenBack = true
			case running(g, now) == nil:
				held = g
			}
		}
		switch meets := c.meet(r) && vocab.OrZero(r.CreatedByID) != person && !takenBack; {
		case meets && held == nil:
			err = giveBy(ctx, tx, r, person, now)
		case meets:
			err = renew(ctx, tx, r, held, now)
		case held != nil:
			err = lapse(ctx, tx, held, now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func giveBy(ctx context.Context, tx *ent.Tx, r *ent.RoleRule, person ident.ID, now time.Time) error {
	made, err := tx.RoleGrant.Create().SetPersonID(person).SetRole(rolegrant.Role(r.Role)).SetInstitutionID(r.InstitutionID).
		SetNillableUnitID(r.UnitID).SetRuleID(r.ID).SetValidFrom(now).SetValidUntil(now.AddDate(0, r.Months, 0)).Save(ctx)
	if err != nil {
		return err
	}
	return record(ctx, tx, "role.grant", made)
}

func renew(ctx context.Context, tx *ent.Tx, r *ent.RoleRule, held *ent.RoleGrant, now time.Time) error {
	until := now.AddDate(0, r.Months, 0)
	if until.Sub(*held.ValidUntil) < worthRenewing {
		return nil
	}
	return setUntil(ctx, tx, "role.renew", held, until)
}

// lapse ends a role because home no longer asserts the value.
func lapse(ctx context.Context, tx *ent.Tx, held *ent.RoleGrant, now time.Time) error {
	return setUntil(ctx, tx, "role.end", held, now)
}

// setUntil writes the end of a role that nobody has ended in the meantime.
func setUntil(ctx context.Context, tx *ent.Tx, verb string, held *ent.RoleGrant, until time.Time) error {
	n, err := tx.RoleGrant.Update().Where(rolegrant.ID(held.ID), rolegrant.EndedByIDIsNil()).SetValidUntil(until).Save(ctx)
	if err != nil || n == 0 {
		return err
	}
	held.ValidUntil = &until
	return record(ctx, tx, verb, held)
}
