package exchange

import (
	"cmp"
	"context"
	"io"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/discovery"
	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Export is a form in which the public catalogue can be had.
type Export struct {
	Name      string // last part of its address, such as "courses.csv"
	MediaType string
	Write     func(io.Writer, format.Courses) error
}

// Template is an empty form for partners to fill in.
type Template struct {
	Name      string
	MediaType string
	Write     func(io.Writer) error
}

// Listed returns the courses of the catalogue for export: all of them, or those
// of one institution. It reads them batch by batch, so that memory does not
// grow with the catalogue. base is the public address of this server.
func Listed(ctx context.Context, d *discovery.Service, base string, institution *ident.ID) format.Courses {
	return func(yield func(format.Listed, error) bool) {
		for r, err := range d.Records(ctx, institution) {
			if err != nil {
				yield(format.Listed{}, err)
				return
			}
			if !yield(Listing(r, base), nil) {
				return
			}
		}
	}
}

// Listing is a course as exports have it. A withdrawn one offers nothing.
func Listing(r discovery.Record, base string) format.Listed {
	c, v, p := r.Course, r.Version, r.Provider
	l := format.Listed{
		ID: string(c.ID), ChangedAt: c.UpdatedAt, Page: base + "/courses/" + string(c.ID), Withdrawn: c.State == course.StateWITHDRAWN,
		Provider: format.Provider{ID: string(p.ID), SCHAC: p.Schac, Name: p.Name, Acronym: p.Acronym, Country: p.Country, Website: vocab.OrZero(p.Website)},
		Course: format.Course{
			ExternalID: vocab.OrZero(c.ExternalID), Code: c.Code, Kind: vocab.CredentialKind(c.Kind),
			Title: v.Title, Summary: v.Summary, Description: v.Description, Outcomes: v.Outcomes, ECTS: v.Ects, Hours: v.Hours, Attempts: vocab.OrZero(v.Attempts),
			EQF: vocab.OrZero(v.Eqf), ISCED: vocab.OrZero(v.Isced), Languages: v.Languages, Mode: vocab.OrZero(v.Mode), Assessments: v.Assessments, AssessmentNote: v.AssessmentNote,
			Supervision: vocab.OrZero(v.Supervision), Quality: v.Quality, Prerequisites: v.Prerequisites, TargetGroups: v.TargetGroups,
			Stackability: vocab.OrZero(v.Stackability), Topics: v.Topics, URL: vocab.OrZero(v.URL), ModifiedAt: c.UpdatedAt,
		},
	}
	l.PublishedAt = vocab.OrZero(v.PublishedAt)
	l.ExternalID = cmp.Or(l.ExternalID, string(c.ID)) // so that who imports it knows it again
	for _, o := range slices.Backward(r.Offerings) {
		if o.State == offering.StatePUBLISHED && !l.Withdrawn {
			l.OfferingIDs = append(l.OfferingIDs, string(o.ID))
			l.Offerings = append(l.Offerings, offered(o))
		}
	}
	return l
}

func offered(o *ent.Offering) format.Offering {
	f := format.Offering{
		ExternalID: vocab.OrZero(o.ExternalID), OnDemand: o.Schedule == offering.ScheduleON_DEMAND, Zone: o.Zone, OpensAt: vocab.Local(o.OpensAt, o.Zone),
		StartsOn: vocab.OrZero(o.StartsOn), EndsOn: vocab.OrZero(o.EndsOn), Seats: o.Seats, Language: o.Language, Mode: o.Mode,
		Place: o.Place, Funding: o.Funding, FeeCents: o.FeeCents, FeeCurrency: o.FeeCurrency,
	}
	if o.ClosesAt != nil {
		f.ClosesAt = vocab.Local(*o.ClosesAt, o.Zone)
	}
	f.ExternalID = cmp.Or(f.ExternalID, string(o.ID))
	return f
}
