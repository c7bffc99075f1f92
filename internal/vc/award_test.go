package vc

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// complete has every mandatory element of Annex I and nothing more.
func complete() Award {
	return Award{
		Issuer:         Organisation{Country: "DE"},
		AwardingBodies: []Organisation{{Name: vocab.Text{"en": "Institute of Optics"}}},
		Holder:         Holder{FamilyName: "Lovelace"},
		Title:          vocab.Text{"en": "Lasers"},
		Outcomes:       []vocab.Outcome{{Text: vocab.Text{"en": "adjusts a laser"}}},
		ECTS:           250,
		Assessments:    []vocab.AssessmentType{"QUIZ"},
		Participation:  "ONLINE",
		Quality:        vocab.QualityAssurance{Kind: "INSTITUTIONAL_QA"},
		IssuedAt:       time.Unix(1_800_000_000, 0).UTC(),
	}
}

func TestAnnexIElementsAreMissed(t *testing.T) {
	if got := complete().Missing(); got != nil {
		t.Errorf("a complete award misses %v", got)
	}
	if got := (Award{}).Missing(); !slices.Equal(got, Elements) {
		t.Errorf("an empty award misses %v, want all of %v", got, Elements)
	}
	for key, remove := range map[string]func(*Award){
		"holder":         func(a *Award) { a.Holder = Holder{ID: "urn:uuid:1", ESI: "urn:schac:x"} },
		"title":          func(a *Award) { a.Title = nil },
		"issuer.country": func(a *Award) { a.Issuer.Country = "" },
		"awardingBodies": func(a *Award) { a.AwardingBodies = append(a.AwardingBodies, Organisation{ID: "https://a.example"}) },
		"issuedAt":       func(a *Award) { a.IssuedAt = time.Time{} },
		"outcomes":       func(a *Award) { a.Outcomes = nil },
		"workload":       func(a *Award) { a.ECTS = 0 },
		"assessments":    func(a *Award) { a.Assessments = nil },
		"participation":  func(a *Award) { a.Participation = "" },
		"quality":        func(a *Award) { a.Quality.Kind = "" },
	} {
		t.Run(key, func(t *testing.T) {
			a := complete()
			remove(&a)
			if got := a.Missing(); !slices.Equal(got, []string{key}) {
				t.Errorf("Missing = %v, want %s", got, key)
			}
		})
	}
}

func TestHoursStandInForECTS(t *testing.T) {
	a := complete()
	a.ECTS, a.Hours = 0, 75
	if got := a.Missing(); got != nil {
		t.Errorf("Missing = %v", got)
	}
}

func TestStoredAwardReadsBackEqual(t *testing.T) {
	a := complete()
	a.Grade = &Grade{"1.3", "DE_1_5"}
	a.Status = &Status{"https://a.example/status/1", 0, Revocation}
	stored, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var back Award
	if err := json.Unmarshal(stored, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, back); diff != "" {
		t.Error(diff)
	}
}

func TestEveryValueHasAConcept(t *testing.T) {
	var all []Concept
	for _, v := range vocab.AssessmentTypes {
		all = append(all, AssessmentConcept(v))
	}
	for _, v := range vocab.DeliveryModes {
		all = append(all, ParticipationConcept(v))
	}
	for _, v := range vocab.Supervisions {
		all = append(all, SupervisionConcept(v))
	}
	for _, v := range vocab.QualityKinds {
		all = append(all, QualityConcept(v))
	}
	for i, c := range all {
		if c.Label == "" {
			t.Errorf("value %d has no concept", i)
		}
	}
}
