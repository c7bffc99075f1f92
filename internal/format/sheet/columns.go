package sheet

import (
	"time"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// key is the column that says which rows are about the same course.
const key = "externalId"

// columns are all columns, in the order of the template.
var columns = []column{
	{name: key, required: true, example: []string{"INF-204"},
		english: "Your own identifier of the course, which never changes. Rows one below the other with the same identifier are one course, each " +
			"row with one more offering; the columns of the course may then stay empty from the second row on.",
		german: "Ihre eigene, unveränderliche Kennung des Kurses. Aufeinanderfolgende Zeilen mit derselben Kennung sind ein Kurs mit je einem " +
			"Angebot pro Zeile; ab der zweiten Zeile dürfen die Spalten des Kurses leer bleiben.",
		codec: word(func(s subject) *string { return &s.course.ExternalID }, nil)},
	{name: "code", example: []string{"INF-204"},
		english: "Code of the course in your catalogue; the identifier is used when it is empty.",
		german:  "Code des Kurses in Ihrem Vorlesungsverzeichnis; bleibt er leer, gilt die Kennung.",
		codec:   word(func(s subject) *string { return &s.course.Code }, nil)},
	{name: "kind", example: []string{"MICRO_CREDENTIAL"},
		english: "Kind of the course.",
		german:  "Art des Kurses.",
		codec:   code(kinds, func(s subject) *vocab.CredentialKind { return &s.course.Kind })},
	{name: "unit", example: []string{"informatics"},
		english: "Key of the unit that provides it, as it stands in the exchange.",
		german:  "Schlüssel der anbietenden Organisationseinheit, wie er in der Börse steht.",
		codec:   word(func(s subject) *string { return &s.course.Unit }, nil)},
	{name: "title", required: true, example: []string{"Machine Learning for Engineers", "Maschinelles Lernen für das Ingenieurwesen"},
		english: "Title. Add a column for every language you have.",
		german:  "Titel. Ergänzen Sie eine Spalte für jede vorhandene Sprache.",
		codec:   text(func(s subject) *vocab.Text { return &s.course.Title })},
	{name: "summary", example: []string{"Train, test and question models with data of your own.", "Modelle mit eigenen Daten trainieren, prüfen und hinterfragen."},
		english: "One or two sentences.",
		german:  "Ein bis zwei Sätze.",
		codec:   text(func(s subject) *vocab.Text { return &s.course.Summary })},
	{name: "description", example: []string{"An introduction with weekly exercises and a small project.", "Eine Einführung mit wöchentlichen Übungen und einem kleinen Projekt."},
		english: "What the course is about.",
		german:  "Worum es in dem Kurs geht.",
		codec:   text(func(s subject) *vocab.Text { return &s.course.Description })},
	{
		name: "outcomes",
		example: []string{
			"can choose a model for a task\ncan judge how far a model may be trusted",
			"kann ein Modell für eine Aufgabe auswählen\nkann beurteilen, wie weit einem Modell zu trauen ist",
		},
		english: "Learning outcomes, one a line (Alt+Enter breaks the line in a cell). All languages have the same lines in the same order; \"-\" " +
			"stands for a line that is missing in one of them.",
		german: "Lernergebnisse, je eines pro Zeile (Alt+Eingabe bricht in der Zelle um). Alle Sprachen haben dieselben Zeilen in derselben " +
			"Reihenfolge; \"-\" steht für eine Zeile, die in einer davon fehlt.",
		codec: outcomes(),
	},
	{name: "outcomesEsco", example: []string{"http://data.europa.eu/esco/skill/8369c2d6-c100-4cf6-bd8c-9668d8678433\n-"},
		english: "Address of the ESCO skill of each learning outcome, in the same lines; \"-\" where none fits.",
		german:  "Adresse der ESCO-Kompetenz zu jedem Lernergebnis, in denselben Zeilen; \"-\", wo keine passt.",
		codec:   skills()},
	{name: "ects", example: []string{"7.5"},
		english: "Workload in ECTS credits, at most two decimals.",
		german:  "Arbeitsaufwand in Leistungspunkten (ECTS), höchstens zwei Nachkommastellen.",
		codec: codec{
			read: func(s subject, c cell) (err error) {
				if s.course.ECTS, err = vocab.ParseECTS(decimal(c.text)); err == nil {
					return nil
				}
				return err.(*problem.Error).At(c.name)
			},
			write: func(s subject, _ string) string {
				if s.course.ECTS == 0 {
					return ""
				}
				return s.course.ECTS.String()
			},
		}},
	{name: "hours", example: []string{"200"},
		english: "Workload in hours of 60 minutes.",
		german:  "Arbeitsaufwand in Zeitstunden.",
		codec:   whole(0, 20_000, func(s subject) *int { return &s.course.Hours })},
	{name: "eqfLevel", example: []string{"7"},
		english: "Level of the European Qualifications Framework: 6 for a bachelor's, 7 for a master's, 8 for doctoral level.",
		german:  "Niveau des Europäischen Qualifikationsrahmens: 6 für Bachelor-, 7 für Master-, 8 für Promotionsniveau.",
		codec:   level()},
	{name: "isced", example: []string{"0613"},
		english: "Field of education: a code of ISCED-F 2013 of two to four digits. The sheet ISCED-F lists them.",
		german:  "Bildungsfeld: ein Code der ISCED-F 2013 mit zwei bis vier Ziffern. Das Blatt ISCED-F führt sie auf.",
		codec: codec{
			read: func(s subject, c cell) (err error) {
				s.course.ISCED, err = field(c.text, c.name)
				return err
			},
			write: func(s subject, _ string) string { return string(s.course.ISCED) },
		}},
	{name: "languages", example: []string{"en|de"},
		english: "Teaching languages, tags of BCP 47 separated by \"|\".",
		german:  "Unterrichtssprachen: Sprachkürzel nach BCP 47, getrennt durch \"|\".",
		codec:   wordList(func(s subject) *[]string { return &s.course.Languages }, speech)},
	{name: "mode", example: []string{"BLENDED"},
		english: "Form of participation.",
		german:  "Form der Teilnahme.",
		codec:   code(vocab.DeliveryModes, func(s subject) *vocab.DeliveryMode { return &s.course.Mode })},
	{name: "assessments", example: []string{"PROJECT_WORK|ORAL_EXAMINATION"},
		english: "Types of assessment, separated by \"|\".",
		german:  "Arten der Prüfung, getrennt durch \"|\".",
		codec:   codeList(vocab.AssessmentTypes, func(s subject) *[]vocab.AssessmentType { return &s.course.Assessments })},
	{name: "assessmentNote", example: []string{"The project counts for two thirds.", "Das Projekt zählt zu zwei Dritteln."},
		english: "More about the assessment.",
		german:  "Näheres zur Prüfung.",
		codec:   text(func(s subject) *vocab.Text { return &s.course.AssessmentNote })},
	{name: "supervision", example: []string{"SUPERVISED_ID_VERIFIED"},
		english: "Supervision and identity check of the assessment.",
		german:  "Aufsicht und Identitätsprüfung bei der Prüfung.",
		codec:   code(vocab.Supervisions, func(s subject) *vocab.Supervision { return &s.course.Supervision })},
	{name: "qualityKind", example: []string{"PROGRAMME_QA"},
		english: "Kind of the quality assurance that underpins the course.",
		german:  "Art der Qualitätssicherung, auf die sich der Kurs stützt.",
		codec:   code(vocab.QualityKinds, func(s subject) *vocab.QualityKind { return &quality(s).Kind })},
	{name: "qualityName", example: []string{"Programme accreditation", "Programmakkreditierung"},
		english: "Name of the quality assurance.",
		german:  "Name der Qualitätssicherung.",
		codec:   text(func(s subject) *vocab.Text { return &quality(s).Name })},
	{name: "qualityUrl", example: []string{"https://example.org/quality"},
		english: "Address of a page about the quality assurance.",
		german:  "Adresse einer Seite über die Qualitätssicherung.",
		codec:   word(func(s subject) *string { return &quality(s).URL }, vocab.CheckURL)},
	{name: "prerequisites", example: []string{"Linear algebra, programming in any language.", "Lineare Algebra, Programmieren in einer beliebigen Sprache."},
		english: "What learners need to know before.",
		german:  "Was Lernende vorher wissen müssen.",
		codec:   text(func(s subject) *vocab.Text { return &s.course.Prerequisites })},
	{name: "targetGroups", example: []string{"STUDENTS|ALUMNI"},
		english: "Who may take the course, separated by \"|\".",
		german:  "Wer den Kurs besuchen darf, getrennt durch \"|\".",
		codec:   codeList(vocab.TargetGroups, func(s subject) *[]vocab.TargetGroup { return &s.course.TargetGroups })},
	{name: "stackability", example: []string{"STACKABLE"},
		english: "Whether it counts towards a larger award.",
		german:  "Ob der Kurs auf einen größeren Abschluss angerechnet wird.",
		codec:   code(vocab.Stackabilities, func(s subject) *vocab.Stackability { return &s.course.Stackability })},
	{name: "topics", example: []string{"machine learning|statistics"},
		english: "Topics as short words, separated by \"|\". A bar within a topic is written \"\\|\".",
		german:  "Themen als kurze Stichwörter, getrennt durch \"|\". Ein Strich innerhalb eines Themas wird \"\\|\" geschrieben.",
		codec:   wordList(func(s subject) *[]string { return &s.course.Topics }, func(item, _ string) (string, error) { return item, nil })},
	{name: "url", example: []string{"https://example.org/courses/inf-204"},
		english: "Address of the course's page at your university.",
		german:  "Adresse der Seite des Kurses an Ihrer Hochschule.",
		codec:   word(func(s subject) *string { return &s.course.URL }, vocab.CheckURL)},
	{name: "modifiedAt", example: []string{"2026-11-02T09:30:00Z"},
		english: "When your source last changed it; in UTC unless an offset is given.",
		german:  "Wann es in Ihrer Quelle zuletzt geändert wurde; in UTC, wenn keine Abweichung angegeben ist.",
		codec:   instant(func(s subject) *time.Time { return &s.course.ModifiedAt })},

	{name: "offeringId", part: ofOffering, example: []string{"INF-204-2027S"},
		english: "Your own identifier of this offering (a run of the course), which never changes.",
		german:  "Ihre eigene, unveränderliche Kennung dieses Angebots (eines Durchgangs des Kurses).",
		codec:   word(func(s subject) *string { return &s.offering.ExternalID }, nil)},
	{name: "onDemand", part: ofOffering, example: []string{"FALSE"},
		english: "TRUE when learners begin at any time, FALSE for a group that begins together.",
		german:  "TRUE, wenn der Beginn jederzeit möglich ist; FALSE für eine Gruppe, die gemeinsam beginnt.",
		codec: codec{
			codes: []string{"TRUE", "FALSE"},
			read: func(s subject, c cell) (err error) {
				s.offering.OnDemand, err = truth(c.text, c.name)
				return err
			},
			write: func(s subject, _ string) string {
				if s.offering.OnDemand {
					return "TRUE"
				}
				return "FALSE"
			},
		}},
	{name: "timeZone", part: ofOffering, example: []string{"Europe/Berlin"},
		english: "IANA time zone of the deadlines; your university's when empty.",
		german:  "IANA-Zeitzone der Fristen; bleibt sie leer, gilt die Ihrer Hochschule.",
		codec: word(func(s subject) *string { return &s.offering.Zone }, func(zone string, name ...string) error {
			_, err := vocab.Zone(zone, name...)
			return err
		})},
	{name: "opensAt", part: ofOffering, example: []string{"2027-01-11T09:00:00"},
		english: "When applications open, local time. A date alone means the beginning of that day.",
		german:  "Beginn der Bewerbungsfrist, Ortszeit. Ein Datum allein bedeutet den Beginn dieses Tages.",
		codec:   localTime("00:00:00", func(s subject) *string { return &s.offering.OpensAt })},
	{name: "closesAt", part: ofOffering, example: []string{"2027-02-28T23:59:59"},
		english: "When applications close, local time. A date alone means the end of that day.",
		german:  "Ende der Bewerbungsfrist, Ortszeit. Ein Datum allein bedeutet das Ende dieses Tages.",
		codec:   localTime("23:59:59", func(s subject) *string { return &s.offering.ClosesAt })},
	{name: "startsOn", part: ofOffering, example: []string{"2027-04-05"},
		english: "First day.",
		german:  "Erster Tag.",
		codec:   day(func(s subject) *string { return &s.offering.StartsOn })},
	{name: "endsOn", part: ofOffering, example: []string{"2027-07-16"},
		english: "Last day.",
		german:  "Letzter Tag.",
		codec:   day(func(s subject) *string { return &s.offering.EndsOn })},
	{name: "seats", part: ofOffering, example: []string{"30"},
		english: "Number of seats.",
		german:  "Zahl der Plätze.",
		codec:   whole(0, 100_000, func(s subject) *int { return &s.offering.Seats })},
	{name: "offeringLanguage", part: ofOffering, example: []string{"en"},
		english: "Teaching language of this offering, a tag of BCP 47.",
		german:  "Unterrichtssprache dieses Angebots, ein Sprachkürzel nach BCP 47.",
		codec: word(func(s subject) *string { return &s.offering.Language }, nil).reading(func(s subject, c cell) (err error) {
			s.offering.Language, err = speech(c.text, c.name)
			return err
		})},
	{name: "offeringMode", part: ofOffering, example: []string{"ONLINE"},
		english: "Form of participation in this offering.",
		german:  "Form der Teilnahme an diesem Angebot.",
		codec:   code(vocab.DeliveryModes, func(s subject) *vocab.DeliveryMode { return &s.offering.Mode })},
	{name: "place", part: ofOffering, example: []string{"Main building, room 204", "Hauptgebäude, Raum 204"},
		english: "Where it takes place.",
		german:  "Veranstaltungsort.",
		codec:   text(func(s subject) *vocab.Text { return &s.offering.Place })},
	{name: "funding", part: ofOffering, example: []string{"Travel is funded by Erasmus+.", "Die Reise wird durch Erasmus+ gefördert."},
		english: "Who funds participation.",
		german:  "Wer die Teilnahme fördert.",
		codec:   text(func(s subject) *vocab.Text { return &s.offering.Funding })},
	{name: "fee", part: ofOffering, example: []string{"49.90"},
		english: "Fee; empty or 0 when there is none.",
		german:  "Gebühr; leer oder 0, wenn keine anfällt.",
		codec: codec{
			read: func(s subject, c cell) (err error) {
				s.offering.FeeCents, err = cents(c.text, c.name)
				return err
			},
			write: func(s subject, _ string) string {
				if s.offering.FeeCents == 0 {
					return ""
				}
				return vocab.ECTS(s.offering.FeeCents).String() // hundredths as well
			},
		}},
	{name: "feeCurrency", part: ofOffering, example: []string{"EUR"},
		english: "Currency of the fee, ISO 4217.",
		german:  "Währung der Gebühr nach ISO 4217.",
		codec:   word(func(s subject) *string { return &s.offering.FeeCurrency }, vocab.CheckCurrency)},

	{name: "provider", part: ofListing, codec: shown(func(l format.Listed) string { return l.Provider.SCHAC })},
	{name: "providerName", part: ofListing, codec: shown(func(l format.Listed) string { return l.Provider.Name.In("en") })},
	{name: "page", part: ofListing, codec: shown(func(l format.Listed) string { return l.Page })},
}

var kinds = []vocab.CredentialKind{vocab.KindCourse, vocab.KindMicroCredential}

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
