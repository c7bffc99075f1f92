package vocab

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// ECTS is a workload in hundredths of an ECTS credit, so that 2.5 credits are
// exact: ECTS(250). One credit stands for 25 to 30 hours of work, a full
// academic year for 60 credits.
//
// Source: ECTS Users' Guide (2015), on workload.
type ECTS int

// MaxECTS is the largest workload of anything: ten full years.
const MaxECTS ECTS = 600_00

// ParseECTS reads a decimal such as "7.5". It returns an INVALID problem when
// s is no decimal, has more than two decimals, is negative, or exceeds 600.
func ParseECTS(s string) (ECTS, error) {
	whole, frac, dotted := strings.Cut(s, ".")
	if len(whole) == 0 || len(whole) > 3 || len(frac) > 2 || dotted && frac == "" || !digits(whole+frac) {
		return 0, problem.New(problem.Invalid, "%q is not a number of ECTS credits such as \"5\" or \"7.5\"", clip(s))
	}
	n, _ := strconv.Atoi(whole + (frac + "00")[:2])
	if e := ECTS(n); e <= MaxECTS {
		return e, nil
	}
	return 0, problem.New(problem.Invalid, "%s ECTS credits are more than the %s that anything can have", s, MaxECTS)
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// String returns the shortest decimal, such as "7.5".
func (e ECTS) String() string {
	s := fmt.Sprintf("%d.%02d", e/100, e%100)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// Float returns the credits as a number, for formats that know no decimals.
func (e ECTS) Float() float64 { return float64(e) / 100 }

// MarshalGQL writes the credits as a JSON string.
func (e ECTS) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(e.String())) }

// UnmarshalGQL reads a decimal string or a whole number.
func (e *ECTS) UnmarshalGQL(v any) (err error) {
	*e, err = ParseECTS(fmt.Sprint(v))
	return err
}

// MarshalText writes the credits as in the API.
func (e ECTS) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (e *ECTS) UnmarshalText(b []byte) (err error) {
	*e, err = ParseECTS(string(b))
	return err
}
