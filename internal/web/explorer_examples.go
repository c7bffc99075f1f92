package web

import "github.com/peregrine-exchange/peregrine/internal/web/explorer"

// Examples are the operations with which the explorer opens: the journey, in
// the order in which it happens. Each runs at once in the demo; those for
// somebody who has signed in say so. A test runs them.
var Examples = []explorer.Example{
	{Key: "catalogue", Title: "Catalogue", Document: `# Anybody: search over all partners. Capitals and accents do not matter, and each word is the beginning of one.
query Catalogue {
  catalogue(text: "data", filter: { languages: ["en"] }, orderBy: RELEVANCE, first: 10) {
    totalCount
    didYouMean
    facets(keys: [COUNTRY, EQF_LEVEL, AVAILABILITY], first: 5) { key buckets { value count } }
    pageInfo { hasNextPage endCursor }
    nodes {
      availability
      highlights { field text spans { start end } }
      nextOffering { id closesAt closesAtLocal timeZone seatsFree }
      course {
        id
        code
        institution { acronym name { text } country }
        published { title { text(languages: ["de", "en"]) } ects eqfLevel field { code label } mode }
      }
    }
  }
}
`},
	{Key: "sync", Title: "Follow changes", Document: `# A partner's system: keep changesCursor, read everything once, then ask for changes after it, again and again.
# Here: what has happened since the beginning.
query Changes {
  changesCursor
  changes(after: "chg_0", types: [COURSE, OFFERING], first: 10) {
    cursor
    hasMore
    nodes { at event type objectId state node { ... on Course { code courseState: state } ... on Offering { offeringState: state seatsFree } } }
  }
}
`},
	{Key: "alliance", Title: "Alliance", Document: `# Anybody: the members of the alliance with their identifiers.
query Alliance {
  alliance(slug: "eulist") {
    name { text }
    bounds { kind min max }
    memberships(first: 20) {
      nodes { part state institution { acronym name { text } schac erasmusCode pic ror country } }
    }
  }
}
`},
	{Key: "microdegrees", Title: "Micro-degrees", Document: `# Anybody: awards put together from courses of several partners. Signed-in learners see their progress.
query MicroDegrees {
  microDegrees(first: 2) {
    nodes {
      key
      title { text }
      ects
      institution { acronym }
      composition { groups { title { text } minEcts courses { code institution { acronym } published { title { text } ects } } } }
      viewerProgress { complete counted groups { key earned missing } }
    }
  }
}
`},
	{Key: "plan", Title: "Plan a micro-degree", Document: `# Anybody: the cheapest ways to finish each micro-degree. Signed-in learners start from what they have completed.
query Plan {
  microDegrees(first: 10) {
    nodes {
      key
      plan(first: 2) {
        complete
        missing { rule group have need unit }
        paths { ects endsOn courses { code institution { acronym } published { title { text } ects } } }
        exhaustive
      }
    }
  }
}
`},
	{Key: "whoami", Title: "Who am I", Document: `# After signing in: who you are and what you may do.
query WhoAmI {
  viewer {
    kind
    person { displayName affiliations { kind institution { acronym } programme { title { text } } expiresAt } }
    roles { role institution { acronym } }
    permissions { institution { acronym } rights }
  }
}
`},
	{Key: "counts", Title: "What will it count?", Document: `# A signed-in learner: what open offerings will count at home, before applying.
query WhatWillItCount {
  offerings(first: 20, filter: { openNow: true }) {
    nodes {
      id
      course { code published { title { text } ects } }
      institution { acronym }
      closesAtLocal
      timeZone
      seatsFree
      recognition { verdict ects rule { id programme { code } gradeTransfer validUntil } }
      viewerActions { name allowed reason }
    }
  }
}
`},
	{Key: "apply", Title: "Apply", Document: `# A signed-in learner: apply. Paste the id of an offering from "What will it count?" below.
mutation Apply($offering: ID!) {
  submitApplication(input: { offeringId: $offering, motivation: "I would like to learn this." }) {
    application { id state commitment { verdict ects } home { acronym } host { acronym } viewerActions { name allowed } }
    errors { code message field ... on DeadlineError { opensAt closesAt timeZone } ... on CapacityError { seats } }
  }
}
`, Variables: `{ "offering": "" }`},
	{Key: "worklist", Title: "Work list", Document: `# A signed-in mobility officer: what waits at home and as host.
query WorkList {
  applications(first: 20, filter: { states: [SUBMITTED, NOMINATED] }) {
    nodes {
      id
      state
      learner { displayName }
      home { acronym }
      host { acronym }
      offering { course { code published { title { text } } } seatsFree }
      commitment { verdict ects }
      viewerActions { name allowed reason }
    }
  }
}
`},
	{Key: "nominate", Title: "Nominate", Document: `# The home's mobility officer: nominate. Paste the id of an application from the work list.
mutation Nominate($application: ID!) {
  nominateApplication(input: { applicationId: $application }) {
    application { id state nominatedAt }
    errors { code message field ... on StateError { from to } ... on PermissionError { right } }
  }
}
`, Variables: `{ "application": "" }`},
	{Key: "admit", Title: "Admit", Document: `# The host's mobility officer: give a seat.
mutation Admit($application: ID!) {
  admitApplication(input: { applicationId: $application }) {
    application { id state enrolment { id state } offering { seats seatsFree } }
    errors { code message ... on StateError { from to } ... on CapacityError { seats } }
  }
}
`, Variables: `{ "application": "" }`},
	{Key: "results", Title: "Results", Document: `# The host's staff: enrolments with their results.
query Results {
  enrolments(first: 20) {
    nodes {
      id
      state
      learner { displayName }
      offering { course { code } }
      results { id attempt state outcome grade scale ects achievedOn credential { id verificationUrl } viewerActions { name allowed } }
      viewerActions { name allowed }
    }
  }
}
`},
	{Key: "issue", Title: "Issue a credential", Document: `# The host's registrar: issue the credential of a confirmed result.
mutation Issue($result: ID!) {
  issueCredential(input: { resultId: $result }) {
    credential { id state ects verificationUrl jwt }
    errors { code message field }
  }
}
`, Variables: `{ "result": "" }`},
	{Key: "verify", Title: "Verify a credential", Document: `# Anybody: verify a credential by the token at the end of its address.
query Verify($token: String!) {
  verifyCredential(by: { token: $token }) {
    outcome
    verifiedAt
    checks { kind result message }
    credential { holderName issuerName title ects eqfLevel outcomes issuedAt }
  }
}
`, Variables: `{ "token": "" }`},
	{Key: "recognition", Title: "My recognition", Document: `# A signed-in learner: credentials and what home counted.
query MyRecognition {
  viewer {
    credentials { nodes { id state version { title { text } } ects institution { acronym } verificationUrl viewerActions { name allowed reason } } }
    recognitionCases { nodes { id state basis ects grade reasons differences { element text remedy } decidedAt appealBefore } }
  }
}
`},
}
