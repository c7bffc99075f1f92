package catalogue

import (
	"slices"
	"strconv"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Content is what a version of a course says. All of it may be missing in a
// draft; what is there must be valid.
type Content struct {
	Title          []vocab.Translation
	Summary        []vocab.Translation
	Description    []vocab.Translation
	Outcomes       []OutcomeText
	ECTS           *vocab.ECTS
	Hours          *int
	Attempts       *int // how often a learner may try; nil: as often as the exchange allows
	EQFLevel       *int
	ISCED          *string
	Languages      []string
	Mode           *vocab.DeliveryMode
	Assessments    []vocab.AssessmentType
	AssessmentNote []vocab.Translation
	Supervision    *vocab.Supervision
	Quality        *QualityText
	Prerequisites  []vocab.Translation
	TargetGroups   []vocab.TargetGroup
	Stackability   *vocab.Stackability
	Topics         []string
	URL            *string // the provider's page about it
}

// OutcomeText is one learning outcome.
type OutcomeText struct {
	Text []vocab.Translation
	ESCO *string // address of the ESCO skill or concept
}

// QualityText names the quality assurance of a course.
type QualityText struct {
	Kind vocab.QualityKind
	Name []vocab.Translation
	URL  *string
}

// Longest texts, in characters.
const (
	maxTitle       = 200
	maxSummary     = 300
	maxDescription = 4000
	maxOutcome     = 300
	maxOutcomes    = 30
	maxTopics      = 20
	maxURL         = 255
)

// checked is content whose every value is valid.
type checked struct {
	Content
	title, summary, description, assessmentNote, prerequisites vocab.Text
	outcomes                                                   []vocab.Outcome
	quality                                                    *vocab.QualityAssurance
	isced                                                      *vocab.ISCEDF
}

// check returns the content as it will be stored, or all that is wrong with it.
func (c Content) check() (checked, error) {
	out := checked{Content: c}
	var found []error
	text := func(limit int, in []vocab.Translation, field ...string) vocab.Text {
		t, err := vocab.TextOf(limit, in, append([]string{"input", "content"}, field...)...)
		found = append(found, err)
		return t
	}
	out.title = text(maxTitle, c.Title, "title")
	out.summary = text(maxSummary, c.Summary, "summary")
	out.description = text(maxDescription, c.Description, "description")
	out.assessmentNote = text(maxDescription, c.AssessmentNote, "assessmentNote")
	out.prerequisites = text(maxDescription, c.Prerequisites, "prerequisites")
	out.outcomes = []vocab.Outcome{}
	found = append(found, problem.If(len(c.Outcomes) > maxOutcomes,
		problem.New(problem.Invalid, "at most %d learning outcomes are allowed", maxOutcomes).At("input", "content", "outcomes")))
	for i, o := range c.Outcomes {
		outcome := vocab.Outcome{Text: text(maxOutcome, o.Text, "outcomes", strconv.Itoa(i), "text")}
		if o.ESCO != nil {
			found = append(found, vocab.CheckESCO(*o.ESCO, "input", "content", "outcomes", strconv.Itoa(i), "esco"))
			outcome.ESCO = *o.ESCO
		}
		out.outcomes = append(out.outcomes, outcome)
	}
	found = append(found, problem.If(c.Attempts != nil && (*c.Attempts < 1 || *c.Attempts > vocab.MaxAttempts),
		problem.New(problem.Invalid, "a learner may try 1 to %d times", vocab.MaxAttempts).At("input", "content", "attempts")))
	found = append(found, problem.If(c.Hours != nil && (*c.Hours < 0 || *c.Hours > 20_000),
		problem.New(problem.Invalid, "a workload of %d hours is not possible", vocab.OrZero(c.Hours)).At("input", "content", "hours")))
	if c.EQFLevel != nil {
		found = append(found, vocab.CheckEQF(*c.EQFLevel, "input", "content", "eqfLevel"))
	}
	if c.ISCED != nil {
		code, err := vocab.ParseISCEDF(*c.ISCED, "input", "content", "isced")
		out.isced = &code
		found = append(found, err)
	}
	for _, tag := range c.Languages {
		found = append(found, vocab.CheckLanguage(tag, "input", "content", "languages"))
	}
	found = append(found, problem.If(len(c.Languages) > vocab.MaxTranslations,
		problem.New(problem.Invalid, "at most %d languages are allowed", vocab.MaxTranslations).At("input", "content", "languages")))
	if q := c.Quality; q != nil {
		out.quality = &vocab.QualityAssurance{Kind: q.Kind, Name: text(maxTitle, q.Name, "quality", "name")}
		if q.URL != nil && *q.URL != "" {
			found = append(found, vocab.CheckURL(*q.URL, "input", "content", "quality", "url"))
			out.quality.URL = *q.URL
		}
	}
	found = append(found, problem.If(len(c.Topics) > maxTopics,
		problem.New(problem.Invalid, "at most %d topics are allowed", maxTopics).At("input", "content", "topics")))
	out.Topics = nil
	for _, topic := range c.Topics {
		line, err := vocab.Line(64, topic, "input", "content", "topics")
		found = append(found, err)
		if line != "" {
			out.Topics = append(out.Topics, line)
		}
	}
	if c.URL != nil {
		found = append(found, vocab.CheckURL(*c.URL, "input", "content", "url"))
		found = append(found, problem.If(len(*c.URL) > maxURL,
			problem.New(problem.Invalid, "the text has %d characters, at most %d are allowed", len(*c.URL), maxURL).At("input", "content", "url")))
	}
	return out, problem.Join(found...)
}

// fill puts the content into a version that is made or changed.
func (c checked) fill(m *ent.CourseVersionMutation) {
	m.SetTitle(c.title)
	m.SetSummary(c.summary)
	m.SetDescription(c.description)
	m.SetOutcomes(c.outcomes)
	m.SetAssessmentNote(c.assessmentNote)
	m.SetPrerequisites(c.prerequisites)
	m.SetLanguages(list(c.Languages))
	m.SetAssessments(list(c.Assessments))
	m.SetTargetGroups(list(c.TargetGroups))
	m.SetTopics(list(c.Topics))
	m.SetEcts(vocab.OrZero(c.ECTS))
	m.SetHours(vocab.OrZero(c.Hours))
	storage.Set(c.Attempts, m.SetAttempts, m.ClearAttempts)
	storage.Set(c.EQFLevel, m.SetEqf, m.ClearEqf)
	storage.Set(c.isced, m.SetIsced, m.ClearIsced)
	storage.Set(c.Mode, m.SetMode, m.ClearMode)
	storage.Set(c.Supervision, m.SetSupervision, m.ClearSupervision)
	storage.Set(c.Stackability, m.SetStackability, m.ClearStackability)
	storage.Set(c.URL, m.SetURL, m.ClearURL)
	if c.quality != nil {
		m.SetQuality(c.quality)
	} else {
		m.ClearQuality()
	}
}

// list makes an empty list of none, and drops repeats.
func list[T comparable](in []T) []T {
	out := []T{}
	for _, v := range in {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// Complete returns an INVALID problem for each mandatory element of Annex I
// that the version lacks, and for credits outside the alliance's bounds.
// Learner, country, awarding body and date are added when a credential is
// issued; the level is mandatory where one applies, and higher education has one.
//
// Source: Council Recommendation 2022/C 243/02, Annex I.
func Complete(v *ent.CourseVersion, bounds vocab.Bounds) error {
	var found []error
	need := func(ok bool, field, element string) {
		found = append(found, problem.If(!ok, problem.New(problem.Invalid, "%s is missing: Annex I asks for it", element).At("content", field)))
	}
	need(v.Title.In("en") != "", "title", "the title")
	need(v.Description.In("en") != "", "description", "the description")
	need(len(v.Outcomes) > 0, "outcomes", "a learning outcome")
	need(v.Ects > 0, "ects", "the workload in ECTS credits")
	need(v.Hours > 0, "hours", "the workload in hours")
	need(v.Eqf != nil, "eqfLevel", "the EQF level")
	need(v.Isced != nil, "isced", "the field of education")
	need(len(v.Languages) > 0, "languages", "a teaching language")
	need(v.Mode != nil, "mode", "the form of participation")
	need(len(v.Assessments) > 0, "assessments", "the type of assessment")
	need(v.Supervision != nil, "supervision", "the supervision of the assessment")
	need(v.Quality != nil && v.Quality.Name.In("en") != "", "quality", "the quality assurance")
	found = append(found, problem.If(v.Ects > 0 && (v.Ects < bounds.Min || v.Ects > bounds.Max),
		problem.New(problem.Invalid, "%s ECTS credits are outside the %s to %s of a %s in this alliance", v.Ects, bounds.Min, bounds.Max, bounds.Kind).
			At("content", "ects")))
	return problem.Join(found...)
}

// Warnings returns what is unusual in a version, though allowed: a workload far
// from the 25 to 30 hours that a credit stands for (ECTS Users' Guide 2015),
// texts that learners of other partners may not be able to read, and elements
// without which a course is hard to find or to count.
func Warnings(v *ent.CourseVersion) error {
	var found []error
	warn := func(usual bool, field, format string, args ...any) {
		found = append(found, problem.If(!usual, problem.New(problem.Invalid, format, args...).At("content", field)))
	}
	if v.Ects > 0 && v.Hours > 0 {
		perCredit := float64(v.Hours) / v.Ects.Float()
		warn(perCredit >= 25 && perCredit <= 30, "hours", "%.1f hours a credit are outside the usual 25 to 30", perCredit)
	}
	english := func(has bool, field string) {
		warn(has, field, "there is no English text, which learners of other partners would need")
	}
	english(!v.Title.IsFallbackIn(nil), "title")
	english(!v.Description.IsFallbackIn(nil), "description")
	english(!slices.ContainsFunc(v.Outcomes, func(o vocab.Outcome) bool { return o.Text.IsFallbackIn(nil) }), "outcomes")
	warn(len(v.Summary) > 0, "summary", "there is no summary, which lists show")
	warn(len(v.TargetGroups) > 0, "targetGroups", "no target group is named, so learners cannot tell whether it is for them")
	return problem.Join(found...)
}
