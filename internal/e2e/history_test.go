package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/graph"
	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// sealAll seals what is on record, as the job does.
func (w *World) sealAll() {
	w.t.Helper()
	if _, err := w.App.Audit.Seal(w.system()); err != nil {
		w.t.Fatal(err)
	}
}

// auditor signs somebody in who is an auditor of the alliance.
func (w *World) auditor(name string) *Actor {
	w.t.Helper()
	a := w.Staff(name, "uni-c")
	w.grant(a, viewer.Auditor, w.alliance)
	return a
}

func (w *World) grant(a *Actor, held viewer.Role, at ident.ID) {
	w.t.Helper()
	if _, err := (&role.Service{DB: w.DB.Client, Now: w.Now}).Grant(w.system(), role.NewGrant{PersonID: a.ID, Role: held, At: at}); err != nil {
		w.t.Fatal(err)
	}
}

// nominated is the sealed entry of a nomination, from uni-a to uni-b.
func (w *World) nominated() string {
	w.t.Helper()
	w.sealAll()
	return string(w.DB.Client.AuditEntry.Query().Where(auditentry.Verb("application.nominate")).Order(auditentry.ByID()).FirstIDX(w.system()))
}

// history are the identifiers of all entries that somebody lists, newest first.
func (a *Actor) history(filter map[string]any) (ids []string) {
	a.w.t.Helper()
	var after any
	for {
		got := at(a.Asks("reads the audit", `query($f: AuditEntryFilter, $after: String) {
			auditEntries(filter: $f, first: 100, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }`,
			map[string]any{"f": filter, "after": after}), "auditEntries")
		for _, n := range at(got, "nodes").([]any) {
			ids = append(ids, id(n.(map[string]any)))
		}
		if at(got, "pageInfo", "hasNextPage") != true {
			return ids
		}
		after = at(got, "pageInfo", "endCursor")
	}
}

// R80 and R60: each role lists exactly the entries that it answers for, and each
// person those of what they did and of what concerns them; a program lists none.
func TestR80EntriesAreReadByWhomTheyConcern(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	w.finished(c)
	another := w.elsewhere(c)
	columns := w.everybody(c)
	w.sealAll()
	all := w.DB.Client.AuditEntry.Query().Order(auditentry.ByID()).AllX(w.system())
	slices.Reverse(all)
	members := w.DB.Client.Membership.Query().Where(membership.AllianceID(w.alliance)).AllX(w.system())
	counts := map[int]bool{}
	for _, col := range columns {
		grants := w.DB.Client.RoleGrant.Query().AllX(w.system())
		var want []string
		for _, e := range all {
			own := col.actor.ID != "" && (vocab.OrZero(e.ActorID) == col.actor.ID || vocab.OrZero(e.PersonID) == col.actor.ID)
			for _, g := range grants {
				if g.PersonID == col.actor.ID {
					own = own || answers(g, e, members)
				}
			}
			if own {
				want = append(want, string(e.ID))
			}
		}
		got := col.actor.history(nil)
		if !slices.Equal(got, want) {
			t.Errorf("%s lists %d entries, want %d", col.name, len(got), len(want))
		}
		counts[len(want)] = true
		if got := col.actor.history(map[string]any{"institutionId": c.ada.ID}); len(got) != 0 {
			t.Errorf("%s asks by person, and gets %d entries", col.name, len(got))
		}
		if strings.HasPrefix(col.name, "alliance auditor") != (len(got) > 100) {
			t.Errorf("%s lists %d entries", col.name, len(got))
		}
	}
	if len(counts) < 6 {
		t.Errorf("the columns list %v entries: too much alike to tell a leak", counts)
	}
	for _, e := range all {
		if slices.Contains(e.Institutions, another) && slices.Contains(w.auditor("Aurel").history(map[string]any{"institutionId": another}), string(e.ID)) {
			t.Fatal("an auditor reads a university of another alliance")
		}
	}
	program := w.Program("uni-a", "reader", "learner.read").Actor()
	if got := program.history(nil); len(got) != 0 {
		t.Errorf("a program lists %d entries", len(got))
	}
}

// elsewhere is a university of another alliance.
func (w *World) elsewhere(c cast) ident.ID {
	w.t.Helper()
	s := w.institutionService()
	other, err := s.Found(w.system(), institution.Founding{Slug: "other", Name: vocab.Text{"en": "Other"}, Website: "https://other.example", Bounds: institution.DefaultBounds})
	if err != nil {
		w.t.Fatal(err)
	}
	inst, err := s.Admit(w.system(), institution.Admission{AllianceID: other.ID, Part: membership.PartMEMBER, Details: institution.Details{
		SCHAC: "uni-z.example", Name: vocab.Text{"en": "University Z"}, Acronym: "UZ", Country: "FR", Town: vocab.Text{"en": "Town"},
		Website: "https://uni-z.example", Domains: []string{"uni-z.example"}, Zone: "Europe/Paris"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return inst.ID
}

// answers says whether a grant makes its holder answer for an entry, in words of
// its own: the table of package authz is what is tested.
func answers(g *ent.RoleGrant, e *ent.AuditEntry, members []*ent.Membership) bool {
	switch g.Role {
	case "ADMINISTRATOR":
		return slices.Contains(e.Institutions, *g.InstitutionID)
	case "ALLIANCE_ADMINISTRATOR":
		return slices.Contains(e.Institutions, *g.AllianceID)
	case "AUDITOR":
		if g.InstitutionID != nil {
			return slices.Contains(e.Institutions, *g.InstitutionID)
		}
		return slices.Contains(e.Institutions, *g.AllianceID) ||
			slices.ContainsFunc(members, func(m *ent.Membership) bool { return slices.Contains(e.Institutions, m.InstitutionID) })
	}
	return false
}

// An entry says what was done in words of the reader's language, its filters
// narrow the list, and one that is not sealed yet is not there.
func TestR80AnEntrySaysWhatWasDone(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 1)
	app := id(c.ada.Does("applies", "submitApplication", map[string]any{"offeringId": off}))
	admin := w.Staff("Adam", "uni-a", viewer.Administrator)
	w.sealAll()
	c.homeOffice.Does("nominates", "nominateApplication", map[string]any{"applicationId": app})
	of := map[string]any{"objectId": app}
	if got := c.ada.history(of); len(got) != 1 {
		t.Errorf("before the seal she reads %d entries of her application", len(got))
	}
	w.sealAll()
	const q = `query($f: AuditEntryFilter) { auditEntries(filter: $f) { totalCount nodes {
		at verb words actorKind actor { id } actorId objectId institutions details { key value } requestId sequence hash } } }`
	for _, reader := range []*Actor{c.ada, admin, w.auditor("Aurel")} {
		got := at(reader.Asks("reads", q, map[string]any{"f": map[string]any{"objectId": app, "verbs": []string{"application.nominate"}}}), "auditEntries")
		if at(got, "totalCount") != float64(1) {
			t.Fatalf("%s reads %v", reader.Name, got)
		}
		e := at(got, "nodes", 0)
		if at(e, "verb") != "application.nominate" || at(e, "words") == "" || strings.HasPrefix(at(e, "words").(string), "verb.") || at(e, "actorKind") != "PERSON" ||
			at(e, "actorId") != string(c.homeOffice.ID) || at(e, "objectId") != app || len(at(e, "institutions").([]any)) != 2 ||
			fmt.Sprint(at(e, "details")) != "[map[key:from value:SUBMITTED] map[key:to value:NOMINATED]]" || len(at(e, "hash").(string)) != 64 || at(e, "requestId") == "" {
			t.Errorf("%s reads %v", reader.Name, e)
		}
		if sees := at(e, "actor") != nil; sees != (reader == admin) {
			t.Errorf("%s sees who it was: %t; the administrator of the officer does", reader.Name, sees)
		}
	}
	now := w.DB.Client.AuditEntry.Query().Where(auditentry.ObjectID(ident.ID(app))).Order(auditentry.ByID()).AllX(w.system())
	for want, filter := range map[int]map[string]any{
		2: of,
		1: {"objectId": app, "actorId": c.ada.ID},
		0: {"objectId": app, "institutionId": w.Institution("uni-c")},
	} {
		if got := admin.history(filter); len(got) != want {
			t.Errorf("%v: %d entries, want %d", filter, len(got), want)
		}
	}
	moment := now[1].CreatedAt.Format(time.RFC3339Nano)
	if before, since := admin.history(map[string]any{"objectId": app, "until": moment}), admin.history(map[string]any{"objectId": app, "since": moment}); len(before) != 1 ||
		len(since) != 1 || before[0] != string(now[0].ID) {
		t.Errorf("before %v, since %v", before, since)
	}
	if got := admin.history(map[string]any{"institutionId": w.Institution("uni-b"), "objectId": app}); len(got) != 2 {
		t.Errorf("of both sides: %d", len(got))
	}
}

// An auditor reads and changes nothing; the role is held at an institution or in
// an alliance, and given by hand only.
func TestR80AuditorsAreGrantedLikeOthers(t *testing.T) {
	w := NewWorld(t)
	admin, alma, who := w.Staff("Adam", "uni-a", viewer.Administrator), w.Staff("Alma", "uni-c", viewer.AllianceAdministrator), w.Staff("Otto", "uni-a")
	for _, g := range []struct {
		by *Actor
		at ident.ID
	}{{admin, w.Institution("uni-a")}, {alma, w.alliance}} {
		g.by.Does("makes an auditor", "grantRole", map[string]any{"personId": who.ID, "role": "AUDITOR", "at": g.at})
	}
	admin.IsRefused("by rule", "INVALID", "makeRoleRule", map[string]any{"institutionId": w.Institution("uni-a"), "attribute": "EDUPERSON_AFFILIATION", "value": "staff",
		"role": "AUDITOR", "months": 12})
	admin.IsRefused("for the alliance", "FORBIDDEN", "grantRole", map[string]any{"personId": who.ID, "role": "AUDITOR", "at": w.alliance})
	w.sealAll()
	if len(who.history(map[string]any{"institutionId": w.Institution("uni-b")})) == 0 {
		t.Error("the auditor of the alliance reads nothing of a member")
	}
	who.IsRefused("gives a role", "FORBIDDEN", "grantRole", map[string]any{"personId": admin.ID, "role": "TEACHER", "at": w.Institution("uni-a")})
}

// R80: no entry holds a text that a person typed, or the name or address of
// somebody: neither of the thing nor in a detail.
func TestR80EntriesHoldNoText(t *testing.T) {
	s := newStage(t)
	var typed []string
	for _, f := range schemaMutations(t) {
		a := s.play(f.Name)
		typed = append(typed, texts(a.input)...)
		if code := a.does(); code != "done" {
			t.Errorf("%s: %s", f.Name, code)
		}
	}
	for _, p := range s.DB.Client.Profile.Query().AllX(s.system()) {
		typed = append(typed, p.GivenName, p.FamilyName, vocab.OrZero(p.Email))
	}
	typed = slices.DeleteFunc(typed, func(text string) bool { return len(text) < 3 || authz.IsScope(text) })
	if len(typed) < 200 {
		t.Errorf("only %d texts were typed", len(typed))
	}
	for _, e := range s.DB.Client.AuditEntry.Query().AllX(s.system()) {
		for key, value := range e.Details {
			for _, text := range typed {
				said := value == text || len(text) > 4 && strings.Contains(value, text) // a few letters stand in any key
				if said && key != "home" {                                              // the domain of a university
					t.Errorf("%s says of %s %q, which somebody typed", e.Verb, key, value)
				}
			}
		}
		if !slices.ContainsFunc(app.Verbs(), func(v *ledger.Verb) bool { return v.Name() == e.Verb }) {
			t.Errorf("%s is no verb", e.Verb)
		}
	}
}

// texts lists what somebody typed: all strings of an input but identifiers,
// words of the schema and moments.
func texts(v any) (all []string) {
	b, _ := json.Marshal(v)
	var plain any
	_ = json.Unmarshal(b, &plain)
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		case string:
			_, noDay := time.Parse(time.DateOnly, v)
			if ident.ID(v).Kind() == "" && !isWord(v) && noDay != nil {
				all = append(all, v)
			}
		}
	}
	walk(plain)
	return all
}

// isWord says whether a text is a value of an enumeration, or a scope of a program.
func isWord(text string) bool {
	for _, typ := range graph.Schema(&graph.Resolver{}).Schema().Types {
		if typ.EnumValues.ForName(text) != nil {
			return true
		}
	}
	return false
}

// R81: anybody may keep the newest checkpoint; while there is none the address
// says so. It verifies against the chain, and truncation against it is found.
func TestR81CheckpointIsPublished(t *testing.T) {
	w := NewWorld(t)
	get := func(path string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		w.App.Handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, base+path, nil))
		return rec
	}
	if rec := get("/audit/checkpoint"); rec.Code != http.StatusNotFound {
		t.Errorf("without one: %d %s", rec.Code, rec.Body)
	}
	w.sealAll()
	if n, err := w.App.Audit.Checkpoint(w.system()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	rec := get("/audit/checkpoint")
	kept, err := audit.ParseCheckpoint(rec.Body.Bytes())
	if err != nil || rec.Header().Get("Content-Type") != "application/json" || rec.Header().Get("Set-Cookie") != "" {
		t.Fatalf("%d %v %v", rec.Code, rec.Header(), err)
	}
	if v, err := w.App.Audit.Verify(w.system(), kept); err != nil || len(v.Faults) > 0 || v.Checkpoints != 2 {
		t.Errorf("%+v, %v", v, err)
	}
}

// R82: readiness says when the seal is more than a minute behind, and the server
// stays ready.
func TestR82ReadinessSaysHowFarTheSealIs(t *testing.T) {
	w := NewWorld(t)
	ready := func() string {
		rec := httptest.NewRecorder()
		w.App.Handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, base+"/readyz", nil))
		return fmt.Sprint(rec.Code, " ", rec.Body)
	}
	w.SetClock(time.Now().Add(90 * time.Second))
	if got := ready(); !strings.HasPrefix(got, "200 reading: ok\nwriting: ok\naudit: ") || !strings.HasSuffix(got, " s behind\n") {
		t.Errorf("behind: %q", got)
	}
	w.sealAll()
	if got := ready(); got != "200 reading: ok\nwriting: ok\naudit: sealed\n" {
		t.Errorf("sealed: %q", got)
	}
}
