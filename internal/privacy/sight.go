package privacy

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/profile"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// ProfileFields are the fields of a profile, in the order in which what is
// withheld is listed.
var ProfileFields = []vocab.PersonalField{vocab.FieldName, vocab.FieldEmail, vocab.FieldStudentIdentifier}

// Sight is what a viewer sees of one person's profile. The profile itself stays
// inside: Read is the only way to it, and notes each reading.
type Sight struct {
	person  ident.ID
	profile *ent.Profile // nil: there is none
	own     bool         // of the viewer, or read by the system
	grounds map[vocab.PersonalField]authz.Ground
}

// Sights decides what the viewer sees of the profiles of people whom they see.
// It is the only place that reads a profile which is not the viewer's own.
//
// It takes a statement for the profiles, one for what somebody has to do with
// others, and a third for an administrator, who knows who holds a role.
func (s *Service) Sights(ctx context.Context, people []ident.ID) (map[ident.ID]*Sight, error) {
	v, system := viewer.From(ctx), viewer.AsSystem(ctx)
	sights := make(map[ident.ID]*Sight, len(people))
	var others []ident.ID
	for _, id := range people {
		own := v.Kind == viewer.System || v.Kind == viewer.Person && v.PersonID == id
		sights[id] = &Sight{person: id, own: own, grounds: map[vocab.PersonalField]authz.Ground{}}
		if !own {
			others = append(others, id)
		}
	}
	profiles, err := s.DB.Profile.Query().Where(profile.PersonIDIn(people...)).All(system)
	if err != nil {
		return nil, err
	}
	for _, p := range profiles {
		sights[p.PersonID].profile = p
	}
	if len(others) == 0 {
		return sights, nil
	}
	if err := s.byApplications(system, v, others, sights); err != nil {
		return nil, err
	}
	return sights, s.byRoles(system, v, others, sights)
}

// seated is an application with the state of its seat.
type seated struct {
	ID      ident.ID          `sql:"id"`
	Learner ident.ID          `sql:"learner_id"`
	Home    ident.ID          `sql:"home_id"`
	Host    ident.ID          `sql:"host_id"`
	State   application.State `sql:"state"`
	Sharing vocab.Sharing     `sql:"sharing"`
	Seat    *enrolment.State  `sql:"seat"`
}

// byApplications notes why the viewer sees fields of others by what these have
// applied for. The newest application that gives a reason is the reason.
func (s *Service) byApplications(system context.Context, v *viewer.Viewer, others []ident.ID, sights map[ident.ID]*Sight) error {
	at := v.StaffAt()
	if len(at) == 0 {
		return nil
	}
	var rows []seated
	err := s.DB.Application.Query().
		Where(application.LearnerIDIn(others...), application.Or(application.HomeIDIn(at...), application.HostIDIn(at...))).
		Modify(func(q *sql.Selector) {
			seats := sql.Table(enrolment.Table).As("seats")
			q.LeftJoin(seats).On(q.C(application.FieldID), seats.C(enrolment.FieldApplicationID))
			q.Select(q.Columns(application.FieldID, application.FieldLearnerID, application.FieldHomeID, application.FieldHostID, application.FieldState,
				application.FieldSharing)...).AppendSelectAs(seats.C(enrolment.FieldState), "seat").OrderBy(sql.Desc(q.C(application.FieldID)))
		}).Scan(system, &rows)
	if err != nil {
		return err
	}
	for _, row := range rows {
		c := authz.Case{ID: row.ID, Home: row.Home, Host: row.Host, Stage: authz.StageOf(row.State, row.Seat), Sharing: row.Sharing}
		for _, f := range ProfileFields {
			if ground, ok := c.Ground(v, f); ok {
				sights[row.Learner].sees(f, ground)
			}
		}
	}
	return nil
}

// byRoles lets administrators see who holds or held a role with them, and how to
// reach them.
func (s *Service) byRoles(system context.Context, v *viewer.Viewer, others []ident.ID, sights map[ident.ID]*Sight) error {
	var at []ident.ID
	for _, g := range v.Grants {
		if g.Role == viewer.Administrator || g.Role == viewer.AllianceAdministrator {
			at = append(at, g.At)
		}
	}
	if len(at) == 0 {
		return nil
	}
	grants, err := s.DB.RoleGrant.Query().Where(rolegrant.PersonIDIn(others...), rolegrant.Or(rolegrant.InstitutionIDIn(at...), rolegrant.AllianceIDIn(at...))).
		Order(rolegrant.ByID()).All(system)
	if err != nil {
		return err
	}
	for _, g := range grants {
		ground := authz.Ground{Institution: vocab.OrZero(g.InstitutionID), Role: viewer.Administrator}
		if g.AllianceID != nil {
			ground = authz.Ground{Institution: *g.AllianceID, Role: viewer.AllianceAdministrator}
		}
		sights[g.PersonID].sees(vocab.FieldName, ground)
		sights[g.PersonID].sees(vocab.FieldEmail, ground)
	}
	return nil
}

func (s *Sight) sees(f vocab.PersonalField, ground authz.Ground) {
	if _, known := s.grounds[f]; !known {
		s.grounds[f] = ground
	}
}

// Read returns what of takes from the profile, when the viewer sees the field,
// and nil otherwise. That somebody else's data was read is noted.
func (s *Sight) Read(ctx context.Context, f vocab.PersonalField, of func(*ent.Profile) *string) (*string, error) {
	if s == nil || s.profile == nil {
		return nil, nil
	}
	ground, seen := s.grounds[f]
	if !s.own && !seen {
		return nil, nil
	}
	value := of(s.profile)
	if value == nil || s.own {
		return value, nil
	}
	return value, note(ctx, s.person, ground, f)
}

// Withheld lists the fields of the profile that the viewer does not see. It
// tells nothing of what stands in them.
func (s *Sight) Withheld() []vocab.PersonalField {
	if s == nil || s.own {
		return []vocab.PersonalField{}
	}
	return slices.DeleteFunc(slices.Clone(ProfileFields), func(f vocab.PersonalField) bool { _, seen := s.grounds[f]; return seen })
}

// ReadApplication says whether the viewer sees a field that stands with an
// application, and notes that it was read.
func ReadApplication(ctx context.Context, app *ent.Application, seat *enrolment.State, f vocab.PersonalField) (bool, error) {
	reason, ok := ReasonFor(ctx, app, seat, f)
	if !ok {
		return false, nil
	}
	return true, reason.Note(ctx)
}

// Reason is why a viewer may read a field that stands with an application.
type Reason struct {
	person ident.ID
	ground *authz.Ground // nil: it is their own, or they are the system
	field  vocab.PersonalField
}

// ReasonFor returns why the viewer may read a field of an application, and whether
// they may. Whoever reads it notes that.
func ReasonFor(ctx context.Context, app *ent.Application, seat *enrolment.State, f vocab.PersonalField) (Reason, bool) {
	v := viewer.From(ctx)
	if v.Kind == viewer.System || v.Kind == viewer.Person && v.PersonID == app.LearnerID {
		return Reason{person: app.LearnerID, field: f}, true
	}
	ground, ok := authz.CaseOf(app, seat).Ground(v, f)
	return Reason{app.LearnerID, &ground, f}, ok
}

// Note notes that the field was read.
func (r Reason) Note(ctx context.Context) error {
	if r.ground == nil {
		return nil
	}
	return note(ctx, r.person, *r.ground, r.field)
}
