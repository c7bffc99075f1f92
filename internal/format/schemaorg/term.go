package schemaorg

import "github.com/peregrine-exchange/peregrine/internal/vocab"

// The types of schema.org that are written, with the properties that are used.
type (
	listItem struct {
		Type     string `json:"@type"`
		Position int    `json:"position"`
		Item     course `json:"item"`
	}
	course struct {
		Type          string        `json:"@type"`
		ID            string        `json:"@id,omitempty"`
		URL           string        `json:"url,omitempty"`
		SameAs        string        `json:"sameAs,omitempty"` // page at the provider
		Identifier    string        `json:"identifier,omitempty"`
		CourseCode    string        `json:"courseCode,omitempty"`
		Name          []spoken      `json:"name,omitempty"`
		Description   []spoken      `json:"description,omitempty"`
		Abstract      []spoken      `json:"abstract,omitempty"`
		Provider      *university   `json:"provider,omitempty"`
		Level         *definedTerm  `json:"educationalLevel,omitempty"`
		Credits       *quantity     `json:"numberOfCredits,omitempty"`
		TimeRequired  string        `json:"timeRequired,omitempty"` // ISO 8601 duration
		Languages     []string      `json:"inLanguage,omitempty"`
		Teaches       []definedTerm `json:"teaches,omitempty"`
		About         *definedTerm  `json:"about,omitempty"`
		Status        string        `json:"creativeWorkStatus,omitempty"`
		Kind          string        `json:"learningResourceType,omitempty"`
		Keywords      []string      `json:"keywords,omitempty"`
		Prerequisites []spoken      `json:"coursePrerequisites,omitempty"`
		Audience      []audience    `json:"audience,omitempty"`
		Awarded       *credential   `json:"educationalCredentialAwarded,omitempty"`
		Published     string        `json:"datePublished,omitempty"`
		Modified      string        `json:"dateModified,omitempty"`
		Offers        []offer       `json:"offers,omitempty"`
		Instances     []instance    `json:"hasCourseInstance,omitempty"`
	}
	spoken struct {
		Language string `json:"@language"`
		Value    string `json:"@value"`
	}
	university struct {
		Type       string   `json:"@type"`
		ID         string   `json:"@id,omitempty"`
		Name       []spoken `json:"name,omitempty"`
		Acronym    string   `json:"alternateName,omitempty"`
		URL        string   `json:"url,omitempty"`
		Identifier string   `json:"identifier,omitempty"` // domain name (SCHAC)
		Address    *address `json:"address,omitempty"`
	}
	address struct {
		Type    string `json:"@type"`
		Country string `json:"addressCountry"`
	}
	definedTerm struct {
		Type string `json:"@type"`
		ID   string `json:"@id,omitempty"`
		Name any    `json:"name"` // []spoken or string
		Code string `json:"termCode,omitempty"`
		URL  string `json:"url,omitempty"`
		Set  string `json:"inDefinedTermSet,omitempty"`
	}
	// A quantity is a StructuredValue that may have a value and a unit.
	quantity struct {
		Type  []string `json:"@type"`
		Value float64  `json:"value"`
		Unit  string   `json:"unitText"`
	}
	audience struct {
		Type string `json:"@type"`
		Role string `json:"educationalRole"`
	}
	credential struct {
		Type     string       `json:"@type"`
		Name     []spoken     `json:"name,omitempty"`
		Category string       `json:"credentialCategory"`
		Level    *definedTerm `json:"educationalLevel,omitempty"`
	}
	instance struct {
		Type       string `json:"@type"`
		Identifier string `json:"identifier,omitempty"`
		Mode       string `json:"courseMode,omitempty"`
		Attendance string `json:"eventAttendanceMode,omitempty"`
		Workload   string `json:"courseWorkload,omitempty"`
		StartDate  string `json:"startDate,omitempty"`
		EndDate    string `json:"endDate,omitempty"`
		Language   string `json:"inLanguage,omitempty"`
		Seats      int    `json:"maximumAttendeeCapacity,omitempty"`
		Location   *place `json:"location,omitempty"`
		Offers     *offer `json:"offers,omitempty"`
	}
	place struct {
		Type string   `json:"@type"`
		Name []spoken `json:"name"`
	}
	offer struct {
		Type        string   `json:"@type"`
		Category    string   `json:"category"`
		Price       string   `json:"price"`
		Currency    string   `json:"priceCurrency,omitempty"`
		Description []spoken `json:"description,omitempty"` // who funds participation
		From        string   `json:"validFrom,omitempty"`
		Through     string   `json:"validThrough,omitempty"`
	}
)

func say(t vocab.Text) (all []spoken) {
	for _, tr := range t.Translations() {
		all = append(all, spoken{Language: tr.Language, Value: tr.Text})
	}
	return all
}
