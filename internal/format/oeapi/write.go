package oeapi

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/format/intake"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Loss are the fields of format.Course that version 6 has no place for, and
// those that come back in another form. A course without a title, code or URL
// comes back with its code, id or page here in the place.
var Loss = []string{
	"ExternalID",  // becomes the UUID of the course here
	"Kind",        // a course is a course there
	"Unit",        // the organisation is the provider
	"Assessments", // only described, by AssessmentNote
	"Supervision", "Quality", "TargetGroups", "Stackability", "Topics",
	"ModifiedAt",
	"Offerings", // a collection of their own, see WriteOfferings
}

// OfferingLoss are those of format.Offering.
var OfferingLoss = []string{
	"ExternalID", // becomes the UUID of the offering here
	"Zone",       // moments are exact, but read back in UTC
	"OnDemand",   // unless it has a first and a last day
	"Funding",
}

// Write writes courses as one page of OEAPI 6, however many they are.
func Write(w io.Writer, courses format.Courses) error {
	return write(w, courses, func(c format.Listed, add func(any) error) error { return add(courseOut(c)) })
}

// WriteOfferings writes the offerings of courses as one page of OEAPI 6.
func WriteOfferings(w io.Writer, courses format.Courses) error {
	return write(w, courses, func(c format.Listed, add func(any) error) error {
		for i := range c.Offerings {
			if err := add(offeringOut(c, i)); err != nil {
				return err
			}
		}
		return nil
	})
}

// write writes a page of the items of courses. What it says about itself stands
// after the items, when their number is known.
func write(w io.Writer, courses format.Courses, items func(c format.Listed, add func(any) error) error) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	n := 0
	_, _ = out.WriteString("{\"items\":[\n") // Flush returns the first error
	add := func(item any) error {
		if n++; n > 1 {
			_ = out.WriteByte(',')
		}
		return enc.Encode(item)
	}
	for c, err := range courses {
		if err == nil {
			err = items(c, add)
		}
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "],\"pageSize\":%d,\"pageNumber\":1,\"totalPages\":1,\"hasPreviousPage\":false,\"hasNextPage\":false}\n", n)
	return out.Flush()
}

type textDoc struct {
	Language string `json:"language"`
	Value    string `json:"value"`
}

type codeDoc struct {
	CodeType string `json:"codeType"`
	Code     string `json:"code"`
}

type loadDoc struct {
	Unit  string      `json:"studyLoadUnit"`
	Value json.Number `json:"value"`
}

type outcomeDoc struct {
	ID          string    `json:"learningOutcomeId"`
	PrimaryCode codeDoc   `json:"primaryCode"`
	Name        []textDoc `json:"name"`
	OtherCodes  []codeDoc `json:"otherCodes,omitempty"`
}

type supplementDoc struct {
	Role  string    `json:"role"`
	Type  string    `json:"type"`
	Value []textDoc `json:"value"`
}

type organisationDoc struct {
	ID          string    `json:"organisationId"`
	PrimaryCode codeDoc   `json:"primaryCode"`
	Type        string    `json:"organisationType"`
	Name        []textDoc `json:"name"`
	ShortName   string    `json:"shortName,omitempty"`
	Link        string    `json:"link,omitempty"`
}

type courseDoc struct {
	ID             string           `json:"courseId"`
	PrimaryCode    codeDoc          `json:"primaryCode"`
	Name           []textDoc        `json:"name"`
	StudyLoad      []loadDoc        `json:"studyLoad,omitempty"`
	Modes          []string         `json:"modesOfDelivery,omitempty"`
	Description    []textDoc        `json:"description,omitempty"`
	Teaching       []string         `json:"teachingLanguages,omitempty"`
	FieldsOfStudy  string           `json:"fieldsOfStudy,omitempty"`
	OutcomeIDs     []string         `json:"learningOutcomeIds,omitempty"`
	Outcomes       []outcomeDoc     `json:"learningOutcomes,omitempty"`
	Admission      []textDoc        `json:"admissionRequirements,omitempty"`
	Level          string           `json:"level,omitempty"`
	Assessment     []textDoc        `json:"assessment,omitempty"`
	Link           string           `json:"link,omitempty"`
	OtherCodes     []codeDoc        `json:"otherCodes"`
	Supplement     []supplementDoc  `json:"supplementaryInformation,omitempty"`
	OrganisationID string           `json:"organisationId,omitempty"`
	Organisation   *organisationDoc `json:"organisation,omitempty"`
	ValidFrom      *time.Time       `json:"validFrom,omitempty"`
}

func courseOut(c format.Listed) courseDoc {
	doc := courseDoc{
		ID: UUID(c.ID), PrimaryCode: codeDoc{"identifier", courseCode(c)}, Name: named(c.Title, courseCode(c)),
		Description: textsOut(c.Description), FieldsOfStudy: string(c.ISCED), Admission: textsOut(c.Prerequisites),
		Assessment: textsOut(c.AssessmentNote), Link: cmp.Or(c.URL, c.Page), OtherCodes: []codeDoc{{"system_id", c.ID}},
	}
	if c.ECTS > 0 {
		doc.StudyLoad = append(doc.StudyLoad, loadDoc{"ects", json.Number(c.ECTS.String())})
	}
	if c.Hours > 0 {
		doc.StudyLoad = append(doc.StudyLoad, loadDoc{"hour", json.Number(strconv.Itoa(c.Hours))})
	}
	if c.Mode != "" {
		doc.Modes = []string{strings.ToLower(string(c.Mode))}
	}
	for _, tag := range c.Languages {
		doc.Teaching = append(doc.Teaching, spelled(tag))
	}
	for name, eqf := range levels {
		if eqf == c.EQF {
			doc.Level = name
		}
	}
	for i, o := range c.Outcomes {
		label := "LO " + strconv.Itoa(i+1)
		out := outcomeDoc{ID: UUID(c.ID + "/" + label), PrimaryCode: codeDoc{"identifier", label}, Name: named(o.Text, label)}
		if o.ESCO != "" {
			out.OtherCodes = []codeDoc{{esco, o.ESCO}}
		}
		doc.Outcomes = append(doc.Outcomes, out)
		doc.OutcomeIDs = append(doc.OutcomeIDs, out.ID)
	}
	if text := textsOut(c.Summary); text != nil {
		doc.Supplement = []supplementDoc{{promo, plainText, text}}
	}
	if !c.PublishedAt.IsZero() {
		doc.ValidFrom = &c.PublishedAt
	}
	if p := c.Provider; p.ID != "" {
		doc.OrganisationID = UUID(p.ID)
		doc.Organisation = &organisationDoc{
			ID: doc.OrganisationID, PrimaryCode: codeDoc{"schac_home", p.SCHAC}, Type: "root",
			Name: named(p.Name, p.SCHAC), ShortName: p.Acronym, Link: p.Website,
		}
	}
	return doc
}

// UUID is the identifier that version 6 asks for, of one of ours: the UUID in
// it, or one derived of any other text.
func UUID(id string) string {
	if known, err := ident.Parse(id); err == nil {
		return uuid.UUID(known.Bytes()).String()
	}
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("urn:peregrine:"+id)).String()
}

func courseCode(c format.Listed) string { return cmp.Or(c.Code, c.ExternalID, c.ID) }

// named is a name, which version 6 requires.
func named(t vocab.Text, otherwise string) []textDoc {
	if all := textsOut(t); all != nil {
		return all
	}
	return []textDoc{{intake.Unsaid, otherwise}}
}

func textsOut(t vocab.Text) []textDoc {
	var all []textDoc
	for _, tr := range t.Translations() {
		all = append(all, textDoc{spelled(tr.Language), tr.Text})
	}
	return all
}

// spelled is a language tag as version 6 spells it: scripts in lower case, and
// without extensions, for which its pattern has no room.
func spelled(tag string) string {
	t, err := language.Parse(tag)
	if err != nil {
		return intake.Unsaid
	}
	base, script, region := t.Raw()
	plain, err := language.Compose(base, script, region, t.Variants())
	if err != nil {
		plain = t
	}
	if script.String() != "Zzzz" || len(t.Variants()) > 0 {
		return strings.ToLower(plain.String())
	}
	return plain.String()
}

type addressDoc struct {
	Type       string    `json:"addressType"`
	Additional []textDoc `json:"additional"`
}

type costDoc struct {
	Type     string `json:"costType"`
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

type periodDoc struct {
	Start string `json:"startDateTime"`
	End   string `json:"endDateTime,omitempty"`
}

type offeringDoc struct {
	ID          string       `json:"courseOfferingId"`
	PrimaryCode codeDoc      `json:"primaryCode"`
	Name        []textDoc    `json:"name"`
	State       string       `json:"state"`
	Teaching    []string     `json:"teachingLanguages,omitempty"`
	Modes       []string     `json:"modesOfDelivery,omitempty"`
	Seats       int          `json:"maxNumberStudents,omitempty"`
	Periods     []periodDoc  `json:"enrolmentPeriods,omitempty"`
	Start       string       `json:"startDateTime,omitempty"`
	End         string       `json:"endDateTime,omitempty"`
	EntryStart  string       `json:"flexibleEntryPeriodStartDateTime,omitempty"`
	EntryEnd    string       `json:"flexibleEntryPeriodEndDateTime,omitempty"`
	Addresses   []addressDoc `json:"addresses,omitempty"`
	Prices      []costDoc    `json:"priceInformation,omitempty"`
	CourseID    string       `json:"courseId"`
}

func offeringOut(c format.Listed, i int) offeringDoc {
	o := c.Offerings[i]
	id := c.ID + "/" + o.ExternalID + "/" + strconv.Itoa(i)
	if i < len(c.OfferingIDs) {
		id = c.OfferingIDs[i]
	}
	doc := offeringDoc{
		ID: UUID(id), PrimaryCode: codeDoc{"identifier", id}, Name: named(c.Title, courseCode(c)), State: "active",
		Seats: o.Seats, CourseID: UUID(c.ID),
		Start: moment(o.StartsOn, "T00:00:00", o.Zone), End: moment(o.EndsOn, "T23:59:59", o.Zone),
	}
	if o.Language != "" {
		doc.Teaching = []string{spelled(o.Language)}
	}
	if o.Mode != "" {
		doc.Modes = []string{strings.ToLower(string(o.Mode))}
	}
	if opens := moment(o.OpensAt, "", o.Zone); opens != "" {
		doc.Periods = []periodDoc{{opens, moment(o.ClosesAt, "", o.Zone)}}
	}
	if o.OnDemand && o.StartsOn != "" && o.EndsOn != "" {
		doc.EntryStart, doc.EntryEnd = o.StartsOn, o.EndsOn
	}
	if text := textsOut(o.Place); text != nil {
		doc.Addresses = []addressDoc{{"teaching", text}}
	}
	if o.FeeCurrency != "" {
		doc.Prices = []costDoc{{"total_costs", fmt.Sprintf("%d.%02d", o.FeeCents/100, o.FeeCents%100), o.FeeCurrency}}
	}
	return doc
}

// moment is a local time of a zone, UTC when there is none, with its offset.
func moment(day, clock, zone string) string {
	if day == "" {
		return ""
	}
	zone = cmp.Or(zone, "UTC")
	t, err := vocab.Instant(day+clock, zone) // of a time that happens twice, as everywhere, the first
	if err != nil {
		return ""
	}
	return vocab.In(t, zone).Format(time.RFC3339)
}
