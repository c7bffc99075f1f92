package seed

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/admissionpolicy"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/document"
	"github.com/peregrine-exchange/peregrine/internal/form"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/policy"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/work"
)

// The offerings of which seats are scarce, or that ask something. The words are
// those by which scenes find them.
const (
	crowded = "CROWDED" // every seat is taken, and learners wait
	offered = "OFFERED" // a seat came free, and is offered for two hours more
	drawn   = "DRAWN"   // seats were given by lot
	toDraw  = "TO_DRAW" // seats will be given by lot
	asking  = "ASKING"  // asks questions
	chosen  = "CHOSEN"  // stands in a call
)

// scarce plans them, by the code of the course.
func (d *demo) scarce(code, zone string) []planned {
	plan := func(key string, opens, closes, seats int, change func(*catalogue.NewOffering)) []planned {
		n := catalogue.NewOffering{Schedule: offering.ScheduleCOHORT, Zone: zone, Seats: seats, Language: "en", Mode: "ONLINE",
			OpensAt: d.local(opens, "08:00"), ClosesAt: new(d.local(closes, "23:00")), StartsOn: new(d.date(closes + 15)), EndsOn: new(d.date(closes + 75))}
		change(&n)
		return []planned{{key, n}}
	}
	byLot := func(places int, at *string) func(*catalogue.NewOffering) {
		return func(n *catalogue.NewOffering) {
			n.Admission = new(offering.AdmissionAUTOMATIC)
			n.Waitlist = &catalogue.Waitlist{Places: places, Order: new(offering.WaitlistOrderDRAW), DrawsAt: at}
		}
	}
	waitlist := func(places int) func(*catalogue.NewOffering) {
		return func(n *catalogue.NewOffering) { n.Waitlist = &catalogue.Waitlist{Places: places} }
	}
	switch code {
	case "LUT-MC-104":
		return plan(crowded, -30, 20, 2, waitlist(5))
	case "URJC-MC-102":
		return plan(offered, -28, 10, 1, waitlist(3))
	case "TUW-MC-104":
		return plan(drawn, -40, -6, 2, byLot(2, new(d.local(-4, "10:00"))))
	case "IMT-C-201":
		return plan(toDraw, -5, 25, 12, byLot(20, new(d.local(32, "12:00"))))
	case "VUT-MC-103", "VUT-MC-104":
		return plan(chosen, -14, 35, 8, func(n *catalogue.NewOffering) { n.CallID = &d.call })
	case "STU-MC-102":
		return plan(asking, -12, 30, 10, func(n *catalogue.NewOffering) {
			text := func(en, de string) []vocab.Translation { return both(en, de).Translations() }
			n.Questions = []form.Question{
				{Key: "experience", Kind: vocab.AskText, Text: text("Which models have you built so far?", "Welche Modelle haben Sie bisher gebaut?"),
					Required: new(true), MaxLength: new(500)},
				{Key: "tool", Kind: vocab.AskChoice, Text: text("With which program do you work?", "Mit welchem Programm arbeiten Sie?"), Choices: []form.Choice{
					{Key: "open", Text: text("an open-source one", "mit einem quelloffenen")}, {Key: "other", Text: text("another one", "mit einem anderen")}}},
				{Key: "sample", Kind: vocab.AskFile, Text: text("A sample of your work", "Eine Arbeitsprobe")},
			}
			n.Requirements = []form.Requirement{{Key: "english", Kind: vocab.NeedsLanguage, Language: new("en"), Level: new(vocab.LanguageLevel("B2")),
				Text: text("English at level B2", "Englisch auf dem Niveau B2")}}
			n.RequestedData = []vocab.Ask{{Item: vocab.ShareEmail, Required: true}, {Item: vocab.ShareAccessNeeds}}
		})
	}
	return nil
}

// makeCall makes the call of Brno, for two choices of its offerings.
func (d *demo) makeCall(ctx context.Context) error {
	made, err := d.catalogue.CreateCall(d.as(ctx, "editor@vutbr.cz"), catalogue.NewCall{InstitutionID: d.home["vutbr.cz"].ID, Choices: 2,
		Title: both("Summer laboratories", "Sommerlabore").Translations()})
	if err != nil {
		return err
	}
	d.call = made.ID
	return nil
}

// choose has a learner apply for two offerings of the call, and prefer one.
func (d *demo) choose(ctx context.Context) error {
	for i, code := range []string{"VUT-MC-104", "VUT-MC-103"} {
		if _, err := d.apply(ctx, -4, "marek@stuba.sk", code, chosen, func(s *journey.Submission) { s.Preference = new(i + 1) }); err != nil {
			return err
		}
	}
	return nil
}

// giveSeats puts learners into every state between an application and a seat.
func (d *demo) giveSeats(ctx context.Context) error {
	for _, scene := range []func(context.Context) error{d.crowd, d.offerASeat, d.draw, d.forget, d.ask, d.choose, d.setPolicies} {
		if err := scene(ctx); err != nil {
			return err
		}
	}
	return nil
}

// apply has a learner apply for one of these offerings on a day.
func (d *demo) apply(ctx context.Context, day int, learner, code, key string, also func(*journey.Submission)) (*ent.Application, error) {
	d.day(day)
	in := journey.Submission{Wish: journey.Wish{OfferingID: d.offerings[code][key]}}
	if also != nil {
		also(&in)
	}
	app, err := d.journeys.Submit(d.as(ctx, learner), in)
	if err != nil {
		return nil, fmt.Errorf("%s for %s: %w", learner, code, err)
	}
	return app, nil
}

// nominated is apply, with what home does the day after.
func (d *demo) nominated(ctx context.Context, day int, learner, code, key string) (*ent.Application, error) {
	app, err := d.apply(ctx, day, learner, code, key, nil)
	if err != nil {
		return nil, err
	}
	d.day(day + 1)
	return d.journeys.Nominate(d.as(ctx, "international@"+d.domainOf(app.HomeID)), journey.Nomination{ApplicationID: app.ID})
}

// crowd fills an offering: two have a seat, three wait, one of them on a condition.
func (d *demo) crowd(ctx context.Context) error {
	for i, learner := range []string{"lena@uni-hannover.de", "giulia@univaq.it", "marek@stuba.sk", "tomas@vutbr.cz", "klara@tuwien.ac.at"} {
		app, err := d.nominated(ctx, -20+i, learner, "LUT-MC-104", crowded)
		if err != nil {
			return err
		}
		office := d.as(ctx, "international@lut.fi")
		switch {
		case i == 0:
			_, err = d.journeys.Admit(office, journey.Admission{ApplicationID: app.ID})
		case i == 1:
			_, err = d.journeys.AdmitConditionally(office, journey.ConditionalAdmission{ApplicationID: app.ID, DueAt: d.today.AddDate(0, 0, 14),
				Condition: "Hand in your certificate of laboratory safety."})
		default:
			_, err = d.journeys.Waitlist(office, journey.Admission{ApplicationID: app.ID})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// offerASeat has somebody give up the only seat, so that the one who waits is
// offered it; two hours of the three days for an answer are left.
func (d *demo) offerASeat(ctx context.Context) error {
	office := d.as(ctx, "international@urjc.es")
	first, err := d.nominated(ctx, -22, "camille@imt.fr", "URJC-MC-102", offered)
	if err != nil {
		return err
	}
	if _, err := d.journeys.Admit(office, journey.Admission{ApplicationID: first.ID}); err != nil {
		return err
	}
	second, err := d.nominated(ctx, -21, "nikos@ntua.gr", "URJC-MC-102", offered)
	if err != nil {
		return err
	}
	if _, err := d.journeys.Waitlist(office, journey.Admission{ApplicationID: second.ID}); err != nil {
		return err
	}
	d.clock = d.Now().UTC().Add(-70 * time.Hour)
	_, err = d.journeys.Withdraw(d.as(ctx, "camille@imt.fr"), journey.Renunciation{ApplicationID: first.ID, Reason: new("I have found a course at home.")})
	return err
}

// draw gives two seats by lot among five; who got one accepts it.
func (d *demo) draw(ctx context.Context) error {
	for i, learner := range []string{"astrid@ju.se", "mikko@lut.fi", "lucia@urjc.es", "camille@imt.fr", "anna@uni-hannover.de"} {
		if _, err := d.nominated(ctx, -30+i, learner, "TUW-MC-104", drawn); err != nil {
			return err
		}
	}
	d.day(-4)
	queue := work.New(d.db, func() time.Time { return d.clock }, d.journeys.Handlers()...)
	if _, err := queue.Drain(ctx, catalogue.Settle.Name); err != nil {
		return err
	}
	d.day(-3)
	seats, err := d.offeredSeats(ctx, d.offerings["TUW-MC-104"][drawn])
	if err != nil {
		return err
	}
	for _, app := range seats {
		learner, err := d.learners.ViewerOf(ctx, app.LearnerID)
		if err != nil {
			return err
		}
		if _, err := d.journeys.AcceptSeat(viewer.With(ctx, learner), journey.Reply{ApplicationID: app.ID}); err != nil {
			return err
		}
	}
	return nil
}

// forget leaves an application at home until its time is over.
func (d *demo) forget(ctx context.Context) error {
	_, err := d.apply(ctx, -18, "nikos@ntua.gr", "JU-MC-103", cohort, nil)
	return err
}

// ask has one learner answer the questions of an offering, and another one begin to.
func (d *demo) ask(ctx context.Context) error {
	answers := func(text, tool string) []form.Given {
		return []form.Given{{Question: "experience", Text: &text}, {Question: "tool", Choice: &tool}}
	}
	_, err := d.apply(ctx, -5, "mikko@lut.fi", "STU-MC-102", asking, func(s *journey.Submission) {
		s.Answers, s.Statements = answers("A district heating network of a small town.", "open"), []string{"english"}
		s.SharedData = []vocab.SharedItem{vocab.ShareEmail, vocab.ShareAnswers, vocab.ShareAccessNeeds}
		s.AccessNeeds, s.ConsentVersion = new("I read slides with a screen reader; please send them as text."), new(vocab.CurrentConsent().Version)
	})
	if err != nil {
		return err
	}
	d.day(-1)
	begun, err := d.journeys.SaveDraft(d.as(ctx, "astrid@ju.se"), journey.Saving{Wish: journey.Wish{OfferingID: d.offerings["STU-MC-102"][asking],
		Answers: answers("A timber house, for my bachelor's thesis.", "other")}})
	if err != nil {
		return err
	}
	documents := &document.Service{DB: d.db, Now: func() time.Time { return d.clock }, Store: document.Chunks{DB: d.db}, Privacy: d.privacy}
	_, err = documents.Add(d.as(ctx, "astrid@ju.se"), document.Upload{To: begun.ID, Name: "timber-house.pdf", Question: "sample"}, strings.NewReader(emptyPDF))
	return err
}

// emptyPDF is a PDF with one empty page.
const emptyPDF = "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

// setPolicies says how three institutions decide from today on.
func (d *demo) setPolicies(ctx context.Context) error {
	d.day(0)
	policies := &policy.Service{DB: d.db}
	for domain, set := range map[string]policy.Setting{
		"uni-hannover.de": {Nomination: admissionpolicy.NominationBY_HAND, HomeDays: 10, HostDays: 14, RemindDays: 3, EscalateDays: 7},
		"ju.se":           {Nomination: admissionpolicy.NominationIF_ELIGIBLE, HomeDays: 14, HostDays: 21, RemindDays: 5, EscalateDays: 7},
		"urjc.es": {Nomination: admissionpolicy.NominationBY_HAND, HomeDays: 14, HostDays: 14, RemindDays: 3, EscalateDays: 7,
			EctsPerTerm: new(vocab.ECTS(30_00)), Terms: []string{"02-01", "09-01"}},
	} {
		set.InstitutionID = d.home[domain].ID
		if _, err := policies.Set(d.as(ctx, "international@"+domain), set); err != nil {
			return fmt.Errorf("%s: %w", domain, err)
		}
	}
	return nil
}

// offeredSeats are the applications for an offering to whom a seat is offered.
func (d *demo) offeredSeats(ctx context.Context, id ident.ID) ([]*ent.Application, error) {
	return d.db.Application.Query().Where(application.OfferingID(id), application.StateEQ(application.StateOFFERED)).All(ctx)
}
