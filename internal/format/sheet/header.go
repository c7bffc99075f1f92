package sheet

import (
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// head is one cell of the first row.
type head struct {
	name   string  // as in the template; as in the source when it is unknown
	column *column // nil when it is unknown
	tag    string  // language, of a spoken column
}

// header reads the first row. It returns a problem for each column that is
// missing, stands twice or names no language.
func header(cells []string) ([]head, error) {
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	if len(cells) > MaxColumns {
		return nil, problem.New(problem.Limited, "a table has at most %d columns", MaxColumns)
	}
	var heads []head
	var found []error
	seen, present := map[string]bool{}, map[*column]bool{}
	for _, text := range cells {
		h, err := heading(strings.TrimSpace(unguard(text)))
		found = append(found, err)
		if h.column != nil && seen[h.name] {
			found = append(found, problem.New(problem.Invalid, "the column %q stands twice", clip(h.name)).At(h.name))
		}
		seen[h.name], present[h.column] = true, true
		heads = append(heads, h)
	}
	for i := range columns {
		if c := &columns[i]; c.required && !present[c] {
			found = append(found, problem.New(problem.Invalid, "the column %q is missing", c.name).At(c.name))
		}
	}
	return heads, problem.Join(found...)
}

// heading finds the column of a name such as "title:en", in any case.
func heading(text string) (head, error) {
	name, tag, tagged := strings.Cut(text, ":")
	name = strings.TrimSpace(name)
	for i := range columns {
		c := &columns[i]
		if !strings.EqualFold(c.name, name) || tagged && !c.spoken {
			continue
		}
		if !c.spoken {
			return head{name: c.name, column: c}, nil
		}
		if !tagged {
			return head{name: c.name, column: c}, problem.New(problem.Invalid, "the column %q needs a language, such as \"%s:en\"", c.name, c.name).At(c.name)
		}
		tag, err := speech(strings.TrimSpace(tag), c.name+":"+tag)
		return head{name: c.name + ":" + tag, column: c, tag: tag}, err
	}
	return head{name: vocab.Clean(100, text)}, nil
}
