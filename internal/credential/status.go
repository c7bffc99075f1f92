package credential

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"sync"
	"time"

	"entgo.io/ent/dialect/sql"
	"golang.org/x/sync/singleflight"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/statuslist"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
	bitstring "github.com/peregrine-exchange/peregrine/internal/vc/statuslist"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// A list is given up for a new one when it is half full, so that a random free
// index is found quickly and says nothing about order.
const (
	listSize  = bitstring.MinSize
	listUsed  = listSize / 2
	listTTL   = 5 * time.Minute
	listTries = 20
	listTime  = 10 * time.Second // for signing one
)

// reserve returns a place in the institution's newest status list. The list is
// none of the registrar's rows, so the system looks. Whoever reserves writes
// the list first: rivals for a place come one after the other.
func (s *Service) reserve(ctx context.Context, tx *ent.Tx, institution ident.ID) (*ent.StatusList, int, error) {
	ctx = viewer.AsSystem(ctx)
	list, err := s.roomy(ctx, tx, institution)
	if err != nil {
		return nil, 0, err
	}
	for range listTries {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(list.Size)))
		if err != nil {
			return nil, 0, err
		}
		index := int(n.Int64())
		taken, err := tx.Credential.Query().Where(credential.StatusListID(list.ID), credential.StatusIndex(index)).Exist(ctx)
		if err != nil {
			return nil, 0, err
		}
		if !taken {
			return list, index, nil
		}
	}
	return nil, 0, fmt.Errorf("credential: no free place in status list %s", list.ID)
}

// roomy returns the institution's newest list, in which a place has been
// counted, or a new one. Of two who make the next list one does, and the other
// takes it.
func (s *Service) roomy(ctx context.Context, tx *ent.Tx, institution ident.ID) (*ent.StatusList, error) {
	for range listTries {
		newest, err := tx.StatusList.Query().Where(statuslist.InstitutionID(institution)).Order(statuslist.ByNumber(sql.OrderDesc())).First(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return nil, err
		}
		number := 1
		if newest != nil {
			n, err := tx.StatusList.Update().Where(statuslist.ID(newest.ID), statuslist.TakenLT(listUsed)).AddTaken(1).Save(ctx)
			if err != nil || n == 1 {
				return newest, err
			}
			number = newest.Number + 1
		}
		made, err := tx.StatusList.Create().SetInstitutionID(institution).SetNumber(number).SetSize(listSize).SetTaken(1).
			SetChangedAt(vocab.Now(s.Now)).Save(ctx)
		if !storage.IsDuplicate(err) {
			return made, err
		}
	}
	return nil, fmt.Errorf("credential: no status list of %s has room", institution)
}

// listCache keeps each signed list until a bit changes or its time runs out.
// Each list is signed by one request at a time, on which others wait no longer
// than they can.
type listCache struct {
	mu      sync.Mutex
	lists   map[ident.ID]signedList
	signing singleflight.Group
}

type signedList struct {
	revision int
	jwt      string
	until    time.Time
}

func (c *listCache) fresh(list *ent.StatusList, now time.Time) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	have, ok := c.lists[list.ID]
	return have.jwt, ok && have.revision == list.Revision && now.Before(have.until)
}

func (c *listCache) keep(id ident.ID, l signedList) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lists == nil {
		c.lists = map[ident.ID]signedList{}
	}
	c.lists[id] = l
}

// StatusList returns a published list as VC-JWT, signed by the institution, and
// how long it may be cached. It is fresh within seconds of a revocation.
func (s *Service) StatusList(ctx context.Context, id ident.ID) (jwt string, ttl time.Duration, err error) {
	ctx = viewer.AsSystem(ctx)
	list, err := s.DB.StatusList.Get(ctx, id)
	if err != nil {
		return "", 0, err
	}
	now := s.Now()
	if jwt, ok := s.lists.fresh(list, now); ok {
		return jwt, listTTL, nil
	}
	signed := s.lists.signing.DoChan(fmt.Sprint(id, list.Revision), func() (any, error) {
		// Others wait for it too, so it does not end with who asked first.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), listTime)
		defer cancel()
		jwt, err := s.signList(ctx, list, now)
		if err == nil {
			s.lists.keep(id, signedList{revision: list.Revision, jwt: jwt, until: now.Add(listTTL)})
		}
		return jwt, err
	})
	select {
	case <-ctx.Done():
		return "", 0, ctx.Err()
	case r := <-signed:
		jwt, _ = r.Val.(string)
		return jwt, listTTL, r.Err
	}
}

func (s *Service) signList(ctx context.Context, list *ent.StatusList, now time.Time) (string, error) {
	var revoked []struct {
		Index int `json:"status_index"`
	}
	if err := s.DB.Credential.Query().Where(credential.StatusListID(list.ID), credential.StateEQ(credential.StateREVOKED)).
		Select(credential.FieldStatusIndex).Scan(ctx, &revoked); err != nil {
		return "", err
	}
	bits, err := bitstring.New(list.Size)
	if err != nil {
		return "", err
	}
	for _, r := range revoked {
		if err := bits.Set(r.Index, true); err != nil {
			return "", err
		}
	}
	payload, err := bitstring.Credential{
		ID: s.statusURL(list.ID), Issuer: s.IssuerURL(list.InstitutionID), Purposes: []string{vc.Revocation},
		List: bits, ValidFrom: now.UTC().Truncate(time.Second), TTL: listTTL,
	}.Payload()
	if err != nil {
		return "", err
	}
	stored, err := s.activeKey(ctx, list.InstitutionID)
	if err != nil {
		return "", err
	}
	return s.signWith(stored, jose.TypeVCJWT, payload)
}
