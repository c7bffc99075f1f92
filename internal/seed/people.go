package seed

import (
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/viewer"
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
	Alliance    bool   // alliance administrator
	Label       string // who it is, in English
	Try         string // what to try with it, in English
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
	key, label, try string
	affiliation     string
	roles           []viewer.Role
}{
	{"editor", "course editor and teacher", "publish a course and an offering; record a result", "faculty",
		[]viewer.Role{viewer.CourseEditor, viewer.Teacher}},
	{"registrar", "registrar and administrator", "confirm a result; issue and revoke a credential", "staff",
		[]viewer.Role{viewer.Registrar, viewer.Administrator}},
	{"international", "mobility and recognition officer", "nominate or admit an applicant; decide a recognition case", "staff",
		[]viewer.Role{viewer.MobilityOfficer, viewer.RecognitionOfficer}},
}

// learners come with a story (story.go), or with none, so that it can be tried.
var learners = []Persona{
	{Key: "daria", GivenName: "Daria", Domain: "vutbr.cz", Programme: "NMGR-IT", Label: "student of information technology", Try: "see what a course counts at home, then apply"},
	{Key: "tomas", GivenName: "Tomáš", Domain: "vutbr.cz", Programme: "NMGR-EN", Label: "student with an application to nominate", Try: "follow an application"},
	{Key: "lena", GivenName: "Lena", Domain: "uni-hannover.de", Programme: "MSC-MECH", Label: "student, nominated to Lappeenranta", Try: "withdraw an application"},
	{Key: "jonas", GivenName: "Jonas", Domain: "uni-hannover.de", Programme: "MSC-GEO", Label: "student with a credential to recognise", Try: "ask home to recognise a credential"},
	{Key: "camille", GivenName: "Camille", Domain: "imt.fr", Programme: "ING-NUM", Label: "student, enrolled in Hannover", Try: "look at a seat"},
	{Key: "astrid", GivenName: "Astrid", Domain: "ju.se", Programme: "MSC-PROD", Label: "student whose result waits to be confirmed", Try: "look at an enrolment"},
	{Key: "mikko", GivenName: "Mikko", Domain: "lut.fi", Programme: "MSC-ENERGY", Label: "student recognised automatically by a rule", Try: "share a verification address"},
	{Key: "nikos", GivenName: "Nikos", Domain: "ntua.gr", Programme: "DIP-ECE", Label: "student with an open recognition case", Try: "see when home decides"},
	{Key: "lucia", GivenName: "Lucía", Domain: "urjc.es", Programme: "MU-DATA", Label: "student with a partly granted recognition", Try: "read the reasons of a decision"},
	{Key: "marek", GivenName: "Marek", Domain: "stuba.sk", Programme: "ING-AUT", Label: "student refused by the host", Try: "read the reason of a refusal"},
	{Key: "giulia", GivenName: "Giulia", Domain: "univaq.it", Programme: "LM-INF", Label: "student refused at home", Try: "read the reason of a refusal"},
	{Key: "paul", GivenName: "Paul", Domain: "tuwien.ac.at", Programme: "MSC-INF", Label: "student who withdrew, and applied again", Try: "see two applications"},
	{Key: "klara", GivenName: "Klara", Domain: "tuwien.ac.at", Programme: "MSC-ENERGIE", Label: "student with a revoked and a new credential", Try: "verify both credentials"},
	{Key: "oksana", GivenName: "Oksana", Domain: "partner-university.example", Programme: "MSC-INFO", Label: "student of the first MInT-Ukraine cohort", Try: "look at a record from a partner outside Erasmus+"},
	{Key: "bohdan", GivenName: "Bohdan", Domain: "partner-university.example", Programme: "MSC-ENERGO", Label: "applicant of the coming MInT-Ukraine cohort", Try: "follow an application"},
	{Key: "anna", GivenName: "Anna", Domain: "uni-hannover.de", Affiliation: "alum", Label: "alumna", Try: "apply as a former student"},
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
				Label: "alliance administrator", Try: "look at members and rights",
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
