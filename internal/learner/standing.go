package learner

import (
	"context"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"
	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/alliance"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/person"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/ent/unit"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Standing is a row of what somebody is at a moment: one for each pair of a role
// that holds or will and an affiliation that has not lapsed, of both of which
// people have few. So a request learns in one statement who asks.
type Standing struct {
	Grant        ident.ID         `sql:"grant_id"` // empty: holds no role
	Role         viewer.Role      `sql:"role"`
	Institution  ident.ID         `sql:"institution_id"`
	Unit         ident.ID         `sql:"unit_id"`
	Alliance     ident.ID         `sql:"alliance_id"`
	From         time.Time        `sql:"valid_from"`  // may be still to come
	Until        time.Time        `sql:"valid_until"` // zero: without end
	MemberStepUp vocab.StepUp     `sql:"member_step_up"`
	AboveStepUp  vocab.StepUp     `sql:"above_step_up"`
	Affiliation  ident.ID         `sql:"affiliation_id"` // empty: belongs nowhere
	Home         ident.ID         `sql:"home_id"`
	Kind         affiliation.Kind `sql:"kind"`
	Lapses       time.Time        `sql:"expires_at"`
}

// Holds says whether the row has a role that holds at the moment.
func (r Standing) Holds(now time.Time) bool { return r.Grant != "" && !now.Before(r.From) }

// SelectStanding has a selection whose rows name a person also say what that
// person is at the moment. It adds to the columns, the joins and the order.
func SelectStanding(s *sql.Selector, of string, now time.Time) {
	grants, homes := sql.Table(rolegrant.Table).As("held"), sql.Table(affiliation.Table).As("home")
	members, above := sql.Table(institution.Table).As("member"), sql.Table(alliance.Table).As("above")
	s.LeftJoin(grants).On(of, grants.C(rolegrant.FieldPersonID)).OnP(condition(grants, authz.HeldOrComing(now)))
	s.LeftJoin(members).On(grants.C(rolegrant.FieldInstitutionID), members.C(institution.FieldID))
	s.LeftJoin(above).On(grants.C(rolegrant.FieldAllianceID), above.C(alliance.FieldID))
	s.LeftJoin(homes).On(of, homes.C(affiliation.FieldPersonID)).OnP(condition(homes, affiliation.ExpiresAtGT(now)))
	s.AppendSelectAs(grants.C(rolegrant.FieldID), "grant_id").AppendSelectAs(members.C(institution.FieldStepUp), "member_step_up").
		AppendSelectAs(above.C(alliance.FieldStepUp), "above_step_up").AppendSelectAs(homes.C(affiliation.FieldID), "affiliation_id").
		AppendSelectAs(homes.C(affiliation.FieldInstitutionID), "home_id")
	s.AppendSelect(grants.Columns(rolegrant.FieldRole, rolegrant.FieldInstitutionID, rolegrant.FieldUnitID, rolegrant.FieldAllianceID,
		rolegrant.FieldValidFrom, rolegrant.FieldValidUntil)...)
	s.AppendSelect(homes.Columns(affiliation.FieldKind, affiliation.FieldExpiresAt)...)
	s.OrderBy(grants.C(rolegrant.FieldID), homes.C(affiliation.FieldID))
}

// condition is what a predicate says of a table that is joined.
func condition[P ~func(*sql.Selector)](of *sql.SelectTable, p P) *sql.Predicate {
	s := sql.Select().From(of)
	p(s)
	return s.P()
}

// ViewerOf returns who a person is now. Roles and affiliations are read at every
// time, so that their loss acts at once, also on sessions that go on.
func (s *Service) ViewerOf(ctx context.Context, who ident.ID) (*viewer.Viewer, error) {
	var rows []Standing
	now := s.Now()
	err := s.DB.Person.Query().Where(person.ID(who)).Modify(func(q *sql.Selector) {
		q.Select()
		SelectStanding(q, q.C(person.FieldID), now)
	}).Scan(viewer.AsSystem(ctx), &rows)
	if err != nil {
		return nil, err
	}
	return Viewer(ctx, s.DB, who, rows, now)
}

// Viewer returns who a person with these rows is at their moment. It asks for the units of an
// institution where a role is held at one of them.
func Viewer(ctx context.Context, db *ent.Client, who ident.ID, rows []Standing, now time.Time) (*viewer.Viewer, error) {
	v := &viewer.Viewer{Kind: viewer.Person, PersonID: who, Language: language.English}
	below, err := below(viewer.AsSystem(ctx), db, rows)
	if err != nil {
		return nil, err
	}
	var homes []*ent.Affiliation
	for i, r := range rows {
		if r.Holds(now) && (i == 0 || rows[i-1].Grant != r.Grant) {
			at := r.Institution
			if at == "" {
				at = r.Alliance
			}
			held := viewer.Grant{Role: r.Role, At: at, Unit: r.Unit}
			if r.Unit != "" {
				held.Units = below(r.Unit)
			}
			v.Grants = append(v.Grants, held)
			if (r.MemberStepUp == vocab.StepUpRequired || r.AboveStepUp == vocab.StepUpRequired) && !slices.Contains(v.StepUpAt, at) {
				v.StepUpAt = append(v.StepUpAt, at)
			}
		}
		if r.Affiliation != "" {
			homes = append(homes, &ent.Affiliation{InstitutionID: r.Home, Kind: r.Kind})
		}
	}
	for _, h := range homes {
		if !v.IsAffiliated(h.InstitutionID) {
			v.Homes = append(v.Homes, h.InstitutionID)
		}
	}
	v.Audiences = Audiences(homes)
	return v, nil
}

// below returns a function that lists a unit of a grant and all units below it.
// A unit is listed once, so that not even a cycle would keep it from ending.
func below(ctx context.Context, db *ent.Client, rows []Standing) (func(ident.ID) []ident.ID, error) {
	var at []ident.ID
	for _, r := range rows {
		if r.Unit != "" && !slices.Contains(at, r.Institution) {
			at = append(at, r.Institution)
		}
	}
	children := map[ident.ID][]ident.ID{}
	if len(at) > 0 {
		units, err := db.Unit.Query().Where(unit.InstitutionIDIn(at...), unit.ParentIDNotNil()).Order(unit.ByID()).All(ctx)
		if err != nil {
			return nil, err
		}
		for _, u := range units {
			children[*u.ParentID] = append(children[*u.ParentID], u.ID)
		}
	}
	return func(top ident.ID) []ident.ID {
		all := []ident.ID{top}
		for i := 0; i < len(all); i++ {
			for _, child := range children[all[i]] {
				if !slices.Contains(all, child) {
					all = append(all, child)
				}
			}
		}
		return all
	}, nil
}
