package microdegree

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/microdegree/rules"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Offered returns the published ones of the courses of a composition, with the
// dates of their next run. It takes three statements.
func Offered(ctx context.Context, db *ent.Client, c vocab.Composition, now time.Time) (map[string]rules.Course, error) {
	var ids []ident.ID
	for _, g := range c.Groups {
		for _, id := range g.Courses {
			ids = append(ids, ident.ID(id))
		}
	}
	courses, err := db.Course.Query().Where(course.IDIn(ids...), course.StateEQ(course.StatePUBLISHED)).All(ctx)
	if err != nil {
		return nil, err
	}
	versions := vocab.Each(courses, func(c *ent.Course) ident.ID { return *c.PublishedVersionID })
	contents, err := db.CourseVersion.Query().Where(courseversion.IDIn(versions...)).All(ctx)
	if err != nil {
		return nil, err
	}
	offered := map[string]rules.Course{}
	for _, v := range contents {
		offered[string(v.CourseID)] = rules.Course{ID: string(v.CourseID), InstitutionID: v.InstitutionID, Title: v.Title, ECTS: v.Ects, EQF: vocab.OrZero(v.Eqf)}
	}
	today := now.UTC().Format(time.DateOnly)
	runs, err := db.Offering.Query().Where(offering.CourseIDIn(ids...), offering.StateEQ(offering.StatePUBLISHED),
		offering.StartsOnGTE(today)).Order(offering.ByStartsOn()).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range runs {
		c, ok := offered[string(o.CourseID)]
		if !ok || !c.StartsAt.IsZero() {
			continue
		}
		c.StartsAt, c.EndsAt = day(o.StartsOn), day(o.EndsOn)
		offered[string(o.CourseID)] = c
	}
	return offered, nil
}

func day(s *string) time.Time {
	t, err := time.Parse(time.DateOnly, vocab.OrZero(s))
	if err != nil {
		return time.Time{}
	}
	return t
}
