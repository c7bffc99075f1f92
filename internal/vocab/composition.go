package vocab

// Composition says what a micro-degree is put together from.
type Composition struct {
	Groups          []CompositionGroup `json:"groups"`
	MinInstitutions int                `json:"minInstitutions,omitempty"`
	Level           *LevelRule         `json:"level,omitempty"`
	MaxAgeMonths    int                `json:"maxAgeMonths,omitempty"`
	MaxSharedECTS   *ECTS              `json:"maxSharedEcts,omitempty"`
	Sequence        []Order            `json:"sequence,omitempty"`
}

// CompositionGroup is a part of a micro-degree with courses to choose from.
type CompositionGroup struct {
	Key        string   `json:"key"`
	Title      Text     `json:"title"`
	Courses    []string `json:"courses"`
	MinECTS    ECTS     `json:"minEcts,omitempty"`
	MinCourses int      `json:"minCourses,omitempty"`
	MaxECTS    ECTS     `json:"maxEcts,omitempty"`
}

// LevelRule asks for credits at a level.
type LevelRule struct {
	EQF     int  `json:"eqf"`
	MinECTS ECTS `json:"minEcts"`
}

// Order says that one course comes before another.
type Order struct {
	Before string `json:"before"`
	After  string `json:"after"`
}
