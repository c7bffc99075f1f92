package e2e

import (
	"fmt"
	"sync"
	"testing"

	"github.com/peregrine-exchange/peregrine/ent/admissionpolicy"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/internal/policy"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// A scope has one policy, also when several officers set it at once, and the
// last one holds as a whole.
func TestAScopeHasOnePolicy(t *testing.T) {
	w := NewWorld(t)
	at, partner := w.Institution("uni-a"), w.Institution("uni-b")
	officer := w.Staff("Mona", "uni-a", viewer.MobilityOfficer)
	var rivals sync.WaitGroup
	for n := range 3 { // as many as one person may ask at once
		rivals.Go(func() {
			if code := officer.codeOf("setAdmissionPolicy", map[string]any{"institutionId": at, "partnerId": partner, "homeDays": n + 1, "ectsPerTerm": "10"}); code != "done" {
				t.Errorf("rival %d: %s", n, code)
			}
		})
	}
	rivals.Wait()
	if n := w.DB.Client.AdmissionPolicy.Query().Where(admissionpolicy.InstitutionID(at)).CountX(w.system()); n != 1 {
		t.Fatalf("%d policies for one scope", n)
	}
	officer.Does("sets it anew", "setAdmissionPolicy", map[string]any{"institutionId": at, "partnerId": partner, "nomination": "IF_ELIGIBLE", "homeDays": 5})
	general := officer.Does("sets one for all", "setAdmissionPolicy", map[string]any{"institutionId": at, "hostDays": 30, "terms": []string{"09-01", "02-01"}})
	all, err := policy.ForAll(w.system(), w.DB.Client, []policy.Case{
		{InstitutionID: at, PartnerID: partner, Kind: course.KindCOURSE},
		{InstitutionID: at, PartnerID: w.Institution("uni-c"), Kind: course.KindCOURSE},
		{InstitutionID: partner, PartnerID: at, Kind: course.KindCOURSE},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := all[0]; r.HomeDays != 5 || r.ECTSPerTerm != nil || r.Nomination != admissionpolicy.NominationIF_ELIGIBLE {
		t.Errorf("for the partner: %+v", r)
	}
	if r := all[1]; r.HostDays != 30 || fmt.Sprint(r.Terms) != "[02-01 09-01]" {
		t.Errorf("for others: %+v", r)
	}
	if r := all[2]; fmt.Sprint(r) != fmt.Sprint(policy.Default()) {
		t.Errorf("without any: %+v", r)
	}
	remove := map[string]any{"policyId": id(general), "idempotencyKey": "once"}
	officer.Does("removes it", "removeAdmissionPolicy", remove)
	officer.Does("sends that again", "removeAdmissionPolicy", remove)
	rest, err := policy.For(w.system(), w.DB.Client, at, w.Institution("uni-c"), course.KindCOURSE)
	if err != nil || rest.HostDays != 14 {
		t.Errorf("after its removal: %+v, %v", rest, err)
	}
}

// Each bound names its field.
func TestBoundsOfAPolicy(t *testing.T) {
	w := NewWorld(t)
	at := w.Institution("uni-a")
	officer := w.Staff("Mona", "uni-a", viewer.MobilityOfficer)
	for field, values := range map[string][]any{
		"homeDays": {0, 181}, "hostDays": {0, 181}, "remindDays": {-1, 61}, "escalateDays": {-1, 91}, "ectsPerTerm": {"0.49", "60.5"},
		"nominationsPerOffering": {0, 100001}, "terms": {[]string{"02-29"}, []string{"10-01", "10-01"}}, "partnerId": {at},
	} {
		for _, value := range values {
			if code, named := officer.refusal("setAdmissionPolicy", map[string]any{"institutionId": at, field: value}); code != "INVALID" || named != "input."+field {
				t.Errorf("%s %v: %s at %q", field, value, code, named)
			}
		}
	}
	officer.IsRefused("for another", "FORBIDDEN", "setAdmissionPolicy", map[string]any{"institutionId": w.Institution("uni-b")})
	officer.IsRefused("with nobody", "NOT_FOUND", "setAdmissionPolicy", map[string]any{"institutionId": at, "partnerId": "ins_06h0hph4yvw3v2c0x5e4r7t9n8"})
	officer.Does("all at the edge", "setAdmissionPolicy", map[string]any{"institutionId": at, "homeDays": 180, "hostDays": 1, "remindDays": 60,
		"escalateDays": 90, "ectsPerTerm": "0.5", "nominationsPerOffering": 100000})
}
