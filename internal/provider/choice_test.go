package provider

import (
	"slices"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func domainsOf(all []Choice) (domains []string) {
	for _, c := range all {
		domains = append(domains, c.Domain)
	}
	return domains
}

// Who chooses is nobody yet, and sees what is in force and no more.
func TestChoicesAreOfProvidersInForce(t *testing.T) {
	r := newRegistry(t)
	choices := func() []Choice {
		t.Helper()
		all, err := r.Choices(t.Context(), "en")
		r.must(err)
		return all
	}
	p, err := r.Propose(r.adam, proposal("uni-a", r.homeA()))
	r.must(err)
	if all := choices(); len(all) != 0 {
		t.Errorf("what is proposed is offered: %v", domainsOf(all))
	}
	r.DB.Provider.Update().SetState(provider.StateACTIVE).ExecX(r.system)
	all := choices()
	if len(all) != 1 || all[0].Key != p.Key || all[0].Domain != "uni-a.example" || all[0].Name["en"] != "uni-a" || all[0].Hint != "" || all[0].Broken {
		t.Errorf("offered are %+v", all)
	}
	if name, err := r.SoleHome(t.Context(), p.Key); err != nil || name["en"] != "uni-a" {
		t.Errorf("the home is %v, %v", name, err)
	}
	// A proxy says which of its homes is meant, and has no home alone.
	r.DB.Provider.Update().SetMode(provider.ModePROXY).SetHealth(provider.HealthBROKEN).ExecX(r.system)
	r.DB.ProviderHome.Create().SetProviderID(p.ID).SetDomain("uni-b.example").SetInstitutionID(r.b.ID).ExecX(r.system)
	all = choices()
	if got := domainsOf(all); !slices.Equal(got, []string{"uni-a.example", "uni-b.example"}) || all[1].Hint != "uni-b.example" || !all[1].Broken {
		t.Errorf("offered are %+v", all)
	}
	for _, key := range []string{p.Key, "unknown"} {
		if name, err := r.SoleHome(t.Context(), key); err != nil || name != nil {
			t.Errorf("the home of %s is %v, %v", key, name, err)
		}
	}
	r.DB.Provider.Update().SetState(provider.StateDISABLED).ExecX(r.system)
	if all := choices(); len(all) != 0 {
		t.Errorf("what is disabled is offered: %v", domainsOf(all))
	}
}

func TestFind(t *testing.T) {
	choice := func(domain string, words ...string) Choice {
		c := Choice{Domain: domain, domains: []string{domain}}
		for _, w := range append(words, domain) {
			c.words = append(c.words, vocab.Fold(w))
		}
		return c
	}
	all := []Choice{
		choice("uni-x.example", "Universität Xanten", "Xanten"),
		choice("y.uni-x.example", "Ypsilon", "Lübeck"),
		choice("uni-z.example", "Université de Z", "uni-x.example.org"),
	}
	for typed, want := range map[string][]string{
		"":                               {"uni-x.example", "y.uni-x.example", "uni-z.example"},
		"  UNIVERSITAT ":                 {"uni-x.example"},
		"lubeck":                         {"y.uni-x.example"},
		"de z":                           {"uni-z.example"},
		"xanten z":                       nil,
		"ada@students.UNI-Z.example":     {"uni-z.example"},
		"uni-x.example":                  {"uni-x.example"}, // whose it is, and none of which it is a part
		"ada@y.uni-x.example.":           {"uni-x.example", "y.uni-x.example"},
		"ada@notuni-z.example":           nil,
		string(make([]byte, maxQuery+1)): {"uni-x.example", "y.uni-x.example", "uni-z.example"},
		"ada@elsewhere.example\xff":      {"uni-x.example", "y.uni-x.example", "uni-z.example"},
	} {
		if got := domainsOf(Find(all, Searched(typed))); !slices.Equal(got, want) {
			t.Errorf("%q finds %q, want %q", typed, got, want)
		}
	}
	if got := Searched("ada@uni-x.example"); got != "uni-x.example" {
		t.Errorf("%q is repeated", got)
	}
}
