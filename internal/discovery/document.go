package discovery

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/readmodel"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Facet is a property by which the catalogue is narrowed and counted.
type Facet string

// The facets.
const (
	ByKind         Facet = "KIND"
	ByProvider     Facet = "PROVIDER"
	ByCountry      Facet = "COUNTRY"
	ByAlliance     Facet = "ALLIANCE"
	ByLanguage     Facet = "LANGUAGE"
	ByLevel        Facet = "EQF_LEVEL"
	ByField        Facet = "FIELD" // broad, narrow and detailed fields of ISCED-F alike
	ByMode         Facet = "MODE"
	ByTargetGroup  Facet = "TARGET_GROUP"
	ByTopic        Facet = "TOPIC"
	BySchedule     Facet = "SCHEDULE"
	ByStackability Facet = "STACKABILITY"
	ByUnit         Facet = "UNIT"
	ByAvailability Facet = "AVAILABILITY" // decided by the clock, so not a tag
)

// facets lists the facets in the order of a document's tags.
var facets = []Facet{ByKind, ByProvider, ByCountry, ByAlliance, ByLanguage, ByLevel, ByField, ByMode, ByTargetGroup, ByTopic, BySchedule, ByStackability, ByUnit}

// The keys by which the catalogue is sorted and ranged. All are sorted downwards,
// since only then ties go by age, the newest first. What people want upwards has
// a key that falls while its value rises.
const (
	keyTitle = iota // falls
	keyECTS
	keyLittleECTS // falls
	keyStart      // falls: days since 1970 of the next first day, or never
	keyDeadline   // falls: microseconds since 1970 of the next deadline, or never
)

var schema = readmodel.Schema{Facets: texts(facets), Orders: []string{"title", "ects", "little ects", "start", "deadline"}}

// never sorts behind every day and every deadline.
const never = 1 << 62

// falling is a key that falls while n rises.
func falling(n int64) string { return readmodel.Number(never - n) }

// Weights of the texts of a course when a search ranks it.
const (
	heavy  = 8 // title, code
	medium = 3 // summary, topics, learning outcomes, provider
	light  = 1 // description
)

// document is what the read model indexes of a Record. today decides which
// start and which deadline come next.
func (m *members) document(r Record, today time.Time) (readmodel.Doc, error) {
	e := r.entry(today)
	payload, err := e.encode()
	if err != nil {
		return readmodel.Doc{}, err
	}
	c, v := r.Course, r.Version
	host := m.institutions[c.InstitutionID]
	d := readmodel.Doc{ID: string(c.ID), Payload: payload, Tags: make([][]string, len(facets))}
	tag := func(f Facet, values ...string) {
		at := slices.Index(facets, f)
		for _, value := range values {
			if value != "" && !slices.Contains(d.Tags[at], value) {
				d.Tags[at] = append(d.Tags[at], value)
			}
		}
	}
	tag(ByKind, string(c.Kind))
	tag(ByProvider, string(c.InstitutionID))
	tag(ByCountry, host.Country)
	tag(ByAlliance, m.alliances[c.InstitutionID]...)
	tag(ByLanguage, v.Languages...)
	if v.Eqf != nil {
		tag(ByLevel, strconv.Itoa(*v.Eqf))
	}
	if v.Isced != nil {
		for n := 2; n <= len(*v.Isced); n++ {
			tag(ByField, string(*v.Isced)[:n])
		}
	}
	tag(ByMode, string(vocab.OrZero(v.Mode)))
	for _, g := range v.TargetGroups {
		tag(ByTargetGroup, string(g))
	}
	tag(ByTopic, v.Topics...)
	tag(ByStackability, string(vocab.OrZero(v.Stackability)))
	tag(ByUnit, string(vocab.OrZero(c.UnitID)))
	start, deadline := int64(never), int64(never)
	for _, o := range e.OnOffer() { // of those alone answers are made
		if o.State != offering.StatePUBLISHED {
			continue
		}
		tag(BySchedule, string(o.Schedule))
		d.Windows = append(d.Windows, windowsOf(o)...)
		if day, err := time.Parse(time.DateOnly, vocab.OrZero(o.StartsOn)); err == nil && !day.Before(today.Truncate(24*time.Hour)) {
			start = min(start, day.Unix()/86400)
		}
		if o.ClosesAt != nil && o.ClosesAt.After(today) {
			deadline = min(deadline, o.ClosesAt.UnixMicro())
		}
	}
	d.Keys = []string{
		keyTitle: titleKey(v.Title), keyECTS: readmodel.Number(int64(v.Ects)), keyLittleECTS: falling(int64(v.Ects)),
		keyStart: falling(start), keyDeadline: falling(deadline),
	}
	words := func(weight uint8, texts ...vocab.Text) {
		for _, t := range texts {
			for _, tr := range t.Translations() {
				d.Words = append(d.Words, readmodel.Field{Weight: weight, Text: tr.Text})
			}
		}
	}
	words(heavy, v.Title, vocab.Text{"": c.Code})
	words(medium, v.Summary, host.Name, vocab.Text{"": host.Acronym})
	for _, topic := range v.Topics {
		words(medium, vocab.Text{"": topic})
	}
	for _, o := range v.Outcomes {
		words(medium, o.Text)
	}
	words(light, v.Description)
	return d, nil
}

// windowsOf returns when which audience may apply for an offering: bit 0 stands
// for those whom no window of their own names, bit n for the n-th target group.
func windowsOf(o *ent.Offering) []readmodel.Window {
	free := int32(catalogue.FreeToAll(o))
	general := readmodel.Window{Opens: o.OpensAt.UnixMicro(), Closes: closing(o.ClosesAt), Free: free, Audience: everybody}
	all := []readmodel.Window{}
	for _, w := range o.Windows {
		bit := audience(w.Audience)
		general.Audience &^= bit
		all = append(all, readmodel.Window{Opens: w.OpensAt.UnixMicro(), Closes: closing(w.ClosesAt), Free: free, Audience: bit})
	}
	return append(all, general)
}

// closing is when a window closes, 0 for never.
func closing(t *time.Time) int64 {
	switch µs := micros(t); {
	case µs == nil:
		return 0
	case *µs == 0:
		return 1 // as long past
	default:
		return *µs
	}
}

const everybody = 1<<8 - 1

// audience is the bit of a target group; bit 0 is for those who belong to none.
func audience(g vocab.TargetGroup) uint32 { return 1 << (slices.Index(vocab.TargetGroups, g) + 1) }

// titleKey orders titles as English readers expect: without regard to capitals
// and accents. It falls while the title rises: each byte is turned round, and
// the end, which comes before every byte, becomes what comes behind all.
func titleKey(title vocab.Text) string {
	var b collate.Buffer
	key := collate.New(language.English, collate.Loose).KeyFromString(&b, cmp.Or(title.In("en"), "\uffff"))
	turned := make([]byte, len(key), len(key)+1)
	for i, c := range key {
		turned[i] = ^c
	}
	return string(append(turned, 0xff))
}
