package institution

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"
	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/homemodule"
	"github.com/peregrine-exchange/peregrine/ent/importsource"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/programme"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/ent/signingkey"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Status is what came out of a readiness check.
type Status string

// The statuses. A warning is no obstacle, but worth a look.
const (
	Passed  Status = "PASSED"
	Warning Status = "WARNING"
	Failed  Status = "FAILED"
)

// Check is one thing that an institution needs to take part in the exchange.
// The table below holds all of them.
type Check struct {
	ID string
	of func(facts) Status
}

// Finding is what came out of a check of one institution.
type Finding struct {
	*Check
	Status Status
}

// Need says what the check asks for.
func (c *Check) Need(in language.Tag) string { return lang.Say(in, "readiness."+c.ID+".need") }

// Hint says how to fix what the check found, or "" when it found nothing.
func (f Finding) Hint(in language.Tag) string {
	if f.Status == Passed {
		return ""
	}
	return lang.Say(in, "readiness."+f.ID+".hint")
}

// facts are what the checks look at, of one institution.
type facts struct {
	*ent.Institution
	memberships   []*ent.Membership
	roles         map[rolegrant.Role]bool // held now, at the whole institution
	sources       []*ent.ImportSource
	signIn        bool // a provider that is active speaks for it
	key           bool // an active one
	modules       bool // of a programme
	published     bool // a course
	openOfferings bool
}

// or returns Passed when ok, and status otherwise.
func or(status Status, ok bool) Status {
	if ok {
		return Passed
	}
	return status
}

func held(role rolegrant.Role) func(facts) Status {
	return func(f facts) Status { return or(Failed, f.roles[role]) }
}

// maxFailures is how many readings of a source in a row may fail before it
// counts as broken.
const maxFailures = 3

// checks are all checks, in the order in which they are best worked through.
var checks = []Check{
	{"MEMBERSHIP", func(f facts) Status {
		return or(Failed, slices.ContainsFunc(f.memberships, func(m *ent.Membership) bool { return m.State == membership.StateACTIVE }))
	}},
	{"IDENTIFIERS", func(f facts) Status { return or(Failed, f.ErasmusCode != nil || f.Pic != nil || f.Ror != nil) }},
	{"QUALITY_REGISTER", func(f facts) Status { return or(Warning, f.Deqar != nil) }},
	{"DOMAINS", func(f facts) Status { return or(Failed, len(f.Domains) > 0) }},
	{"SIGN_IN", func(f facts) Status { return or(Failed, f.signIn) }},
	{"ADMINISTRATOR", held(rolegrant.RoleADMINISTRATOR)},
	{"REGISTRAR", held(rolegrant.RoleREGISTRAR)},
	{"MOBILITY_OFFICER", held(rolegrant.RoleMOBILITY_OFFICER)},
	{"RECOGNITION_OFFICER", held(rolegrant.RoleRECOGNITION_OFFICER)},
	{"SIGNING_KEY", func(f facts) Status { return or(Warning, f.key) }},
	{"PROGRAMME", func(f facts) Status { return or(Failed, f.modules) }},
	{"COURSE", func(f facts) Status { return or(Failed, f.published) }},
	{"OFFERING", func(f facts) Status { return or(Warning, f.openOfferings) }},
	{"IMPORT", func(f facts) Status {
		status := Passed
		for _, s := range f.sources {
			switch {
			case s.State != importsource.StateACTIVE, s.Failures == 0:
			case s.Failures >= maxFailures:
				return Failed
			default:
				status = Warning
			}
		}
		return status
	}},
}

// Readiness says of each institution what it needs and whether it has it. One
// is left out where the viewer is neither on its staff nor administrator of an
// alliance that it belongs to. It takes nine statements for all of them.
func (s *Service) Readiness(ctx context.Context, ids ...ident.ID) (map[ident.ID][]Finding, error) {
	v := viewer.From(ctx)
	if v == nil || v.Kind != viewer.System && len(v.Grants) == 0 {
		return nil, nil
	}
	ctx = viewer.AsSystem(ctx) // who may ask is decided here
	all, err := s.DB.Membership.Query().Where(membership.InstitutionIDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	memberships := map[ident.ID][]*ent.Membership{}
	for _, m := range all {
		memberships[m.InstitutionID] = append(memberships[m.InstitutionID], m)
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id ident.ID) bool {
		return v.Kind != viewer.System && !slices.Contains(v.StaffAt(), id) && !slices.ContainsFunc(memberships[id], func(m *ent.Membership) bool {
			return m.State != membership.StateLEFT && authz.Allowed(v, authz.ManageAlliance, m.AllianceID)
		})
	})
	if len(ids) == 0 {
		return nil, nil
	}
	known, err := s.facts(ctx, ids)
	if err != nil {
		return nil, err
	}
	found := make(map[ident.ID][]Finding, len(known))
	for _, f := range known {
		f.memberships = memberships[f.ID]
		for c := range checks {
			found[f.ID] = append(found[f.ID], Finding{Check: &checks[c], Status: checks[c].of(f)})
		}
	}
	return found, nil
}

// facts gathers what the checks look at, but for the memberships.
func (s *Service) facts(ctx context.Context, ids []ident.ID) ([]facts, error) {
	now := s.Now()
	institutions, err := s.DB.Institution.Query().Where(institution.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	roles, err := s.DB.RoleGrant.Query().Where(rolegrant.InstitutionIDIn(ids...), rolegrant.UnitIDIsNil(), authz.Held(now)).All(ctx)
	if err != nil {
		return nil, err
	}
	sources, err := s.DB.ImportSource.Query().Where(importsource.InstitutionIDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	var fault error
	// which makes a set of the institutions that a statement names.
	which := func(named []string, err error) func(ident.ID) bool {
		if err != nil {
			fault = err
		}
		return func(id ident.ID) bool { return slices.Contains(named, string(id)) }
	}
	signIn := which(s.DB.ProviderHome.Query().Where(providerhome.InstitutionIDIn(ids...), providerhome.HasProviderWith(provider.StateEQ(provider.StateACTIVE))).
		Unique(true).Select(providerhome.FieldInstitutionID).Strings(ctx))
	key := which(s.DB.SigningKey.Query().Where(signingkey.InstitutionIDIn(ids...), signingkey.StateEQ(signingkey.StateACTIVE)).
		Unique(true).Select(signingkey.FieldInstitutionID).Strings(ctx))
	modules := which(s.DB.Programme.Query().Where(programme.InstitutionIDIn(ids...), hasModules).
		Unique(true).Select(programme.FieldInstitutionID).Strings(ctx))
	published := which(s.DB.Course.Query().Where(course.InstitutionIDIn(ids...), course.StateEQ(course.StatePUBLISHED)).
		Unique(true).Select(course.FieldInstitutionID).Strings(ctx))
	// The rule of catalogue.TakesApplications and AvailabilityAt, for everybody.
	open := which(s.DB.Offering.Query().Where(offering.InstitutionIDIn(ids...), offering.StateEQ(offering.StatePUBLISHED), offering.OpensAtLTE(now),
		offering.Or(offering.ClosesAtIsNil(), offering.ClosesAtGT(now)), hasSeat, offering.HasCourseWith(course.StateEQ(course.StatePUBLISHED))).
		Unique(true).Select(offering.FieldInstitutionID).Strings(ctx))
	if fault != nil {
		return nil, fault
	}
	var all []facts
	for _, inst := range institutions {
		f := facts{Institution: inst, roles: map[rolegrant.Role]bool{}, signIn: signIn(inst.ID), key: key(inst.ID),
			modules: modules(inst.ID), published: published(inst.ID), openOfferings: open(inst.ID)}
		for _, r := range roles {
			f.roles[r.Role] = f.roles[r.Role] || *r.InstitutionID == inst.ID
		}
		for _, src := range sources {
			if src.InstitutionID == inst.ID {
				f.sources = append(f.sources, src)
			}
		}
		all = append(all, f)
	}
	return all, nil
}

// hasSeat keeps the offerings with a free seat.
func hasSeat(s *sql.Selector) {
	s.Where(sql.ColumnsLT(s.C(offering.FieldSeatsTaken), s.C(offering.FieldSeats)))
}

// hasModules keeps the programmes that have a module.
func hasModules(s *sql.Selector) {
	m := sql.Dialect(s.Dialect()).Table(homemodule.Table)
	s.Where(sql.In(s.C(programme.FieldID), sql.Dialect(s.Dialect()).Select(m.C(homemodule.FieldProgrammeID)).From(m)))
}
