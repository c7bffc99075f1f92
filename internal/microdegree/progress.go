package microdegree

import "github.com/peregrine-exchange/peregrine/internal/vocab"

// GroupProgress is what a learner has earned in one group.
type GroupProgress struct {
	Group   vocab.CompositionGroup
	Earned  vocab.ECTS // may exceed what the group needs
	Missing vocab.ECTS
}

// Progress is how far a learner has come.
type Progress struct {
	Groups   []GroupProgress
	Counted  vocab.ECTS // credits that count: in each group at most what it needs
	Complete bool
}

// Evaluate compares what was earned, by course, with what the groups ask for.
func Evaluate(groups []vocab.CompositionGroup, earned map[string]vocab.ECTS) Progress {
	p := Progress{Complete: true}
	for _, g := range groups {
		progress := GroupProgress{Group: g}
		for _, c := range g.Courses {
			progress.Earned += earned[c]
		}
		progress.Missing = max(0, g.MinECTS-progress.Earned)
		p.Counted += min(progress.Earned, g.MinECTS)
		p.Complete = p.Complete && progress.Missing == 0
		p.Groups = append(p.Groups, progress)
	}
	return p
}
