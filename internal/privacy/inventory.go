package privacy

import "github.com/peregrine-exchange/peregrine/internal/vocab"

// Link is a column by which rows of a table belong to a person. Every such
// column stands in Links, and every column of a table whose rows are about
// somebody is classed there; a test walks the schema. Export and erasure do what
// stands here and nothing else.
type Link struct {
	Table  string
	Column string // holds the person's identifier

	// Of rows about the person. The rest of the table's columns stand in either
	// list; those of a row that only names the person, as who decided something,
	// are not theirs.
	Export   []string // given to the person
	Withhold []string // not given: secrets, digests of them, and what only the database needs

	Delete bool     // an erasure deletes the rows
	Clear  []string // columns that an erasure empties

	Keep *Basis // why rows stay after an erasure; nil when none do
}

// Acts says whether rows only name the person as somebody who acted.
func (l Link) Acts() bool { return l.Export == nil }

// Basis is why data stays after an erasure.
type Basis struct {
	Key   string // of its words: privacy.basis.KEY
	Years int    // from the making of a row, as Retentions has it; 0: no end is set
}

// The bases. The articles that their words name are those of Regulation (EU)
// 2016/679 (GDPR). What stays without an end names nobody, but for the credentials
// that the person has had issued.
var (
	record      = &Basis{"record", 0}
	issued      = &Basis{"issued", 0}
	accountable = &Basis{"accountable", 0}
	noted       = &Basis{"noted", 2}
	pseudonym   = &Basis{"pseudonym", 0}
)

// Links lists every column that names a person, in the order in which an
// erasure goes through them: what refers to a row comes before it.
var Links = []Link{
	{Table: "disclosures", Column: "person_id", Delete: true, Withhold: []string{"digest"},
		Export: []string{"id", "created_at", "reader_id", "institution_id", "application_id", "role", "purpose", "fields", "count", "read_at", "last_read_at"}},
	{Table: "sessions", Column: "person_id", Delete: true, Clear: []string{"parent_id"}, Withhold: []string{"digest", "id_token"},
		Export: []string{"id", "created_at", "kind", "name", "sid", "acr", "amr", "authenticated_at", "seen_at", "expires_at", "ended_at", "identity_id", "parent_id", "portal_id"}},
	{Table: "affiliations", Column: "person_id", Delete: true,
		Export: []string{"id", "created_at", "kind", "verified_at", "expires_at", "institution_id", "programme_id", "identity_id"}},
	{Table: "identities", Column: "person_id", Delete: true, Withhold: []string{"digest"},
		Export: []string{"id", "created_at", "issuer", "subject", "assurance", "signed_in_at", "provider_id"}},
	{Table: "profiles", Column: "person_id", Delete: true,
		Export: []string{"id", "created_at", "given_name", "family_name", "email", "esi", "language"}},
	{Table: "role_grants", Column: "person_id", Keep: accountable, Clear: []string{"end_reason"},
		Export: []string{"id", "created_at", "role", "valid_from", "valid_until", "ended", "end_reason",
			"institution_id", "unit_id", "alliance_id", "granted_by_id", "rule_id", "ended_by_id"}},
	{Table: "documents", Column: "learner_id", Delete: true,
		Export: []string{"id", "created_at", "updated_at", "state", "question", "name", "media_type", "bytes", "digest", "draft_id", "application_id"}},
	{Table: "access_needs", Column: "learner_id", Delete: true, Export: []string{"id", "created_at", "updated_at", "text", "application_id"}},
	{Table: "drafts", Column: "learner_id", Delete: true,
		Export: []string{"id", "created_at", "updated_at", "motivation", "answers", "statements", "shared", "access_needs", "preference",
			"offering_id", "home_id", "programme_id"}},
	{Table: "application_steps", Column: "learner_id", Keep: record, Clear: []string{"reason"},
		Export: []string{"id", "created_at", "number", "verb", "from", "to", "side", "reason_code", "reason", "due_at", "at", "application_id", "person_id", "client_id"}},
	{Table: "applications", Column: "learner_id", Keep: record, Clear: []string{"motivation", "reason", "condition", "answers"},
		Withhold: []string{"live_key", "choice_key", "wakes_at"},
		Export: []string{"id", "created_at", "updated_at", "state", "version", "motivation", "reason", "reason_code", "condition", "answers", "statements", "preference", "rank", "place",
			"commitment", "sharing", "submitted_at", "nominated_at", "decided_at", "due_at", "offering_id", "home_id", "host_id", "programme_id", "call_id"}},
	{Table: "enrolments", Column: "learner_id", Keep: record, Clear: []string{"reason"},
		Export: []string{"id", "created_at", "updated_at", "state", "enrolled_at", "ended_at", "started_on", "dropped_out_on", "attendance", "reason",
			"application_id", "offering_id", "version_id", "home_id", "host_id"}},
	{Table: "results", Column: "learner_id", Keep: record,
		Export: []string{"id", "created_at", "updated_at", "attempt", "version", "state", "outcome", "grade", "scale", "second_grade", "second_scale", "ects", "achieved_on",
			"recorded_at", "confirmed_at", "corrected_at", "annulled_at",
			"enrolment_id", "home_id", "host_id", "recorded_by_id", "recorded_by_client_id", "confirmed_by_id"}},
	{Table: "result_steps", Column: "learner_id", Keep: record, Clear: []string{"reason"},
		Export: []string{"id", "created_at", "number", "verb", "state", "achieved", "reason", "at", "result_id", "person_id", "client_id"}},
	{Table: "amendments", Column: "learner_id", Keep: record, Withhold: []string{"live_key"},
		Export: []string{"id", "created_at", "updated_at", "kind", "state", "result_version", "achieved", "reason", "effects", "proposed_at", "decided_at", "dismissal",
			"result_id", "home_id", "host_id", "proposed_by_id", "proposed_by_client_id", "decided_by_id", "decided_by_client_id"}},
	{Table: "credentials", Column: "learner_id", Keep: issued, Withhold: []string{"status_index", "live_key", "digest", "signing_key_id", "status_list_id"},
		Export: []string{"id", "created_at", "updated_at", "state", "token", "ects", "award", "jwt", "requested_at", "issued_at", "revoked_at", "revocation_reason",
			"institution_id", "home_id", "result_id", "version_id"}},
	{Table: "recognition_cases", Column: "learner_id", Keep: record, Withhold: []string{"live_key"},
		Export: []string{"id", "created_at", "updated_at", "state", "basis", "ects", "grade", "reasons", "differences", "submitted_at", "due_at", "decided_at", "appeal_before",
			"home_id", "host_id", "credential_id", "programme_id", "rule_id", "decided_by_id"}},
	{Table: "outbox_events", Column: "person_id", Keep: accountable, Withhold: []string{"audience", "sequence", "version"},
		Export: []string{"id", "created_at", "type", "object_id", "payload", "home_id", "host_id"}},
	{Table: "audit_entries", Column: "actor_id", Keep: accountable, Withhold: []string{"sequence", "hash"},
		Export: []string{"id", "created_at", "actor_kind", "session_id", "verb", "object_id", "person_id", "institutions", "details", "request_id"}},
	{Table: "erasures", Column: "person_id", Keep: accountable, Withhold: []string{"live_key", "digest"},
		Export: []string{"id", "created_at", "updated_at", "state", "reason", "begins_at", "ended_at", "done", "total"}},
	{Table: "persons", Column: "id", Keep: pseudonym, Clear: []string{"signed_in_at", "unlinked_at"},
		Export: []string{"created_at", "signed_in_at", "unlinked_at", "erased_at"}},

	{Table: "amendments", Column: "proposed_by_id", Keep: accountable},
	{Table: "amendments", Column: "decided_by_id", Keep: accountable},
	{Table: "application_steps", Column: "person_id", Keep: accountable},
	{Table: "audit_entries", Column: "object_id", Keep: accountable},
	{Table: "audit_entries", Column: "person_id", Keep: accountable},
	{Table: "audit_readers", Column: "reader_id", Keep: accountable},
	{Table: "course_versions", Column: "submitted_by_id", Keep: accountable},
	{Table: "disclosures", Column: "reader_id", Keep: noted},
	{Table: "import_runs", Column: "started_by_id", Keep: accountable},
	{Table: "institution_changes", Column: "proposed_by_id", Keep: accountable},
	{Table: "institution_changes", Column: "decided_by_id", Keep: accountable},
	{Table: "providers", Column: "proposed_by_id", Keep: accountable},
	{Table: "providers", Column: "approved_by_id", Keep: accountable},
	{Table: "recognition_cases", Column: "decided_by_id", Keep: accountable},
	{Table: "recognition_rules", Column: "proposed_by_id", Keep: accountable},
	{Table: "recognition_rules", Column: "answered_by_id", Keep: accountable},
	{Table: "result_steps", Column: "person_id", Keep: accountable},
	{Table: "results", Column: "recorded_by_id", Keep: accountable},
	{Table: "results", Column: "confirmed_by_id", Keep: accountable},
	{Table: "role_grants", Column: "granted_by_id", Keep: accountable},
	{Table: "role_grants", Column: "ended_by_id", Keep: accountable},
	{Table: "role_rules", Column: "created_by_id", Keep: accountable},
	{Table: "role_rules", Column: "ended_by_id", Keep: accountable},
}

// Impersonal lists the tables that say nothing about anybody.
var Impersonal = []string{
	"alliances", "institutions", "institution_names", "memberships", "units", "programmes", "home_modules",
	"courses", "offerings", "seat_quota", "draws", "calls", "admission_policies", "micro_degrees", "grading_scales",
	"document_chunks", // bytes of a document, with which they go
	"import_sources", "import_chunks", "import_findings",
	"provider_homes", "signing_keys", "status_lists", "server_keys",
	"portals", "api_clients", "client_keys", "client_assertions", "logout_tokens",
	"sign_ins",          // a journey of a browser that is nobody yet; gone after ten minutes
	"portal_codes",      // of a session, with which they go; gone after a minute
	"audit_checkpoints", // signatures of what was recorded
	"idempotency_keys",  // digests, of which nobody can be told
	"work_items",        // by identifier, and gone once it is done
}

// Words returns why data stays, in the languages of the pages.
func (b *Basis) Words() vocab.Text { return words("privacy.basis." + b.Key) }
