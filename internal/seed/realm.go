package seed

import (
	"github.com/peregrine-exchange/peregrine/internal/demoidp"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Realms are the universities of the demo identity provider with their people.
func Realms() []demoidp.Realm {
	names := map[string]string{}
	for _, m := range Institutions() {
		names[m.Domain] = m.Name.In("en")
	}
	var all []demoidp.Realm
	for _, place := range places {
		r := demoidp.Realm{Key: place.domain, Domain: place.domain, Name: names[place.domain], Language: place.language}
		for _, p := range People() {
			if p.Domain == place.domain {
				r.People = append(r.People, demoidp.Person{
					Subject: p.Key, GivenName: p.GivenName, FamilyName: p.FamilyName, Email: p.Email(), Affiliations: []string{p.Affiliation},
					ESI: p.ESI(), Assurance: []string{"https://refeds.org/assurance/IAP/medium"}, Label: p.Label.In("en"),
				})
			}
		}
		all = append(all, r)
	}
	return all
}

// Member is an institution of the demo alliance.
type Member struct {
	Domain  string
	Name    vocab.Text
	Country string
}

// Institutions lists the members of the demo alliance.
func Institutions() []Member {
	all := must[[]institutionContent]("institutions")
	members := make([]Member, len(all))
	for i, c := range all {
		members[i] = Member{c.Domain, c.Names, c.Country}
	}
	return members
}
