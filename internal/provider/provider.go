// Package provider is the registry of identity providers: who may speak for
// which home organisations, and how this server talks to each of them.
//
// Threat: a provider makes people. Whoever registers one could sign in as
// anybody of its domains, so
//
//   - a domain has exactly one provider, and belongs to the institution for
//     which it is registered and to no other;
//   - what one person has proposed, or has changed in a way that matters, a
//     second person puts in force, an administrator of the alliances to which
//     the institutions belong; until then nobody signs in through it;
//   - the secret of a client is only ever named, and only by names that mark it
//     as a provider's, so that a proposal cannot have another secret of this
//     server sent to a stranger.
//
// A provider is led through these states:
//
//	PROPOSED → ACTIVE
//	ACTIVE → DISABLED, PROPOSED
//	DISABLED → ACTIVE, PROPOSED
//
// The issuer, the client authentication, the name of the secret, the mode, the
// algorithms, the reading of claims and of levels of authentication, and a
// further home domain decide who may be asserted and who learns a secret.
// Changing one of them leads back to PROPOSED, whoever changes it, and makes
// them a proposer: since the last approval there may be several. The client id,
// the scopes and how a fresh proof is asked for can only break sign-in, and a home that is taken away only
// narrows it: these hold at once. So does another secret under the same name. A
// proposal that is not wanted is rejected, which removes it and frees its key,
// issuer and domains.
//
// The operator of the server registers without a second person, on the command
// line.
package provider

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/ent/signin"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service changes the registry.
type Service struct {
	DB        *ent.Client
	Now       func() time.Time
	BaseURL   string   // of this server, in the addresses of sign-in
	AllowHTTP []string // host:port of issuers on this machine that may be plain http
	Checker   Checker  // asks providers whether they work; nil where nobody checks
}

var states = lifecycle.New("provider", lifecycle.Next[provider.State]{
	provider.StatePROPOSED: {provider.StateACTIVE},
	provider.StateACTIVE:   {provider.StateDISABLED, provider.StatePROPOSED},
	provider.StateDISABLED: {provider.StateACTIVE, provider.StatePROPOSED},
})

// Home is a home organisation and the institution that it is.
type Home struct {
	Domain        string   `json:"domain"`
	InstitutionID ident.ID `json:"institutionId"`
}

// Proposal is a provider that somebody would like to be registered.
type Proposal struct {
	Key                  string // in the addresses of sign-in; never changes
	Issuer               string
	ClientID             string
	ClientAuthentication provider.ClientAuthentication // empty: SECRET
	ClientSecretRef      *string                       // env:NAME or file:PATH, with SECRET only
	Mode                 provider.Mode
	Scopes               []string
	Algorithms           []string        // none: all that are accepted here
	Claims               provider.Claims // empty: REFEDS
	ClaimNames           []ClaimName
	ACRValues            []ACRValue
	PromptLogin          bool // it takes prompt=login to have somebody prove themselves anew
	Homes                []Home
	IdempotencyKey       *string
}

// Propose registers a provider that a second person has to approve. The
// administrators of the alliances may, and those of all its institutions. It
// returns an INVALID problem for each broken value, and a CONFLICT problem where
// the key, the issuer or a domain is taken.
func (s *Service) Propose(ctx context.Context, p Proposal) (*ent.Provider, error) {
	if len(p.Homes) == 0 {
		_, err := authz.SignedIn(ctx)
		return nil, cmp.Or[error](err, errNoHome.At("input", "homes"))
	}
	return idempotency.Write(ctx, s.DB, idempotency.Of(toPropose, p.IdempotencyKey, p), s.DB.Provider.Get, func(tx *ent.Tx) (*ent.Provider, error) {
		if err := cmp.Or(s.byEither(ctx, tx.Client(), toPropose, p.institutions()), s.check(p, fromAPI, "input")); err != nil {
			return nil, err
		}
		return s.create(ctx, tx, p, provider.StatePROPOSED, toPropose)
	})
}

// Register registers a provider that is in force at once. Only the system may:
// an operator, who has the secrets of this server anyway.
func (s *Service) Register(ctx context.Context, p Proposal) (*ent.Provider, error) {
	if err := cmp.Or(authz.RequireSystem(ctx), problem.If(len(p.Homes) == 0, errNoHome.At("homes")), s.check(p, fromOperator)); err != nil {
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Provider, error) {
		return s.create(ctx, tx, p, provider.StateACTIVE, toRegister)
	})
}

var (
	errNoHome = problem.New(problem.Invalid, "a provider speaks for at least one home organisation")
	errTaken  = problem.New(problem.Conflict, "the issuer, the key or a domain belongs to another provider already")
)

func (s *Service) create(ctx context.Context, tx *ent.Tx, p Proposal, state provider.State, verb *ledger.Verb) (*ent.Provider, error) {
	at := []string{}
	if state == provider.StatePROPOSED {
		at = []string{"input"}
	}
	system := viewer.AsSystem(ctx) // what is taken need not be visible
	for _, unique := range []struct {
		field string
		is    predicate.Provider
	}{{"key", provider.Key(p.Key)}, {"issuer", provider.Issuer(p.Issuer)}} {
		taken := errTaken.At(append(slices.Clone(at), unique.field)...)
		if err := storage.IfAny(system, tx.Provider.Query().Where(unique.is), taken); err != nil {
			return nil, err
		}
	}
	if state == provider.StatePROPOSED {
		if err := ownSecret(system, tx, "", p.secretRef()); err != nil {
			return nil, err
		}
	}
	create := tx.Provider.Create().SetKey(p.Key).SetIssuer(p.Issuer).SetClientID(p.ClientID).SetClientAuthentication(p.clientAuthentication()).
		SetNillableClientSecretRef(p.secretRef()).SetMode(p.Mode).SetState(state).SetScopes(p.Scopes).SetAlgorithms(p.Algorithms).
		SetClaims(p.claims()).SetClaimNames(claimNames(p.ClaimNames)).SetAcrValues(acrValues(p.ACRValues)).SetPromptLogin(p.PromptLogin)
	if state == provider.StatePROPOSED {
		if by := viewer.From(ctx).ByPerson(); by != nil {
			create.SetProposedByID(*by).SetProposers([]ident.ID{*by})
		}
	}
	made, err := create.Save(system)
	if err := storage.IfTaken(err, errTaken); err != nil { // by who took it at the same moment
		return nil, err
	}
	for _, h := range p.Homes {
		if err := addHome(system, tx, made.ID, h, append(slices.Clone(at), "homes")...); err != nil {
			return nil, err
		}
	}
	return made, note(ctx, tx, verb, ofProvider(made, p.institutions(), change("", state)))
}

// ownSecret returns an INVALID problem when another provider has the secret: it
// would learn it.
func ownSecret(system context.Context, tx *ent.Tx, id ident.ID, ref *string) error {
	if ref == nil {
		return nil
	}
	return storage.IfAny(system, tx.Provider.Query().Where(provider.ClientSecretRef(*ref), provider.IDNEQ(id)),
		problem.New(problem.Invalid, "this is the secret of another provider").At("input", "clientSecretRef"))
}

// Approval puts in force what a proposal says. Digest is that of the proposal
// as it was read, so that nothing else is approved than what was looked at.
type Approval struct {
	ProviderID ident.ID
	Proposal   string
}

// Approve puts a proposed provider in force. The administrators of the alliances
// may, but nobody what they proposed themselves, be it a part of it. It returns a
// CONFLICT problem when the proposal has changed since it was read.
func (s *Service) Approve(ctx context.Context, a Approval) (*ent.Provider, error) {
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Provider, error) {
		row, homes, err := holdFor(ctx, tx, a.ProviderID, s.byAlliance, toApprove)
		if err != nil {
			return nil, err
		}
		v := viewer.From(ctx)
		if err := cmp.Or(authz.OtherEyes(v, row.Proposers), expect(row, provider.StatePROPOSED, provider.StateACTIVE)); err != nil {
			return nil, err
		}
		if v.Kind != viewer.System && digest(row, homes) != a.Proposal {
			return nil, problem.Raced("provider", row.ID).At("input", "proposal")
		}
		now, err := move(viewer.AsSystem(ctx), tx, row, provider.StateACTIVE, tx.Provider.Update().SetNillableApprovedByID(v.ByPerson()).ClearProposers())
		if err != nil {
			return nil, err
		}
		return now, note(ctx, tx, toApprove, ofProvider(now, institutionsOf(homes), change(provider.StatePROPOSED, now.State)))
	})
}

// Reject removes a proposal. Who may propose it may reject it too. It returns a
// CONFLICT problem for a provider that is not proposed, and for one through
// which people have signed in before.
func (s *Service) Reject(ctx context.Context, id ident.ID) (*ent.Provider, error) {
	system := viewer.AsSystem(ctx)
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Provider, error) {
		row, homes, err := holdFor(ctx, tx, id, s.byEither, toReject)
		if err != nil {
			return nil, err
		}
		if row.State != provider.StatePROPOSED {
			return nil, errNotProposed(row)
		}
		used := problem.New(problem.Conflict, "people have signed in through it; change it or leave it disabled instead").
			With(problem.Transition{From: string(row.State), To: string(rejected)})
		if err := storage.IfAny(system, tx.Identity.Query().Where(identity.ProviderID(id)), used); err != nil {
			return nil, err
		}
		if _, err := tx.SignIn.Delete().Where(signin.ProviderID(id)).Exec(system); err != nil {
			return nil, err
		}
		if _, err := tx.ProviderHome.Delete().Where(providerhome.ProviderID(id)).Exec(system); err != nil {
			return nil, err
		}
		if err := tx.Provider.DeleteOne(row).Exec(system); err != nil {
			return nil, err
		}
		return row, note(ctx, tx, toReject, ofProvider(row, institutionsOf(homes), nil))
	})
}

// rejected is no state: a proposal that comes to it is gone.
const rejected provider.State = "REJECTED"

func errNotProposed(row *ent.Provider) error { return states.Refuse(row.State, rejected) }

// Disable lets nobody sign in through the provider any more. Sessions that run
// go on. The administrators of the alliances may, and those of all its
// institutions: a provider that was broken into cannot wait.
func (s *Service) Disable(ctx context.Context, id ident.ID) (*ent.Provider, error) {
	return s.turn(ctx, id, s.byEither, provider.StateACTIVE, provider.StateDISABLED, toDisable)
}

// Enable puts a disabled provider in force again, as it was approved. Only the
// administrators of the alliances may.
func (s *Service) Enable(ctx context.Context, id ident.ID) (*ent.Provider, error) {
	return s.turn(ctx, id, s.byAlliance, provider.StateDISABLED, provider.StateACTIVE, toEnable)
}

func (s *Service) turn(ctx context.Context, id ident.ID, by side, from, to provider.State, verb *ledger.Verb) (*ent.Provider, error) {
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Provider, error) {
		row, homes, err := holdFor(ctx, tx, id, by, verb)
		if err != nil {
			return nil, err
		}
		if err := expect(row, from, to); err != nil {
			return nil, err
		}
		now, err := move(viewer.AsSystem(ctx), tx, row, to, tx.Provider.Update())
		if err != nil {
			return nil, err
		}
		return now, note(ctx, tx, verb, ofProvider(now, institutionsOf(homes), change(from, to)))
	})
}

// expect returns a CONFLICT problem unless row is in the state from, out of
// which this verb leads: what is proposed is approved, and not enabled.
func expect(row *ent.Provider, from, to provider.State) error {
	if row.State == from {
		return states.Check(from, to)
	}
	return states.Refuse(row.State, to)
}

// move takes a provider to another state, with what else the update sets.
func move(system context.Context, tx *ent.Tx, row *ent.Provider, to provider.State, update *ent.ProviderUpdate) (*ent.Provider, error) {
	if err := storage.Move(system, states, row.ID, row.State, to, update); err != nil {
		return nil, err
	}
	return tx.Provider.Get(system, row.ID)
}

func change(from, to provider.State) map[string]string {
	all := map[string]string{"to": string(to)}
	if from != "" {
		all["from"] = string(from)
	}
	return all
}

// hold returns a provider that the viewer sees, with all of its homes, for a
// change: its row is written before it is read, so that whoever changes it at the
// same moment waits, and reads what was made of it. After a change it is checked
// anew, so that is what is written.
func hold(ctx context.Context, tx *ent.Tx, id ident.ID) (*ent.Provider, []*ent.ProviderHome, error) {
	if err := tx.Provider.Update().Where(provider.ID(id)).ClearCheckedAt().Exec(viewer.AsSystem(ctx)); err != nil {
		return nil, nil, err
	}
	return load(ctx, tx.Client(), id)
}

// holdFor is hold for a viewer who needs the right to a verb at its institutions.
func holdFor(ctx context.Context, tx *ent.Tx, id ident.ID, by side, verb *ledger.Verb) (*ent.Provider, []*ent.ProviderHome, error) {
	row, homes, err := hold(ctx, tx, id)
	if err != nil {
		return nil, nil, err
	}
	return row, homes, by(ctx, tx.Client(), verb, institutionsOf(homes))
}

// load returns a provider that the viewer sees, with all of its homes.
func load(ctx context.Context, db *ent.Client, id ident.ID) (*ent.Provider, []*ent.ProviderHome, error) {
	row, err := db.Provider.Get(ctx, id)
	if err != nil {
		return nil, nil, storage.Found(err, "provider", "input", "providerId")
	}
	homes, err := db.ProviderHome.Query().Where(providerhome.ProviderID(id)).Order(providerhome.ByDomain()).All(viewer.AsSystem(ctx))
	return row, homes, err
}

// side says who may change a provider of these institutions.
type side func(ctx context.Context, db *ent.Client, verb *ledger.Verb, institutions []ident.ID) error

// byAlliance wants administrators of alliances; see institution.ByAlliance.
func (s *Service) byAlliance(ctx context.Context, db *ent.Client, verb *ledger.Verb, institutions []ident.ID) error {
	return institution.ByAlliance(ctx, db, s.Now(), verb, institutions...)
}

// byEither also lets administrators of all the institutions.
func (s *Service) byEither(ctx context.Context, db *ent.Client, verb *ledger.Verb, institutions []ident.ID) error {
	return orOwn(ctx, s.byAlliance(ctx, db, verb, institutions), verb, institutions)
}

// orOwn lets administrators of all the institutions where the alliance's are
// needed otherwise.
func orOwn(ctx context.Context, refused error, verb *ledger.Verb, institutions []ident.ID) error {
	if refused == nil || !errors.Is(refused, problem.Is(problem.Forbidden)) {
		return refused
	}
	for _, inst := range institutions {
		if err := verb.RequireOr(ctx, inst); err != nil {
			return err
		}
	}
	return nil
}

func (p Proposal) institutions() []ident.ID {
	return relay.Keys(p.Homes, func(h Home) ident.ID { return h.InstitutionID })
}

func institutionsOf(homes []*ent.ProviderHome) []ident.ID {
	return relay.Keys(homes, func(h *ent.ProviderHome) ident.ID { return h.InstitutionID })
}

// ofProvider is the provider for the record of the institutions that it speaks
// for.
func ofProvider(row *ent.Provider, institutions []ident.ID, details map[string]string) ledger.Thing {
	return ledger.Thing{ID: row.ID, At: institutions, Details: details}
}

// note notes a change, and that the institutions can, or cannot, be signed in
// with any more.
func note(ctx context.Context, tx *ent.Tx, verb *ledger.Verb, t ledger.Thing) error {
	all := []ledger.Change{{Verb: verb, Thing: t}}
	if t.Details["from"] == string(provider.StateACTIVE) || t.Details["to"] == string(provider.StateACTIVE) || t.Details["home"] != "" {
		for _, inst := range t.At {
			all = append(all, ledger.Change{Verb: toTell, Thing: ledger.Thing{ID: inst, Host: inst}})
		}
	}
	return ledger.NoteAll(ctx, tx, all...)
}

// Digests returns, for each provider that is proposed, the digest of all that
// decides who may be asserted: what is approved.
func (s *Service) Digests(ctx context.Context, rows []*ent.Provider) (map[ident.ID]string, error) {
	var ids []ident.ID
	for _, row := range rows {
		if row.State == provider.StatePROPOSED {
			ids = append(ids, row.ID)
		}
	}
	all := map[ident.ID]string{}
	if len(ids) == 0 {
		return all, nil
	}
	homes, err := s.DB.ProviderHome.Query().Where(providerhome.ProviderIDIn(ids...)).Order(providerhome.ByDomain()).All(viewer.AsSystem(ctx))
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.State == provider.StatePROPOSED {
			own := slices.DeleteFunc(slices.Clone(homes), func(h *ent.ProviderHome) bool { return h.ProviderID != row.ID })
			all[row.ID] = digest(row, own)
		}
	}
	return all, nil
}

// digest is the SHA-256 of what is approved, in hexadecimal. homes are sorted by
// their domains.
func digest(row *ent.Provider, homes []*ent.ProviderHome) string {
	said := []any{row.Key, row.Issuer, row.ClientID, row.ClientAuthentication, vocab.OrZero(row.ClientSecretRef), row.Mode,
		strings.Join(row.Algorithms, " "), row.Claims, nonNil(row.ClaimNames), nonNil(row.AcrValues)}
	for _, h := range homes {
		said = append(said, Home{h.Domain, h.InstitutionID})
	}
	b, err := json.Marshal(said)
	if err != nil {
		panic(err) // texts always become JSON
	}
	return storage.Digest(string(b))
}

func nonNil(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
