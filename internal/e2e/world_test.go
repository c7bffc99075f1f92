// Package e2e walks the journeys of real people over HTTP, through the real
// handler on a real database: SQLite, or MariaDB when PEREGRINE_TEST_MYSQL is
// set.
package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/internal/app"
	authsession "github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/testkit"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const base = "http://localhost:8080"

// World is an alliance of three universities: uni-a and uni-b are members,
// uni-c takes part from outside Erasmus+.
type World struct {
	t          *testing.T
	DB         *storage.DB
	address    string // of the database
	App        *app.App
	parts      app.Parts
	Statements atomic.Int64
	clock      atomic.Pointer[time.Time]
	meanwhile  atomic.Pointer[func()] // see Meanwhile

	alliance     ident.ID
	institutions map[string]ident.ID
	providers    map[string]ident.ID
}

// NewWorld starts a server with the alliance of three universities.
func NewWorld(t *testing.T) *World {
	t.Helper()
	w := emptyWorld(t)
	w.found()
	return w
}

// emptyWorld starts a server on an empty database.
func emptyWorld(t *testing.T) *World {
	t.Helper()
	w := &World{t: t, institutions: map[string]ident.ID{}, providers: map[string]ident.ID{}}
	w.SetClock(time.Date(2027, 2, 10, 9, 0, 0, 0, time.UTC))
	w.address = testkit.Migrated(t)
	w.DB = testkit.Open(t, w.address, testkit.CountStatements(&w.Statements), testkit.OnStatementOf(w.hear))
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	kek, err := keyring.ParseKEK(base64.StdEncoding.EncodeToString(raw))
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	w.parts = app.Parts{Config: c, DB: w.DB, KEK: kek, Now: w.Now, Log: slog.New(slog.DiscardHandler), Readers: readers}
	w.restart()
	return w
}

// restart starts the server anew with the parts of the world.
func (w *World) restart() {
	w.t.Helper()
	var err error
	if w.App, err = app.New(w.parts); err != nil {
		w.t.Fatal(err)
	}
}

// Now is the clock of the server.
func (w *World) Now() time.Time { return *w.clock.Load() }

// SetClock sets it.
func (w *World) SetClock(t time.Time) { w.clock.Store(&t) }

// Meanwhile has something happen within the next mutation that carries a key:
// after all that it does before its transaction.
func (w *World) Meanwhile(fn func()) { w.meanwhile.Store(&fn) }

func (w *World) hear(ctx context.Context, query string, _ any) {
	if r, ok := ctx.Value(running{}).(*runner); ok && !strings.HasPrefix(query, "SELECT") {
		r.start()
	}
	if strings.HasPrefix(query, "SELECT") && strings.Contains(query, "idempotency_keys") {
		if fn := w.meanwhile.Swap(nil); fn != nil {
			(*fn)()
		}
	}
}

// system is a context on behalf of the system.
func (w *World) system() context.Context {
	return viewer.With(w.t.Context(), &viewer.Viewer{Kind: viewer.System})
}

func (w *World) institutionService() *institution.Service {
	return &institution.Service{DB: w.DB.Client, Now: w.Now}
}

func (w *World) found() {
	w.t.Helper()
	s := w.institutionService()
	a, err := s.Found(
		w.system(),
		institution.Founding{Slug: "test", Name: vocab.Text{"en": "Test alliance"}, Website: "https://alliance.example", Bounds: institution.DefaultBounds},
	)
	if err != nil {
		w.t.Fatal(err)
	}
	w.alliance = a.ID
	for i, u := range []struct{ domain, country, zone, erasmus string }{
		{"uni-a.example", "CZ", "Europe/Prague", "CZ BRNO99"}, {"uni-b.example", "DE", "Europe/Berlin", "D  HANNOVE99"}, {"uni-c.example", "UA", "Europe/Kyiv", ""},
	} {
		d := institution.Details{SCHAC: u.domain, Name: vocab.Text{"en": "University " + string(rune('A'+i))}, Acronym: "U" + string(rune('A'+i)),
			Country: u.country, Town: vocab.Text{"en": "Town"}, Website: "https://" + u.domain, Domains: []string{u.domain}, Zone: u.zone}
		if u.erasmus != "" {
			d.ErasmusCode = &u.erasmus
		}
		inst, err := s.Admit(w.system(), institution.Admission{AllianceID: w.alliance, Part: membership.PartMEMBER, Details: d})
		if err != nil {
			w.t.Fatal(err)
		}
		p := w.register(u.domain, "https://idp."+u.domain, registry.Home{Domain: u.domain, InstitutionID: inst.ID})
		short := strings.TrimSuffix(u.domain, ".example")
		w.institutions[short], w.providers[short] = inst.ID, p.ID
	}
	if err := w.App.Discovery.Load(w.system()); err != nil {
		w.t.Fatal(err)
	}
}

// register registers a provider as the operator does.
func (w *World) register(key, issuer string, homes ...registry.Home) *ent.Provider {
	w.t.Helper()
	u, err := url.Parse(issuer)
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := (&registry.Service{DB: w.DB.Client, Now: w.Now, AllowHTTP: []string{u.Host}}).Register(w.system(), registry.Proposal{Key: key, Issuer: issuer,
		ClientID: "peregrine", ClientSecretRef: new("test:"), Mode: provider.ModeDIRECT, Scopes: []string{"openid", "profile", "email"}, Homes: homes})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// Actor is somebody with a bearer token, or nobody.
type Actor struct {
	w     *World
	Name  string
	ID    ident.ID
	token string
	as    *runner // in a race; see atOnce
}

// Nobody is an actor who has not signed in.
func (w *World) Nobody() *Actor { return &Actor{w: w, Name: "nobody"} }

// Learner signs somebody in as a student of a university.
func (w *World) Learner(name, uni string) *Actor { return w.person(name, uni, "student") }

// Staff signs somebody in who holds roles at a university.
func (w *World) Staff(name, uni string, roles ...viewer.Role) *Actor {
	w.t.Helper()
	a := w.person(name, uni, "staff")
	for _, held := range roles {
		at := w.institutions[uni]
		if held == viewer.AllianceAdministrator {
			at = w.alliance
		}
		if _, err := (&role.Service{DB: w.DB.Client, Now: w.Now}).Grant(w.system(), role.NewGrant{PersonID: a.ID, Role: held, At: at}); err != nil {
			w.t.Fatal(err)
		}
	}
	return a
}

// Institution returns the id of a university.
func (w *World) Institution(uni string) ident.ID { return w.institutions[uni] }

func (w *World) person(name, uni, kind string) *Actor {
	w.t.Helper()
	identity, err := w.App.Learners.SignIn(w.system(), w.assertion(name, uni, kind))
	if err != nil {
		w.t.Fatal(err)
	}
	return &Actor{w: w, Name: name, ID: identity.PersonID, token: w.bearer(identity)}
}

// assertion is what the provider of a university says of somebody.
func (w *World) assertion(name, uni, kind string) learner.Assertion {
	return learner.Assertion{
		ProviderID: w.providers[uni], Issuer: "https://idp." + uni + ".example", Subject: name, GivenName: name, FamilyName: "Example",
		Email: strings.ToLower(name) + "@" + uni + ".example", Language: "en", InstitutionID: w.institutions[uni],
		Affiliations: []string{kind},
	}
}

// bearer starts a session of an account and lends its token.
func (w *World) bearer(identity *ent.Identity) string {
	w.t.Helper()
	secret, err := w.App.Sessions.Start(w.system(), identity, authsession.Proof{AuthenticatedAt: new(w.Now())})
	if err != nil {
		w.t.Fatal(err)
	}
	browser, err := w.App.Sessions.Lookup(w.system(), secret, session.KindBROWSER)
	if err != nil {
		w.t.Fatal(err)
	}
	token, _, err := w.App.Sessions.Lend(w.system(), browser.SessionID)
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

// answer is what GraphQL over HTTP answers.
type answer struct {
	Status int
	Header http.Header
	Data   map[string]any `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
	Extensions map[string]any `json:"extensions"`
	Raw        string
}

// Post sends a GraphQL request.
func (a *Actor) Post(query string, variables map[string]any) answer {
	a.w.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		a.w.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, base+"/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return a.send(r)
}

func (a *Actor) send(r *http.Request) answer {
	a.w.t.Helper()
	r = r.WithContext(a.as.in(r.Context()))
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	rec := httptest.NewRecorder()
	a.w.App.Handler.ServeHTTP(rec, r)
	raw, _ := io.ReadAll(rec.Result().Body)
	got := answer{Status: rec.Code, Header: rec.Header(), Raw: string(raw)}
	if strings.Contains(rec.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(raw, &got); err != nil {
			a.w.t.Fatalf("%s got no JSON: %s", a.Name, raw)
		}
	}
	for _, name := range ofMany {
		if many, asked := got.Data[name]; asked {
			got.Data[name] = first(many)
		}
	}
	return got
}

// ofMany are the mutations about many things, each by itself.
var ofMany = []string{"decideApplications", "recordResults", "confirmResults", "recordParticipation"}

// first makes of the outcomes of many decisions the payload of the first one.
func first(payload any) any {
	if many, ok := payload.(map[string]any); ok && many["outcomes"] != nil && len(many["outcomes"].([]any)) > 0 {
		return many["outcomes"].([]any)[0]
	}
	return payload
}

// Asks runs a query that must not fail and returns its data.
func (a *Actor) Asks(what, query string, variables map[string]any) map[string]any {
	a.w.t.Helper()
	got := a.Post(query, variables)
	if got.Status != http.StatusOK || len(got.Errors) > 0 {
		a.w.t.Fatalf("%s %s: %d %s", a.Name, what, got.Status, got.Raw)
	}
	return got.Data
}

// Does runs a mutation that must succeed and returns the thing in its payload.
func (a *Actor) Does(what, mutation string, input map[string]any) map[string]any {
	a.w.t.Helper()
	payload := a.Tries(what, mutation, input)
	if refused := payload["errors"].([]any); len(refused) > 0 {
		a.w.t.Fatalf("%s %s: refused with %v", a.Name, what, refused)
	}
	for key, thing := range payload {
		if key != "errors" {
			return thing.(map[string]any)
		}
	}
	return nil
}

// IsRefused runs a mutation that must be refused with the code, in its payload
// or, for who has not signed in, at the top. It returns the first refusal.
func (a *Actor) IsRefused(what, code, mutation string, input map[string]any) map[string]any {
	a.w.t.Helper()
	got := a.Post(mutations[mutation].document(mutation), map[string]any{"input": input})
	if len(got.Errors) > 0 {
		if got.Errors[0].Extensions["code"] != code {
			a.w.t.Fatalf("%s %s: want %s, got %s", a.Name, what, code, got.Raw)
		}
		return got.Errors[0].Extensions
	}
	payload := got.Data[mutation].(map[string]any)
	for key, thing := range payload {
		if key != "errors" && thing != nil {
			a.w.t.Fatalf("%s %s: want %s, but it was done: %v", a.Name, what, code, thing)
		}
	}
	refusals := payload["errors"].([]any)
	if len(refusals) == 0 || refusals[0].(map[string]any)["code"] != code {
		a.w.t.Fatalf("%s %s: want %s, got %s", a.Name, what, code, got.Raw)
	}
	return refusals[0].(map[string]any)
}

// Tries runs a mutation and returns its payload.
func (a *Actor) Tries(what, mutation string, input map[string]any) map[string]any {
	a.w.t.Helper()
	got := a.Post(mutations[mutation].document(mutation), map[string]any{"input": input})
	if got.Status != http.StatusOK || len(got.Errors) > 0 {
		a.w.t.Fatalf("%s %s: %d %s", a.Name, what, got.Status, got.Raw)
	}
	return got.Data[mutation].(map[string]any)
}

// mutationShape says how to ask a mutation for what it did.
type mutationShape struct{ input, field, fields string }

func (m mutationShape) document(name string) string {
	if m.input == "" {
		panic("e2e: the mutation " + name + " has no shape")
	}
	return "mutation($input: " + m.input + "!) { " + name + "(input: $input) { " + m.field + " { " + m.fields + " } " +
		"errors { __typename code message field ... on StateError { from to } ... on DeadlineError { opensAt closesAt timeZone } ... on CapacityError { seats } ... on VersionError { version } ... on PermissionError { right } } } }"
}

var mutations = map[string]mutationShape{
	"inviteMember":                {"InviteMemberInput", "membership", "id state part since institution { id schac } history { state }"},
	"answerInvitation":            {"AnswerInvitationInput", "membership", "id state since until"},
	"suspendMember":               {"SuspendMemberInput", "membership", "id state since reason"},
	"reinstateMember":             {"ReinstateMemberInput", "membership", "id state since reason"},
	"endMembership":               {"EndMembershipInput", "membership", "id state until reason history { state }"},
	"updateInstitution":           {"UpdateInstitutionInput", "institution", "id name { text } website courseReview stepUp timeZone"},
	"proposeInstitutionIdentity":  {"ProposeInstitutionIdentityInput", "institutionChange", changeFields},
	"approveInstitutionIdentity":  {"ApproveInstitutionIdentityInput", "institutionChange", changeFields},
	"rejectInstitutionIdentity":   {"RejectInstitutionIdentityInput", "institutionChange", changeFields},
	"withdrawInstitutionIdentity": {"WithdrawInstitutionIdentityInput", "institutionChange", changeFields},

	"addUnit":          {"AddUnitInput", "unit", "id key parent { id }"},
	"updateUnit":       {"UpdateUnitInput", "unit", "id name { text } kind parent { id } children { id }"},
	"closeUnit":        {"CloseUnitInput", "unit", "id closedAt"},
	"updateAlliance":   {"UpdateAllianceInput", "alliance", "id name { text } website bounds { kind min max } memberProtections"},
	"endSession":       {"EndSessionInput", "session", "id kind current"},
	"endOtherSessions": {"EndOtherSessionsInput", "session", "id kind current"},
	"unlinkIdentity":   {"UnlinkIdentityInput", "viewer", "kind identities { nodes { id issuer } }"},
	"grantRole": {
		"GrantRoleInput",
		"roleGrant",
		"id role institution { id } unit { id } alliance { id } validFrom validUntil person { id } rule { id } grantedBy { id }",
	},
	"endRole":               {"EndRoleInput", "roleGrant", "id validUntil endReason endedBy { id }"},
	"makeRoleRule":          {"MakeRoleRuleInput", "roleRule", "id attribute value role months unit { id } createdBy { id } endedAt"},
	"endRoleRule":           {"EndRoleRuleInput", "roleRule", "id endedAt"},
	"createCourse":          {"CreateCourseInput", "course", "id state draft { id number issues { field blocking } }"},
	"updateCourseDraft":     {"UpdateCourseDraftInput", "course", "id state draft { id number title { text } issues { field blocking } }"},
	"submitCourseForReview": {"SubmitCourseForReviewInput", "course", "id state draft { id state reviewNote submittedAt }"},
	"returnCourseDraft":     {"ReturnCourseDraftInput", "course", "id state draft { id state reviewNote submittedAt }"},
	"publishCourse":         {"PublishCourseInput", "course", "id state published { id number state }"},
	"withdrawCourse":        {"WithdrawCourseInput", "course", "id state"},
	"createMicroDegree":     {"CreateMicroDegreeInput", "microDegree", "id key state issues { field }"},
	"updateMicroDegree":     {"UpdateMicroDegreeInput", "microDegree", "id state title { text } issues { field }"},
	"publishMicroDegree":    {"PublishMicroDegreeInput", "microDegree", "id state"},
	"withdrawMicroDegree":   {"WithdrawMicroDegreeInput", "microDegree", "id state"},
	"createCall":            {"CreateCallInput", "call", "id choices title { text }"},
	"updateCall":            {"UpdateCallInput", "call", "id choices title { text }"},
	"reorderChoices":        {"ReorderChoicesInput", "call", "id"},
	"rankApplications":      {"RankApplicationsInput", "offering", "id"},
	"createOffering":        {"CreateOfferingInput", "offering", "id state availability closesAt"},
	"updateOffering": {
		"UpdateOfferingInput",
		"offering",
		"id state availability closesAt seats seatsFree language endsOn quotas { institution { id } seats seatsFree } windows { audience closesAt } sessions { startsAt }",
	},
	"publishOffering":     {"PublishOfferingInput", "offering", "id state availability seatsFree"},
	"cancelOffering":      {"CancelOfferingInput", "offering", "id state availability"},
	"submitApplication":   {"SubmitApplicationInput", "application", "id state commitment { verdict ects ruleId }"},
	"requestErasure":      {"RequestErasureInput", "erasure", "id state beginsAt done total"},
	"cancelErasure":       {"CancelErasureInput", "erasure", "id state endedAt"},
	"giveConsent":         {"GiveConsentInput", "application", "id sharing { item }"},
	"withdrawConsent":     {"WithdrawConsentInput", "application", "id sharing { item endedAt }"},
	"withdrawApplication": {"WithdrawApplicationInput", "application", "id state reason"},
	"nominateApplication": {"NominateApplicationInput", "application", "id state"},
	"refuseNomination":    {"RefuseNominationInput", "application", "id state reason"},
	"admitApplication":    {"AdmitApplicationInput", "application", "id state enrolment { id state } offering { seatsFree }"},
	"refuseApplication":   {"RefuseApplicationInput", "application", "id state reason"},
	"waitlistApplication": {"WaitlistApplicationInput", "application", "id state waitlistRank"},
	"admitConditionally":  {"AdmitConditionallyInput", "application", "id state condition dueAt offering { seatsFree }"},
	"fulfilCondition":     {"FulfilConditionInput", "application", "id state enrolment { id state }"},
	"acceptSeat":          {"AcceptSeatInput", "application", "id state enrolment { id state }"},
	"declineSeat":         {"DeclineSeatInput", "application", "id state offering { seatsFree }"},
	"decideApplications": {
		"DecideApplicationsInput", "outcomes",
		"application { id state } errors { __typename code message field ... on StateError { from to } ... on PermissionError { right } ... on VersionError { version } }",
	},
	"saveDraft":      {"SaveDraftInput", "draft", "id motivation answers { question { key } text } statements sharedData"},
	"discardDraft":   {"DiscardDraftInput", "draft", "id"},
	"removeDocument": {"RemoveDocumentInput", "document", "id"},
	"recordResults": {
		"RecordResultsInput", "outcomes", "result { id state outcome grade ects } errors { __typename code message field ... on StateError { from to } ... on PermissionError { right } ... on VersionError { version } }",
	},
	"confirmResults": {
		"ConfirmResultsInput", "outcomes", "result { id state enrolment { state } } errors { __typename code message field ... on StateError { from to } ... on PermissionError { right } ... on VersionError { version } }",
	},
	"recordParticipation": {
		"RecordParticipationInput", "outcomes", "enrolment { id state startedOn attendance } errors { __typename code message field ... on StateError { from to } ... on PermissionError { right } ... on VersionError { version } }",
	},
	"reviseResult":             {"ReviseResultInput", "result", "id state version outcome grade scale ects"},
	"discardResult":            {"DiscardResultInput", "result", "id state version"},
	"correctResult":            {"CorrectResultInput", "amendment", "id state kind effects { kind id before after } result { id state version outcome grade ects }"},
	"annulResult":              {"AnnulResultInput", "amendment", "id state kind effects { kind id before after } result { id state version outcome }"},
	"approveAmendment":         {"ApproveAmendmentInput", "amendment", "id state effects { kind id before after } result { id state outcome grade }"},
	"dismissAmendment":         {"DismissAmendmentInput", "amendment", "id state dismissal"},
	"noteDropOut":              {"NoteDropOutInput", "enrolment", "id state droppedOutOn reason"},
	"reopenEnrolment":          {"ReopenEnrolmentInput", "enrolment", "id state endedAt"},
	"defineGradingScale":       {"DefineGradingScaleInput", "gradingScale", "id: code name { text } best worst lastPass letters"},
	"retireGradingScale":       {"RetireGradingScaleInput", "gradingScale", "id: code retiredAt"},
	"recordResult":             {"RecordResultInput", "result", "id state outcome grade ects"},
	"confirmResult":            {"ConfirmResultInput", "result", "id state enrolment { state }"},
	"issueCredential":          {"IssueCredentialInput", "credential", "id state ects verificationUrl jwt"},
	"revokeCredential":         {"RevokeCredentialInput", "credential", "id state revocationReason"},
	"proposeRecognitionRule":   {"ProposeRecognitionRuleInput", "recognitionRule", "id state proposedBySide ects"},
	"answerRecognitionRule":    {"AnswerRecognitionRuleInput", "recognitionRule", "id state"},
	"terminateRecognitionRule": {"TerminateRecognitionRuleInput", "recognitionRule", "id state"},
	"requestRecognition":       {"RequestRecognitionInput", "recognitionCase", "id state basis ects grade"},
	"startImport":              {"StartImportInput", "importRun", "id state format mode name bytes rows startedBy { id } source { id }"},
	"cancelImport":             {"CancelImportInput", "importRun", "id state"},
	"addImportSource":          {"AddImportSourceInput", "importSource", "id state name url format policy everyMinutes dueAt"},
	"updateImportSource":       {"UpdateImportSourceInput", "importSource", "id state everyMinutes"},
	"pauseImportSource":        {"PauseImportSourceInput", "importSource", "id state"},
	"resumeImportSource":       {"ResumeImportSourceInput", "importSource", "id state dueAt"},
	"pullImportSource":         {"PullImportSourceInput", "importSource", "id state dueAt"},
	"setAdmissionPolicy":       {"SetAdmissionPolicyInput", "admissionPolicy", "id institution { id } partner { id } kind nomination ectsPerTerm nominationsPerOffering terms homeDays hostDays remindDays escalateDays"},
	"removeAdmissionPolicy":    {"RemoveAdmissionPolicyInput", "institution", "id"},
	"registerPortal":           {"RegisterPortalInput", "portal", "id name origin returnAddresses institution { id } alliance { id } endedAt"},
	"endPortal":                {"EndPortalInput", "portal", "id endedAt viewerActions { name allowed }"},
	"registerApiClient":        {"RegisterApiClientInput", "apiClient", "id state name scopes jwksUrl keys { kid algorithms }"},
	"updateApiClient":          {"UpdateApiClientInput", "apiClient", "id state name scopes jwksUrl"},
	"addApiClientKey":          {"AddApiClientKeyInput", "apiClient", "id state keys { id kid }"},
	"retireApiClientKey":       {"RetireApiClientKeyInput", "apiClient", "id state keys { id kid retiredAt }"},
	"disableApiClient":         {"DisableApiClientInput", "apiClient", "id state"},
	"enableApiClient":          {"EnableApiClientInput", "apiClient", "id state"},
	"proposeProvider":          {"ProposeProviderInput", "identityProvider", providerFields},
	"approveProvider":          {"ApproveProviderInput", "identityProvider", providerFields},
	"rejectProvider":           {"RejectProviderInput", "identityProvider", "id key"},
	"updateProvider":           {"UpdateProviderInput", "identityProvider", providerFields},
	"addProviderHome":          {"AddProviderHomeInput", "identityProvider", providerFields},
	"removeProviderHome":       {"RemoveProviderHomeInput", "identityProvider", providerFields},
	"disableProvider":          {"DisableProviderInput", "identityProvider", providerFields},
	"enableProvider":           {"EnableProviderInput", "identityProvider", providerFields},
	"checkProvider":            {"CheckProviderInput", "identityProvider", providerFields},
	"decideRecognition":        {"DecideRecognitionInput", "recognitionCase", "id state basis ects reasons differences { element } appealBefore"},
}

// Golden compares a value with a file, with identifiers, tokens and signatures
// by order of their appearance.
func (w *World) Golden(name string, v any) {
	w.t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		w.t.Fatal(err)
	}
	got = append(stable(got), '\n')
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		w.t.Errorf("%s differs (-want +got); run with -update when that is right:\n%s", name, diff)
	}
}

var volatile = regexp.MustCompile(`[a-z]{3}_[0-9a-z]{26}|/v/[A-Z0-9]{25}|eyJ[\w-]+\.[\w-]+\.[\w-]+`)

func stable(b []byte) []byte {
	seen := map[string]string{}
	return volatile.ReplaceAllFunc(b, func(m []byte) []byte {
		s := string(m)
		if _, ok := seen[s]; !ok {
			kind := map[byte]string{'/': "/v/TOKEN", 'e': "JWT"}[s[0]]
			if len(s) > 3 && s[3] == '_' {
				kind = s[:3]
			}
			seen[s] = kind + "#" + string(rune('1'+len(seen)))
		}
		return []byte(seen[s])
	})
}
