package e2e

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/graph"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// column is somebody who asks.
type column struct {
	name  string
	actor *Actor
}

// everybody lists nobody, the learner, another one of the same home, each role
// at home, host and a third university, and the alliance administrator.
func (w *World) everybody(c cast) []column {
	all := []column{{"nobody", w.Nobody()}, {"the learner", c.ada}, {"another learner", w.Learner("Bela", "uni-a")}}
	for _, uni := range []struct{ name, at string }{{"home", "uni-a"}, {"host", "uni-b"}, {"third", "uni-c"}} {
		for _, role := range viewer.Roles {
			if role != viewer.AllianceAdministrator {
				all = append(all, column{uni.name + " " + strings.ToLower(string(role)), w.Staff("M-"+string(role), uni.at, role)})
			}
		}
	}
	return append(all, column{"alliance administrator", w.Staff("Alma", "uni-c", viewer.AllianceAdministrator)}, column{"alliance auditor", w.auditor("Arno")})
}

// things returns one thing of each kind that has a node id, of the state in
// which fewest see it.
func (w *World) things(c cast, inputs map[string]map[string]any) map[ident.Kind]string {
	system := w.system()
	db := w.DB.Client
	things := map[ident.Kind]string{}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		for _, v := range inputs[name] {
			if given := ident.ID(fmt.Sprint(v)); given.Kind() != "" && things[given.Kind()] == "" {
				things[given.Kind()] = string(given)
			}
		}
	}
	draft := c.editor.Does(
		"writes a course",
		"createCourse",
		map[string]any{"institutionId": w.Institution("uni-b"), "code": "CS-DRAFT", "kind": "COURSE", "content": content("Draft")},
	)
	planned := c.editor.Does("plans an offering", "createOffering", cohort(w.course(c.editor, "CS-PLAN"), 3))
	degree := c.editor.Does(
		"composes",
		"createMicroDegree",
		map[string]any{"institutionId": w.Institution("uni-b"), "key": "unseen", "content": composed("Unseen", 10, w.course(c.editor, "CS-PART"))},
	)
	rule := c.homeRecognition.Does("proposes", "proposeRecognitionRule", map[string]any{
		"homeId": w.Institution("uni-a"), "courseId": w.course(c.editor, "CS-RULE"), "ects": "5", "gradeTransfer": "AS_GIVEN", "validFrom": "2027-01-01"})
	programme := db.Programme.Create().
		SetInstitutionID(w.Institution("uni-a")).
		SetCode("P").
		SetTitle(map[string]string{"en": "P"}).
		SetEqf(6).
		SetEcts(180_00).
		SetIsced("0613").
		SaveX(system)
	maps.Copy(things, map[ident.Kind]string{
		ident.Alliance: string(w.alliance), ident.Institution: string(w.Institution("uni-b")), ident.Course: id(draft), ident.CourseVersion: at(draft, "draft", "id").(string),
		ident.Offering: id(planned), ident.MicroDegree: id(degree), ident.RecognitionRule: id(rule), ident.Person: string(c.ada.ID), ident.Programme: string(programme.ID),
		ident.HomeModule: string(
			db.HomeModule.Create().SetProgrammeID(programme.ID).SetCode("M").SetTitle(map[string]string{"en": "M"}).SetEcts(5_00).SetPlace("ELECTIVE").SaveX(system).ID,
		),
		ident.Affiliation: string(db.Affiliation.Query().Order(affiliation.ByID()).FirstIDX(system)),
		ident.Disclosure:  w.disclosed(c),
		ident.Erasure:     w.erasing(c),
		ident.AuditEntry:  w.nominated(),
		ident.Role:        string(db.RoleGrant.Query().Order(rolegrant.ByID()).FirstIDX(system)),
	})
	return things
}

// R60, R61 and R62: for each kind of thing with a node id and each role, the
// thing is seen, or it answers as one that was never made. A kind without a
// thing here fails.
func TestR64EveryNodeAsEveryRole(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	things := w.things(c, w.finished(c))
	columns := w.everybody(c)
	kinds := graph.NodeKinds(&graph.Resolver{DB: w.DB.Client})
	for _, kind := range kinds {
		if things[kind] == "" {
			t.Errorf("there is no %s to ask for", kind)
		}
	}
	var b strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	const q = `query($id: ID!, $ids: [ID!]!) { node(id: $id) { __typename id } nodes(ids: $ids) { __typename id } }`
	for _, kind := range kinds {
		thing, missing := things[kind], string(kind)+"_06h0hph4yvw3v2c0x5e4r7t9n8"
		seen := map[bool][]string{}
		name := ""
		for _, col := range columns {
			got := col.actor.Post(q, map[string]any{"id": thing, "ids": []string{thing, missing}})
			none := col.actor.Post(q, map[string]any{"id": missing, "ids": []string{missing, missing}})
			sees := at(got.Data, "node") != nil
			if sees {
				name = at(got.Data, "node", "__typename").(string)
			} else if got.Raw != none.Raw || got.Status != none.Status {
				t.Errorf("%s can tell that a %s exists:\n%s\n%s", col.name, kind, got.Raw, none.Raw)
			}
			if sees != (at(got.Data, "nodes", 0) != nil) {
				t.Errorf("node and nodes differ for %s and %s", col.name, kind)
			}
			seen[sees] = append(seen[sees], col.name)
		}
		fmt.Fprintf(tw, "%s\tSEEN\t%s\n", name, said(seen[true], columns))
		fmt.Fprintf(tw, "%s\tMISSING\t%s\n", name, said(seen[false], columns))
	}
	_ = tw.Flush()
	w.goldenText("nodes.txt", b.String())
}

// said lists names, or says that it is all or none of them.
func said(names []string, of []column) string {
	switch len(names) {
	case 0:
		return "(nobody)"
	case len(of):
		return "(everybody)"
	}
	return strings.Join(names, ", ")
}

// goldenText compares with a golden file.
func (w *World) goldenText(name, got string) {
	w.t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), got); diff != "" {
		w.t.Errorf("%s differs (-want +got); run with -update when that is right:\n%s", name, diff)
	}
}

// R60 and R63: each mutation that names a thing by its id refuses one that the
// viewer does not see exactly as one that was never made.
func TestMutationsDoNotTellForeignFromMissing(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	inputs := w.finished(c)
	things := w.things(c, inputs)
	const q = `query($id: ID!) { node(id: $id) { id } }`
	columns := w.everybody(c)
	asked := 0
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		for field, value := range inputs[name] {
			given := ident.ID(fmt.Sprint(value))
			if given.Kind() == "" {
				continue
			}
			thing := cmp.Or(things[given.Kind()], string(given))
			missing := string(given.Kind()) + "_06h0hph4yvw3v2c0x5e4r7t9n8"
			with := func(id string) map[string]any {
				input := maps.Clone(inputs[name])
				input[field] = id
				return map[string]any{"input": input}
			}
			for _, col := range columns {
				if at(col.actor.Post(q, map[string]any{"id": thing}).Data, "node") != nil {
					continue
				}
				if name == "grantRole" && field == "personId" {
					continue // administrators name whom they do not see; see GrantRoleInput
				}
				if name == "retireGradingScale" {
					continue // everybody sees scales, which are no Nodes
				}
				if name == "unlinkIdentity" && col.actor == c.ada {
					continue // her own account, which is no Node
				}
				asked++
				foreign := col.actor.Post(mutations[name].document(name), with(thing))
				none := col.actor.Post(mutations[name].document(name), with(missing))
				if foreign.Status != none.Status || string(stable([]byte(withoutRequest(foreign.Raw)))) != string(stable([]byte(withoutRequest(none.Raw)))) {
					t.Errorf("%s learns from %s that %s exists:\n%s\n%s", col.name, name, field, foreign.Raw, none.Raw)
				}
			}
		}
	}
	if asked < 300 {
		t.Errorf("only %d foreign things were asked for", asked)
	}
}

// withoutRequest cuts the request id, which differs each time.
func withoutRequest(raw string) string {
	before, after, found := strings.Cut(raw, `"requestId":"`)
	if !found {
		return raw
	}
	_, rest, _ := strings.Cut(after, `"`)
	return before + withoutRequest(rest)
}

// offered is what viewerActions of a thing says of a mutation; nil for nothing.
func (a *Actor) offered(mutation, thing string) any {
	a.w.t.Helper()
	answer := a.Post(everyAction(), map[string]any{"id": thing})
	found, _ := at(answer.Data, "node").(map[string]any)
	all, _ := found["viewerActions"].([]any)
	for _, action := range all {
		if at(action, "name") == mutation {
			return action
		}
	}
	return nil
}

// everyAction asks a thing of any kind for its viewerActions.
var everyAction = sync.OnceValue(func() string {
	var b strings.Builder
	for _, typ := range graph.Schema(&graph.Resolver{}).Schema().Types {
		if typ.Fields.ForName("viewerActions") != nil && slices.Contains(typ.Interfaces, "Node") {
			fmt.Fprintf(&b, " ... on %s { viewerActions { name allowed reason refusal { code message } } }", typ.Name)
		}
	}
	return "query($id: ID!) { node(id: $id) {" + b.String() + " } }"
})

// What viewerActions offers is done, and afterwards it says what the mutation
// says when it is sent again. Each mutation of a thing is offered by one.
func TestWhatIsOfferedIsDone(t *testing.T) {
	s := newStage(t)
	own := []string{"endSession", "endOtherSessions", "unlinkIdentity", "requestErasure", "proposeProvider", "decideApplications", "recordResults", "confirmResults", "recordParticipation", "retireGradingScale"} // of what its owner alone sees; names its institutions further down; many things
	for _, f := range schemaMutations(t) {
		a := s.play(f.Name)
		var by []string // the things that offer it
		for _, value := range a.input {
			if thing := fmt.Sprint(value); ident.ID(thing).Kind() != "" {
				if action := a.by.offered(f.Name, thing); action != nil {
					by = append(by, thing)
					if at(action, "allowed") != true {
						t.Errorf("%s is not offered by %s: %v", f.Name, thing, action)
					}
				}
			}
		}
		if (len(by) == 0) != slices.Contains(own, f.Name) {
			t.Errorf("%s is offered by %v", f.Name, by)
		}
		if code := a.does(); code != "done" {
			t.Errorf("%s is offered and answers %s", f.Name, code)
		}
		said := map[string]any{}
		for _, thing := range by {
			said[thing] = a.by.offered(f.Name, thing)
		}
		code, field := a.by.refusal(f.Name, a.input)
		for thing, action := range said {
			if action == nil || field != "" && (code == "NOT_FOUND" || code == "CONFLICT" && at(action, "allowed") == true) {
				continue // it is no more, or another input would do
			}
			want := "done"
			if at(action, "allowed") == false {
				want = at(action, "refusal", "code").(string)
			}
			if code != want {
				t.Errorf("%s answers %s at %q, %s says %v", f.Name, code, field, thing, action)
			}
		}
	}
}

// An offering offers itself to learners of other institutions that are members,
// and to nobody else.
func TestWhoMayApplyIsTold(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	off := w.offering(c.editor, w.course(c.editor, "CS-1"), 5)
	lapsed := w.Learner("Lena", "uni-a")
	w.DB.Client.Affiliation.Update().Where(affiliation.PersonID(lapsed.ID)).SetExpiresAt(w.Now()).ExecX(w.system())
	left := w.Learner("Lea", "uni-c")
	w.DB.Client.Membership.Update().Where(membership.ID(w.membership("uni-c"))).SetState(membership.StateLEFT).ExecX(w.system())
	for who, code := range map[*Actor]string{w.Nobody(): "UNAUTHENTICATED", w.Learner("Olga", "uni-b"): "INVALID", lapsed: "FORBIDDEN", left: "CONFLICT", c.ada: "done"} {
		action := who.offered("submitApplication", off)
		if said := at(action, "allowed") == true; said != (code == "done") || !said && at(action, "refusal", "code") != code {
			t.Errorf("%s is told %v, want %s", who.Name, action, code)
		}
		if got := who.codeOf("submitApplication", map[string]any{"offeringId": off}); got != code {
			t.Errorf("%s gets %s, want %s", who.Name, got, code)
		}
	}
}

// What viewerActions says is what the mutation does: for each role and each
// mutation of a thing, the same code where it says no; and where it says yes it
// is done, or refused for a field of its input.
func TestViewerActionsAgreeWithMutations(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	inputs := w.finished(c)
	columns := w.everybody(c)
	compared := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		for _, value := range inputs[name] {
			thing := fmt.Sprint(value)
			if ident.ID(thing).Kind() == "" {
				continue
			}
			for _, col := range columns {
				if action := col.actor.offered(name, thing); action != nil {
					compared[name]++
					code, field := col.actor.refusal(name, inputs[name])
					if at(action, "allowed") == true {
						ofInput := code == "INVALID" || (code == "CONFLICT" || code == "NOT_FOUND") && field != ""
						if at(action, "refusal") != nil || code != "done" && !ofInput {
							t.Errorf("%s: %s is offered and answers %s", col.name, name, code)
						}
						continue
					}
					if code == "INVALID" {
						continue // the input itself is refused first
					}
					if said := at(action, "refusal", "code"); said != code || at(action, "refusal", "message") != at(action, "reason") {
						t.Errorf("%s: %s is refused with %s, viewerActions says %v", col.name, name, code, action)
					}
				}
			}
		}
	}
	for _, own := range []string{"endSession", "endOtherSessions", "unlinkIdentity", "requestErasure"} {
		compared[own]++ // what only its owner sees needs no word that they may end it
	}
	compared["discardDraft"]++ // only its learner sees it
	for _, many := range []string{"decideApplications", "recordResults", "confirmResults", "recordParticipation"} {
		compared[many]++ // each of its rows is an action of its own
	}
	compared["retireGradingScale"]++ // a scale is no node
	compared["proposeProvider"]++    // names its institutions further down
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		if compared[name] == 0 {
			t.Errorf("no thing offers %s", name)
		}
	}
}
