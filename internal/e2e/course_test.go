package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/outboxevent"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// write begins a course of uni-b and returns its id.
func (w *World) write(editor *Actor, code string, content map[string]any) string {
	return id(editor.Does("writes a course", "createCourse", map[string]any{
		"institutionId": w.Institution("uni-b"), "code": code, "kind": "MICRO_CREDENTIAL", "content": content}))
}

// may returns the actions on a thing that are allowed to the actor.
func (a *Actor) may(root, thing string) string {
	a.w.t.Helper()
	data := a.Asks("looks", `query($id: ID!) { `+root+`(id: $id) { viewerActions { name allowed } } }`, map[string]any{"id": thing})
	var names []string
	for _, action := range at(data, root, "viewerActions").([]any) {
		if at(action, "allowed") == true {
			names = append(names, at(action, "name").(string))
		}
	}
	return strings.Join(names, " ")
}

// refusedAt returns the fields that a mutation is refused at.
func (a *Actor) refusedAt(what, mutation string, input map[string]any) []string {
	a.w.t.Helper()
	payload := a.Tries(what, mutation, input)
	var fields []string
	for _, e := range payload["errors"].([]any) {
		var path []string
		for _, part := range at(e, "field").([]any) {
			path = append(path, part.(string))
		}
		fields = append(fields, strings.TrimPrefix(strings.Join(path, "."), "input."))
	}
	return fields
}

// Where an institution wants it, two people publish a course: one submits, the
// other reviews. The draft does not change meanwhile, and nobody reviews their
// own.
func TestTwoPeopleReviewACourse(t *testing.T) {
	w := NewWorld(t)
	edda, erik := w.Staff("Edda", "uni-b", "COURSE_EDITOR"), w.Staff("Erik", "uni-b", "COURSE_EDITOR")
	w.DB.Client.Institution.UpdateOneID(w.Institution("uni-b")).SetCourseReview(institution.CourseReviewREQUIRED).ExecX(w.system())
	german := content("Compilers")
	german["title"], german["eqfLevel"] = []map[string]any{{"language": "de", "text": "Übersetzerbau"}}, nil
	course := w.write(edda, "CS-1", german)
	it := map[string]any{"courseId": course}
	shows := func(a *Actor, want string) {
		t.Helper()
		if got := a.may("course", course); got != want {
			t.Errorf("%s may %q, want %q", a.Name, got, want)
		}
	}

	if got := edda.refusedAt("submits too early", "submitCourseForReview", it); fmt.Sprint(got) != "[content.eqfLevel]" {
		t.Errorf("an incomplete draft is refused at %v", got)
	}
	german["eqfLevel"] = 7
	edda.Does("completes it", "updateCourseDraft", map[string]any{"courseId": course, "content": german})
	shows(edda, "updateCourseDraft submitCourseForReview")
	if refusal := edda.IsRefused("cannot do it alone", "CONFLICT", "publishCourse", it); refusal["from"] != "DRAFT" || refusal["to"] != "PUBLISHED" {
		t.Errorf("refused with %v", refusal)
	}

	got := edda.Does("submits it", "submitCourseForReview", it)
	if at(got, "draft", "state") != "IN_REVIEW" || at(got, "draft", "submittedAt") != "2027-02-10T09:00:00Z" {
		t.Errorf("submitted as %v", got)
	}
	shows(edda, "returnCourseDraft")
	shows(erik, "returnCourseDraft publishCourse")
	refusal := erik.IsRefused("cannot change it meanwhile", "CONFLICT", "updateCourseDraft", map[string]any{"courseId": course, "content": german})
	if refusal["from"] != "IN_REVIEW" {
		t.Errorf("refused with %v", refusal)
	}
	edda.IsRefused("cannot submit it twice", "CONFLICT", "submitCourseForReview", it)
	edda.IsRefused("does not review her own", "FORBIDDEN", "publishCourse", it)
	if got := erik.refusedAt("says nothing", "returnCourseDraft", it); fmt.Sprint(got) != "[note]" {
		t.Errorf("a return without a note is refused at %v", got)
	}

	got = erik.Does("asks for more", "returnCourseDraft", map[string]any{"courseId": course, "note": "  An English title, please. "})
	if at(got, "draft", "state") != "DRAFT" || at(got, "draft", "reviewNote") != "An English title, please." {
		t.Errorf("returned as %v", got)
	}
	erik.IsRefused("cannot publish what is not in review", "CONFLICT", "publishCourse", it)
	edda.IsRefused("cannot return a draft", "CONFLICT", "returnCourseDraft", it)
	edda.Does("changes it", "updateCourseDraft", map[string]any{"courseId": course, "content": content("Compilers")})
	if got := edda.Does("submits it again", "submitCourseForReview", it); at(got, "draft", "reviewNote") != nil {
		t.Errorf("the old note stands: %v", got)
	}
	if got := edda.Does("takes it back without a word", "returnCourseDraft", it); at(got, "draft", "reviewNote") != nil {
		t.Errorf("taken back as %v", got)
	}
	edda.Does("submits it at last", "submitCourseForReview", it)
	if got := erik.Does("publishes it", "publishCourse", it); got["state"] != "PUBLISHED" || at(got, "published", "number") != 1.0 {
		t.Errorf("published as %v", got)
	}
	shows(edda, "updateCourseDraft withdrawCourse createOffering")
	edda.IsRefused("has nothing to submit", "CONFLICT", "submitCourseForReview", it)

	// Drafts are told to the provider, what is published to everybody.
	for verb, audience := range map[string]outboxevent.Audience{"course.create": outboxevent.AudiencePARTIES, "course.edit": outboxevent.AudiencePARTIES,
		"course.submit": outboxevent.AudiencePARTIES, "course.return": outboxevent.AudiencePARTIES, "course.publish": outboxevent.AudiencePUBLIC} {
		events := w.DB.Client.OutboxEvent.Query().Where(outboxevent.Type(verb)).AllX(w.system())
		for _, e := range events {
			if e.Audience != audience || e.HostID == nil || *e.HostID != w.Institution("uni-b") {
				t.Errorf("%s is told to %s of %v", verb, e.Audience, e.HostID)
			}
		}
		if len(events) == 0 {
			t.Errorf("%s is not told", verb)
		}
	}
}

// Where reviews are free, an editor publishes alone, but still not what they
// have asked somebody else to review.
func TestReviewIsFreeUnlessRequired(t *testing.T) {
	w := NewWorld(t)
	edda := w.Staff("Edda", "uni-b", "COURSE_EDITOR")
	it := map[string]any{"courseId": w.write(edda, "CS-1", content("One"))}
	edda.Does("asks for a review", "submitCourseForReview", it)
	edda.IsRefused("does not review her own", "FORBIDDEN", "publishCourse", it)
	edda.Does("takes it back", "returnCourseDraft", it)
	edda.Does("publishes it alone", "publishCourse", it)
}

// Of two reviewers who decide at once, one wins; the other is told.
func TestOneOfTwoReviewersWins(t *testing.T) {
	w := NewWorld(t)
	edda := w.Staff("Edda", "uni-b", "COURSE_EDITOR")
	w.DB.Client.Institution.UpdateOneID(w.Institution("uni-b")).SetCourseReview(institution.CourseReviewREQUIRED).ExecX(w.system())
	reviewers := []*Actor{w.Staff("Erik", "uni-b", "COURSE_EDITOR"), w.Staff("Elsa", "uni-b", "COURSE_EDITOR")}
	for i := range 8 {
		course := w.write(edda, fmt.Sprintf("CS-%d", i), content("Rivals"))
		edda.Does("submits", "submitCourseForReview", map[string]any{"courseId": course})
		var answers [2]map[string]any
		together(2, func(n int) {
			if n == 0 {
				answers[n] = reviewers[n].Tries("publishes", "publishCourse", map[string]any{"courseId": course})
			} else {
				answers[n] = reviewers[n].Tries("returns", "returnCourseDraft", map[string]any{"courseId": course, "note": "No."})
			}
		})
		won := 0
		for _, a := range answers {
			if a["course"] != nil {
				won++
			} else if code := at(a, "errors", 0, "code"); code != "CONFLICT" {
				t.Errorf("the loser is told %v", a)
			}
		}
		data := edda.Asks("looks", `query($id: ID!) { course(id: $id) { state draft { state } } }`, map[string]any{"id": course})
		published, draft := at(data, "course", "state") == "PUBLISHED", at(data, "course", "draft")
		if won != 1 || published != (answers[0]["course"] != nil) || published != (draft == nil) {
			t.Errorf("%v became %v", answers, data)
		}
	}
}

// An editor who writes while another publishes never gets something published
// that was not checked.
func TestWhatIsPublishedWasChecked(t *testing.T) {
	w := NewWorld(t)
	edda, erik := w.Staff("Edda", "uni-b", "COURSE_EDITOR"), w.Staff("Erik", "uni-b", "COURSE_EDITOR")
	incomplete := content("Half")
	incomplete["description"], incomplete["outcomes"] = nil, nil
	for i := range 12 {
		course := w.write(edda, fmt.Sprintf("CS-%d", i), content("Whole"))
		together(2, func(n int) {
			if n == 0 {
				edda.Tries("publishes", "publishCourse", map[string]any{"courseId": course})
			} else {
				erik.Tries("writes", "updateCourseDraft", map[string]any{"courseId": course, "content": incomplete})
			}
		})
		data := edda.Asks(
			"looks",
			`query($id: ID!) { course(id: $id) { published { title { text } outcomes { text { text } } } draft { title { text } } } }`,
			map[string]any{"id": course},
		)
		if v := at(data, "course", "published"); v != nil && at(v, "title", "text") != "Whole" {
			t.Errorf("published without a check: %v", v)
		}
		if v := at(data, "course", "draft"); v == nil || at(v, "title", "text") != "Half" {
			t.Errorf("what Erik wrote is gone: %v", v)
		}
	}
}

// Versions are a history: what was published stays as it was, learners see it,
// and offerings keep the version that they were made of.
func TestVersionsAreAHistory(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	first := content("First")
	first["url"] = "https://uni-b.example/cs-1"
	first["outcomes"] = []map[string]any{
		{"text": []map[string]any{{"language": "en", "text": "Can do it."}}, "esco": "http://data.europa.eu/esco/skill/aa1f8d0b-6e2d-4b5a-9d61-2f0d9c0f4a11"},
	}
	course := w.write(c.editor, "CS-1", first)
	it := map[string]any{"courseId": course}
	c.editor.Does("publishes it", "publishCourse", it)
	off := w.offering(c.editor, course, 5)
	for _, title := range []string{"Second", "Third"} {
		c.editor.Does("rewrites it", "updateCourseDraft", map[string]any{"courseId": course, "content": content(title)})
		if title == "Second" {
			c.editor.Does("publishes it again", "publishCourse", it)
		}
	}
	const versions = `query($id: ID!, $first: Int, $after: String) { course(id: $id) { versions(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { number state title { text } publishedAt url outcomes { esco } } } } }`
	numbers := func(data map[string]any) (all []string) {
		for _, v := range at(data, "course", "versions", "nodes").([]any) {
			all = append(all, fmt.Sprintf("%v %v %v", at(v, "number"), at(v, "state"), at(v, "title", "text")))
		}
		return all
	}
	expectAll := func(what string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	everything := map[string]any{"id": course}
	expectAll("staff", numbers(c.editor.Asks("looks", versions, everything)), "3 DRAFT Third", "2 PUBLISHED Second", "1 SUPERSEDED First")
	seen := c.ada.Asks("looks", versions, everything)
	expectAll("a learner", numbers(seen), "2 PUBLISHED Second", "1 SUPERSEDED First")
	old := at(seen, "course", "versions", "nodes", 1)
	if at(old, "publishedAt") != "2027-02-10T09:00:00Z" || at(old, "url") != "https://uni-b.example/cs-1" ||
		at(old, "outcomes", 0, "esco") != "http://data.europa.eu/esco/skill/aa1f8d0b-6e2d-4b5a-9d61-2f0d9c0f4a11" {
		t.Errorf("the first version is %v", old)
	}
	page := w.Nobody().Asks("turns pages", versions, map[string]any{"id": course, "first": 1})
	if at(page, "course", "versions", "totalCount") != 2.0 || at(page, "course", "versions", "pageInfo", "hasNextPage") != true {
		t.Errorf("the first page is %v", page)
	}
	rest := w.Nobody().Asks("turns pages", versions, map[string]any{"id": course, "first": 1, "after": at(page, "course", "versions", "pageInfo", "endCursor")})
	expectAll("the second page", numbers(rest), "1 SUPERSEDED First")
	kept := c.ada.Asks("looks", `query($id: ID!) { offering(id: $id) { version { number title { text } } } }`, map[string]any{"id": off})
	if at(kept, "offering", "version", "number") != 1.0 {
		t.Errorf("the offering is of %v", kept)
	}
}

// A reader is told when a text is in none of their languages.
func TestTextSaysItsFallback(t *testing.T) {
	w := NewWorld(t)
	edda := w.Staff("Edda", "uni-b", "COURSE_EDITOR")
	german := content("X")
	german["title"] = []map[string]any{{"language": "de", "text": "Übersetzerbau"}, {"language": "en", "text": "Compilers"}}
	course := w.write(edda, "CS-1", german)
	got := edda.Asks("reads", `query($id: ID!) { course(id: $id) { draft { title {
		de: isFallback(languages: ["de-AT"]) fr: isFallback(languages: ["fr"]) both: isFallback(languages: ["fr", "en"]) any: isFallback
		text(languages: ["fr"]) language(languages: ["fr"]) } } } }`, map[string]any{"id": course})
	want := map[string]any{"de": false, "fr": true, "both": false, "any": false, "text": "Compilers", "language": "en"}
	if title := at(got, "course", "draft", "title"); fmt.Sprint(title) != fmt.Sprint(want) {
		t.Errorf("the title is %v, want %v", title, want)
	}
}

// Nobody applies for an offering of a withdrawn course; who has applied goes on.
// Published again, the course takes applications again.
func TestWithdrawnCourseTakesNobodyNew(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	course := w.course(c.editor, "CS-1")
	off := w.offering(c.editor, course, 5)
	planned := id(c.editor.Does("plans another", "createOffering", cohort(course, 5)))
	bela := w.Learner("Bela", "uni-a")
	app := c.ada.Does("applies", "submitApplication", map[string]any{"offeringId": off})
	state := func(want string, open int) {
		t.Helper()
		data := bela.Asks(
			"looks",
			`query($id: ID!) { offering(id: $id) { availability } offerings(filter: { openNow: true }) { nodes { id availability } } }`,
			map[string]any{"id": off},
		)
		if got := at(data, "offering", "availability"); got != want || len(at(data, "offerings", "nodes").([]any)) != open {
			t.Errorf("the offering is %v, want %s: %v", got, want, data)
		}
	}
	state("OPEN", 1)
	c.editor.Does("withdraws the course", "withdrawCourse", map[string]any{"courseId": course})
	state("NOT_AVAILABLE", 0)
	refusal := bela.IsRefused("is too late", "CONFLICT", "submitApplication", map[string]any{"offeringId": off})
	if refusal["__typename"] != "StateError" || refusal["from"] != "WITHDRAWN" {
		t.Errorf("refused with %v", refusal)
	}
	if got := bela.may("offering", off); got != "" {
		t.Errorf("Bela may %s", got)
	}
	c.editor.IsRefused("cannot publish another", "CONFLICT", "publishOffering", map[string]any{"offeringId": planned})
	c.editor.IsRefused("cannot plan another", "CONFLICT", "createOffering", cohort(course, 5))
	c.homeOffice.Does("nominates her", "nominateApplication", map[string]any{"applicationId": id(app)})
	seat := c.hostOffice.Does("admits her", "admitApplication", map[string]any{"applicationId": id(app)})
	w.passed(c, at(seat, "enrolment", "id").(string))

	c.editor.Does("rewrites it", "updateCourseDraft", map[string]any{"courseId": course, "content": content("Better")})
	c.editor.Does("publishes it again", "publishCourse", map[string]any{"courseId": course})
	state("OPEN", 1)
	bela.Does("applies", "submitApplication", map[string]any{"offeringId": off})
}

// A follower asks for what has changed since they last looked; an edited draft
// is a change of its course.
func TestListsSinceAMoment(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	var courses, offerings []string
	for _, code := range []string{"A", "B", "C"} {
		courses = append(courses, w.course(c.editor, code))
		offerings = append(offerings, w.offering(c.editor, courses[len(courses)-1], 5))
	}
	changed := func(list, thing string) any {
		t.Helper()
		return at(c.editor.Asks("looks", `query($id: ID!) { `+list+`(id: $id) { updatedAt } }`, map[string]any{"id": thing}), list, "updatedAt")
	}
	since := func(list string, moment any) (all []string) {
		t.Helper()
		data := c.ada.Asks("follows", `query($since: DateTime) { `+list+`(filter: { updatedSince: $since }) { nodes { id } } }`, map[string]any{"since": moment})
		for _, n := range at(data, list, "nodes").([]any) {
			all = append(all, at(n, "id").(string))
		}
		return all
	}
	expectAll := func(what string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	last := changed("course", courses[2])
	expectAll("at the last change", since("courses", last), courses[2])
	expectAll("at the second change", since("courses", changed("course", courses[1])), courses[2], courses[1])
	c.editor.Does("edits the first", "updateCourseDraft", map[string]any{"courseId": courses[0], "content": content("A")})
	expectAll("after an edit", since("courses", last), courses[2], courses[0])
	edited := changed("course", courses[0])
	c.editor.Does("submits the first", "submitCourseForReview", map[string]any{"courseId": courses[0]})
	if now := changed("course", courses[0]); now.(string) <= edited.(string) {
		t.Errorf("submitted at %v, edited at %v", now, edited)
	}
	last = changed("offering", offerings[2])
	expectAll("offerings", since("offerings", last), offerings[2])
	c.editor.Does("changes an offering", "updateOffering", cohortOf("offeringId", offerings[1], 6))
	expectAll("offerings after a change", since("offerings", last), offerings[2], offerings[1])
}

// A code names one course of an institution; another institution may use it too.
func TestCodesAreUniqueAtAnInstitution(t *testing.T) {
	w := NewWorld(t)
	edda, other := w.Staff("Edda", "uni-b", "COURSE_EDITOR"), w.Staff("Otto", "uni-c", "COURSE_EDITOR")
	w.write(edda, "CS-1", content("One"))
	again := map[string]any{"institutionId": w.Institution("uni-b"), "code": " CS-1 ", "kind": "COURSE", "content": content("Two")}
	edda.IsRefused("uses the code again", "CONFLICT", "createCourse", again)
	if got := edda.refusedAt("uses the code again", "createCourse", again); fmt.Sprint(got) != "[code]" {
		t.Errorf("refused at %v", got)
	}
	again["institutionId"] = w.Institution("uni-c")
	other.Does("uses it elsewhere", "createCourse", again)
}

// A course tells where it came from and how fresh it is.
func TestCourseTellsItsSource(t *testing.T) {
	w := NewWorld(t)
	edda := w.Staff("Edda", "uni-b", "COURSE_EDITOR")
	course := w.course(edda, "CS-1")
	w.DB.Client.Course.UpdateOneID(ident.ID(course)).SetExternalID("4711").SetSourceModifiedAt(w.Now()).SetSourceSeenAt(w.Now()).ExecX(w.system())
	got := at(w.Nobody().Asks("looks", `query($id: ID!) { course(id: $id) { unit { id } externalId sourceModifiedAt sourceSeenAt } }`, map[string]any{"id": course}), "course")
	want := map[string]any{"unit": nil, "externalId": "4711", "sourceModifiedAt": "2027-02-10T09:00:00Z", "sourceSeenAt": "2027-02-10T09:00:00Z"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the course tells %v, want %v", got, want)
	}
}
