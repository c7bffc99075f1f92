package policy

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/admissionpolicy"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Bounds of a policy. All policies of an institution are few enough to be read
// at once.
const (
	maxPolicies     = 500
	maxDays         = 180
	maxRemindDays   = 60
	maxEscalateDays = 90
	minECTS         = vocab.ECTS(50)
	maxECTS         = vocab.ECTS(60_00)
	maxNominations  = 100_000
)

// Setting is the whole policy of a scope.
type Setting struct {
	InstitutionID          ident.ID
	PartnerID              *ident.ID    // nil: for all partners
	Kind                   *course.Kind // of courses; nil: for all
	Nomination             admissionpolicy.Nomination
	EctsPerTerm            *vocab.ECTS
	NominationsPerOffering *int
	Terms                  []string
	HomeDays               int
	HostDays               int
	RemindDays             int
	EscalateDays           int
	IdempotencyKey         *string
}

// check returns all that is wrong with the setting at once, and its terms in
// order.
func (s Setting) check() (terms []string, err error) {
	terms, badTerms := checkTerms(s.Terms)
	var badECTS, badNominations, self error
	if e := s.EctsPerTerm; e != nil && (*e < minECTS || *e > maxECTS) {
		badECTS = problem.New(problem.Invalid, "a limit is %s to %s ECTS credits, not %s", minECTS, maxECTS, *e).At("input", "ectsPerTerm")
	}
	if n := s.NominationsPerOffering; n != nil {
		badNominations = within(1, maxNominations, *n, "nominationsPerOffering")
	}
	if s.PartnerID != nil && *s.PartnerID == s.InstitutionID {
		self = problem.New(problem.Invalid, "an institution is no partner of itself").At("input", "partnerId")
	}
	return terms, problem.Join(self, badECTS, badNominations, badTerms, within(1, maxDays, s.HomeDays, "homeDays"),
		within(1, maxDays, s.HostDays, "hostDays"), within(0, maxRemindDays, s.RemindDays, "remindDays"), within(0, maxEscalateDays, s.EscalateDays, "escalateDays"))
}

func within(least, most, n int, field string) error {
	return problem.If(n < least || n > most, problem.New(problem.Invalid, "this number lies between %d and %d, it is not %d", least, most, n).At("input", field))
}

// scope is the digest by which a scope has one policy; a unique key over columns
// that may be null would let two pass.
func (s Setting) scope() string {
	return storage.Digest(string(s.InstitutionID) + "\x00" + string(vocab.OrZero(s.PartnerID)) + "\x00" + string(vocab.OrZero(s.Kind)))
}

// Set makes the policy of a scope, or puts this one in its place. It returns a
// LIMITED problem when the institution has as many as can be.
func (s *Service) Set(ctx context.Context, in Setting) (*ent.AdmissionPolicy, error) {
	return idempotency.Write(ctx, s.DB, idempotency.Of(toSet, in.IdempotencyKey, in), s.DB.AdmissionPolicy.Get, func(tx *ent.Tx) (*ent.AdmissionPolicy, error) {
		if err := toSet.Require(ctx, in.InstitutionID); err != nil {
			return nil, err
		}
		terms, err := in.check()
		if err != nil {
			return nil, err
		}
		if in.PartnerID != nil {
			if _, err := tx.Institution.Get(ctx, *in.PartnerID); err != nil {
				return nil, storage.Found(err, "institution", "input", "partnerId")
			}
		}
		// Rivals come one after the other: of two that make the policy of one scope
		// the second changes what the first has made.
		if err := storage.Hold(ctx, tx.Institution.Update().Where(institution.ID(in.InstitutionID))); err != nil {
			return nil, err
		}
		old, err := tx.AdmissionPolicy.Query().Where(admissionpolicy.ScopeKey(in.scope())).Only(ctx)
		switch {
		case ent.IsNotFound(err):
			return in.make(ctx, tx, terms)
		case err != nil:
			return nil, err
		}
		return in.change(ctx, tx, old, terms)
	})
}

func (s Setting) make(ctx context.Context, tx *ent.Tx, terms []string) (*ent.AdmissionPolicy, error) {
	if err := storage.IfFull(ctx, tx.AdmissionPolicy.Query().Where(admissionpolicy.InstitutionID(s.InstitutionID)), maxPolicies,
		problem.New(problem.Limited, "the institution has %d policies already, no more are possible", maxPolicies)); err != nil {
		return nil, err
	}
	create := tx.AdmissionPolicy.Create().SetInstitutionID(s.InstitutionID).SetNillablePartnerID(s.PartnerID).
		SetNillableKind((*admissionpolicy.Kind)(s.Kind)).SetScopeKey(s.scope())
	s.fill(create.Mutation(), terms)
	return ledger.Made(ctx, tx, toSet, ofPolicy, nil, create)
}

func (s Setting) change(ctx context.Context, tx *ent.Tx, old *ent.AdmissionPolicy, terms []string) (*ent.AdmissionPolicy, error) {
	update := tx.AdmissionPolicy.Update().Where(admissionpolicy.ID(old.ID))
	s.fill(update.Mutation(), terms)
	return ledger.Noted(ctx, tx, update.Exec(ctx), toSet, ofPolicy(old), tx.AdmissionPolicy.Get)
}

// fill puts all that a policy says into one that is made or changed.
func (s Setting) fill(m *ent.AdmissionPolicyMutation, terms []string) {
	m.SetNomination(s.Nomination)
	storage.Set(s.EctsPerTerm, m.SetEctsPerTerm, m.ClearEctsPerTerm)
	storage.Set(s.NominationsPerOffering, m.SetNominationsPerOffering, m.ClearNominationsPerOffering)
	m.SetTerms(terms)
	m.SetHomeDays(s.HomeDays)
	m.SetHostDays(s.HostDays)
	m.SetRemindDays(s.RemindDays)
	m.SetEscalateDays(s.EscalateDays)
}

// Removal removes a policy.
type Removal struct {
	PolicyID       ident.ID
	IdempotencyKey *string
}

// Remove removes a policy and returns its institution. What applied before it
// was set applies again: a less specific policy, or the default.
func (s *Service) Remove(ctx context.Context, in Removal) (*ent.Institution, error) {
	return idempotency.Write(ctx, s.DB, idempotency.Of(toRemove, in.IdempotencyKey, in), s.DB.Institution.Get, func(tx *ent.Tx) (*ent.Institution, error) {
		old, err := tx.AdmissionPolicy.Get(ctx, in.PolicyID)
		if err != nil {
			return nil, storage.Found(err, "policy", "input", "policyId")
		}
		if err := toRemove.Require(ctx, old.InstitutionID); err != nil {
			return nil, err
		}
		n, err := tx.AdmissionPolicy.Delete().Where(admissionpolicy.ID(old.ID)).Exec(ctx)
		if err != nil {
			return nil, err
		}
		if n == 0 { // a rival has removed it
			return nil, problem.Missing("policy").At("input", "policyId")
		}
		if err := ledger.Note(ctx, tx, toRemove, ofPolicy(old)); err != nil {
			return nil, err
		}
		return tx.Institution.Get(ctx, old.InstitutionID)
	})
}

// ofPolicy is the policy for the record.
func ofPolicy(p *ent.AdmissionPolicy) ledger.Thing {
	return ledger.Thing{ID: p.ID, Host: p.InstitutionID}
}

// InstitutionActions says what the viewer may do for the policies of an
// institution.
func InstitutionActions(ctx context.Context, institution ident.ID) []authz.Action {
	return []authz.Action{toSet.Act(toSet.Require(ctx, institution))}
}

// Actions says what the viewer may do with a policy now.
func Actions(ctx context.Context, p *ent.AdmissionPolicy) []authz.Action {
	return []authz.Action{toSet.Act(toSet.Require(ctx, p.InstitutionID)), toRemove.Act(toRemove.Require(ctx, p.InstitutionID))}
}
