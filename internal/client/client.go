// Package client owns the programs of partner universities: who they are, what
// they may ask for at most, and by which public keys they prove themselves. A
// private key never comes here, and a shared secret does not exist. A program may
// be switched off and on:
//
//	ACTIVE → DISABLED
//	DISABLED → ACTIVE
package client

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/apiclient"
	"github.com/peregrine-exchange/peregrine/ent/clientkey"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/fetch"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Bounds of what an institution registers.
const (
	maxClients = 50
	maxName    = 100
	maxAddress = 1000
	maxKeys    = 10 // of a client that are not retired
	maxEver    = 100
)

// Service keeps the programs.
type Service struct {
	DB    *ent.Client
	Now   func() time.Time
	Fetch *fetch.Client // of the keys that institutions publish

	mu        sync.Mutex
	published map[ident.ID]*published
}

// NewFetch returns the client for published keys: https at a public address,
// without redirects, 5 s and 1 MiB at most.
func NewFetch(o fetch.Options) *fetch.Client {
	o.NoRedirects, o.MaxBytes, o.Timeout, o.HeaderTimeout = true, 1<<20, fetchTime, fetchTime
	return fetch.New(o)
}

const fetchTime = 5 * time.Second

var states = lifecycle.New("program", lifecycle.Next[apiclient.State]{
	apiclient.StateACTIVE:   {apiclient.StateDISABLED},
	apiclient.StateDISABLED: {apiclient.StateACTIVE},
})

// NewKey is a public key to register.
type NewKey struct {
	JWK       string     // as JSON (RFC 7517)
	NotBefore *time.Time // nil: from now on
	NotAfter  *time.Time // nil: until it is retired
}

// Registration is a program to register.
type Registration struct {
	InstitutionID  ident.ID
	Name           string
	Scopes         []string
	JwksURL        *string
	Keys           []NewKey
	IdempotencyKey *string
}

// Register registers a program, which can ask for tokens at once. It returns
// an INVALID problem for each thing that is wrong with it.
func (s *Service) Register(ctx context.Context, n Registration) (*ent.ApiClient, error) {
	return idempotency.Write(ctx, s.DB, idempotency.Of(toRegister, n.IdempotencyKey, n), s.DB.ApiClient.Get, func(tx *ent.Tx) (*ent.ApiClient, error) {
		if err := toRegister.Require(ctx, n.InstitutionID); err != nil {
			return nil, err
		}
		name, badName := vocab.NeededLine(maxName, n.Name, "input", "name")
		scopes, badScopes := checkScopes(n.Scopes)
		found := []error{badName, badScopes, s.checkAddress(n.JwksURL)}
		if len(n.Keys) > maxKeys {
			found = append(found, tooManyKeys().At("input", "keys"))
		}
		found = append(found, problem.If(len(n.Keys) == 0 && vocab.OrZero(n.JwksURL) == "",
			problem.New(problem.Invalid, "a program proves itself by a key: give one, or the address at which its keys are published").At("input", "keys")))
		keys := make([]stored, 0, len(n.Keys))
		for _, k := range n.Keys[:min(len(n.Keys), maxKeys)] {
			key, err := s.store(k, "input", "keys")
			keys, found = append(keys, key), append(found, err)
		}
		if err := problem.Join(found...); err != nil {
			return nil, err
		}
		if err := lock(ctx, tx, n.InstitutionID); err != nil {
			return nil, err
		}
		if err := storage.IfFull(ctx, tx.ApiClient.Query().Where(apiclient.InstitutionID(n.InstitutionID)), maxClients,
			problem.New(problem.Conflict, "the institution has %d programs already", maxClients)); err != nil {
			return nil, err
		}
		create := tx.ApiClient.Create().SetInstitutionID(n.InstitutionID).SetName(name).SetScopes(scopes).SetState(apiclient.StateACTIVE)
		if address := vocab.OrZero(n.JwksURL); address != "" {
			create.SetJwksURL(address)
		}
		made, err := create.Save(ctx)
		if err := storage.IfTaken(err, sameName(name)); err != nil {
			return nil, err
		}
		for _, k := range keys {
			if err := k.save(ctx, tx, made.ID, "input", "keys"); err != nil {
				return nil, err
			}
		}
		return made, ledger.Note(ctx, tx, toRegister, ofProgram(made).With("scopes", strings.Join(scopes, " ")))
	})
}

// Update changes what is given of a program.
type Update struct {
	ClientID ident.ID
	Name     *string
	Scopes   []string // nil: as they are
	JwksURL  *string  // "" takes the address away
}

// Update changes a program. Fewer scopes also narrow the tokens that it has,
// within half a minute.
func (s *Service) Update(ctx context.Context, u Update) (*ent.ApiClient, error) {
	found := []error{s.checkAddress(u.JwksURL)}
	change := map[string]string{}
	var name string
	var scopes []string
	var err error
	if u.Name != nil {
		name, err = vocab.NeededLine(maxName, *u.Name, "input", "name")
		found = append(found, err)
	}
	if u.Scopes != nil {
		scopes, err = checkScopes(u.Scopes)
		found = append(found, err)
		change["scopes"] = strings.Join(scopes, " ")
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.ApiClient, error) {
		c, err := s.hold(ctx, tx, u.ClientID, toUpdate)
		if err != nil {
			return nil, err
		}
		if err := problem.Join(found...); err != nil {
			return nil, err
		}
		// What is not given is not written: somebody else may just have changed it.
		update := tx.ApiClient.UpdateOneID(c.ID)
		if u.Scopes != nil {
			update.SetScopes(scopes)
		}
		if u.Name != nil {
			update.SetName(name)
		}
		if u.JwksURL != nil {
			change["jwks"] = "changed"
			if update.SetJwksURL(*u.JwksURL); *u.JwksURL == "" {
				update.ClearJwksURL()
			}
		}
		changed, err := update.Save(ctx)
		if err := storage.IfTaken(err, sameName(name)); err != nil {
			return nil, err
		}
		noted := ofProgram(changed)
		noted.Details = change
		return changed, ledger.Note(ctx, tx, toUpdate, noted)
	})
}

// AnotherKey is a key for a program that is registered already.
type AnotherKey struct {
	ClientID       ident.ID
	Key            NewKey
	IdempotencyKey *string
}

// AddKey registers one more key, beside those that the program has.
func (s *Service) AddKey(ctx context.Context, a AnotherKey) (*ent.ApiClient, error) {
	return idempotency.Write(ctx, s.DB, idempotency.Of(toAddKey, a.IdempotencyKey, a), s.DB.ApiClient.Get, func(tx *ent.Tx) (*ent.ApiClient, error) {
		c, err := s.hold(ctx, tx, a.ClientID, toAddKey)
		if err != nil {
			return nil, err
		}
		key, err := s.store(a.Key, "input", "key")
		if err != nil {
			return nil, err
		}
		system, keys := viewer.AsSystem(ctx), tx.ClientKey.Query().Where(clientkey.ClientID(c.ID))
		if err := storage.IfFull(system, keys.Clone().Where(clientkey.RetiredAtIsNil()), maxKeys, tooManyKeys()); err != nil {
			return nil, err
		}
		if err := storage.IfFull(system, keys, maxEver, problem.New(problem.Conflict,
			"a program has at most %d keys in its life; publish them at an address, or register another program", maxEver)); err != nil {
			return nil, err
		}
		done := key.save(ctx, tx, c.ID, "input", "key")
		return ledger.Noted(ctx, tx, done, toAddKey, ofProgram(c).With("kid", key.kid), tx.ApiClient.Get)
	})
}

// RetireKey ends the use of a key, also of the tokens that were got with it,
// within half a minute. It cannot be undone.
func (s *Service) RetireKey(ctx context.Context, client, key ident.ID) (*ent.ApiClient, error) {
	system := viewer.AsSystem(ctx)
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.ApiClient, error) {
		c, err := s.hold(ctx, tx, client, toRetireKey)
		if err != nil {
			return nil, err
		}
		k, err := tx.ClientKey.Query().Where(clientkey.ID(key), clientkey.ClientID(c.ID)).Only(system)
		if err != nil {
			return nil, storage.Found(err, "key", "input", "keyId")
		}
		retire := tx.ClientKey.Update().Where(clientkey.ID(k.ID), clientkey.RetiredAtIsNil()).SetRetiredAt(vocab.Now(s.Now))
		done := storage.IfUnchanged(system, retire,
			problem.New(problem.Conflict, "the key %s is retired already", k.ID).At("input", "keyId"))
		return ledger.Noted(ctx, tx, done, toRetireKey, ofProgram(c).With("kid", k.Kid), tx.ApiClient.Get)
	})
}

// Disable ends the use of a program and of its tokens, within half a minute.
//
// Its published keys are forgotten: when it is enabled again, those count that it
// publishes then.
func (s *Service) Disable(ctx context.Context, id ident.ID) (*ent.ApiClient, error) {
	defer s.forget(id)
	return s.move(ctx, id, apiclient.StateDISABLED, toDisable)
}

// Enable lets a program be used again.
func (s *Service) Enable(ctx context.Context, id ident.ID) (*ent.ApiClient, error) {
	return s.move(ctx, id, apiclient.StateACTIVE, toEnable)
}

func (s *Service) move(ctx context.Context, id ident.ID, to apiclient.State, verb *ledger.Verb) (*ent.ApiClient, error) {
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.ApiClient, error) {
		c, err := s.hold(ctx, tx, id, verb)
		if err != nil {
			return nil, err
		}
		done := storage.Move(ctx, states, id, c.State, to, tx.ApiClient.Update())
		return ledger.Noted(ctx, tx, done, verb, ofProgram(c), tx.ApiClient.Get)
	})
}

// Actions says what the viewer may do with a program now.
func Actions(ctx context.Context, c *ent.ApiClient) []authz.Action {
	may := toUpdate.Require(ctx, c.InstitutionID)
	return []authz.Action{toUpdate.Act(may), toAddKey.Act(may), toRetireKey.Act(may),
		toDisable.Act(may, states.Check(c.State, apiclient.StateDISABLED)), toEnable.Act(may, states.Check(c.State, apiclient.StateACTIVE))}
}

// hold returns a program that the viewer may administer, for a change. Changes
// of an institution's programs come one after the other: its row is written
// before the program is read again.
func (s *Service) hold(ctx context.Context, tx *ent.Tx, id ident.ID, verb *ledger.Verb) (*ent.ApiClient, error) {
	c, err := tx.ApiClient.Get(ctx, id)
	if err != nil {
		return nil, storage.Found(err, "program", "input", "clientId")
	}
	if err := verb.Require(ctx, c.InstitutionID); err != nil {
		return nil, err
	}
	if err := lock(ctx, tx, c.InstitutionID); err != nil {
		return nil, err
	}
	return tx.ApiClient.Get(ctx, id)
}

// lock holds the institution, whose programs are counted together.
func lock(ctx context.Context, tx *ent.Tx, id ident.ID) error {
	return storage.Hold(viewer.AsSystem(ctx), tx.Institution.Update().Where(institution.ID(id)))
}

// ofProgram is the program for the record.
func ofProgram(c *ent.ApiClient) ledger.Thing {
	return ledger.Thing{ID: c.ID, Host: c.InstitutionID}
}

// checkScopes returns the scopes in order, each once.
func checkScopes(all []string) ([]string, error) {
	if len(all) == 0 {
		return nil, problem.New(problem.Invalid, "a program needs at least one scope").At("input", "scopes")
	}
	for _, one := range all {
		if !authz.IsScope(one) {
			return nil, problem.New(problem.Invalid, "%q is no scope that a program may have", vocab.Clean(40, one)).At("input", "scopes")
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(all))), nil
}

// checkAddress wants https, because whoever could change the keys on the way
// would be the program, and a host that may be public: no other is ever asked.
func (s *Service) checkAddress(address *string) error {
	given := vocab.OrZero(address)
	switch {
	case given == "":
		return nil
	case vocab.CheckURL(given) != nil || !strings.HasPrefix(given, "https://") || len(given) > maxAddress:
		return problem.New(problem.Invalid, "the address of published keys begins with https:// and has at most %d characters", maxAddress).At("input", "jwksUrl")
	}
	return s.Fetch.CheckEntered(given, "input", "jwksUrl")
}

func sameName(name string) *problem.Error {
	return problem.New(problem.Conflict, "the institution has a program with the name %q already", name).At("input", "name")
}

func tooManyKeys() *problem.Error {
	return problem.New(problem.Conflict, "a program has at most %d keys at a time; retire one first", maxKeys)
}

// InstitutionActions are what the viewer may do about the programs of an
// institution.
func InstitutionActions(ctx context.Context, institution ident.ID) []authz.Action {
	return []authz.Action{toRegister.Act(toRegister.Require(ctx, institution))}
}
