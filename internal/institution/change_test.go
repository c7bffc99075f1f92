package institution

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/unit"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// What a change of a membership has read holds until it is done: whoever changes
// it at the same moment waits.
func TestWhoeverChangesAMembershipWaits(t *testing.T) {
	s, ctx, _ := invited(t)
	var hear atomic.Pointer[func(string)]
	s.DB = testkit.Database(t, testkit.OnStatement(func(query string, _ any) {
		if fn := hear.Load(); fn != nil {
			(*fn)(query)
		}
	})).Client
	a, err := s.Found(ctx, Founding{Slug: "test", Name: vocab.Text{"en": "Test"}, Website: "https://alliance.example", Bounds: DefaultBounds})
	if err != nil {
		t.Fatal(err)
	}
	inst, err := s.Admit(
		ctx,
		Admission{AllianceID: a.ID, Part: membership.PartMEMBER, Details: Details{SCHAC: "uni.example", Name: vocab.Text{"en": "U"}, Country: "DE", Zone: "Europe/Berlin"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	m := s.DB.Membership.Query().OnlyX(ctx)
	why := Reasoned{MembershipID: m.ID, Reason: "x"}
	for _, tt := range []struct {
		verb string
		do   func() (*ent.Membership, error)
	}{
		{"suspend", func() (*ent.Membership, error) { return s.Suspend(ctx, why) }},
		{"reinstate", func() (*ent.Membership, error) { return s.Reinstate(ctx, m.ID) }},
		{"end", func() (*ent.Membership, error) { return s.End(ctx, why) }},
		{"invite", func() (*ent.Membership, error) {
			return s.Invite(ctx, Invitation{AllianceID: a.ID, Part: membership.PartMEMBER, InstitutionID: &inst.ID})
		}},
		{"answer", func() (*ent.Membership, error) { return s.AnswerInvitation(ctx, InvitationAnswer{MembershipID: m.ID}) }},
	} {
		ended := make(chan error, 1)
		read, begun, waited := false, false, false
		fn := func(query string) {
			if read && !begun {
				begun = true
				hear.Store(nil)
				go func() {
					ended <- s.DB.Membership.Update().Where(membership.ID(m.ID)).SetPart(membership.PartASSOCIATED_PARTNER).Exec(ctx)
				}()
				select {
				case err := <-ended:
					ended <- err
				case <-time.After(200 * time.Millisecond):
					waited = true
				}
			}
			// Invite looks first for the membership, and reads it once it holds it.
			read = read || strings.HasPrefix(query, "SELECT") && strings.Contains(query, "`memberships`.`state`")
		}
		hear.Store(&fn)
		if _, err := tt.do(); err != nil {
			t.Fatalf("%s: %v", tt.verb, err)
		}
		if err := <-ended; !waited || err != nil {
			t.Errorf("%s: a rival waited: %t, %v", tt.verb, waited, err)
		}
	}
}

// Who may do something and has not proved a second factor is told that, also
// where either side may do it.
func TestEitherSideIsToldOfTheMissingProof(t *testing.T) {
	s, _, m := invited(t)
	admin := func(at ident.ID, role viewer.Role, stepUpAt ...ident.ID) context.Context {
		return viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.Person, PersonID: "per_x", Grants: []viewer.Grant{{Role: role, At: at}}, StepUpAt: stepUpAt})
	}
	for _, tt := range []struct {
		who  string
		ctx  context.Context
		want problem.Code
	}{
		{"alliance without proof", admin(m.AllianceID, viewer.AllianceAdministrator, m.AllianceID), problem.StepUpRequired},
		{"stranger", admin("ins_other", viewer.Administrator), problem.NotFound},
	} {
		_, err := s.End(tt.ctx, Reasoned{MembershipID: m.ID, Reason: "x"})
		if all := problem.All(err); len(all) != 1 || all[0].Code != tt.want {
			t.Errorf("%s: %v, want %s", tt.who, err, tt.want)
		}
	}
}

// What is checked is what is stored: texts are tidied, and each domain stands once.
func TestDetailsAreStoredTidied(t *testing.T) {
	s, ctx, m := invited(t)
	got, err := s.Invite(ctx, Invitation{AllianceID: m.AllianceID, Part: membership.PartMEMBER, Institution: &Registration{
		SCHAC: "uni-d.example", Name: []vocab.Translation{{Language: "en", Text: "D"}}, Acronym: "  UD\u0301 \n", Country: "DE", Zone: "Europe/Berlin",
		Website: new(" https://uni-d.example "), Domains: []string{"d.example", "d.example", "e.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	check := func(i *ent.Institution, acronym string) {
		t.Helper()
		if i.Acronym != acronym || *i.Website != "https://uni-d.example" || !slices.Equal(i.Domains, []string{"d.example", "e.example"}) {
			t.Errorf("stored %q, %q, %q", i.Acronym, *i.Website, i.Domains)
		}
	}
	check(s.DB.Institution.GetX(ctx, got.InstitutionID), vocabLine(t, "UD\u0301"))
	c, err := s.ProposeIdentity(ctx, IdentityProposal{InstitutionID: got.InstitutionID, Acronym: new(" X "), Domains: []string{"d.example", "e.example", "d.example"}})
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := s.Waiting(ctx, "en", []*ent.InstitutionChange{c})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ApproveIdentity(ctx, IdentityApproval{ChangeID: c.ID, Proposal: waiting[c.ID].Proposal}); err != nil {
		t.Fatal(err)
	}
	i, err := s.Update(ctx, Update{InstitutionID: got.InstitutionID, Website: new("https://uni-d.example\n")})
	if err != nil {
		t.Fatal(err)
	}
	check(i, "X")
}

func vocabLine(t *testing.T, s string) string {
	t.Helper()
	line, err := vocab.Line(maxAcronym, s)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// A unit that is added answers a repeat also when its parent is closed by then.
func TestRepeatOfAddUnitGetsTheUnit(t *testing.T) {
	s, ctx, m := invited(t)
	add := func(key string, parent *ident.ID, repeat *string) (*ent.Unit, error) {
		return s.AddUnit(
			ctx,
			NewUnit{
				InstitutionID:  m.InstitutionID,
				ParentID:       parent,
				Key:            key,
				Kind:           unit.KindFACULTY,
				Name:           []vocab.Translation{{Language: "en", Text: key}},
				IdempotencyKey: repeat,
			},
		)
	}
	top, err := add("top", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	made, err := add("below", &top.ID, new("k"))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []ident.ID{made.ID, top.ID} {
		if _, err := s.CloseUnit(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if again, err := add("below", &top.ID, new("k")); err != nil || again.ID != made.ID {
		t.Errorf("a repeat gets %v, %v", again, err)
	}
}

// An offering takes applications only while its course is published and a seat is
// free.
func TestReadinessWantsAnOfferingThatTakesApplications(t *testing.T) {
	s, ctx, m := invited(t)
	c := s.DB.Course.Create().SetInstitutionID(m.InstitutionID).SetCode("C").SetKind(course.KindCOURSE).SetState(course.StatePUBLISHED).SaveX(ctx)
	create := s.DB.CourseVersion.Create().SetCourseID(c.ID).SetInstitutionID(m.InstitutionID).SetNumber(1).SetState(courseversion.StatePUBLISHED)
	for _, text := range []func(vocab.Text) *ent.CourseVersionCreate{create.SetTitle, create.SetSummary, create.SetDescription, create.SetAssessmentNote, create.SetPrerequisites} {
		text(vocab.Text{"en": "T"})
	}
	v := create.SetOutcomes([]vocab.Outcome{}).SetEcts(500).SetHours(140).SetLanguages([]string{"en"}).SetAssessments([]vocab.AssessmentType{}).
		SetTargetGroups([]vocab.TargetGroup{}).SetTopics([]string{}).SaveX(ctx)
	o := s.DB.Offering.Create().SetInstitutionID(m.InstitutionID).SetCourseID(c.ID).SetVersionID(v.ID).SetState(offering.StatePUBLISHED).
		SetSchedule(offering.ScheduleON_DEMAND).SetZone("Europe/Berlin").SetOpensAt(s.Now().Add(-time.Hour)).SetSeats(2).SetLanguage("en").SetMode("ONLINE").
		SetPlace(vocab.Text{}).SetFunding(vocab.Text{}).SaveX(ctx)
	expect := func(what string, want Status) {
		t.Helper()
		found, err := s.Readiness(ctx, m.InstitutionID)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found[m.InstitutionID] {
			if f.ID == "OFFERING" && f.Status != want {
				t.Errorf("%s: %s, want %s", what, f.Status, want)
			}
		}
	}
	expect("open", Passed)
	s.DB.Offering.UpdateOneID(o.ID).SetSeatsTaken(2).ExecX(ctx)
	expect("full", Warning)
	s.DB.Offering.UpdateOneID(o.ID).SetSeatsTaken(1).ExecX(ctx)
	expect("one seat left", Passed)
	s.DB.Course.UpdateOneID(c.ID).SetState(course.StateWITHDRAWN).ExecX(ctx)
	expect("the course is withdrawn", Warning)
}

// What no mutation calls yet is for the same people as what is like it.
func TestOperatorsVerbsAreNoLearners(t *testing.T) {
	s, ctx, m := invited(t)
	p, err := s.AddProgramme(ctx, NewProgramme{InstitutionID: m.InstitutionID, Code: "P", Title: vocab.Text{"en": "P"}, EQF: 6, ECTS: 180_00, ISCED: "0613"})
	if err != nil {
		t.Fatal(err)
	}
	learner := viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.Person, PersonID: "per_x"})
	details := Details{SCHAC: "uni-x.example", Name: vocab.Text{"en": "X"}, Country: "DE", Zone: "Europe/Berlin"}
	for verb, do := range map[string]func(context.Context) error{
		"found an alliance": func(ctx context.Context) error {
			_, err := s.Found(ctx, Founding{Slug: "x", Name: vocab.Text{"en": "X"}, Website: "https://x.example"})
			return err
		},
		"admit a member": func(ctx context.Context) error {
			_, err := s.Admit(ctx, Admission{AllianceID: m.AllianceID, Part: membership.PartMEMBER, Details: details})
			return err
		},
		"add a programme": func(ctx context.Context) error {
			_, err := s.AddProgramme(ctx, NewProgramme{InstitutionID: m.InstitutionID, Code: "Q", Title: vocab.Text{"en": "Q"}, EQF: 6, ECTS: 180_00, ISCED: "0613"})
			return err
		},
		"record a study": func(ctx context.Context) error {
			return s.RecordStudy(ctx, Study{PersonID: "per_x", ProgrammeID: p.ID})
		},
	} {
		if all := problem.All(do(learner)); len(all) != 1 || all[0].Code != problem.Forbidden {
			t.Errorf("a learner may %s: %v", verb, all)
		}
	}
}
