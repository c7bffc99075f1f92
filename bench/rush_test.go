package bench

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/admissionpolicy"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/applicationstep"
	"github.com/peregrine-exchange/peregrine/ent/offering"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// number reads a setting of the benchmarks.
func number(name string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return usual
}

// clients is how many learners apply at a time.
const clients = 200

// A rush on one offering: every learner applies once, from so many clients at a
// time. Nobody is lost, seats are exactly filled, and the waitlist has no gap and
// is in the order in which the transactions committed. The goal is ten thousand
// within a minute (PEREGRINE_BENCH_RUSH=10000); the floor reads by hand what decides
// about an application, and writes the same rows. "×writes" is the ratio to one that
// knows all that already, and only writes.
func BenchmarkRush(b *testing.B) {
	b.Setenv("PEREGRINE_BENCH_COURSES", "60")
	n := number("PEREGRINE_BENCH_RUSH", 2000)
	for _, home := range []struct {
		name   string
		policy admissionpolicy.Nomination
	}{{"by hand", admissionpolicy.NominationBY_HAND}, {"by itself", admissionpolicy.NominationAUTOMATIC}} {
		b.Run(home.name, func(b *testing.B) {
			d := fill(b)
			ctx := viewer.AsSystem(b.Context())
			o := d.db.Client.Offering.GetX(ctx, d.open[0])
			automatic := home.policy == admissionpolicy.NominationAUTOMATIC
			update := d.db.Client.Offering.UpdateOneID(o.ID).SetSeats(n / 10).SetWaitlistPlaces(n)
			if automatic {
				update.SetAdmission(offering.AdmissionAUTOMATIC)
				d.db.Client.AdmissionPolicy.Create().SetInstitutionID(d.home).SetScopeKey(storage.Digest(string(d.home) + "\x00\x00")).SetNomination(home.policy).SaveX(ctx)
			}
			update.ExecX(ctx)
			server, _ := served(b, d)
			tokens := d.crowd(b, n)
			body := document(b, `mutation($o: ID!) { submitApplication(input: { offeringId: $o }) { application { id state } errors { code message } } }`, map[string]any{"o": o.ID})
			var ours, theirs, writing, making spent
			began := time.Now()
			ours.add(func() { rush(b, server.URL, body, tokens) })
			took := time.Since(began)
			ours.n = n
			d.inOrder(b, o.ID, n, automatic)
			floor := httptest.NewServer(d.floorOfRush(b, automatic, true, n))
			defer floor.Close()
			empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				write(w, []byte(`{"data":{"submitApplication":{"application":{"id":"","state":""},"errors":[]}}}`))
			}))
			defer empty.Close()
			began = time.Now()
			theirs.add(func() { rush(b, floor.URL, body, tokens) })
			hand := time.Since(began)
			writes := httptest.NewServer(d.floorOfRush(b, automatic, false, n))
			defer writes.Close()
			writing.add(func() { rush(b, writes.URL, body, tokens) })
			making.add(func() { rush(b, empty.URL, body, tokens) })
			theirs.n, writing.n, making.n = n, n, n
			for b.Loop() { // it is done already
			}
			ours.report(b, "ours")
			theirs.report(b, "floor")
			b.ReportMetric((ours.total()-making.total())/(theirs.total()-making.total()), "×floor")
			b.ReportMetric((ours.total()-making.total())/(writing.total()-making.total()), "×writes")
			b.ReportMetric(float64(n)/took.Seconds(), "applications/s")
			b.ReportMetric(float64(n)/hand.Seconds(), "floor-applications/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// rush sends the body once with each token, from so many clients at a time, and
// fails unless every answer is an application.
func rush(b *testing.B, address string, body []byte, tokens []string) {
	b.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: clients, MaxConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var next, lost atomic.Int64
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(tokens)); i = next.Add(1) - 1 {
				if err := apply(b.Context(), client, address, body, tokens[i]); err != nil && lost.Add(1) == 1 {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	if lost.Load() > 0 {
		b.Fatalf("%d of %d applications were lost", lost.Load(), len(tokens))
	}
}

func apply(ctx context.Context, client *http.Client, address string, body []byte, token string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	got, err := client.Do(r)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	said, err := io.ReadAll(got.Body)
	if err != nil {
		return err
	}
	var answer struct {
		Data struct {
			SubmitApplication struct{ Application *struct{ ID string } }
		}
	}
	if err := json.Unmarshal(said, &answer); err != nil || answer.Data.SubmitApplication.Application == nil {
		return fmt.Errorf("%d %s", got.StatusCode, said)
	}
	return nil
}

// crowd makes n learners of the home, each with a token.
func (d *data) crowd(b *testing.B, n int) (tokens []string) {
	b.Helper()
	ctx, c, now := viewer.AsSystem(b.Context()), d.db.Client, vocab.Now(time.Now)
	p := c.Provider.Query().OnlyX(ctx)
	for first := 0; first < n; first += batch {
		var people []*ent.PersonCreate
		var members []*ent.AffiliationCreate
		var accounts []*ent.IdentityCreate
		var sessions []*ent.SessionCreate
		for i := first; i < min(n, first+batch); i++ {
			person, account, secret := ident.New(ident.Person), ident.New(ident.Identity), "rush-"+strconv.Itoa(i)
			tokens = append(tokens, secret)
			people = append(people, c.Person.Create().SetID(person))
			members = append(members, c.Affiliation.Create().SetPersonID(person).SetInstitutionID(d.home).SetKind(affiliation.KindSTUDENT).SetVerifiedAt(now).SetExpiresAt(now.AddDate(1, 0, 0)))
			accounts = append(accounts, c.Identity.Create().SetID(account).SetPersonID(person).SetProviderID(p.ID).SetIssuer("https://idp.example").SetSubject(secret).
				SetDigest(storage.Digest(secret)).SetSignedInAt(now))
			sessions = append(sessions, c.Session.Create().SetPersonID(person).SetIdentityID(account).SetKind(session.KindBEARER).SetDigest(storage.Digest(secret)).
				SetSeenAt(now).SetExpiresAt(now.Add(time.Hour)))
		}
		c.Person.CreateBulk(people...).ExecX(ctx)
		c.Affiliation.CreateBulk(members...).ExecX(ctx)
		c.Identity.CreateBulk(accounts...).ExecX(ctx)
		c.Session.CreateBulk(sessions...).ExecX(ctx)
	}
	return tokens
}

// inOrder fails unless all n have applied and, where the order decides, a seat or a
// place was given to each, in the order of the audit, which is that of the commits.
func (d *data) inOrder(b *testing.B, id ident.ID, n int, automatic bool) {
	b.Helper()
	ctx, c := viewer.AsSystem(b.Context()), d.db.Client
	if got := c.Application.Query().Where(application.OfferingID(id)).CountX(ctx); got != n {
		b.Fatalf("%d of %d applications are there", got, n)
	}
	if !automatic {
		return
	}
	o := c.Offering.GetX(ctx, id)
	seated := c.Application.Query().Where(application.OfferingID(id), application.StateEQ(application.StateADMITTED)).CountX(ctx)
	waiting := c.Application.Query().Where(application.OfferingID(id), application.StateEQ(application.StateWAITLISTED)).Order(application.ByPlace()).AllX(ctx)
	if seated != o.Seats || o.SeatsTaken != o.Seats || len(waiting) != n-seated || o.Waiting != len(waiting) {
		b.Fatalf("%d of %d seats are taken by %d, and %d of %d wait", o.SeatsTaken, o.Seats, seated, o.Waiting, n-seated)
	}
	last := ident.ID("")
	for i, a := range waiting {
		step := c.ApplicationStep.Query().Where(applicationstep.ApplicationID(a.ID), applicationstep.To(string(application.StateWAITLISTED))).OnlyX(ctx)
		if *a.Place != i+1 || step.ID < last {
			b.Fatalf("place %d is the %dth", *a.Place, i+1)
		}
		last = step.ID
	}
}

// floorOfRush writes by hand what an application leaves: its row, and for each step
// one of history, audit and events; where the order decides, a seat by an update
// that names its condition, or a place.
// It reads what decides about an application before, or not.
func (d *data) floorOfRush(b *testing.B, automatic, reads bool, n int) http.Handler {
	b.Helper()
	for _, statement := range []string{
		`DROP TABLE IF EXISTS floor_applications`, `DROP TABLE IF EXISTS floor_rows`, `DROP TABLE IF EXISTS floor_offerings`,
		`CREATE TABLE floor_applications (id char(30) PRIMARY KEY, learner_id char(30), offering_id char(30), home_id char(30), state varchar(32), live_key char(64) UNIQUE,
			place int, commitment text, sharing text, submitted_at varchar(32), due_at varchar(32))`,
		`CREATE INDEX floor_mine ON floor_applications (learner_id, id)`,
		`CREATE INDEX floor_offered ON floor_applications (offering_id, state, id)`,
		`CREATE INDEX floor_due ON floor_applications (home_id, state, due_at)`,
		`CREATE TABLE floor_rows (id char(30) PRIMARY KEY, kind varchar(16), object char(30), body text, made_at varchar(32))`,
		`CREATE INDEX floor_object ON floor_rows (object, id)`,
		`CREATE TABLE floor_offerings (id char(30) PRIMARY KEY, seats int, taken int, waiting int)`,
		fmt.Sprintf(`INSERT INTO floor_offerings VALUES ('one', %d, 0, 0)`, n/10),
	} {
		if _, err := d.db.SQL.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	made := func(query string) func(*http.Request, *sql.Tx, ...any) (int64, error) {
		s, err := d.db.SQL.PrepareContext(b.Context(), query)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Close() })
		return func(r *http.Request, tx *sql.Tx, args ...any) (int64, error) {
			done, err := tx.StmtContext(r.Context(), s).ExecContext(r.Context(), args...)
			if err != nil {
				return 0, err
			}
			return done.RowsAffected()
		}
	}
	who, err := d.db.SQL.PrepareContext(b.Context(), `SELECT s.person_id, a.institution_id FROM sessions s JOIN affiliations a ON a.person_id = s.person_id WHERE s.digest = ?`)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = who.Close() })
	known := func(*http.Request, *sql.Tx, string, string) {}
	if reads {
		known = d.factsByHand(b)
	}
	insert := made(`INSERT INTO floor_applications VALUES (?, ?, 'one', ?, ?, ?, ?, '{}', '[]', ?, ?)`)
	note := made(`INSERT INTO floor_rows VALUES (?, ?, ?, '{}', ?)`)
	seat := made(`UPDATE floor_offerings SET taken = taken + 1 WHERE id = 'one' AND taken < seats`)
	place := made(`UPDATE floor_offerings SET waiting = waiting + 1 WHERE id = 'one'`)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		var person, home string
		if err := who.QueryRowContext(r.Context(), storage.Digest(r.Header.Get("Authorization")[len("Bearer "):])).Scan(&person, &home); err != nil {
			panic(err)
		}
		tx, err := d.db.SQL.BeginTx(r.Context(), nil)
		if err != nil {
			panic(err)
		}
		defer func() { _ = tx.Rollback() }()
		known(r, tx, person, home)
		must := func(n int64, err error) int64 {
			if err != nil {
				panic(err)
			}
			return n
		}
		id, now, state, steps, waits := ident.New(ident.Application), time.Now().UTC().Format(time.RFC3339Nano), "SUBMITTED", 1, 0
		if automatic {
			steps, state = 3, "ADMITTED"
			if must(seat(r, tx)) == 0 {
				must(place(r, tx))
				state, waits = "WAITLISTED", 1
			}
		}
		must(insert(r, tx, string(id), person, home, state, storage.Digest(person), waits, now, now))
		for range steps {
			for _, kind := range []string{"step", "audit", "event"} {
				must(note(r, tx, string(ident.New(ident.AuditEntry)), kind, string(id), now))
			}
		}
		if err := tx.Commit(); err != nil {
			panic(err)
		}
		write(w, []byte(`{"data":{"submitApplication":{"application":{"id":"`+string(id)+`","state":"`+state+`"},"errors":[]}}}`))
	})
}

// factsByHand reads what decides about an application for the first open offering:
// a prepared statement for each thing, and of each the columns that matter.
func (d *data) factsByHand(b *testing.B) func(r *http.Request, tx *sql.Tx, person, home string) {
	b.Helper()
	o := d.db.Client.Offering.GetX(viewer.AsSystem(b.Context()), d.open[0])
	var all []func(r *http.Request, tx *sql.Tx, person, home string)
	for _, read := range []struct {
		query string
		args  func(person, home string) []any
	}{
		{`SELECT state, course_id, version_id, institution_id, seats, seats_taken, waiting, waitlist_places, admission, windows, questions, asks, zone, starts_on, ends_on FROM offerings WHERE id = ?`,
			func(string, string) []any { return []any{o.ID} }},
		{`SELECT id, answers FROM drafts WHERE learner_id = ? AND offering_id = ?`, func(person, _ string) []any { return []any{person, o.ID} }},
		{`SELECT institution_id, kind, expires_at FROM affiliations WHERE person_id = ?`, func(person, _ string) []any { return []any{person} }},
		{`SELECT c.state, c.kind, v.state, v.ects, v.target_groups, v.prerequisites FROM courses c JOIN course_versions v ON v.id = ? WHERE c.id = ?`,
			func(string, string) []any { return []any{o.VersionID, o.CourseID} }},
		{`SELECT institution_id FROM memberships WHERE institution_id IN (?, ?) AND state = 'ACTIVE'`, func(_, home string) []any { return []any{o.InstitutionID, home} }},
		{`SELECT home_id, seats, seats_taken, kept FROM seat_quota WHERE offering_id = ?`, func(string, string) []any { return []any{o.ID} }},
		{`SELECT partner_id, kind, nomination, home_days FROM admission_policies WHERE institution_id = ?`, func(_, home string) []any { return []any{home} }},
		{`SELECT zone FROM institutions WHERE id = ?`, func(_, home string) []any { return []any{home} }},
		{`SELECT id, ects, programme_id FROM recognition_rules WHERE home_id = ? AND course_id = ? AND state = 'AGREED'`, func(_, home string) []any { return []any{home, o.CourseID} }},
	} {
		s, err := d.db.SQL.PrepareContext(b.Context(), read.query)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Close() })
		all = append(all, func(r *http.Request, tx *sql.Tx, person, home string) {
			rows, err := tx.StmtContext(r.Context(), s).QueryContext(r.Context(), read.args(person, home)...)
			if err != nil {
				panic(err)
			}
			defer rows.Close()
			columns, err := rows.Columns()
			if err != nil {
				panic(err)
			}
			into := make([]any, len(columns))
			for i := range into {
				into[i] = new(sql.RawBytes)
			}
			for rows.Next() {
				if err := rows.Scan(into...); err != nil {
					panic(err)
				}
			}
		})
	}
	return func(r *http.Request, tx *sql.Tx, person, home string) {
		for _, read := range all {
			read(r, tx, person, home)
		}
	}
}
