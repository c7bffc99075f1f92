package exchange

import (
	"strings"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/importfinding"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// told says whether a row is worth a finding, when so many are kept already:
// one that was refused or is incomplete until there are too many, and one of
// which something else is to be said for the first few. What a source says
// again without a change was told before.
func told(r catalogue.Imported, kept int) bool {
	switch {
	case kept >= maxFindings:
		return false
	case len(r.Problems) > 0 || len(r.Incomplete) > 0:
		return true
	}
	return len(r.Notes) > 0 && r.Outcome != catalogue.ImportUnchanged && kept < maxNoted
}

// finding is what a run says of a row, in all languages of the messages.
func finding(tx *ent.Tx, run ident.ID, l line, r catalogue.Imported) *ent.ImportFindingCreate {
	all := []vocab.Finding{}
	add := func(ps []*problem.Error, blocking bool) {
		for _, p := range ps {
			f := vocab.Finding{Field: strings.Join(p.Field, "."), Message: vocab.Text{}, Blocking: blocking}
			for _, tag := range lang.Languages {
				f.Message[tag.String()] = p.In(tag)
			}
			all = append(all, f)
		}
	}
	add(r.Problems, true)
	add(r.Incomplete, false)
	add(r.Notes, false)
	return tx.ImportFinding.Create().SetRunID(run).SetNillableCourseID(r.CourseID).SetNumber(l.number).
		SetPlace(vocab.Clean(100, l.place)).SetExternalID(r.ExternalID).SetOutcome(importfinding.Outcome(r.Outcome)).SetProblems(all)
}
