package vc

import "github.com/peregrine-exchange/peregrine/internal/vocab"

// Concept is an entry of a European controlled list: how a value of ours is
// named across formats and borders.
type Concept struct {
	URI   string // "" when the list has no such entry
	Label string // English
}

const snb = "http://data.europa.eu/snb/"

// The lists are those of the EU Vocabularies under http://data.europa.eu/snb:
// assessment, learning-assessment (which holds the modes of participation),
// supervision-verification and accreditation.
var (
	assessments = map[vocab.AssessmentType]Concept{
		"WRITTEN_EXAMINATION":   {snb + "assessment/6e6cb2cc78", "written examination"},
		"ORAL_EXAMINATION":      {snb + "assessment/d30284d7df", "oral examination"},
		"PRACTICAL_ASSESSMENT":  {snb + "assessment/6a4db9f11d", "practical assessment"},
		"PROJECT_WORK":          {snb + "assessment/795dac4096", "project work"},
		"PORTFOLIO":             {snb + "assessment/4f03b91c0e", "portfolio"},
		"MARKED_ASSIGNMENT":     {snb + "assessment/2939dae15f", "marked assignment"},
		"CONTINUOUS_EVALUATION": {snb + "assessment/3484bd7e51", "continuous evaluation"},
		"QUIZ":                  {snb + "assessment/b1b68f6735", "quiz"},
		"PEER_ASSESSMENT":       {snb + "assessment/19a2e5e671", "peer assessment"},
	}
	participations = map[vocab.DeliveryMode]Concept{
		"PRESENTIAL":         {snb + "learning-assessment/9191af2ed9", "presential"},
		"ONLINE":             {snb + "learning-assessment/920fbb3cbe", "online"},
		"BLENDED":            {snb + "learning-assessment/e92d221e4d", "blended"},
		"PROJECT_BASED":      {snb + "learning-assessment/7813801c77", "project based"},
		"RESEARCH_LAB_BASED": {snb + "learning-assessment/ed4c557045", "research-lab based"},
		"WORK_BASED":         {snb + "learning-assessment/729f3bed4b", "work based"},
	}
	supervisions = map[vocab.Supervision]Concept{
		"UNSUPERVISED":             {snb + "supervision-verification/c598449d64", "unsupervised, identity not verified"},
		"UNSUPERVISED_ID_VERIFIED": {snb + "supervision-verification/df2880c5cb", "unsupervised, identity verified"},
		"SUPERVISED":               {"", "supervised, identity not verified"},
		"SUPERVISED_ID_VERIFIED":   {snb + "supervision-verification/70be69aaf9", "supervised, identity verified"},
	}
	qualities = map[vocab.QualityKind]Concept{
		"INSTITUTIONAL_LICENCE": {snb + "accreditation/003293d2ce", "institutional licence"},
		"INSTITUTIONAL_QA":      {snb + "accreditation/bb4618238e", "institutional quality assurance"},
		"PROGRAMME_QA":          {snb + "accreditation/820101cba6", "programme quality assurance"},
		"PROGRAMME_LICENCE":     {snb + "accreditation/e57dddfcf3", "programme licence"},
	}
)

// AssessmentConcept returns the concept of a type of assessment.
func AssessmentConcept(v vocab.AssessmentType) Concept { return assessments[v] }

// ParticipationConcept returns the concept of a form of participation.
func ParticipationConcept(v vocab.DeliveryMode) Concept { return participations[v] }

// SupervisionConcept returns the concept of a kind of supervision. The list of
// the EU has no entry for supervision without a check of identity.
func SupervisionConcept(v vocab.Supervision) Concept { return supervisions[v] }

// QualityConcept returns the concept of a kind of quality assurance.
func QualityConcept(v vocab.QualityKind) Concept { return qualities[v] }
