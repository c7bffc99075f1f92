package discovery

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/internal/ident"
)

// Newest returns courses that were published lately, at most n of them and one
// of each provider, without their offerings. It reads with the rights of ctx.
func (s *Service) Newest(ctx context.Context, n int) ([]Record, error) {
	versions, err := s.DB.CourseVersion.Query().Where(courseversion.StateEQ(courseversion.StatePUBLISHED)).
		WithCourse().WithInstitution().Order(courseversion.ByID(sql.OrderDesc())).Limit(n * 4).All(ctx)
	if err != nil {
		return nil, err
	}
	var all []Record
	seen := map[ident.ID]bool{}
	for _, v := range versions {
		c := v.Edges.Course
		if c == nil || c.State != course.StatePUBLISHED || seen[v.InstitutionID] || len(all) == n {
			continue
		}
		seen[v.InstitutionID] = true
		all = append(all, Record{Course: c, Version: v, Provider: v.Edges.Institution})
	}
	return all, nil
}
