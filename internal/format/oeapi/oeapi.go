// Package oeapi reads and writes courses as the Open Education API has them:
// OOAPI version 5 and OEAPI version 6, which renamed and retyped half of it.
//
// A pull reads the pages of Courses and, for each course, those of Offerings.
// A page says by Page.HasNext whether there is another; the importer counts the
// pages itself and stops at one without rows, because a broken server may
// promise a next page for ever. It bounds the bytes of each answer by the
// reader it passes in, whose error must be a problem (see package intake).
//
// What stands in a document and has no place here is Lost, by its path there.
// A value becomes a problem when leaving it out or guessing would say something
// false: a malformed number, date or amount, a currency or language that does
// not exist. These are Lost instead, because what is left is true:
//
//   - values of enumerations without a counterpart here or unknown to us, as
//     the enumerations are extensible: levels such as "undivided", modes such
//     as "distance-learning" or "coil", study load in contact hours
//   - several modes of delivery at once, which name no single one of ours
//   - fields of study that are not of ISCED-F 2013, for the format allows other
//     classifications; of a longer national code the first four digits count
//
// Sources: openonderwijsapi.nl, release 5.0 and tag v6.0.
package oeapi

import (
	"net/url"
	"strconv"

	"github.com/peregrine-exchange/peregrine/internal/format/intake"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Version is a version of the API.
type Version int

// The versions.
const (
	V5 Version = 5
	V6 Version = 6
)

// pageSize is the largest page that both versions allow.
const pageSize = 250

// CoursesPath is the path and query of a page of courses below a server's
// address, such as "courses?pageNumber=1&pageSize=250". Pages count from 1.
func CoursesPath(page int) string { return "courses" + query(page) }

// OfferingsPath is that of a page of a course's offerings. courseID is the
// course's ExternalID; it returns an INVALID problem for one that is no segment
// of a path.
func OfferingsPath(v Version, courseID string, page int) (string, error) {
	if courseID == "" || courseID == "." || courseID == ".." {
		return "", problem.New(problem.Invalid, "%q is not an identifier of a course", vocab.Clean(40, courseID)).At("courseId")
	}
	last := "/offerings"
	if v == V6 {
		last = "/course-offerings"
	}
	return "courses/" + url.PathEscape(courseID) + last + query(page), nil
}

func query(page int) string {
	return "?" + url.Values{"pageNumber": {strconv.Itoa(page)}, "pageSize": {strconv.Itoa(pageSize)}}.Encode()
}

// Page is what a document says about itself. It is complete when its rows have
// ended; of a document that is no page it stays zero.
type Page struct {
	Number  int
	Size    int
	Total   int // pages in all, 0 when the source does not say
	HasNext bool
}

// read fills the page from the members beside the items. What is malformed
// there stays zero, so that a bad count refuses no courses.
func (p *Page) read(members intake.Members) {
	if p == nil {
		return
	}
	var rec intake.Record
	o := rec.Object(members)
	whole := func(name string) int {
		n, ok := o.Number(name)
		if !ok {
			return 0
		}
		return rec.Whole(n, 0, 1<<31-1, name)
	}
	*p = Page{Number: whole("pageNumber"), Size: whole("pageSize"), Total: whole("totalPages"), HasNext: o.Bool("hasNextPage")}
}
