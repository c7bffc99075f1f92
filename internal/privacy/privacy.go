// Package privacy owns what people can know and decide about their own data: who
// may read which part of it (sight.go), who has read it (log.go), a copy of all
// of it (export.go), its erasure with what the law keeps (erase.go), and how long
// each class of it is kept (retention.go).
//
// An erasure is led through these states:
//
//	WAITING → RUNNING, CANCELLED
//	RUNNING → DONE, REFUSED
//	DONE (final)
//	CANCELLED (final)
//	REFUSED (final)
//
// While it waits the person may take it back. When it runs the person leaves what
// they take part in, by the same verbs as by hand; then their name, address,
// accounts, sessions and affiliations go, and nothing but an identifier is left;
// then, table by table, what the inventory says. Each step may be done again, so a
// server that is killed leaves nothing half done. Who signs in with the same
// account later is a new person.
//
// Which columns hold data of a person stands in one list (inventory.go), from
// which export and erasure both work.
//
// Threat: staff who look up people that are none of their business, and programs
// that collect. So there is one way to the profile of somebody else, it goes by
// the table of package authz, and whatever it shows is noted for the person.
package privacy

import (
	"database/sql"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/internal/journey"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/recognition"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service reads personal data on behalf of viewers, notes that, and exports and
// erases it.
type Service struct {
	DB      *ent.Client
	SQL     *sql.DB // of the same database, for what the inventory names
	Now     func() time.Time
	Wait    time.Duration // from the wish to be forgotten to its beginning
	Periods vocab.Periods

	Journeys     *journey.Service // by which somebody leaves before they are erased
	Roles        *role.Service
	Recognitions *recognition.Service

	log log
}

// words are a text in each language of the pages.
func words(key string) vocab.Text {
	all := vocab.Text{}
	for _, tag := range lang.Languages {
		all[tag.String()] = lang.Say(tag, key)
	}
	return all
}
