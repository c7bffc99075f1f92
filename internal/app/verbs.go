package app

import (
	"slices"

	"github.com/peregrine-exchange/peregrine/internal/agreement"
	"github.com/peregrine-exchange/peregrine/internal/authn/lend"
	"github.com/peregrine-exchange/peregrine/internal/authn/oidcrp"
	"github.com/peregrine-exchange/peregrine/internal/authn/serverkey"
	"github.com/peregrine-exchange/peregrine/internal/authn/session"
	"github.com/peregrine-exchange/peregrine/internal/authn/token"
	"github.com/peregrine-exchange/peregrine/internal/catalogue"
	"github.com/peregrine-exchange/peregrine/internal/client"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/document"
	"github.com/peregrine-exchange/peregrine/internal/exchange"
	"github.com/peregrine-exchange/peregrine/internal/grading"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/microdegree"
	"github.com/peregrine-exchange/peregrine/internal/policy"
	"github.com/peregrine-exchange/peregrine/internal/portal"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
	"github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/recognition"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/seed"
)

// books are those of all areas and doors, in the order of a learner's life.
var books = []*ledger.Book{
	&institution.Verbs, &role.Verbs, &provider.Verbs, &portal.Verbs, &client.Verbs, &catalogue.Verbs, &exchange.Verbs, &microdegree.Verbs,
	&learner.Verbs, &agreement.Verbs, &policy.Verbs, &grading.Verbs, &journey.Verbs, &document.Verbs, &credential.Verbs, &recognition.Verbs, &privacy.Verbs,
	&session.Verbs, &lend.Verbs, &token.Verbs, &serverkey.Verbs, &oidcrp.Verbs, &seed.Verbs,
}

// Verbs lists every kind of change that is kept on record.
func Verbs() []*ledger.Verb {
	var all []*ledger.Verb
	for _, b := range books {
		all = slices.Concat(all, b.Verbs())
	}
	return all
}
