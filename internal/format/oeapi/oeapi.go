// Package oeapi reads and writes courses as the Open Education API has them:
// OOAPI version 5 and OEAPI version 6, which renamed and retyped half of it.
//
// Whoever pulls puts the pages of Courses together to one document, and into
// each course those of its Offerings. The bytes of a document are bounded by the
// reader that is passed in, whose error must be a problem (see package intake).
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

// OfferingsPath is the path of a course's offerings below a server's address,
// such as "courses/1/offerings". courseID is the course's ExternalID; it returns
// an INVALID problem for one that is no segment of a path.
func OfferingsPath(v Version, courseID string) (string, error) {
	if courseID == "" || courseID == "." || courseID == ".." {
		return "", problem.New(problem.Invalid, "%q is not an identifier of a course", vocab.Clean(40, courseID)).At("courseId")
	}
	last := "/offerings"
	if v == V6 {
		last = "/course-offerings"
	}
	return "courses/" + url.PathEscape(courseID) + last, nil
}
