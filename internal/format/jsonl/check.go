package jsonl

import (
	"slices"
	"strconv"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// kinds are those of a course.
var kinds = []vocab.CredentialKind{vocab.KindCourse, vocab.KindMicroCredential}

// checker collects what is wrong with a course.
type checker struct{ found []error }

func (k *checker) add(err error) { k.found = append(k.found, err) }

// at adds err unless the value is missing.
func (k *checker) at(value string, check func(string, ...string) error, path ...string) {
	if value != "" {
		k.add(check(value, path...))
	}
}

func (k *checker) text(t vocab.Text, path ...string) {
	if len(t) > vocab.MaxTranslations {
		k.add(problem.New(problem.Invalid, "at most %d languages are allowed", vocab.MaxTranslations).At(path...))
	}
	for _, tr := range t.Translations() {
		k.add(vocab.CheckLanguage(tr.Language, path...))
		_, err := vocab.Line(format.MaxRow, tr.Text, path...)
		k.add(err)
	}
}

func (k *checker) number(n, least, most int, path ...string) {
	if n != 0 && (n < least || n > most) {
		k.add(problem.New(problem.Invalid, "%q is not a whole number from %d to %d", strconv.Itoa(n), least, most).At(path...))
	}
}

func code[T ~string](k *checker, all []T, v T, path ...string) {
	if v == "" || slices.Contains(all, v) {
		return
	}
	var codes []string
	for _, c := range all {
		codes = append(codes, string(c))
	}
	k.add(problem.New(problem.Invalid, "%q is none of %s", vocab.Clean(40, string(v)), strings.Join(codes, ", ")).At(path...))
}

func local(s string, path ...string) error {
	_, err := vocab.Instant(s, "UTC", path...)
	return err
}

func zone(s string, path ...string) error {
	_, err := vocab.Zone(s, path...)
	return err
}

// word refuses what no identifier contains.
func word(s string, path ...string) error {
	_, err := vocab.Line(format.MaxRow, s, path...)
	return err
}

// check fills in what lines say as text, and returns all that is wrong.
func check(l line, c *format.Course) error {
	k := &checker{}
	if c.ExternalID == "" {
		k.add(problem.New(problem.Invalid, "this text is needed").At("externalId"))
	}
	k.at(c.ExternalID, word, "externalId")
	k.at(c.Code, word, "code")
	k.at(c.Unit, word, "unit")
	code(k, kinds, c.Kind, "kind")
	k.text(c.Title, "title")
	k.text(c.Summary, "summary")
	k.text(c.Description, "description")
	for i, o := range c.Outcomes {
		k.text(o.Text, "outcomes", strconv.Itoa(i), "text")
		k.at(o.ESCO, vocab.CheckURL, "outcomes", strconv.Itoa(i), "esco")
	}
	k.at(l.ECTS, func(s string, path ...string) (err error) {
		if c.ECTS, err = vocab.ParseECTS(s); err == nil {
			return nil
		}
		return err.(*problem.Error).At(path...)
	}, "ects")
	k.number(c.Hours, 0, 20_000, "hours")
	k.number(c.Attempts, 0, vocab.MaxAttempts, "attempts")
	k.number(c.EQF, 1, 8, "eqfLevel")
	k.at(l.ISCED, func(s string, path ...string) (err error) {
		c.ISCED, err = vocab.ParseISCEDF(s, path...)
		return err
	}, "isced")
	for i, tag := range c.Languages {
		k.add(vocab.CheckLanguage(tag, "languages", strconv.Itoa(i)))
	}
	code(k, vocab.DeliveryModes, c.Mode, "mode")
	for i, a := range c.Assessments {
		code(k, vocab.AssessmentTypes, a, "assessments", strconv.Itoa(i))
	}
	k.text(c.AssessmentNote, "assessmentNote")
	code(k, vocab.Supervisions, c.Supervision, "supervision")
	if q := c.Quality; q != nil {
		code(k, vocab.QualityKinds, q.Kind, "quality", "kind")
		k.text(q.Name, "quality", "name")
		k.at(q.URL, vocab.CheckURL, "quality", "url")
	}
	k.text(c.Prerequisites, "prerequisites")
	for i, g := range c.TargetGroups {
		code(k, vocab.TargetGroups, g, "targetGroups", strconv.Itoa(i))
	}
	code(k, vocab.Stackabilities, c.Stackability, "stackability")
	for i, topic := range c.Topics {
		k.add(word(topic, "topics", strconv.Itoa(i)))
	}
	k.at(c.URL, vocab.CheckURL, "url")
	for i, o := range c.Offerings {
		k.offering(o, l.Offerings[i].Schedule, func(name string) []string { return []string{"offerings", strconv.Itoa(i), name} })
	}
	return problem.Join(k.found...)
}

func (k *checker) offering(o format.Offering, schedule string, path func(string) []string) {
	k.at(o.ExternalID, word, path("externalId")...)
	code(k, []string{cohort, onDemand}, schedule, path("schedule")...)
	k.at(o.Zone, zone, path("timeZone")...)
	k.at(o.OpensAt, local, path("opensAtLocal")...)
	k.at(o.ClosesAt, local, path("closesAtLocal")...)
	k.at(o.StartsOn, vocab.CheckDay, path("startsOn")...)
	k.at(o.EndsOn, vocab.CheckDay, path("endsOn")...)
	k.number(o.Seats, 0, 100_000, path("seats")...)
	k.at(o.Language, vocab.CheckLanguage, path("language")...)
	code(k, vocab.DeliveryModes, o.Mode, path("mode")...)
	k.text(o.Place, path("place")...)
	k.text(o.Funding, path("funding")...)
	k.number(o.FeeCents, 0, 1_000_000_000, path("feeCents")...)
	k.at(o.FeeCurrency, vocab.CheckCurrency, path("feeCurrency")...)
}
