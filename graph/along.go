package graph

import (
	"github.com/peregrine-exchange/peregrine/ent/schema"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/relay"
)

// The lists of the catalogue run along the index that their filter fixes up to
// the id. Of several states at once most rows are wanted, so they run along the
// ids; what a rare filter narrows is left to the database.

func coursesAlong(f *model.CourseFilter) []relay.Index {
	if f == nil {
		f = &model.CourseFilter{}
	}
	one := len(f.States) < 2 // of published ones unless given
	switch {
	case f.UpdatedSince != nil:
		return nil
	case one && f.InstitutionID != nil:
		return []relay.Index{schema.CoursesByInstitution}
	case one:
		return []relay.Index{schema.CoursesByState}
	case f.InstitutionID != nil:
		return nil
	}
	return []relay.Index{relay.ByID}
}

func offeringsAlong(f *model.OfferingFilter) []relay.Index {
	if f == nil {
		f = &model.OfferingFilter{}
	}
	one := len(f.States) == 1 || f.OpenNow != nil && *f.OpenNow // which are published
	switch {
	case f.UpdatedSince != nil:
		return nil
	case one && f.CourseID != nil:
		return []relay.Index{schema.OfferingsByCourse}
	case one && f.InstitutionID != nil:
		return []relay.Index{schema.OfferingsByInstitution}
	case one:
		return []relay.Index{schema.OfferingsByState}
	case f.CourseID != nil || f.InstitutionID != nil:
		return nil
	}
	return []relay.Index{relay.ByID}
}
