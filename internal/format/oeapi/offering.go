package oeapi

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/format/intake"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// offering reads one offering of a course. It is not available when the source
// has it as a concept, inactive or cancelled.
//
// Version 5 tells days: applications open as the first begins and close as the
// last ends, at the provider. Version 6 tells moments: a window is then in
// Zone "UTC", which keeps them exact; the days of teaching are those that the
// source wrote, in its own offset. Of several enrolment periods the first
// counts, the others are lost.
func offering(o intake.Object, v Version) (f format.Offering, available bool) {
	n := spellings[v]
	skipCourse(o)
	f = format.Offering{
		ExternalID: o.Needed(n.offeringID), StartsOn: day(o, n.start), EndsOn: day(o, n.end), Mode: mode(o, n.modes), Place: place(o),
	}
	if kind := o.Line("offeringType"); kind != "" && kind != "course" {
		o.Refuse(problem.New(problem.Invalid, "%q is none of %s", vocab.Clean(40, kind), "course").At(o.At("offeringType")...))
	}
	state := o.Line("state") // version 5 has none; a state of an implementation's own is lost
	available = !slices.Contains([]string{"concept", "inactive", "cancelled", "canceled"}, state)
	if state != "" && state != "active" && available {
		o.Lose(o.At("state")...)
	}
	if all := languages(o, n.teaching); len(all) > 0 {
		f.Language = all[0]
		if len(all) > 1 {
			o.Lose(o.At(n.teaching)...)
		}
	}
	if seats, ok := o.Number("maxNumberStudents"); ok {
		f.Seats = o.Whole(seats, 0, intake.MaxSeats, o.At("maxNumberStudents")...)
	}
	if o.Has(n.entryStart) { // who has enrolled may begin at any time in it
		f.OnDemand = true
		o.Lose(o.At(n.entryStart)...)
		o.Take(n.entryStart)
		o.Take(n.entryEnd)
	}
	f.FeeCents, f.FeeCurrency = price(o)
	window(o, &f)
	o.Rest()
	return f, available
}

// skipCourse takes out the course of an offering, which is the one that it
// stands in. Version 5 has the id or the whole course under one name.
func skipCourse(o intake.Object) {
	if _, bare := o.Peek("course").(string); bare {
		o.Line("course")
		return
	}
	id := o.Line("courseId")
	if inner, ok := o.Inner("course"); ok && id == "" {
		inner.Line("courseId")
	}
}

// window is when people may apply.
func window(o intake.Object, f *format.Offering) {
	if d := o.Day(o.Line("enrollStartDate"), o.At("enrollStartDate")...); d != "" {
		f.OpensAt = d + "T00:00:00"
	}
	if d := o.Day(o.Line("enrollEndDate"), o.At("enrollEndDate")...); d != "" {
		f.ClosesAt = d + "T23:59:59"
	}
	for i, v := range o.List("enrolmentPeriods") {
		path := o.At("enrolmentPeriods", strconv.Itoa(i))
		if i > 0 {
			o.Lose(path...)
			continue
		}
		period := o.Record.Object(v, path...)
		f.Zone = "UTC"
		if t, ok := period.Moment(period.Line("startDateTime"), period.At("startDateTime")...); ok {
			f.OpensAt = vocab.Local(t, f.Zone)
		}
		if t, ok := period.Moment(period.Line("endDateTime"), period.At("endDateTime")...); ok {
			f.ClosesAt = vocab.Local(t, f.Zone)
		}
		period.Rest()
	}
}

// day is the date of a date or of a moment in its own offset.
func day(o intake.Object, name string) string {
	s := o.Line(name)
	if len(s) <= len(time.DateOnly) {
		return o.Day(s, o.At(name)...)
	}
	t, ok := o.Moment(s, o.At(name)...)
	if !ok {
		return ""
	}
	return t.Format(time.DateOnly)
}

// price is the total that a person pays.
func price(o intake.Object) (cents int, currency string) {
	found := false
	for i, v := range o.List("priceInformation") {
		path := o.At("priceInformation", strconv.Itoa(i))
		cost := o.Record.Object(v, path...)
		if found || plain(cost.Line("costType")) != "total_costs" || !cost.Has("amount") {
			o.Lose(path...)
			continue
		}
		found = true
		cents = o.Cents(cost.Line("amount"), cost.At("amount")...)
		currency = cost.Line("currency")
		if err := vocab.CheckCurrency(currency, cost.At("currency")...); err != nil {
			o.Refuse(err)
			currency = ""
		}
		cost.Rest()
	}
	return cents, currency
}

// place is the first address where teaching happens. Its lines have a language
// only where the format gives them one.
func place(o intake.Object) vocab.Text {
	var found vocab.Text
	for i, v := range o.List("addresses") {
		path := o.At("addresses", strconv.Itoa(i))
		a := o.Record.Object(v, path...)
		if kind := a.Line("addressType"); found != nil || kind != "teaching" && kind != "visit" {
			o.Lose(path...)
			continue
		}
		postcode := a.Line("postCode")
		if postcode == "" {
			postcode = a.Line("postalCode") // version 5
		}
		join := func(parts ...string) string { return strings.TrimSpace(strings.Join(parts, " ")) }
		lines := slices.DeleteFunc([]string{join(a.Line("street"), a.Line("streetNumber")), join(postcode, a.Line("city")), a.Line("countryCode")},
			func(s string) bool { return s == "" })
		if len(lines) > 0 {
			found = vocab.Text{intake.Unsaid: strings.Join(lines, ", ")}
		} else {
			found = texts(a, "additional")
		}
		a.Rest()
	}
	return found
}
