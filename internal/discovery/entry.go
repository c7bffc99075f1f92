package discovery

import (
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Entry is a course of the catalogue as lists show it: rows of the database
// without their long texts. Nobody may change it.
type Entry struct {
	Course    *ent.Course
	Version   *ent.CourseVersion // without description, outcomes, prerequisites, assessment, quality and address
	Offerings []*ent.Offering    // the newest, published and called off, newest first; without sessions
	All       bool               // whether these are all of them
	older     []*ent.Offering    // published before those and not closed when this was read
}

// OnOffer returns the offerings by which a course is found: the newest, and of
// the older ones those that learners may still take.
func (e *Entry) OnOffer() []*ent.Offering {
	return append(slices.Clip(e.Offerings), e.older...)
}

// How many offerings of a course the read model holds: so many of the newest,
// and so many older ones.
const (
	keep      = 20
	keepOlder = 100
)

// BriefOffering says whether an offering comes from the read model and so lacks
// its sessions. A row of the database knows when it was made.
func BriefOffering(o *ent.Offering) bool { return o.CreatedAt.IsZero() }

// The stored form of an entry is CBOR arrays without names: small, and read in
// microseconds. It lives as long as the process, so it has no versions.
type (
	storedCourse struct {
		_                    struct{} `cbor:",toarray"`
		Unit                 []byte
		Institution, Version [16]byte
		Code                 string
		Micro                bool
		ExternalID           *string
		Number               int
		Title, Summary       vocab.Text
		ECTS                 vocab.ECTS
		Hours                int
		Attempts             *int
		EQF                  int
		ISCED                vocab.ISCEDF
		Languages            []string
		Mode                 int
		TargetGroups         []int
		Stackability         int
		Topics               []string
		PublishedAt          *int64
		Updated              int64
		Offerings, Older     []storedOffering
		All                  bool
	}
	storedOffering struct {
		_                   struct{} `cbor:",toarray"`
		ID                  [16]byte
		Version             []byte // when it is not the course's
		Cancelled, OnDemand bool
		Zone                string
		Opens               int64
		Closes              *int64
		Starts, Ends        string
		Seats, Taken        int
		Reserved, Waiting   int
		Automatic           bool
		Instead             []byte
		Because             string
		Language            string
		Mode                int
		Place, Funding      vocab.Text
		FeeCents            int
		FeeCurrency         string
		Windows             []vocab.Window
		WaitlistPlaces      int
		Draws               *int64
		Call                []byte
		OfferHours          int
		Updated             int64
	}
)

// place returns where a value stands in its enumeration, from 1; 0 for none.
func place[T comparable](all []T, v *T) int {
	if v == nil {
		return 0
	}
	return slices.Index(all, *v) + 1
}

func value[T any](all []T, place int) *T {
	if place < 1 || place > len(all) {
		return nil
	}
	return &all[place-1]
}

func micros(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	return new(t.UnixMicro())
}

func moment(µs int64) time.Time { return time.UnixMicro(µs).UTC() }

func maybeMoment(µs *int64) *time.Time {
	if µs == nil {
		return nil
	}
	return new(moment(*µs))
}

func id16(id ident.ID) []byte {
	b := id.Bytes()
	return b[:]
}

// encode writes an entry in its stored form.
func (e *Entry) encode() ([]byte, error) {
	c, v := e.Course, e.Version
	s := storedCourse{
		Institution: c.InstitutionID.Bytes(), Version: v.ID.Bytes(), Code: c.Code, Micro: c.Kind == course.KindMICRO_CREDENTIAL,
		ExternalID: c.ExternalID, Number: v.Number, Title: v.Title, Summary: v.Summary, ECTS: v.Ects, Hours: v.Hours, Attempts: v.Attempts,
		EQF: vocab.OrZero(v.Eqf), ISCED: vocab.OrZero(v.Isced), Languages: v.Languages, Mode: place(vocab.DeliveryModes, v.Mode),
		Stackability: place(vocab.Stackabilities, v.Stackability), Topics: v.Topics,
		PublishedAt: micros(v.PublishedAt), Updated: c.UpdatedAt.UnixMicro(), All: e.All,
	}
	if c.UnitID != nil {
		s.Unit = id16(*c.UnitID)
	}
	for _, g := range v.TargetGroups {
		s.TargetGroups = append(s.TargetGroups, place(vocab.TargetGroups, &g))
	}
	for _, o := range e.Offerings {
		s.Offerings = append(s.Offerings, storedOf(o, v.ID))
	}
	for _, o := range e.older {
		s.Older = append(s.Older, storedOf(o, v.ID))
	}
	return cbor.Marshal(s)
}

func storedOf(o *ent.Offering, version ident.ID) storedOffering {
	so := storedOffering{
		ID: o.ID.Bytes(), Cancelled: o.State == offering.StateCANCELLED, OnDemand: o.Schedule == offering.ScheduleON_DEMAND,
		Zone: o.Zone, Opens: o.OpensAt.UnixMicro(), Closes: micros(o.ClosesAt), Starts: vocab.OrZero(o.StartsOn), Ends: vocab.OrZero(o.EndsOn),
		Seats: o.Seats, Taken: o.SeatsTaken, Reserved: o.SeatsReserved, Waiting: o.Waiting,
		Automatic: o.Admission == offering.AdmissionAUTOMATIC, Because: vocab.OrZero(o.CancelledBecause),
		Language: o.Language, Mode: place(vocab.DeliveryModes, &o.Mode), Place: o.Place, Funding: o.Funding,
		FeeCents: o.FeeCents, FeeCurrency: o.FeeCurrency, Windows: o.Windows, WaitlistPlaces: o.WaitlistPlaces,
		Draws: micros(o.DrawsAt), OfferHours: o.OfferHours, Updated: o.UpdatedAt.UnixMicro(),
	}
	if o.InsteadID != nil {
		so.Instead = id16(*o.InsteadID)
	}
	if o.CallID != nil {
		so.Call = id16(*o.CallID)
	}
	if o.VersionID != version {
		so.Version = id16(o.VersionID)
	}
	return so
}

// decode reads the stored form of the entry of a course.
func decode(id ident.ID, b []byte) (*Entry, error) {
	var s storedCourse
	if err := cbor.Unmarshal(b, &s); err != nil {
		return nil, err
	}
	institution, version := ident.Of(ident.Institution, s.Institution), ident.Of(ident.CourseVersion, s.Version)
	e := &Entry{All: s.All}
	e.Course = &ent.Course{
		ID: id, InstitutionID: institution, Code: s.Code, Kind: course.KindCOURSE, State: course.StatePUBLISHED,
		PublishedVersionID: &version, ExternalID: s.ExternalID, UpdatedAt: moment(s.Updated),
	}
	if s.Micro {
		e.Course.Kind = course.KindMICRO_CREDENTIAL
	}
	if len(s.Unit) == 16 {
		e.Course.UnitID = new(ident.Of(ident.Unit, [16]byte(s.Unit)))
	}
	e.Version = &ent.CourseVersion{
		ID: version, CourseID: id, InstitutionID: institution, Number: s.Number, State: courseversion.StatePUBLISHED,
		Title: s.Title, Summary: s.Summary, Ects: s.ECTS, Hours: s.Hours, Attempts: s.Attempts, Eqf: vocab.Given(s.EQF), Isced: vocab.Given(s.ISCED),
		Languages: s.Languages, Mode: value(vocab.DeliveryModes, s.Mode), Stackability: value(vocab.Stackabilities, s.Stackability),
		Topics: s.Topics, PublishedAt: maybeMoment(s.PublishedAt),
	}
	for _, g := range s.TargetGroups {
		e.Version.TargetGroups = append(e.Version.TargetGroups, vocab.OrZero(value(vocab.TargetGroups, g)))
	}
	for _, so := range s.Offerings {
		e.Offerings = append(e.Offerings, so.of(e.Course))
	}
	for _, so := range s.Older {
		e.older = append(e.older, so.of(e.Course))
	}
	return e, nil
}

// of returns the offering of a course.
func (so storedOffering) of(c *ent.Course) *ent.Offering {
	o := &ent.Offering{
		ID: ident.Of(ident.Offering, so.ID), InstitutionID: c.InstitutionID, CourseID: c.ID, VersionID: *c.PublishedVersionID,
		State: offering.StatePUBLISHED, Schedule: offering.ScheduleCOHORT, Zone: so.Zone, OpensAt: moment(so.Opens), ClosesAt: maybeMoment(so.Closes),
		StartsOn: vocab.Given(so.Starts), EndsOn: vocab.Given(so.Ends), Seats: so.Seats, SeatsTaken: so.Taken, SeatsReserved: so.Reserved, Waiting: so.Waiting,
		Admission: offering.AdmissionBY_HAND, CancelledBecause: vocab.Given(so.Because), Language: so.Language,
		Mode: vocab.OrZero(value(vocab.DeliveryModes, so.Mode)), Place: so.Place, Funding: so.Funding, FeeCents: so.FeeCents, FeeCurrency: so.FeeCurrency,
		Windows: so.Windows, WaitlistPlaces: so.WaitlistPlaces, WaitlistOrder: offering.WaitlistOrderFIRST_COME, OfferHours: so.OfferHours, DrawsAt: maybeMoment(so.Draws),
		UpdatedAt: moment(so.Updated),
	}
	if so.Cancelled {
		o.State = offering.StateCANCELLED
	}
	if so.OnDemand {
		o.Schedule = offering.ScheduleON_DEMAND
	}
	if so.Automatic {
		o.Admission = offering.AdmissionAUTOMATIC
	}
	if len(so.Instead) == 16 {
		o.InsteadID = new(ident.Of(ident.Offering, [16]byte(so.Instead)))
	}
	if so.Draws != nil {
		o.WaitlistOrder = offering.WaitlistOrderDRAW
	}
	if len(so.Call) == 16 {
		o.CallID = new(ident.Of(ident.Call, [16]byte(so.Call)))
	}
	if len(so.Version) == 16 {
		o.VersionID = ident.Of(ident.CourseVersion, [16]byte(so.Version))
	}
	return o
}
