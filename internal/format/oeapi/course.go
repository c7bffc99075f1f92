package oeapi

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/format/intake"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Read returns the courses of a document: a page, a list or a single course.
// A text without a language, which version 5 allows, is of language "und".
func Read(r io.Reader, v Version) format.Rows {
	return intake.Rows(intake.JSON(r, "items", intake.Members{}), func(rec *intake.Record, item any) format.Course {
		return course(rec.Object(item), v)
	})
}

func course(o intake.Object, v Version) format.Course {
	n := spellings[v]
	c := format.Course{
		ExternalID:     o.Needed("courseId"),
		Code:           code(o),
		Title:          texts(o, "name"),
		Summary:        summary(o),
		Description:    texts(o, "description"),
		Outcomes:       outcomes(o),
		EQF:            level(o),
		ISCED:          field(o),
		Languages:      languages(o, n.teaching),
		Mode:           mode(o, n.modes),
		AssessmentNote: texts(o, "assessment"),
		Prerequisites:  texts(o, "admissionRequirements"),
		URL:            o.URL(o.Line("link"), o.At("link")...),
		Unit:           unit(o, n),
	}
	c.ECTS, c.Hours = studyLoad(o)
	if short := o.Line("abbreviation"); c.Code == "" {
		c.Code = short
	} else if short != "" && short != c.Code {
		o.Lose(o.At("abbreviation")...)
	}
	c.Offerings = embedded(o, v)
	o.Rest()
	return c
}

func texts(o intake.Object, name string) vocab.Text { return o.Texts(name, "value", "language") }

// code is the primary code of a resource.
func code(o intake.Object) string {
	entry, ok := o.Inner("primaryCode")
	if !ok {
		return ""
	}
	entry.Take("codeType")
	defer entry.Rest()
	return entry.Line("code")
}

// summary is the first plain text that promotes a course. Version 5 has no
// such thing.
func summary(o intake.Object) (found vocab.Text) {
	for i, v := range o.List("supplementaryInformation") {
		path := o.At("supplementaryInformation", strconv.Itoa(i))
		extra := o.Record.Object(v, path...)
		if found != nil || extra.Line("role") != promo || extra.Line("type") != plainText {
			o.Lose(path...)
			continue
		}
		found = texts(extra, "value")
		extra.Rest()
	}
	return found
}

// outcomes are objects in version 6 and lists of translations in version 5.
// Their ids alone say nothing here.
func outcomes(o intake.Object) []vocab.Outcome {
	var all []vocab.Outcome
	for i, v := range o.List("learningOutcomes") {
		path := o.At("learningOutcomes", strconv.Itoa(i))
		if list, ok := v.([]any); ok {
			all = append(all, vocab.Outcome{Text: o.Translations(list, "value", "language", path...)})
			continue
		}
		entry := o.Record.Object(v, path...)
		entry.Take("learningOutcomeId")
		entry.Take("primaryCode")
		all = append(all, vocab.Outcome{Text: texts(entry, "name"), ESCO: skill(entry)})
		entry.Rest()
	}
	if all != nil {
		o.Take("learningOutcomeIds")
	}
	return slices.DeleteFunc(all, func(out vocab.Outcome) bool { return out.Text == nil && out.ESCO == "" })
}

// skill is the ESCO skill among the other codes of an outcome.
func skill(o intake.Object) (found string) {
	for i, v := range o.List("otherCodes") {
		entry := o.Record.Object(v, o.At("otherCodes", strconv.Itoa(i))...)
		if found != "" || entry.Line("codeType") != esco {
			o.Lose(o.At("otherCodes", strconv.Itoa(i))...)
			continue
		}
		found = o.URL(entry.Line("code"), entry.At("code")...)
	}
	return found
}

// studyLoad is one entry in version 5 and a list in version 6.
func studyLoad(o intake.Object) (credits vocab.ECTS, hours int) {
	raw := o.Take("studyLoad")
	list, many := raw.([]any)
	if !many && raw != nil {
		list = []any{raw}
	}
	hasCredits, hasHours := false, false
	for i, v := range list {
		path := o.At("studyLoad")
		if many {
			path = append(path, strconv.Itoa(i))
		}
		entry := o.Record.Object(v, path...)
		unit := plain(entry.Line("studyLoadUnit"))
		n, ok := entry.Number("value")
		switch {
		case !ok:
		case unit == "ects" && !hasCredits:
			credits, hasCredits = o.ECTS(n, entry.At("value")...), true
		case (unit == "hour" || unit == "sbu") && !hasHours: // sbu: hours of a student's work
			hours, hasHours = o.Hours(n, entry.At("value")...), true
		default:
			o.Lose(path...)
		}
	}
	return credits, hours
}

func level(o intake.Object) int {
	s := plain(o.Line("level"))
	if s == "" || s == "undefined" {
		return 0
	}
	if _, known := levels[s]; !known {
		o.Lose(o.At("level")...)
	}
	return levels[s]
}

// field is the field of study, when it is one of ISCED-F.
func field(o intake.Object) vocab.ISCEDF {
	s := o.Line("fieldsOfStudy")
	if s == "" {
		return ""
	}
	if exact, err := vocab.ParseISCEDF(s); err == nil {
		return exact
	}
	o.Lose(o.At("fieldsOfStudy")...)
	if len(s) <= 4 {
		return ""
	}
	broader, err := vocab.ParseISCEDF(s[:4])
	if err != nil || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return broader
}

// strs takes out a text or a list of them.
func strs(o intake.Object, name string) []string {
	if _, one := o.Peek(name).(string); one {
		return slices.DeleteFunc([]string{o.Line(name)}, func(s string) bool { return s == "" })
	}
	return o.Lines(name)
}

// languages is one code of three letters in version 5 and a list in version 6.
func languages(o intake.Object, name string) []string {
	var all []string
	for _, s := range strs(o, name) {
		if tag := o.Language(s, o.At(name)...); tag != "" && !slices.Contains(all, tag) {
			all = append(all, tag)
		}
	}
	return all
}

// mode is the mode of delivery, when there is exactly one.
func mode(o intake.Object, name string) vocab.DeliveryMode {
	all := strs(o, name)
	for i, s := range all {
		all[i] = plain(s)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) == 1 && modes[all[0]] != "" {
		return modes[all[0]]
	}
	if len(all) > 0 {
		o.Lose(o.At(name)...)
	}
	return ""
}

// unit is the code of the organisation below the institution that manages a
// course. The institution itself is no unit, and an id alone may be either.
func unit(o intake.Object, n names) string {
	value := o.Take(n.organisation) // version 5 has the id here when it is not expanded
	members, expanded := value.(intake.Members)
	if !expanded {
		if value != nil || o.Has(n.organisationID) {
			o.Take(n.organisationID)
			o.Lose(o.At(n.organisation)...)
		}
		return ""
	}
	o.Take(n.organisationID)
	inner := o.Record.Object(members, o.At(n.organisation)...)
	if kind := inner.Line(n.organisationType); kind == "root" || kind == "" {
		return ""
	}
	return code(inner)
}

// embedded are offerings that some servers put into the course. The
// specification has them as a collection of their own. A broken one is left out.
func embedded(o intake.Object, v Version) []format.Offering {
	var all []format.Offering
	for _, name := range []string{"offerings", "courseOfferings"} {
		for i, value := range o.List(name) {
			path := o.At(name, strconv.Itoa(i))
			if _, expanded := value.(intake.Members); !expanded {
				o.Lose(path...)
				continue
			}
			part := &intake.Record{}
			run, available := offering(part.Object(value, path...), v)
			switch {
			case !available:
				o.Lose(path...)
			case part.Err() != nil:
				o.LeaveOut(part)
			default:
				o.Keep(part)
				all = append(all, run)
			}
		}
	}
	return all
}
