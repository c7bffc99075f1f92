package portal

import (
	"context"
	"sync"
	"time"

	row "github.com/peregrine-exchange/peregrine/ent/portal"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// fresh is how long a server believes its copy of the origins, and so how long
// an origin that another server has ended may still be let in. Tokens end at
// once.
const fresh = 15 * time.Second

// origins is a copy of the registered origins, because every call from another
// origin asks for them.
type origins struct {
	sync.Mutex
	all  map[string]bool
	read time.Time
}

// forget makes the next question read anew.
func (o *origins) forget() {
	o.Lock()
	defer o.Unlock()
	o.all = nil
}

// Knows says whether a portal is registered at the origin. The answer is at
// most 15 seconds old. While the database is away nothing is known.
func (s *Service) Knows(ctx context.Context, origin string) (bool, error) {
	o := &s.origins
	o.Lock()
	defer o.Unlock()
	if now := s.Now(); o.all == nil || now.Sub(o.read) >= fresh || now.Before(o.read) {
		found, err := s.DB.Portal.Query().Where(row.HeldOriginNotNil()).Select(row.FieldHeldOrigin).Strings(viewer.AsSystem(ctx))
		if err != nil {
			return false, err
		}
		o.all, o.read = make(map[string]bool, len(found)), now
		for _, origin := range found {
			o.all[origin] = true
		}
	}
	return o.all[origin], nil
}
