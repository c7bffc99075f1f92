package sheet

import (
	_ "embed"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// key is the column that says which rows are about the same course.
const key = "externalId"

// columns are all columns, in the order of the template. What people read about
// them stands in columns.json.
var columns = explained([]column{
	{name: key, required: true, codec: word(func(s subject) *string { return &s.course.ExternalID }, nil)},
	{name: "code", codec: word(func(s subject) *string { return &s.course.Code }, nil)},
	{name: "kind", codec: code(kinds, func(s subject) *vocab.CredentialKind { return &s.course.Kind })},
	{name: "unit", codec: word(func(s subject) *string { return &s.course.Unit }, nil)},
	{name: "title", required: true, codec: text(func(s subject) *vocab.Text { return &s.course.Title })},
	{name: "summary", codec: text(func(s subject) *vocab.Text { return &s.course.Summary })},
	{name: "description", codec: text(func(s subject) *vocab.Text { return &s.course.Description })},
	{name: "outcomes", codec: outcomes()},
	{name: "outcomesEsco", codec: skills()},
	{name: "ects", codec: parsed(func(s subject) *vocab.ECTS { return &s.course.ECTS }, credits, hundredths[vocab.ECTS])},
	{name: "hours", codec: whole(0, 20_000, func(s subject) *int { return &s.course.Hours })},
	{name: "eqfLevel", codec: level()},
	{name: "isced", codec: parsed(func(s subject) *vocab.ISCEDF { return &s.course.ISCED }, field, func(v vocab.ISCEDF) string { return string(v) })},
	{name: "languages", codec: wordList(func(s subject) *[]string { return &s.course.Languages }, speech)},
	{name: "mode", codec: code(vocab.DeliveryModes, func(s subject) *vocab.DeliveryMode { return &s.course.Mode })},
	{name: "assessments", codec: codeList(vocab.AssessmentTypes, func(s subject) *[]vocab.AssessmentType { return &s.course.Assessments })},
	{name: "assessmentNote", codec: text(func(s subject) *vocab.Text { return &s.course.AssessmentNote })},
	{name: "attempts", codec: whole(0, vocab.MaxAttempts, func(s subject) *int { return &s.course.Attempts })},
	{name: "supervision", codec: code(vocab.Supervisions, func(s subject) *vocab.Supervision { return &s.course.Supervision })},
	{name: "qualityKind", codec: code(vocab.QualityKinds, func(s subject) *vocab.QualityKind { return &quality(s).Kind })},
	{name: "qualityName", codec: text(func(s subject) *vocab.Text { return &quality(s).Name })},
	{name: "qualityUrl", codec: word(func(s subject) *string { return &quality(s).URL }, vocab.CheckURL)},
	{name: "prerequisites", codec: text(func(s subject) *vocab.Text { return &s.course.Prerequisites })},
	{name: "targetGroups", codec: codeList(vocab.TargetGroups, func(s subject) *[]vocab.TargetGroup { return &s.course.TargetGroups })},
	{name: "stackability", codec: code(vocab.Stackabilities, func(s subject) *vocab.Stackability { return &s.course.Stackability })},
	{name: "topics", codec: wordList(func(s subject) *[]string { return &s.course.Topics }, func(item, _ string) (string, error) { return item, nil })},
	{name: "url", codec: word(func(s subject) *string { return &s.course.URL }, vocab.CheckURL)},
	{name: "modifiedAt", codec: instant(func(s subject) *time.Time { return &s.course.ModifiedAt })},

	{name: "offeringId", part: ofOffering, codec: word(func(s subject) *string { return &s.offering.ExternalID }, nil)},
	{name: "onDemand", part: ofOffering, codec: onDemand()},
	{name: "timeZone", part: ofOffering, codec: word(func(s subject) *string { return &s.offering.Zone }, func(zone string, name ...string) error {
		_, err := vocab.Zone(zone, name...)
		return err
	})},
	{name: "opensAt", part: ofOffering, codec: localTime("00:00:00", func(s subject) *string { return &s.offering.OpensAt })},
	{name: "closesAt", part: ofOffering, codec: localTime("23:59:59", func(s subject) *string { return &s.offering.ClosesAt })},
	{name: "startsOn", part: ofOffering, codec: day(func(s subject) *string { return &s.offering.StartsOn })},
	{name: "endsOn", part: ofOffering, codec: day(func(s subject) *string { return &s.offering.EndsOn })},
	{name: "seats", part: ofOffering, codec: whole(0, 100_000, func(s subject) *int { return &s.offering.Seats })},
	{name: "offeringLanguage", part: ofOffering,
		codec: parsed(func(s subject) *string { return &s.offering.Language }, speech, func(tag string) string { return tag })},
	{name: "offeringMode", part: ofOffering, codec: code(vocab.DeliveryModes, func(s subject) *vocab.DeliveryMode { return &s.offering.Mode })},
	{name: "place", part: ofOffering, codec: text(func(s subject) *vocab.Text { return &s.offering.Place })},
	{name: "funding", part: ofOffering, codec: text(func(s subject) *vocab.Text { return &s.offering.Funding })},
	{name: "fee", part: ofOffering, codec: parsed(func(s subject) *int { return &s.offering.FeeCents }, cents, hundredths[int])},
	{name: "feeCurrency", part: ofOffering, codec: word(func(s subject) *string { return &s.offering.FeeCurrency }, vocab.CheckCurrency)},

	{name: "provider", part: ofListing, codec: shown(func(l format.Listed) string { return l.Provider.SCHAC })},
	{name: "providerName", part: ofListing, codec: shown(func(l format.Listed) string { return l.Provider.Name.In("en") })},
	{name: "page", part: ofListing, codec: shown(func(l format.Listed) string { return l.Page })},
})

//go:embed columns.json
var explanations []byte

// explained gives the columns of the template what people read about them.
func explained(all []column) []column {
	var about []struct {
		Name            string
		Example         []string
		English, German string
	}
	if err := json.Unmarshal(explanations, &about); err != nil {
		panic(err) // an embedded file of ours
	}
	for i, a := range about {
		if a.Name != all[i].name {
			panic("sheet: columns.json explains " + a.Name + " where the column is " + all[i].name)
		}
		all[i].example, all[i].english, all[i].german = a.Example, a.English, a.German
	}
	return all
}

var kinds = []vocab.CredentialKind{vocab.KindCourse, vocab.KindMicroCredential}

// onDemand says whether learners begin at any time.
func onDemand() codec {
	say := func(v bool) string { return strings.ToUpper(strconv.FormatBool(v)) }
	c := parsed(func(s subject) *bool { return &s.offering.OnDemand }, truth, say)
	c.codes = []string{say(true), say(false)}
	return c
}

// level is the EQF level. Its codes are the numbers 1 to 8.
func level() codec {
	c := whole(1, 8, func(s subject) *int { return &s.course.EQF })
	c.codes = []string{"1", "2", "3", "4", "5", "6", "7", "8"}
	return c
}

// quality returns the quality assurance of the course and makes one when there
// is none.
func quality(s subject) *vocab.QualityAssurance {
	if s.course.Quality == nil {
		s.course.Quality = &vocab.QualityAssurance{}
	}
	return s.course.Quality
}
