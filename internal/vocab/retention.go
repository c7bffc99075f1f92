package vocab

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Periods say for how many months each class of personal data is kept, for every
// member alike. What each class is, package privacy says.
type Periods map[string]int

// DefaultPeriods are those of whoever sets no others.
var DefaultPeriods = Periods{
	"disclosures":  24,  // who has read whose data
	"repeats":      1,   // keys against repeats
	"affiliations": 24,  // that have lapsed
	"texts":        12,  // of applications that came to nothing
	"visitors":     24,  // people who have not signed in for so long, without a record
	"learners":     120, // people with a record
}

// ParsePeriods reads "CLASS=MONTHS" parted by commas, and takes the default for
// what is not named.
func ParsePeriods(s string) (Periods, error) {
	all := maps.Clone(DefaultPeriods)
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		class, months, _ := strings.Cut(part, "=")
		n, err := strconv.Atoi(months)
		if _, known := DefaultPeriods[class]; err != nil || n < 1 || n > 1200 || !known {
			return nil, fmt.Errorf("%q is no class with its months, 1 to 1200, such as disclosures=24; the classes are %s", part,
				strings.Join(slices.Sorted(maps.Keys(DefaultPeriods)), ", "))
		}
		all[class] = n
	}
	return all, nil
}
