package seed

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	seat "github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/recognitioncase"
	"github.com/peregrine-exchange/peregrine/ent/recognitionrule"
	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
	"github.com/peregrine-exchange/peregrine/internal/recognition"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// rules that home proposes and the provider of the course agrees.
var rules = []struct {
	home, programme, code string
	transfer              recognitionrule.GradeTransfer
	agreed                bool
}{
	{"vutbr.cz", "NMGR-IT", "LUH-MC-101", recognitionrule.GradeTransferPASS_ONLY, true},
	{"vutbr.cz", "", "LUT-MC-103", recognitionrule.GradeTransferPASS_ONLY, true},
	{"vutbr.cz", "NMGR-IT", "TUW-MC-101", recognitionrule.GradeTransferAS_GIVEN, true},
	{"uni-hannover.de", "", "VUT-MC-101", recognitionrule.GradeTransferPASS_ONLY, true},
	{"uni-hannover.de", "MSC-MECH", "LUT-MC-101", recognitionrule.GradeTransferAS_GIVEN, true},
	{"uni-hannover.de", "", "LUT-MC-103", recognitionrule.GradeTransferPASS_ONLY, true},
	{"lut.fi", "", "URJC-MC-104", recognitionrule.GradeTransferAS_GIVEN, true},
	{"tuwien.ac.at", "", "LUT-C-201", recognitionrule.GradeTransferPASS_ONLY, true},
	{"imt.fr", "", "LUH-MC-102", recognitionrule.GradeTransferPASS_ONLY, true},
	{"partner-university.example", "", "LUH-MINT-UA", recognitionrule.GradeTransferAS_GIVEN, true},
	{"ju.se", "", "TUW-C-201", recognitionrule.GradeTransferPASS_ONLY, false},
}

func (d *demo) agreeRules(ctx context.Context) error {
	since := d.first() + 30
	d.day(since)
	for _, r := range rules {
		p := agreement.Proposal{
			HomeID: d.home[r.home].ID, CourseID: d.courses[r.code].ID, ECTS: d.ects[r.code],
			GradeTransfer: r.transfer, ValidFrom: d.date(since), ValidUntil: new(d.date(900)),
		}
		if r.programme != "" {
			p.ProgrammeID = &d.programmes[r.programme].ID
		}
		made, err := d.agreements.Propose(d.as(ctx, "international@"+r.home), p)
		if err != nil {
			return fmt.Errorf("%s for %s: %w", r.code, r.home, err)
		}
		if !r.agreed {
			continue
		}
		host := d.domainOf(made.HostID)
		if _, err := d.agreements.Answer(d.as(ctx, "international@"+host), agreement.Answer{RuleID: made.ID, Agree: true}); err != nil {
			return fmt.Errorf("%s for %s: %w", r.code, r.home, err)
		}
	}
	return nil
}

func (d *demo) domainOf(id ident.ID) string {
	for domain, inst := range d.home {
		if inst.ID == id {
			return domain
		}
	}
	panic("seed: no institution " + id)
}

// step is how far a story has come.
type step int

const (
	applied step = iota
	nominated
	admitted
	recorded
	confirmed
	issued
	requested
)

// story is what happened to one learner with one course.
type story struct {
	learner, code, schedule string
	began                   int // day of the application, from today
	until                   step
	refusedBy               string // "home" or "host"
	withdrawn               bool
	revokedThenNew          bool
	decision                *recognition.Decision
	motivation              string
}

const (
	cohort   = string(offering.ScheduleCOHORT)
	onDemand = string(offering.ScheduleON_DEMAND)
)

// stories put somebody into every state of the journey.
var stories = []story{
	{learner: "tomas@vutbr.cz", code: "LUH-MC-102", schedule: cohort, began: -3, until: applied, motivation: "I want to add machine learning to my thesis on drives."},
	{learner: "lena@uni-hannover.de", code: "LUT-MC-101", schedule: cohort, began: -6, until: nominated, motivation: "Hydrogen is not taught at home in this depth."},
	{learner: "camille@imt.fr", code: "LUH-MC-102", schedule: cohort, began: -8, until: admitted},
	{learner: "astrid@ju.se", code: "LUT-MC-103", schedule: onDemand, began: -30, until: recorded},
	{learner: "lucia@urjc.es", code: "LUT-C-201", schedule: onDemand, began: -48, until: confirmed},
	{learner: "jonas@uni-hannover.de", code: "LUT-MC-103", schedule: onDemand, began: -33, until: issued},
	{learner: "mikko@lut.fi", code: "URJC-MC-104", schedule: onDemand, began: -50, until: requested},
	{learner: "nikos@ntua.gr", code: "URJC-MC-104", schedule: onDemand, began: -52, until: requested},
	{learner: "lucia@urjc.es", code: "TUW-C-201", schedule: onDemand, began: -40, until: requested, decision: &recognition.Decision{
		Outcome: recognitioncase.StateGRANTED_PARTIALLY, ECTS: new(vocab.ECTS(1_00)),
		Reasons: "Half of the learning outcomes are part of a required module that you have passed already.",
		Differences: []vocab.Difference{{Element: "LEARNING_OUTCOMES", Text: "Two of four outcomes repeat a module of your programme.",
			Remedy: "Choose a course with other outcomes, or ask for an exemption from the module."}},
	}},
	{learner: "marek@stuba.sk", code: "VUT-MC-101", schedule: cohort, began: -9, until: nominated, refusedBy: "host"},
	{learner: "giulia@univaq.it", code: "TUW-MC-101", schedule: cohort, began: -7, until: applied, refusedBy: "home"},
	{learner: "paul@tuwien.ac.at", code: "VUT-MC-101", schedule: cohort, began: -10, until: admitted, withdrawn: true},
	{learner: "paul@tuwien.ac.at", code: "VUT-MC-101", schedule: cohort, began: -2, until: applied},
	{learner: "klara@tuwien.ac.at", code: "LUT-C-201", schedule: onDemand, began: -46, until: issued, revokedThenNew: true},
	{learner: "oksana@partner-university.example", code: cohortProgramme, schedule: pastCohort, began: 0, until: requested},
	{learner: "bohdan@partner-university.example", code: cohortProgramme, schedule: cohort, began: -4, until: nominated},
}

func (d *demo) tellStories(ctx context.Context) error {
	for _, s := range stories {
		if err := d.tell(ctx, s); err != nil {
			return fmt.Errorf("%s with %s: %w", s.learner, s.code, err)
		}
	}
	return nil
}

func (d *demo) tell(ctx context.Context, s story) error {
	day := s.began
	if s.schedule == pastCohort {
		day = -int(d.today.Sub(time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC)).Hours() / 24)
	}
	next := func(days int) { day = min(0, day+days); d.day(day) }
	next(0)
	learner := d.as(ctx, s.learner)
	in := journey.Submission{Wish: journey.Wish{OfferingID: d.offerings[s.code][s.schedule]}}
	if s.motivation != "" {
		// Who writes why shares how to reach them, too.
		in.Motivation, in.SharedData = &s.motivation, []vocab.SharedItem{vocab.ShareEmail, vocab.ShareStudentIdentifier}
		in.ConsentVersion = new(vocab.CurrentConsent().Version)
	}
	app, err := d.journeys.Submit(learner, in)
	if err != nil {
		return err
	}
	home, host := d.domainOf(app.HomeID), d.domainOf(app.HostID)
	atHome, atHost := d.as(ctx, "international@"+home), d.as(ctx, "international@"+host)
	next(1)
	if err := d.reads(atHome, app); err != nil {
		return err
	}
	if s.until >= nominated {
		if app, err = d.journeys.Nominate(atHome, journey.Nomination{ApplicationID: app.ID}); err != nil {
			return err
		}
		if err := d.reads(atHost, app); err != nil {
			return err
		}
	}
	next(1)
	switch s.refusedBy {
	case "home":
		_, err = d.journeys.RefuseNomination(atHome, journey.Refusal{ApplicationID: app.ID, Reason: "The course repeats a module that you have passed at home."})
		return err
	case "host":
		_, err = d.journeys.Refuse(atHost, journey.Refusal{ApplicationID: app.ID, Reason: "The course needs experience in programming that your record does not show."})
		return err
	}
	if s.until < admitted {
		return nil
	}
	if app, err = d.journeys.Admit(atHost, journey.Admission{ApplicationID: app.ID}); err != nil {
		return err
	}
	if s.withdrawn {
		next(1)
		_, err = d.journeys.Withdraw(learner, journey.Renunciation{ApplicationID: app.ID, Reason: new("The dates clash with an examination.")})
		return err
	}
	return d.finish(ctx, s, app, next)
}

// finish tells the story from the seat on.
func (d *demo) finish(ctx context.Context, s story, app *ent.Application, next func(int)) error {
	if s.until < recorded {
		return nil
	}
	host := d.domainOf(app.HostID)
	e, err := d.db.Enrolment.Query().Where(seat.ApplicationID(app.ID)).Only(ctx)
	if err != nil {
		return err
	}
	next(20)
	scale, grade := gradeAt(host)
	r, err := d.journeys.Record(d.as(ctx, "editor@"+host), journey.Assessment{Assessed: journey.Assessed{
		EnrolmentID: e.ID, Mark: journey.Mark{Scale: scale, Grade: &grade, AchievedOn: d.clock.Format("2006-01-02")},
	}})
	if err != nil || s.until < confirmed {
		return err
	}
	registrar := d.as(ctx, "registrar@"+host)
	next(2)
	if r, err = d.journeys.Confirm(registrar, journey.Confirmation{ResultID: r.ID}); err != nil || s.until < issued {
		return err
	}
	next(1)
	c, err := d.credentials.Issue(registrar, credential.Issue{ResultID: r.ID})
	if err != nil {
		return err
	}
	if s.revokedThenNew {
		next(1)
		if _, err := d.credentials.Revoke(registrar, credential.Revocation{CredentialID: c.ID, Reason: "ISSUED_IN_ERROR"}); err != nil {
			return err
		}
		_, err := d.credentials.Issue(registrar, credential.Issue{ResultID: r.ID})
		return err
	}
	if s.until < requested {
		return nil
	}
	next(1)
	asked, err := d.recognitions.Ask(d.as(ctx, s.learner), recognition.Request{CredentialID: c.ID})
	if err != nil || s.decision == nil {
		return err
	}
	next(2)
	decision := *s.decision
	decision.CaseID = asked.ID
	_, err = d.recognitions.Decide(d.as(ctx, "international@"+d.domainOf(app.HomeID)), decision)
	return err
}

// gradeAt returns a good grade on the scale of the host.
func gradeAt(host string) (scale vocab.GradeScale, grade string) {
	for _, p := range places {
		if p.domain == host {
			return vocab.GradeScale(p.scale), p.pass
		}
	}
	panic("seed: no grades at " + host)
}

// reads has an office look at who has applied, which stands in the log.
func (d *demo) reads(office context.Context, app *ent.Application) (err error) {
	noted := d.privacy.Disclose(office, "WorkList", func(ctx context.Context) {
		var sights map[ident.ID]*privacy.Sight
		if sights, err = d.privacy.Sights(ctx, []ident.ID{app.LearnerID}); err != nil {
			return
		}
		for f, of := range map[vocab.PersonalField]func(*ent.Profile) *string{
			vocab.FieldName: func(p *ent.Profile) *string { return &p.GivenName }, vocab.FieldEmail: func(p *ent.Profile) *string { return p.Email },
		} {
			if _, err = sights[app.LearnerID].Read(ctx, f, of); err != nil {
				return
			}
		}
	})
	return cmp.Or(err, noted)
}
