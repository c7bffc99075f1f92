package graph

import (
	"context"
	"slices"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/plan"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/task"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// The fields of work lists that plans know, by type. A list is read from the
// database, and what stands beside its rows at once for all of them, before the
// first of them is written; courses and institutions come from the read model.

// listed is an application in a list.
type listed struct {
	*ent.Application
	list *besides
}

// besides is what stands beside the applications of a list.
type besides struct {
	learners map[ident.ID]*ent.Person
	said     map[string]map[ident.ID]*string // what is known of a learner, by the name of the field
	ranks    map[ident.ID]*int               // on the waitlist, by application
}

// besidesOf reads what a selection asks of applications beside their rows.
func (r *Resolver) besidesOf(ctx context.Context, apps []*ent.Application, asked map[string]bool) (*besides, error) {
	b := &besides{learners: map[ident.ID]*ent.Person{}, said: map[string]map[ident.ID]*string{}, ranks: map[ident.ID]*int{}}
	if asked["waitlistRank"] {
		ranks, err := r.Journeys.Ranks(ctx, apps)
		if err != nil {
			return nil, err
		}
		for i, a := range apps {
			b.ranks[a.ID] = ranks[i]
		}
	}
	if !asked["learner"] {
		return b, nil
	}
	found, err := follow(ctx, apps, func(a *ent.Application) ident.ID { return a.LearnerID }, r.people())
	if err != nil {
		return nil, err
	}
	var people []*ent.Person
	for _, p := range found {
		if p != nil && b.learners[p.ID] == nil {
			b.learners[p.ID] = p
			people = append(people, p)
		}
	}
	var sights []*privacy.Sight
	for name, field := range profile {
		if !asked[name] {
			continue
		}
		if sights == nil {
			if sights, err = r.sights(ctx, people); err != nil {
				return nil, err
			}
		}
		values, err := field.read(ctx, sights)
		if err != nil {
			return nil, err
		}
		b.said[name] = map[ident.ID]*string{}
		for i, p := range people {
			b.said[name][p.ID] = values[i]
		}
	}
	return b, nil
}

// named collects the names of all fields that are selected anywhere below.
func named(set ast.SelectionSet, all map[string]bool) map[string]bool {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			all[s.Name] = true
			named(s.SelectionSet, all)
		case *ast.InlineFragment:
			named(s.SelectionSet, all)
		case *ast.FragmentSpread:
			named(s.Definition.SelectionSet, all)
		}
	}
	return all
}

// own lists the names of the fields that a selection selects itself.
func own(set ast.SelectionSet) (all []string) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			all = append(all, s.Name)
		case *ast.InlineFragment:
			all = append(all, own(s.SelectionSet)...)
		case *ast.FragmentSpread:
			all = append(all, own(s.Definition.SelectionSet)...)
		}
	}
	return all
}

type listArguments struct {
	First, Last   *int
	After, Before *string
}

func (a listArguments) page() relay.Page { return relay.Page(a) }

// applicationList is a page of applications with what stands beside them.
type applicationList struct {
	*relay.Connection[*ent.Application]
	list *besides
}

func planApplications(f *ast.Field) root {
	inner := plan.Object("ApplicationConnection", applicationConnectionFields(), f.SelectionSet)
	if inner == nil {
		return nil
	}
	asked := named(f.SelectionSet, map[string]bool{})
	read := plan.Arguments[struct {
		listArguments
		Filter *model.ApplicationFilter
	}, *Resolver](f)
	return func(p *pass, b []byte) ([]byte, error) {
		in, err := read(p)
		if err != nil {
			return nil, err
		}
		found, err := relay.List(p.Ctx, applicationsFor(p.Ctx, p.Env.DB.Application.Query().Where(applicationsLike(in.Filter)...)), in.page(), relay.NewestFirst)
		if err != nil {
			return nil, err
		}
		list, err := p.Env.besidesOf(p.Ctx, found.Nodes, asked)
		if err != nil {
			return nil, err
		}
		return inner(p, &applicationList{found, list}, b)
	}
}

func applicationConnectionFields() table[*applicationList] {
	type connection = *applicationList
	return table[connection]{
		"nodes": plan.Lists("Application", applicationFields, func(_ *pass, c connection) []listed {
			return each(c.Nodes, func(a *ent.Application) listed { return listed{a, c.list} })
		}),
		"pageInfo": plan.Nested("PageInfo", pageInfoFields, func(_ *pass, c connection) (*relay.PageInfo, error) { return &c.PageInfo, nil }),
		"totalCount": func(*ast.Field) emit[connection] {
			return func(p *pass, c connection, b []byte) ([]byte, error) {
				n, err := c.TotalCount(p.Ctx)
				return plan.Int(b, n), err
			}
		},
	}
}

// instant writes a moment as gqlgen's DateTime does.
func instant(b []byte, t time.Time) []byte { return plan.Text(b, t.Format(time.RFC3339Nano)) }

func applicationFields() table[listed] {
	institution := func(of func(listed) ident.ID) plan.Maker[*Resolver, listed] {
		return plan.Nested("Institution", institutionFields, func(p *pass, a listed) (**ent.Institution, error) { return needed(p.Env.Discovery.Institution(of(a))) })
	}
	return table[listed]{
		"id":           plan.Plain(func(_ *pass, a listed) ident.ID { return a.ID }, plan.Text[ident.ID]),
		"state":        plan.Plain(func(_ *pass, a listed) string { return string(a.State) }, plan.Text[string]),
		"version":      plan.Plain(func(_ *pass, a listed) int { return a.Version }, plan.Int),
		"preference":   plan.Plain(func(_ *pass, a listed) *int { return a.Preference }, plan.MaybeNull(plan.Int)),
		"waitlistRank": plan.Plain(func(_ *pass, a listed) *int { return a.list.ranks[a.ID] }, plan.MaybeNull(plan.Int)),
		"reasonCode":   plan.Plain(func(_ *pass, a listed) *vocab.DecisionReason { return a.ReasonCode }, plan.MaybeNull(plan.Text[vocab.DecisionReason])),
		"dueAt":        plan.Plain(func(_ *pass, a listed) *time.Time { return a.DueAt }, plan.MaybeNull(instant)),
		"submittedAt":  plan.Plain(func(_ *pass, a listed) time.Time { return a.SubmittedAt }, instant),
		"nominatedAt":  plan.Plain(func(_ *pass, a listed) *time.Time { return a.NominatedAt }, plan.MaybeNull(instant)),
		"decidedAt":    plan.Plain(func(_ *pass, a listed) *time.Time { return a.DecidedAt }, plan.MaybeNull(instant)),
		"home":         institution(func(a listed) ident.ID { return a.HomeID }),
		"host":         institution(func(a listed) ident.ID { return a.HostID }),
		"learner": plan.Nested("Person", personFields, func(_ *pass, a listed) (*listedPerson, error) {
			if a.list.learners[a.LearnerID] == nil {
				return nil, nil
			}
			return &listedPerson{a.LearnerID, a.list}, nil
		}),
		"offering": func(f *ast.Field) emit[listed] {
			whole := slices.ContainsFunc(own(f.SelectionSet), func(name string) bool { return wholeOffering()[name] })
			return plan.Nested("Offering", offeringOfListFields, func(p *pass, a listed) (**ent.Offering, error) {
				o := p.Env.Discovery.Offering(a.OfferingID)
				if o == nil || whole && slices.Contains(viewer.From(p.Ctx).StaffAt(), o.InstitutionID) {
					return nil, plan.ErrNone
				}
				return &o, nil
			})(f)
		},
	}
}

// listedPerson is a learner in a list.
type listedPerson struct {
	id   ident.ID
	list *besides
}

func personFields() table[listedPerson] {
	all := table[listedPerson]{"id": plan.Plain(func(_ *pass, o listedPerson) ident.ID { return o.id }, plan.Text[ident.ID])}
	for name := range profile {
		all[name] = plan.Plain(func(_ *pass, o listedPerson) *string { return o.list.said[name][o.id] }, plan.MaybeNull(plan.Text[string]))
	}
	return all
}

// offeringOfListFields are those of an offering in the read model, with what it is of.
func offeringOfListFields() table[*ent.Offering] {
	all := offeringFields()
	all["course"] = plan.Nested("Course", courseFields, func(p *pass, o *ent.Offering) (**ent.Course, error) {
		e := p.Env.Discovery.Entry(o.CourseID)
		if e == nil {
			return nil, plan.ErrNone
		}
		return &e.Course, nil
	})
	all["version"] = plan.Nested("CourseVersion", versionFields, func(p *pass, o *ent.Offering) (**ent.CourseVersion, error) {
		return needed(p.Env.versionOnShelf(o.CourseID, o.VersionID))
	})
	all["institution"] = plan.Nested("Institution", institutionFields, func(p *pass, o *ent.Offering) (**ent.Institution, error) {
		return needed(p.Env.Discovery.Institution(o.InstitutionID))
	})
	return all
}

func planViewer(f *ast.Field) root {
	inner := plan.Object("Viewer", viewerFields(), f.SelectionSet)
	if inner == nil || len(f.Arguments) > 0 {
		return nil
	}
	return func(p *pass, b []byte) ([]byte, error) { return inner(p, viewer.From(p.Ctx), b) }
}

func viewerFields() table[*viewer.Viewer] {
	return table[*viewer.Viewer]{
		"kind":  plan.Plain(func(_ *pass, v *viewer.Viewer) viewer.Kind { return v.Kind }, plan.Text[viewer.Kind]),
		"tasks": planTasks,
		"taskCounts": func(f *ast.Field) emit[*viewer.Viewer] {
			inner := plan.Object("TaskCount", taskCountFields(), f.SelectionSet)
			if inner == nil {
				return nil
			}
			read := plan.Arguments[struct{ Filter *task.Filter }, *Resolver](f)
			return func(p *pass, _ *viewer.Viewer, b []byte) ([]byte, error) {
				in, err := read(p)
				if err != nil {
					return nil, err
				}
				all, err := p.Env.Tasks.Counts(p.Ctx, vocab.OrZero(in.Filter))
				if err != nil {
					return nil, err
				}
				return plan.List(p, all, inner, b)
			}
		},
	}
}

func taskCountFields() table[*task.Count] {
	return table[*task.Count]{
		"kind":    plan.Plain(func(_ *pass, c *task.Count) task.Kind { return c.Kind }, plan.Text[task.Kind]),
		"count":   plan.Plain(func(_ *pass, c *task.Count) int { return c.Count }, plan.Int),
		"overdue": plan.Plain(func(_ *pass, c *task.Count) int { return c.Overdue }, plan.Int),
	}
}

// taskList is a page of tasks with the applications that they are about.
type taskList struct {
	*relay.Connection[*task.Task]
	apps map[ident.ID]listed
}

// listedTask is a task in a list.
type listedTask struct {
	*task.Task
	list *taskList
}

func planTasks(f *ast.Field) emit[*viewer.Viewer] {
	inner := plan.Object("TaskConnection", taskConnectionFields(), f.SelectionSet)
	if inner == nil {
		return nil
	}
	asked := named(f.SelectionSet, map[string]bool{})
	read := plan.Arguments[struct {
		listArguments
		Filter *task.Filter
	}, *Resolver](f)
	return func(p *pass, _ *viewer.Viewer, b []byte) ([]byte, error) {
		in, err := read(p)
		if err != nil {
			return nil, err
		}
		found, err := p.Env.Tasks.List(p.Ctx, vocab.OrZero(in.Filter), in.page())
		if err != nil {
			return nil, err
		}
		list := &taskList{found, map[ident.ID]listed{}}
		if asked["application"] {
			apps, err := about(p.Ctx, found.Nodes, ident.Application, p.Env.applications)
			if err != nil {
				return nil, err
			}
			apps = slices.DeleteFunc(apps, func(a *ent.Application) bool { return a == nil })
			beside, err := p.Env.besidesOf(p.Ctx, apps, asked)
			if err != nil {
				return nil, err
			}
			for _, a := range apps {
				list.apps[a.ID] = listed{a, beside}
			}
		}
		return inner(p, list, b)
	}
}

func taskConnectionFields() table[*taskList] {
	type connection = *taskList
	return table[connection]{
		"nodes": plan.Lists("Task", taskFields, func(_ *pass, c connection) []listedTask {
			return each(c.Nodes, func(t *task.Task) listedTask { return listedTask{t, c} })
		}),
		"pageInfo": plan.Nested("PageInfo", pageInfoFields, func(_ *pass, c connection) (*relay.PageInfo, error) { return &c.PageInfo, nil }),
		"totalCount": func(*ast.Field) emit[connection] {
			return func(p *pass, c connection, b []byte) ([]byte, error) {
				n, err := c.TotalCount(p.Ctx)
				return plan.Int(b, n), err
			}
		},
	}
}

func taskFields() table[listedTask] {
	all := table[listedTask]{
		"kind":    plan.Plain(func(_ *pass, t listedTask) task.Kind { return t.Kind }, plan.Text[task.Kind]),
		"dueAt":   plan.Plain(func(_ *pass, t listedTask) *time.Time { return t.Due }, plan.MaybeNull(instant)),
		"overdue": plan.Plain(func(_ *pass, t listedTask) bool { return t.Overdue }, plan.Bool),
		"institution": plan.Nested("Institution", institutionFields, func(p *pass, t listedTask) (**ent.Institution, error) {
			if t.At == "" {
				return nil, nil
			}
			return needed(p.Env.Discovery.Institution(t.At))
		}),
		"application": plan.Nested("Application", applicationFields, func(_ *pass, t listedTask) (*listed, error) {
			a, ok := t.list.apps[t.About]
			if !ok {
				return nil, nil
			}
			return &a, nil
		}),
	}
	return all
}
