package vocab

import "time"

// Window is when one audience may apply. The instants decide; the offering
// names the time zone in which they were agreed.
type Window struct {
	Audience TargetGroup `json:"audience"`
	OpensAt  time.Time   `json:"opensAt"`
	ClosesAt *time.Time  `json:"closesAt,omitempty"`
}

// Session is one meeting of an offering.
type Session struct {
	StartsAt time.Time `json:"startsAt"`
	EndsAt   time.Time `json:"endsAt"`
	Title    Text      `json:"title,omitempty"`
	Place    Text      `json:"place,omitempty"`
}

// Finding is one thing that an import has to say about a row.
type Finding struct {
	Field    string `json:"field"`    // path in the source or in the content
	Message  Text   `json:"message"`  // in the languages of the messages
	Blocking bool   `json:"blocking"` // whether the row was refused because of it
}
