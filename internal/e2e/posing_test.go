package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	entinstitution "github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/institutionname"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

const changeFields = "id state reason proposedAt decidedAt proposal sharedAcronym institution { id name { text } } " +
	"proposed { name { text } acronym erasmusCode pic oid ror deqar domains } viewerActions { name allowed }"

// hannover admits the university as which others pose.
func (w *World) hannover() ident.ID {
	w.t.Helper()
	inst, err := w.institutionService().Admit(w.system(), institution.Admission{AllianceID: w.alliance, Part: membership.PartMEMBER, Details: institution.Details{
		SCHAC: "uni-hannover.example", Name: vocab.Text{"en": "Leibniz University Hannover", "de": "Leibniz Universität Hannover"}, Acronym: "LUH", Country: "DE",
		Town: vocab.Text{"en": "Hanover"}, Domains: []string{"uni-hannover.example", "stud.uni-hannover.example", "luh.example"}, Zone: "Europe/Berlin"}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.register("uni-hannover", "https://idp.uni-hannover.example", registry.Home{Domain: "stud.uni-hannover.example", InstitutionID: inst.ID})
	return inst.ID
}

// A member cannot pose as another: by a name, an acronym or a domain that is the
// other one's, or looks like it, neither when it is invited or admitted nor later.
func TestNobodyPosesAsAnother(t *testing.T) {
	w := NewWorld(t)
	hannover := w.hannover()
	w.DB.Client.Institution.UpdateOneID(hannover).SetDomains([]string{"uni-hannover.example", "luh.example"}).ExecX(w.system()) // its provider still speaks for the third
	alma, admin := w.Staff("Alma", "uni-c", viewer.AllianceAdministrator), w.Staff("Mallory", "uni-b", viewer.Administrator)
	const conflict, invalid = "CONFLICT", "INVALID"
	for _, tt := range []struct {
		field, code string
		value       any
	}{
		{"name", conflict, english("Leibniz University Hannover")},
		{"name", conflict, []map[string]any{{"language": "en", "text": "University X"}, {"language": "fr", "text": "Leibniz Universität Hannover"}}},
		{"name", conflict, english("LEIBNIZ-UNIVERSITY  HANNOVER")},
		{"name", conflict, english("Leibnız University Hannover")},
		{"name", conflict, english("Leibniz University H\u0430nnover")},
		{"name", conflict, english("Leibniz\u00a0Univers\u0456ty Hann0ver")},
		{"name", conflict, english("uni-hannover.example")},
		{"name", conflict, english("UNI-HANNOVER.example")},
		{"acronym", conflict, "Leibniz University Hannover"},
		{"acronym", conflict, "L\u0435ibniz Universitat Hannover"},
		{"acronym", conflict, "luh.\u0435xample"},
		{"domains", conflict, []string{"uni-hannover.example"}},
		{"domains", conflict, []string{"mail.uni-hannover.example"}},
		{"domains", conflict, []string{"uni-x.example", "stud.uni-hannover.example"}},
		{"domains", conflict, []string{"a.stud.uni-hannover.example"}},
		{"domains", conflict, []string{"uni-hann0ver.example"}},
		{"domains", conflict, []string{"xn--uni-hannver-ynj.example"}},
		{"domains", conflict, []string{"luh.example"}},
		{"domains", invalid, []string{"ac.uk"}},
		{"domains", invalid, []string{"github.io"}},
		{"domains", invalid, []string{"example"}},
	} {
		t.Run(fmt.Sprint(tt.field, " ", tt.value), func(t *testing.T) {
			w.t = t
			at := func(got map[string]any, want string) {
				t.Helper()
				if where := strings.Trim(fmt.Sprint(got["field"]), "[]"); where != want {
					t.Errorf("refused at %s, want %s: %v", where, want, got)
				}
			}
			input := map[string]any{"institutionId": w.Institution("uni-b"), tt.field: tt.value}
			at(admin.IsRefused("poses", tt.code, "proposeInstitutionIdentity", input), "input "+tt.field)
			new := stranger("uni-x")
			new[tt.field] = tt.value
			invitation := map[string]any{"allianceId": w.alliance, "part": "MEMBER", "institution": new}
			at(alma.IsRefused("invites", tt.code, "inviteMember", invitation), "input institution "+tt.field)
			d := institution.Details{SCHAC: "uni-x.example", Name: vocab.Text{"en": "University X"}, Acronym: "UX", Country: "DE", Town: vocab.Text{"en": "Town"}, Zone: "Europe/Berlin"}
			switch v := tt.value.(type) {
			case []string:
				d.Domains = v
			case string:
				d.Acronym = v
			case []map[string]any:
				d.Name = vocab.Text{}
				for _, tr := range v {
					d.Name[tr["language"].(string)] = tr["text"].(string)
				}
			}
			_, err := w.institutionService().Admit(w.system(), institution.Admission{AllianceID: w.alliance, Part: membership.PartMEMBER, Details: d})
			if all := problem.All(err); len(all) != 1 || string(all[0].Code) != tt.code || !slices.Equal(all[0].Field, []string{tt.field}) {
				t.Errorf("admitted with %v", err)
			}
		})
	}
	w.t = t
	for _, schac := range []string{"mail.uni-hannover.example", "uni-hann0ver.example", "stud.uni-hannover.example"} {
		new := stranger("uni-x")
		new["schac"] = schac
		alma.IsRefused("invites by its home organisation", conflict, "inviteMember", map[string]any{"allianceId": w.alliance, "part": "MEMBER", "institution": new})
	}
	if n := w.DB.Client.Institution.Query().Where(entinstitution.SchacIn("uni-x.example")).CountX(w.system()); n != 0 {
		t.Errorf("%d strangers have come in", n)
	}
}

// What an institution is called is changed by two: its administrator proposes it,
// and an administrator of its alliance approves what they have seen.
func TestANameIsApprovedByTheAlliance(t *testing.T) {
	w := NewWorld(t)
	w.hannover()
	alma, admin := w.Staff("Alma", "uni-c", viewer.AllianceAdministrator), w.Staff("Anna", "uni-b", viewer.Administrator)
	at := w.Institution("uni-b")
	both := w.Staff("Both", "uni-b", viewer.Administrator, viewer.AllianceAdministrator)
	other, err := w.institutionService().Found(w.system(), institution.Founding{Slug: "other", Name: vocab.Text{"en": "Other"}, Website: "https://other.example"})
	if err != nil {
		t.Fatal(err)
	}
	olga := w.person("Olga", "uni-c", "staff")
	if _, err := (&role.Service{DB: w.DB.Client, Now: w.Now}).Grant(w.system(), role.NewGrant{PersonID: olga.ID, Role: viewer.AllianceAdministrator, At: other.ID}); err != nil {
		t.Fatal(err)
	}
	propose := func(by *Actor, fields map[string]any) map[string]any {
		fields["institutionId"] = at
		return by.Does("proposes", "proposeInstitutionIdentity", fields)
	}
	approval := func(change map[string]any) map[string]any {
		return map[string]any{"changeId": id(change), "proposal": change["proposal"]}
	}
	name := func() string { return w.DB.Client.Institution.GetX(w.system(), at).Name.In("en") }

	first := propose(both, map[string]any{"name": english("Leibniz College")})
	both.IsRefused("approves herself", "FORBIDDEN", "approveInstitutionIdentity", approval(first))
	second := propose(admin, map[string]any{"name": english("Leibniz School"), "acronym": "luh", "domains": []string{"uni-b.example", "mail.uni-b.example"}, "idempotencyKey": "k"})
	if id(second) != id(first) || second["proposal"] == first["proposal"] {
		t.Errorf("a further proposal is %v after %v", second, first)
	}
	if again := propose(admin, map[string]any{"name": english("Leibniz School"), "acronym": "luh", "domains": []string{"uni-b.example", "mail.uni-b.example"}, "idempotencyKey": "k"}); id(again) != id(second) {
		t.Errorf("the repetition is %v", again)
	}
	if got := fmt.Sprint(second["sharedAcronym"]); got != "[Leibniz University Hannover]" {
		t.Errorf("the acronym is shared with %s", got)
	}
	both.IsRefused("approves what she began", "FORBIDDEN", "approveInstitutionIdentity", approval(second))
	admin.IsRefused("approves for the alliance", "FORBIDDEN", "approveInstitutionIdentity", approval(second))
	alma.IsRefused("approves what is no more", "CONFLICT", "approveInstitutionIdentity", approval(first))
	olga.IsRefused("approves for another alliance", "NOT_FOUND", "approveInstitutionIdentity", approval(second))
	const q = `query($id: ID!) { institution(by: {id: $id}) { identityChange { id proposed { name { text } } } } }`
	byID := map[string]any{"id": at}
	for _, a := range []*Actor{w.Nobody(), w.Learner("Ada", "uni-b"), w.Staff("Rita", "uni-b", viewer.Registrar), w.Staff("Foreign", "uni-a", viewer.Administrator), olga} {
		if got := a.Asks("looks", q, byID)["institution"].(map[string]any); got["identityChange"] != nil {
			t.Errorf("%s sees %v", a.Name, got)
		}
	}
	for _, a := range []*Actor{admin, alma} {
		if got := a.Asks("looks", q, byID)["institution"].(map[string]any); got["identityChange"] == nil {
			t.Errorf("%s does not see what waits", a.Name)
		}
	}
	if name() != "University B" {
		t.Errorf("before it is approved the name is %q", name())
	}
	approve := approval(second)
	approve["idempotencyKey"] = "a"
	for range 2 {
		if got := alma.Does("approves", "approveInstitutionIdentity", approve); got["state"] != "APPROVED" || got["proposal"] != nil || got["decidedAt"] == nil || name() != "Leibniz School" {
			t.Errorf("approved as %v, the name is %q", got, name())
		}
	}
	if n := w.DB.Client.AuditEntry.Query().Where(auditentry.ObjectID(ident.ID(id(second)))).CountX(w.system()); n != 3 {
		t.Errorf("%d entries, want 3: two proposals and the approval", n)
	}
	// Its old name is free again, its new one is not.
	foreign := w.Staff("Frank", "uni-a", viewer.Administrator)
	foreign.IsRefused("takes the new name", "CONFLICT", "proposeInstitutionIdentity", map[string]any{"institutionId": w.Institution("uni-a"), "name": english("Leibniz School")})
	foreign.Does("takes the old one", "proposeInstitutionIdentity", map[string]any{"institutionId": w.Institution("uni-a"), "name": english("University B")})

	third := propose(admin, map[string]any{"name": english("Leibniz Academy")})
	admin.IsRefused("rejects", "FORBIDDEN", "rejectInstitutionIdentity", map[string]any{"changeId": id(third), "reason": "x"})
	alma.IsRefused("gives no reason", "INVALID", "rejectInstitutionIdentity", map[string]any{"changeId": id(third), "reason": " "})
	if got := alma.Does("rejects", "rejectInstitutionIdentity", map[string]any{"changeId": id(third), "reason": "No academy."}); got["state"] != "REJECTED" || got["reason"] != "No academy." {
		t.Errorf("rejected as %v", got)
	}
	alma.IsRefused("approves what is rejected", "CONFLICT", "approveInstitutionIdentity", approval(third))
	fourth := propose(admin, map[string]any{"acronym": "LS"})
	alma.IsRefused("withdraws", "FORBIDDEN", "withdrawInstitutionIdentity", map[string]any{"changeId": id(fourth)})
	admin.Does("withdraws", "withdrawInstitutionIdentity", map[string]any{"changeId": id(fourth)})
	admin.IsRefused("changes nothing", "INVALID", "proposeInstitutionIdentity", map[string]any{"institutionId": at, "name": english("Leibniz School")})

	// What has been taken meanwhile is refused at the change.
	one := propose(admin, map[string]any{"name": english("New College")})
	two := foreign.Does("proposes the same", "proposeInstitutionIdentity", map[string]any{"institutionId": w.Institution("uni-a"), "name": english("New College")})
	alma.Does("approves one", "approveInstitutionIdentity", approval(one))
	if got := alma.IsRefused("approves the other", "CONFLICT", "approveInstitutionIdentity", approval(two)); fmt.Sprint(got["field"]) != "[input changeId]" {
		t.Errorf("refused at %v", got["field"])
	}
}

// Of two who take one name, or a domain and one below it, at the same moment one
// has it.
func TestOfTwoThatTakeANameOneHasIt(t *testing.T) {
	s := newStage(t)
	for _, tt := range []struct {
		what     string
		one, two map[string]any
	}{
		{"a name", map[string]any{"name": english("New College")}, map[string]any{"name": english("NEW C\u043ellege")}},
		{"a domain", map[string]any{"domains": []string{"new.example"}}, map[string]any{"domains": []string{"new.example"}}},
		{"a domain and one below it", map[string]any{"domains": []string{"above.example"}}, map[string]any{"domains": []string{"below.above.example"}}},
		{"a name and a domain", map[string]any{"name": english("Mid Example")}, map[string]any{"domains": []string{"mid.example"}}},
	} {
		var acts [2]act
		for i, fields := range []map[string]any{tt.one, tt.two} {
			uni := s.new("u")
			new := stranger(uni)
			for k, v := range fields {
				new[k] = v
			}
			acts[i] = act{s.alma, "inviteMember", map[string]any{"allianceId": s.alliance, "part": "MEMBER", "institution": new}}
		}
		codes, _ := atOnce(acts[0].run, acts[1].run)
		slices.Sort(codes)
		if fmt.Sprint(codes) != "[CONFLICT done]" {
			t.Errorf("two who take %s: %v", tt.what, codes)
		}
	}
	if n := s.DB.Client.InstitutionName.Query().Where(institutionname.InstitutionIDIsNil()).CountX(s.system()); n == 0 {
		t.Error("nothing is held for those who take a domain")
	}
}

// The chooser shows the country and the domain of each institution, also of those
// that an e-mail address finds, and of the one that was used last.
func TestTheChooserTellsInstitutionsApart(t *testing.T) {
	w := NewWorld(t)
	w.hannover()
	begun, _ := w.page("/auth/start/uni-hannover")
	for _, path := range []string{"/signin", "/signin?q=hannover", "/signin?q=ada%40stud.uni-hannover.example"} {
		for _, cookies := range [][]*http.Cookie{nil, begun.Cookies()} {
			_, body := w.page(path, cookies...)
			want := 1
			if len(cookies) > 0 {
				want = 2 // it stands on top too
			}
			if n := strings.Count(body, "Germany · stud.uni-hannover.example"); n != want {
				t.Errorf("%s tells it apart %d times, want %d", path, n, want)
			}
		}
	}
}
