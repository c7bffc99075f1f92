package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
)

// drawTTL is how long a record of a draw is kept by others: not long, as it is
// waited for.
const drawTTL = time.Minute

// draw shows the draw of an offering to everybody: a page, or with .json behind
// the address the record that others verify.
func (s *site) draw(w http.ResponseWriter, r *http.Request) {
	name, file := strings.CutSuffix(r.PathValue("id"), ".json")
	id, _ := ident.Parse(name)
	record, err := s.Journeys.Draw(r.Context(), id)
	if file {
		document, fault := json.Marshal(record)
		if err == nil {
			err = fault
		}
		s.publish(w, r, "application/json", drawTTL, document, err)
		return
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page := pages.DrawPage{Chrome: s.chrome(r), Record: record, Checks: record.Verify(), Shown: record.Order[:min(len(record.Order), pages.MaxTickets)]}
	o, err := s.Journeys.Offering(r.Context(), id)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	found, err := s.Discovery.Course(r.Context(), o.CourseID)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page.Course, page.Title, page.Provider = "/courses/"+string(o.CourseID), found.Version.Title, found.Provider.Name
	page.CalledOff, page.DrawsAt, page.Zone, page.Seats = o.State == offering.StateCANCELLED, o.DrawsAt, o.Zone, o.Seats
	s.pages.Show(w, r, page)
}
