// Package jsonl owns the complete export: one JSON object a line that holds all
// that a listed course has here, and a last line {"end":true,"count":N}, without
// which a file is known to be cut off. Names and codes are those of the GraphQL
// API; a text is an object from language tag to text, and the local times of an
// offering are those of its time zone.
package jsonl

import (
	"time"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// line is a line of the file: a course, or the end.
type line struct {
	ID             string                 `json:"id,omitempty"`
	Institution    *institution           `json:"institution,omitempty"`
	PublishedAt    time.Time              `json:"publishedAt,omitzero"`
	ChangedAt      time.Time              `json:"changedAt,omitzero"`
	Page           string                 `json:"page,omitempty"`
	Withdrawn      bool                   `json:"withdrawn,omitempty"`
	ExternalID     string                 `json:"externalId,omitempty"`
	Code           string                 `json:"code,omitempty"`
	Kind           vocab.CredentialKind   `json:"kind,omitempty"`
	Unit           string                 `json:"unit,omitempty"`
	Title          vocab.Text             `json:"title,omitempty"`
	Summary        vocab.Text             `json:"summary,omitempty"`
	Description    vocab.Text             `json:"description,omitempty"`
	Outcomes       []vocab.Outcome        `json:"outcomes,omitempty"`
	ECTS           string                 `json:"ects,omitempty"`
	Hours          int                    `json:"hours,omitempty"`
	Attempts       int                    `json:"attempts,omitempty"`
	EQFLevel       int                    `json:"eqfLevel,omitempty"`
	ISCED          string                 `json:"isced,omitempty"`
	Languages      []string               `json:"languages,omitempty"`
	Mode           vocab.DeliveryMode     `json:"mode,omitempty"`
	Assessments    []vocab.AssessmentType `json:"assessments,omitempty"`
	AssessmentNote vocab.Text             `json:"assessmentNote,omitempty"`
	Supervision    vocab.Supervision      `json:"supervision,omitempty"`
	Quality        *quality               `json:"quality,omitempty"`
	Prerequisites  vocab.Text             `json:"prerequisites,omitempty"`
	TargetGroups   []vocab.TargetGroup    `json:"targetGroups,omitempty"`
	Stackability   vocab.Stackability     `json:"stackability,omitempty"`
	Topics         []string               `json:"topics,omitempty"`
	URL            string                 `json:"url,omitempty"`
	ModifiedAt     time.Time              `json:"modifiedAt,omitzero"`
	Offerings      []offering             `json:"offerings,omitempty"`

	End   bool `json:"end,omitempty"`
	Count *int `json:"count,omitempty"`
}

type institution struct {
	ID      string     `json:"id,omitempty"`
	SCHAC   string     `json:"schac,omitempty"`
	Name    vocab.Text `json:"name,omitempty"`
	Acronym string     `json:"acronym,omitempty"`
	Country string     `json:"country,omitempty"`
	Website string     `json:"website,omitempty"`
}

type quality struct {
	Kind vocab.QualityKind `json:"kind,omitempty"`
	Name vocab.Text        `json:"name,omitempty"`
	URL  string            `json:"url,omitempty"`
}

type offering struct {
	ID            string             `json:"id,omitempty"`
	ExternalID    string             `json:"externalId,omitempty"`
	Schedule      string             `json:"schedule"`
	TimeZone      string             `json:"timeZone,omitempty"`
	OpensAtLocal  string             `json:"opensAtLocal,omitempty"`
	ClosesAtLocal string             `json:"closesAtLocal,omitempty"`
	StartsOn      string             `json:"startsOn,omitempty"`
	EndsOn        string             `json:"endsOn,omitempty"`
	Seats         int                `json:"seats,omitempty"`
	Language      string             `json:"language,omitempty"`
	Mode          vocab.DeliveryMode `json:"mode,omitempty"`
	Place         vocab.Text         `json:"place,omitempty"`
	Funding       vocab.Text         `json:"funding,omitempty"`
	FeeCents      int                `json:"feeCents,omitempty"`
	FeeCurrency   string             `json:"feeCurrency,omitempty"`
}

// The schedules of the API.
const (
	cohort   = "COHORT"
	onDemand = "ON_DEMAND"
)

// lineOf says a course in the words of the API.
func lineOf(l format.Listed) line {
	out := line{
		ID: l.ID, PublishedAt: l.PublishedAt, ChangedAt: l.ChangedAt, Page: l.Page, Withdrawn: l.Withdrawn, ExternalID: l.ExternalID, Code: l.Code,
		Kind: l.Kind, Unit: l.Unit, Title: l.Title, Summary: l.Summary, Description: l.Description, Outcomes: l.Outcomes,
		Hours: l.Hours, Attempts: l.Attempts, EQFLevel: l.EQF, ISCED: string(l.ISCED), Languages: l.Languages, Mode: l.Mode, Assessments: l.Assessments,
		AssessmentNote: l.AssessmentNote, Supervision: l.Supervision, Prerequisites: l.Prerequisites,
		TargetGroups: l.TargetGroups, Stackability: l.Stackability, Topics: l.Topics, URL: l.URL, ModifiedAt: l.ModifiedAt,
	}
	if l.ECTS != 0 {
		out.ECTS = l.ECTS.String()
	}
	if q := l.Quality; q != nil {
		out.Quality = &quality{Kind: q.Kind, Name: q.Name, URL: q.URL}
	}
	if p := l.Provider; p.ID+p.SCHAC+p.Acronym+p.Country+p.Website != "" || len(p.Name) > 0 {
		i := institution(p)
		out.Institution = &i
	}
	for n, o := range l.Offerings {
		w := offering{
			ExternalID: o.ExternalID, Schedule: cohort, TimeZone: o.Zone, OpensAtLocal: o.OpensAt, ClosesAtLocal: o.ClosesAt,
			StartsOn: o.StartsOn, EndsOn: o.EndsOn, Seats: o.Seats, Language: o.Language, Mode: o.Mode, Place: o.Place,
			Funding: o.Funding, FeeCents: o.FeeCents, FeeCurrency: o.FeeCurrency,
		}
		if n < len(l.OfferingIDs) {
			w.ID = l.OfferingIDs[n]
		}
		if o.OnDemand {
			w.Schedule = onDemand
		}
		out.Offerings = append(out.Offerings, w)
	}
	return out
}

// listed is the reverse of lineOf. The workload and the field of education,
// which may be wrong, are left to check.
func (l line) listed() format.Listed {
	out := format.Listed{ID: l.ID, PublishedAt: l.PublishedAt, ChangedAt: l.ChangedAt, Page: l.Page, Withdrawn: l.Withdrawn, Course: format.Course{
		ExternalID: l.ExternalID, Code: l.Code, Kind: l.Kind, Unit: l.Unit, Title: l.Title, Summary: l.Summary,
		Description: l.Description, Outcomes: l.Outcomes, Hours: l.Hours, Attempts: l.Attempts, EQF: l.EQFLevel, Languages: l.Languages, Mode: l.Mode,
		Assessments: l.Assessments, AssessmentNote: l.AssessmentNote, Supervision: l.Supervision, Prerequisites: l.Prerequisites,
		TargetGroups: l.TargetGroups, Stackability: l.Stackability, Topics: l.Topics, URL: l.URL, ModifiedAt: l.ModifiedAt.UTC(),
	}}
	if q := l.Quality; q != nil {
		out.Quality = &vocab.QualityAssurance{Kind: q.Kind, Name: q.Name, URL: q.URL}
	}
	if l.Institution != nil {
		out.Provider = format.Provider(*l.Institution)
	}
	for _, o := range l.Offerings {
		out.OfferingIDs = append(out.OfferingIDs, o.ID)
		out.Offerings = append(out.Offerings, format.Offering{
			ExternalID: o.ExternalID, OnDemand: o.Schedule == onDemand, Zone: o.TimeZone, OpensAt: o.OpensAtLocal, ClosesAt: o.ClosesAtLocal,
			StartsOn: o.StartsOn, EndsOn: o.EndsOn, Seats: o.Seats, Language: o.Language, Mode: o.Mode, Place: o.Place,
			Funding: o.Funding, FeeCents: o.FeeCents, FeeCurrency: o.FeeCurrency,
		})
	}
	return out
}
