package catalogue

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/seatquota"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// offered is plan, for a course and without quotas.
func offered(id ident.ID) NewOffering {
	n := plan()
	n.CourseID, n.Quotas = id, nil
	return n
}

// What a change has read of a row holds until it is done: whoever changes the row
// at the same moment waits.
func TestWhoeverChangesARowWaits(t *testing.T) {
	w := newWorld(t)
	number := 0
	draft := func() ident.ID { number++; return w.draft(fmt.Sprint("D-", number), nil).ID }
	public := func() ident.ID { number++; return w.published(fmt.Sprint("P-", number), nil).ID }
	submitted := func() ident.ID {
		id := draft()
		_, err := w.Submit(w.ctx, id)
		w.must(err)
		return id
	}
	run := func() ident.ID {
		o, err := w.CreateOffering(w.ctx, offered(public()))
		w.must(err)
		return o.ID
	}
	for _, tt := range []struct {
		verb, table string
		on          func() ident.ID
		do          func(ident.ID) error
	}{
		{"update a draft", "courses", draft, func(id ident.ID) error {
			_, err := w.UpdateDraft(w.ctx, DraftUpdate{CourseID: id, Content: w.content()})
			return err
		}},
		{"publish", "courses", draft, func(id ident.ID) error { _, err := w.Publish(w.ctx, id); return err }},
		{"withdraw", "courses", public, func(id ident.ID) error { _, err := w.Withdraw(w.ctx, id); return err }},
		{"submit", "courses", draft, func(id ident.ID) error { _, err := w.Submit(w.ctx, id); return err }},
		{"return", "courses", submitted, func(id ident.ID) error {
			_, err := w.ReturnDraft(w.ctx, Return{CourseID: id, Note: new("More.")})
			return err
		}},
		{"offer", "courses", public, func(id ident.ID) error { _, err := w.CreateOffering(w.ctx, offered(id)); return err }},
		{"update an offering", "offerings", run, func(id ident.ID) error {
			_, err := w.UpdateOffering(w.ctx, OfferingUpdate{OfferingID: id, NewOffering: offered("")})
			return err
		}},
		{"publish an offering", "offerings", run, func(id ident.ID) error { _, err := w.PublishOffering(w.ctx, id); return err }},
		{"cancel an offering", "offerings", run, func(id ident.ID) error { _, err := w.CancelOffering(w.ctx, Cancellation{OfferingID: id}); return err }},
	} {
		id := tt.on()
		end := w.meanwhile(tt.table, "", func() error {
			if tt.table == "offerings" {
				return w.DB.Offering.Update().Where(offering.ID(id)).SetSeats(21).Exec(w.ctx)
			}
			return w.DB.Course.Update().Where(course.ID(id)).SetCode("rival-" + string(id)).Exec(w.ctx)
		})
		w.must(tt.do(id))
		if waited, err := end(); !waited || err != nil {
			t.Errorf("%s: a rival waited: %t, %v", tt.verb, waited, err)
		}
	}
}

// A call that is repeated with its key gets what it made, whatever has become of
// what it rested on.
func TestRepeatGetsWhatWasMade(t *testing.T) {
	w := newWorld(t)
	unit := w.unit("law")
	key := new("k")
	new1 := NewCourse{InstitutionID: w.uni, UnitID: &unit, Code: "L-1", Kind: course.KindMICRO_CREDENTIAL, Content: w.content(), IdempotencyKey: key}
	made, err := w.Create(w.ctx, new1)
	w.must(err)
	_, err = w.places.CloseUnit(w.ctx, unit)
	w.must(err)
	again, err := w.Create(w.ctx, new1)
	w.must(err)
	if again.ID != made.ID {
		t.Errorf("made %s and %s", made.ID, again.ID)
	}
	c := w.published("P-1", nil)
	n := offered(c.ID)
	n.IdempotencyKey = key
	run, err := w.CreateOffering(w.ctx, n)
	w.must(err)
	_, err = w.Withdraw(w.ctx, c.ID)
	w.must(err)
	if again, err := w.CreateOffering(w.ctx, n); err != nil || again.ID != run.ID {
		t.Errorf("an offering that is made answers %v, %v", again, err)
	}
	n.IdempotencyKey = new("l")
	_, err = w.CreateOffering(w.ctx, n)
	w.refused("another one", err, problem.Conflict, "")
}

// A seat that is given back is one of its home, in its offering; quotas that are
// set anew are those of one offering.
func TestQuotaIsThatOfOneHomeInOneOffering(t *testing.T) {
	w := newWorld(t)
	var homes []ident.ID
	for _, schac := range []string{"uni-a.example", "uni-b.example"} {
		inst, err := w.places.Admit(w.ctx, institution.Admission{AllianceID: w.DB.Alliance.Query().OnlyIDX(w.ctx), Part: membership.PartMEMBER, Details: institution.Details{
			SCHAC: schac, Name: vocab.Text{"en": schac}, Country: "DE", Zone: "Europe/Berlin"}})
		w.must(err)
		homes = append(homes, inst.ID)
	}
	c := w.published("P-1", nil)
	n := offered(c.ID)
	n.Quotas = []Quota{{InstitutionID: homes[0], Seats: 5}, {InstitutionID: homes[1], Seats: 5}}
	var runs []ident.ID
	for range 2 {
		o, err := w.CreateOffering(w.ctx, n)
		w.must(err)
		_, err = w.PublishOffering(w.ctx, o.ID)
		w.must(err)
		runs = append(runs, o.ID)
	}
	w.must(storage.Do(w.ctx, w.DB, func(tx *ent.Tx) error {
		var all []error
		for _, o := range runs {
			for _, h := range homes {
				all = append(all, TakeSeatTx(w.ctx, tx, o, h), TakeSeatTx(w.ctx, tx, o, h))
			}
		}
		return errors.Join(append(all, ReturnSeatTx(w.ctx, tx, runs[0], homes[0], vocab.Now(w.Now)))...)
	}))
	taken := func() (all []int) {
		for _, o := range runs {
			for _, h := range homes {
				for _, q := range w.DB.SeatQuota.Query().Where(seatquota.OfferingID(o), seatquota.HomeID(h)).AllX(w.ctx) {
					all = append(all, q.SeatsTaken)
				}
			}
		}
		return all
	}
	if got := taken(); !slices.Equal(got, []int{1, 2, 2, 2}) {
		t.Errorf("seats taken are %v", got)
	}
	_, err := w.UpdateOffering(w.ctx, OfferingUpdate{OfferingID: runs[0], NewOffering: offered("")})
	w.must(err)
	if got := taken(); !slices.Equal(got, []int{2, 2}) {
		t.Errorf("without quotas in one offering, seats taken are %v", got)
	}
	if n := w.DB.Application.Query().Where(application.OfferingID(runs[0])).CountX(w.ctx); n != 0 {
		t.Errorf("%d applications", n)
	}
}

// A member of several alliances keeps to the bounds of each, because each lists
// its courses.
func TestBoundsOfAllAlliancesHold(t *testing.T) {
	w := newWorld(t)
	bounds := func() vocab.Bounds {
		t.Helper()
		b, err := BoundsAt(w.ctx, w.DB, w.uni, vocab.KindMicroCredential)
		w.must(err)
		return b
	}
	joins := func(slug string, lo, hi vocab.ECTS) {
		t.Helper()
		m, err := w.places.Invite(
			w.ctx,
			institution.Invitation{
				AllianceID:    w.alliance(slug, []vocab.Bounds{{Kind: vocab.KindMicroCredential, Min: lo, Max: hi}}),
				Part:          membership.PartMEMBER,
				InstitutionID: &w.uni,
			},
		)
		w.must(err)
		if got := bounds(); got.Kind != vocab.KindMicroCredential {
			t.Errorf("bounds of %s", got.Kind)
		}
		_, err = w.places.AnswerInvitation(w.ctx, institution.InvitationAnswer{MembershipID: m.ID, Accept: true})
		w.must(err)
	}
	if got := bounds(); got.Min != 100 || got.Max != 1000 {
		t.Errorf("bounds of one alliance: %v", got)
	}
	joins("two", 300, 2000)
	if got := bounds(); got.Min != 300 || got.Max != 1000 {
		t.Errorf("bounds of two alliances: %v", got)
	}
	w.published("P-1", nil) // of 5 credits
	joins("three", 100, 400)
	_, err := w.Publish(w.ctx, w.draft("P-2", nil).ID)
	w.refused("5 credits where one alliance allows 4", err, problem.Invalid, "content.ects")
	if got := w.becomes(publishes, whole(1), ImportCreated); len(got.Incomplete) != 1 || got.Incomplete[0].Field[1] != "ects" {
		t.Errorf("an import: %v", got.Incomplete)
	}
}

// What is submitted by a program has no human submitter, also when somebody
// submitted it before.
func TestLastSubmitterCounts(t *testing.T) {
	w := newWorld(t)
	id := w.draft("D-1", nil).ID
	person := w.DB.Person.Create().SaveX(w.ctx)
	_, err := w.Submit(w.ctx, id)
	w.must(err)
	w.DB.CourseVersion.Update().SetSubmittedByID(person.ID).ExecX(w.ctx)
	_, err = w.ReturnDraft(w.ctx, Return{CourseID: id, Note: new("More.")})
	w.must(err)
	_, err = w.Submit(w.ctx, id) // by the system, who is no person either
	w.must(err)
	if v := w.versions(id)[0]; v.SubmittedByID != nil {
		t.Errorf("submitted by %s", *v.SubmittedByID)
	}
}

// Topics are stored as lines: tidied, each one once, and none without a letter.
func TestTopicsAreTidied(t *testing.T) {
	got, err := Content{Topics: []string{" data ", "data", "", "   ", "Cafe\u0301", "Caf\u00e9"}}.check()
	if err != nil {
		t.Fatal(err)
	}
	if all := got.version().Topics; !slices.Equal(all, []string{"data", "Caf\u00e9"}) {
		t.Errorf("stored as %q", all)
	}
}

// Nobody who is not signed in holds anything.
func TestNobodyHoldsARow(t *testing.T) {
	w := newWorld(t)
	id := w.published("P-1", nil).ID
	heard := false
	hear := func(query string) { heard = heard || strings.HasPrefix(query, "UPDATE") }
	w.hear.Store(&hear)
	_, err := w.Withdraw(viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.Anonymous}), id)
	w.refused("withdrawing", err, problem.Unauthenticated, "")
	if heard {
		t.Error("a row was written")
	}
}
