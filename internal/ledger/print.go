package ledger

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"golang.org/x/text/language"
)

// Print writes verbs as a table: a line for each way to ask for a change. The
// column FACTOR says "second" where a place may ask for a second factor.
func Print(w io.Writer, verbs []*Verb) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "EVENT\tVERSION\tTOLD TO\tPAYLOAD\tMUTATION\tRIGHT\tFACTOR\tWHAT")
	for _, v := range verbs {
		var rights []string
		for _, r := range v.rights {
			rights = append(rights, string(r))
		}
		factor := ""
		if v.weighty {
			factor = "second"
		}
		fmt.Fprintf(tw, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", v.name, v.version, v.tells, or(strings.Join(v.says, " ")), or(v.mutation),
			or(strings.Join(rights, " or ")), or(factor), v.In(language.English))
	}
	return tw.Flush()
}

func or(s string) string { return cmp.Or(s, "-") }
