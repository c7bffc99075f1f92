package discovery

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
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

// Record is a course of the catalogue with its published content in full.
type Record struct {
	Course    *ent.Course
	Version   *ent.CourseVersion
	Provider  *ent.Institution
	Offerings []*ent.Offering // published and called off, newest first
}

// entry is what the read model keeps of a Record.
func (r Record) entry(now time.Time) *Entry {
	n := min(keep, len(r.Offerings))
	e := &Entry{Course: r.Course, Version: r.Version, Offerings: r.Offerings[:n], All: n == len(r.Offerings)}
	for _, o := range r.Offerings[n:] {
		if o.State == offering.StatePUBLISHED && !over(o, now) && len(e.older) < keepOlder {
			e.older = append(e.older, o)
		}
	}
	return e
}

// over says whether nobody can apply for an offering any more.
func over(o *ent.Offering, now time.Time) bool {
	closed := func(t *time.Time) bool { return t != nil && !now.Before(*t) }
	return closed(o.ClosesAt) && !slices.ContainsFunc(o.Windows, func(w vocab.Window) bool { return !closed(w.ClosesAt) })
}

// Records reads the whole catalogue from the database, batch by batch, with
// long texts: for exports. An institution narrows it to its own courses.
func (s *Service) Records(ctx context.Context, institution *ident.ID) iter.Seq2[Record, error] {
	ctx = viewer.AsSystem(ctx) // what the catalogue lists is public
	return func(yield func(Record, error) bool) {
		m, err := s.members(ctx)
		if err != nil {
			yield(Record{}, err)
			return
		}
		for last := ident.ID(""); ; {
			records, err := s.next(ctx, last, false, batch, institution)
			if err != nil {
				yield(Record{}, err)
				return
			}
			for _, r := range records {
				last = r.Course.ID
				if r.Provider = m.institutions[r.Course.InstitutionID]; m.listed(r.Course.InstitutionID) && !yield(r, nil) {
					return
				}
			}
			if len(records) < batch {
				return
			}
		}
	}
}

// Course reads a course that is published, or was, with its content as last
// published: what anybody may see of it, whoever its provider is by now. Of its
// offerings those are given by which it is found.
func (s *Service) Course(ctx context.Context, id ident.ID) (Record, error) {
	ctx = viewer.AsSystem(ctx)
	c, err := s.DB.Course.Query().Where(course.ID(id), course.PublishedVersionIDNotNil()).WithInstitution().Only(ctx)
	if err != nil {
		return Record{}, storage.Found(err, "course")
	}
	records, err := s.complete(ctx, []*ent.Course{c})
	if err != nil {
		return Record{}, err
	}
	if len(records) == 0 {
		return Record{}, problem.Missing("course")
	}
	r := records[0]
	r.Provider = c.Edges.Institution
	r.Offerings = r.entry(s.Now()).OnOffer()
	return r, nil
}

// some reads the published ones of the courses, with three statements.
func (s *Service) some(ctx context.Context, ids []ident.ID) ([]Record, error) {
	courses, err := s.DB.Course.Query().Where(course.IDIn(ids...), course.StateEQ(course.StatePUBLISHED)).Order(course.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	return s.complete(ctx, courses)
}

// next reads published courses behind an id, in the order of their making or
// against it.
func (s *Service) next(ctx context.Context, after ident.ID, newestFirst bool, limit int, institution *ident.ID) ([]Record, error) {
	q := s.DB.Course.Query().Where(course.StateEQ(course.StatePUBLISHED)).Limit(limit)
	if institution != nil {
		q.Where(course.InstitutionID(*institution))
	}
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

func (s *Service) complete(ctx context.Context, courses []*ent.Course) ([]Record, error) {
	records := make([]Record, len(courses))
	at := map[ident.ID]int{}
	var ids, versionIDs []ident.ID
	for i, c := range courses {
		records[i].Course = c
		at[c.ID] = i
		ids = append(ids, c.ID)
		versionIDs = append(versionIDs, *c.PublishedVersionID)
	}
	versions, err := s.DB.CourseVersion.Query().Where(courseversion.IDIn(versionIDs...)).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		records[at[v.CourseID]].Version = v
	}
	offerings, err := s.DB.Offering.Query().Where(offering.CourseIDIn(ids...), offering.StateIn(offering.StatePUBLISHED, offering.StateCANCELLED)).
		Order(ent.Desc(offering.FieldID)).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range offerings {
		r := &records[at[o.CourseID]]
		r.Offerings = append(r.Offerings, o)
	}
	return slices.DeleteFunc(records, func(r Record) bool { return r.Version == nil }), nil
}
