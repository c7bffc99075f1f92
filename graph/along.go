package graph

import (
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/relay"
)

// The lists of the catalogue run along the index that their filter fixes up to
// the id. Of several states at once most rows are wanted, so they run along the
// ids; what a rare filter narrows is left to the database.

func coursesAlong(f *model.CourseFilter) []relay.Index {
	switch {
	case f == nil:
		return []relay.Index{"course_state_id"}
	case f.UpdatedSince != nil:
		return nil
	case len(f.States) > 1 && f.InstitutionID == nil:
		return []relay.Index{relay.ByID}
	case len(f.States) > 1:
		return nil
	case f.InstitutionID != nil:
		return []relay.Index{"course_institution_id_state_id"}
	}
	return []relay.Index{"course_state_id"}
}

func offeringsAlong(f *model.OfferingFilter) []relay.Index {
	var states int
	if f != nil {
		states = len(f.States)
		if f.OpenNow != nil && *f.OpenNow {
			states = 1 // of published ones
		}
	}
	switch {
	case f != nil && f.UpdatedSince != nil:
		return nil
	case f != nil && f.CourseID != nil && states == 1:
		return []relay.Index{"offering_course_id_state_id"}
	case f != nil && (f.CourseID != nil || states != 1 && f.InstitutionID != nil):
		return nil
	case states != 1:
		return []relay.Index{relay.ByID}
	case f.InstitutionID != nil:
		return []relay.Index{"offering_institution_id_state_id"}
	}
	return []relay.Index{"offering_state_id"}
}
