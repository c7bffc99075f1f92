package problem

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Clients read these names: they are part of the API.
func TestDetailsAreExtensions(t *testing.T) {
	opens := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	closes := opens.AddDate(0, 1, 0)
	for _, tt := range []struct {
		detail Detail
		want   map[string]any
	}{
		{nil, map[string]any{}},
		{Transition{From: "DRAFT"}, map[string]any{"from": "DRAFT"}},
		{Transition{From: "DRAFT", To: "ENDED"}, map[string]any{"from": "DRAFT", "to": "ENDED"}},
		{Window{opens, &closes, "UTC"}, map[string]any{"opensAt": opens, "closesAt": &closes, "zone": "UTC"}},
		{Window{OpensAt: opens, Zone: "UTC"}, map[string]any{"opensAt": opens, "closesAt": (*time.Time)(nil), "zone": "UTC"}},
		{Seats(3), map[string]any{"seats": 3}},
		{Right("course.edit"), map[string]any{"verb": "course.edit"}},
		{StepUp("/step-up"), map[string]any{"stepUpUrl": "/step-up"}},
		{RetryAfter(5), map[string]any{"retryAfter": 5}},
		{Cost{7, 6}, map[string]any{"cost": 7, "limit": 6}},
		{Size(1 << 20), map[string]any{"limit": int64(1 << 20)}},
		{Status(404), map[string]any{"status": 404}},
	} {
		tt.want["code"] = "CONFLICT"
		if diff := cmp.Diff(tt.want, New(Conflict, "a").With(tt.detail).Extensions()); diff != "" {
			t.Errorf("%T (-want +got):\n%s", tt.detail, diff)
		}
	}
}
