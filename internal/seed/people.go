package seed

import (
	"cmp"

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
	{"editor", both("course editor and teacher", "Kursredaktion und Lehre"),
		both("publish a course and an offering; record a result", "einen Kurs und ein Angebot veröffentlichen; ein Ergebnis eintragen"),
		"faculty", []viewer.Role{viewer.CourseEditor, viewer.Teacher}},
	{"registrar", both("registrar and administrator", "Prüfungsamt und Verwaltung"),
		both("confirm a result; issue and revoke a credential", "ein Ergebnis bestätigen; einen Nachweis ausstellen und widerrufen"),
		"staff", []viewer.Role{viewer.Registrar, viewer.Administrator}},
	{"international", both("mobility and recognition officer", "Mobilität und Anerkennung"),
		both("nominate or admit an applicant; decide a recognition case", "nominieren oder zulassen; über eine Anerkennung entscheiden"),
		"staff", []viewer.Role{viewer.MobilityOfficer, viewer.RecognitionOfficer}},
}

func both(english, german string) vocab.Text { return vocab.Text{"en": english, "de": german} }

// learners come with a story (story.go), or with none, so that it can be tried.
var learners = must[[]Persona]("learners")

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
		p.Affiliation = cmp.Or(p.Affiliation, "student")
		all = append(all, p)
	}
	return all
}
