package vocab

// Composition says what a micro-degree is put together from. A rule with its
// zero value is no rule. A course counts whole or not at all, and in one group.
type Composition struct {
	Groups          []CompositionGroup `json:"groups"`
	MinInstitutions int                `json:"minInstitutions,omitempty"` // courses of at least so many partners
	Level           *LevelRule         `json:"level,omitempty"`
	MaxAgeMonths    int                `json:"maxAgeMonths,omitempty"`  // a course counts so long after it was completed
	MaxSharedECTS   *ECTS              `json:"maxSharedEcts,omitempty"` // of what counts elsewhere already at most so much; nil is no rule, 0 lets nothing in
	Sequence        []Order            `json:"sequence,omitempty"`
}

// CompositionGroup is a part of a micro-degree with courses to choose from.
type CompositionGroup struct {
	Key        string   `json:"key"`
	Title      Text     `json:"title"`
	Courses    []string `json:"courses"`
	MinECTS    ECTS     `json:"minEcts,omitempty"`
	MinCourses int      `json:"minCourses,omitempty"` // k of the n courses; k = n asks for all
	MaxECTS    ECTS     `json:"maxEcts,omitempty"`    // the courses that count here have at most so much
}

// LevelRule asks for credits at a level of the European Qualifications
// Framework or above, and may keep out courses below another.
type LevelRule struct {
	EQF     int  `json:"eqf"`
	MinECTS ECTS `json:"minEcts"`
	Lowest  int  `json:"lowest,omitempty"` // no course below this level counts
}

// Order says that one course is completed before another begins.
type Order struct {
	Before string `json:"before"`
	After  string `json:"after"`
}
