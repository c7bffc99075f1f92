package role

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/ent/rolerule"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Bounds of rules. A role that follows from a claim lapses when an affiliation
// would: somebody who signs in once a year keeps it.
const (
	maxMonths = 13
	maxRules  = 100 // open ones of an institution; all are read at each sign-in
	maxValue  = 255
)

// NewRule gives a role to whom the institution's identity provider asserts a
// value of an attribute.
type NewRule struct {
	InstitutionID  ident.ID
	Attribute      rolerule.Attribute
	Value          string // compared byte for byte
	Role           viewer.Role
	UnitID         *ident.ID // nil: the whole institution
	Months         int       // how long the role holds unless asserted again
	IdempotencyKey *string
}

// check returns all that is wrong with the rule at once.
func (n NewRule) check() error {
	return problem.Join(checkUnitRole(n.Role, n.UnitID),
		problem.If(rolerule.RoleValidator(rolerule.Role(n.Role)) != nil, problem.New(problem.Invalid, "the role %s is given by hand only", n.Role).At("input", "role")),
		problem.If(n.Months < 1 || n.Months > maxMonths, problem.New(problem.Invalid, "a role by rule holds for 1 to %d months", maxMonths).At("input", "months")),
		checkValue(n.Attribute, n.Value))
}

// checkValue returns nil for a value that such an attribute can have: an
// entitlement is a URI, an affiliation a word of eduPerson
// (eduPerson 202208, 2.2.1 and 2.2.2).
func checkValue(a rolerule.Attribute, value string) error {
	if a == rolerule.AttributeEDUPERSON_AFFILIATION {
		kind := affiliation.Kind(strings.ToUpper(strings.ReplaceAll(value, "-", "_")))
		return problem.If(affiliation.KindValidator(kind) != nil || strings.ToLower(value) != value,
			problem.New(problem.Invalid, "%q is no affiliation of eduPerson, such as \"staff\"", value).At("input", "value"))
	}
	u, err := url.Parse(value)
	return problem.If(err != nil || u.Scheme == "" || len(value) > maxValue || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }),
		problem.New(problem.Invalid, "an entitlement is a URI of at most %d characters, such as \"urn:mace:example.org:registrar\"", maxValue).At("input", "value"))
}

// MakeRule makes the rule; it acts at each sign-in from now on. It returns a
// CONFLICT problem when the institution has the same rule already.
func (s *Service) MakeRule(ctx context.Context, n NewRule) (*ent.RoleRule, error) {
	return idempotency.Write(ctx, s.DB, idempotency.Of(toMakeRule, n.IdempotencyKey, n), s.DB.RoleRule.Get, func(tx *ent.Tx) (*ent.RoleRule, error) {
		system := viewer.AsSystem(ctx) // whoever else has rules there
		if err := cmp.Or(toMakeRule.Require(ctx, n.InstitutionID), n.check()); err != nil {
			return nil, err
		}
		if err := lock(ctx, tx, n.InstitutionID); err != nil {
			return nil, err
		}
		if err := institution.HoldOpen(system, tx, n.UnitID, n.InstitutionID, "input", "unitId"); err != nil {
			return nil, err
		}
		open, err := tx.RoleRule.Query().Where(openAt(n.InstitutionID)).All(system)
		if err != nil {
			return nil, err
		}
		if err := cmp.Or(problem.If(len(open) >= maxRules, problem.New(problem.Conflict, "the institution has %d rules for roles already", maxRules)),
			problem.If(slices.ContainsFunc(open, n.same), problem.New(problem.Conflict, "the institution has this rule already").At("input", "value"))); err != nil {
			return nil, err
		}
		return ledger.Made(ctx, tx, toMakeRule, func(made *ent.RoleRule) ledger.Thing {
			return ofRoleRule(made).With("role", string(n.Role)).With("attribute", string(n.Attribute))
		}, nil, tx.RoleRule.Create().SetInstitutionID(n.InstitutionID).SetNillableUnitID(n.UnitID).SetAttribute(n.Attribute).SetValue(n.Value).
			SetRole(rolerule.Role(n.Role)).SetMonths(n.Months).SetNillableCreatedByID(viewer.From(ctx).ByPerson()))
	})
}

// ofRoleRule is the rule for the record.
func ofRoleRule(r *ent.RoleRule) ledger.Thing {
	return ledger.Thing{ID: r.ID, Host: r.InstitutionID}
}

func (n NewRule) same(r *ent.RoleRule) bool {
	return r.Attribute == n.Attribute && r.Value == n.Value && r.Role == rolerule.Role(n.Role) && vocab.OrZero(r.UnitID) == vocab.OrZero(n.UnitID)
}

// openAt are the rules of an institution that have not ended.
func openAt(institution ident.ID) predicate.RoleRule {
	return rolerule.And(rolerule.InstitutionID(institution), rolerule.EndedAtIsNil())
}

// RuleEnd ends a rule.
type RuleEnd struct {
	RoleRuleID ident.ID
	Reason     string
}

// EndRule ends a rule, and with it every role that it has given: also that of
// who signs in at the same moment.
func (s *Service) EndRule(ctx context.Context, e RuleEnd) (*ent.RoleRule, error) {
	r, err := s.DB.RoleRule.Get(ctx, e.RoleRuleID)
	if err != nil {
		return nil, storage.Found(err, "rule", "input", "roleRuleId")
	}
	if err := toEndRule.Require(ctx, r.InstitutionID); err != nil {
		return nil, err
	}
	reason, err := vocab.LineOr(vocab.ErrNoReason, maxReason, e.Reason, "input", "reason")
	if err != nil {
		return nil, err
	}
	now := vocab.Now(s.Now)
	system := viewer.AsSystem(ctx)
	by := viewer.From(ctx).ByPerson()
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.RoleRule, error) {
		if err := lock(ctx, tx, r.InstitutionID); err != nil {
			return nil, err
		}
		update := tx.RoleRule.Update().Where(rolerule.ID(r.ID), rolerule.EndedAtIsNil()).SetEndedAt(now).SetNillableEndedByID(by)
		if err := storage.IfUnchanged(ctx, update, errRuleEnded); err != nil {
			return nil, err
		}
		return ledger.NotedAs(ctx, tx, endGrantsOf(system, tx, r.ID, reason, by, now), toEndRule, ofRoleRule, tx.RoleRule.Get, r.ID)
	})
}

var errRuleEnded = problem.New(problem.Conflict, "this rule has ended already")

// endGrantsOf ends what a rule has given. Each end has its audit entry.
func endGrantsOf(ctx context.Context, tx *ent.Tx, rule ident.ID, reason string, by *ident.ID, now time.Time) error {
	held, err := tx.RoleGrant.Query().Where(rolegrant.RuleID(rule), authz.Held(now)).Order(rolegrant.ByID()).All(ctx)
	if err != nil {
		return err
	}
	ends := vocab.Each(held, func(g *ent.RoleGrant) ledger.Change {
		g.ValidUntil = &now
		return ledger.Change{Verb: toEnd, Thing: ofGrant(g)}
	})
	if err := ledger.NoteAll(ctx, tx, ends...); err != nil {
		return err
	}
	return tx.RoleGrant.Update().Where(rolegrant.RuleID(rule), authz.Held(now)).SetValidUntil(now).SetEnded(true).SetEndReason(reason).SetNillableEndedByID(by).Exec(ctx)
}
