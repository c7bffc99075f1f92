-- Create "access_needs" table
CREATE TABLE `access_needs` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `text` text NOT NULL,
  `application_id` text NOT NULL,
  `learner_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `access_needs_applications_application` FOREIGN KEY (`application_id`) REFERENCES `applications` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `access_needs_persons_learner` FOREIGN KEY (`learner_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION
);
-- Create index "accessneeds_updated_at_id" to table: "access_needs"
CREATE INDEX `accessneeds_updated_at_id` ON `access_needs` (`updated_at`, `id`);
-- Create index "accessneeds_application_id" to table: "access_needs"
CREATE UNIQUE INDEX `accessneeds_application_id` ON `access_needs` (`application_id`);
-- Create "admission_policies" table
CREATE TABLE `admission_policies` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `kind` text NULL,
  `scope_key` text NOT NULL,
  `nomination` text NOT NULL,
  `ects_per_term` integer NULL,
  `nominations_per_offering` integer NULL,
  `terms` json NOT NULL,
  `home_days` integer NOT NULL DEFAULT (14),
  `host_days` integer NOT NULL DEFAULT (14),
  `remind_days` integer NOT NULL DEFAULT (3),
  `escalate_days` integer NOT NULL DEFAULT (7),
  `institution_id` text NOT NULL,
  `partner_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `admission_policies_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `admission_policies_institutions_partner` FOREIGN KEY (`partner_id`) REFERENCES `institutions` (`id`) ON DELETE SET NULL
);
-- Create index "admission_policies_scope_key_key" to table: "admission_policies"
CREATE UNIQUE INDEX `admission_policies_scope_key_key` ON `admission_policies` (`scope_key`);
-- Create index "admissionpolicy_updated_at_id" to table: "admission_policies"
CREATE INDEX `admissionpolicy_updated_at_id` ON `admission_policies` (`updated_at`, `id`);
-- Create index "admissionpolicy_institution_id_id" to table: "admission_policies"
CREATE INDEX `admissionpolicy_institution_id_id` ON `admission_policies` (`institution_id`, `id`);
-- Create "affiliations" table
CREATE TABLE `affiliations` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `kind` text NOT NULL,
  `verified_at` datetime NOT NULL,
  `expires_at` datetime NOT NULL,
  `person_id` text NOT NULL,
  `institution_id` text NOT NULL,
  `programme_id` text NULL,
  `identity_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `affiliations_persons_person` FOREIGN KEY (`person_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `affiliations_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `affiliations_programmes_programme` FOREIGN KEY (`programme_id`) REFERENCES `programmes` (`id`) ON DELETE SET NULL,
  CONSTRAINT `affiliations_identities_identity` FOREIGN KEY (`identity_id`) REFERENCES `identities` (`id`) ON DELETE SET NULL
);
-- Create index "affiliation_person_id_institution_id_kind_identity_id" to table: "affiliations"
CREATE UNIQUE INDEX `affiliation_person_id_institution_id_kind_identity_id` ON `affiliations` (`person_id`, `institution_id`, `kind`, `identity_id`);
-- Create "alliances" table
CREATE TABLE `alliances` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `slug` text NOT NULL,
  `name` json NOT NULL,
  `website` text NULL,
  `bounds` json NOT NULL,
  `member_protections` json NOT NULL,
  `step_up` text NOT NULL DEFAULT ('OPTIONAL'),
  PRIMARY KEY (`id`)
);
-- Create index "alliances_slug_key" to table: "alliances"
CREATE UNIQUE INDEX `alliances_slug_key` ON `alliances` (`slug`);
-- Create index "alliance_updated_at_id" to table: "alliances"
CREATE INDEX `alliance_updated_at_id` ON `alliances` (`updated_at`, `id`);
-- Create "amendments" table
CREATE TABLE `amendments` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `kind` text NOT NULL,
  `state` text NOT NULL,
  `live_key` text NULL,
  `result_version` integer NOT NULL,
  `achieved` json NULL,
  `reason` text NOT NULL,
  `effects` json NOT NULL,
  `proposed_at` datetime NOT NULL,
  `decided_at` datetime NULL,
  `dismissal` text NULL,
  `result_id` text NOT NULL,
  `learner_id` text NOT NULL,
  `home_id` text NOT NULL,
  `host_id` text NOT NULL,
  `proposed_by_id` text NULL,
  `proposed_by_client_id` text NULL,
  `decided_by_id` text NULL,
  `decided_by_client_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `amendments_results_result` FOREIGN KEY (`result_id`) REFERENCES `results` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `amendments_persons_learner` FOREIGN KEY (`learner_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `amendments_institutions_home` FOREIGN KEY (`home_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `amendments_institutions_host` FOREIGN KEY (`host_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `amendments_persons_proposed_by` FOREIGN KEY (`proposed_by_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL,
  CONSTRAINT `amendments_api_clients_proposed_by_client` FOREIGN KEY (`proposed_by_client_id`) REFERENCES `api_clients` (`id`) ON DELETE SET NULL,
  CONSTRAINT `amendments_persons_decided_by` FOREIGN KEY (`decided_by_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL,
  CONSTRAINT `amendments_api_clients_decided_by_client` FOREIGN KEY (`decided_by_client_id`) REFERENCES `api_clients` (`id`) ON DELETE SET NULL
);
-- Create index "amendments_live_key_key" to table: "amendments"
CREATE UNIQUE INDEX `amendments_live_key_key` ON `amendments` (`live_key`);
-- Create index "amendment_updated_at_id" to table: "amendments"
CREATE INDEX `amendment_updated_at_id` ON `amendments` (`updated_at`, `id`);
-- Create index "amendment_result_id_id" to table: "amendments"
CREATE INDEX `amendment_result_id_id` ON `amendments` (`result_id`, `id`);
-- Create index "amendment_host_id_state_id" to table: "amendments"
CREATE INDEX `amendment_host_id_state_id` ON `amendments` (`host_id`, `state`, `id`);
-- Create index "amendment_learner_id" to table: "amendments"
CREATE INDEX `amendment_learner_id` ON `amendments` (`learner_id`);
-- Create "api_clients" table
CREATE TABLE `api_clients` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `name` text NOT NULL,
  `scopes` json NOT NULL,
  `state` text NOT NULL,
  `jwks_url` text NULL,
  `last_used_at` datetime NULL,
  `last_used_from` text NULL,
  `institution_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `api_clients_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION
);
-- Create index "apiclient_institution_id_name" to table: "api_clients"
CREATE UNIQUE INDEX `apiclient_institution_id_name` ON `api_clients` (`institution_id`, `name`);
-- Create "applications" table
CREATE TABLE `applications` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `state` text NOT NULL,
  `version` integer NOT NULL DEFAULT (1),
  `live_key` text NULL,
  `motivation` text NULL,
  `reason` text NULL,
  `reason_code` text NULL,
  `condition` text NULL,
  `answers` json NULL,
  `statements` json NULL,
  `preference` integer NULL,
  `choice_key` text NULL,
  `rank` integer NULL,
  `place` integer NULL,
  `commitment` json NULL,
  `sharing` json NULL,
  `submitted_at` datetime NOT NULL,
  `nominated_at` datetime NULL,
  `decided_at` datetime NULL,
  `due_at` datetime NULL,
  `wakes_at` datetime NULL,
  `learner_id` text NOT NULL,
  `offering_id` text NOT NULL,
  `home_id` text NOT NULL,
  `host_id` text NOT NULL,
  `programme_id` text NULL,
  `call_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `applications_persons_learner` FOREIGN KEY (`learner_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `applications_offerings_offering` FOREIGN KEY (`offering_id`) REFERENCES `offerings` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `applications_institutions_home` FOREIGN KEY (`home_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `applications_institutions_host` FOREIGN KEY (`host_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `applications_programmes_programme` FOREIGN KEY (`programme_id`) REFERENCES `programmes` (`id`) ON DELETE SET NULL,
  CONSTRAINT `applications_calls_call` FOREIGN KEY (`call_id`) REFERENCES `calls` (`id`) ON DELETE SET NULL
);
-- Create index "applications_live_key_key" to table: "applications"
CREATE UNIQUE INDEX `applications_live_key_key` ON `applications` (`live_key`);
-- Create index "applications_choice_key_key" to table: "applications"
CREATE UNIQUE INDEX `applications_choice_key_key` ON `applications` (`choice_key`);
-- Create index "application_updated_at_id" to table: "applications"
CREATE INDEX `application_updated_at_id` ON `applications` (`updated_at`, `id`);
-- Create index "application_learner_id_id" to table: "applications"
CREATE INDEX `application_learner_id_id` ON `applications` (`learner_id`, `id`);
-- Create index "application_offering_id_state_id" to table: "applications"
CREATE INDEX `application_offering_id_state_id` ON `applications` (`offering_id`, `state`, `id`);
-- Create index "application_offering_id_state_place" to table: "applications"
CREATE INDEX `application_offering_id_state_place` ON `applications` (`offering_id`, `state`, `place`);
-- Create index "application_home_id_state_id" to table: "applications"
CREATE INDEX `application_home_id_state_id` ON `applications` (`home_id`, `state`, `id`);
-- Create index "application_home_id_state_due_at" to table: "applications"
CREATE INDEX `application_home_id_state_due_at` ON `applications` (`home_id`, `state`, `due_at`);
-- Create index "application_host_id_state_id" to table: "applications"
CREATE INDEX `application_host_id_state_id` ON `applications` (`host_id`, `state`, `id`);
-- Create index "application_host_id_state_due_at" to table: "applications"
CREATE INDEX `application_host_id_state_due_at` ON `applications` (`host_id`, `state`, `due_at`);
-- Create index "application_wakes_at" to table: "applications"
CREATE INDEX `application_wakes_at` ON `applications` (`wakes_at`);
-- Create index "application_call_id_learner_id" to table: "applications"
CREATE INDEX `application_call_id_learner_id` ON `applications` (`call_id`, `learner_id`);
-- Create "application_steps" table
CREATE TABLE `application_steps` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `number` integer NOT NULL,
  `verb` text NOT NULL,
  `from` text NOT NULL DEFAULT (''),
  `to` text NOT NULL,
  `side` text NOT NULL,
  `reason_code` text NULL,
  `reason` text NULL,
  `due_at` datetime NULL,
  `at` datetime NOT NULL,
  `application_id` text NOT NULL,
  `learner_id` text NOT NULL,
  `person_id` text NULL,
  `client_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `application_steps_applications_application` FOREIGN KEY (`application_id`) REFERENCES `applications` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `application_steps_persons_learner` FOREIGN KEY (`learner_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `application_steps_persons_person` FOREIGN KEY (`person_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL,
  CONSTRAINT `application_steps_api_clients_client` FOREIGN KEY (`client_id`) REFERENCES `api_clients` (`id`) ON DELETE SET NULL
);
-- Create index "applicationstep_application_id_number" to table: "application_steps"
CREATE UNIQUE INDEX `applicationstep_application_id_number` ON `application_steps` (`application_id`, `number`);
-- Create index "applicationstep_learner_id" to table: "application_steps"
CREATE INDEX `applicationstep_learner_id` ON `application_steps` (`learner_id`);
-- Create "audit_checkpoints" table
CREATE TABLE `audit_checkpoints` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `sequence` integer NOT NULL,
  `jwt` text NOT NULL,
  PRIMARY KEY (`id`)
);
-- Create index "audit_checkpoints_sequence_key" to table: "audit_checkpoints"
CREATE UNIQUE INDEX `audit_checkpoints_sequence_key` ON `audit_checkpoints` (`sequence`);
-- Create "audit_entries" table
CREATE TABLE `audit_entries` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `actor_kind` text NOT NULL,
  `actor_id` text NULL,
  `session_id` text NULL,
  `verb` text NOT NULL,
  `object_id` text NOT NULL,
  `person_id` text NULL,
  `institutions` json NOT NULL,
  `details` json NOT NULL,
  `request_id` text NOT NULL,
  `sequence` integer NULL,
  `hash` text NULL,
  PRIMARY KEY (`id`)
);
-- Create index "auditentry_object_id_id" to table: "audit_entries"
CREATE INDEX `auditentry_object_id_id` ON `audit_entries` (`object_id`, `id`);
-- Create index "auditentry_sequence" to table: "audit_entries"
CREATE UNIQUE INDEX `auditentry_sequence` ON `audit_entries` (`sequence`);
-- Create "audit_readers" table
CREATE TABLE `audit_readers` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `reader_id` text NOT NULL,
  `entry_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `audit_readers_audit_entries_entry` FOREIGN KEY (`entry_id`) REFERENCES `audit_entries` (`id`) ON DELETE NO ACTION
);
-- Create index "auditreader_entry_id_reader_id" to table: "audit_readers"
CREATE UNIQUE INDEX `auditreader_entry_id_reader_id` ON `audit_readers` (`entry_id`, `reader_id`);
-- Create index "auditreader_reader_id_entry_id" to table: "audit_readers"
CREATE INDEX `auditreader_reader_id_entry_id` ON `audit_readers` (`reader_id`, `entry_id`);
-- Create "calls" table
CREATE TABLE `calls` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `title` json NOT NULL,
  `choices` integer NOT NULL,
  `institution_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `calls_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION
);
-- Create index "call_updated_at_id" to table: "calls"
CREATE INDEX `call_updated_at_id` ON `calls` (`updated_at`, `id`);
-- Create index "call_institution_id_id" to table: "calls"
CREATE INDEX `call_institution_id_id` ON `calls` (`institution_id`, `id`);
-- Create "client_assertions" table
CREATE TABLE `client_assertions` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `digest` text NOT NULL,
  `expires_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
-- Create index "client_assertions_digest_key" to table: "client_assertions"
CREATE UNIQUE INDEX `client_assertions_digest_key` ON `client_assertions` (`digest`);
-- Create index "clientassertion_expires_at" to table: "client_assertions"
CREATE INDEX `clientassertion_expires_at` ON `client_assertions` (`expires_at`);
-- Create "client_keys" table
CREATE TABLE `client_keys` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `kid` text NOT NULL,
  `algorithm` text NOT NULL,
  `public_jwk` text NOT NULL,
  `not_before` datetime NOT NULL,
  `not_after` datetime NULL,
  `retired_at` datetime NULL,
  `client_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `client_keys_api_clients_client` FOREIGN KEY (`client_id`) REFERENCES `api_clients` (`id`) ON DELETE NO ACTION
);
-- Create index "clientkey_client_id_kid" to table: "client_keys"
CREATE UNIQUE INDEX `clientkey_client_id_kid` ON `client_keys` (`client_id`, `kid`);
-- Create "courses" table
CREATE TABLE `courses` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `code` text NOT NULL,
  `kind` text NOT NULL,
  `state` text NOT NULL,
  `published_version_id` text NULL,
  `external_id` text NULL,
  `source_modified_at` datetime NULL,
  `source_seen_at` datetime NULL,
  `institution_id` text NOT NULL,
  `unit_id` text NULL,
  `source_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `courses_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `courses_units_unit` FOREIGN KEY (`unit_id`) REFERENCES `units` (`id`) ON DELETE SET NULL,
  CONSTRAINT `courses_import_sources_source` FOREIGN KEY (`source_id`) REFERENCES `import_sources` (`id`) ON DELETE SET NULL
);
-- Create index "course_updated_at_id" to table: "courses"
CREATE INDEX `course_updated_at_id` ON `courses` (`updated_at`, `id`);
-- Create index "course_institution_id_code" to table: "courses"
CREATE UNIQUE INDEX `course_institution_id_code` ON `courses` (`institution_id`, `code`);
-- Create index "course_institution_id_external_id" to table: "courses"
CREATE UNIQUE INDEX `course_institution_id_external_id` ON `courses` (`institution_id`, `external_id`);
-- Create index "course_state_id" to table: "courses"
CREATE INDEX `course_state_id` ON `courses` (`state`, `id`);
-- Create index "course_institution_id_state_id" to table: "courses"
CREATE INDEX `course_institution_id_state_id` ON `courses` (`institution_id`, `state`, `id`);
-- Create "course_versions" table
CREATE TABLE `course_versions` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `number` integer NOT NULL,
  `state` text NOT NULL,
  `title` json NOT NULL,
  `summary` json NOT NULL,
  `description` json NOT NULL,
  `outcomes` json NOT NULL,
  `ects` integer NOT NULL,
  `hours` integer NOT NULL,
  `eqf` integer NULL,
  `isced` text NULL,
  `languages` json NOT NULL,
  `mode` text NULL,
  `assessments` json NOT NULL,
  `assessment_note` json NOT NULL,
  `supervision` text NULL,
  `attempts` integer NULL,
  `quality` json NULL,
  `prerequisites` json NOT NULL,
  `target_groups` json NOT NULL,
  `stackability` text NULL,
  `topics` json NOT NULL,
  `url` text NULL,
  `submitted_at` datetime NULL,
  `review_note` text NOT NULL DEFAULT (''),
  `digest` text NOT NULL DEFAULT (''),
  `published_at` datetime NULL,
  `course_id` text NOT NULL,
  `institution_id` text NOT NULL,
  `submitted_by_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `course_versions_courses_course` FOREIGN KEY (`course_id`) REFERENCES `courses` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `course_versions_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `course_versions_persons_submitted_by` FOREIGN KEY (`submitted_by_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL
);
-- Create index "courseversion_course_id_number" to table: "course_versions"
CREATE UNIQUE INDEX `courseversion_course_id_number` ON `course_versions` (`course_id`, `number`);
-- Create "credentials" table
CREATE TABLE `credentials` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `status_index` integer NOT NULL,
  `state` text NOT NULL,
  `token` text NOT NULL,
  `live_key` text NULL,
  `ects` integer NOT NULL,
  `award` text NOT NULL,
  `jwt` text NULL,
  `digest` text NOT NULL,
  `requested_at` datetime NOT NULL,
  `issued_at` datetime NULL,
  `revoked_at` datetime NULL,
  `revocation_reason` text NULL,
  `learner_id` text NOT NULL,
  `institution_id` text NOT NULL,
  `home_id` text NOT NULL,
  `result_id` text NOT NULL,
  `version_id` text NOT NULL,
  `signing_key_id` text NOT NULL,
  `status_list_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `credentials_persons_learner` FOREIGN KEY (`learner_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `credentials_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `credentials_institutions_home` FOREIGN KEY (`home_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `credentials_results_result` FOREIGN KEY (`result_id`) REFERENCES `results` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `credentials_course_versions_version` FOREIGN KEY (`version_id`) REFERENCES `course_versions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `credentials_signing_keys_signing_key` FOREIGN KEY (`signing_key_id`) REFERENCES `signing_keys` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `credentials_status_lists_status_list` FOREIGN KEY (`status_list_id`) REFERENCES `status_lists` (`id`) ON DELETE NO ACTION
);
-- Create index "credentials_token_key" to table: "credentials"
CREATE UNIQUE INDEX `credentials_token_key` ON `credentials` (`token`);
-- Create index "credentials_live_key_key" to table: "credentials"
CREATE UNIQUE INDEX `credentials_live_key_key` ON `credentials` (`live_key`);
-- Create index "credential_updated_at_id" to table: "credentials"
CREATE INDEX `credential_updated_at_id` ON `credentials` (`updated_at`, `id`);
-- Create index "credential_status_list_id_status_index" to table: "credentials"
CREATE UNIQUE INDEX `credential_status_list_id_status_index` ON `credentials` (`status_list_id`, `status_index`);
-- Create index "credential_learner_id_id" to table: "credentials"
CREATE INDEX `credential_learner_id_id` ON `credentials` (`learner_id`, `id`);
-- Create index "credential_institution_id_state_id" to table: "credentials"
CREATE INDEX `credential_institution_id_state_id` ON `credentials` (`institution_id`, `state`, `id`);
-- Create index "credential_home_id_id" to table: "credentials"
CREATE INDEX `credential_home_id_id` ON `credentials` (`home_id`, `id`);
-- Create "disclosures" table
CREATE TABLE `disclosures` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `reader_id` text NULL,
  `institution_id` text NULL,
  `application_id` text NULL,
  `role` text NOT NULL,
  `purpose` text NOT NULL,
  `fields` json NOT NULL,
  `digest` text NOT NULL,
  `count` integer NOT NULL,
  `read_at` datetime NOT NULL,
  `last_read_at` datetime NOT NULL,
  `person_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `disclosures_persons_person` FOREIGN KEY (`person_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION
);
-- Create index "disclosures_digest_key" to table: "disclosures"
CREATE UNIQUE INDEX `disclosures_digest_key` ON `disclosures` (`digest`);
-- Create index "disclosure_person_id_id" to table: "disclosures"
CREATE INDEX `disclosure_person_id_id` ON `disclosures` (`person_id`, `id`);
-- Create index "disclosure_last_read_at" to table: "disclosures"
CREATE INDEX `disclosure_last_read_at` ON `disclosures` (`last_read_at`);
-- Create "documents" table
CREATE TABLE `documents` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `state` text NOT NULL,
  `question` text NOT NULL DEFAULT (''),
  `name` text NOT NULL,
  `media_type` text NOT NULL DEFAULT (''),
  `bytes` integer NOT NULL DEFAULT (0),
  `digest` text NOT NULL DEFAULT (''),
  `learner_id` text NOT NULL,
  `application_id` text NULL,
  `draft_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `documents_persons_learner` FOREIGN KEY (`learner_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `documents_applications_application` FOREIGN KEY (`application_id`) REFERENCES `applications` (`id`) ON DELETE SET NULL,
  CONSTRAINT `documents_drafts_draft` FOREIGN KEY (`draft_id`) REFERENCES `drafts` (`id`) ON DELETE CASCADE
);
-- Create index "document_updated_at_id" to table: "documents"
CREATE INDEX `document_updated_at_id` ON `documents` (`updated_at`, `id`);
-- Create index "document_draft_id_id" to table: "documents"
CREATE INDEX `document_draft_id_id` ON `documents` (`draft_id`, `id`);
-- Create index "document_application_id_id" to table: "documents"
CREATE INDEX `document_application_id_id` ON `documents` (`application_id`, `id`);
-- Create index "document_learner_id_id" to table: "documents"
CREATE INDEX `document_learner_id_id` ON `documents` (`learner_id`, `id`);
-- Create index "document_state_created_at" to table: "documents"
CREATE INDEX `document_state_created_at` ON `documents` (`state`, `created_at`);
-- Create "document_chunks" table
CREATE TABLE `document_chunks` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `number` integer NOT NULL,
  `content` blob NOT NULL,
  `document_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `document_chunks_documents_document` FOREIGN KEY (`document_id`) REFERENCES `documents` (`id`) ON DELETE CASCADE
);
-- Create index "documentchunk_document_id_number" to table: "document_chunks"
CREATE UNIQUE INDEX `documentchunk_document_id_number` ON `document_chunks` (`document_id`, `number`);
-- Create "drafts" table
CREATE TABLE `drafts` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `motivation` text NOT NULL DEFAULT (''),
  `answers` json NOT NULL,
  `statements` json NOT NULL,
  `shared` json NOT NULL,
  `access_needs` text NOT NULL DEFAULT (''),
  `preference` integer NULL,
  `learner_id` text NOT NULL,
  `offering_id` text NOT NULL,
  `home_id` text NULL,
  `programme_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `drafts_persons_learner` FOREIGN KEY (`learner_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `drafts_offerings_offering` FOREIGN KEY (`offering_id`) REFERENCES `offerings` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `drafts_institutions_home` FOREIGN KEY (`home_id`) REFERENCES `institutions` (`id`) ON DELETE SET NULL,
  CONSTRAINT `drafts_programmes_programme` FOREIGN KEY (`programme_id`) REFERENCES `programmes` (`id`) ON DELETE SET NULL
);
-- Create index "draft_updated_at_id" to table: "drafts"
CREATE INDEX `draft_updated_at_id` ON `drafts` (`updated_at`, `id`);
-- Create index "draft_learner_id_offering_id" to table: "drafts"
CREATE UNIQUE INDEX `draft_learner_id_offering_id` ON `drafts` (`learner_id`, `offering_id`);
-- Create "draws" table
CREATE TABLE `draws` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `state` text NOT NULL,
  `commitment` text NOT NULL,
  `sealed` text NULL,
  `seed` text NULL,
  `participants` integer NOT NULL DEFAULT (0),
  `tickets` json NOT NULL,
  `drawn_at` datetime NULL,
  `offering_id` text NOT NULL,
  `institution_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `draws_offerings_offering` FOREIGN KEY (`offering_id`) REFERENCES `offerings` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `draws_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION
);
-- Create index "draw_updated_at_id" to table: "draws"
CREATE INDEX `draw_updated_at_id` ON `draws` (`updated_at`, `id`);
-- Create index "draw_offering_id" to table: "draws"
CREATE UNIQUE INDEX `draw_offering_id` ON `draws` (`offering_id`);
-- Create "enrolments" table
CREATE TABLE `enrolments` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `state` text NOT NULL,
  `enrolled_at` datetime NOT NULL,
  `ended_at` datetime NULL,
  `started_on` text NULL,
  `dropped_out_on` text NULL,
  `attendance` integer NULL,
  `reason` text NULL,
  `application_id` text NOT NULL,
  `learner_id` text NOT NULL,
  `offering_id` text NOT NULL,
  `version_id` text NOT NULL,
  `home_id` text NOT NULL,
  `host_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `enrolments_applications_application` FOREIGN KEY (`application_id`) REFERENCES `applications` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `enrolments_persons_learner` FOREIGN KEY (`learner_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `enrolments_offerings_offering` FOREIGN KEY (`offering_id`) REFERENCES `offerings` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `enrolments_course_versions_version` FOREIGN KEY (`version_id`) REFERENCES `course_versions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `enrolments_institutions_home` FOREIGN KEY (`home_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `enrolments_institutions_host` FOREIGN KEY (`host_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION
);
-- Create index "enrolment_updated_at_id" to table: "enrolments"
CREATE INDEX `enrolment_updated_at_id` ON `enrolments` (`updated_at`, `id`);
-- Create index "enrolment_application_id" to table: "enrolments"
CREATE UNIQUE INDEX `enrolment_application_id` ON `enrolments` (`application_id`);
-- Create index "enrolment_learner_id_id" to table: "enrolments"
CREATE INDEX `enrolment_learner_id_id` ON `enrolments` (`learner_id`, `id`);
-- Create index "enrolment_home_id_id" to table: "enrolments"
CREATE INDEX `enrolment_home_id_id` ON `enrolments` (`home_id`, `id`);
-- Create index "enrolment_host_id_id" to table: "enrolments"
CREATE INDEX `enrolment_host_id_id` ON `enrolments` (`host_id`, `id`);
-- Create index "enrolment_offering_id_id" to table: "enrolments"
CREATE INDEX `enrolment_offering_id_id` ON `enrolments` (`offering_id`, `id`);
-- Create "erasures" table
CREATE TABLE `erasures` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `state` text NOT NULL,
  `live_key` text NULL,
  `digest` text NOT NULL,
  `reason` text NULL,
  `begins_at` datetime NOT NULL,
  `ended_at` datetime NULL,
  `done` integer NOT NULL DEFAULT (0),
  `total` integer NOT NULL DEFAULT (0),
  `person_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `erasures_persons_person` FOREIGN KEY (`person_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION
);
-- Create index "erasures_live_key_key" to table: "erasures"
CREATE UNIQUE INDEX `erasures_live_key_key` ON `erasures` (`live_key`);
-- Create index "erasure_updated_at_id" to table: "erasures"
CREATE INDEX `erasure_updated_at_id` ON `erasures` (`updated_at`, `id`);
-- Create index "erasure_person_id_id" to table: "erasures"
CREATE INDEX `erasure_person_id_id` ON `erasures` (`person_id`, `id`);
-- Create index "erasure_state_id" to table: "erasures"
CREATE INDEX `erasure_state_id` ON `erasures` (`state`, `id`);
-- Create "grading_scales" table
CREATE TABLE `grading_scales` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `name` json NOT NULL,
  `definition` json NOT NULL,
  `retired_at` datetime NULL,
  `institution_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `grading_scales_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION
);
-- Create index "gradingscale_updated_at_id" to table: "grading_scales"
CREATE INDEX `gradingscale_updated_at_id` ON `grading_scales` (`updated_at`, `id`);
-- Create index "gradingscale_institution_id_id" to table: "grading_scales"
CREATE INDEX `gradingscale_institution_id_id` ON `grading_scales` (`institution_id`, `id`);
-- Create "home_modules" table
CREATE TABLE `home_modules` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `code` text NOT NULL,
  `title` json NOT NULL,
  `ects` integer NOT NULL,
  `place` text NOT NULL,
  `programme_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `home_modules_programmes_programme` FOREIGN KEY (`programme_id`) REFERENCES `programmes` (`id`) ON DELETE NO ACTION
);
-- Create index "homemodule_programme_id_code" to table: "home_modules"
CREATE UNIQUE INDEX `homemodule_programme_id_code` ON `home_modules` (`programme_id`, `code`);
-- Create "idempotency_keys" table
CREATE TABLE `idempotency_keys` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `digest` text NOT NULL,
  `input_digest` text NOT NULL,
  `answer_id` text NULL,
  PRIMARY KEY (`id`)
);
-- Create index "idempotency_keys_digest_key" to table: "idempotency_keys"
CREATE UNIQUE INDEX `idempotency_keys_digest_key` ON `idempotency_keys` (`digest`);
-- Create "identities" table
CREATE TABLE `identities` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `issuer` text NOT NULL,
  `subject` text NOT NULL,
  `digest` text NOT NULL,
  `assurance` json NULL,
  `signed_in_at` datetime NULL,
  `person_id` text NOT NULL,
  `provider_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `identities_persons_person` FOREIGN KEY (`person_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `identities_providers_provider` FOREIGN KEY (`provider_id`) REFERENCES `providers` (`id`) ON DELETE NO ACTION
);
-- Create index "identities_digest_key" to table: "identities"
CREATE UNIQUE INDEX `identities_digest_key` ON `identities` (`digest`);
-- Create "import_chunks" table
CREATE TABLE `import_chunks` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `number` integer NOT NULL,
  `content` blob NOT NULL,
  `run_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `import_chunks_import_runs_run` FOREIGN KEY (`run_id`) REFERENCES `import_runs` (`id`) ON DELETE NO ACTION
);
-- Create index "importchunk_run_id_number" to table: "import_chunks"
CREATE UNIQUE INDEX `importchunk_run_id_number` ON `import_chunks` (`run_id`, `number`);
-- Create "import_findings" table
CREATE TABLE `import_findings` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `course_id` text NULL,
  `number` integer NOT NULL,
  `place` text NOT NULL,
  `external_id` text NOT NULL,
  `outcome` text NOT NULL,
  `problems` json NOT NULL,
  `run_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `import_findings_import_runs_run` FOREIGN KEY (`run_id`) REFERENCES `import_runs` (`id`) ON DELETE NO ACTION
);
-- Create index "importfinding_run_id_number" to table: "import_findings"
CREATE UNIQUE INDEX `importfinding_run_id_number` ON `import_findings` (`run_id`, `number`);
-- Create "import_runs" table
CREATE TABLE `import_runs` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `format` text NOT NULL,
  `mode` text NOT NULL,
  `state` text NOT NULL,
  `name` text NOT NULL DEFAULT (''),
  `bytes` integer NOT NULL DEFAULT (0),
  `rows` integer NOT NULL DEFAULT (0),
  `created` integer NOT NULL DEFAULT (0),
  `updated` integer NOT NULL DEFAULT (0),
  `unchanged` integer NOT NULL DEFAULT (0),
  `rejected` integer NOT NULL DEFAULT (0),
  `incomplete` integer NOT NULL DEFAULT (0),
  `started_at` datetime NULL,
  `ended_at` datetime NULL,
  `error` text NOT NULL DEFAULT (''),
  `awaited_until` datetime NULL,
  `etag` text NOT NULL DEFAULT (''),
  `last_modified` text NOT NULL DEFAULT (''),
  `asked` text NOT NULL DEFAULT (''),
  `institution_id` text NOT NULL,
  `source_id` text NULL,
  `started_by_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `import_runs_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `import_runs_import_sources_source` FOREIGN KEY (`source_id`) REFERENCES `import_sources` (`id`) ON DELETE SET NULL,
  CONSTRAINT `import_runs_persons_started_by` FOREIGN KEY (`started_by_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL
);
-- Create index "importrun_institution_id_id" to table: "import_runs"
CREATE INDEX `importrun_institution_id_id` ON `import_runs` (`institution_id`, `id`);
-- Create index "importrun_state_id" to table: "import_runs"
CREATE INDEX `importrun_state_id` ON `import_runs` (`state`, `id`);
-- Create "import_sources" table
CREATE TABLE `import_sources` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `name` text NOT NULL,
  `format` text NOT NULL,
  `url` text NOT NULL,
  `state` text NOT NULL,
  `every_minutes` integer NOT NULL,
  `policy` text NOT NULL,
  `with_offerings` bool NOT NULL DEFAULT (true),
  `due_at` datetime NOT NULL,
  `pulled_at` datetime NULL,
  `changed_at` datetime NULL,
  `failures` integer NOT NULL DEFAULT (0),
  `last_error` text NOT NULL DEFAULT (''),
  `etag` text NOT NULL DEFAULT (''),
  `last_modified` text NOT NULL DEFAULT (''),
  `institution_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `import_sources_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION
);
-- Create index "importsource_state_due_at" to table: "import_sources"
CREATE INDEX `importsource_state_due_at` ON `import_sources` (`state`, `due_at`);
-- Create index "importsource_institution_id_name" to table: "import_sources"
CREATE UNIQUE INDEX `importsource_institution_id_name` ON `import_sources` (`institution_id`, `name`);
-- Create "institutions" table
CREATE TABLE `institutions` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `schac` text NOT NULL,
  `name` json NOT NULL,
  `acronym` text NOT NULL,
  `country` text NOT NULL,
  `town` json NOT NULL,
  `erasmus_code` text NULL,
  `pic` text NULL,
  `oid` text NULL,
  `ror` text NULL,
  `deqar` text NULL,
  `website` text NULL,
  `domains` json NOT NULL,
  `zone` text NOT NULL,
  `course_review` text NOT NULL DEFAULT ('OPTIONAL'),
  `result_confirmation` text NOT NULL DEFAULT ('OPTIONAL'),
  `step_up` text NOT NULL DEFAULT ('OPTIONAL'),
  PRIMARY KEY (`id`)
);
-- Create index "institutions_schac_key" to table: "institutions"
CREATE UNIQUE INDEX `institutions_schac_key` ON `institutions` (`schac`);
-- Create index "institution_updated_at_id" to table: "institutions"
CREATE INDEX `institution_updated_at_id` ON `institutions` (`updated_at`, `id`);
-- Create index "institution_erasmus_code" to table: "institutions"
CREATE UNIQUE INDEX `institution_erasmus_code` ON `institutions` (`erasmus_code`);
-- Create index "institution_ror" to table: "institutions"
CREATE UNIQUE INDEX `institution_ror` ON `institutions` (`ror`);
-- Create index "institution_pic" to table: "institutions"
CREATE UNIQUE INDEX `institution_pic` ON `institutions` (`pic`);
-- Create index "institution_oid" to table: "institutions"
CREATE UNIQUE INDEX `institution_oid` ON `institutions` (`oid`);
-- Create index "institution_deqar" to table: "institutions"
CREATE UNIQUE INDEX `institution_deqar` ON `institutions` (`deqar`);
-- Create "institution_changes" table
CREATE TABLE `institution_changes` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `proposed` json NOT NULL,
  `state` text NOT NULL,
  `live_key` text NULL,
  `proposers` json NOT NULL,
  `reason` text NOT NULL DEFAULT (''),
  `proposed_at` datetime NOT NULL,
  `decided_at` datetime NULL,
  `institution_id` text NOT NULL,
  `proposed_by_id` text NULL,
  `decided_by_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `institution_changes_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `institution_changes_persons_proposed_by` FOREIGN KEY (`proposed_by_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL,
  CONSTRAINT `institution_changes_persons_decided_by` FOREIGN KEY (`decided_by_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL
);
-- Create index "institution_changes_live_key_key" to table: "institution_changes"
CREATE UNIQUE INDEX `institution_changes_live_key_key` ON `institution_changes` (`live_key`);
-- Create index "institutionchange_updated_at_id" to table: "institution_changes"
CREATE INDEX `institutionchange_updated_at_id` ON `institution_changes` (`updated_at`, `id`);
-- Create "institution_names" table
CREATE TABLE `institution_names` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `key` text NOT NULL,
  `institution_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `institution_names_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE SET NULL
);
-- Create index "institution_names_key_key" to table: "institution_names"
CREATE UNIQUE INDEX `institution_names_key_key` ON `institution_names` (`key`);
-- Create index "institutionname_updated_at_id" to table: "institution_names"
CREATE INDEX `institutionname_updated_at_id` ON `institution_names` (`updated_at`, `id`);
-- Create "logout_tokens" table
CREATE TABLE `logout_tokens` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `digest` text NOT NULL,
  `expires_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
-- Create index "logout_tokens_digest_key" to table: "logout_tokens"
CREATE UNIQUE INDEX `logout_tokens_digest_key` ON `logout_tokens` (`digest`);
-- Create index "logouttoken_expires_at" to table: "logout_tokens"
CREATE INDEX `logouttoken_expires_at` ON `logout_tokens` (`expires_at`);
-- Create "memberships" table
CREATE TABLE `memberships` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `state` text NOT NULL,
  `part` text NOT NULL,
  `since` datetime NULL,
  `until` datetime NULL,
  `reason` text NOT NULL DEFAULT (''),
  `history` json NOT NULL,
  `alliance_id` text NOT NULL,
  `institution_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `memberships_alliances_alliance` FOREIGN KEY (`alliance_id`) REFERENCES `alliances` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `memberships_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION
);
-- Create index "membership_updated_at_id" to table: "memberships"
CREATE INDEX `membership_updated_at_id` ON `memberships` (`updated_at`, `id`);
-- Create index "membership_alliance_id_institution_id" to table: "memberships"
CREATE UNIQUE INDEX `membership_alliance_id_institution_id` ON `memberships` (`alliance_id`, `institution_id`);
-- Create "micro_degrees" table
CREATE TABLE `micro_degrees` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `key` text NOT NULL,
  `state` text NOT NULL,
  `title` json NOT NULL,
  `summary` json NOT NULL,
  `description` json NOT NULL,
  `outcomes` json NOT NULL,
  `ects` integer NOT NULL,
  `eqf` integer NULL,
  `isced` text NULL,
  `quality` json NULL,
  `composition` json NOT NULL,
  `published_at` datetime NULL,
  `institution_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `micro_degrees_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION
);
-- Create index "micro_degrees_key_key" to table: "micro_degrees"
CREATE UNIQUE INDEX `micro_degrees_key_key` ON `micro_degrees` (`key`);
-- Create index "microdegree_updated_at_id" to table: "micro_degrees"
CREATE INDEX `microdegree_updated_at_id` ON `micro_degrees` (`updated_at`, `id`);
-- Create "offerings" table
CREATE TABLE `offerings` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `state` text NOT NULL,
  `schedule` text NOT NULL,
  `zone` text NOT NULL,
  `opens_at` datetime NOT NULL,
  `closes_at` datetime NULL,
  `windows` json NOT NULL,
  `starts_on` text NULL,
  `ends_on` text NULL,
  `seats` integer NOT NULL,
  `seats_taken` integer NOT NULL DEFAULT (0),
  `seats_reserved` integer NOT NULL DEFAULT (0),
  `waiting` integer NOT NULL DEFAULT (0),
  `last_place` integer NOT NULL DEFAULT (0),
  `admission` text NOT NULL DEFAULT ('BY_HAND'),
  `questions` json NOT NULL,
  `requirements` json NOT NULL,
  `asks` json NOT NULL,
  `cancelled_because` text NULL,
  `language` text NOT NULL,
  `mode` text NOT NULL,
  `place` json NOT NULL,
  `funding` json NOT NULL,
  `fee_cents` integer NOT NULL DEFAULT (0),
  `fee_currency` text NOT NULL DEFAULT ('EUR'),
  `sessions` json NOT NULL,
  `waitlist_places` integer NOT NULL DEFAULT (0),
  `waitlist_order` text NOT NULL DEFAULT ('FIRST_COME'),
  `draws_at` datetime NULL,
  `offer_hours` integer NOT NULL DEFAULT (72),
  `external_id` text NULL,
  `institution_id` text NOT NULL,
  `course_id` text NOT NULL,
  `version_id` text NOT NULL,
  `call_id` text NULL,
  `instead_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `offerings_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `offerings_courses_course` FOREIGN KEY (`course_id`) REFERENCES `courses` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `offerings_course_versions_version` FOREIGN KEY (`version_id`) REFERENCES `course_versions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `offerings_calls_call` FOREIGN KEY (`call_id`) REFERENCES `calls` (`id`) ON DELETE SET NULL,
  CONSTRAINT `offerings_offerings_replaces` FOREIGN KEY (`instead_id`) REFERENCES `offerings` (`id`) ON DELETE SET NULL
);
-- Create index "offering_updated_at_id" to table: "offerings"
CREATE INDEX `offering_updated_at_id` ON `offerings` (`updated_at`, `id`);
-- Create index "offering_course_id_state_id" to table: "offerings"
CREATE INDEX `offering_course_id_state_id` ON `offerings` (`course_id`, `state`, `id`);
-- Create index "offering_institution_id_state_id" to table: "offerings"
CREATE INDEX `offering_institution_id_state_id` ON `offerings` (`institution_id`, `state`, `id`);
-- Create index "offering_state_id" to table: "offerings"
CREATE INDEX `offering_state_id` ON `offerings` (`state`, `id`);
-- Create index "offering_course_id_external_id" to table: "offerings"
CREATE UNIQUE INDEX `offering_course_id_external_id` ON `offerings` (`course_id`, `external_id`);
-- Create index "offering_call_id_id" to table: "offerings"
CREATE INDEX `offering_call_id_id` ON `offerings` (`call_id`, `id`);
-- Create "outbox_events" table
CREATE TABLE `outbox_events` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `type` text NOT NULL,
  `object_id` text NOT NULL,
  `version` integer NOT NULL,
  `payload` json NOT NULL,
  `audience` text NOT NULL,
  `home_id` text NULL,
  `host_id` text NULL,
  `person_id` text NULL,
  `sequence` integer NULL,
  PRIMARY KEY (`id`)
);
-- Create index "outboxevent_sequence" to table: "outbox_events"
CREATE UNIQUE INDEX `outboxevent_sequence` ON `outbox_events` (`sequence`);
-- Create "persons" table
CREATE TABLE `persons` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `signed_in_at` datetime NULL,
  `unlinked_at` datetime NULL,
  `erased_at` datetime NULL,
  PRIMARY KEY (`id`)
);
-- Create "portals" table
CREATE TABLE `portals` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `name` text NOT NULL,
  `origin` text NOT NULL,
  `held_origin` text NULL,
  `return_addresses` json NOT NULL,
  `used_at` datetime NULL,
  `ended_at` datetime NULL,
  `institution_id` text NULL,
  `alliance_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `portals_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE SET NULL,
  CONSTRAINT `portals_alliances_alliance` FOREIGN KEY (`alliance_id`) REFERENCES `alliances` (`id`) ON DELETE SET NULL
);
-- Create index "portals_held_origin_key" to table: "portals"
CREATE UNIQUE INDEX `portals_held_origin_key` ON `portals` (`held_origin`);
-- Create "portal_codes" table
CREATE TABLE `portal_codes` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `digest` text NOT NULL,
  `challenge` text NOT NULL,
  `return_address` text NOT NULL,
  `expires_at` datetime NOT NULL,
  `portal_id` text NOT NULL,
  `session_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `portal_codes_portals_portal` FOREIGN KEY (`portal_id`) REFERENCES `portals` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `portal_codes_sessions_session` FOREIGN KEY (`session_id`) REFERENCES `sessions` (`id`) ON DELETE NO ACTION
);
-- Create index "portal_codes_digest_key" to table: "portal_codes"
CREATE UNIQUE INDEX `portal_codes_digest_key` ON `portal_codes` (`digest`);
-- Create index "portalcode_expires_at" to table: "portal_codes"
CREATE INDEX `portalcode_expires_at` ON `portal_codes` (`expires_at`);
-- Create "profiles" table
CREATE TABLE `profiles` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `given_name` text NOT NULL,
  `family_name` text NOT NULL,
  `email` text NULL,
  `esi` text NULL,
  `language` text NOT NULL,
  `person_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `profiles_persons_person` FOREIGN KEY (`person_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION
);
-- Create index "profile_person_id" to table: "profiles"
CREATE UNIQUE INDEX `profile_person_id` ON `profiles` (`person_id`);
-- Create "programmes" table
CREATE TABLE `programmes` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `code` text NOT NULL,
  `title` json NOT NULL,
  `eqf` integer NOT NULL,
  `ects` integer NOT NULL,
  `isced` text NOT NULL,
  `institution_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `programmes_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION
);
-- Create index "programme_updated_at_id" to table: "programmes"
CREATE INDEX `programme_updated_at_id` ON `programmes` (`updated_at`, `id`);
-- Create index "programme_institution_id_code" to table: "programmes"
CREATE UNIQUE INDEX `programme_institution_id_code` ON `programmes` (`institution_id`, `code`);
-- Create "providers" table
CREATE TABLE `providers` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `key` text NOT NULL,
  `issuer` text NOT NULL,
  `client_id` text NOT NULL,
  `client_authentication` text NOT NULL DEFAULT ('SECRET'),
  `client_secret_ref` text NULL,
  `mode` text NOT NULL,
  `state` text NOT NULL,
  `proposers` json NULL,
  `scopes` json NOT NULL,
  `algorithms` json NULL,
  `claims` text NOT NULL DEFAULT ('REFEDS'),
  `claim_names` json NULL,
  `acr_values` json NULL,
  `prompt_login` bool NOT NULL DEFAULT (false),
  `health` text NOT NULL DEFAULT ('UNKNOWN'),
  `health_reason` text NULL,
  `checked_at` datetime NULL,
  `proposed_by_id` text NULL,
  `approved_by_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `providers_persons_proposed_by` FOREIGN KEY (`proposed_by_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL,
  CONSTRAINT `providers_persons_approved_by` FOREIGN KEY (`approved_by_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL
);
-- Create index "providers_key_key" to table: "providers"
CREATE UNIQUE INDEX `providers_key_key` ON `providers` (`key`);
-- Create index "providers_issuer_key" to table: "providers"
CREATE UNIQUE INDEX `providers_issuer_key` ON `providers` (`issuer`);
-- Create "provider_homes" table
CREATE TABLE `provider_homes` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `domain` text NOT NULL,
  `provider_id` text NOT NULL,
  `institution_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `provider_homes_providers_provider` FOREIGN KEY (`provider_id`) REFERENCES `providers` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `provider_homes_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION
);
-- Create index "provider_homes_domain_key" to table: "provider_homes"
CREATE UNIQUE INDEX `provider_homes_domain_key` ON `provider_homes` (`domain`);
-- Create "recognition_cases" table
CREATE TABLE `recognition_cases` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `state` text NOT NULL,
  `basis` text NOT NULL,
  `live_key` text NULL,
  `ects` integer NOT NULL DEFAULT (0),
  `grade` text NULL,
  `reasons` text NULL,
  `differences` json NOT NULL,
  `submitted_at` datetime NOT NULL,
  `due_at` datetime NOT NULL,
  `decided_at` datetime NULL,
  `appeal_before` datetime NULL,
  `learner_id` text NOT NULL,
  `home_id` text NOT NULL,
  `host_id` text NOT NULL,
  `credential_id` text NOT NULL,
  `programme_id` text NULL,
  `rule_id` text NULL,
  `decided_by_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `recognition_cases_persons_learner` FOREIGN KEY (`learner_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `recognition_cases_institutions_home` FOREIGN KEY (`home_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `recognition_cases_institutions_host` FOREIGN KEY (`host_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `recognition_cases_credentials_credential` FOREIGN KEY (`credential_id`) REFERENCES `credentials` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `recognition_cases_programmes_programme` FOREIGN KEY (`programme_id`) REFERENCES `programmes` (`id`) ON DELETE SET NULL,
  CONSTRAINT `recognition_cases_recognition_rules_rule` FOREIGN KEY (`rule_id`) REFERENCES `recognition_rules` (`id`) ON DELETE SET NULL,
  CONSTRAINT `recognition_cases_persons_decided_by` FOREIGN KEY (`decided_by_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL
);
-- Create index "recognition_cases_live_key_key" to table: "recognition_cases"
CREATE UNIQUE INDEX `recognition_cases_live_key_key` ON `recognition_cases` (`live_key`);
-- Create index "recognitioncase_updated_at_id" to table: "recognition_cases"
CREATE INDEX `recognitioncase_updated_at_id` ON `recognition_cases` (`updated_at`, `id`);
-- Create index "recognitioncase_learner_id_id" to table: "recognition_cases"
CREATE INDEX `recognitioncase_learner_id_id` ON `recognition_cases` (`learner_id`, `id`);
-- Create index "recognitioncase_home_id_state_id" to table: "recognition_cases"
CREATE INDEX `recognitioncase_home_id_state_id` ON `recognition_cases` (`home_id`, `state`, `id`);
-- Create index "recognitioncase_credential_id_id" to table: "recognition_cases"
CREATE INDEX `recognitioncase_credential_id_id` ON `recognition_cases` (`credential_id`, `id`);
-- Create "recognition_rules" table
CREATE TABLE `recognition_rules` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `state` text NOT NULL,
  `proposed_by_side` text NOT NULL,
  `ects` integer NOT NULL,
  `grade_transfer` text NOT NULL,
  `valid_from` text NOT NULL,
  `valid_until` text NULL,
  `answered_at` datetime NULL,
  `terminated_at` datetime NULL,
  `home_id` text NOT NULL,
  `host_id` text NOT NULL,
  `course_id` text NOT NULL,
  `programme_id` text NULL,
  `module_id` text NULL,
  `proposed_by_id` text NOT NULL,
  `answered_by_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `recognition_rules_institutions_home` FOREIGN KEY (`home_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `recognition_rules_institutions_host` FOREIGN KEY (`host_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `recognition_rules_courses_course` FOREIGN KEY (`course_id`) REFERENCES `courses` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `recognition_rules_programmes_programme` FOREIGN KEY (`programme_id`) REFERENCES `programmes` (`id`) ON DELETE SET NULL,
  CONSTRAINT `recognition_rules_home_modules_module` FOREIGN KEY (`module_id`) REFERENCES `home_modules` (`id`) ON DELETE SET NULL,
  CONSTRAINT `recognition_rules_persons_proposed_by` FOREIGN KEY (`proposed_by_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `recognition_rules_persons_answered_by` FOREIGN KEY (`answered_by_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL
);
-- Create index "recognitionrule_updated_at_id" to table: "recognition_rules"
CREATE INDEX `recognitionrule_updated_at_id` ON `recognition_rules` (`updated_at`, `id`);
-- Create index "recognitionrule_course_id_home_id_state" to table: "recognition_rules"
CREATE INDEX `recognitionrule_course_id_home_id_state` ON `recognition_rules` (`course_id`, `home_id`, `state`);
-- Create index "recognitionrule_home_id_state_id" to table: "recognition_rules"
CREATE INDEX `recognitionrule_home_id_state_id` ON `recognition_rules` (`home_id`, `state`, `id`);
-- Create index "recognitionrule_host_id_state_id" to table: "recognition_rules"
CREATE INDEX `recognitionrule_host_id_state_id` ON `recognition_rules` (`host_id`, `state`, `id`);
-- Create "results" table
CREATE TABLE `results` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `attempt` integer NOT NULL,
  `version` integer NOT NULL DEFAULT (1),
  `state` text NOT NULL,
  `outcome` text NOT NULL,
  `grade` text NULL,
  `scale` text NOT NULL,
  `second_grade` text NULL,
  `second_scale` text NULL,
  `ects` integer NOT NULL,
  `achieved_on` text NOT NULL,
  `recorded_at` datetime NOT NULL,
  `confirmed_at` datetime NULL,
  `corrected_at` datetime NULL,
  `annulled_at` datetime NULL,
  `enrolment_id` text NOT NULL,
  `learner_id` text NOT NULL,
  `home_id` text NOT NULL,
  `host_id` text NOT NULL,
  `recorded_by_id` text NULL,
  `recorded_by_client_id` text NULL,
  `confirmed_by_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `results_enrolments_enrolment` FOREIGN KEY (`enrolment_id`) REFERENCES `enrolments` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `results_persons_learner` FOREIGN KEY (`learner_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `results_institutions_home` FOREIGN KEY (`home_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `results_institutions_host` FOREIGN KEY (`host_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `results_persons_recorded_by` FOREIGN KEY (`recorded_by_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL,
  CONSTRAINT `results_api_clients_recorded_by_client` FOREIGN KEY (`recorded_by_client_id`) REFERENCES `api_clients` (`id`) ON DELETE SET NULL,
  CONSTRAINT `results_persons_confirmed_by` FOREIGN KEY (`confirmed_by_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL
);
-- Create index "result_updated_at_id" to table: "results"
CREATE INDEX `result_updated_at_id` ON `results` (`updated_at`, `id`);
-- Create index "result_enrolment_id_attempt" to table: "results"
CREATE UNIQUE INDEX `result_enrolment_id_attempt` ON `results` (`enrolment_id`, `attempt`);
-- Create index "result_learner_id_id" to table: "results"
CREATE INDEX `result_learner_id_id` ON `results` (`learner_id`, `id`);
-- Create "result_steps" table
CREATE TABLE `result_steps` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `number` integer NOT NULL,
  `verb` text NOT NULL,
  `state` text NOT NULL,
  `achieved` json NOT NULL,
  `reason` text NULL,
  `at` datetime NOT NULL,
  `result_id` text NOT NULL,
  `learner_id` text NOT NULL,
  `person_id` text NULL,
  `client_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `result_steps_results_result` FOREIGN KEY (`result_id`) REFERENCES `results` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `result_steps_persons_learner` FOREIGN KEY (`learner_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `result_steps_persons_person` FOREIGN KEY (`person_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL,
  CONSTRAINT `result_steps_api_clients_client` FOREIGN KEY (`client_id`) REFERENCES `api_clients` (`id`) ON DELETE SET NULL
);
-- Create index "resultstep_result_id_number" to table: "result_steps"
CREATE UNIQUE INDEX `resultstep_result_id_number` ON `result_steps` (`result_id`, `number`);
-- Create index "resultstep_learner_id" to table: "result_steps"
CREATE INDEX `resultstep_learner_id` ON `result_steps` (`learner_id`);
-- Create "role_grants" table
CREATE TABLE `role_grants` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `role` text NOT NULL,
  `valid_from` datetime NOT NULL,
  `valid_until` datetime NULL,
  `ended` bool NOT NULL DEFAULT (false),
  `end_reason` text NOT NULL DEFAULT (''),
  `person_id` text NOT NULL,
  `institution_id` text NULL,
  `unit_id` text NULL,
  `alliance_id` text NULL,
  `granted_by_id` text NULL,
  `rule_id` text NULL,
  `ended_by_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `role_grants_persons_person` FOREIGN KEY (`person_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `role_grants_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE SET NULL,
  CONSTRAINT `role_grants_units_unit` FOREIGN KEY (`unit_id`) REFERENCES `units` (`id`) ON DELETE SET NULL,
  CONSTRAINT `role_grants_alliances_alliance` FOREIGN KEY (`alliance_id`) REFERENCES `alliances` (`id`) ON DELETE SET NULL,
  CONSTRAINT `role_grants_persons_granted_by` FOREIGN KEY (`granted_by_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL,
  CONSTRAINT `role_grants_role_rules_rule` FOREIGN KEY (`rule_id`) REFERENCES `role_rules` (`id`) ON DELETE SET NULL,
  CONSTRAINT `role_grants_persons_ended_by` FOREIGN KEY (`ended_by_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL
);
-- Create index "rolegrant_person_id" to table: "role_grants"
CREATE INDEX `rolegrant_person_id` ON `role_grants` (`person_id`);
-- Create index "rolegrant_institution_id" to table: "role_grants"
CREATE INDEX `rolegrant_institution_id` ON `role_grants` (`institution_id`);
-- Create index "rolegrant_alliance_id" to table: "role_grants"
CREATE INDEX `rolegrant_alliance_id` ON `role_grants` (`alliance_id`);
-- Create index "rolegrant_rule_id" to table: "role_grants"
CREATE INDEX `rolegrant_rule_id` ON `role_grants` (`rule_id`);
-- Create "role_rules" table
CREATE TABLE `role_rules` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `attribute` text NOT NULL,
  `value` text NOT NULL,
  `role` text NOT NULL,
  `months` integer NOT NULL,
  `ended_at` datetime NULL,
  `institution_id` text NOT NULL,
  `unit_id` text NULL,
  `created_by_id` text NULL,
  `ended_by_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `role_rules_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `role_rules_units_unit` FOREIGN KEY (`unit_id`) REFERENCES `units` (`id`) ON DELETE SET NULL,
  CONSTRAINT `role_rules_persons_created_by` FOREIGN KEY (`created_by_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL,
  CONSTRAINT `role_rules_persons_ended_by` FOREIGN KEY (`ended_by_id`) REFERENCES `persons` (`id`) ON DELETE SET NULL
);
-- Create index "rolerule_institution_id" to table: "role_rules"
CREATE INDEX `rolerule_institution_id` ON `role_rules` (`institution_id`);
-- Create "seat_quota" table
CREATE TABLE `seat_quota` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `seats` integer NOT NULL,
  `seats_taken` integer NOT NULL DEFAULT (0),
  `reserved_until` datetime NULL,
  `kept` integer NOT NULL DEFAULT (0),
  `offering_id` text NOT NULL,
  `home_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `seat_quota_offerings_offering` FOREIGN KEY (`offering_id`) REFERENCES `offerings` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `seat_quota_institutions_home` FOREIGN KEY (`home_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION
);
-- Create index "seatquota_offering_id_home_id" to table: "seat_quota"
CREATE UNIQUE INDEX `seatquota_offering_id_home_id` ON `seat_quota` (`offering_id`, `home_id`);
-- Create index "seatquota_reserved_until" to table: "seat_quota"
CREATE INDEX `seatquota_reserved_until` ON `seat_quota` (`reserved_until`);
-- Create "server_keys" table
CREATE TABLE `server_keys` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `purpose` text NOT NULL,
  `kid` text NOT NULL,
  `public_jwk` text NOT NULL,
  `sealed` text NOT NULL,
  `live_key` text NULL,
  `active_from` datetime NOT NULL,
  `retired_at` datetime NULL,
  PRIMARY KEY (`id`)
);
-- Create index "server_keys_kid_key" to table: "server_keys"
CREATE UNIQUE INDEX `server_keys_kid_key` ON `server_keys` (`kid`);
-- Create index "server_keys_live_key_key" to table: "server_keys"
CREATE UNIQUE INDEX `server_keys_live_key_key` ON `server_keys` (`live_key`);
-- Create "sessions" table
CREATE TABLE `sessions` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `kind` text NOT NULL,
  `digest` text NOT NULL,
  `sid` text NULL,
  `acr` text NULL,
  `amr` json NULL,
  `id_token` text NULL,
  `authenticated_at` datetime NULL,
  `name` text NULL,
  `seen_at` datetime NOT NULL,
  `expires_at` datetime NOT NULL,
  `ended_at` datetime NULL,
  `person_id` text NOT NULL,
  `identity_id` text NOT NULL,
  `parent_id` text NULL,
  `portal_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `sessions_persons_person` FOREIGN KEY (`person_id`) REFERENCES `persons` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `sessions_identities_identity` FOREIGN KEY (`identity_id`) REFERENCES `identities` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `sessions_sessions_lent` FOREIGN KEY (`parent_id`) REFERENCES `sessions` (`id`) ON DELETE SET NULL,
  CONSTRAINT `sessions_portals_portal` FOREIGN KEY (`portal_id`) REFERENCES `portals` (`id`) ON DELETE SET NULL
);
-- Create index "sessions_digest_key" to table: "sessions"
CREATE UNIQUE INDEX `sessions_digest_key` ON `sessions` (`digest`);
-- Create index "session_expires_at" to table: "sessions"
CREATE INDEX `session_expires_at` ON `sessions` (`expires_at`);
-- Create index "session_sid" to table: "sessions"
CREATE INDEX `session_sid` ON `sessions` (`sid`);
-- Create index "session_person_id_id" to table: "sessions"
CREATE INDEX `session_person_id_id` ON `sessions` (`person_id`, `id`);
-- Create index "session_identity_id" to table: "sessions"
CREATE INDEX `session_identity_id` ON `sessions` (`identity_id`);
-- Create "sign_ins" table
CREATE TABLE `sign_ins` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `session_id` text NULL,
  `purpose` text NOT NULL DEFAULT ('SIGN_IN'),
  `state_digest` text NOT NULL,
  `browser_digest` text NOT NULL,
  `nonce` text NOT NULL,
  `verifier` text NOT NULL,
  `return_to` text NOT NULL,
  `assertion` text NULL,
  `payer_digest` text NULL,
  `expires_at` datetime NOT NULL,
  `provider_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `sign_ins_providers_provider` FOREIGN KEY (`provider_id`) REFERENCES `providers` (`id`) ON DELETE NO ACTION
);
-- Create index "sign_ins_state_digest_key" to table: "sign_ins"
CREATE UNIQUE INDEX `sign_ins_state_digest_key` ON `sign_ins` (`state_digest`);
-- Create index "signin_expires_at" to table: "sign_ins"
CREATE INDEX `signin_expires_at` ON `sign_ins` (`expires_at`);
-- Create index "signin_payer_digest_expires_at" to table: "sign_ins"
CREATE INDEX `signin_payer_digest_expires_at` ON `sign_ins` (`payer_digest`, `expires_at`);
-- Create "signing_keys" table
CREATE TABLE `signing_keys` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `kid` text NOT NULL,
  `algorithm` text NOT NULL,
  `state` text NOT NULL,
  `public_jwk` text NOT NULL,
  `sealed` text NOT NULL,
  `live_key` text NULL,
  `active_from` datetime NOT NULL,
  `retired_at` datetime NULL,
  `institution_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `signing_keys_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION
);
-- Create index "signing_keys_kid_key" to table: "signing_keys"
CREATE UNIQUE INDEX `signing_keys_kid_key` ON `signing_keys` (`kid`);
-- Create index "signing_keys_live_key_key" to table: "signing_keys"
CREATE UNIQUE INDEX `signing_keys_live_key_key` ON `signing_keys` (`live_key`);
-- Create index "signingkey_institution_id_state" to table: "signing_keys"
CREATE INDEX `signingkey_institution_id_state` ON `signing_keys` (`institution_id`, `state`);
-- Create "status_lists" table
CREATE TABLE `status_lists` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `number` integer NOT NULL,
  `size` integer NOT NULL,
  `taken` integer NOT NULL DEFAULT (0),
  `revision` integer NOT NULL DEFAULT (0),
  `changed_at` datetime NOT NULL,
  `institution_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `status_lists_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION
);
-- Create index "statuslist_institution_id_number" to table: "status_lists"
CREATE UNIQUE INDEX `statuslist_institution_id_number` ON `status_lists` (`institution_id`, `number`);
-- Create "units" table
CREATE TABLE `units` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `key` text NOT NULL,
  `kind` text NOT NULL,
  `name` json NOT NULL,
  `closed_at` datetime NULL,
  `institution_id` text NOT NULL,
  `parent_id` text NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `units_institutions_institution` FOREIGN KEY (`institution_id`) REFERENCES `institutions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `units_units_children` FOREIGN KEY (`parent_id`) REFERENCES `units` (`id`) ON DELETE SET NULL
);
-- Create index "unit_institution_id_key" to table: "units"
CREATE UNIQUE INDEX `unit_institution_id_key` ON `units` (`institution_id`, `key`);
-- Create "work_items" table
CREATE TABLE `work_items` (
  `id` text NOT NULL,
  `created_at` datetime NOT NULL,
  `kind` text NOT NULL,
  `key` text NOT NULL,
  `payload` json NOT NULL,
  `state` text NOT NULL,
  `due_at` datetime NOT NULL,
  `attempts` integer NOT NULL DEFAULT (0),
  `worker` text NOT NULL DEFAULT (''),
  `leased_until` datetime NULL,
  `done` integer NOT NULL DEFAULT (0),
  `total` integer NOT NULL DEFAULT (0),
  `error` text NOT NULL DEFAULT (''),
  PRIMARY KEY (`id`)
);
-- Create index "workitem_kind_key" to table: "work_items"
CREATE UNIQUE INDEX `workitem_kind_key` ON `work_items` (`kind`, `key`);
-- Create index "workitem_kind_state_due_at" to table: "work_items"
CREATE INDEX `workitem_kind_state_due_at` ON `work_items` (`kind`, `state`, `due_at`);
