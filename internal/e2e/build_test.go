package e2e

import (
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// content is a complete micro-credential of 5 ECTS credits.
func content(title string) map[string]any {
	text := func(s string) []map[string]any { return []map[string]any{{"language": "en", "text": s}} }
	return map[string]any{
		"title": text(title), "summary": text("Short."), "description": text("Longer."),
		"outcomes": []map[string]any{{"text": text("Can do it.")}},
		"ects":     "5", "hours": 140, "eqfLevel": 7, "isced": "0613", "languages": []string{"en"}, "mode": "ONLINE",
		"assessments": []string{"WRITTEN_EXAMINATION"}, "supervision": "SUPERVISED_ID_VERIFIED",
		"quality":      map[string]any{"kind": "INSTITUTIONAL_QA", "name": text("ESG part 1")},
		"targetGroups": []string{"STUDENTS"}, "stackability": "STACKABLE", "topics": []string{"test"},
	}
}

// cast are the people of a journey from uni-a (home) to uni-b (host).
type cast struct {
	ada                                        *Actor // learner
	homeOffice, homeRecognition                *Actor
	editor, hostOffice, teacher, hostRegistrar *Actor
	hostRecognition                            *Actor
}

func (w *World) cast() cast {
	return cast{
		ada:             w.Learner("Ada", "uni-a"),
		homeOffice:      w.Staff("Hugo", "uni-a", viewer.MobilityOfficer),
		homeRecognition: w.Staff("Rosa", "uni-a", viewer.RecognitionOfficer),
		editor:          w.Staff("Edda", "uni-b", viewer.CourseEditor),
		hostOffice:      w.Staff("Ingo", "uni-b", viewer.MobilityOfficer),
		teacher:         w.Staff("Theo", "uni-b", viewer.Teacher),
		hostRegistrar:   w.Staff("Rita", "uni-b", viewer.Registrar),
		hostRecognition: w.Staff("Olaf", "uni-b", viewer.RecognitionOfficer),
	}
}

// id returns the id of a thing in an answer.
func id(thing map[string]any) string { return thing["id"].(string) }

// at walks into an answer by keys.
func at(v any, keys ...any) any {
	for _, k := range keys {
		switch k := k.(type) {
		case string:
			v = v.(map[string]any)[k]
		case int:
			v = v.([]any)[k]
		}
	}
	return v
}

// course publishes a course of uni-b and returns its id.
func (w *World) course(editor *Actor, code string) string {
	made := editor.Does("writes a course", "createCourse", map[string]any{
		"institutionId": w.Institution("uni-b"), "code": code, "kind": "MICRO_CREDENTIAL", "content": content("Compilers " + code)})
	editor.Does("publishes it", "publishCourse", map[string]any{"courseId": id(made)})
	return id(made)
}

// offering publishes a cohort of a course that is open now and returns its id.
func (w *World) offering(editor *Actor, course string, seats int) string {
	made := editor.Does("plans an offering", "createOffering", cohort(course, seats))
	editor.Does("opens it", "publishOffering", map[string]any{"offeringId": id(made)})
	return id(made)
}

func cohort(course string, seats int) map[string]any { return cohortOf("courseId", course, seats) }

// cohortOf is a cohort of a course, or the new content of an offering.
func cohortOf(field, id string, seats int) map[string]any {
	return map[string]any{
		field: id, "schedule": "COHORT", "timeZone": "Europe/Berlin", "opensAt": "2027-02-01T00:00:00",
		"closesAt": "2027-02-28T23:00:00", "startsOn": "2027-03-15", "endsOn": "2027-06-30", "seats": seats, "language": "en", "mode": "ONLINE",
	}
}

// rule has both sides agree that uni-a counts a course in full.
func (w *World) rule(c cast, course string) string {
	made := c.homeRecognition.Does("proposes a rule", "proposeRecognitionRule", map[string]any{
		"homeId": w.Institution("uni-a"), "courseId": course, "ects": "5", "gradeTransfer": "AS_GIVEN", "validFrom": "2027-01-01"})
	c.hostRecognition.Does("agrees", "answerRecognitionRule", map[string]any{"ruleId": id(made), "agree": true})
	return id(made)
}

// enrolled leads Ada to a seat and returns the application and the enrolment.
func (w *World) enrolled(c cast, offering string) (application, enrolment string) {
	app := c.ada.Does("applies", "submitApplication", map[string]any{"offeringId": offering})
	c.homeOffice.Does("nominates her", "nominateApplication", map[string]any{"applicationId": id(app)})
	seat := c.hostOffice.Does("admits her", "admitApplication", map[string]any{"applicationId": id(app)})
	return id(app), at(seat, "enrolment", "id").(string)
}

// passed records a confirmed pass and returns the result.
func (w *World) passed(c cast, enrolment string) string {
	res := c.teacher.Does("records a result", "recordResult", assessment(enrolment))
	c.hostRegistrar.Does("confirms it", "confirmResult", map[string]any{"resultId": id(res)})
	return id(res)
}

func assessment(enrolment string) map[string]any {
	return map[string]any{"enrolmentId": enrolment, "outcome": "PASSED", "grade": "1.7", "scale": "DE_1_5", "achievedOn": "2027-02-10"}
}
