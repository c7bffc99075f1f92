// Package grade knows grading scales: which grades there are, which of them pass
// and which of two is better. It reads grades as people of any of the alliance's
// countries write them, and keeps one spelling of each.
package grade

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mtibben/confusables"
	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// PassFail is the scale without grades.
const PassFail vocab.GradeScale = "PASS_FAIL"

// Scale is a grading scale: of letters, of numbers, or without grades.
type Scale struct {
	Code     vocab.GradeScale
	Name     vocab.Text
	Letters  []string // the grades, best first; none on a scale of numbers
	Best     string
	Worst    string
	LastPass string // the worst grade that passes
	Step     string // between two numbers that follow each other
	Honours  bool   // the best grade may be given with honours
	Percent  bool   // grades are written with a per cent sign, too
}

// Grade is a grade on a scale.
type Grade struct {
	Text    string // its one spelling
	Honours bool
	Passed  bool
	// Rank orders the grades of a scale: 0 is the best one, whether with honours or
	// not, and more is worse. Ranks of different scales say nothing about each other.
	Rank int
}

// The scales of the alliance's countries, as their universities publish them.
var scales = []Scale{
	{Code: PassFail, Name: named(PassFail)},
	numbers("DE_1_5", "1.0", "5.0", "4.0", "0.1"),
	letters("CZ_A_F", "E", "A", "B", "C", "D", "E", "F"),
	numbers("FR_0_20", "20", "0", "10", "0.01"),
	letters("SE_A_F", "E", "A", "B", "C", "D", "E", "F"),
	numbers("FI_0_5", "5", "0", "1", "1"),
	numbers("GR_0_10", "10", "0", "5", "0.01"),
	numbers("ES_0_10", "10", "0", "5", "0.01"),
	letters("SK_A_FX", "E", "A", "B", "C", "D", "E", "FX"),
	{
		Code: "IT_18_30", Best: "30", Worst: "0", LastPass: "18", Step: "1", Honours: true,
		Name: named("IT_18_30"),
	},
	numbers("AT_1_5", "1", "5", "4", "1"),
	numbers("UA_0_100", "100", "0", "60", "1"),
	letters("ECTS_A_F", "E", "A", "B", "C", "D", "E", "FX", "F"),
	{
		Code: "PERCENT", Best: "100", Worst: "0", LastPass: "50", Step: "0.01", Percent: true,
		Name: named("PERCENT"),
	},
}

func named(code vocab.GradeScale) vocab.Text {
	name := vocab.Text{}
	for _, tag := range []language.Tag{language.English, language.German} {
		name[tag.String()] = lang.Say(tag, "scale."+string(code))
	}
	return name
}

func numbers(code vocab.GradeScale, best, worst, pass, step string) Scale {
	return Scale{Code: code, Name: named(code), Best: best, Worst: worst, LastPass: pass, Step: step}
}

func letters(code vocab.GradeScale, pass string, all ...string) Scale {
	return Scale{Code: code, Name: named(code), Letters: all, Best: all[0], Worst: all[len(all)-1], LastPass: pass}
}

// Common lists the scales that every institution may use.
func Common() []Scale { return slices.Clone(scales) }

// Find returns one of the common scales.
func Find(code vocab.GradeScale) (Scale, bool) {
	i := slices.IndexFunc(scales, func(s Scale) bool { return s.Code == code })
	if i < 0 {
		return Scale{}, false
	}
	return scales[i], true
}

// Graded says whether the scale has grades at all.
func (s Scale) Graded() bool { return s.Best != "" }

// Bounds of a scale that an institution defines.
const (
	MaxLetters = 40
	MaxGrade   = 16 // characters of one grade
	maxNumber  = 1000
)

// Check returns an INVALID problem for each thing that makes no scale of what an
// institution has defined. The fields are those of the definition.
func (s Scale) Check(field ...string) error {
	at := func(name string) []string { return append(slices.Clone(field), name) }
	if len(s.Letters) > 0 {
		return s.checkLetters(at)
	}
	var found []error
	numbers := map[string]int{}
	for _, n := range []struct{ name, text string }{{"best", s.Best}, {"worst", s.Worst}, {"lastPass", s.LastPass}, {"step", s.Step}} {
		value, ok := hundredths(n.text)
		found = append(found, problem.If(!ok || value > maxNumber*100,
			problem.New(problem.Invalid, "%q is no number from 0 to %d with at most two decimals", clip(n.text), maxNumber).At(at(n.name)...)))
		numbers[n.name] = value
	}
	if err := problem.Join(found...); err != nil {
		return err
	}
	best, worst, pass, step := numbers["best"], numbers["worst"], numbers["lastPass"], numbers["step"]
	on := func(value int) bool { return step > 0 && (value-worst)%step == 0 }
	return problem.Join(
		problem.If(best == worst, problem.New(problem.Invalid, "the best grade is the worst").At(at("worst")...)),
		problem.If(step == 0, problem.New(problem.Invalid, "a scale has steps").At(at("step")...)),
		problem.If(step > 0 && !on(best), problem.New(problem.Invalid, "no step leads from %s to %s", s.Worst, s.Best).At(at("step")...)),
		problem.If(
			!between(pass, best, worst) || step > 0 && !on(pass),
			problem.New(problem.Invalid, "%s is no grade between %s and %s", s.LastPass, s.Best, s.Worst).At(at("lastPass")...),
		),
		problem.If(pass == worst, problem.New(problem.Invalid, "one grade at least fails").At(at("lastPass")...)),
	)
}

func (s Scale) checkLetters(at func(string) []string) error {
	var found []error
	found = append(found, problem.If(len(s.Letters) < 2 || len(s.Letters) > MaxLetters,
		problem.New(problem.Invalid, "a scale has 2 to %d grades, not %d", MaxLetters, len(s.Letters)).At(at("letters")...)))
	seen := map[string]bool{}
	for i, l := range s.Letters {
		_, err := vocab.Line(MaxGrade, l, append(at("letters"), strconv.Itoa(i))...)
		found = append(
			found,
			err,
			problem.If(err == nil && strings.TrimSpace(l) != l || l == "", problem.New(problem.Invalid, "a grade is no blank").At(append(at("letters"), strconv.Itoa(i))...)),
			problem.If(seen[alike(l)], problem.New(problem.Invalid, "the grade %s stands twice", clip(l)).At(append(at("letters"), strconv.Itoa(i))...)),
		)
		seen[alike(l)] = true
	}
	last := slices.Index(s.Letters, s.LastPass)
	return problem.Join(append(found,
		problem.If(last < 0, problem.New(problem.Invalid, "%q is none of the grades", clip(s.LastPass)).At(at("lastPass")...)),
		problem.If(last == len(s.Letters)-1 && last >= 0, problem.New(problem.Invalid, "one grade at least fails").At(at("lastPass")...)),
		problem.If(s.Step != "", problem.New(problem.Invalid, "letters have no steps").At(at("step")...)))...)
}

// Of is a scale by its terms.
func Of(t vocab.ScaleTerms) Scale {
	s := Scale{Letters: t.Letters, Best: t.Best, Worst: t.Worst, LastPass: t.LastPass, Step: t.Step, Honours: t.Honours}
	if len(s.Letters) > 0 {
		s.Best, s.Worst = s.Letters[0], s.Letters[len(s.Letters)-1]
	}
	return s
}

// Read reads a grade as somebody has written it. It returns an INVALID problem
// when the scale has no such grade.
func (s Scale) Read(text string, field ...string) (Grade, error) {
	g, ok := s.read(strings.Join(strings.Fields(text), " "))
	if !ok {
		return Grade{}, problem.New(problem.Invalid, "the scale %s has no grade %q", s.title(), clip(text)).At(field...)
	}
	return g, nil
}

// title names the scale in sentences: the common ones by their codes.
func (s Scale) title() string {
	if _, common := Find(s.Code); common {
		return string(s.Code)
	}
	return s.Name.In("en")
}

func (s Scale) read(text string) (Grade, bool) {
	if len(s.Letters) > 0 {
		i := slices.Index(s.Letters, text)
		if i < 0 { // another case, or an alphabet with letters of the same look
			i = slices.IndexFunc(s.Letters, func(l string) bool { return alike(l) == alike(text) })
		}
		if i < 0 {
			return Grade{}, false
		}
		return Grade{Text: s.Letters[i], Passed: i <= slices.Index(s.Letters, s.LastPass), Rank: i}, true
	}
	if !s.Graded() {
		return Grade{}, false
	}
	written, honours := s.honours(text)
	if of, ok := strings.CutSuffix(written, "/"+s.Best); ok { // out of so many
		written = strings.TrimSpace(of)
	}
	if s.Percent {
		written = strings.TrimSpace(strings.TrimSuffix(written, "%"))
	}
	written = strings.Replace(written, ",", ".", 1)
	value, ok := hundredths(written)
	best, _ := hundredths(s.Best)
	worst, _ := hundredths(s.Worst)
	pass, _ := hundredths(s.LastPass)
	step, _ := hundredths(s.Step)
	if !ok || !between(value, best, worst) || (value-worst)%step != 0 || decimals(written) > decimals(s.Step) || honours && value != best {
		return Grade{}, false
	}
	if honours {
		written += "L"
	}
	return Grade{Text: written, Honours: honours, Passed: between(value, best, pass), Rank: max(best-value, value-best)}, true
}

// laudes are the ways in which honours are written behind a grade.
var laudes = []string{"summa cum laude", "cum laude", "con lode", "e lode", "lode", "l"}

// honours splits off what says that a grade is given with honours.
func (s Scale) honours(text string) (string, bool) {
	if !s.Honours {
		return text, false
	}
	low := strings.ToLower(text)
	for _, laude := range laudes {
		if rest, ok := strings.CutSuffix(low, laude); ok {
			return strings.TrimSpace(rest), true
		}
	}
	return text, false
}

// alike is what letters share that people take for each other.
func alike(letter string) string { return confusables.Skeleton(strings.ToUpper(letter)) }

func between(value, a, b int) bool { return value >= min(a, b) && value <= max(a, b) }

// hundredths reads a number that is written in one way only: without leading
// zeros, with a point, and with two decimals at most.
func hundredths(text string) (int, bool) {
	whole, frac, dotted := strings.Cut(text, ".")
	if dotted != (frac != "") || len(frac) > 2 || len(whole) > 4 || !digits(whole+frac) || whole != "0" && (whole == "" || whole[0] == '0') {
		return 0, false
	}
	n, err := strconv.Atoi(whole + frac + "00"[len(frac):])
	return n, err == nil
}

func decimals(text string) int {
	_, frac, _ := strings.Cut(text, ".")
	return len(frac)
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// clip bounds what is repeated to who has sent it.
func clip(s string) string { return vocab.Clean(30, s) }
