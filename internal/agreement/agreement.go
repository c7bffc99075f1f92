// Package agreement holds the rules by which a home institution counts courses
// of a host, and answers before anybody applies what a course will count.
//
// A rule is proposed by one side and answered by the other:
//
//	PROPOSED → AGREED, DECLINED
//	AGREED → TERMINATED
//	DECLINED (final)
//	TERMINATED (final)
//
// A terminated rule binds nobody new; what was promised while it held stands
// in the application (see package journey).
package agreement

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/recognitionrule"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/recognition/rules"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service changes recognition rules.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
}

var states = lifecycle.New("recognition rule", lifecycle.Next[recognitionrule.State]{
	recognitionrule.StatePROPOSED:   {recognitionrule.StateAGREED, recognitionrule.StateDECLINED},
	recognitionrule.StateAGREED:     {recognitionrule.StateTERMINATED},
	recognitionrule.StateDECLINED:   {},
	recognitionrule.StateTERMINATED: {},
})

// Proposal is a rule that one side proposes to the other.
type Proposal struct {
	HomeID         ident.ID
	CourseID       ident.ID
	ProgrammeID    *ident.ID // nil: any programme of the home institution
	ModuleID       *ident.ID // nil: free electives
	ECTS           vocab.ECTS
	GradeTransfer  recognitionrule.GradeTransfer
	ValidFrom      string
	ValidUntil     *string
	IdempotencyKey *string
}

// Propose proposes a rule. Officers of the home and of the host may; the other
// side answers. It returns an INVALID problem when the rule counts more credits
// than the course has or names a module of another programme.
func (s *Service) Propose(ctx context.Context, p Proposal) (*ent.RecognitionRule, error) {
	v, err := authz.SignedInPerson(ctx)
	if err != nil {
		return nil, err
	}
	call := idempotency.Of(toPropose, p.IdempotencyKey, p)
	return idempotency.Write(ctx, s.DB, call, s.DB.RecognitionRule.Get, func(tx *ent.Tx) (*ent.RecognitionRule, error) {
		c, err := tx.Course.Get(ctx, p.CourseID)
		if err != nil {
			return nil, storage.Found(err, "course", "input", "courseId")
		}
		home, err := tx.Institution.Get(ctx, p.HomeID)
		if err != nil {
			return nil, storage.Found(err, "institution", "input", "homeId")
		}
		side := recognitionrule.ProposedBySideHOME
		if !authz.Allowed(v, authz.ProposeRule, p.HomeID) {
			side = recognitionrule.ProposedBySideHOST
			if err := toPropose.Require(ctx, c.InstitutionID); err != nil {
				return nil, err
			}
		}
		if err := check(ctx, tx, p, c, vocab.Day(s.Now(), home.Zone)); err != nil {
			return nil, err
		}
		return ledger.Made(ctx, tx, toPropose, ofRule, nil, tx.RecognitionRule.Create().SetHomeID(p.HomeID).SetHostID(c.InstitutionID).SetCourseID(c.ID).
			SetNillableProgrammeID(p.ProgrammeID).SetNillableModuleID(p.ModuleID).
			SetState(recognitionrule.StatePROPOSED).SetProposedBySide(side).SetEcts(p.ECTS).SetGradeTransfer(p.GradeTransfer).
			SetValidFrom(p.ValidFrom).SetNillableValidUntil(p.ValidUntil).SetProposedByID(v.PersonID))
	})
}

// InstitutionActions says what the viewer may do for an institution, at home or
// as a host.
func InstitutionActions(ctx context.Context, institution ident.ID) []authz.Action {
	return []authz.Action{toPropose.Act(toPropose.Require(ctx, institution))}
}

// Actions says what the viewer may do with a rule now.
func Actions(ctx context.Context, r *ent.RecognitionRule) []authz.Action {
	terminate := toTerminate.Require(ctx, r.HomeID)
	if terminate != nil {
		terminate = toTerminate.Require(ctx, r.HostID)
	}
	return []authz.Action{toAnswer.Act(mayAnswer(ctx, r), states.Check(r.State, recognitionrule.StateAGREED)),
		toTerminate.Act(terminate, states.Check(r.State, recognitionrule.StateTERMINATED))}
}

// mayAnswer returns nil when the viewer is an officer of the side that did not
// propose, and not the one who did.
func mayAnswer(ctx context.Context, r *ent.RecognitionRule) error {
	v, err := authz.SignedInPerson(ctx)
	if err != nil {
		return err
	}
	other := r.HostID
	if r.ProposedBySide == recognitionrule.ProposedBySideHOST {
		other = r.HomeID
	}
	if err := toAnswer.Require(ctx, other); err != nil {
		return err
	}
	return problem.If(r.ProposedByID == v.PersonID, problem.New(problem.Forbidden, "nobody answers their own proposal"))
}

// check compares with today at the home institution.
func check(ctx context.Context, tx *ent.Tx, p Proposal, c *ent.Course, today string) error {
	found := []error{rules.CheckDays(p.ValidFrom, p.ValidUntil, today)}
	invalid := func(field, format string, args ...any) {
		found = append(found, problem.New(problem.Invalid, format, args...).At("input", field))
	}
	if p.HomeID == c.InstitutionID {
		invalid("courseId", "the course is the home institution's own")
	}
	if c.PublishedVersionID == nil {
		return problem.New(problem.Conflict, "this course is %s; publish it before you offer it", c.State).At("input", "courseId")
	}
	if err := catalogue.TakesApplications(c); err != nil {
		return err
	}
	version, err := tx.CourseVersion.Get(ctx, *c.PublishedVersionID)
	if err != nil {
		return err
	}
	found = append(found, rules.CheckCredits(p.ECTS, version.Ects))
	if p.ProgrammeID != nil {
		programme, err := tx.Programme.Get(ctx, *p.ProgrammeID)
		if err != nil {
			return storage.Found(err, "programme", "input", "programmeId")
		}
		if programme.InstitutionID != p.HomeID {
			invalid("programmeId", "the programme belongs to another institution")
		}
	}
	if p.ModuleID != nil {
		module, err := tx.HomeModule.Get(ctx, *p.ModuleID)
		if err != nil {
			return storage.Found(err, "module", "input", "moduleId")
		}
		if p.ProgrammeID == nil || module.ProgrammeID != *p.ProgrammeID {
			invalid("moduleId", "the module is not one of the rule's programme")
		}
	}
	return problem.Join(found...)
}

// Answer is one side's answer to a proposal of the other.
type Answer struct {
	RuleID ident.ID
	Agree  bool
}

// Answer agrees or declines. Only the side that did not propose may, and never
// the same person. It returns a CONFLICT problem to who agrees when nothing can
// come of the rule any more: its course is withdrawn or its last day is over.
func (s *Service) Answer(ctx context.Context, a Answer) (*ent.RecognitionRule, error) {
	to := recognitionrule.StateDECLINED
	if a.Agree {
		to = recognitionrule.StateAGREED
	}
	return s.move(ctx, a.RuleID, to, toAnswer, func(tx *ent.Tx, r *ent.RecognitionRule, u *ent.RecognitionRuleUpdate) error {
		if err := mayAnswer(ctx, r); err != nil {
			return err
		}
		u.SetAnsweredByID(viewer.From(ctx).PersonID).SetAnsweredAt(vocab.Now(s.Now))
		if !a.Agree || r.State != recognitionrule.StatePROPOSED {
			return nil
		}
		c, err := tx.Course.Get(ctx, r.CourseID)
		if err != nil {
			return err
		}
		if err := catalogue.TakesApplications(c); err != nil {
			return err
		}
		today, err := today(ctx, tx.Client(), s.Now(), r.HomeID)
		if err != nil {
			return err
		}
		return problem.If(rules.Ended(r.ValidUntil, today), problem.New(problem.Conflict, "the rule has ended already"))
	})
}

// Terminate ends an agreed rule. Either side may.
func (s *Service) Terminate(ctx context.Context, id ident.ID) (*ent.RecognitionRule, error) {
	return s.move(ctx, id, recognitionrule.StateTERMINATED, toTerminate, func(_ *ent.Tx, r *ent.RecognitionRule, u *ent.RecognitionRuleUpdate) error {
		v, err := authz.SignedInPerson(ctx)
		if err != nil {
			return err
		}
		if !authz.Allowed(v, authz.TerminateRule, r.HomeID) {
			if err := toTerminate.Require(ctx, r.HostID); err != nil {
				return err
			}
		}
		u.SetTerminatedAt(vocab.Now(s.Now))
		return nil
	})
}

// move takes a rule to another state and records it. It writes the rule's row
// first, so that all others who would move it wait until the transaction is
// over; set says whether the viewer may, and fills in the rest.
func (s *Service) move(
	ctx context.Context, id ident.ID, to recognitionrule.State, verb *ledger.Verb,
	set func(*ent.Tx, *ent.RecognitionRule, *ent.RecognitionRuleUpdate) error,
) (*ent.RecognitionRule, error) {
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.RecognitionRule, error) {
		r, err := storage.Held(ctx, tx.RecognitionRule, id)
		if err != nil {
			return nil, err
		}
		update := tx.RecognitionRule.Update()
		if err := set(tx, r, update); err != nil {
			return nil, err
		}
		return ledger.NotedAs(ctx, tx, storage.Move(ctx, states, id, r.State, to, update), verb, ofRule, tx.RecognitionRule.Get, id)
	})
}

// ofRule is the rule for the record. Everybody sees it as authz says.
func ofRule(r *ent.RecognitionRule) ledger.Thing {
	return ledger.Thing{ID: r.ID, Home: r.HomeID, Host: r.HostID,
		Public: r.State == recognitionrule.StateAGREED || r.State == recognitionrule.StateTERMINATED}
}
