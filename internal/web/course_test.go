package web

import (
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/web/pages"
)

// An offering is open while anybody may apply for it.
func TestStagesOfAnOffering(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2027, 2, n, 9, 0, 0, 0, time.UTC) }
	o := ent.Offering{State: offering.StatePUBLISHED, OpensAt: day(10), ClosesAt: new(day(20))}
	later := o
	later.Windows = []vocab.Window{{Audience: "ALUMNI", OpensAt: day(15), ClosesAt: new(day(25))}}
	endless, off := o, o
	endless.ClosesAt = nil
	off.State = offering.StateCANCELLED
	for _, tt := range []struct {
		o    ent.Offering
		day  int
		want pages.Stage
	}{
		{o, 9, pages.ToOpen}, {o, 10, pages.Open}, {o, 19, pages.Open}, {o, 20, pages.Closed},
		{later, 22, pages.Open}, {later, 25, pages.Closed}, {endless, 28, pages.Open}, {off, 15, pages.CalledOff},
	} {
		if got := stageOf(&tt.o, &ent.Course{State: course.StatePUBLISHED}, day(tt.day)); got != tt.want {
			t.Errorf("on day %d it is %s, want %s", tt.day, got, tt.want)
		}
	}
}
