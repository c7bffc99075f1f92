package oeapi

import (
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// names are the members whose names differ between the versions.
type names struct {
	organisation, organisationID, organisationType string
	teaching, modes                                string
	offeringID                                     string
	start, end, entryStart, entryEnd               string
}

var spellings = map[Version]names{
	V5: {
		organisation: "organization", organisationID: "organizationId", organisationType: "organizationType",
		teaching: "teachingLanguage", modes: "modeOfDelivery", offeringID: "offeringId",
		start: "startDate", end: "endDate",
		entryStart: "flexibleEntryPeriodStart", entryEnd: "flexibleEntryPeriodEnd",
	},
	V6: {
		organisation: "organisation", organisationID: "organisationId", organisationType: "organisationType",
		teaching: "teachingLanguages", modes: "modesOfDelivery", offeringID: "courseOfferingId",
		start: "startDateTime", end: "endDateTime",
		entryStart: "flexibleEntryPeriodStartDateTime", entryEnd: "flexibleEntryPeriodEndDateTime",
	},
}

// plain is the spelling of a value in version 6. Version 5 writes some words
// with blanks or hyphens.
func plain(value string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(value))
}

// levels are the levels of the European Qualifications Framework to which the
// format says that its levels correspond.
var levels = map[string]int{
	"secondary_vocational_education_1": 1,
	"secondary_vocational_education_2": 2,
	"secondary_vocational_education_3": 3,
	"secondary_vocational_education_4": 4,
	"associate_degree":                 5,
	"bachelor":                         6,
	"master":                           7,
	"doctoral":                         8,
}

// modes are the modes of delivery of both versions that mean one of ours.
// "hybrid" is both online and on campus, as is our BLENDED.
var modes = map[string]vocab.DeliveryMode{
	"presential":         "PRESENTIAL",
	"on_campus":          "PRESENTIAL",
	"online":             "ONLINE",
	"blended":            "BLENDED",
	"hybrid":             "BLENDED",
	"project_based":      "PROJECT_BASED",
	"research_lab_based": "RESEARCH_LAB_BASED",
	"work_based":         "WORK_BASED",
}

// Words of the format.
const (
	esco      = "x-esco" // type of a code: the address of an ESCO skill
	promo     = "promo"  // role of a supplement: a short teaser
	plainText = "text_plain"
)
