package graph

import (
	"context"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/microdegree/rules"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// progress shows what counts towards a micro-degree.
func progress(m *ent.MicroDegree, r *rules.Report) *model.MicroDegreeProgress {
	out := &model.MicroDegreeProgress{Complete: r.Complete, Counted: r.Counted, Explain: &r.Explain, Groups: []*model.GroupProgress{}}
	for i, g := range m.Composition.Groups {
		p := &model.GroupProgress{Key: g.Key}
		for _, rule := range r.Explain.Children[i].Children {
			if rule.Rule == rules.MinECTS {
				p.Earned, p.Missing = vocab.ECTS(rule.Have), vocab.ECTS(max(0, rule.Need-rule.Have))
			}
		}
		out.Groups = append(out.Groups, p)
	}
	return out
}

// planned shows how to finish a micro-degree.
func (r *Resolver) planned(ctx context.Context, p *rules.Planned) (*model.MicroDegreePlan, error) {
	out := &model.MicroDegreePlan{Complete: p.Report.Complete, Explain: &p.Report.Explain, Exhaustive: p.Exhaustive,
		Missing: []*rules.Node{}, Paths: []*model.PlanPath{}}
	for i := range p.Missing {
		out.Missing = append(out.Missing, &p.Missing[i])
	}
	var lists [][]string
	for _, path := range p.Paths {
		lists = append(lists, each(path.Courses, func(c rules.Course) string { return c.ID }))
	}
	courses, err := r.coursesOf(ctx, lists)
	if err != nil {
		return nil, err
	}
	for i, path := range p.Paths {
		way := &model.PlanPath{Courses: courses[i], Ects: path.ECTS}
		if !path.EndsAt.IsZero() {
			way.EndsOn = new(path.EndsAt.Format("2006-01-02"))
		}
		if !path.Until.IsZero() {
			way.Until = &path.Until
		}
		out.Paths = append(out.Paths, way)
	}
	return out, nil
}

// coursesOf loads lists of courses with one statement, each in its order;
// those that the viewer does not see are left out.
func (r *Resolver) coursesOf(ctx context.Context, lists [][]string) ([][]*ent.Course, error) {
	var all []ident.ID
	for _, list := range lists {
		for _, id := range list {
			all = append(all, ident.ID(id))
		}
	}
	byID := map[ident.ID]*ent.Course{}
	if len(all) > 0 {
		found, err := r.courses()(ctx, all)
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			byID[c.ID] = c
		}
	}
	out := make([][]*ent.Course, len(lists))
	for i, list := range lists {
		out[i] = []*ent.Course{}
		for _, id := range list {
			if c := byID[ident.ID(id)]; c != nil {
				out[i] = append(out[i], c)
			}
		}
	}
	return out, nil
}

// amount is a number of a rule in its unit: credits are kept in hundredths.
func amount(n int, unit rules.Unit) float64 {
	if unit == rules.Hundredths {
		return vocab.ECTS(n).Float()
	}
	return float64(n)
}

// subjects are the courses that a rule is about.
func subjects(n *rules.Node) []string {
	if n.Rule != rules.Sequence {
		return nil
	}
	return []string{n.Before, n.Subject}
}

// groupOf is the group that a rule is about.
func groupOf(n *rules.Node) *string {
	if n.Subject == "" || n.Rule == rules.Sequence {
		return nil
	}
	return &n.Subject
}

// issuesOf lists the problems of something that is to be published: what keeps
// it from being, or what is unusual.
func issuesOf(ctx context.Context, found error, blocking bool) []*model.PublicationIssue {
	issues := []*model.PublicationIssue{}
	for _, p := range problem.All(found) {
		field := ""
		if len(p.Field) > 0 {
			field = p.Field[len(p.Field)-1]
		}
		issues = append(issues, &model.PublicationIssue{Field: field, Message: p.In(languageOf(ctx)), Blocking: blocking})
	}
	return issues
}
