package institution

import (
	"cmp"
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/unit"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Bounds of an institution's tree of units, closed ones included. They keep
// the tree small enough to be read as a whole.
const (
	MaxUnits     = 500
	MaxUnitDepth = 8
)

// NewUnit is a part of an institution, such as a faculty.
type NewUnit struct {
	InstitutionID  ident.ID
	ParentID       *ident.ID // nil: at the top
	Key            string
	Kind           unit.Kind
	Name           []vocab.Translation
	IdempotencyKey *string
}

// AddUnit adds a unit. It returns a CONFLICT problem when the key is taken, the
// parent is closed, or the tree would become too large or too deep.
func (s *Service) AddUnit(ctx context.Context, u NewUnit) (*ent.Unit, error) {
	key, badKey := vocab.LineOr(problem.New(problem.Invalid, "a key is needed"), 64, u.Key, "input", "key")
	name, badName := vocab.TextOf(maxName, u.Name, "input", "name")
	if badName == nil && len(name) == 0 {
		badName = errNoName.At("input", "name")
	}
	invalid := problem.Join(badKey, badName)
	return idempotency.Write(ctx, s.DB, idempotency.Of(toAddUnit, u.IdempotencyKey, u), s.DB.Unit.Get, func(tx *ent.Tx) (*ent.Unit, error) {
		if err := cmp.Or(toAddUnit.Require(ctx, u.InstitutionID), invalid); err != nil {
			return nil, err
		}
		t, err := s.lockTree(ctx, tx, u.InstitutionID)
		if err != nil {
			return nil, err
		}
		if len(t) >= MaxUnits {
			return nil, problem.New(problem.Conflict, "the institution has %d units already, no more are possible", len(t))
		}
		if err := t.fits("", u.ParentID); err != nil {
			return nil, err
		}
		taken := problem.New(problem.Conflict, "the institution has a unit with the key %q already", key).At("input", "key")
		return ledger.Made(ctx, tx, toAddUnit, ofUnit, taken, tx.Unit.Create().SetInstitutionID(u.InstitutionID).
			SetNillableParentID(u.ParentID).SetKey(key).SetKind(u.Kind).SetName(name))
	})
}

// UnitUpdate changes a unit. What is nil stays as it is.
type UnitUpdate struct {
	UnitID   ident.ID
	Kind     *unit.Kind
	Name     []vocab.Translation
	ParentID *ident.ID // moves it, with all below it
	AtTop    *bool     // true moves it to the top
}

// UpdateUnit renames or moves a unit. It returns an INVALID problem when the
// unit would come to stand below itself, and a CONFLICT problem when it or its
// new parent is closed or the tree would become too deep.
func (s *Service) UpdateUnit(ctx context.Context, in UnitUpdate) (*ent.Unit, error) {
	return s.changeUnit(ctx, in.UnitID, toUpdateUnit, func(tx *ent.Tx, u *ent.Unit, t tree) (*ent.Unit, error) {
		name, err := vocab.TextOf(maxName, in.Name, "input", "name")
		if err != nil {
			return nil, err
		}
		toTop := in.AtTop != nil && *in.AtTop
		if toTop && in.ParentID != nil {
			return nil, problem.New(problem.Invalid, "a unit stands either at the top or below another").At("input", "atTop")
		}
		update := tx.Unit.Update().Where(unit.ID(u.ID)).SetNillableKind(in.Kind)
		if len(in.Name) > 0 {
			update.SetName(name)
		}
		if toTop {
			update.ClearParentID()
		}
		if in.ParentID != nil {
			if err := t.fits(u.ID, in.ParentID); err != nil {
				return nil, err
			}
			update.SetParentID(*in.ParentID)
		}
		return ledger.Noted(ctx, tx, update.Exec(ctx), toUpdateUnit, ofUnit(u), tx.Unit.Get)
	})
}

// CloseUnit closes a unit for good: it takes no courses and no units any more,
// and what it did stays. It returns a CONFLICT problem while it has open units
// below it or published courses.
func (s *Service) CloseUnit(ctx context.Context, id ident.ID) (*ent.Unit, error) {
	return s.changeUnit(ctx, id, toCloseUnit, func(tx *ent.Tx, u *ent.Unit, t tree) (*ent.Unit, error) {
		for _, other := range t {
			if other.ParentID != nil && *other.ParentID == u.ID && other.ClosedAt == nil {
				return nil, problem.New(problem.Conflict, "this unit has open units below it; close or move them first")
			}
		}
		if err := storage.IfAny(ctx, tx.Course.Query().Where(course.UnitID(u.ID), course.StateEQ(course.StatePUBLISHED)),
			problem.New(problem.Conflict, "this unit has published courses; withdraw them first")); err != nil {
			return nil, err
		}
		done := tx.Unit.Update().Where(unit.ID(u.ID)).SetClosedAt(vocab.Now(s.Now)).Exec(ctx)
		return ledger.Noted(ctx, tx, done, toCloseUnit, ofUnit(u), tx.Unit.Get)
	})
}

// changeUnit changes a unit that is open, with the tree held still.
func (s *Service) changeUnit(ctx context.Context, id ident.ID, verb *ledger.Verb, change func(*ent.Tx, *ent.Unit, tree) (*ent.Unit, error)) (*ent.Unit, error) {
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Unit, error) {
		u, err := tx.Unit.Get(ctx, id) // for its institution, which stays
		if err != nil {
			return nil, storage.Found(err, "unit", "input", "unitId")
		}
		if err := verb.Require(ctx, u.InstitutionID); err != nil {
			return nil, err
		}
		t, err := s.lockTree(ctx, tx, u.InstitutionID)
		if err != nil {
			return nil, err
		}
		if t[id].ClosedAt != nil {
			return nil, errClosed
		}
		return change(tx, t[id], t)
	})
}

// tree holds all units of an institution.
type tree map[ident.ID]*ent.Unit

// lockTree loads the units of an institution. It writes the institution's row
// first, so that two changes of one tree come one after the other: together,
// two moves could make a circle that neither makes alone.
func (s *Service) lockTree(ctx context.Context, tx *ent.Tx, institutionID ident.ID) (tree, error) {
	if err := storage.Hold(ctx, tx.Institution.Update().Where(institution.ID(institutionID))); err != nil {
		return nil, err
	}
	all, err := tx.Unit.Query().Where(unit.InstitutionID(institutionID)).All(ctx)
	if err != nil {
		return nil, err
	}
	t := make(tree, len(all))
	for _, u := range all {
		t[u.ID] = u
	}
	return t, nil
}

var errClosed = problem.New(problem.Conflict, "the unit is closed")

// RequireOpen returns a CONFLICT problem when the unit is closed: it takes no
// courses, and none of its courses is published.
func RequireOpen(u *ent.Unit, field ...string) error {
	return problem.If(u.ClosedAt != nil, errClosed.At(field...))
}

// HoldUnits returns units of an institution in which something begins. The
// institution's row is written before they are read, as by every change of its
// tree, so that none of them is closed meanwhile.
func HoldUnits(ctx context.Context, tx *ent.Tx, institutionID ident.ID, ids ...ident.ID) ([]*ent.Unit, error) {
	if err := storage.Hold(ctx, tx.Institution.Update().Where(institution.ID(institutionID))); err != nil {
		return nil, err
	}
	return tx.Unit.Query().Where(unit.InstitutionID(institutionID), unit.IDIn(ids...)).All(ctx)
}

// HoldOpen holds a unit, if there is one, and returns nil when it belongs to the
// institution and is open.
func HoldOpen(ctx context.Context, tx *ent.Tx, id *ident.ID, at ident.ID, field ...string) error {
	if id == nil {
		return nil
	}
	units, err := HoldUnits(ctx, tx, at, *id)
	if err != nil {
		return err
	}
	if len(units) > 0 {
		return RequireOpen(units[0], field...)
	}
	if _, err := tx.Unit.Get(ctx, *id); err != nil {
		return storage.Found(err, "unit", field...)
	}
	return problem.New(problem.Invalid, "the unit belongs to another institution").At(field...)
}

// fits returns nil when a unit, or "" for a new one, may stand below parent.
func (t tree) fits(id ident.ID, parent *ident.ID) error {
	if parent == nil {
		return nil
	}
	above, ok := t[*parent]
	if !ok {
		return problem.Missing("unit").At("input", "parentId")
	}
	if above.ClosedAt != nil {
		return errClosed.At("input", "parentId")
	}
	depth := 1 // of parent
	for u := above; ; u = t[*u.ParentID] {
		if u.ID == id {
			return problem.New(problem.Invalid, "a unit cannot stand below itself").At("input", "parentId")
		}
		if u.ParentID == nil {
			break
		}
		depth++
	}
	return problem.If(depth+t.height(id) > MaxUnitDepth,
		problem.New(problem.Conflict, "units stand at most %d levels deep", MaxUnitDepth).At("input", "parentId"))
}

// height counts the levels from a unit down to the lowest below it; a new unit
// has one.
func (t tree) height(id ident.ID) int {
	most := 0
	for _, u := range t {
		if id != "" && u.ParentID != nil && *u.ParentID == id {
			most = max(most, t.height(u.ID))
		}
	}
	return 1 + most
}

// ofUnit is the unit for the record.
func ofUnit(u *ent.Unit) ledger.Thing {
	return ledger.Thing{ID: u.ID, Host: u.InstitutionID, Payload: vocab.Payload{Institution: u.InstitutionID}}
}

// UnitActions says what the viewer may do with a unit now.
func UnitActions(ctx context.Context, u *ent.Unit) []authz.Action {
	manage := toUpdateUnit.Require(ctx, u.InstitutionID)
	open := problem.If(u.ClosedAt != nil, errClosed)
	return []authz.Action{toUpdateUnit.Act(manage, open), toCloseUnit.Act(manage, open)}
}
