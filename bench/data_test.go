// Package bench measures what a query costs: in CPU seconds of the process, and
// as a ratio to a floor of plain net/http, prepared SQL and JSON by hand that
// answers the same. Ratios travel between machines; seconds do not.
package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/course"
	"github.com/peregrine-exchange/peregrine/ent/courseversion"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// volume is how many courses there are; offerings are twice as many.
func volume() int {
	if n, err := strconv.Atoi(os.Getenv("PEREGRINE_BENCH_COURSES")); err == nil {
		return n
	}
	return 5000 // the figures of the goals are for 100 000
}

// data is a filled database and what the queries need of it.
type data struct {
	db      *storage.DB
	learner ident.ID
	home    ident.ID
	middle  ident.ID // a course in the middle of the catalogue
	deep    ident.ID // a course near its end
	open    []ident.ID
}

const batch = 500

var (
	languages = []string{"en", "en", "de", "cs", "fr"}
	fields    = []vocab.ISCEDF{"0613", "0541", "0411", "0311", "0711", "0912", "0533"}
	topics    = strings.Fields("machine learning data science energy climate health design history language water robot sensor market law ethics " +
		"statistics biology chemistry network security vision policy finance music education mobility material quantum logic proof")
)

// prose returns n words that differ from one i to the next. One text in two
// hundred, and so three courses in a hundred, hold "machine learning".
func prose(i, n int) string {
	r := rand.New(rand.NewPCG(1, uint64(i)))
	words := make([]string, n)
	for k := range words {
		words[k] = topics[2+r.IntN(len(topics)-2)] + strconv.Itoa(r.IntN(400))
	}
	if i%200 == 0 {
		words[0], words[1] = "machine", "learning"
	}
	return strings.Join(words, " ")
}

// fill writes rows straight to the tables: only their number matters here.
func fill(tb testing.TB, opts ...testkit.Option) data {
	tb.Helper()
	d := data{db: testkit.Database(tb, opts...)}
	ctx := viewer.With(tb.Context(), &viewer.Viewer{Kind: viewer.System})
	c := d.db.Client
	var hosts []ident.ID
	var institutions []*ent.InstitutionCreate
	for i := range 300 {
		institutions = append(institutions, c.Institution.Create().SetSchac(fmt.Sprintf("uni-%d.example", i)).SetName(vocab.Text{"en": fmt.Sprintf("University %d", i)}).
			SetAcronym(fmt.Sprintf("U%d", i)).SetCountry("DE").SetTown(vocab.Text{"en": "Town"}).SetDomains([]string{}).SetZone("Europe/Berlin"))
	}
	for _, inst := range c.Institution.CreateBulk(institutions...).SaveX(ctx) {
		hosts = append(hosts, inst.ID)
	}
	d.home = hosts[0]
	alliance := c.Alliance.Create().SetSlug("bench").SetName(vocab.Text{"en": "Bench"}).SetBounds([]vocab.Bounds{}).SaveX(ctx)
	var members []*ent.MembershipCreate
	for _, id := range hosts {
		members = append(members, c.Membership.Create().SetAllianceID(alliance.ID).SetInstitutionID(id).
			SetState(membership.StateACTIVE).SetPart(membership.PartMEMBER).SetHistory([]vocab.Standing{}))
	}
	c.Membership.CreateBulk(members...).ExecX(ctx)
	for first := 0; first < volume(); first += batch {
		d.addCourses(ctx, hosts, first, min(batch, volume()-first))
	}
	d.addLearner(ctx)
	return d
}

func (d *data) addCourses(ctx context.Context, hosts []ident.ID, first, n int) {
	c := d.db.Client
	now := vocab.Now(time.Now)
	var courses []*ent.CourseCreate
	var versions []*ent.CourseVersionCreate
	var offerings []*ent.OfferingCreate
	for i := first; i < first+n; i++ {
		host := hosts[i%len(hosts)]
		id, version := ident.New(ident.Course), ident.New(ident.CourseVersion)
		if i == volume()/2 {
			d.middle = id
		}
		if i == volume()/10 {
			d.deep = id // lists run from the newest
		}
		courses = append(courses, c.Course.Create().SetID(id).SetInstitutionID(host).SetCode(fmt.Sprintf("C-%d", i)).
			SetKind(course.KindMICRO_CREDENTIAL).SetState(course.StatePUBLISHED).SetPublishedVersionID(version))
		versions = append(versions, c.CourseVersion.Create().SetID(version).SetCourseID(id).SetInstitutionID(host).SetNumber(1).
			SetState(courseversion.StatePUBLISHED).SetTitle(vocab.Text{"en": prose(i, 4), "de": prose(i+1, 4)}).
			SetSummary(vocab.Text{"en": prose(i+2, 14)}).
			SetDescription(vocab.Text{"en": prose(i+3, 70)}).SetOutcomes([]vocab.Outcome{{Text: vocab.Text{"en": prose(i+4, 12)}}, {Text: vocab.Text{"en": prose(i+5, 12)}}}).
			SetEcts(vocab.ECTS(100+100*(i%10))).SetHours(28+28*(i%10)).SetEqf(6+i%3).SetIsced(fields[i%len(fields)]).SetLanguages([]string{languages[i%len(languages)]}).SetMode("ONLINE").
			SetAssessments([]vocab.AssessmentType{"QUIZ"}).SetAssessmentNote(nil).SetPrerequisites(nil).
			SetTargetGroups([]vocab.TargetGroup{"STUDENTS"}).SetTopics([]string{}).SetPublishedAt(now))
		for range 2 {
			o := ident.New(ident.Offering)
			if len(d.open) < 1_000 && host != d.home {
				d.open = append(d.open, o)
			}
			offerings = append(offerings, c.Offering.Create().SetID(o).SetInstitutionID(host).SetCourseID(id).SetVersionID(version).
				SetState(offering.StatePUBLISHED).SetSchedule(offering.ScheduleON_DEMAND).SetZone("Europe/Berlin").SetOpensAt(now.Add(-time.Hour)).
				SetSeats(1_000_000).SetLanguage("en").SetMode("ONLINE").SetPlace(nil).SetFunding(nil))
		}
	}
	c.Course.CreateBulk(courses...).ExecX(ctx)
	c.CourseVersion.CreateBulk(versions...).ExecX(ctx)
	c.Offering.CreateBulk(offerings...).ExecX(ctx)
}

// addLearner adds a learner with ten enrolments.
func (d *data) addLearner(ctx context.Context) {
	c := d.db.Client
	now := vocab.Now(time.Now)
	p := c.Person.Create().SaveX(ctx)
	d.learner = p.ID
	c.Affiliation.Create().SetPersonID(p.ID).SetInstitutionID(d.home).SetKind(affiliation.KindSTUDENT).SetVerifiedAt(now).SetExpiresAt(now.AddDate(1, 0, 0)).ExecX(ctx)
	for _, id := range d.open[len(d.open)-10:] {
		o := c.Offering.GetX(ctx, id)
		a := c.Application.Create().SetLearnerID(p.ID).SetOfferingID(id).SetHomeID(d.home).SetHostID(o.InstitutionID).
			SetState(application.StateADMITTED).SetSubmittedAt(now).SaveX(ctx)
		c.Enrolment.Create().SetApplicationID(a.ID).SetLearnerID(p.ID).SetOfferingID(id).SetVersionID(o.VersionID).
			SetHomeID(d.home).SetHostID(o.InstitutionID).SetState(enrolment.StateENROLLED).SetEnrolledAt(now).ExecX(ctx)
	}
	d.open = d.open[:len(d.open)-10]
}
