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
	"github.com/peregrine-exchange/peregrine/internal/problem"
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
	ID         string
	need, hint [2]string // English, German
	of         func(facts) Status
}

// Finding is what came out of a check of one institution.
type Finding struct {
	*Check
	Status Status
}

// Need says what the check asks for.
func (c *Check) Need(in language.Tag) string { return problem.Said(c.need, in) }

// Hint says how to fix what the check found, or "" when it found nothing.
func (f Finding) Hint(in language.Tag) string {
	if f.Status == Passed {
		return ""
	}
	return problem.Said(f.hint, in)
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
	{"MEMBERSHIP", [2]string{"The institution is an active member of an alliance.", "Die Hochschule ist aktives Mitglied einer Allianz."},
		[2]string{"Answer the invitation (answerInvitation), or ask the alliance to invite or reinstate the institution.", "Beantworten Sie die Einladung (answerInvitation), oder bitten Sie die Allianz, die Hochschule einzuladen oder ihre Mitgliedschaft wieder in Kraft zu setzen."},
		func(f facts) Status {
			return or(Failed, slices.ContainsFunc(f.memberships, func(m *ent.Membership) bool { return m.State == membership.StateACTIVE }))
		}},
	{"IDENTIFIERS", [2]string{"The institution has an Erasmus code, a PIC or a ROR id, so that partners recognise it.", "Die Hochschule hat einen Erasmus-Code, einen PIC oder eine ROR-ID, sodass Partner sie erkennen."},
		[2]string{"Add the identifiers with updateInstitution: the Erasmus code with its blanks, the PIC of the Funding & Tenders Portal, the ROR id of ror.org.", "Ergänzen Sie die Kennungen mit updateInstitution: den Erasmus-Code mit seinen Leerzeichen, den PIC aus dem Funding & Tenders Portal, die ROR-ID von ror.org."},
		func(f facts) Status { return or(Failed, f.ErasmusCode != nil || f.Pic != nil || f.Ror != nil) }},
	{"QUALITY_REGISTER", [2]string{"The institution has a DEQAR id, so that readers of a credential find its accreditation.", "Die Hochschule hat eine DEQAR-ID, sodass Leserinnen und Leser eines Nachweises ihre Akkreditierung finden."},
		[2]string{"Look the institution up in the Database of External Quality Assurance Results and add its id with updateInstitution.", "Suchen Sie die Hochschule in der Database of External Quality Assurance Results und ergänzen Sie ihre ID mit updateInstitution."},
		func(f facts) Status { return or(Warning, f.Deqar != nil) }},
	{"DOMAINS", [2]string{"The institution's web and mail domains are known, so that people find it when they sign in.", "Die Web- und Mail-Domains der Hochschule sind bekannt, sodass man sie bei der Anmeldung findet."},
		[2]string{"Add the domains with updateInstitution.", "Ergänzen Sie die Domains mit updateInstitution."},
		func(f facts) Status { return or(Failed, len(f.Domains) > 0) }},
	{"SIGN_IN", [2]string{"An identity provider that is active speaks for the institution.", "Ein aktiver Anmeldedienst spricht für die Hochschule."},
		[2]string{"Propose your identity provider (proposeProvider); an alliance administrator approves it (approveProvider), or enables it again (enableProvider).", "Schlagen Sie Ihren Anmeldedienst vor (proposeProvider); die Verwaltung der Allianz genehmigt ihn (approveProvider) oder schaltet ihn wieder ein (enableProvider)."},
		func(f facts) Status { return or(Failed, f.signIn) }},
	{"ADMINISTRATOR", [2]string{"Somebody is administrator.", "Jemand hat die Rolle ADMINISTRATOR."},
		[2]string{"The alliance administrator appoints the first one with grantRole.", "Die Verwaltung der Allianz ernennt die erste Person mit grantRole."},
		held(rolegrant.RoleADMINISTRATOR)},
	{"REGISTRAR", [2]string{"Somebody is registrar, to confirm results and issue credentials.", "Jemand hat die Rolle REGISTRAR, bestätigt Ergebnisse und stellt Nachweise aus."},
		[2]string{"Give somebody the role REGISTRAR with grantRole.", "Geben Sie jemandem mit grantRole die Rolle REGISTRAR."},
		held(rolegrant.RoleREGISTRAR)},
	{"MOBILITY_OFFICER", [2]string{"Somebody is mobility officer, to nominate and admit learners.", "Jemand hat die Rolle MOBILITY_OFFICER, nominiert Lernende und lässt sie zu."},
		[2]string{"Give somebody the role MOBILITY_OFFICER with grantRole.", "Geben Sie jemandem mit grantRole die Rolle MOBILITY_OFFICER."},
		held(rolegrant.RoleMOBILITY_OFFICER)},
	{"RECOGNITION_OFFICER", [2]string{"Somebody is recognition officer, to agree rules and decide cases.", "Jemand hat die Rolle RECOGNITION_OFFICER, vereinbart Regeln und entscheidet über Anerkennungen."},
		[2]string{"Give somebody the role RECOGNITION_OFFICER with grantRole.", "Geben Sie jemandem mit grantRole die Rolle RECOGNITION_OFFICER."},
		held(rolegrant.RoleRECOGNITION_OFFICER)},
	{"SIGNING_KEY", [2]string{"The institution has an active key to sign credentials with.", "Die Hochschule hat einen aktiven Schlüssel, mit dem sie Nachweise signiert."},
		[2]string{"Nothing to do: the key is made when the first credential is issued.", "Nichts zu tun: Der Schlüssel entsteht, wenn der erste Nachweis ausgestellt wird."},
		func(f facts) Status { return or(Warning, f.key) }},
	{"PROGRAMME", [2]string{"A study programme with modules exists, so that recognitions have something to count towards.", "Ein Studiengang mit Modulen ist vorhanden, auf den Anerkennungen angerechnet werden."},
		[2]string{"Add a study programme and its modules.", "Legen Sie einen Studiengang mit seinen Modulen an."},
		func(f facts) Status { return or(Failed, f.modules) }},
	{"COURSE", [2]string{"A course is published.", "Ein Kurs ist veröffentlicht."},
		[2]string{"Write a course (createCourse) and publish it (publishCourse), or import the catalogue.", "Legen Sie einen Kurs an (createCourse) und veröffentlichen Sie ihn (publishCourse), oder importieren Sie das Kursangebot."},
		func(f facts) Status { return or(Failed, f.published) }},
	{"OFFERING", [2]string{"An offering takes applications now.", "Ein Angebot nimmt jetzt Bewerbungen an."},
		[2]string{"Plan an offering of a published course (createOffering) and open it (publishOffering).", "Planen Sie ein Angebot zu einem veröffentlichten Kurs (createOffering) und öffnen Sie es (publishOffering)."},
		func(f facts) Status { return or(Warning, f.openOfferings) }},
	{"IMPORT", [2]string{"Every source of the catalogue that is set up is read without faults.", "Jede eingerichtete Quelle des Kursangebots wird fehlerfrei gelesen."},
		[2]string{"Look at the last error of each import source, and mend the source or its address.", "Sehen Sie sich den letzten Fehler jeder Importquelle an und berichtigen Sie die Quelle oder ihre Adresse."},
		func(f facts) Status {
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
