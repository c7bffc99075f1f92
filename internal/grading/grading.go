// Package grading keeps the grading scales that institutions define for
// themselves, beside the common ones of package grade.
package grading

import (
	"cmp"
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/gradingscale"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/grade"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service keeps scales.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
}

// Verbs are what is done with grading scales.
var Verbs ledger.Book

var (
	toDefine = Verbs.Declare("grading_scale.define", "defineGradingScale", ledger.Everybody).By(authz.ManageGrading).Everyday()
	toRetire = Verbs.Declare("grading_scale.retire", "retireGradingScale", ledger.Everybody).By(authz.ManageGrading).Everyday()
)

// Bounds of what an institution defines.
const (
	maxScales = 50
	maxName   = 200
)

// Scale is a scale of an institution, or a common one.
type Scale struct {
	grade.Scale
	InstitutionID *ident.ID // nil: a common one
	RetiredAt     *time.Time
}

// Of is a stored scale. Its code is its identifier: it never changes, whatever
// becomes of the institution and its names.
func Of(row *ent.GradingScale) *Scale {
	s := grade.Of(row.Definition)
	s.Code, s.Name = vocab.GradeScale(row.ID), row.Name
	return &Scale{s, &row.InstitutionID, row.RetiredAt}
}

// Find returns the scale of a code: a common one, or one of an institution.
func Find(ctx context.Context, db *ent.Client, code vocab.GradeScale) (*Scale, error) {
	if s, ok := grade.Find(code); ok {
		return &Scale{Scale: s}, nil
	}
	row, err := db.GradingScale.Get(ctx, ident.ID(code))
	if ent.IsNotFound(err) {
		return nil, problem.New(problem.Invalid, "there is no grading scale %q", vocab.Clean(32, string(code)))
	}
	if err != nil {
		return nil, err
	}
	return Of(row), nil
}

// For returns the scale of a code on which a host gives grades. It returns an
// INVALID problem for one of another institution, and a CONFLICT problem for one
// that is used no more.
func For(ctx context.Context, db *ent.Client, host ident.ID, code vocab.GradeScale, field ...string) (*Scale, error) {
	s, err := Find(ctx, db, code)
	switch {
	case err != nil && problem.All(err) != nil:
		return nil, problem.All(err)[0].At(field...)
	case err != nil:
		return nil, err
	case s.InstitutionID != nil && *s.InstitutionID != host:
		return nil, problem.New(problem.Invalid, "this grading scale is one of another institution").At(field...)
	case s.RetiredAt != nil:
		return nil, problem.New(problem.Conflict, "this grading scale is used no more").At(field...)
	}
	return s, nil
}

// List returns the common scales, and those of an institution in the order in
// which they were defined.
func (s *Service) List(ctx context.Context, at *ident.ID) ([]*Scale, error) {
	all := vocab.Each(grade.Common(), func(g grade.Scale) *Scale { return &Scale{Scale: g} })
	if at == nil {
		return all, nil
	}
	rows, err := s.DB.GradingScale.Query().Where(gradingscale.InstitutionID(*at)).Order(gradingscale.ByID()).Limit(maxScales).All(ctx)
	return append(all, vocab.Each(rows, Of)...), err
}

// Definition is a new scale of an institution.
type Definition struct {
	InstitutionID  ident.ID
	Name           []vocab.Translation
	Letters        []string
	Best           *string
	Worst          *string
	LastPass       string
	Step           *string
	Honours        *bool
	IdempotencyKey *string
}

// check returns the scale, or all that is wrong with it at once.
func (d Definition) check() (vocab.ScaleTerms, vocab.Text, error) {
	name, bad := vocab.TextOf(maxName, d.Name, "input", "name")
	s := vocab.ScaleTerms{
		Letters:  d.Letters,
		Best:     vocab.OrZero(d.Best),
		Worst:    vocab.OrZero(d.Worst),
		LastPass: d.LastPass,
		Step:     vocab.OrZero(d.Step),
		Honours:  vocab.OrZero(d.Honours),
	}
	return s, name, problem.Join(
		bad,
		problem.If(bad == nil && len(name) == 0, problem.New(problem.Invalid, "a name is needed").At("input", "name")),
		problem.If(
			len(d.Letters) > 0 && (d.Best != nil || d.Worst != nil),
			problem.New(problem.Invalid, "letters say themselves which is the best and the worst").At("input", "best"),
		),
		grade.Of(s).Check("input"),
	)
}

// Define adds a scale to those of an institution. It returns a LIMITED problem
// when there are as many as can be.
func (s *Service) Define(ctx context.Context, d Definition) (*Scale, error) {
	scale, name, invalid := d.check()
	row, err := idempotency.Write(ctx, s.DB, idempotency.Of(toDefine, d.IdempotencyKey, d), s.DB.GradingScale.Get, func(tx *ent.Tx) (*ent.GradingScale, error) {
		if err := cmp.Or(toDefine.Require(ctx, d.InstitutionID), invalid); err != nil {
			return nil, err
		}
		if err := storage.Hold(ctx, tx.Institution.Update().Where(institution.ID(d.InstitutionID))); err != nil {
			return nil, err
		}
		if err := storage.IfFull(ctx, tx.GradingScale.Query().Where(gradingscale.InstitutionID(d.InstitutionID)), maxScales,
			problem.New(problem.Limited, "the institution has %d grading scales already, no more are possible", maxScales)); err != nil {
			return nil, err
		}
		create := tx.GradingScale.Create().SetInstitutionID(d.InstitutionID).SetName(name).SetDefinition(scale)
		return ledger.Made(ctx, tx, toDefine, ofScale, nil, create)
	})
	if err != nil {
		return nil, err
	}
	return Of(row), nil
}

// Retirement has a scale be used no more.
type Retirement struct {
	Code           vocab.GradeScale
	IdempotencyKey *string
}

// Retire has no new grades given on a scale. What was given stays as it is.
func (s *Service) Retire(ctx context.Context, r Retirement) (*Scale, error) {
	row, err := idempotency.Write(ctx, s.DB, idempotency.Of(toRetire, r.IdempotencyKey, r), s.DB.GradingScale.Get, func(tx *ent.Tx) (*ent.GradingScale, error) {
		if _, err := authz.SignedIn(ctx); err != nil {
			return nil, err
		}
		if _, common := grade.Find(r.Code); common {
			return nil, errCommon
		}
		row, err := storage.Held(ctx, tx.GradingScale, ident.ID(r.Code))
		if err != nil {
			return nil, storage.Found(err, "grading scale", "input", "code")
		}
		if err := cmp.Or(toRetire.Require(ctx, row.InstitutionID), used(row.RetiredAt)); err != nil {
			return nil, err
		}
		done := tx.GradingScale.Update().Where(gradingscale.ID(row.ID)).SetRetiredAt(vocab.Now(s.Now)).Exec(ctx)
		return ledger.Noted(ctx, tx, done, toRetire, ofScale(row), tx.GradingScale.Get)
	})
	if err != nil {
		return nil, err
	}
	return Of(row), nil
}

var errCommon = problem.New(problem.Forbidden, "this grading scale is a common one").At("input", "code")

func used(retired *time.Time) error {
	return problem.If(retired != nil, problem.New(problem.Conflict, "this grading scale is used no more"))
}

// Actions says what the viewer may do with a scale now.
func Actions(ctx context.Context, s *Scale) []authz.Action {
	if s.InstitutionID == nil {
		return []authz.Action{toRetire.Act(errCommon)}
	}
	return []authz.Action{toRetire.Act(toRetire.Require(ctx, *s.InstitutionID), used(s.RetiredAt))}
}

// InstitutionActions says whether the viewer may define scales of an institution.
func InstitutionActions(ctx context.Context, at ident.ID) []authz.Action {
	return []authz.Action{toDefine.Act(toDefine.Require(ctx, at))}
}

// ofScale is a scale for the record: everybody sees it.
func ofScale(row *ent.GradingScale) ledger.Thing {
	return ledger.Thing{ID: row.ID, Host: row.InstitutionID, Public: true}
}
