package seed

import (
	"embed"
	"encoding/json"
	"fmt"

	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/unit"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// The names, codes and domains of the members are public facts (list of holders
// of the Erasmus charter, ROR); course texts are invented for the demo.
//
//go:embed content/*.json
var content embed.FS

type institutionContent struct {
	Domain      string     `json:"domain"`
	Names       vocab.Text `json:"names"`
	Acronym     string     `json:"acronym"`
	Country     string     `json:"country"`
	Town        vocab.Text `json:"town"`
	ErasmusCode *string    `json:"erasmusCode"`
	PIC         *string    `json:"pic"`
	OID         *string    `json:"oid"`
	ROR         *string    `json:"ror"`
	Website     string     `json:"website"`
	Domains     []string   `json:"domains"`
}

type providerContent struct {
	Domain string `json:"domain"`
	Units  []struct {
		Key    string     `json:"key"`
		Kind   unit.Kind  `json:"kind"`
		Parent string     `json:"parent"`
		Name   vocab.Text `json:"name"`
	} `json:"units"`
	Programmes []struct {
		Code    string       `json:"code"`
		Title   vocab.Text   `json:"title"`
		EQF     int          `json:"eqf"`
		ECTS    vocab.ECTS   `json:"ects"`
		ISCED   vocab.ISCEDF `json:"isced"`
		Modules []struct {
			Code     string     `json:"code"`
			Title    vocab.Text `json:"title"`
			ECTS     vocab.ECTS `json:"ects"`
			Elective bool       `json:"elective"`
		} `json:"modules"`
	} `json:"programmes"`
	Courses []courseContent `json:"courses"`
}

type outcomeContent struct {
	Text vocab.Text `json:"text"`
	ESCO string     `json:"esco"`
}

type qualityContent struct {
	Kind vocab.QualityKind `json:"kind"`
	Name vocab.Text        `json:"name"`
	URL  string            `json:"url"`
}

type courseContent struct {
	Code           string                 `json:"code"`
	Unit           string                 `json:"unit"`
	Kind           course.Kind            `json:"kind"`
	Title          vocab.Text             `json:"title"`
	Summary        vocab.Text             `json:"summary"`
	Description    vocab.Text             `json:"description"`
	Outcomes       []outcomeContent       `json:"outcomes"`
	ECTS           vocab.ECTS             `json:"ects"`
	Hours          int                    `json:"hours"`
	Attempts       int                    `json:"attempts,omitempty"`
	EQF            int                    `json:"eqf"`
	ISCED          string                 `json:"isced"`
	Languages      []string               `json:"languages"`
	Mode           vocab.DeliveryMode     `json:"mode"`
	Assessments    []vocab.AssessmentType `json:"assessments"`
	AssessmentNote vocab.Text             `json:"assessmentNote"`
	Supervision    vocab.Supervision      `json:"supervision"`
	Quality        qualityContent         `json:"quality"`
	Prerequisites  vocab.Text             `json:"prerequisites"`
	TargetGroups   []vocab.TargetGroup    `json:"targetGroups"`
	Stackability   vocab.Stackability     `json:"stackability"`
	Topics         []string               `json:"topics"`
	Offerings      []offeringContent      `json:"offerings"`
}

type offeringContent struct {
	Schedule offering.Schedule  `json:"schedule"`
	Opens    int                `json:"opens"` // days from the day of seeding
	Closes   int                `json:"closes"`
	Starts   int                `json:"starts"`
	Ends     int                `json:"ends"`
	ClosesAt string             `json:"closesAt"`
	Zone     string             `json:"zone"`
	Seats    int                `json:"seats"`
	Language string             `json:"language"`
	Mode     vocab.DeliveryMode `json:"mode"`
	Place    vocab.Text         `json:"place"`
	Fee      struct {
		Amount   json.Number `json:"amount"`
		Currency string      `json:"currency"`
	} `json:"fee"`
	Funding vocab.Text `json:"funding"`
}

type microDegreeContent struct {
	Key         string           `json:"key"`
	Awarding    string           `json:"awarding"`
	Title       vocab.Text       `json:"title"`
	Summary     vocab.Text       `json:"summary"`
	Description vocab.Text       `json:"description"`
	Outcomes    []outcomeContent `json:"outcomes"`
	EQF         int              `json:"eqf"`
	ISCED       vocab.ISCEDF     `json:"isced"`
	ECTS        vocab.ECTS       `json:"ects"`
	Quality     qualityContent   `json:"quality"`
	Groups      []struct {
		Key     string     `json:"key"`
		Title   vocab.Text `json:"title"`
		MinECTS vocab.ECTS `json:"minEcts"`
		Courses []string   `json:"courses"` // codes
	} `json:"groups"`
}

// read reads an embedded file of ours.
func read[T any](name string) (v T, err error) {
	b, err := content.ReadFile("content/" + name + ".json")
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		return v, fmt.Errorf("seed: %s: %w", name, err)
	}
	return v, nil
}

// must is read for what every binary has.
func must[T any](name string) T {
	v, err := read[T](name)
	if err != nil {
		panic(err) // an embedded file of ours
	}
	return v
}

// input is the content as the catalogue takes it.
func (c courseContent) input() catalogue.Content {
	return catalogue.Content{
		Title: c.Title.Translations(), Summary: c.Summary.Translations(), Description: c.Description.Translations(),
		ECTS: &c.ECTS, Hours: &c.Hours, Attempts: vocab.Given(c.Attempts), EQFLevel: &c.EQF, ISCED: &c.ISCED, Languages: c.Languages, Mode: &c.Mode,
		Assessments: c.Assessments, AssessmentNote: c.AssessmentNote.Translations(), Supervision: &c.Supervision,
		Quality:       &catalogue.QualityText{Kind: c.Quality.Kind, Name: c.Quality.Name.Translations(), URL: &c.Quality.URL},
		Prerequisites: c.Prerequisites.Translations(), TargetGroups: c.TargetGroups, Stackability: &c.Stackability, Topics: c.Topics,
		Outcomes: outcomes(c.Outcomes),
	}
}

// outcomes are the outcomes as the catalogue takes them.
func outcomes(all []outcomeContent) (texts []catalogue.OutcomeText) {
	for _, o := range all {
		texts = append(texts, catalogue.OutcomeText{Text: o.Text.Translations(), ESCO: vocab.Given(o.ESCO)})
	}
	return texts
}
