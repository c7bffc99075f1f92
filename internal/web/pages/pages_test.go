package pages

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// hostile is a name that would run if it were not escaped.
const hostile = `<script>alert("1")</script>" onload="x`

func renderer(t *testing.T, o Options) *Renderer {
	t.Helper()
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var usual = Options{BaseURL: "https://exchange.example", Demo: true, Contact: "help@exchange.example"}

func when(day string) time.Time {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return t.Add(14*time.Hour + 5*time.Minute)
}

func on(day string) *time.Time { t := when(day); return &t }

var (
	hannover = vocab.Text{"en": "Leibniz University Hannover", "de": "Leibniz Universität Hannover"}
	lut      = vocab.Text{"en": "Lappeenranta-Lahti University of Technology LUT", "fi": "Lappeenrannan–Lahden teknillinen yliopisto LUT"}
	brno     = vocab.Text{"en": "Brno University of Technology", "cs": "Vysoké učení technické v Brně"}
	ai       = vocab.Text{"en": "Artificial Intelligence for Engineers", "de": "Künstliche Intelligenz für den Ingenieurberuf"}
	grid     = vocab.Text{"en": "Power Grids of the Future"}
	photo    = vocab.Text{"de": "Photogrammetrie und Fernerkundung"}
)

var people = []DemoGroup{
	{Institution: hannover, Country: "DE", People: []DemoPerson{
		{
			Name:   "Jonas Beispiel",
			Label:  vocab.Text{"en": "student with a credential to recognise", "de": "Studierender mit anzuerkennendem Nachweis"},
			Try:    vocab.Text{"en": "ask home to recognise a credential"},
			SignIn: "/auth/start/demo?person=jonas",
		},
		{
			Name:   "Reinhard Beispiel",
			Label:  vocab.Text{"en": "registrar and administrator"},
			Try:    vocab.Text{"en": "confirm a result; issue and revoke a credential"},
			Roles:  []viewer.Role{viewer.Registrar, viewer.Administrator},
			SignIn: "/auth/start/demo?person=registrar",
		},
	}},
	{Institution: brno, Country: "CZ", People: []DemoPerson{
		{
			Name:   "Daria Příklad",
			Label:  vocab.Text{"en": "student of information technology"},
			Try:    vocab.Text{"en": "see what a course counts at home, then apply"},
			SignIn: "/auth/start/demo?person=daria",
		},
		{
			Name:   "Ivana Příklad",
			Label:  vocab.Text{"en": "mobility and recognition officer"},
			Try:    vocab.Text{"en": "nominate or admit an applicant; decide a recognition case"},
			Roles:  []viewer.Role{viewer.MobilityOfficer, viewer.RecognitionOfficer},
			SignIn: "/auth/start/demo?person=international",
		},
	}},
}

var courses = []Course{
	{
		Kind:     vocab.KindMicroCredential,
		Title:    ai,
		Summary:  vocab.Text{"en": "Learn where machine learning helps in engineering, and where it does not."},
		Provider: hannover,
		Country:  "DE",
		ECTS:     500,
		EQF:      7,
		Mode:     "BLENDED",
		Groups:   []vocab.TargetGroup{"STUDENTS", "DOCTORAL_CANDIDATES"},
	},
	{Kind: vocab.KindCourse, Title: grid, Provider: lut, Country: "FI", ECTS: 750, EQF: 7, Mode: "ONLINE", Groups: []vocab.TargetGroup{"STUDENTS", "ALUMNI"}},
	{
		Kind:     vocab.KindCourse,
		Title:    photo,
		Summary:  vocab.Text{"de": "Vom Bild zum Modell: Grundlagen und Praxis."},
		Provider: hannover,
		Country:  "DE",
		ECTS:     600,
		Mode:     "PRESENTIAL",
	},
}

var providers = []Provider{
	{Key: "hannover", Name: hannover, Acronym: "LUH", Town: "Hannover", Country: "DE", Domain: "uni-hannover.de"},
	{Key: "brno", Name: brno, Acronym: "BUT", Town: "Brno", Country: "CZ", Domain: "vutbr.cz", Broken: true},
	{Key: "lut", Name: lut, Acronym: "LUT", Town: "Lappeenranta", Country: "FI", Domain: "lut.fi"},
}

func award() *vc.Award {
	return &vc.Award{
		ID: "https://exchange.example/credentials/crd_1", Kind: vocab.KindMicroCredential,
		Issuer:         vc.Organisation{ID: "https://exchange.example/issuers/ins_1", Name: hannover, Country: "DE"},
		AwardingBodies: []vc.Organisation{{Name: hannover, Country: "DE"}},
		Holder:         vc.Holder{GivenName: "Mikko", FamilyName: "Esimerkki"},
		Title:          ai,
		Description:    vocab.Text{"en": "An introduction to methods of machine learning with examples from production and mechanics."},
		Criteria:       vocab.Text{"en": "Pass the written examination and hand in the project."},
		Outcomes: []vocab.Outcome{
			{Text: vocab.Text{"en": "Choose a method that fits a problem of engineering.", "de": "Eine Methode wählen, die zu einem Problem des Ingenieurwesens passt."}},
			{Text: vocab.Text{"en": "Judge how far the answer of a model can be trusted."}},
		},
		ECTS: 750, Hours: 190, EQF: 7, ISCEDF: "0613", Assessments: []vocab.AssessmentType{"WRITTEN_EXAMINATION", "PROJECT_WORK"},
		Participation: "BLENDED", Quality: vocab.QualityAssurance{Kind: "PROGRAMME_QA", Name: vocab.Text{"de": "Systemakkreditierung"}, URL: "https://quality.example/"},
		Prerequisites: vocab.Text{"en": "Mathematics of a first degree in engineering."}, Supervision: "SUPERVISED_ID_VERIFIED",
		Grade: &vc.Grade{Value: "GRADE-1.7", Scale: "DE_1_5"}, Stacking: "STACKABLE", Language: "en",
		IssuedAt: when("2026-11-03"), AwardedAt: when("2026-10-30"), ValidUntil: when("2036-11-03"),
	}
}

func report(changed ...vc.Check) vc.Report {
	checks := []vc.Check{vc.Pass(vc.CheckForm), vc.Pass(vc.CheckIssuer), vc.Pass(vc.CheckKey), vc.Pass(vc.CheckSignature), vc.Pass(vc.CheckTime), vc.Pass(vc.CheckStatus)}
	for _, c := range changed {
		for i := range checks {
			if checks[i].Kind == c.Kind {
				checks[i] = c
			}
		}
	}
	return vc.NewReport(when("2026-11-23"), checks...)
}

func verification(changed ...vc.Check) Verification {
	return Verification{
		Report: report(changed...), Award: award(), Token: "Zk3v", Issuer: "/issuers/ins_1",
		JSON: "/v/Zk3v.json", JWT: "/v/Zk3v.jwt", Keys: "/issuers/ins_1/jwks.json", StatusList: "/status/stl_1",
	}
}

func revoked() Verification {
	v := verification(vc.Check{Kind: vc.CheckStatus, Result: vc.Failed, Reason: vc.ReasonRevoked})
	v.Revoked, v.Reason = on("2026-11-20"), "RESULT_ANNULLED"
	return v
}

func unread() Verification {
	return Verification{Report: vc.NewReport(when("2026-11-23"), vc.Check{Kind: vc.CheckForm, Result: vc.Failed, Reason: vc.ReasonToken})}
}

func account() Account {
	return Account{
		Chrome: Chrome{SignedInAs: "Mikko Esimerkki"},
		Name:   "Mikko Esimerkki", Email: "mikko@lut.fi.example", Home: lut,
		Affiliations: []Affiliation{
			{Kind: "STUDENT", Institution: lut, Programme: vocab.Text{"en": "Energy Technology (Master)"}, VerifiedAt: when("2026-11-23"), ExpiresAt: when("2027-12-23")},
		},
		Roles: []HeldRole{{Role: viewer.Teacher, At: lut}},
		Applications: []Application{
			{ID: "app_06h0hph", Course: ai, Host: hannover, State: "NOMINATED", SubmittedAt: when("2026-09-01")},
			{ID: "app_06h0hpj", Course: photo, Host: hannover, State: "REFUSED_BY_HOST", SubmittedAt: when("2026-08-01")},
		},
		Credentials: []Credential{
			{Title: ai, Issuer: hannover, ECTS: 750, State: "ISSUED", IssuedAt: on("2026-11-03"), Path: "/v/Zk3v"},
			{Title: photo, Issuer: hannover, ECTS: 600, State: "ISSUING"},
		},
		Recognitions: []Recognition{
			{Title: ai, Home: lut, State: "GRANTED", Basis: "RULE", ECTS: 750, DueAt: when("2027-01-03"), DecidedAt: on("2026-11-04")},
			{Title: photo, Home: lut, State: "OPEN", DueAt: when("2027-01-03")},
		},
		Accounts: []LinkedAccount{
			{ID: "idt_1", Institution: lut, Host: "login.lut.fi.example", SignedInAt: on("2026-11-23"), Current: true},
			{ID: "idt_2", Host: "proxy.example"},
		},
		Sessions: []Session{
			{ID: "ses_1", Kind: "BROWSER", Current: true, StartedAt: when("2026-11-23"), SeenAt: when("2026-11-23"), ExpiresAt: when("2026-11-24")},
		},
		Tokens: []Session{
			{ID: "ses_2", Kind: "BEARER", Name: "laptop", StartedAt: when("2026-11-22"), SeenAt: when("2026-11-23"), ExpiresAt: when("2026-11-24")},
			{ID: "ses_3", Kind: "BEARER", StartedAt: when("2026-11-22"), SeenAt: when("2026-11-23"), ExpiresAt: when("2026-11-24")},
		},
		Done: []Deed{
			{Verb: "application.refuse", At: when("2026-09-02")},
			{Verb: "application.submit", Own: true, At: when("2026-08-01")},
		},
		Proof: FactorNeeded, Said: OthersEnded, Minutes: []int{15, 60},
	}
}

// refusedToken is the account after a token was asked for without a name.
func refusedToken() Account {
	a := account()
	a.Said, a.Proof, a.Fault, a.FaultAt = "", SteppedUp, "this text is needed", "name"
	return a
}

func issuer() Issuer {
	return Issuer{
		Organisation: vc.Organisation{
			ID:      "https://exchange.example/issuers/ins_1",
			Name:    hannover,
			Country: "DE",
			Website: "https://www.uni-hannover.de/",
			ROR:     "https://ror.org/0304hq317",
			Erasmus: "D  HANNOVE01",
			PIC:     "999981634",
			SCHAC:   "uni-hannover.de",
		},
		Keys: []IssuerKey{
			{ID: "Q1xZ0c8q2u1vX3", Algorithm: "ES256", State: "COMPROMISED", From: when("2025-01-01"), Until: on("2025-06-01"), Path: "/issuers/ins_1/keys/Q1xZ0c8q2u1vX3"},
			{ID: "p2S9a7b0nM4t6R", Algorithm: "EdDSA", State: "ACTIVE", From: when("2025-06-01")},
		},
		JWKS: "/issuers/ins_1/jwks.json", DID: "/issuers/ins_1/did.json",
	}
}

func coursePage() CoursePage {
	a := award()
	return CoursePage{
		Course: courses[0], Code: "AI-1", Issuer: "/issuers/ins_1", Version: 2, PublishedAt: on("2026-10-01"), Description: a.Description, Outcomes: a.Outcomes, Hours: a.Hours,
		ISCED: a.ISCEDF, Languages: []string{"en", "de"}, Assessments: a.Assessments, AssessmentNote: a.Criteria, Supervision: a.Supervision, Prerequisites: a.Prerequisites, URL: "https://www.uni-hannover.de/ai",
		Offerings: []CourseOffering{
			{
				Stage:    Open,
				StartsOn: "2027-03-15",
				EndsOn:   "2027-06-30",
				OpensAt:  when("2026-11-01"),
				ClosesAt: on("2027-02-28"),
				Zone:     "Europe/Berlin",
				Language: "en",
				Mode:     "ONLINE",
			},
			{
				Stage:    ToOpen,
				StartsOn: "2027-10-15",
				OpensAt:  when("2027-05-01"),
				ClosesAt: on("2027-08-31"),
				Zone:     "Europe/Berlin",
				Language: "en",
				Mode:     "BLENDED",
				Place:    vocab.Text{"de": "Hannover, Campus Maschinenbau"},
			},
			{
				Stage:    Closed,
				Windows:  []vocab.Window{{Audience: "ALUMNI", OpensAt: when("2025-12-01"), ClosesAt: on("2025-12-31")}},
				OpensAt:  when("2026-01-01"),
				ClosesAt: on("2026-02-01"),
				Zone:     "Europe/Berlin",
				Language: "de",
				Mode:     "PRESENTIAL",
			},
			{Stage: CalledOff, StartsOn: "2026-10-15", OpensAt: when("2026-01-01"), ClosesAt: on("2026-02-01"), Zone: "Europe/Berlin", Language: "en", Mode: "ONLINE"},
			{Stage: Open, OnDemand: true, OpensAt: when("2026-01-01"), Zone: "Europe/Helsinki", Language: "en", Mode: "ONLINE"},
		},
	}
}

// A deadline is told as those of its zone read it, and the zone with it.
func TestADeadlineNamesItsZone(t *testing.T) {
	for _, s := range samples() {
		if s.name != "course" {
			continue
		}
		for lang, want := range map[string]string{"en": "28 February 2027, 15:05 (Europe/Berlin)", "de": "28. Februar 2027, 15:05 (Europe/Berlin)"} {
			if body := s.ask(renderer(t, usual), lang).Body.String(); !strings.Contains(body, `<time datetime="2027-02-28T15:05:00+01:00">`+want+`</time>`) {
				t.Errorf("%s: no %q in %s", lang, want, body)
			}
		}
	}
}

// sample is one page with data such as the demo has.
type sample struct {
	name    string
	path    string
	method  string
	status  int
	private bool // no cache may store it
	serve   func(*Renderer, http.ResponseWriter, *http.Request)
}

func samples() []sample {
	get := func(name, path string, status int, private bool, serve func(*Renderer, http.ResponseWriter, *http.Request)) sample {
		return sample{name, path, http.MethodGet, status, private, serve}
	}
	checked := func(name, path string, v Verification) sample {
		return get(name, path, 200, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) { r.Show(w, q, v) })
	}
	all := []sample{
		get("home", "/", 200, false, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Home{Courses: courses, Demo: people})
		}),
		get("home-signed-in", "/", 200, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Home{Chrome: Chrome{SignedInAs: "Mikko Esimerkki"}})
		}),
		get("demo", "/demo", 200, false, func(r *Renderer, w http.ResponseWriter, q *http.Request) { r.Show(w, q, Demo{Groups: people}) }),
		get("demo-none", "/demo", 200, false, func(r *Renderer, w http.ResponseWriter, q *http.Request) { r.Show(w, q, Demo{}) }),
		get("signin", "/signin?return_to=%2Faccount", 200, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, SignIn{ReturnTo: "/account", LastUsed: &providers[1], Providers: providers})
		}),
		get("signin-search", "/signin?q=hann&remember=no", 200, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, SignIn{Query: "hann", Forgetful: true, ReturnTo: "/account", Providers: providers[:1], Found: 1})
		}),
		get("signin-pages", "/signin?page=2&q=u", 200, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, SignIn{Query: "u", ReturnTo: "/account", Providers: providers, Found: 60, Page: 2, Pages: 3})
		}),
		get("signin-nothing", "/signin?q=nowhere", 200, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) { r.Show(w, q, SignIn{Query: "nowhere"}) }),
		get("signin-none", "/signin", 200, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) { r.Show(w, q, SignIn{}) }),
		checked("verification-valid", "/v/Zk3v", verification()),
		checked("verification-revoked", "/v/Zk3v", revoked()),
		checked("verification-invalid", "/v/Zk3v", verification(vc.Check{Kind: vc.CheckSignature, Result: vc.Failed, Reason: vc.ReasonMismatch})),
		checked("verification-inconclusive", "/v/Zk3v", verification(vc.Check{Kind: vc.CheckStatus, Result: vc.Unknown, Reason: vc.ReasonStatusUnreachable},
			vc.Check{Kind: vc.CheckIssuer, Result: vc.Warning, Reason: vc.ReasonIssuerUnknown})),
		{"verification-unread", "/verify", http.MethodPost, 200, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) { r.Show(w, q, unread()) }},
		get("unknown", "/v/none", 404, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) { r.Show(w, q, Unknown{}) }),
		get("verify", "/verify", 200, false, func(r *Renderer, w http.ResponseWriter, q *http.Request) { r.Show(w, q, Verify{}) }),
		{"verify-link", "/verify", http.MethodPost, 400, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Verify{Fault: ForeignLink, Link: "https://elsewhere.example/v/1"})
		}},
		{"verify-empty", "/verify", http.MethodPost, 400, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Verify{Fault: NothingGiven})
		}},
		get("account", "/account", 200, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) { r.Show(w, q, account()) }),
		{"account-refused", "/account/tokens", http.MethodPost, 400, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) { r.Show(w, q, refusedToken()) }},
		{"token", "/account/tokens", http.MethodPost, 200, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Token{Chrome: Chrome{SignedInAs: "Mikko Esimerkki"}, Name: "laptop", Secret: "s3cret", Command: "curl s3cret", ExpiresAt: when("2026-11-24")})
		}},
		get("unlink", "/account/accounts/idt_2/unlink", 200, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Unlink{Chrome: Chrome{SignedInAs: "Mikko Esimerkki"}, ID: "idt_2", Institution: hannover, Host: "login.example"})
		}),
		{"unlink-refused", "/account/accounts/idt_2/unlink", http.MethodPost, 409, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Unlink{Chrome: Chrome{SignedInAs: "Mikko Esimerkki"}, ID: "idt_2", Host: "login.example", Fault: "it is the last"})
		}},
		get("signout", "/signout", 200, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, SignOut{Chrome{SignedInAs: "Mikko Esimerkki"}})
		}),
		get("portal", "/auth/portal?client_id=prt_1", 200, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(
				w,
				q,
				Portal{
					Chrome:  Chrome{SignedInAs: "Mikko Esimerkki"},
					Name:    "Course finder",
					Origin:  "https://portal.example",
					Owner:   vocab.Text{"en": "University A"},
					Request: "client_id=prt_1",
				},
			)
		}),
		get("account-new", "/account", 200, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Account{Chrome: Chrome{SignedInAs: "New"}, Name: "New"})
		}),
		get("issuer", "/issuers/ins_1", 200, false, func(r *Renderer, w http.ResponseWriter, q *http.Request) { r.Show(w, q, issuer()) }),
		get("course", "/courses/crs_1", 200, false, func(r *Renderer, w http.ResponseWriter, q *http.Request) { r.Show(w, q, coursePage()) }),
		get("course-withdrawn", "/courses/crs_2", 200, false, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, CoursePage{Course: courses[1], Withdrawn: true, Issuer: "/issuers/ins_2", Version: 3})
		}),
		get("credential", "/credentials/crd_1", 200, false, func(r *Renderer, w http.ResponseWriter, q *http.Request) { r.Show(w, q, CredentialPage{}) }),
		get("rights", "/rights", 200, false, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(
				w,
				q,
				Rights{Rights: authz.Rights(), UnitRoles: authz.UnitRoles, UnitVerbs: authz.UnitVerbs, Roles: []RoleRights{{viewer.Teacher, authz.Carried(viewer.Teacher)}}},
			)
		}),
		get("visibility", "/visibility", 200, false, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Visibility{Entities: authz.Visibility()})
		}),
		get("issuer-new", "/issuers/ins_2", 200, false, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
			r.Show(w, q, Issuer{Organisation: vc.Organisation{Name: lut}})
		}),
	}
	for cause, status := range statuses {
		all = append(
			all,
			get("trouble-"+string(cause), "/auth/callback/hannover?code=secret-code&state=s", status, true, func(r *Renderer, w http.ResponseWriter, q *http.Request) {
				r.Trouble(w, q, Trouble{Cause: cause, RequestID: "req_06h0hph", Institution: hannover, Support: "it@uni-hannover.example", ReturnTo: "/account"})
			}),
		)
	}
	return all
}

// ask renders a sample in a language.
func (s sample) ask(r *Renderer, lang string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(s.method, s.path, nil)
	req.Header.Set("Accept-Language", lang)
	w := httptest.NewRecorder()
	s.serve(r, w, req)
	return w
}

// each runs check on every sample in every language.
func each(t *testing.T, check func(t *testing.T, s sample, lang string, w *httptest.ResponseRecorder)) {
	r := renderer(t, usual)
	for _, s := range samples() {
		for _, tag := range lang.Languages {
			t.Run(s.name+"/"+tag.String(), func(t *testing.T) { check(t, s, tag.String(), s.ask(r, tag.String())) })
		}
	}
}

func TestPagesKeepToThemselves(t *testing.T) {
	each(t, func(t *testing.T, s sample, lang string, w *httptest.ResponseRecorder) {
		h := w.Header()
		for name, want := range map[string]string{
			"Content-Type": "text/html; charset=utf-8",
			"Vary":         "Accept-Language, Cookie", "Content-Language": lang, "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if w.Code != s.status {
			t.Errorf("status is %d, want %d", w.Code, s.status)
		}
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("CSP %q lacks %s", csp, want)
			}
		}
		for _, form := range []string{"account", "unlink", "token"} { // they hold power over the account
			if strings.HasPrefix(s.name, form) && !strings.Contains(csp, "form-action 'self'") {
				t.Errorf("forms may lead elsewhere: %q", csp)
			}
		}
		signsOut := strings.Contains(w.Body.String(), `action="/auth/logout"`)
		if strings.Contains(csp, "form-action 'self'") == signsOut {
			t.Errorf("form-action in %q, with a form to sign out: %v; exactly one of them may be there", csp, signsOut)
		}
		want := "no-cache"
		if s.private {
			want = "no-store"
		}
		if got := h.Get("Cache-Control"); got != want {
			t.Errorf("Cache-Control is %q, want %q", got, want)
		}
	})
}

// fmt marks what a message and its arguments do not agree on.
func TestMessagesGetTheirArguments(t *testing.T) {
	each(t, func(t *testing.T, _ sample, _ string, w *httptest.ResponseRecorder) {
		if _, rest, wrong := strings.Cut(w.Body.String(), "%!"); wrong {
			t.Errorf("%%!%.60s", rest)
		}
	})
}

func TestPersonalPagesAreNotIndexed(t *testing.T) {
	each(t, func(t *testing.T, s sample, _ string, w *httptest.ResponseRecorder) {
		personal := false
		for _, family := range []string{"credential", "verification", "unknown", "account", "signin", "trouble", "portal", "token", "unlink", "signout"} {
			personal = personal || strings.HasPrefix(s.name, family)
		}
		if got := w.Header().Get("X-Robots-Tag") == "noindex"; got != personal {
			t.Errorf("noindex in the header: %v, want %v", got, personal)
		}
		if got := strings.Contains(w.Body.String(), `name="robots" content="noindex"`); got != personal {
			t.Errorf("noindex in the page: %v, want %v", got, personal)
		}
	})
}
