package sheet

import (
	"cmp"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// none stands for a line that has no counterpart in this column.
const none = "-"

// lines takes the lines of a cell about learning outcomes apart and makes room
// for as many outcomes. All columns about outcomes have the same lines.
func lines(s subject, c cell) ([]string, error) {
	var all []string
	for line := range strings.Lines(c.text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	if s.course.Outcomes == nil {
		s.course.Outcomes = make([]vocab.Outcome, len(all))
	}
	if n := len(s.course.Outcomes); n != len(all) {
		return nil, problem.New(problem.Invalid, "%d lines stand here and %d in another column of the learning outcomes; write \"-\" for a line that is missing", len(all), n).At(c.name)
	}
	return all, nil
}

// outcomes are the texts of the learning outcomes in one language, a line each.
func outcomes() codec {
	return codec{
		spoken: true,
		read: func(s subject, c cell) error {
			all, err := lines(s, c)
			for i, line := range all {
				if line == none {
					continue
				}
				if s.course.Outcomes[i].Text == nil {
					s.course.Outcomes[i].Text = vocab.Text{}
				}
				s.course.Outcomes[i].Text[c.tag] = line
			}
			return err
		},
		write: func(s subject, tag string) string {
			return stack(s.course.Outcomes, func(o vocab.Outcome) string { return o.Text[tag] })
		},
		tags: func(s subject) vocab.Text {
			all := vocab.Text{}
			for _, o := range s.course.Outcomes {
				for tag := range o.Text {
					all[tag] = ""
				}
			}
			return all
		},
	}
}

// skills are the addresses of the ESCO skills of the outcomes, a line each.
func skills() codec {
	return codec{
		read: func(s subject, c cell) error {
			all, err := lines(s, c)
			found := []error{err}
			for i, line := range all {
				if line != none {
					s.course.Outcomes[i].ESCO = line
					found = append(found, vocab.CheckURL(line, c.name))
				}
			}
			return problem.Join(found...)
		},
		write: func(s subject, _ string) string {
			return stack(s.course.Outcomes, func(o vocab.Outcome) string { return o.ESCO })
		},
	}
}

// stack writes a line for each outcome, or nothing when no line says anything.
// An outcome is one line, so line breaks within it become blanks.
func stack(all []vocab.Outcome, say func(vocab.Outcome) string) string {
	var out []string
	said := false
	for _, o := range all {
		line := strings.Join(strings.Fields(say(o)), " ")
		said = said || line != ""
		out = append(out, cmp.Or(line, none))
	}
	if !said {
		return ""
	}
	return strings.Join(out, "\n")
}
