package model

import (
	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// NewApplicationWindow shows a window with its instants in the local time of
// the zone.
func NewApplicationWindow(w vocab.Window, zone string) *ApplicationWindow {
	out := &ApplicationWindow{OpensAt: w.OpensAt, ClosesAt: w.ClosesAt, OpensAtLocal: vocab.Local(w.OpensAt, zone)}
	if w.Audience != "" {
		out.Audience = &w.Audience
	}
	if w.ClosesAt != nil {
		out.ClosesAtLocal = new(vocab.Local(*w.ClosesAt, zone))
	}
	return out
}

// NewOfferingSessions shows the sessions of an offering.
func NewOfferingSessions(o *ent.Offering) []*OfferingSession {
	all := make([]*OfferingSession, len(o.Sessions))
	for i, s := range o.Sessions {
		all[i] = &OfferingSession{StartsAt: s.StartsAt, EndsAt: s.EndsAt, StartsAtLocal: vocab.Local(s.StartsAt, o.Zone), EndsAtLocal: vocab.Local(s.EndsAt, o.Zone)}
		if len(s.Title) > 0 {
			all[i].Title = s.Title
		}
		if len(s.Place) > 0 {
			all[i].Place = s.Place
		}
	}
	return all
}
