package catalogue

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Most of what one row of a source may say.
const (
	maxExternalID      = 191
	maxCode            = 64
	maxRowProblems     = 50
	maxImportOfferings = 100
)

// ImportRow is a row of a source whose every value has been checked.
type ImportRow struct {
	ExternalID string
	Code       string

	kind       course.Kind
	unit       string // its key at the institution, perhaps of none
	content    checked
	url        *string
	digest     string
	offerings  []importOffering
	modifiedAt *time.Time
	refused    []*problem.Error // why the row is refused
	notes      []*problem.Error // what is said of a row that is not
}

// importOffering is an offering of a row whose every value has been checked.
type importOffering struct {
	externalID string
	opensGiven bool
	over       bool // nobody can apply any more, and when one could is not said
	NewOffering
	offeringValues
}

// Check checks a row by itself, without the database. The paths of its
// problems are those of format.Course.
func (i *Import) Check(row format.Row) *ImportRow {
	r := &ImportRow{}
	c := row.Course
	add := func(err error) { r.refused = append(r.refused, problem.All(err)...) }
	if row.Err != nil {
		add(row.Err)
		if len(r.refused) == 0 {
			add(problem.New(problem.Invalid, "this row cannot be read"))
		}
	}
	var err error
	r.ExternalID, err = vocab.Line(maxExternalID, c.ExternalID, "externalId")
	add(err)
	if err == nil && r.ExternalID == "" && row.Err == nil {
		add(problem.New(problem.Invalid, "an identifier of the source is needed, by which the course is known again").At("externalId"))
	}
	if r.refused != nil {
		r.refused = first(r.refused)
		r.ExternalID = vocab.Clean(maxExternalID, c.ExternalID)
		return r
	}
	r.notes = problem.All(row.Notes)
	r.Code, err = vocab.Line(maxCode, cmp.Or(c.Code, c.ExternalID), "code")
	add(err)
	r.kind = course.Kind(cmp.Or(c.Kind, vocab.KindCourse))
	add(listed(r.kind, []course.Kind{course.KindCOURSE, course.KindMICRO_CREDENTIAL}, "kind"))
	r.unit = strings.TrimSpace(c.Unit)
	r.content, err = contentOf(c)
	add(err)
	if c.URL != "" {
		add(vocab.CheckURL(c.URL, "url"))
		add(problem.If(len(c.URL) > maxURL, problem.New(problem.Invalid, "the text has %d characters, at most %d are allowed", len(c.URL), maxURL).At("url")))
		r.url = &c.URL
	}
	if !c.ModifiedAt.IsZero() {
		r.modifiedAt = new(vocab.Now(func() time.Time { return c.ModifiedAt }))
	}
	if r.refused != nil {
		r.refused = first(r.refused)
		return r
	}
	r.digest = digestOf(r.version())
	r.checkOfferings(i, c)
	for _, name := range row.Lost {
		if !i.DryRun {
			break // it is said when the source is tried out
		}
		r.notes = append(r.notes, problem.New(problem.Invalid, "%q has no place here", vocab.Clean(40, name)).At(vocab.Clean(100, name)))
	}
	r.notes = first(r.notes)
	return r
}

// version is the content as a version stores it.
func (r *ImportRow) version() *ent.CourseVersion {
	v := r.content.version()
	v.URL = r.url
	return v
}

// checkOfferings keeps the offerings that are whole. One that is not is noted
// and left out, because the course is worth having without it.
func (r *ImportRow) checkOfferings(i *Import, c format.Course) {
	seen := map[string]bool{}
	for n, o := range c.Offerings {
		path := []string{"offerings", strconv.Itoa(n)}
		if n == maxImportOfferings {
			r.notes = append(r.notes, problem.New(problem.Invalid, "at most %d offerings of a course are read", maxImportOfferings).At("offerings"))
			return
		}
		out, err := i.offeringOf(c, o)
		if seen[out.externalID] && err == nil {
			err = problem.New(problem.Invalid, "the identifier %q stands twice", out.externalID).At("input", "externalId")
		}
		seen[out.externalID] = true
		if err == nil {
			r.offerings = append(r.offerings, out)
			continue
		}
		for _, p := range problem.All(err) {
			r.notes = append(r.notes, p.At(append(slices.Clone(path), shortPath(p.Field)...)...))
		}
	}
}

// offeringOf reads an offering of a course. Where the source does not say when
// applications open, they are open from the first import on; where it does not
// say when they close, they close on the first day.
func (i *Import) offeringOf(c format.Course, o format.Offering) (out importOffering, err error) {
	id, bad := vocab.LineOr(problem.New(problem.Invalid, "an identifier of the source is needed, by which the offering is known again"),
		maxExternalID, o.ExternalID, "input", "externalId")
	n := NewOffering{Schedule: offering.ScheduleCOHORT, Zone: cmp.Or(o.Zone, i.zone), OpensAt: o.OpensAt,
		Seats: o.Seats, Language: o.Language, Mode: cmp.Or(o.Mode, c.Mode),
		Place: o.Place.Translations(), Funding: o.Funding.Translations(), FeeCents: &o.FeeCents, FeeCurrency: new(cmp.Or(o.FeeCurrency, "EUR"))}
	if o.OnDemand {
		n.Schedule = offering.ScheduleON_DEMAND
	}
	if n.Language == "" && len(c.Languages) > 0 {
		n.Language = c.Languages[0]
	}
	for _, day := range []struct {
		from string
		to   **string
	}{{o.StartsOn, &n.StartsOn}, {o.EndsOn, &n.EndsOn}, {o.ClosesAt, &n.ClosesAt}} {
		if day.from != "" {
			*day.to = new(day.from)
		}
	}
	if n.ClosesAt == nil && n.StartsOn != nil && !o.OnDemand {
		n.ClosesAt = new(*n.StartsOn + "T00:00:00")
	}
	over := false
	if n.OpensAt == "" {
		opens := i.now
		if n.ClosesAt != nil {
			if closes, err := vocab.Instant(*n.ClosesAt, n.Zone); err == nil && !closes.After(opens) {
				over, opens = true, closes.Add(-time.Second) // a moment that is not stored
			}
		}
		n.OpensAt = vocab.Local(opens, n.Zone)
	}
	values, err := n.check()
	return importOffering{id, o.OpensAt != "", over, n, values}, problem.Join(bad, err, listed(n.Mode, vocab.DeliveryModes, "input", "mode"))
}

// contentOf reads the content of a course, or all that is wrong with it.
func contentOf(c format.Course) (checked, error) {
	in := Content{
		Title: c.Title.Translations(), Summary: c.Summary.Translations(), Description: c.Description.Translations(),
		Languages: c.Languages, Assessments: c.Assessments, AssessmentNote: c.AssessmentNote.Translations(),
		Prerequisites: c.Prerequisites.Translations(), TargetGroups: c.TargetGroups, Topics: c.Topics,
		ECTS: vocab.Given(c.ECTS), Hours: vocab.Given(c.Hours), Attempts: vocab.Given(c.Attempts), EQFLevel: vocab.Given(c.EQF), ISCED: vocab.Given(string(c.ISCED)),
		Mode: vocab.Given(c.Mode), Supervision: vocab.Given(c.Supervision), Stackability: vocab.Given(c.Stackability),
	}
	var found []error
	for _, o := range c.Outcomes {
		in.Outcomes = append(in.Outcomes, OutcomeText{Text: o.Text.Translations(), ESCO: vocab.Given(o.ESCO)})
	}
	if q := c.Quality; q != nil {
		in.Quality = &QualityText{Kind: q.Kind, Name: q.Name.Translations(), URL: vocab.Given(q.URL)}
		found = append(found, listed(q.Kind, vocab.QualityKinds, "quality", "kind"))
	}
	found = append(found, problem.If(c.ECTS < 0 || c.ECTS > vocab.MaxECTS,
		problem.New(problem.Invalid, "%s ECTS credits are more than the %s that anything can have", c.ECTS, vocab.MaxECTS).At("ects")))
	out, err := in.check()
	for _, p := range problem.All(err) {
		found = append(found, p.At(shortPath(p.Field)...))
	}
	found = append(found, listedAll(c.Assessments, vocab.AssessmentTypes, "assessments"), listedAll(c.TargetGroups, vocab.TargetGroups, "targetGroups"))
	if c.Mode != "" {
		found = append(found, listed(c.Mode, vocab.DeliveryModes, "mode"))
	}
	if c.Supervision != "" {
		found = append(found, listed(c.Supervision, vocab.Supervisions, "supervision"))
	}
	if c.Stackability != "" {
		found = append(found, listed(c.Stackability, vocab.Stackabilities, "stackability"))
	}
	return out, problem.Join(found...)
}

// listed returns an INVALID problem unless v is one of the values.
func listed[T ~string](v T, values []T, field ...string) error {
	if slices.Contains(values, v) {
		return nil
	}
	return problem.New(problem.Invalid, "%q is none of the allowed values", vocab.Clean(40, string(v))).At(field...)
}

func listedAll[T ~string](all, values []T, field ...string) error {
	var found []error
	for _, v := range all {
		found = append(found, listed(v, values, field...))
	}
	return problem.Join(found...)
}

// shortPath is a path without the input around the content.
func shortPath(path []string) []string {
	for _, around := range []string{"input", "content"} {
		if len(path) > 0 && path[0] == around {
			path = path[1:]
		}
	}
	return path
}

// first bounds what is said of one row.
func first(all []*problem.Error) []*problem.Error { return all[:min(len(all), maxRowProblems)] }

// version is the content as a version stores it.
func (c checked) version() *ent.CourseVersion {
	return &ent.CourseVersion{
		Title: c.title, Summary: c.summary, Description: c.description, Outcomes: c.outcomes,
		Ects: vocab.OrZero(c.ECTS), Hours: vocab.OrZero(c.Hours), Attempts: c.Attempts, Eqf: c.EQFLevel, Isced: c.isced, Languages: list(c.Languages),
		Mode: c.Mode, Assessments: list(c.Assessments), AssessmentNote: c.assessmentNote, Supervision: c.Supervision,
		Quality: c.quality, Prerequisites: c.prerequisites, TargetGroups: list(c.TargetGroups), Stackability: c.Stackability, Topics: list(c.Topics),
	}
}

// digestOf is the SHA-256 of what a version says.
func digestOf(v *ent.CourseVersion) string {
	content := []any{v.Title, v.Summary, v.Description, v.Outcomes, v.Ects, v.Hours, v.Eqf, v.Isced, v.Languages, v.Mode, v.Assessments,
		v.AssessmentNote, v.Supervision, v.Quality, v.Prerequisites, v.TargetGroups, v.Stackability, v.Topics, v.URL, v.Attempts}
	text, err := json.Marshal(content)
	if err != nil {
		panic(err) // texts and numbers
	}
	return storage.Digest(string(text))
}
