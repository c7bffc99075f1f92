package e2e

import (
	"fmt"
	"testing"
)

// composed is a micro-degree of one group of courses, of which all credits have
// to be earned.
func composed(title string, ects int, courses ...string) map[string]any {
	text := func(s string) []map[string]any { return []map[string]any{{"language": "en", "text": s}} }
	return map[string]any{
		"title": text(title), "description": text("Longer."), "ects": fmt.Sprint(ects), "eqfLevel": 7, "isced": "0613",
		"quality": map[string]any{"kind": "PROGRAMME_QA", "name": text("ESG part 1")},
		"composition": map[string]any{"groups": []map[string]any{
			{"key": "core", "title": text("Core"), "courseIds": courses, "minEcts": fmt.Sprint(ects)},
		}},
	}
}

func TestMicroDegreeIsPutTogetherAndFinished(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	one, two, three := w.course(c.editor, "CS-1"), w.course(c.editor, "CS-2"), w.course(c.editor, "CS-3")
	made := c.editor.Does(
		"composes",
		"createMicroDegree",
		map[string]any{"institutionId": w.Institution("uni-b"), "key": "compilers", "content": composed("Compilers", 20, one, two, three)},
	)
	if fields := fmt.Sprint(made["issues"]); fields == "[]" {
		t.Error("15 credits are on offer and 20 are asked for")
	}
	w.Nobody().IsRefused("is nobody", "UNAUTHENTICATED", "publishMicroDegree", map[string]any{"microDegreeId": id(made)})
	refused := c.editor.IsRefused("what cannot be completed is not published", "INVALID", "publishMicroDegree", map[string]any{"microDegreeId": id(made)})
	if refused["message"] == "" {
		t.Error("the refusal says nothing")
	}
	content := composed("Compilers", 10, one, two, three)
	content["composition"].(map[string]any)["sequence"] = []map[string]any{{"beforeId": one, "afterId": two}}
	made = c.editor.Does("corrects", "updateMicroDegree", map[string]any{"microDegreeId": id(made), "content": content})
	if fields := fmt.Sprint(made["issues"]); fields != "[]" {
		t.Errorf("issues: %v", fields)
	}
	if seen := w.Nobody().Asks("a draft", `{ microDegree(key: "compilers") { id } }`, nil); seen["microDegree"] != nil {
		t.Error("a draft is visible to anybody")
	}
	c.editor.Does("publishes", "publishMicroDegree", map[string]any{"microDegreeId": id(made)})
	c.editor.IsRefused("its rules hold", "CONFLICT", "updateMicroDegree", map[string]any{"microDegreeId": id(made), "content": content})

	const plan = `query($c: [ID!]) { microDegree(key: "compilers") {
		viewerProgress { complete counted groups { key earned missing } explain { satisfied children { rule satisfied have need unit } } }
		plan(candidateIds: $c, first: 2) { complete exhaustive missing { rule group have need unit } paths { ects courses { code } } } } }`
	got := at(w.Nobody().Asks("plans", plan, nil), "microDegree")
	if at(got, "viewerProgress") != nil || at(got, "plan", "complete") != false {
		t.Errorf("nobody has completed anything: %v", got)
	}
	if paths := fmt.Sprint(at(got, "plan", "paths")); paths != "[map[courses:[map[code:CS-1] map[code:CS-2]] ects:10] map[courses:[map[code:CS-1] map[code:CS-3]] ects:10]]" {
		t.Errorf("paths: %s", paths)
	}
	_, enrolment := w.enrolled(c, w.offering(c.editor, one, 5))
	w.passed(c, enrolment)
	got = at(c.ada.Asks("plans", plan, map[string]any{"c": []string{three}}), "microDegree")
	if at(got, "viewerProgress", "complete") != false || at(got, "viewerProgress", "counted") != "5" || at(got, "viewerProgress", "groups", 0, "missing") != "5" {
		t.Errorf("progress: %v", at(got, "viewerProgress"))
	}
	if at(got, "plan", "complete") != true || len(at(got, "plan", "paths").([]any)) != 0 {
		t.Errorf("with CS-3 it is enough: %v", at(got, "plan"))
	}
	c.editor.Does("withdraws", "withdrawMicroDegree", map[string]any{"microDegreeId": id(made)})
}
