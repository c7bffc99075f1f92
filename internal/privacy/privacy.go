// Package privacy owns what people can know and decide about their own data: who
// may read which part of it (sight.go), and who has read it (log.go).
//
// Threat: staff who look up people that are none of their business, and programs
// that collect. So there is one way to the profile of somebody else, it goes by
// the table of package authz, and whatever it shows is noted for the person.
package privacy

import (
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
)

// Service reads personal data on behalf of viewers, and notes that.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
	log log
}
