package seed

import (
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Persona is an invented person of the demo alliance. The family names say
// "example" in the language of the place, so that nobody takes one for real.
type Persona struct {
	Key         string // subject at the identity provider
	GivenName   string
	FamilyName  string
	Domain      string // home institution
	Affiliation string // student, alum, faculty or staff
	Programme   string // code at home, of students
	Roles       []viewer.Role
	Alliance    bool       // alliance administrator
	Label       vocab.Text // who it is
	Try         vocab.Text // what to try with it
}

// Email is an address that cannot exist.
func (p Persona) Email() string { return p.Key + "@" + p.Domain + ".example" }

// ESI is a European Student Identifier that says it is invented.
func (p Persona) ESI() string {
	if p.Affiliation != "student" {
		return ""
	}
	return "urn:schac:personalUniqueCode:int:esi:" + p.Domain + ":demo-" + p.Key
}

// places holds, for each institution, the invented family name, the given
// names of its three members of staff, its language and its time zone.
var places = []struct {
	domain, family, language, zone string
	staff                          [3]string
	scale, pass                    string // grading scale and a good grade on it
}{
	{"uni-hannover.de", "Beispiel", "de", "Europe/Berlin", [3]string{"Editha", "Reinhard", "Irene"}, "DE_1_5", "1.7"},
	{"vutbr.cz", "Příklad", "cs", "Europe/Prague", [3]string{"Eliška", "Radek", "Ivana"}, "CZ_A_F", "B"},
	{"imt.fr", "Exemple", "fr", "Europe/Paris", [3]string{"Édith", "Rémi", "Inès"}, "FR_0_20", "15.5"},
	{"ju.se", "Exempelsson", "sv", "Europe/Stockholm", [3]string{"Ebba", "Rasmus", "Ingrid"}, "SE_A_F", "B"},
	{"lut.fi", "Esimerkki", "fi", "Europe/Helsinki", [3]string{"Eeva", "Risto", "Inka"}, "FI_0_5", "4"},
	{"ntua.gr", "Paradeigma", "el", "Europe/Athens", [3]string{"Eleni", "Rigas", "Ioanna"}, "GR_0_10", "8.5"},
	{"urjc.es", "Ejemplo", "es", "Europe/Madrid", [3]string{"Elena", "Ramón", "Inés"}, "ES_0_10", "8.2"},
	{"stuba.sk", "Príkladová", "sk", "Europe/Bratislava", [3]string{"Ema", "Roman", "Ivica"}, "SK_A_FX", "B"},
	{"univaq.it", "Esempio", "it", "Europe/Rome", [3]string{"Elisa", "Renato", "Irma"}, "IT_18_30", "28"},
	{"tuwien.ac.at", "Mustermann", "de", "Europe/Vienna", [3]string{"Edith", "Rudolf", "Isolde"}, "AT_1_5", "2"},
	{"partner-university.example", "Pryklad", "uk", "Europe/Kyiv", [3]string{"Emilia", "Roman", "Iryna"}, "UA_0_100", "88"},
}

// posts are the three members of staff of each institution.
var posts = [3]struct {
	key         string
	label, try  vocab.Text
	affiliation string
	roles       []viewer.Role
}{
	{
		"editor",
		both("course editor and teacher", "Kursredaktion und Lehre"),
		both("publish a course and an offering; record a result", "einen Kurs und ein Angebot veröffentlichen; ein Ergebnis eintragen"),
		"faculty",
		[]viewer.Role{viewer.CourseEditor, viewer.Teacher},
	},
	{
		"registrar",
		both("registrar and administrator", "Prüfungsamt und Verwaltung"),
		both("confirm a result; issue and revoke a credential", "ein Ergebnis bestätigen; einen Nachweis ausstellen und widerrufen"),
		"staff",
		[]viewer.Role{viewer.Registrar, viewer.Administrator},
	},
	{
		"international",
		both("mobility and recognition officer", "Mobilität und Anerkennung"),
		both("nominate or admit an applicant; decide a recognition case", "nominieren oder zulassen; über eine Anerkennung entscheiden"),
		"staff",
		[]viewer.Role{viewer.MobilityOfficer, viewer.RecognitionOfficer},
	},
}

func both(english, german string) vocab.Text { return vocab.Text{"en": english, "de": german} }

// learners come with a story (story.go), or with none, so that it can be tried.
var learners = []Persona{
	{
		Key:       "daria",
		GivenName: "Daria",
		Domain:    "vutbr.cz",
		Programme: "NMGR-IT",
		Label:     both("student of information technology", "studiert Informationstechnik"),
		Try:       both("see what a course counts at home, then apply", "sehen, was ein Kurs zu Hause zählt, und sich bewerben"),
	},
	{
		Key:       "tomas",
		GivenName: "Tomáš",
		Domain:    "vutbr.cz",
		Programme: "NMGR-EN",
		Label:     both("student with an application to nominate", "Studierender mit einer Bewerbung, die auf die Nominierung wartet"),
		Try:       both("follow an application", "eine Bewerbung verfolgen"),
	},
	{
		Key:       "lena",
		GivenName: "Lena",
		Domain:    "uni-hannover.de",
		Programme: "MSC-MECH",
		Label:     both("student, nominated to Lappeenranta", "Studierende, nach Lappeenranta nominiert"),
		Try:       both("withdraw an application", "eine Bewerbung zurückziehen"),
	},
	{
		Key:       "jonas",
		GivenName: "Jonas",
		Domain:    "uni-hannover.de",
		Programme: "MSC-GEO",
		Label:     both("student with a credential to recognise", "Studierender mit einem Nachweis zur Anerkennung"),
		Try:       both("ask home to recognise a credential", "zu Hause die Anerkennung eines Nachweises beantragen"),
	},
	{
		Key:       "camille",
		GivenName: "Camille",
		Domain:    "imt.fr",
		Programme: "ING-NUM",
		Label:     both("student, enrolled in Hannover", "Studierende, in Hannover eingeschrieben"),
		Try:       both("look at a seat", "einen Platz ansehen"),
	},
	{
		Key:       "astrid",
		GivenName: "Astrid",
		Domain:    "ju.se",
		Programme: "MSC-PROD",
		Label:     both("student whose result waits to be confirmed", "Studierende, deren Ergebnis auf Bestätigung wartet"),
		Try:       both("look at an enrolment", "eine Einschreibung ansehen"),
	},
	{
		Key:       "mikko",
		GivenName: "Mikko",
		Domain:    "lut.fi",
		Programme: "MSC-ENERGY",
		Label:     both("student recognised automatically by a rule", "Studierender, durch eine Regel automatisch anerkannt"),
		Try:       both("share a verification address", "eine Prüfadresse teilen"),
	},
	{
		Key:       "nikos",
		GivenName: "Nikos",
		Domain:    "ntua.gr",
		Programme: "DIP-ECE",
		Label:     both("student with an open recognition case", "Studierender mit offenem Anerkennungsverfahren"),
		Try:       both("see when home decides", "sehen, bis wann entschieden wird"),
	},
	{
		Key:       "lucia",
		GivenName: "Lucía",
		Domain:    "urjc.es",
		Programme: "MU-DATA",
		Label:     both("student with a partly granted recognition", "Studierende mit teilweise gewährter Anerkennung"),
		Try:       both("read the reasons of a decision", "die Gründe einer Entscheidung lesen"),
	},
	{
		Key:       "marek",
		GivenName: "Marek",
		Domain:    "stuba.sk",
		Programme: "ING-AUT",
		Label:     both("student refused by the host", "Studierender, von der Gasthochschule abgelehnt"),
		Try:       both("read the reason of a refusal", "den Grund einer Ablehnung lesen"),
	},
	{
		Key:       "giulia",
		GivenName: "Giulia",
		Domain:    "univaq.it",
		Programme: "LM-INF",
		Label:     both("student refused at home", "Studierende, zu Hause abgelehnt"),
		Try:       both("read the reason of a refusal", "den Grund einer Ablehnung lesen"),
	},
	{
		Key:       "paul",
		GivenName: "Paul",
		Domain:    "tuwien.ac.at",
		Programme: "MSC-INF",
		Label:     both("student who withdrew, and applied again", "Studierender, zurückgezogen und neu beworben"),
		Try:       both("see two applications", "zwei Bewerbungen sehen"),
	},
	{
		Key:       "klara",
		GivenName: "Klara",
		Domain:    "tuwien.ac.at",
		Programme: "MSC-ENERGIE",
		Label:     both("student with a revoked and a new credential", "Studierende mit einem widerrufenen und einem neuen Nachweis"),
		Try:       both("verify both credentials", "beide Nachweise prüfen"),
	},
	{
		Key:       "oksana",
		GivenName: "Oksana",
		Domain:    "partner-university.example",
		Programme: "MSC-INFO",
		Label:     both("student of the first MInT-Ukraine cohort", "Studierende der ersten MInT-Ukraine-Kohorte"),
		Try:       both("look at a record from a partner outside Erasmus+", "eine Akte eines Partners außerhalb von Erasmus+ ansehen"),
	},
	{
		Key:       "bohdan",
		GivenName: "Bohdan",
		Domain:    "partner-university.example",
		Programme: "MSC-ENERGO",
		Label:     both("applicant of the coming MInT-Ukraine cohort", "Bewerber der kommenden MInT-Ukraine-Kohorte"),
		Try:       both("follow an application", "eine Bewerbung verfolgen"),
	},
	{
		Key:         "anna",
		GivenName:   "Anna",
		Domain:      "uni-hannover.de",
		Affiliation: "alum",
		Label:       both("alumna", "Absolventin"),
		Try:         both("apply as a former student", "sich als ehemalige Studierende bewerben"),
	},
}

// People lists everybody, staff first.
func People() []Persona {
	var all []Persona
	family := map[string]string{}
	for i, place := range places {
		family[place.domain] = place.family
		for j, post := range posts {
			all = append(all, Persona{
				Key: post.key, GivenName: place.staff[j], FamilyName: place.family, Domain: place.domain,
				Affiliation: post.affiliation, Roles: post.roles, Label: post.label, Try: post.try,
			})
		}
		if i == 0 { // the coordinator's
			all = append(all, Persona{
				Key: "alliance", GivenName: "Alma", FamilyName: place.family, Domain: place.domain, Affiliation: "staff", Alliance: true,
				Label: both("alliance administrator", "Verwaltung der Allianz"), Try: both("look at members and rights", "Mitglieder und Rechte ansehen"),
			})
		}
	}
	for _, p := range learners {
		p.FamilyName = family[p.Domain]
		if p.Affiliation == "" {
			p.Affiliation = "student"
		}
		p.Key = strings.ToLower(p.Key)
		all = append(all, p)
	}
	return all
}
