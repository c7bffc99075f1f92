package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importsource"
	"github.com/peregrine-exchange/peregrine/internal/format/oeapi"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Bounds of offerings that are asked for course by course.
const (
	maxAsked     = 20_000 // courses whose offerings one pull asks for
	maxBarren    = 5      // courses in a row without such a collection, after which the source has none
	maxPerCourse = 4      // pages of offerings of one course
)

// enricher puts the offerings of a course, which the Open Education API has in
// a collection below the course, into the course. Readers know them there: it
// is where other servers have them from the start.
type enricher struct {
	fetcher Fetcher
	source  *ent.ImportSource
	asked   int
	barren  int
}

// offered returns a course with its offerings. A course that holds them
// already, or whose source has no such collections, stays as it is.
func (e *enricher) offered(ctx context.Context, course json.RawMessage) (json.RawMessage, error) {
	var known struct {
		ID              string          `json:"courseId"`
		Offerings       json.RawMessage `json:"offerings"`
		CourseOfferings json.RawMessage `json:"courseOfferings"`
	}
	if !e.source.WithOfferings || e.barren >= maxBarren || json.Unmarshal(course, &known) != nil || known.Offerings != nil || known.CourseOfferings != nil {
		return course, nil
	}
	address, ok := e.below(known.ID)
	if !ok {
		return course, nil
	}
	if e.asked++; e.asked > maxAsked {
		return nil, problem.New(problem.Limited, "the source has more than %d courses with offerings of their own", maxAsked)
	}
	found, err := e.collect(ctx, address)
	if p, ok := errors.AsType[*problem.Error](err); ok && absent(p) {
		e.barren++
		return course, nil
	}
	if err != nil {
		return nil, err
	}
	e.barren = 0
	list, err := json.Marshal(found)
	if err != nil {
		return nil, err
	}
	head := bytes.TrimRight(bytes.TrimSuffix(bytes.TrimSpace(course), []byte("}")), " \t\r\n")
	comma := ","
	if bytes.HasSuffix(head, []byte("{")) {
		comma = ""
	}
	return json.RawMessage(string(head) + comma + `"offerings":` + string(list) + "}"), nil
}

// collect reads the pages of a course's offerings.
func (e *enricher) collect(ctx context.Context, address string) ([]json.RawMessage, error) {
	all := []json.RawMessage{}
	for number := 1; ; number++ {
		page, err := readPage(ctx, e.fetcher, address, number)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if !page.HasNextPage || len(page.Items) == 0 {
			return all, nil
		}
		if number == maxPerCourse {
			return nil, problem.New(problem.Limited, "the source has more than %d pages", maxPerCourse)
		}
	}
}

// below is the address of a course's offerings, beside that of the courses and
// with its parameters.
func (e *enricher) below(course string) (address string, ok bool) {
	version := oeapi.V5
	if e.source.Format == importsource.FormatOEAPI_V6 {
		version = oeapi.V6
	}
	courses, err := url.Parse(e.source.URL)
	if err != nil {
		return "", false
	}
	courses.Path = strings.TrimSuffix(courses.Path, "/")
	path, err := oeapi.OfferingsPath(version, course)
	if err != nil || !strings.HasSuffix(courses.Path, "/courses") {
		return "", false
	}
	offerings, err := courses.Parse(path)
	if err != nil {
		return "", false
	}
	offerings.RawQuery = courses.RawQuery
	return offerings.String(), true
}

// absent says whether the server has nothing at an address.
func absent(p *problem.Error) bool {
	switch status, _ := p.Detail().(problem.Status); status {
	case http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	}
	return false
}
