package credential

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"sync"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/statuslist"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
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
)

// reserve returns a place in the institution's newest status list. The list is
// none of the registrar's rows, so the system looks.
func (s *Service) reserve(ctx context.Context, tx *ent.Tx, institution ident.ID) (*ent.StatusList, int, error) {
	ctx = viewer.AsSystem(ctx)
	list, err := tx.StatusList.Query().Where(statuslist.InstitutionID(institution)).
		Order(statuslist.ByNumber(sql.OrderDesc())).First(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, 0, err
	}
	if list == nil || list.Taken >= listUsed {
		number := 1
		if list != nil {
			number = list.Number + 1
		}
		list, err = tx.StatusList.Create().SetInstitutionID(institution).SetNumber(number).SetSize(listSize).
			SetChangedAt(vocab.Now(s.Now)).Save(ctx)
		if storage.IsDuplicate(err) {
			return nil, 0, problem.Raced("institution", institution)
		}
		if err != nil {
			return nil, 0, err
		}
	}
	if err := tx.StatusList.UpdateOneID(list.ID).AddTaken(1).Exec(ctx); err != nil {
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

// listCache keeps each signed list until a bit changes or its time runs out.
type listCache struct {
	mu    sync.Mutex
	lists map[ident.ID]signedList
}

type signedList struct {
	revision int
	jwt      string
	until    time.Time
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
	s.lists.mu.Lock()
	defer s.lists.mu.Unlock()
	if have, ok := s.lists.lists[id]; ok && have.revision == list.Revision && now.Before(have.until) {
		return have.jwt, listTTL, nil
	}
	if jwt, err = s.signList(ctx, list, now); err != nil {
		return "", 0, err
	}
	if s.lists.lists == nil {
		s.lists.lists = map[ident.ID]signedList{}
	}
	s.lists.lists[id] = signedList{revision: list.Revision, jwt: jwt, until: now.Add(listTTL)}
	return jwt, listTTL, nil
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
