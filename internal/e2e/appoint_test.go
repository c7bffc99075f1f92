package e2e

import (
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// invitedUniD invites a university that is new here, and returns who invited it.
func (w *World) invitedUniD() (alma *Actor) {
	w.t.Helper()
	alma = w.Staff("Alma", "uni-c", viewer.AllianceAdministrator)
	invited := alma.Does("invites a new university", "inviteMember", map[string]any{"allianceId": w.alliance, "part": "MEMBER", "institution": newcomer()})
	uniD := ident.ID(at(invited, "institution", "id").(string))
	w.institutions["uni-d"] = uniD
	w.providers["uni-d"] = w.register("uni-d", "https://idp.uni-d.example", registry.Home{Domain: "uni-d.example", InstitutionID: uniD}).ID
	return alma
}

// otherAlliance founds a second alliance and returns an administrator of it.
func (w *World) otherAlliance() *Actor {
	w.t.Helper()
	other, err := w.institutionService().
		Found(w.system(), institution.Founding{Slug: "other", Name: vocab.Text{"en": "Other alliance"}, Website: "https://other.example", Bounds: institution.DefaultBounds})
	if err != nil {
		w.t.Fatal(err)
	}
	oscar := w.Staff("Oscar", "uni-c")
	if _, err := (&role.Service{DB: w.DB.Client, Now: w.Now}).Grant(w.system(), role.NewGrant{PersonID: oscar.ID, Role: viewer.AllianceAdministrator, At: other.ID}); err != nil {
		w.t.Fatal(err)
	}
	return oscar
}

// Nobody but the alliance that brought a university here appoints its first
// administrator: no learner, no administrator of another university or alliance.
func TestNobodyElseAppointsTheFirstAdministrator(t *testing.T) {
	w := NewWorld(t)
	alma := w.invitedUniD()
	dora := w.Staff("Dora", "uni-d")
	appointed := map[string]any{"personId": dora.ID, "role": "ADMINISTRATOR", "at": w.Institution("uni-d")}
	for what, who := range map[string]*Actor{
		"learner": w.Learner("Lara", "uni-a"), "learner there": w.Learner("Lino", "uni-d"), "administrator of another university": w.Staff("Ada", "uni-b", viewer.Administrator),
		"administrator of another alliance": w.otherAlliance(),
	} {
		who.IsRefused("appoints a friend, as "+what, "FORBIDDEN", "grantRole", appointed)
	}
	w.Nobody().IsRefused("appoints somebody", "UNAUTHENTICATED", "grantRole", appointed)
	alma.Does("appoints the first administrator", "grantRole", appointed)
}

// Of two who appoint the first administrator at the same moment one is too
// late: on every database.
func TestTwoAppointOneFirstAdministrator(t *testing.T) {
	w := NewWorld(t)
	alma := w.invitedUniD()
	people := [2]*Actor{w.Staff("Dora", "uni-d"), w.Staff("Dirk", "uni-d")}
	for round := range 5 {
		together(2, func(i int) {
			alma.Tries("appoints", "grantRole", map[string]any{"personId": people[i].ID, "role": "ADMINISTRATOR", "at": w.Institution("uni-d")})
		})
		held := w.DB.Client.RoleGrant.Query().Where(rolegrant.InstitutionID(w.Institution("uni-d")), rolegrant.ValidUntilIsNil())
		if n := held.CountX(w.system()); n != 1 {
			t.Fatalf("round %d: %d first administrators", round, n)
		}
		w.DB.Client.RoleGrant.Delete().Where(rolegrant.InstitutionID(w.Institution("uni-d"))).ExecX(w.system())
	}
}

// A role that is given again with the same key is the one that was given: also
// when the first call, or the time, would forbid another one.
func TestRepeatedGrantIsAnswered(t *testing.T) {
	w := NewWorld(t)
	alma := w.invitedUniD()
	dora := w.Staff("Dora", "uni-d")
	first := map[string]any{"personId": dora.ID, "role": "ADMINISTRATOR", "at": w.Institution("uni-d"), "idempotencyKey": "k"}
	made := alma.Does("appoints the first administrator", "grantRole", first)
	if again := alma.Does("repeats herself", "grantRole", first); id(again) != id(made) {
		t.Errorf("the repetition made %v", again)
	}
	admin, bob := w.Staff("Ada", "uni-b", viewer.Administrator), w.Staff("Bob", "uni-b")
	soon := map[string]any{"personId": bob.ID, "role": "TEACHER", "at": w.Institution("uni-b"), "validFrom": w.Now().Add(10 * time.Second), "idempotencyKey": "k"}
	made = admin.Does("gives a role from soon on", "grantRole", soon)
	w.SetClock(w.Now().Add(time.Minute))
	if again := admin.Does("repeats it a minute later", "grantRole", soon); id(again) != id(made) {
		t.Errorf("the repetition made %v", again)
	}
	soon["idempotencyKey"] = "l"
	admin.IsRefused("gives another one for the past", "INVALID", "grantRole", soon)
}

// Who gave a role and has lost the right since does not end it, though they see
// it; and who has the right steps up for it where that is asked.
func TestWhoLostTheRightEndsNoRole(t *testing.T) {
	w := NewWorld(t)
	admin, successor, bob := w.Staff("Ada", "uni-b", viewer.Administrator), w.Staff("Sue", "uni-b", viewer.Administrator), w.Staff("Bob", "uni-b")
	given := admin.Does("gives a role", "grantRole", map[string]any{"personId": bob.ID, "role": "TEACHER", "at": w.Institution("uni-b")})
	own := w.DB.Client.RoleGrant.Query().Where(rolegrant.PersonID(admin.ID)).OnlyX(w.system())
	admin.Does("leaves", "endRole", map[string]any{"roleGrantId": own.ID, "reason": "Leaving."})
	seen := admin.Asks("sees the role that she gave", `query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": id(given)})
	end := map[string]any{"roleGrantId": id(given), "reason": "Changed my mind."}
	if seen["node"] == nil {
		t.Error("she does not see it")
	}
	admin.IsRefused("ends the role that she gave", "FORBIDDEN", "endRole", end)
	rule := map[string]any{"roleRuleId": id(successor.Does("makes a rule", "makeRoleRule", staffRule(w.Institution("uni-b")))), "reason": "By hand."}
	w.DB.Client.Institution.UpdateOneID(w.Institution("uni-b")).SetStepUp(vocab.StepUpRequired).ExecX(w.system())
	successor.IsRefused("ends it without a second factor", "STEP_UP_REQUIRED", "endRole", end)
	successor.IsRefused("ends a rule without one", "STEP_UP_REQUIRED", "endRoleRule", rule)
	bob.Does("gives it up himself, as anybody may", "endRole", end)
}
