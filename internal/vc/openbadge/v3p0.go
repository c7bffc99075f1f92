package openbadge

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/grade"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// What every credential of version 3.0 names, in this order.
const (
	contextVC = "https://www.w3.org/ns/credentials/v2"
	contextOB = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
	// It defines 1EdTechJsonSchemaValidator2019, the type of the schema's entry:
	// each type has to be a term (VCDM 2.0, 4.5).
	contextExtensions = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
	schemaURL         = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
)

// The targetTypes of alignments. The first two are in common use.
const (
	alignEQF           = "ext:EQF"
	alignQuality       = "ext:QualityAssurance"
	alignESCO          = "ext:ESCO"
	alignOutcome       = "ext:LearningOutcome"
	alignECTS          = "ext:ECTS"
	alignWorkload      = "ext:Workload"
	alignISCEDF        = "ext:ISCED-F"
	alignAssessment    = "ext:Assessment"
	alignParticipation = "ext:Participation"
	alignSupervision   = "ext:Supervision"
	alignLanguage      = "ext:LanguageOfInstruction"
	alignScale         = "ext:GradingScale"
)

// The types of identifiers beyond those of the form.
const (
	idROR        = "ext:ROR"
	idErasmus    = "ext:ErasmusCode"
	idPIC        = "ext:PIC"
	idSCHAC      = "ext:schacHomeOrganization"
	idName       = "name"
	idGivenName  = "ext:givenName"
	idFamilyName = "ext:familyName"
	idBirth      = "ext:dateOfBirth"
	idESI        = "ext:europeanStudentIdentifier"
)

var achievementTypes = map[vocab.CredentialKind]string{
	vocab.KindMicroCredential: "MicroCredential",
	vocab.KindMicroDegree:     "LearningProgram",
	vocab.KindCourse:          "Course",
}

// The tags of an achievement that say whether it can be stacked.
var stackTags = map[vocab.Stackability]string{"STAND_ALONE": "stand-alone", "STACKABLE": "stackable"}

// The members of the form that are written. "type" is an array in classes of
// the badge and a text in those of its envelope: only so do both variants of
// the schema accept it.
type (
	credential struct {
		Context     []string      `json:"@context"`
		ID          string        `json:"id"`
		Type        []string      `json:"type"`
		Name        string        `json:"name"`
		Description string        `json:"description,omitempty"`
		Issuer      profile       `json:"issuer"`
		ValidFrom   string        `json:"validFrom"`
		ValidUntil  string        `json:"validUntil,omitempty"`
		AwardedDate string        `json:"awardedDate,omitempty"`
		Subject     subject       `json:"credentialSubject"`
		Status      *statusEntry  `json:"credentialStatus,omitempty"`
		Schema      []schemaEntry `json:"credentialSchema"`
	}
	statusEntry struct {
		ID      string `json:"id"`
		Type    string `json:"type"`
		Purpose string `json:"statusPurpose"`
		Index   string `json:"statusListIndex"` // a text, by the W3C's definition
		List    string `json:"statusListCredential"`
	}
	schemaEntry struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	}
	profile struct {
		ID      string       `json:"id"`
		Type    []string     `json:"type"`
		Name    string       `json:"name,omitempty"`
		URL     string       `json:"url,omitempty"`
		Address *address     `json:"address,omitempty"`
		Other   []identifier `json:"otherIdentifier,omitempty"`
	}
	address struct {
		Type    []string `json:"type"`
		Country string   `json:"addressCountryCode"`
	}
	identifier struct {
		Type  string `json:"type"`
		Value string `json:"identifier"`
		Kind  string `json:"identifierType"`
	}
	subject struct {
		ID            string      `json:"id,omitempty"`
		Type          []string    `json:"type"`
		Identifier    []identity  `json:"identifier,omitempty"`
		Source        *profile    `json:"source,omitempty"`
		CreditsEarned json.Number `json:"creditsEarned,omitempty"`
		Achievement   achievement `json:"achievement"`
		Result        []result    `json:"result,omitempty"`
	}
	identity struct {
		Type   string `json:"type"`
		Hashed bool   `json:"hashed"`
		Value  string `json:"identityHash"` // plain while hashed is false
		Kind   string `json:"identityType"`
	}
	achievement struct {
		ID          string              `json:"id"`
		Type        []string            `json:"type"`
		Kind        string              `json:"achievementType,omitempty"`
		Name        string              `json:"name"`
		Description string              `json:"description"`
		Criteria    criteria            `json:"criteria"`
		Credits     json.Number         `json:"creditsAvailable,omitempty"`
		Field       string              `json:"fieldOfStudy,omitempty"`
		Language    string              `json:"inLanguage,omitempty"` // of its texts
		Tag         []string            `json:"tag,omitempty"`
		Alignment   []alignment         `json:"alignment,omitempty"`
		Result      []resultDescription `json:"resultDescription,omitempty"`
	}
	criteria struct {
		ID        string `json:"id,omitempty"`
		Narrative string `json:"narrative,omitempty"`
	}
	alignment struct {
		Type        []string `json:"type"`
		Kind        string   `json:"targetType"`
		Name        string   `json:"targetName"`
		Description string   `json:"targetDescription,omitempty"`
		Framework   string   `json:"targetFramework,omitempty"`
		Code        string   `json:"targetCode,omitempty"`
		URL         string   `json:"targetUrl"`
	}
	resultDescription struct {
		ID        string      `json:"id"`
		Type      []string    `json:"type"`
		Name      string      `json:"name"`
		Kind      string      `json:"resultType"`
		Alignment []alignment `json:"alignment"`
	}
	result struct {
		Type        []string `json:"type"`
		Description string   `json:"resultDescription"`
		Value       string   `json:"value"`
	}
)

// Payload returns what a VC-JWT of the award holds: the credential and its
// claims (Open Badges 3.0, section 8.2.2). It is to be signed with
// jose.TypeJWT. Of each text it takes the English version, or the one that
// stands in for it. It returns *Incomplete when the award lacks an id, an
// issuer, an achievement, a title, a date of issuing, or any way to tell the
// holder.
func Payload(a vc.Award) ([]byte, error) {
	c, err := build(a)
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		credential
		jose.Claims
	}{c, jose.ClaimsOf(a.Issuer.ID, a.ID, a.Holder.ID, a.IssuedAt, a.ValidUntil)})
}

func build(a vc.Award) (credential, error) {
	var missing []string
	for _, need := range []struct {
		name string
		has  bool
	}{
		{"id", a.ID != ""}, {"issuer.id", a.Issuer.ID != ""}, {"achievement", a.Achievement != ""},
		{"title", a.Title.In() != ""}, {"issuedAt", !a.IssuedAt.IsZero()}, {"holder", a.Holder != vc.Holder{}},
	} {
		if !need.has {
			missing = append(missing, need.name)
		}
	}
	if len(missing) > 0 {
		return credential{}, &Incomplete{missing}
	}
	c := credential{
		Context:     []string{contextVC, contextOB, contextExtensions},
		ID:          a.ID,
		Type:        []string{"VerifiableCredential", "AchievementCredential"},
		Name:        a.Title.In(),
		Description: a.Description.In(),
		Issuer:      profileOf(a.Issuer),
		ValidFrom:   vc.Stamp(a.IssuedAt),
		ValidUntil:  vc.Stamp(a.ValidUntil),
		AwardedDate: vc.Stamp(a.AwardedAt),
		Subject:     subjectOf(a),
		Schema:      []schemaEntry{{schemaURL, "1EdTechJsonSchemaValidator2019"}},
	}
	if s := a.Status; s != nil {
		index := strconv.Itoa(s.Index)
		c.Status = &statusEntry{s.List + "#" + index, "BitstringStatusListEntry", s.Purpose, index, s.List}
	}
	return c, nil
}

// Issuer writes the Profile of an organisation as a document of its own, for the
// address by which its credentials name it.
func Issuer(o vc.Organisation) ([]byte, error) {
	return json.Marshal(struct {
		Context []string `json:"@context"`
		profile
	}{[]string{contextVC, contextOB}, profileOf(o)})
}

func profileOf(o vc.Organisation) profile {
	p := profile{ID: o.ID, Type: []string{"Profile"}, Name: o.Name.In(), URL: o.Website}
	if o.Country != "" {
		p.Address = &address{[]string{"Address"}, o.Country}
	}
	for _, id := range []identifier{{Kind: idROR, Value: o.ROR}, {Kind: idErasmus, Value: o.Erasmus}, {Kind: idPIC, Value: o.PIC}, {Kind: idSCHAC, Value: o.SCHAC}} {
		if id.Value != "" {
			id.Type = "IdentifierEntry"
			p.Other = append(p.Other, id)
		}
	}
	return p
}

func subjectOf(a vc.Award) subject {
	s := subject{ID: a.Holder.ID, Type: []string{"AchievementSubject"}, Achievement: achievementOf(a), CreditsEarned: credits(a.ECTS)}
	h := a.Holder
	for _, id := range []identity{
		{Kind: idName, Value: h.Name()}, {Kind: idGivenName, Value: h.GivenName}, {Kind: idFamilyName, Value: h.FamilyName},
		{Kind: idBirth, Value: h.DateOfBirth}, {Kind: idESI, Value: h.ESI},
	} {
		if id.Value != "" {
			id.Type = "IdentityObject"
			s.Identifier = append(s.Identifier, id)
		}
	}
	if len(a.AwardingBodies) > 0 {
		body := profileOf(a.AwardingBodies[0])
		s.Source = &body
	}
	if a.Grade != nil {
		s.Result = []result{{[]string{"Result"}, gradeID(a), a.Grade.Value}}
	}
	return s
}

func achievementOf(a vc.Award) achievement {
	out := achievement{
		ID: a.Achievement, Type: []string{"Achievement"}, Kind: achievementTypes[a.Kind],
		Name: a.Title.In(), Description: a.Description.In(),
		Criteria: criteria{Narrative: a.Criteria.In()},
		Credits:  credits(a.ECTS), Field: a.ISCEDF.Label(),
		Language:  inLanguage(a.Title.LanguageIn(nil)),
		Alignment: alignments(a),
	}
	if out.Description == "" { // the form demands one
		out.Description = out.Name
	}
	if out.Criteria.Narrative == "" { // the form demands either
		out.Criteria.ID = a.Achievement
	}
	if tag := stackTags[a.Stacking]; tag != "" {
		out.Tag = []string{tag}
	}
	if a.Grade != nil {
		scale := string(a.Grade.Scale)
		out.Result = []resultDescription{{
			ID: gradeID(a), Type: []string{"ResultDescription"}, Name: "Grade", Kind: resultType(a.Grade.Scale),
			Alignment: []alignment{{[]string{"Alignment"}, alignScale, scale, "", "", scale, gradeID(a)}},
		}}
	}
	return out
}

func gradeID(a vc.Award) string { return a.Achievement + "#grade" }

// resultType returns the form's word for the grades of a scale.
func resultType(scale vocab.GradeScale) string {
	switch s, common := grade.Find(scale); {
	case !common || !s.Graded():
		return "Result"
	case len(s.Letters) > 0:
		return "LetterGrade"
	}
	return "RawScore"
}

// known says whether a scale is a common one, or one that an institution defines.
func known(scale vocab.GradeScale) bool {
	_, common := grade.Find(scale)
	return common || ident.ID(scale).Kind() == ident.GradingScale
}

// credits returns the ECTS credits as an exact JSON number, or none. The form
// does not say what a credit is: an alignment does.
func credits(e vocab.ECTS) json.Number {
	if e <= 0 {
		return ""
	}
	return json.Number(e.String())
}

// languageCode is what the form takes for a language: fewer than BCP 47 has.
var languageCode = regexp.MustCompile(`^[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`)

func inLanguage(tag string) string {
	if !languageCode.MatchString(tag) {
		return ""
	}
	return tag
}

// alignments says in the vocabularies of Europe what the form has no member for.
func alignments(a vc.Award) []alignment {
	var all []alignment
	add := func(kind, name, framework, code, target string) {
		all = append(all, alignment{Type: []string{"Alignment"}, Kind: kind, Name: name, Framework: framework, Code: code, URL: target})
	}
	// concept adds a value of a controlled list, or a part of the achievement's
	// own page for what the list lacks.
	concept := func(kind string, c vc.Concept, framework, code string) {
		if c.URI == "" {
			c.URI = a.Achievement + "#" + strings.ToLower(strings.TrimPrefix(kind, "ext:"))
		}
		add(kind, cmp.Or(c.Label, code), framework, code, c.URI)
	}
	if a.EQF > 0 {
		level := strconv.Itoa(a.EQF)
		add(alignEQF, "EQF level "+level, "European Qualifications Framework", level, "http://data.europa.eu/snb/eqf/"+level)
	}
	if a.ECTS > 0 {
		add(alignECTS, a.ECTS.String()+" ECTS credits", "European Credit Transfer and Accumulation System", a.ECTS.String(), "http://data.europa.eu/snb/education-credit/6fcec5c5af")
	}
	if a.Hours > 0 {
		add(alignWorkload, fmt.Sprintf("%d hours of work", a.Hours), "", fmt.Sprintf("PT%dH", a.Hours), a.Achievement+"#workload")
	}
	if a.ISCEDF != "" {
		add(alignISCEDF, a.ISCEDF.Label(), "ISCED-F 2013", string(a.ISCEDF), "http://data.europa.eu/snb/isced-f/"+string(a.ISCEDF))
	}
	for i, o := range a.Outcomes {
		if o.ESCO != "" {
			add(alignESCO, o.Text.In(), "ESCO", "", o.ESCO)
		} else {
			add(alignOutcome, o.Text.In(), "", "", fmt.Sprintf("%s#outcome-%d", a.Achievement, i+1))
		}
	}
	for _, v := range a.Assessments {
		concept(alignAssessment, vc.AssessmentConcept(v), "Europass assessment types", string(v))
	}
	if a.Participation != "" {
		concept(alignParticipation, vc.ParticipationConcept(a.Participation), "Europass modes of learning", string(a.Participation))
	}
	if a.Supervision != "" {
		concept(alignSupervision, vc.SupervisionConcept(a.Supervision), "Europass supervision and verification", string(a.Supervision))
	}
	if q := a.Quality; q.Kind != "" {
		c := vc.QualityConcept(q.Kind)
		name, target := cmp.Or(q.Name.In(), c.Label), cmp.Or(q.URL, c.URI)
		add(alignQuality, name, "Europass accreditation types", string(q.Kind), target)
		all[len(all)-1].Description = c.Label
	}
	if tag, err := language.Parse(a.Language); err == nil {
		base, _ := tag.Base()
		add(alignLanguage, a.Language, "", a.Language, "http://publications.europa.eu/resource/authority/language/"+strings.ToUpper(base.ISO3()))
	}
	return all
}

// Loss returns the members of the award that the form cannot hold, by their
// JSON names: what is in them will not be in the credential. A name with the
// ending ".translations" means all versions of the text but one, and one with
// the ending ".language" that readers will take the text for another language.
func Loss(a vc.Award) []string {
	lost := map[string]bool{
		"prerequisites":    len(a.Prerequisites) > 0,
		"verifyUrl":        a.VerifyURL != "",
		"awardingBodies":   len(a.AwardingBodies) > 1, // all but the first
		"kind":             a.Kind != "" && achievementTypes[a.Kind] == "",
		"quality.kind":     a.Quality.Kind != "" && vc.QualityConcept(a.Quality.Kind).Label == "",
		"quality":          a.Quality.Kind == "" && (len(a.Quality.Name) > 0 || a.Quality.URL != ""),
		"issuedAt.seconds": a.IssuedAt.Nanosecond() != 0 || a.AwardedAt.Nanosecond() != 0 || a.ValidUntil.Nanosecond() != 0,
	}
	texts := map[string][]vocab.Text{
		"title": {a.Title}, "description": {a.Description}, "criteria": {a.Criteria},
		"issuer.name": {a.Issuer.Name}, "quality.name": {a.Quality.Name},
	}
	for _, o := range a.Outcomes {
		texts["outcomes"] = append(texts["outcomes"], o.Text)
	}
	for _, body := range a.AwardingBodies[:min(1, len(a.AwardingBodies))] {
		texts["awardingBodies.name"] = append(texts["awardingBodies.name"], body.Name)
	}
	written := inLanguage(a.Title.LanguageIn(nil))
	for name, all := range texts {
		lost[name+".translations"] = slices.ContainsFunc(all, func(t vocab.Text) bool { return len(t) > 1 })
		lost[name+".language"] = slices.ContainsFunc(all, func(t vocab.Text) bool { return len(t) > 0 && t.LanguageIn(nil) != written })
	}
	maps.DeleteFunc(lost, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(lost))
}
