package discovery

import (
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// members are the institutions and what the catalogue needs to know of them.
// They are few, so that all are read whenever one changes.
type members struct {
	institutions map[ident.ID]*ent.Institution
	alliances    map[ident.ID][]string // short names of the alliances in which an institution is active
}

func (s *Service) members(ctx context.Context) (*members, error) {
	m := &members{institutions: map[ident.ID]*ent.Institution{}, alliances: map[ident.ID][]string{}}
	institutions, err := s.DB.Institution.Query().All(ctx)
	if err != nil {
		return nil, err
	}
	for _, i := range institutions {
		m.institutions[i.ID] = i
	}
	alliances, err := s.DB.Alliance.Query().All(ctx)
	if err != nil {
		return nil, err
	}
	slugs := map[ident.ID]string{}
	for _, a := range alliances {
		slugs[a.ID] = a.Slug
	}
	active, err := s.DB.Membership.Query().Where(membership.StateEQ(membership.StateACTIVE)).Order(membership.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range active {
		m.alliances[a.InstitutionID] = append(m.alliances[a.InstitutionID], slugs[a.AllianceID])
	}
	return m, nil
}

// listed says whether the courses of an institution stand in the catalogue.
func (m *members) listed(institution ident.ID) bool { return len(m.alliances[institution]) > 0 }

// record is a course with its published content in full.
type record struct {
	course    *ent.Course
	version   *ent.CourseVersion
	offerings []*ent.Offering
}

// entry is what the read model keeps of a record.
func (r record) entry() *Entry {
	n := min(keep, len(r.offerings))
	return &Entry{Course: r.course, Version: r.version, Offerings: r.offerings[:n], All: n == len(r.offerings)}
}

// some reads the published ones of the courses, with three statements.
func (s *Service) some(ctx context.Context, ids []ident.ID) ([]record, error) {
	courses, err := s.DB.Course.Query().Where(course.IDIn(ids...), course.StateEQ(course.StatePUBLISHED)).Order(course.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	return s.complete(ctx, courses)
}

// next reads published courses behind an id, in the order of their making or
// against it.
func (s *Service) next(ctx context.Context, after ident.ID, newestFirst bool, limit int) ([]record, error) {
	q := s.DB.Course.Query().Where(course.StateEQ(course.StatePUBLISHED)).Limit(limit)
	switch {
	case newestFirst && after != "":
		q.Where(course.IDLT(after))
	case !newestFirst:
		q.Where(course.IDGT(after))
	}
	if newestFirst {
		q.Order(ent.Desc(course.FieldID))
	} else {
		q.Order(course.ByID())
	}
	courses, err := q.All(ctx)
	if err != nil {
		return nil, err
	}
	return s.complete(ctx, courses)
}

func (s *Service) complete(ctx context.Context, courses []*ent.Course) ([]record, error) {
	records := make([]record, len(courses))
	at := map[ident.ID]int{}
	var ids, versionIDs []ident.ID
	for i, c := range courses {
		records[i].course = c
		at[c.ID] = i
		ids = append(ids, c.ID)
		versionIDs = append(versionIDs, *c.PublishedVersionID)
	}
	versions, err := s.DB.CourseVersion.Query().Where(courseversion.IDIn(versionIDs...)).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		records[at[v.CourseID]].version = v
	}
	offerings, err := s.DB.Offering.Query().Where(offering.CourseIDIn(ids...), offering.StateIn(offering.StatePUBLISHED, offering.StateCANCELLED)).
		Order(ent.Desc(offering.FieldID)).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range offerings {
		r := &records[at[o.CourseID]]
		r.offerings = append(r.offerings, o)
	}
	return slices.DeleteFunc(records, func(r record) bool { return r.version == nil }), nil
}
