package web

import (
	"embed"

	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/web/explorer"
)

// The documents of the examples, each called by its key.
//
//go:embed examples/*.graphql
var documents embed.FS

// Examples are the operations with which the explorer opens: the journey, in
// the order in which it happens. Each runs at once in the demo; those for
// somebody who has signed in say so. A test runs them.
var Examples = []explorer.Example{
	example("catalogue", "Catalogue", ""),
	example("sync", "Follow changes", ""),
	example("alliance", "Alliance", ""),
	example("microdegrees", "Micro-degrees", ""),
	example("plan", "Plan a micro-degree", ""),
	example("whoami", "Who am I", ""),
	example("counts", "What will it count?", ""),
	example("eligibility", "May I apply?", ""),
	example("draft", "Begin an application", `{ "offering": "" }`),
	example("drafts", "My drafts", ""),
	example("consent", "What is shared?", ""),
	example("apply", "Apply", `{ "offering": "", "consent": "`+vocab.CurrentConsent().Version+`" }`),
	example("worklist", "Work list", ""),
	example("nominate", "Nominate", `{ "application": "" }`),
	example("admit", "Admit", `{ "application": "" }`),
	example("seats", "Seats and waitlist", ""),
	example("many", "Decide about many", `{ "waiting": "" }`),
	example("accept", "Accept a seat", `{ "offer": "" }`),
	example("draws", "Seats by lot", ""),
	example("choices", "My choices", ""),
	example("policies", "Rules of admission", ""),
	example("results", "Results", ""),
	example("issue", "Issue a credential", `{ "result": "" }`),
	example("verify", "Verify a credential", `{ "token": "" }`),
	example("recognition", "My recognition", ""),
	example("disclosures", "Who has read my data?", ""),
	example("audit", "What was done?", ""),
}

func example(key, title, variables string) explorer.Example {
	document, err := documents.ReadFile("examples/" + key + ".graphql")
	if err != nil {
		panic(err) // an embedded file of ours
	}
	return explorer.Example{Key: key, Title: title, Document: string(document), Variables: variables}
}
