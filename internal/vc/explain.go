package vc

import (
	"golang.org/x/text/language"
)

// Explain says a check's reason in the language that fits tag best, English by
// default, for people who have to rely on the answer.
func Explain(c Check, tag language.Tag) string {
	_, i, _ := explained.Match(tag)
	if c.Reason == ReasonPassed {
		return passed[c.Kind][i]
	}
	return reasons[c.Reason][i]
}

var explained = language.NewMatcher([]language.Tag{language.English, language.German})

// passed says what each check confirms, in English and German.
var passed = map[Kind][2]string{
	CheckForm:      {"It has the form of a credential.", "Es hat die Form eines Nachweises."},
	CheckSignature: {"The signature is genuine: nothing was changed.", "Die Signatur ist echt: Nichts wurde verändert."},
	CheckIssuer:    {"The issuer is a member of the alliance, and was when it issued this.", "Die ausstellende Einrichtung ist Mitglied der Allianz und war es bei der Ausstellung."},
	CheckKey:       {"The key belongs to the issuer.", "Der Schlüssel gehört der ausstellenden Einrichtung."},
	CheckTime:      {"It is within its dates.", "Es liegt innerhalb seiner Gültigkeitsdaten."},
	CheckStatus:    {"It has not been revoked.", "Es wurde nicht widerrufen."},
	CheckSchema:    {"It fits the schema of its form.", "Es entspricht dem Schema seiner Form."},
}

// reasons says each other reason, in English and German.
var reasons = map[Reason][2]string{
	ReasonSize:      {"It is larger than a credential may be.", "Es ist größer, als ein Nachweis sein darf."},
	ReasonEncoding:  {"It is not encoded as a credential is.", "Es ist nicht wie ein Nachweis kodiert."},
	ReasonJSON:      {"Its content cannot be read.", "Der Inhalt ist nicht lesbar."},
	ReasonDuplicate: {"A member stands in it twice.", "Eine Angabe steht doppelt darin."},
	ReasonDepth:     {"It is nested too deeply.", "Es ist zu tief verschachtelt."},
	ReasonToken:     {"It is not a signed token; perhaps a part was lost when it was copied.", "Es ist kein signiertes Token; vielleicht ging beim Kopieren ein Teil verloren."},
	ReasonHeader:    {"It is a token of another kind.", "Es ist ein Token anderer Art."},
	ReasonVersion:   {"It has an older form that is not read here.", "Es hat eine ältere Form, die hier nicht gelesen wird."},
	ReasonContext:   {"It uses terms that are not known here.", "Es verwendet Begriffe, die hier nicht bekannt sind."},
	ReasonClass:     {"It is a credential of another kind.", "Es ist ein Nachweis anderer Art."},
	ReasonMember:    {"A statement is missing or has the wrong form.", "Eine Angabe fehlt oder hat die falsche Form."},
	ReasonClaims:    {"The token and the credential in it contradict each other.", "Das Token und der enthaltene Nachweis widersprechen sich."},
	ReasonList:      {"The status list cannot be read.", "Die Statusliste ist nicht lesbar."},

	ReasonMismatch:  {"The signature does not fit: the content was changed or somebody else signed it.", "Die Signatur passt nicht: Der Inhalt wurde verändert, oder jemand anderes hat signiert."},
	ReasonAlgorithm: {"It is signed in a way that is not accepted.", "Es ist auf eine Weise signiert, die nicht akzeptiert wird."},

	ReasonKeyUnknown:     {"The issuer has no such key.", "Die ausstellende Einrichtung hat keinen solchen Schlüssel."},
	ReasonKeyWeak:        {"The key is not safe enough.", "Der Schlüssel ist nicht sicher genug."},
	ReasonKeyUnreachable: {"The issuer's keys are not known here, so the signature could not be checked.", "Die Schlüssel der ausstellenden Einrichtung sind hier nicht bekannt; die Signatur war nicht prüfbar."},
	ReasonUnsigned:       {"It is not signed. What this issuer issues always is.", "Es ist nicht signiert. Was dieser Aussteller ausstellt, ist es immer."},
	ReasonKeyCompromised: {"The key was stolen, and this use of it is not on record.", "Der Schlüssel wurde gestohlen, und diese Verwendung ist nicht verzeichnet."},

	ReasonIssuerUnknown: {"The issuer is not known here. That does not make the credential wrong; ask the issuer.", "Die ausstellende Einrichtung ist hier nicht bekannt. Das macht den Nachweis nicht falsch; fragen Sie dort nach."},
	ReasonIssuerFormer:  {"The issuer was a member of the alliance when it issued this, and is no active member now. That does not make the credential wrong.", "Die ausstellende Einrichtung war bei der Ausstellung Mitglied der Allianz und ist jetzt kein aktives Mitglied. Das macht den Nachweis nicht falsch."},
	ReasonIssuerLapsed:  {"The issuer is a member of the alliance, but was no active member when it issued this.", "Die ausstellende Einrichtung ist Mitglied der Allianz, war bei der Ausstellung aber kein aktives Mitglied."},
	ReasonIssuerNever:   {"The issuer was no active member of the alliance when it issued this, and is none now.", "Die ausstellende Einrichtung war bei der Ausstellung kein aktives Mitglied der Allianz und ist es auch jetzt nicht."},
	ReasonIssuerForeign: {"It was signed by another than it names.", "Es wurde von jemand anderem signiert, als es angibt."},

	ReasonExpired: {"It has expired.", "Es ist abgelaufen."},
	ReasonNotYet:  {"It is not valid yet.", "Es ist noch nicht gültig."},

	ReasonRevoked:           {"The issuer has revoked it.", "Die ausstellende Einrichtung hat es widerrufen."},
	ReasonSuspended:         {"The issuer has suspended it.", "Die ausstellende Einrichtung hat es ausgesetzt."},
	ReasonStatusUnreachable: {"Whether it was revoked could not be found out.", "Ob es widerrufen wurde, war nicht festzustellen."},
	ReasonStatusUnsupported: {"It says in a way that is not understood here where its status is published.", "Es gibt auf eine hier nicht verstandene Weise an, wo sein Status steht."},
	ReasonNoStatus:          {"The issuer publishes no status for it.", "Die ausstellende Einrichtung veröffentlicht keinen Status dazu."},

	ReasonSchema:        {"It does not fit the schema of its form.", "Es entspricht nicht dem Schema seiner Form."},
	ReasonSchemaUnknown: {"The schema of its form is not known here.", "Das Schema seiner Form ist hier nicht bekannt."},
}
