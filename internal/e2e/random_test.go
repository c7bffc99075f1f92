package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/auditentry"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Whatever is done in whatever order, by whoever may and may not, seats are never
// over capacity or quota, a learner has one live application for an offering, ranks
// have no gap, and history and audit tell every step. The seed is printed, so that
// a history that breaks this can be told again.
func TestRandomHistoriesKeepTheSeats(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	seats, done := 0, 0
	telling := func() bool { return done >= 60 && seats >= 2 }
	for round := 0; round < 3 || !telling() && round < 12; round++ {
		run := map[string]any{"waitlist": map[string]any{"places": random.IntN(4), "offerHours": 1 + random.IntN(72)}}
		if random.IntN(2) == 0 {
			run["admission"] = "AUTOMATIC"
		}
		q := newQueue(t, 1+random.IntN(4), run)
		offices := map[string]*Actor{"uni-a": q.c.homeOffice, "uni-c": q.Staff("Office of C", "uni-c", viewer.MobilityOfficer)}
		var names []string
		for i := range 9 {
			name := fmt.Sprintf("L%d", i)
			names, q.who[name] = append(names, name), q.Learner(name, []string{"uni-a", "uni-c"}[i%2])
		}
		for range 90 {
			name := names[random.IntN(len(names))]
			app := map[string]any{"applicationId": q.apps[name]}
			home := offices[[]string{"uni-a", "uni-c"}[slices.Index(names, name)%2]]
			host := q.c.hostOffice
			type try struct {
				by       *Actor
				mutation string
				input    map[string]any
			}
			moves := []try{
				{q.who[name], "submitApplication", map[string]any{"offeringId": q.run}},
				{home, "nominateApplication", app}, {home, "nominateApplication", app}, {host, "admitApplication", app}, {host, "admitApplication", app},
				{host, "waitlistApplication", app}, {host, "waitlistApplication", app}, {host, "admitConditionally", nil}, {host, "fulfilCondition", app},
				{q.who[name], "acceptSeat", app}, {q.who[name], "declineSeat", app}, {q.who[name], "withdrawApplication", app},
				{host, "refuseApplication", nil}, {home, "admitApplication", app}, {host, "nominateApplication", app}, {q.who[name], "admitApplication", app},
				{q.c.editor, "updateOffering", nil},
			}
			m := moves[random.IntN(len(moves))]
			switch {
			case m.mutation != "submitApplication" && m.mutation != "updateOffering" && q.apps[name] == "":
				m = moves[0]
			case m.mutation == "admitConditionally":
				m.input = conditional(q.World, q.apps[name])
			case m.mutation == "refuseApplication":
				m.input = map[string]any{"applicationId": q.apps[name], "reason": "No."}
			case m.mutation == "updateOffering":
				m.input = cohortOf("offeringId", q.run, 1+random.IntN(5))
				m.input["waitlist"] = map[string]any{"places": random.IntN(5), "offerHours": 24}
				if run["admission"] != nil {
					m.input["admission"] = run["admission"]
				}
				quota := map[string]any{"institutionId": q.Institution("uni-c"), "seats": random.IntN(2)}
				if random.IntN(2) == 0 {
					quota["reservedUntil"] = "2027-02-20T12:00:00"
				}
				m.input["quotas"] = []map[string]any{quota}
			}
			switch payload := m.by.Tries("tries", m.mutation, m.input); {
			case payload["application"] != nil && m.mutation == "submitApplication":
				q.apps[name] = id(payload["application"].(map[string]any))
				fallthrough
			case len(payload["errors"].([]any)) == 0:
				done++
			}
			if random.IntN(12) == 0 {
				q.settles()
			}
			if faults := seatFaults(q.World, ident.ID(q.run)); len(faults) > 0 {
				t.Fatalf("round %d, after %s of %s: %v", round, m.mutation, name, faults)
			}
			seats = max(seats, q.DB.Client.Offering.GetX(q.system(), ident.ID(q.run)).SeatsTaken)
		}
		alive := map[ident.ID]int{}
		for _, a := range q.DB.Client.Application.Query().Where(func(s *sql.Selector) { s.Where(sql.NotNull(s.C(application.FieldLiveKey))) }).AllX(q.system()) {
			if alive[a.LearnerID]++; alive[a.LearnerID] > 1 {
				t.Errorf("round %d: %s has two live applications", round, a.LearnerID)
			}
		}
		for _, a := range q.DB.Client.Application.Query().AllX(q.system()) {
			if n := q.DB.Client.AuditEntry.Query().Where(auditentry.ObjectID(a.ID)).CountX(q.system()); n < a.Version {
				t.Errorf("round %d: %s of version %d has %d entries", round, a.ID, a.Version, n)
			}
		}
	}
	if !telling() {
		t.Errorf("%d were done and at most %d seats taken, which tells little", done, seats)
	}
}
