package web

import (
	"net/http"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
	"github.com/peregrine-exchange/peregrine/internal/format/schemaorg"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/journey/eligible"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
)

// What stands at the addresses that signed credentials name. They are signed for
// good, so they answer for good: a course also once it is withdrawn.

// course shows a course: a page to people, schema.org to machines.
func (s *site) course(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept")
	id, _ := ident.Parse(r.PathValue("id"))
	record, err := s.Discovery.Course(r.Context(), id)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if wantsPage(r) {
		s.pages.Show(w, r, coursePage(s.chrome(r), record, s.Now()))
		return
	}
	document, err := schemaorg.One(exchange.Listing(record, s.BaseURL))
	s.publish(w, r, "application/ld+json", documentTTL, document, err)
}

func coursePage(chrome pages.Chrome, record discovery.Record, now time.Time) pages.CoursePage {
	c, v, p := record.Course, record.Version, record.Provider
	page := pages.CoursePage{
		Chrome: chrome, Withdrawn: c.State == course.StateWITHDRAWN, Code: c.Code, Issuer: "/issuers/" + string(p.ID),
		Course:  courseOf(record),
		Version: v.Number, PublishedAt: v.PublishedAt, Description: v.Description, Outcomes: v.Outcomes, Hours: v.Hours,
		ISCED: vocab.OrZero(v.Isced), Languages: v.Languages, Assessments: v.Assessments, AssessmentNote: v.AssessmentNote,
		Supervision: vocab.OrZero(v.Supervision), Prerequisites: v.Prerequisites, URL: vocab.OrZero(v.URL),
	}
	if page.Withdrawn {
		return page // nobody applies for its offerings any more
	}
	for _, o := range record.Offerings {
		page.Offerings = append(page.Offerings, pages.CourseOffering{
			Stage: stageOf(o, c, now), OnDemand: o.Schedule == offering.ScheduleON_DEMAND, StartsOn: vocab.OrZero(o.StartsOn), EndsOn: vocab.OrZero(o.EndsOn),
			OpensAt: o.OpensAt, ClosesAt: o.ClosesAt, Windows: o.Windows, Zone: o.Zone, Language: o.Language, Mode: o.Mode, Place: o.Place, Draw: drawOf(o),
		})
	}
	return page
}

// drawOf is the path of the page of an offering's draw, if it has one.
func drawOf(o *ent.Offering) string {
	if o.DrawsAt == nil {
		return ""
	}
	return "/draws/" + string(o.ID)
}

// courseOf is what every page that names a course shows of it.
func courseOf(record discovery.Record) pages.Course {
	c, v, p := record.Course, record.Version, record.Provider
	return pages.Course{
		Kind: vocab.CredentialKind(c.Kind), Title: v.Title, Summary: v.Summary, Provider: p.Name, Country: p.Country,
		ECTS: v.Ects, EQF: vocab.OrZero(v.Eqf), Mode: vocab.OrZero(v.Mode), Groups: v.TargetGroups,
	}
}

// stageOf says whether people may apply for an offering: anybody, of whatever
// audience.
func stageOf(o *ent.Offering, c *ent.Course, now time.Time) pages.Stage {
	audiences := []vocab.TargetGroup{""}
	for _, w := range o.Windows {
		audiences = append(audiences, w.Audience)
	}
	for _, reason := range eligible.Standing(eligible.Facts{Offering: o, Course: c, Active: true, Now: now, Audiences: audiences}) {
		switch reason.Code {
		case eligible.NotPublished:
			return pages.CalledOff
		case eligible.PastDeadline:
			return pages.Closed
		case eligible.NotYetOpen:
			return pages.ToOpen
		}
	}
	return pages.Open
}

// credential tells people who come by the identifier of a credential how one is
// verified. It says nothing of what this one states.
func (s *site) credential(w http.ResponseWriter, r *http.Request) {
	id, _ := ident.Parse(r.PathValue("id"))
	if err := s.Credentials.Known(r.Context(), id); err != nil {
		s.fail(w, r, err)
		return
	}
	s.pages.Show(w, r, pages.CredentialPage{Chrome: s.chrome(r)})
}
