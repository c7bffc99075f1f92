package e2e

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// What a signed credential names here answers, now and once the course is
// withdrawn: people find a page with the very place, machines the course.
func TestAddressesInCredentialsAnswerForGood(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	_, payload := payloadOf(t, w.awarded(c)["jwt"].(string))
	addresses := regexp.MustCompile(`"`+base+`(/(?:courses|credentials)/[^"#]+)(#[^"]+)?"`).FindAllStringSubmatch(string(payload), -1)
	kinds := map[string]int{}
	var course string
	check := func(withdrawn bool) {
		t.Helper()
		for _, a := range addresses {
			page := w.request(http.MethodGet, a[1], "Accept", "text/html")
			if page.Code != http.StatusOK || !strings.HasPrefix(page.Header().Get("Content-Type"), "text/html") {
				t.Fatalf("%s is %d %s", a[1], page.Code, page.Header().Get("Content-Type"))
			}
			if a[2] != "" && !strings.Contains(page.Body.String(), `id="`+a[2][1:]+`"`) {
				t.Errorf("the page has no %s", a[2])
			}
			kinds[strings.Split(a[1], "/")[1]]++
			if strings.HasPrefix(a[1], "/credentials/") {
				if body := page.Body.String(); strings.Contains(body, "Ada") || page.Header().Get("X-Robots-Tag") != "noindex" {
					t.Errorf("%s", body)
				}
				continue
			}
			course = a[1]
			if strings.Contains(page.Body.String(), "Withdrawn.") != withdrawn || strings.Contains(page.Body.String(), "(Europe/Berlin)") == withdrawn {
				t.Errorf("withdrawn is %v: %s", withdrawn, page.Body)
			}
		}
		document := w.request(http.MethodGet, course, "Accept", "application/ld+json")
		var got struct {
			ID     string `json:"@id"`
			URL    string
			Status string `json:"creativeWorkStatus"`
		}
		if err := json.Unmarshal(document.Body.Bytes(), &got); err != nil || got.ID != base+course || got.URL != got.ID || (got.Status == "Withdrawn") != withdrawn {
			t.Errorf("%v, %v", got, err)
		}
		if document.Header().Get("Content-Type") != "application/ld+json" || !strings.Contains(strings.Join(document.Header().Values("Vary"), ", "), "Accept") ||
			document.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%v", document.Header())
		}
	}
	check(false)
	if kinds["courses"] < 2 || kinds["credentials"] < 1 {
		t.Errorf("%v in %s", kinds, payload)
	}
	c.editor.Does("withdraws it", "withdrawCourse", map[string]any{"courseId": strings.TrimPrefix(course, "/courses/")})
	check(true)
}

// Who has never been published or issued has no page, and nor has anything else.
func TestWhatIsNotPublicHasNoPage(t *testing.T) {
	w := NewWorld(t)
	c := w.cast()
	draft := c.editor.Does("writes a course", "createCourse", map[string]any{
		"institutionId": w.Institution("uni-b"), "code": "D-1", "kind": "COURSE", "content": content("Draft")})
	for _, path := range []string{"/courses/" + id(draft), "/courses/nope", "/courses/" + string(c.ada.ID), "/credentials/nope", "/credentials/crd_06h0hph4yvw3v2c0x5e4r7t9n8", "/credentials/" + id(draft)} {
		for _, accept := range []string{"text/html", "application/json"} {
			if got := w.request(http.MethodGet, path, "Accept", accept); got.Code != http.StatusNotFound {
				t.Errorf("%s as %s is %d", path, accept, got.Code)
			}
		}
	}
}

// An export names the page of each course here.
func TestExportsNameThePageOfACourse(t *testing.T) {
	w := NewWorld(t)
	page := base + "/courses/" + w.course(w.cast().editor, "CS-1")
	if got := w.request(http.MethodGet, "/catalogue/courses.jsonld").Body.String(); !strings.Contains(got, `"@id":"`+page+`","url":"`+page+`"`) {
		t.Errorf("schema.org: %s", got)
	}
	rows, err := csv.NewReader(strings.NewReader(w.request(http.MethodGet, "/catalogue/courses.csv").Body.String())).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, name := range rows[0] {
		if name == "page" && rows[1][i] != page {
			t.Errorf("the column says %q", rows[1][i])
		}
	}
	if !strings.Contains(strings.Join(rows[0], ","), ",page") {
		t.Errorf("no such column in %v", rows[0])
	}
}
