package schemaorg

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Addresses of the European Union's lists.
const (
	eqf   = "http://data.europa.eu/snb/eqf/25831c2"
	isced = "http://data.europa.eu/snb/isced-f/25831c2"
	esco  = "http://data.europa.eu/esco/concept-scheme/skills"
)

func courseOf(l format.Listed) course {
	c := course{
		Type: "Course", ID: l.Page, URL: cmp.Or(l.Page, l.URL), Identifier: cmp.Or(l.ID, l.ExternalID), CourseCode: cmp.Or(l.Code, l.ExternalID),
		Name: say(l.Title), Description: say(l.Description), Abstract: say(l.Summary), Provider: universityOf(l.Provider),
		Level: levelOf(l.EQF), TimeRequired: hours(l.Hours), Languages: l.Languages, Kind: kinds[l.Mode], Keywords: l.Topics,
		Prerequisites: say(l.Prerequisites), Published: instant(l.PublishedAt), Modified: instant(l.ChangedAt),
	}
	if c.Description == nil { // search engines want one
		c.Description, c.Abstract = c.Abstract, nil
	}
	if l.Page != "" {
		c.SameAs = l.URL
	}
	if l.ECTS > 0 {
		c.Credits = &quantity{Type: []string{"StructuredValue", "QuantitativeValue"}, Value: l.ECTS.Float(), Unit: "ECTS"}
	}
	if l.Withdrawn {
		c.Status = "Withdrawn"
	}
	for i, o := range l.Outcomes {
		term := definedTerm{Type: "DefinedTerm", Name: say(o.Text), URL: o.ESCO}
		if l.Page != "" {
			term.ID = fmt.Sprintf("%s#outcome-%d", l.Page, i+1) // as credentials name it
		}
		if strings.HasPrefix(o.ESCO, "http://data.europa.eu/esco/") {
			term.Set = esco
		}
		c.Teaches = append(c.Teaches, term)
	}
	if label := l.ISCED.Label(); label != "" {
		c.About = &definedTerm{Type: "DefinedTerm", Name: label, Code: string(l.ISCED), URL: "http://data.europa.eu/snb/isced-f/" + string(l.ISCED), Set: isced}
	}
	for _, g := range l.TargetGroups {
		c.Audience = append(c.Audience, audience{Type: "EducationalAudience", Role: strings.ToLower(strings.ReplaceAll(string(g), "_", " "))})
	}
	if category := categories[l.Kind]; category != "" {
		c.Awarded = &credential{Type: "EducationalOccupationalCredential", Name: c.Name, Category: category, Level: c.Level}
	}
	for i, o := range l.Offerings {
		id := o.ExternalID
		if i < len(l.OfferingIDs) {
			id = cmp.Or(l.OfferingIDs[i], id)
		}
		c.Instances = append(c.Instances, instanceOf(l.Course, o, id))
		price := priceOf(o)
		if !slices.ContainsFunc(c.Offers, func(p offer) bool { return p.Price == price.Price && p.Currency == price.Currency }) {
			c.Offers = append(c.Offers, price)
		}
	}
	return c
}

// categories are the credentials that a course may lead to, by its kind. A
// course that is none leads to none.
var categories = map[vocab.CredentialKind]string{
	vocab.KindMicroCredential: "Micro-credential",
	vocab.KindMicroDegree:     "Micro-degree",
}

func universityOf(p format.Provider) *university {
	if p.SCHAC == "" && len(p.Name) == 0 {
		return nil
	}
	u := &university{Type: "CollegeOrUniversity", ID: p.Website, Name: say(p.Name), Acronym: p.Acronym, URL: p.Website, Identifier: p.SCHAC}
	if p.Country != "" {
		u.Address = &address{Type: "PostalAddress", Country: p.Country}
	}
	return u
}

func levelOf(eqfLevel int) *definedTerm {
	if eqfLevel == 0 {
		return nil
	}
	code := fmt.Sprint(eqfLevel)
	return &definedTerm{Type: "DefinedTerm", Name: "EQF level " + code, Code: code, URL: "http://data.europa.eu/snb/eqf/" + code, Set: eqf}
}

// kinds are forms of participation that say what a course is, and not where one
// takes part.
var kinds = map[vocab.DeliveryMode]string{"PROJECT_BASED": "project-based", "RESEARCH_LAB_BASED": "research-lab-based", "WORK_BASED": "work-based"}

// modes are the words of search engines for where one takes part, and those of
// schema.org for the attendance of an event.
var modes = map[vocab.DeliveryMode][2]string{
	"PRESENTIAL":         {"onsite", "OfflineEventAttendanceMode"},
	"ONLINE":             {"online", "OnlineEventAttendanceMode"},
	"BLENDED":            {"blended", "MixedEventAttendanceMode"},
	"RESEARCH_LAB_BASED": {"onsite", "OfflineEventAttendanceMode"},
}

func instanceOf(c format.Course, o format.Offering, id string) instance {
	mode := modes[cmp.Or(o.Mode, c.Mode)]
	terms := priceOf(o)
	terms.Description, terms.From, terms.Through = say(o.Funding), local(o.OpensAt, o.Zone), local(o.ClosesAt, o.Zone)
	i := instance{
		Type: "CourseInstance", Identifier: id, Mode: mode[0], Workload: hours(c.Hours), StartDate: o.StartsOn, EndDate: o.EndsOn,
		Language: o.Language, Seats: o.Seats, Offers: &terms,
	}
	if mode[1] != "" {
		i.Attendance = context + "/" + mode[1]
	}
	if name := say(o.Place); name != nil {
		i.Location = &place{Type: "Place", Name: name}
	}
	return i
}

// priceOf returns the fee of an offering, in whole units of its currency.
func priceOf(o format.Offering) offer {
	if o.FeeCents == 0 {
		return offer{Type: "Offer", Category: "Free", Price: "0", Currency: o.FeeCurrency}
	}
	return offer{Type: "Offer", Category: "Paid", Price: fmt.Sprintf("%d.%02d", o.FeeCents/100, o.FeeCents%100), Currency: o.FeeCurrency}
}

// hours returns a duration of ISO 8601.
func hours(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("PT%dH", n)
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// local returns a local time as an instant when its zone is known, and else as
// it stands, which ISO 8601 allows.
func local(s, zone string) string {
	if t, err := vocab.Instant(s, zone); err == nil {
		return instant(t)
	}
	return s
}
