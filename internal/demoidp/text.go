package demoidp

import (
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/text/language"
)

// text is what the pages say, in one language.
type text struct {
	Language                                     string
	Banner1, Banner2, Banner3                    string
	ChooseTitle, Continue, TwoFactor, Cancel     string
	StoppedTitle                                 string
	Expired, UnknownPerson, BadRequest           string
	SignedOutTitle, SignedOut                    string
	IndexTitle, IndexText, PersonOne, PersonMany string
	Metadata                                     string
}

// texts stand in the order of pageLanguages.
var texts = []text{{
	Language:       "en",
	Banner1:        "Demo identity provider",
	Banner2:        "everybody here is invented",
	Banner3:        "no password is asked",
	ChooseTitle:    "Choose who you are",
	Continue:       "You will be signed in to",
	TwoFactor:      "The service asks for two factors. This demo only pretends to check them.",
	Cancel:         "Cancel",
	StoppedTitle:   "This sign-in cannot go on",
	Expired:        "It has expired or was already completed. Go back to the service you came from and start again.",
	UnknownPerson:  "This university does not offer that person. Go back and choose somebody from the list.",
	BadRequest:     "The service you came from sent a request that this identity provider does not accept.",
	SignedOutTitle: "You are signed out",
	SignedOut:      "This identity provider remembers nothing. The next sign-in asks again.",
	IndexTitle:     "Universities of the demo",
	IndexText:      "Each has its own issuer and its own key. To sign in, start at the service; it leads here.",
	PersonOne:      "person",
	PersonMany:     "people",
	Metadata:       "metadata",
}, {
	Language:       "de",
	Banner1:        "Demo-Identitätsanbieter",
	Banner2:        "alle Personen sind erfunden",
	Banner3:        "es wird kein Passwort verlangt",
	ChooseTitle:    "Wer möchten Sie sein?",
	Continue:       "Sie werden angemeldet bei",
	TwoFactor:      "Der Dienst verlangt zwei Faktoren. Diese Demo prüft sie nur zum Schein.",
	Cancel:         "Abbrechen",
	StoppedTitle:   "Diese Anmeldung geht nicht weiter",
	Expired:        "Sie ist abgelaufen oder schon abgeschlossen. Gehen Sie zurück zum Dienst, von dem Sie kommen, und beginnen Sie neu.",
	UnknownPerson:  "Diese Hochschule bietet diese Person nicht an. Gehen Sie zurück und wählen Sie jemanden aus der Liste.",
	BadRequest:     "Der Dienst, von dem Sie kommen, hat eine Anfrage gesendet, die dieser Identitätsanbieter nicht annimmt.",
	SignedOutTitle: "Sie sind abgemeldet",
	SignedOut:      "Dieser Identitätsanbieter merkt sich nichts. Die nächste Anmeldung fragt wieder.",
	IndexTitle:     "Hochschulen der Demo",
	IndexText:      "Jede hat einen eigenen Aussteller und einen eigenen Schlüssel. Die Anmeldung beginnt beim Dienst und führt dann hierher.",
	PersonOne:      "Person",
	PersonMany:     "Personen",
	Metadata:       "Metadaten",
}}

// pageLanguages are those of the pages; the first is used when none fits.
var pageLanguages = oidc.Locales{language.English, language.German}

var pageMatcher = language.NewMatcher(pageLanguages)

// textFor picks the language: first what the client asked for (ui_locales),
// then what the browser prefers. A malformed preference counts as none.
func textFor(req *http.Request, wanted []language.Tag) text {
	preferred, _, _ := language.ParseAcceptLanguage(req.Header.Get("Accept-Language"))
	_, i, _ := pageMatcher.Match(append(append([]language.Tag{}, wanted...), preferred...)...)
	return texts[i]
}
