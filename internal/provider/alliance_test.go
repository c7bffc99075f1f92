package provider

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/ent/signin"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// alliance founds another one and returns two administrators of it.
func (r *registry) alliance(slug string) (id ident.ID, x, y context.Context) {
	r.Helper()
	a, err := (&institution.Service{DB: r.DB, Now: r.Now}).Found(r.system, institution.Founding{Slug: slug, Name: vocab.Text{"en": slug}, Bounds: institution.DefaultBounds})
	r.must(err)
	as := func() context.Context {
		p := r.DB.Person.Create().SetSignedInAt(r.now).SaveX(r.system)
		return viewer.With(r.Context(), &viewer.Viewer{Kind: viewer.Person, PersonID: p.ID, Grants: []viewer.Grant{{Role: viewer.AllianceAdministrator, At: a.ID}}})
	}
	return a.ID, as(), as()
}

func (r *registry) invite(alliance, inst ident.ID) {
	r.DB.Membership.Create().SetAllianceID(alliance).SetInstitutionID(inst).SetState(membership.StateINVITED).SetPart(membership.PartMEMBER).SetHistory(nil).SaveX(r.system)
}

// An alliance that invites a university gets no say in how its people sign in:
// not before the university has answered.
func TestInvitationGivesNoSay(t *testing.T) {
	for name, alone := range map[string]func(r *registry){
		"it belongs to another alliance": func(*registry) {},
		"it is suspended there": func(r *registry) {
			r.DB.Membership.Update().Where(membership.InstitutionID(r.a.ID)).SetState(membership.StateSUSPENDED).ExecX(r.system)
		},
		"it was brought here by another": func(r *registry) {
			r.DB.Membership.Update().Where(membership.InstitutionID(r.a.ID)).SetState(membership.StateINVITED).ExecX(r.system)
		},
		"it has an administrator": func(r *registry) {
			r.DB.Membership.Update().Where(membership.InstitutionID(r.a.ID)).SetState(membership.StateLEFT).ExecX(r.system)
			r.DB.RoleGrant.Create().SetPersonID(viewer.From(r.adam).PersonID).SetInstitutionID(r.a.ID).SetRole(rolegrant.RoleADMINISTRATOR).SetValidFrom(r.now).SaveX(r.system)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRegistry(t)
			p := r.approved()
			other, x, y := r.alliance("other")
			alone(r)
			r.invite(other, r.a.ID)
			_, err := r.Disable(x, p.ID)
			r.refused("disables", err, problem.Forbidden)
			_, err = r.Update(x, Update{ProviderID: p.ID, Issuer: new("https://evil.example")})
			r.refused("changes the issuer", err, problem.Forbidden)
			_, err = r.AddHome(x, NewHome{p.ID, "mail.uni-a.example", r.a.ID})
			r.refused("adds a home", err, problem.Forbidden)
			_, err = r.Propose(x, proposal("second", Home{"mail.uni-a.example", r.a.ID}))
			r.refused("proposes", err, problem.Forbidden)
			_, err = r.CheckNow(x, p.ID)
			r.refused("checks", err, problem.Forbidden)
			_, err = r.Update(r.adam, Update{ProviderID: p.ID, Issuer: new("https://new.uni-a.example")})
			r.must(err)
			p = r.DB.Provider.GetX(r.system, p.ID)
			_, err = r.Approve(y, Approval{p.ID, r.digest(p)})
			r.refused("approves", err, problem.Forbidden)
			_, err = r.Reject(y, p.ID)
			r.refused("rejects", err, problem.Forbidden)
			r.must(r.DB.Provider.UpdateOne(p).SetState(provider.StateDISABLED).Exec(r.system))
			_, err = r.Enable(y, p.ID)
			r.refused("enables", err, problem.Forbidden)
			for _, act := range must(r.Actions(x, p)) {
				if act.Err == nil {
					t.Errorf("it is told that it may %s", act.Name)
				}
			}
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A newcomer's first people are let in by the alliance that brought it.
func TestNewcomerIsLetInByWhoInvitedIt(t *testing.T) {
	r := newRegistry(t)
	other, x, y := r.alliance("other")
	r.DB.Membership.Update().Where(membership.InstitutionID(r.a.ID)).SetState(membership.StateLEFT).ExecX(r.system)
	r.invite(other, r.a.ID)
	p, err := r.Propose(x, proposal("uni-a", r.homeA()))
	r.must(err)
	_, err = r.Approve(y, Approval{p.ID, r.digest(p)})
	r.must(err)
}

// Four eyes are those of two people who have proposed nothing of it: who changes
// another's proposal does not make its first proposer a second person.
func TestWhoProposedAPartApprovesNothing(t *testing.T) {
	r := newRegistry(t)
	p, err := r.Propose(r.alma, proposal("uni-a", r.homeA()))
	r.must(err)
	p, err = r.AddHome(r.adam, NewHome{p.ID, "mail.uni-a.example", r.a.ID})
	r.must(err)
	_, err = r.Approve(r.alma, Approval{p.ID, r.digest(p)})
	r.refused("the first proposer approves", err, problem.Forbidden)
	for _, act := range must(r.Actions(r.alma, p)) {
		if act.Name == "approveProvider" && act.Err == nil {
			t.Error("the first proposer is told that they may approve")
		}
	}
	p, err = r.Approve(r.alva, Approval{p.ID, r.digest(p)})
	r.must(err)
	if len(p.Proposers) != 0 {
		t.Errorf("approved, and still proposed by %v", p.Proposers)
	}
	p, err = r.Update(r.alva, Update{ProviderID: p.ID, Issuer: new("https://new.uni-a.example")})
	r.must(err)
	_, err = r.Approve(r.alma, Approval{p.ID, r.digest(p)})
	r.must(err) // what was approved before is no proposal any more
}

// Of two who change a proposal at the same moment, none approves what the other
// has changed: on every database.
func TestProposersAtOnceAreAllKept(t *testing.T) {
	r := newRegistry(t)
	p := r.approved()
	var group sync.WaitGroup
	errs := make([]error, 2)
	group.Go(func() {
		_, errs[0] = r.Update(r.alma, Update{ProviderID: p.ID, Issuer: new("https://new.uni-a.example")})
	})
	group.Go(func() { _, errs[1] = r.AddHome(r.alva, NewHome{p.ID, "mail.uni-a.example", r.a.ID}) })
	group.Wait()
	r.must(errors.Join(errs...))
	p = r.DB.Provider.GetX(r.system, p.ID)
	for _, who := range []context.Context{r.alma, r.alva} {
		_, err := r.Approve(who, Approval{p.ID, r.digest(p)})
		r.refused("a proposer approves", err, problem.Forbidden)
	}
}

// Of two who take homes away at the same moment one leaves the last: on every
// database.
func TestLastHomeStaysBetweenTwo(t *testing.T) {
	var meanwhile func()
	r := newRegistry(t, testkit.OnStatement(func(query string, _ any) {
		if fn := meanwhile; fn != nil && strings.HasPrefix(query, "DELETE FROM `provider_homes`") {
			meanwhile = nil
			fn()
		}
	}))
	p, err := r.Register(r.system, proposal("uni-a", r.homeA(), Home{"mail.uni-a.example", r.a.ID}))
	r.must(err)
	second := make(chan error, 1)
	meanwhile = func() {
		go func() {
			_, err := r.RemoveHome(r.adam, OldHome{p.ID, "mail.uni-a.example"})
			second <- err
		}()
		select {
		case err := <-second:
			second <- err
		case <-time.After(300 * time.Millisecond): // it waits for the first
		}
	}
	_, err = r.RemoveHome(r.adam, OldHome{p.ID, "uni-a.example"})
	r.must(err)
	r.refused("the last home is taken", <-second, problem.Conflict, "domain")
	if n := r.DB.ProviderHome.Query().CountX(r.system); n != 1 {
		t.Errorf("%d homes are left", n)
	}
}

// Taking a home from one provider, or rejecting one, leaves the homes and the
// running sign-ins of the others.
func TestOtherProvidersAreLeftAlone(t *testing.T) {
	r := newRegistry(t)
	other, err := r.Register(r.system, proposal("uni-b", r.homeB()))
	r.must(err)
	r.DB.SignIn.Create().SetProviderID(other.ID).SetStateDigest("s").SetBrowserDigest("b").SetNonce("n").SetVerifier("v").SetReturnTo("/").SetExpiresAt(r.now).SaveX(r.system)
	p, err := r.Propose(r.adam, proposal("uni-a", r.homeA(), Home{"mail.uni-a.example", r.a.ID}))
	r.must(err)
	left := func(want ...string) {
		t.Helper()
		got := r.DB.ProviderHome.Query().Order(providerhome.ByDomain()).Select(providerhome.FieldDomain).StringsX(r.system)
		if !slices.Equal(got, want) || r.DB.SignIn.Query().Where(signin.ProviderID(other.ID)).CountX(r.system) != 1 {
			t.Errorf("homes are %v", got)
		}
	}
	_, err = r.RemoveHome(r.adam, OldHome{p.ID, "uni-b.example"})
	r.refused("a home of another provider is taken", err, problem.NotFound)
	_, err = r.RemoveHome(r.adam, OldHome{p.ID, "mail.uni-a.example"})
	r.must(err)
	left("uni-a.example", "uni-b.example")
	_, err = r.Reject(r.adam, p.ID)
	r.must(err)
	left("uni-b.example")
}

// A repeat of a proposal gets what it made, also from somebody who may not
// propose any more.
func TestRepeatedProposalIsAnswered(t *testing.T) {
	r := newRegistry(t)
	p := proposal("uni-a", r.homeA())
	p.IdempotencyKey = new("k")
	made, err := r.Propose(r.alma, p)
	r.must(err)
	r.DB.Membership.Update().Where(membership.InstitutionID(r.a.ID)).SetState(membership.StateLEFT).ExecX(r.system)
	again, err := r.Propose(r.alma, p)
	if err != nil || again.ID != made.ID {
		t.Errorf("%v: %v", again, err)
	}
}

// One word of a provider means one level: which of two a sign-in proves would be
// chance.
func TestOneWordIsOneLevel(t *testing.T) {
	r := newRegistry(t)
	p := proposal("uni-a", r.homeA())
	p.ACRValues = []ACRValue{{"https://refeds.org/profile/mfa", "urn:two"}, {"https://refeds.org/profile/sfa", "urn:two"}}
	_, err := r.Propose(r.adam, p)
	r.refused("two levels have one word", err, problem.Invalid, "acrValues")
}
