package e2e

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// attempt is a line of the table of attacks: the number of the requirement, the
// attack in words, what becomes of it, and the tests that try it. Where nothing
// can be tried yet, the reason stands instead of tests.
type attempt struct {
	requirement      int
	attack, refusal  string
	tests            string // separated by spaces
	nothingToTryYet  string
	nothingToTakeOut string // why no defence of its own can be taken out (test/attacks)
}

// attempts are the requirements on sign-in (R1 to R27), programs (R30 to R36), the
// API (R40 to R53), tenants (R60 to R64), keys (R70 to R76), audit and privacy
// (R80 to R86) and edges (R90 to R99).
var attempts = []attempt{
	{requirement: 1, attack: "an account of the same name, mail or a like subject signs in", refusal: "another person", tests: "TestR1IssuerAndSubjectAlone"},
	{requirement: 2, attack: "a provider speaks for a domain of another", refusal: "no session, 403", tests: "TestProviderSpeaksOnlyForItsHomes TestNobodySpeaksForAnother TestRivalsForOneDomain"},
	{requirement: 3, attack: "a home that nobody has registered", refusal: "no session, a page that names the cause; on record", tests: "TestProviderSpeaksOnlyForItsHomes TestProvidersThatMisbehave TestR27DropsAndRefusalsAreOnRecord"},
	{requirement: 4, attack: "an old, used or guessed state", refusal: "400 state_unknown", tests: "TestR4SecretsAreFreshAndApart TestR4StateDies"},
	{requirement: 5, attack: "a callback in another browser or under another key", refusal: "400 state_unknown", tests: "TestR5AnswerBelongsToBrowserAndProvider TestAnswerOfProviderWorksOnceInItsBrowser"},
	{requirement: 6, attack: "an answer with another or without an issuer", refusal: "502 misconfigured", tests: "TestProvidersThatMisbehave"},
	{requirement: 7, attack: "an ID token for others, too old or not signed by the provider", refusal: "502 misconfigured", tests: "TestProvidersThatMisbehave"},
	{requirement: 8, attack: "userinfo about somebody else", refusal: "the sign-in ends", tests: "TestR8UserinfoCannotSayHowSomebodySignedIn TestProvidersThatMisbehave"},
	{requirement: 9, attack: "none, HS256, a short key or a key in the header", refusal: "502 misconfigured", tests: "TestR9RegistryNarrowsAlgorithms TestProvidersThatMisbehave"},
	{requirement: 10, attack: "a hundred unknown keys", refusal: "few calls; a rotated key works at once", tests: "TestR10RotationAndUnknownKeys"},
	{requirement: 11, attack: "a provider inside, over http, or that redirects", refusal: "no call", tests: "TestR11NothingInsideIsCalled TestR11PlainHTTPIsNotAsked TestCheckReachesPublicAddressesOnly"},
	{requirement: 12, attack: "one provider is down", refusal: "others sign in; last keys serve for a day", tests: "TestR12DiscoveryOutage TestR12LastKeysServeForADay TestOutageIsRememberedForAMoment"},
	{requirement: 13, attack: "a provider is broken, or dies before the token call", refusal: "503 and a page", tests: "TestProviderThatIsDown"},
	{requirement: 14, attack: "return_to of another site", refusal: "a path of this origin", tests: "TestReturnLeadsHome TestChooserLeadsNowhereElse TestPathThatIsNoTextLeadsHome"},
	{requirement: 15, attack: "a session from before the sign-in is used on", refusal: "it has ended", tests: "TestR15OldSessionDies"},
	{requirement: 16, attack: "a session beyond its limits, or after its role was lost", refusal: "it ends or loses the role", tests: "TestR16Limits TestR16OwnSessions TestR16LossActsOnRunningSessions TestR16SessionsInTheAPI"},
	{requirement: 17, attack: "another site signs somebody out; the provider is away", refusal: "403; the session here ends first", tests: "TestR17Logout TestLogoutWithoutDatabaseKeepsTheCookie"},
	{requirement: 18, attack: "a logout token that is forged, old, repeated or of another", refusal: "400, nothing ends", tests: "TestR18BackchannelLogout TestR18BadLogoutTokens TestR18LogoutTokensOfAnotherType"},
	{requirement: 19, attack: "a step-up with one factor, or an old proof", refusal: "403 step_up", tests: "TestR19WeakerAnswersAreRefused TestR19StepUpIsDemanded TestR19InstitutionAsksForAStepUp TestR19WeightyVerbsNeedAStepUp"},
	{requirement: 20, attack: "an account is linked behind somebody's back; the last one goes", refusal: "refused, on record", tests: "TestR20LinkingIsRefused TestR20Unlinking TestUnlinkingEndsThatAccountOnly TestTwoWhoUnlinkLeaveOneAccount"},
	{requirement: 21, attack: "a claim names a role", refusal: "no role but by a rule of the institution", tests: "TestRolesFollowFromClaimsByRuleOnly"},
	{requirement: 22, attack: "claims of any type and size", refusal: "no fault, cut and cleaned", tests: "TestProvidersThatDiffer TestProvidersThatMisbehave TestNamesOfEveryScriptSignIn"},
	{requirement: 23, attack: "a provider's words are to reach a page", refusal: "the log alone, cut", tests: "TestR23ProvidersWordsInTheLog TestFailedSignInSaysNothingOfTheProvider"},
	{requirement: 24, attack: "a test account of a proxy", refusal: "403 refused_account", tests: "TestProvidersThatMisbehave"},
	{requirement: 25, attack: "many sign-ins at once", refusal: "none mixes with another", tests: "TestR25ParallelSignIns TestR25TabsOfOneBrowser"},
	{requirement: 26, attack: "the code is read from the address, a cache or a referrer", refusal: "it is there no more", tests: "TestR26Answers TestR26TheCodeLeavesTheAddress"},
	{requirement: 27, attack: "a sign-in or a refusal leaves no trace", refusal: "an entry without token or claims", tests: "TestR27DropsAndRefusalsAreOnRecord TestMovedEndpointIsOnRecord"},

	{requirement: 30, attack: "an assertion for others, forged, too long or shown twice", refusal: "invalid_client", tests: "TestAssertionsThatGetNoToken TestAssertionWorksOnce"},
	{requirement: 31, attack: "a token for more than was registered", refusal: "invalid_scope", tests: "TestAccessToken TestQuestionsForTokens"},
	{requirement: 32, attack: "a disabled program, key or scope is used on", refusal: "401 within half a minute", tests: "TestProgramEndsWithinHalfAMinute"},
	{requirement: 33, attack: "a token in the query, or beside a cookie", refusal: "401 or 400", tests: "TestKindsOfTokensAreNotInterchangeable TestATokenThatIsRefusedNamesAScheme"},
	{requirement: 34, attack: "keys that are away, unknown or at an address inside", refusal: "few calls; INVALID when entered", tests: "TestPublishedKeys TestRegistrationsThatAreRefused"},
	{requirement: 35, attack: "a stock client without our words", refusal: "it works from metadata alone", tests: "TestStockClientWorksFromMetadata"},
	{requirement: 36, attack: "one kind of token as another", refusal: "401", tests: "TestKindsOfTokensAreNotInterchangeable"},

	{requirement: 40, attack: "a fragment bomb, depth, aliases", refusal: "LIMITED before validation", tests: "TestAbuseIsRefusedBeforeItRuns TestDocumentsWithinLimitsOnly"},
	{requirement: 41, attack: "a refusal that is large or slow", refusal: "half a second, 64 KB, 20 errors", tests: "TestAbuseIsRefusedBeforeItRuns TestErrorsOfValidationAreFewAndShort"},
	{requirement: 42, attack: "limits that refuse our own clients", refusal: "room for three", tests: "TestR42OurOwnOperationsHaveRoom TestToolsCanIntrospect"},
	{requirement: 43, attack: "a page of 101, a cost that wraps", refusal: "INVALID, LIMITED", tests: "TestAbuseIsRefusedBeforeItRuns TestCostSaturatesInFewSteps"},
	{requirement: 44, attack: "a large, coded or nested body", refusal: "413, 415, 400; nothing is echoed", tests: "TestR44WhatABodyMayBe"},
	{requirement: 45, attack: "a form, a batch, a mutation by GET", refusal: "415, 400, 405", tests: "TestR45WhatAGetMayAsk TestR45MutationByGetDoesNotRun"},
	{requirement: 46, attack: "a page of another site calls", refusal: "403, no grant", tests: "TestR46OtherSitesCannotAct TestR46NoOriginIsGranted"},
	{requirement: 47, attack: "an upgrade to a WebSocket", refusal: "refused, none is served", tests: "TestR47AnUpgradeIsRefused"},
	{requirement: 48, attack: "an operation without an end, a client that leaves", refusal: "the work is cancelled", tests: "TestR48DeadlineEndsAnOperation TestR48AClientThatGoesAwayEndsItsOperation"},
	{requirement: 49, attack: "a fault or a guess at the schema", refusal: "INTERNAL without words, no suggestion", tests: "TestR49FaultsShowNothing TestR49NothingIsSuggested"},
	{requirement: 50, attack: "an answer to a viewer in a cache", refusal: "no-store, nosniff", tests: "TestR50AnswersToAViewerAreNotStored TestEveryAnswerIsProtected"},
	{requirement: 51, attack: "an answer that is not GraphQL over HTTP", refusal: "statuses by the table", tests: "TestR51StatusFollowsTheTable"},
	{requirement: 52, attack: "a slow sender, a flood of large documents", refusal: "cut; memory falls back", tests: "TestR52ASlowSenderIsCut TestR52AbuseLeavesNothingBehind"},
	{requirement: 53, attack: "a subscription", refusal: "refused, none is served", tests: "TestR53NoSubscriptionIsServed"},

	{requirement: 60, attack: "what is invisible is told from what is missing", refusal: "the same answer", tests: "TestInvisibleIsTheSameAsMissing TestMutationsDoNotTellForeignFromMissing TestR64EveryNodeAsEveryRole"},
	{requirement: 61, attack: "by lists, counts, edges or the audit", refusal: "the same everywhere", tests: "TestR64EveryNodeAsEveryRole TestR80EntriesAreReadByWhomTheyConcern"},
	{requirement: 62, attack: "an entity without a rule", refusal: "invisible, and a test fails", tests: "TestEveryEntityHasARule TestUnlistedEntityIsInvisible TestR64EveryNodeAsEveryRole"},
	{requirement: 63, attack: "an input refers to another's thing", refusal: "NOT_FOUND", tests: "TestMutationsDoNotTellForeignFromMissing TestRightsAreHeldAtOnePlace"},
	{requirement: 64, attack: "a role does what is not its own", refusal: "as the matrix has it", tests: "TestR64EveryMutationAsEveryRole TestR64EveryNodeAsEveryRole"},

	{requirement: 70, attack: "a key under another key-encryption key", refusal: "refused before anything is written", tests: "TestAnotherKEKIsRefusedBeforeAnythingIsWritten TestResealingMovesEverythingOrNothing"},
	{requirement: 71, attack: "a signature that is not on record", refusal: "a job ends it", tests: "TestWhatCannotBeSignedHoldsUpNothing"},
	{requirement: 72, attack: "what a stolen key signed", refusal: "genuine only if on record", tests: "TestOfAStolenKeyOnlyWhatIsOnRecordIsGenuine TestARotationIsThatOfOneInstitution"},
	{requirement: 73, attack: "a member that the signature leaves out", refusal: "not genuine", tests: "TestForgedCredentialsAreNotGenuine"},
	{requirement: 74, attack: "a damaged, signed anew or lesser copy", refusal: "not genuine", tests: "TestForgedCredentialsAreNotGenuine"},
	{requirement: 75, attack: "who is revoked is told from the list", refusal: "random places in a large list", tests: "TestTheNextStatusListIsMadeOnce"},
	{requirement: 76, attack: "check codes are guessed", refusal: "budgets", tests: "TestAddressesHaveBudgetsOfTheirOwn"},

	{requirement: 80, attack: "a change without an entry", refusal: "one entry in its transaction", tests: "TestEveryMutationIsOnRecord TestWhatIsOnRecord TestR80EntriesHoldNoText TestR80EntriesAreReadByWhomTheyConcern"},
	{requirement: 81, attack: "the database's owner changes the past", refusal: "audit verify names the entry", tests: "TestR81TamperingIsFound TestR81KeptCheckpointFindsWhatTheDatabaseHides TestR81CheckpointIsPublished"},
	{requirement: 82, attack: "sealing stops", refusal: "writers go on; a warning after a minute", tests: "TestR82ManySealersMakeOneChain TestR82LagIsAWarning TestR82ReadinessSaysHowFarTheSealIs"},
	{requirement: 83, attack: "an entry is changed by an erasure", refusal: "no code path does", tests: "TestR83EntriesStayAsTheyAre"},
	{requirement: 84, attack: "a personal column that no list has", refusal: "a test fails", tests: "TestR84CopyOfAllThatIsStored TestEveryPersonalColumnIsInTheInventory"},
	{requirement: 85, attack: "an erased person comes back by a backup", refusal: "erased anew", tests: "TestR85ErasureLeavesAnIdentifier TestR85ErasureGoesOnAndComesBack"},
	{requirement: 86, attack: "data beyond its time; staff read unseen", refusal: "deleted; noted for the person", tests: "TestR86DataIsKeptNoLongerThanNeeded TestNoFieldOfAPersonIsReadWithoutANote TestReadingIsNotedOncePerOperation"},

	{requirement: 90, attack: "a webhook to an address inside", refusal: "none", nothingToTryYet: "no webhooks are sent"},
	{requirement: 91, attack: "an import bomb", refusal: "refused soon; a crash is resumed", tests: "TestUploadsThatAreRefused"},
	{requirement: 92, attack: "a formula or a page in an export", refusal: "text; an attachment in a sandbox", tests: "TestEveryAnswerIsProtected"},
	{requirement: 93, attack: "an upload ticket twice", refusal: "none", nothingToTryYet: "uploads go to /imports with the session's own rights; there are no tickets"},
	{requirement: 94, attack: "a flood of strangers", refusal: "429 with Retry-After; others are served", tests: "TestAFloodOfStrangersLeavesTheOthersAlone TestTokensHaveBudgets"},
	{requirement: 95, attack: "a secret reaches the log", refusal: "it is cut out", tests: "TestR23ProvidersWordsInTheLog"},
	{requirement: 96, attack: "plain http, old TLS, a claimed address", refusal: "refused or not believed", tests: "TestR96PlainHTTPIsForThisMachineOnly TestR96OldTLSIsRefused TestR96OnlyOurProxiesAreBelieved"},
	{requirement: 97, attack: "metrics and profiles at the public address", refusal: "404", tests: "TestR97NothingOfTheInsideIsPublic"},
	{requirement: 98, attack: "a server ends amid writing", refusal: "it goes on elsewhere", tests: "TestR85ErasureGoesOnAndComesBack"},
	{requirement: 99, attack: "a module that is not the one of its sum", refusal: "make verify fails", nothingToTryYet: "scripts/verify does, outside the tests"},
}

// TestEveryRequirementIsTried holds the table to the source and to the defences
// that are taken out one by one (test/attacks).
func TestEveryRequirementIsTried(t *testing.T) {
	where := testsOfTheProject(t)
	breaks := breaksOfTheProject(t)
	had := map[int]bool{}
	for _, a := range attempts {
		had[a.requirement] = true
		names := strings.Fields(a.tests)
		if a.attack == "" || a.refusal == "" || (len(names) > 0) == (a.nothingToTryYet != "") {
			t.Errorf("R%d: the line lacks the attack, the refusal, or either tests or why there are none", a.requirement)
		}
		taken := false
		for _, name := range names {
			if len(where[name]) == 0 {
				t.Errorf("R%d: there is no %s", a.requirement, name)
			}
			taken = taken || slices.ContainsFunc(breaks, func(b breaking) bool {
				return b.run.MatchString(name) && slices.ContainsFunc(where[name], b.runsIn)
			})
		}
		if section := a.requirement / 10 * 10; section == 40 || section == 50 || section == 70 || section == 90 {
			continue
		}
		if taken == (a.nothingToTakeOut != "") {
			t.Errorf("R%d: test/attacks takes out a defence that its tests notice: %t; the table says otherwise", a.requirement, taken)
		}
	}
	for _, section := range [][2]int{{1, 27}, {30, 36}, {40, 53}, {60, 64}, {70, 76}, {80, 86}, {90, 99}} {
		for n := section[0]; n <= section[1]; n++ {
			if !had[n] {
				t.Errorf("R%d has no line", n)
			}
		}
	}
}

const root = "../.."

// testsOfTheProject are the folders of each test by its name.
func testsOfTheProject(t *testing.T) map[string][]string {
	t.Helper()
	where := map[string][]string{}
	err := filepath.WalkDir(root+"/internal", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				where[f.Name.Name] = append(where[f.Name.Name], strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), root+"/"))
			}
		}
		return nil
	})
	if err != nil || len(where) == 0 {
		t.Fatalf("%d tests: %v", len(where), err)
	}
	return where
}

// breaking says which tests should notice that a defence is gone.
type breaking struct {
	packages []string
	run      *regexp.Regexp
}

func (b breaking) runsIn(folder string) bool {
	return slices.ContainsFunc(b.packages, func(p string) bool {
		all, below := strings.CutSuffix(strings.TrimPrefix(p, "./"), "/...")
		return folder == all || below && strings.HasPrefix(folder, all+"/")
	})
}

func breaksOfTheProject(t *testing.T) (all []breaking) {
	t.Helper()
	text, err := os.ReadFile(root + "/test/attacks/attacks.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 2 && words[0] == "test" {
			all = append(all, breaking{words[1 : len(words)-1], regexp.MustCompile(words[len(words)-1])})
		}
	}
	return all
}
