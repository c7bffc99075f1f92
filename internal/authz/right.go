package authz

import (
	"slices"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Right says who may do a verb, at the institution or alliance of the thing.
type Right struct {
	Verb  Verb
	Roles []viewer.Role
}

// verbs say what each verb is.
var verbs = map[Verb]phrase{
	ManageAlliance:      {"change the alliance, invite, suspend and end members", "die Allianz ändern, Mitglieder einladen, ihre Mitgliedschaft aussetzen und beenden"},
	ManageInstitution:   {"change the institution and its units, answer invitations", "die Hochschule und ihre Einheiten ändern, Einladungen beantworten"},
	GrantRoles:          {"give and end roles, and make rules for them", "Rollen geben und beenden, Regeln dafür festlegen"},
	EditCourse:          {"write courses", "Kurse schreiben"},
	PublishCourse:       {"review, publish and withdraw courses", "Kurse prüfen, veröffentlichen und zurückziehen"},
	ManageOffering:      {"plan, publish and cancel offerings", "Angebote planen, veröffentlichen und absagen"},
	ImportCatalogue:     {"import the catalogue and set up its sources", "das Kursangebot importieren und seine Quellen einrichten"},
	EditMicroDegree:     {"write, publish and withdraw micro-degrees", "Micro-Degrees schreiben, veröffentlichen und zurückziehen"},
	NominateApplication: {"nominate own learners for offerings elsewhere, or refuse that", "eigene Lernende für Angebote anderswo nominieren oder dies ablehnen"},
	DecideApplication:   {"admit learners of others to own offerings, or refuse that", "Lernende anderer Hochschulen zu eigenen Angeboten zulassen oder dies ablehnen"},
	RecordResult:        {"record results", "Ergebnisse eintragen"},
	ConfirmResult:       {"confirm results", "Ergebnisse bestätigen"},
	IssueCredential:     {"issue credentials", "Nachweise ausstellen"},
	RevokeCredential:    {"revoke credentials", "Nachweise widerrufen"},
	ManageKeys:          {"manage signing keys", "Signaturschlüssel verwalten"},
	ManageClients:       {"register programs of the institution, change and disable them", "Programme der Hochschule registrieren, ändern und abschalten"},
	ProposeRule:         {"propose recognition rules", "Anerkennungsregeln vorschlagen"},
	AnswerRule:          {"agree or decline recognition rules", "Anerkennungsregeln zustimmen oder sie ablehnen"},
	TerminateRule:       {"end recognition rules", "Anerkennungsregeln beenden"},
	DecideRecognition:   {"decide recognition cases", "über Anerkennungen entscheiden"},
}

// In says what the verb is, in a language.
func (v Verb) In(tag language.Tag) string { return verbs[v].in(tag) }

// Rights lists every verb with the roles that carry it, in alphabetical order.
// It is the very table that each change asks.
func Rights() []Right {
	var all []Right
	for _, verb := range Verbs() {
		all = append(all, Right{verb, rights[verb]})
	}
	return all
}

// Carried lists the verbs that a role carries, in alphabetical order.
func Carried(role viewer.Role) []Verb {
	return slices.DeleteFunc(Verbs(), func(v Verb) bool { return !slices.Contains(rights[v], role) })
}
