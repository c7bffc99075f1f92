package vocab

import (
	"regexp"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Patterns of the identifiers that institutions have side by side.
var (
	// A domain name of RFC 1035 in lower case (schacHomeOrganization, SCHAC 1.5).
	// The last label is letters, or a name in another script as the DNS has it
	// (RFC 5890, A-label).
	domain = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])$`)
	// The country part is padded to three characters: "D  HANNOVE01". Pattern of
	// the European Commission's list of holders of the Erasmus charter.
	erasmus = regexp.MustCompile(`^(IRL|LUX|[A-Z]{2} |[A-Z] {2})[A-Z][A-Z-]*[A-Z]\d{2,3}$`)
	pic     = regexp.MustCompile(`^\d{9}$`)
	oid     = regexp.MustCompile(`^E\d{8}$`)
	// Institutions and alternative providers in the Database of External Quality
	// Assurance Results, as EQAR numbers them: DEQARINST0001, DEQARINSTAP0010.
	deqar = regexp.MustCompile(`^DEQARINST(AP)?\d{4,10}$`)
	ror   = regexp.MustCompile(`^https://ror\.org/0[a-hj-km-np-tv-z0-9]{6}\d{2}$`)
)

// CheckDomain returns an INVALID problem unless s is a domain name in lower case.
func CheckDomain(s string, field ...string) error {
	return problem.If(len(s) > 191 || !domain.MatchString(s),
		problem.New(problem.Invalid, "%q is not a domain name in lower case, such as \"uni-hannover.de\"", clip(s)).At(field...))
}

// CheckErasmus returns an INVALID problem unless s is an Erasmus code. The
// blanks after a short country part belong to it.
func CheckErasmus(s string, field ...string) error {
	return problem.If(!erasmus.MatchString(s),
		problem.New(problem.Invalid, "%q is not an Erasmus code, such as \"D  HANNOVE01\" with both blanks", clip(s)).At(field...))
}

// CheckPIC returns an INVALID problem unless s has the nine digits of a
// participant identification code of the European Commission.
func CheckPIC(s string, field ...string) error {
	return problem.If(!pic.MatchString(s), problem.New(problem.Invalid, "%q is not a PIC of nine digits", clip(s)).At(field...))
}

// CheckOID returns an INVALID problem unless s is an organisation id of the
// European Commission: E and eight digits.
func CheckOID(s string, field ...string) error {
	return problem.If(!oid.MatchString(s), problem.New(problem.Invalid, "%q is not an organisation id, E and eight digits", clip(s)).At(field...))
}

// CheckDEQAR returns an INVALID problem unless s is the identifier of an
// institution in the Database of External Quality Assurance Results.
func CheckDEQAR(s string, field ...string) error {
	return problem.If(!deqar.MatchString(s), problem.New(problem.Invalid, "%q is not a DEQAR id, such as \"DEQARINST0001\"", clip(s)).At(field...))
}

// CheckROR returns an INVALID problem unless s is a ROR id with the right check
// digits: those of ISO/IEC 7064 mod 97-10 over the Crockford base32 value.
func CheckROR(s string, field ...string) error {
	if ror.MatchString(s) {
		const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
		n := 0
		for _, r := range s[len("https://ror.org/") : len(s)-2] {
			n = n*32 + strings.IndexRune(alphabet, r)
		}
		check := 98 - (n*100)%97
		if int(s[len(s)-2]-'0')*10+int(s[len(s)-1]-'0') == check {
			return nil
		}
	}
	return problem.New(problem.Invalid, "%q is not a ROR id, such as \"https://ror.org/0304hq317\"", clip(s)).At(field...)
}
