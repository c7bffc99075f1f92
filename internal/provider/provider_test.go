package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// registry is an alliance of two universities, uni-a and uni-b, with two
// administrators of the alliance and one of each university.
type registry struct {
	*testing.T
	*Service
	now        time.Time
	a, b       *ent.Institution
	alma, alva context.Context // of the alliance
	adam, beth context.Context // of uni-a and uni-b
	system     context.Context
}

func newRegistry(t *testing.T, opts ...testkit.Option) *registry {
	t.Helper()
	r := &registry{T: t, now: time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC)}
	r.system = viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.System})
	db := testkit.Database(t, opts...).Client
	r.Service = &Service{DB: db, Now: func() time.Time { return r.now }, BaseURL: "https://x.example", AllowHTTP: []string{"localhost:8090"}}
	s := &institution.Service{DB: db, Now: r.Now}
	all, err := s.Found(r.system, institution.Founding{Slug: "test", Name: vocab.Text{"en": "Test"}, Bounds: institution.DefaultBounds})
	r.must(err)
	admit := func(name string) *ent.Institution {
		inst, err := s.Admit(r.system, institution.Admission{AllianceID: all.ID, Part: membership.PartMEMBER, Details: institution.Details{
			SCHAC: name + ".example", Name: vocab.Text{"en": name}, Country: "DE", Zone: "Europe/Berlin", Domains: []string{name + ".example", "mail." + name + ".example"}}})
		r.must(err)
		return inst
	}
	r.a, r.b = admit("uni-a"), admit("uni-b")
	as := func(role viewer.Role, at ident.ID) context.Context {
		p, err := db.Person.Create().SetSignedInAt(r.now).Save(r.system)
		r.must(err)
		return viewer.With(t.Context(), &viewer.Viewer{Kind: viewer.Person, PersonID: p.ID, Grants: []viewer.Grant{{Role: role, At: at}}})
	}
	r.alma, r.alva = as(viewer.AllianceAdministrator, all.ID), as(viewer.AllianceAdministrator, all.ID)
	r.adam, r.beth = as(viewer.Administrator, r.a.ID), as(viewer.Administrator, r.b.ID)
	return r
}

func (r *registry) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// refused fails unless err is one problem of the code, at the field.
func (r *registry) refused(what string, err error, code problem.Code, field ...string) {
	r.Helper()
	all := problem.All(err)
	if len(all) == 0 || all[0].Code != code || len(field) > 0 && !slices.Equal(all[0].Field, append([]string{"input"}, field...)) {
		r.Errorf("%s: %v %v, want %s at %v", what, err, all, code, field)
	}
}

// proposal is of a provider of a home.
func proposal(key string, homes ...Home) Proposal {
	return Proposal{
		Key:             key,
		Issuer:          "https://idp." + key + ".example",
		ClientID:        "peregrine",
		ClientSecretRef: new("env:PROVIDER_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))),
		Mode:            provider.ModeDIRECT,
		Scopes:          []string{"openid", "email"},
		Homes:           homes,
	}
}

func (r *registry) homeA() Home { return Home{"uni-a.example", r.a.ID} }
func (r *registry) homeB() Home { return Home{"uni-b.example", r.b.ID} }

// approved is a provider that adam proposed and alma approved.
func (r *registry) approved() *ent.Provider {
	r.Helper()
	p, err := r.Propose(r.adam, proposal("uni-a", r.homeA()))
	r.must(err)
	p, err = r.Approve(r.alma, Approval{p.ID, r.digest(p)})
	r.must(err)
	return p
}

func (r *registry) digest(p *ent.Provider) string {
	r.Helper()
	all, err := r.Digests(r.system, []*ent.Provider{p})
	r.must(err)
	return all[p.ID]
}

func (r *registry) verbs(p *ent.Provider) []string {
	r.Helper()
	all, err := r.DB.AuditEntry.Query().Where(auditentry.ObjectID(p.ID)).Order(auditentry.ByID()).Select(auditentry.FieldVerb).Strings(r.system)
	r.must(err)
	return all
}

// Two people put a provider in force, and neither of them is the other.
func TestSecondPersonApproves(t *testing.T) {
	r := newRegistry(t)
	p, err := r.Propose(r.alma, proposal("uni-a", r.homeA()))
	r.must(err)
	if p.State != provider.StatePROPOSED || p.ProposedByID == nil {
		t.Errorf("proposed as %v", p)
	}
	read := r.digest(p)
	_, err = r.Approve(r.alma, Approval{p.ID, read})
	r.refused("the proposer approves", err, problem.Forbidden)
	_, err = r.Approve(r.adam, Approval{p.ID, read})
	r.refused("the institution approves", err, problem.Forbidden)
	_, err = r.Approve(r.beth, Approval{p.ID, read})
	r.refused("who does not see it approves", err, problem.NotFound)
	_, err = r.Approve(r.alva, Approval{p.ID, "something else"})
	r.refused("another text is approved", err, problem.Conflict, "proposal")
	done, err := r.Approve(r.alva, Approval{p.ID, read})
	r.must(err)
	if done.State != provider.StateACTIVE || *done.ApprovedByID != viewer.From(r.alva).PersonID {
		t.Errorf("approved as %v", done)
	}
	_, err = r.Approve(r.alva, Approval{p.ID, read})
	r.refused("it is approved twice", err, problem.Conflict)
	if got := r.verbs(p); !slices.Equal(got, []string{"provider.propose", "provider.approve"}) {
		t.Errorf("audited are %v", got)
	}
}

// What was looked at is what is approved: whoever changes a proposal becomes its
// proposer, and its digest is another one.
func TestChangedProposalIsLookedAtAgain(t *testing.T) {
	r := newRegistry(t)
	p, err := r.Propose(r.adam, proposal("uni-a", r.homeA()))
	r.must(err)
	read := r.digest(p)
	_, err = r.Update(r.alma, Update{ProviderID: p.ID, Issuer: new("https://evil.example")})
	r.must(err)
	_, err = r.Approve(r.alva, Approval{p.ID, read})
	r.refused("the old text is approved", err, problem.Conflict, "proposal")
	_, err = r.Approve(r.alma, Approval{p.ID, r.digest(r.DB.Provider.GetX(r.system, p.ID))})
	r.refused("who changed it approves", err, problem.Forbidden)
	if got := r.DB.Provider.GetX(r.system, p.ID); got.State != provider.StatePROPOSED {
		t.Errorf("it is %s", got.State)
	}
}

// What decides who may be asserted, or who learns a secret, waits for a second
// person; the rest holds at once.
func TestChangesThatMatterAreApprovedAgain(t *testing.T) {
	key, camel, proxy := provider.ClientAuthenticationPRIVATE_KEY_JWT, provider.ClaimsCAMEL, provider.ModePROXY
	for name, tt := range map[string]struct {
		change func(r *registry, id ident.ID) error
		want   provider.State
	}{
		"issuer":     {updating(Update{Issuer: new("https://other.example")}), provider.StatePROPOSED},
		"key":        {updating(Update{ClientAuthentication: &key, ClientSecretRef: new("")}), provider.StatePROPOSED},
		"secret":     {updating(Update{ClientSecretRef: new("file:/run/secrets/provider-a")}), provider.StatePROPOSED},
		"mode":       {updating(Update{Mode: &proxy}), provider.StatePROPOSED},
		"algorithms": {updating(Update{Algorithms: []string{"ES256"}}), provider.StatePROPOSED},
		"claims":     {updating(Update{Claims: &camel}), provider.StatePROPOSED},
		"claimNames": {updating(Update{ClaimNames: []ClaimName{{"home", "org"}}}), provider.StatePROPOSED},
		"acr":        {updating(Update{ACRValues: []ACRValue{{"https://refeds.org/profile/mfa", "2fa"}}}), provider.StatePROPOSED},
		"client id":  {updating(Update{ClientID: new("other")}), provider.StateACTIVE},
		"scopes":     {updating(Update{Scopes: []string{"openid"}}), provider.StateACTIVE},
		"nothing":    {updating(Update{Issuer: new("https://idp.uni-a.example")}), provider.StateACTIVE},
		"home": {func(r *registry, id ident.ID) error {
			_, err := r.AddHome(r.adam, NewHome{id, "mail.uni-a.example", r.a.ID})
			return err
		}, provider.StatePROPOSED},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRegistry(t)
			p := r.approved()
			r.must(tt.change(r, p.ID))
			got := r.DB.Provider.GetX(r.system, p.ID)
			if got.State != tt.want || tt.want == provider.StatePROPOSED && (got.ApprovedByID != nil || *got.ProposedByID != viewer.From(r.adam).PersonID) {
				t.Errorf("it is %s, proposed by %v and approved by %v", got.State, got.ProposedByID, got.ApprovedByID)
			}
			if got := r.verbs(p); len(got) != 3 {
				t.Errorf("audited are %v", got)
			}
		})
	}
}

func updating(u Update) func(*registry, ident.ID) error {
	return func(r *registry, id ident.ID) error {
		u.ProviderID = id
		_, err := r.Service.Update(r.adam, u)
		return err
	}
}

// R2: a domain has one provider, which its own institution or alliance chose.
func TestNobodySpeaksForAnother(t *testing.T) {
	r := newRegistry(t)
	p := r.approved()
	_, err := r.Propose(r.alma, proposal("second", r.homeA()))
	r.refused("a second provider takes a domain", err, problem.Conflict, "homes")
	_, err = r.Propose(r.adam, proposal("third", Home{"uni-b.example", r.a.ID}))
	r.refused("uni-a takes the home of uni-b", err, problem.Invalid, "homes")
	_, err = r.Propose(r.adam, proposal("third", r.homeB()))
	r.refused("uni-a proposes for uni-b", err, problem.Forbidden)
	_, err = r.Propose(r.adam, proposal("third", Home{"mail.uni-a.example", r.a.ID}, r.homeB()))
	r.refused("uni-a proposes for both", err, problem.Forbidden)
	_, err = r.AddHome(r.adam, NewHome{p.ID, "uni-b.example", r.b.ID})
	r.refused("uni-a adds uni-b", err, problem.Forbidden)
	_, err = r.AddHome(r.alma, NewHome{p.ID, "uni-c.example", r.a.ID})
	r.refused("a domain that is nobody's is added", err, problem.Invalid, "domain")

	// A web domain is what an institution says of itself: two say the same.
	r.must(r.DB.Institution.UpdateOne(r.a).SetDomains([]string{"mail.uni-b.example", "uni-b.example"}).Exec(r.system))
	for _, claimed := range []string{"mail.uni-b.example", "uni-b.example"} {
		_, err = r.AddHome(r.alma, NewHome{p.ID, claimed, r.a.ID})
		r.refused("uni-a claims "+claimed, err, problem.Invalid, "domain")
	}
	_, err = r.Propose(r.beth, proposal("uni-b", r.homeB()))
	r.must(err) // the claim of uni-a on its home organisation keeps uni-b from nothing
	for what, taken := range map[string]Proposal{"key": proposal("uni-a", Home{"mail.uni-a.example", r.a.ID}), "issuer": proposal("uni-z", r.homeA())} {
		if what == "issuer" {
			taken.Issuer = "https://idp.uni-a.example"
		}
		_, err = r.Propose(r.alma, taken)
		r.refused("a second "+what, err, problem.Conflict, what)
	}
}

// R2, on every database: of rivals for a domain one gets it.
func TestRivalsForOneDomain(t *testing.T) {
	r := newRegistry(t)
	var group sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		group.Go(func() { _, errs[i] = r.Propose(r.alma, proposal(fmt.Sprintf("p%d", i), r.homeA())) })
	}
	group.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			r.refused("a rival", err, problem.Conflict)
		}
	}
	if n := r.DB.Provider.Query().CountX(r.system); won != 1 || n != 1 {
		t.Errorf("%d won, %d providers", won, n)
	}
}

// A change and an approval at the same moment never put unseen text in force.
func TestApprovalAndChangeAtOnce(t *testing.T) {
	r := newRegistry(t)
	p, err := r.Propose(r.adam, proposal("uni-a", r.homeA()))
	r.must(err)
	read := r.digest(p)
	var group sync.WaitGroup
	group.Go(func() { _, _ = r.Approve(r.alma, Approval{p.ID, read}) })
	group.Go(func() { _, _ = r.Update(r.adam, Update{ProviderID: p.ID, Issuer: new("https://evil.example")}) })
	group.Wait()
	if got := r.DB.Provider.GetX(r.system, p.ID); got.State == provider.StateACTIVE && got.Issuer != p.Issuer {
		t.Error("an issuer is in force that nobody approved")
	}
}

// Each broken value is refused at its field, and a secret is not repeated.
func TestProposalIsChecked(t *testing.T) {
	r := newRegistry(t)
	for _, tt := range []struct {
		field  string
		broken func(*Proposal)
	}{
		{"key", func(p *Proposal) { p.Key = "Uni A" }},
		{"key", func(p *Proposal) { p.Key = "a/../b" }},
		{"key", func(p *Proposal) { p.Key = "" }},
		{"issuer", func(p *Proposal) { p.Issuer = "http://idp.uni-a.example" }},
		{"issuer", func(p *Proposal) { p.Issuer = "http://localhost:9999" }},
		{"issuer", func(p *Proposal) { p.Issuer = "https://idp.uni-a.example?x=1" }},
		{"issuer", func(p *Proposal) { p.Issuer = "https://idp.uni-a.example?" }},
		{"issuer", func(p *Proposal) { p.Issuer = "https://idp.uni-a.example/#x" }},
		{"issuer", func(p *Proposal) { p.Issuer = "https://me:x@idp.uni-a.example" }},
		{"issuer", func(p *Proposal) { p.Issuer = "https://IDP.uni-a.example" }},
		{"issuer", func(p *Proposal) { p.Issuer = "https://idp.uni-a.example\n" }},
		{"issuer", func(p *Proposal) { p.Issuer = "ftp://idp.uni-a.example" }},
		{"issuer", func(p *Proposal) { p.Issuer = "https://" }},
		{"clientId", func(p *Proposal) { p.ClientID = "" }},
		{"clientSecretRef", func(p *Proposal) { p.ClientSecretRef = nil }},
		{"clientSecretRef", func(p *Proposal) { p.ClientSecretRef = new("hunter2-hunter2") }},
		{"clientSecretRef", func(p *Proposal) { p.ClientSecretRef = new("env:hunter2") }},
		{"clientSecretRef", func(p *Proposal) { p.ClientSecretRef = new("env:PEREGRINE_KEY_ENCRYPTION_KEY") }},
		{"clientSecretRef", func(p *Proposal) { p.ClientSecretRef = new("file:/etc/peregrine/key-encryption-key") }},
		{"clientSecretRef", func(p *Proposal) { p.ClientSecretRef = new("file:/run/../etc/provider-x") }},
		{"clientSecretRef", func(p *Proposal) { p.ClientSecretRef = new("file:provider-x") }},
		{"clientSecretRef", func(p *Proposal) { p.ClientAuthentication = provider.ClientAuthenticationPRIVATE_KEY_JWT }},
		{"scopes", func(p *Proposal) { p.Scopes = []string{"email"} }},
		{"scopes", func(p *Proposal) { p.Scopes = []string{"openid", "a b"} }},
		{"scopes", func(p *Proposal) { p.Scopes = []string{"openid", "openid"} }},
		{"algorithms", func(p *Proposal) { p.Algorithms = []string{"HS256"} }},
		{"algorithms", func(p *Proposal) { p.Algorithms = []string{"none"} }},
		{"algorithms", func(p *Proposal) { p.Algorithms = []string{"RS256", "RS256"} }},
		{"claimNames", func(p *Proposal) { p.ClaimNames = []ClaimName{{"subject", "sub"}} }},
		{"claimNames", func(p *Proposal) { p.ClaimNames = []ClaimName{{"email", "sub"}} }},
		{"acrValues", func(p *Proposal) { p.ACRValues = []ACRValue{{"mfa", "x"}} }},
		{"homes", func(p *Proposal) { p.Homes[0].Domain = "UNI-A.example" }},
		{"homes", func(p *Proposal) { p.Homes[0].Domain = "uni-ä.example" }},
		{"mode", func(p *Proposal) { p.Mode = "BOTH" }},
	} {
		p := proposal("uni-a", r.homeA())
		tt.broken(&p)
		_, err := r.Propose(r.adam, p)
		r.refused(fmt.Sprintf("%+v", p), err, problem.Invalid, tt.field)
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("a secret is repeated: %v", err)
		}
	}
	_, err := r.Propose(r.adam, proposal("uni-a"))
	r.refused("no home", err, problem.Invalid, "homes")
	for _, good := range []func(*Proposal){
		func(p *Proposal) { p.Issuer = "http://localhost:8090/uni-a" },
		func(p *Proposal) {
			p.Issuer, p.ClientSecretRef = "https://login.example/realms/A", new("file:/run/secrets/provider-uni-a")
		},
		func(p *Proposal) {
			p.ClientAuthentication, p.ClientSecretRef, p.Algorithms = provider.ClientAuthenticationPRIVATE_KEY_JWT, nil, Algorithms
		},
	} {
		p := proposal("uni-a", r.homeA())
		good(&p)
		made, err := r.Propose(r.adam, p)
		r.must(err)
		_, err = r.Reject(r.adam, made.ID)
		r.must(err)
	}
}

// A provider learns no other provider's secret.
func TestSecretBelongsToOneProvider(t *testing.T) {
	r := newRegistry(t)
	r.approved()
	p := proposal("uni-b", r.homeB())
	p.ClientSecretRef = new("env:PROVIDER_UNI_A")
	_, err := r.Propose(r.beth, p)
	r.refused("uni-b names the secret of uni-a", err, problem.Invalid, "clientSecretRef")
	made, err := r.Propose(r.beth, proposal("uni-b", r.homeB()))
	r.must(err)
	_, err = r.Update(r.beth, Update{ProviderID: made.ID, ClientSecretRef: new("env:PROVIDER_UNI_A")})
	r.refused("uni-b changes to it", err, problem.Invalid, "clientSecretRef")
}

// An institution switches its provider off by itself, the alliance on again; a
// proposal is neither.
func TestProviderIsSwitchedOffAndOn(t *testing.T) {
	r := newRegistry(t)
	p := r.approved()
	_, err := r.Disable(r.beth, p.ID)
	r.refused("uni-b switches off", err, problem.NotFound)
	off, err := r.Disable(r.adam, p.ID)
	r.must(err)
	_, err = r.Disable(r.adam, p.ID)
	r.refused("it is off", err, problem.Conflict)
	_, err = r.Enable(r.adam, p.ID)
	r.refused("the institution switches on", err, problem.Forbidden)
	urls, err := r.SignInURLs(r.system, []ident.ID{r.a.ID})
	r.must(err)
	if off.State != provider.StateDISABLED || len(urls) != 0 {
		t.Errorf("%s, signs in at %v", off.State, urls)
	}
	on, err := r.Enable(r.alma, p.ID)
	r.must(err)
	urls, err = r.SignInURLs(r.system, []ident.ID{r.a.ID, r.b.ID})
	r.must(err)
	if on.State != provider.StateACTIVE || !maps.Equal(urls, map[ident.ID]string{r.a.ID: "https://x.example/auth/start/uni-a"}) {
		t.Errorf("%s, signs in at %v", on.State, urls)
	}
	_, err = r.Disable(r.alma, p.ID)
	r.must(err)
	_, err = r.Update(r.adam, Update{ProviderID: p.ID, Issuer: new("https://new.example")})
	r.must(err)
	_, err = r.Enable(r.alma, p.ID)
	r.refused("what nobody approved is switched on", err, problem.Conflict)
}

// A home is taken away at once, but not the last one; a member leaves a proxy by
// itself, and sees only its own part of it.
func TestMemberLeavesProxy(t *testing.T) {
	r := newRegistry(t)
	p := proposal("proxy", r.homeA(), r.homeB())
	p.Mode = provider.ModePROXY
	_, err := r.Propose(r.adam, p)
	r.refused("one member proposes for all", err, problem.Forbidden)
	made, err := r.Propose(r.alma, p)
	r.must(err)
	_, err = r.Approve(r.alva, Approval{made.ID, r.digest(made)})
	r.must(err)
	seen, err := r.DB.ProviderHome.Query().Where(providerhome.ProviderID(made.ID)).All(r.adam)
	r.must(err)
	if len(seen) != 1 || seen[0].Domain != "uni-a.example" {
		t.Errorf("uni-a sees %v", seen)
	}
	_, err = r.Disable(r.adam, made.ID)
	r.refused("one member switches all off", err, problem.Forbidden)
	_, err = r.RemoveHome(r.adam, OldHome{made.ID, "uni-b.example"})
	r.refused("one member takes another away", err, problem.Forbidden)
	left, err := r.RemoveHome(r.adam, OldHome{made.ID, "uni-a.example"})
	r.must(err)
	_, err = r.RemoveHome(r.alma, OldHome{made.ID, "uni-b.example"})
	r.refused("the last one goes", err, problem.Conflict, "domain")
	if left.State != provider.StateACTIVE || r.DB.ProviderHome.Query().CountX(r.system) != 1 {
		t.Errorf("left is %v", left)
	}
	_, err = r.Propose(r.adam, proposal("uni-a", r.homeA()))
	r.must(err) // and may come with a provider of its own
}

// A rejected proposal is gone with its claims; one that people have used is not.
func TestRejectedProposalFreesItsNames(t *testing.T) {
	r := newRegistry(t)
	p, err := r.Propose(r.adam, proposal("uni-a", r.homeA()))
	r.must(err)
	_, err = r.Reject(r.alma, p.ID)
	r.must(err)
	if got := r.verbs(p); !slices.Equal(got, []string{"provider.propose", "provider.reject"}) {
		t.Errorf("audited are %v", got)
	}
	used := r.approved()
	_, err = r.Reject(r.alma, used.ID)
	r.refused("what is in force is rejected", err, problem.Conflict)
	person := r.DB.Person.Create().SetSignedInAt(r.now).SaveX(r.system)
	r.DB.Identity.Create().
		SetPersonID(person.ID).
		SetProviderID(used.ID).
		SetIssuer(used.Issuer).
		SetSubject("s").
		SetDigest(strings.Repeat("0", 64)).
		SetSignedInAt(r.now).
		SaveX(r.system)
	_, err = r.Update(r.adam, Update{ProviderID: used.ID, Issuer: new("https://new.example")})
	r.must(err)
	_, err = r.Reject(r.alma, used.ID)
	r.refused("what people have used is rejected", err, problem.Conflict)
}

// Only the operator registers without a second person.
func TestOnlyTheOperatorRegistersAlone(t *testing.T) {
	r := newRegistry(t)
	_, err := r.Register(r.alma, proposal("uni-a", r.homeA()))
	r.refused("an administrator registers", err, problem.Forbidden)
	p := proposal("uni-a", r.homeA())
	p.ClientSecretRef = new("file:/etc/peregrine/secret")
	made, err := r.Register(r.system, p)
	r.must(err)
	if made.State != provider.StateACTIVE {
		t.Errorf("it is %s", made.State)
	}
	if _, err := r.Update(r.adam, Update{ProviderID: made.ID, ClientID: new("other")}); err != nil {
		t.Errorf("what the operator stored is in the way: %v", err)
	}
}

// asked is a checker whose answers the test gives.
type asked struct {
	mu     sync.Mutex
	hosts  map[string][]string
	errors map[string]error
}

func (a *asked) Check(ctx context.Context, p *ent.Provider) ([]string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := ctx.Deadline(); !ok {
		return nil, errors.New("no deadline")
	}
	return a.hosts[p.Key], a.errors[p.Key]
}

// R12: each provider is checked once an hour, a broken one more often; what one
// of them does touches no other, and a moved endpoint is audited.
func TestHealthOfProviders(t *testing.T) {
	r := newRegistry(t)
	a, err := r.Register(r.system, proposal("uni-a", r.homeA()))
	r.must(err)
	b, err := r.Register(r.system, proposal("uni-b", r.homeB()))
	r.must(err)
	checker := &asked{hosts: map[string][]string{"uni-a": {"idp.uni-a.example"}}, errors: map[string]error{"uni-b": fmt.Errorf("%w: <b>secret text of the provider</b>", NoKeys)}}
	r.Checker = checker
	check := func(want int) (*ent.Provider, *ent.Provider) {
		t.Helper()
		n, err := r.CheckDue(r.system)
		r.must(err)
		if n != want {
			t.Errorf("%d were checked, want %d", n, want)
		}
		return r.DB.Provider.GetX(r.system, a.ID), r.DB.Provider.GetX(r.system, b.ID)
	}
	a, b = check(2)
	if a.Health != provider.HealthWORKING || a.HealthReason != nil || !a.CheckedAt.Equal(r.now) || b.Health != provider.HealthBROKEN || *b.HealthReason != "NO_KEYS" {
		t.Errorf("%v\n%v", a, b)
	}
	check(0)
	r.now = r.now.Add(checkBroken)
	check(1)
	checker.hosts["uni-a"], checker.errors["uni-b"] = []string{"evil.example", "idp.uni-a.example"}, errors.New("connection refused")
	r.now = r.now.Add(checkEvery)
	a, b = check(2)
	if *b.HealthReason != "UNREACHABLE" {
		t.Errorf("uni-b is %s", *b.HealthReason)
	}
	if got := r.verbs(a); !slices.Equal(got, []string{"provider.register", "provider.health", "provider.endpoints", "provider.endpoints"}) {
		t.Errorf("audited are %v", got)
	}
	last := r.DB.AuditEntry.Query().Where(auditentry.ObjectID(a.ID), auditentry.Verb("provider.endpoints")).Order(ent.Desc(auditentry.FieldID)).FirstX(r.system)
	if !maps.Equal(last.Details, map[string]string{"from": "idp.uni-a.example", "to": "evil.example idp.uni-a.example"}) {
		t.Errorf("the entry says %v", last.Details)
	}
	_, err = r.CheckNow(r.beth, b.ID)
	r.refused("it is checked again at once", err, problem.Limited)
	r.now = r.now.Add(checkPause)
	delete(checker.errors, "uni-b")
	b, err = r.CheckNow(r.beth, b.ID)
	r.must(err)
	if b.Health != provider.HealthWORKING || b.HealthReason != nil {
		t.Errorf("uni-b is %v", b)
	}
	_, err = r.CheckNow(r.adam, b.ID)
	r.refused("uni-a checks uni-b", err, problem.NotFound)
}

func TestTroublesSpeakEveryLanguage(t *testing.T) {
	for _, tag := range lang.Languages {
		said := map[string]bool{}
		for _, trouble := range []Trouble{Unreachable, Unreadable, OtherIssuer, Insecure, NoKeys} {
			said[trouble.Sentence(tag)] = true
		}
		for _, key := range lang.Keys(tag) {
			if strings.HasPrefix(key, "provider.") && !said[lang.Say(tag, key)] {
				t.Errorf("%s has %s, which is no trouble", tag, key)
			}
			delete(said, lang.Say(tag, key))
		}
		if len(said) > 0 {
			t.Errorf("%s says %v", tag, said)
		}
	}
}

// An update writes what it changes and nothing else: what somebody else proposes
// at the same moment is never undone in their name.
func TestUpdateWritesOnlyItsOwn(t *testing.T) {
	r := newRegistry(t)
	row := r.approved()
	m := r.DB.Provider.Update().Mutation()
	after := Update{Scopes: []string{"openid"}}.applied(row)
	if fields, weighty := changes(row, after, m); weighty || !slices.Equal(fields, []string{"scopes"}) || !slices.Equal(m.Fields(), []string{provider.FieldScopes}) {
		t.Errorf("%v %v writes %v", fields, weighty, m.Fields())
	}
}
