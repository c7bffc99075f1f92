package authz

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// PrintRights writes the table of rights as text: a line a verb, a column a
// role; "yes" is at the institution or alliance of the thing, "unit" also at
// the unit of the thing, or one above it, where the thing has one.
func PrintRights(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(tw, "VERB")
	for _, role := range viewer.Roles {
		fmt.Fprintf(tw, "\t%s", role)
	}
	fmt.Fprintln(tw, "\tWHAT")
	for _, right := range Rights() {
		fmt.Fprint(tw, right.Verb)
		for _, role := range viewer.Roles {
			cell := "-"
			if slices.Contains(right.Roles, role) {
				if cell = "yes"; slices.Contains(UnitRoles, role) && slices.Contains(UnitVerbs, right.Verb) {
					cell = "unit"
				}
			}
			fmt.Fprintf(tw, "\t%s", cell)
		}
		fmt.Fprintf(tw, "\t%s\n", right.Verb.In(language.English))
	}
	return tw.Flush()
}

// PrintVisibility writes the table of visibility as text: a line for each way
// to see the rows of an entity.
func PrintVisibility(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "ENTITY\tSEEN BY")
	for _, sight := range Visibility() {
		if len(sight.Clauses) == 0 {
			fmt.Fprintf(tw, "%s\tnobody: for Peregrine itself\n", sight.Entity)
		}
		for _, c := range sight.Clauses {
			fmt.Fprintf(tw, "%s\t%s\n", sight.Entity, c.In(language.English))
		}
	}
	return tw.Flush()
}
