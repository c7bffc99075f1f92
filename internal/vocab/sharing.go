package vocab

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// SharedItem is a part of a learner's data that an application shares with the
// host.
type SharedItem string

// The items. The name goes with every application; all others are the
// learner's choice. A motivation is shared by who writes one.
const (
	ShareName              SharedItem = "NAME"
	ShareEmail             SharedItem = "EMAIL"
	ShareStudentIdentifier SharedItem = "STUDENT_IDENTIFIER"
	ShareHomeProgramme     SharedItem = "HOME_PROGRAMME"
	ShareMotivation        SharedItem = "MOTIVATION"
	ShareDocuments         SharedItem = "DOCUMENTS"
	ShareAnswers           SharedItem = "ANSWERS"
	ShareAccessNeeds       SharedItem = "ACCESS_NEEDS"
)

// SharedItems lists every item.
var SharedItems = []SharedItem{
	ShareName, ShareEmail, ShareStudentIdentifier, ShareHomeProgramme, ShareMotivation, ShareDocuments, ShareAnswers, ShareAccessNeeds,
}

// PersonalField is a part of a person's data that is seen for a reason only, and
// whose reading is noted.
type PersonalField string

// The fields. Those that an application may share are named as its items.
const (
	FieldName              = PersonalField(ShareName)
	FieldEmail             = PersonalField(ShareEmail)
	FieldStudentIdentifier = PersonalField(ShareStudentIdentifier)
	FieldHomeProgramme     = PersonalField(ShareHomeProgramme)
	FieldMotivation        = PersonalField(ShareMotivation)
	FieldDocuments         = PersonalField(ShareDocuments)
	FieldAnswers           = PersonalField(ShareAnswers)
	FieldAccessNeeds       = PersonalField(ShareAccessNeeds)

	FieldReason       PersonalField = "REASON"       // of a refusal or withdrawal
	FieldAffiliations PersonalField = "AFFILIATIONS" // with the institution that reads them
	FieldResult       PersonalField = "RESULT"
	FieldCredential   PersonalField = "CREDENTIAL"
)

// PersonalFields lists every field.
var PersonalFields = []PersonalField{
	FieldName, FieldEmail, FieldStudentIdentifier, FieldHomeProgramme, FieldMotivation, FieldDocuments, FieldAnswers, FieldAccessNeeds,
	FieldReason, FieldAffiliations, FieldResult, FieldCredential,
}

// Share is the consent to share one item, for the purpose that the text names.
type Share struct {
	Item    SharedItem `json:"item"`
	Version string     `json:"version"` // of the text that the learner agreed to
	Given   time.Time  `json:"given"`
	Ended   *time.Time `json:"ended,omitempty"` // when it was withdrawn
}

// Sharing is what an application shares and has shared, oldest first.
type Sharing []Share

// Has says whether the item is shared now.
func (s Sharing) Has(item SharedItem) bool {
	return slices.ContainsFunc(s, func(x Share) bool { return x.Item == item && x.Ended == nil })
}

// With returns a copy that shares the items too.
func (s Sharing) With(version string, now time.Time, items ...SharedItem) Sharing {
	s = slices.Clone(s)
	for _, item := range SharedItems {
		if slices.Contains(items, item) && !s.Has(item) {
			s = append(s, Share{item, version, now, nil})
		}
	}
	return s
}

// Without returns a copy that no longer shares the items.
func (s Sharing) Without(now time.Time, items ...SharedItem) Sharing {
	s = slices.Clone(s)
	for i := range s {
		if s[i].Ended == nil && slices.Contains(items, s[i].Item) {
			s[i].Ended = &now
		}
	}
	return s
}

// Consent is a text to which learners agree when they share data with a host.
type Consent struct {
	Version string        `json:"version"` // the day on which it was written
	Text    Text          `json:"text"`
	Items   []ConsentItem `json:"items"`
}

// ConsentItem is an item with the purpose for which it is shared.
type ConsentItem struct {
	Item     SharedItem `json:"item"`
	Required bool       `json:"required"` // goes with every application, and cannot be withdrawn
	Purpose  Text       `json:"purpose"`
}

//go:embed data/consent.json
var consentData []byte

// Consents are all texts that learners have agreed to, oldest first. One that
// somebody may have agreed to is never changed: a new one is added.
var Consents = func() (all []Consent) {
	if err := json.Unmarshal(consentData, &all); err != nil {
		panic(err) // an embedded file of ours
	}
	return all
}()

// CurrentConsent returns the text to which learners agree at present.
func CurrentConsent() Consent { return Consents[len(Consents)-1] }

// Scan is part of sql.Scanner: it reads a column, as JSON or as nothing.
func (s *Sharing) Scan(column any) error {
	switch column := column.(type) {
	case nil:
		*s = nil
		return nil
	case []byte:
		if len(column) == 0 {
			*s = nil
			return nil
		}
		return json.Unmarshal(column, s)
	case string:
		return json.Unmarshal([]byte(column), s)
	}
	return fmt.Errorf("vocab: %T holds no consents", column)
}
