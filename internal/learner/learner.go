// Package learner holds the people who sign in: who they are, as their home
// institution says, and to which institutions they belong.
//
// Somebody is the pair of issuer and subject, byte for byte. Nothing else ever
// joins accounts: not an e-mail address, not a name, not a student identifier.
package learner

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/affiliation"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/ent/profile"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service knows people.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
}

// Assertion is what an identity provider says about somebody who signs in. The
// relying party has checked that it may: the institution is one of its homes,
// and the affiliations are with that institution.
type Assertion struct {
	ProviderID    ident.ID
	Issuer        string
	Subject       string
	GivenName     string
	FamilyName    string
	Email         string
	ESI           string
	Language      string
	InstitutionID ident.ID
	Affiliations  []string // eduPerson values, such as "student"; what home asserts and nothing else
	Dropped       int      // how many affiliations it asserted and may not
	Assurance     []string // known values of the REFEDS Assurance Framework
	Entitlements  []string // eduPersonEntitlement, at most 200 of at most 255 bytes; they give no right by themselves
}

// affiliationMonths is how long an affiliation holds unless asserted again.
const affiliationMonths = 13

// Longest texts that a provider's claims may have; more is cut.
const (
	maxName  = 100
	maxEmail = 254
	maxESI   = 255
)

// SignIn notes that somebody has signed in: it makes the person at the first
// time, and refreshes what home says of them every time.
func (s *Service) SignIn(ctx context.Context, a Assertion) (*ent.Identity, error) {
	ctx = viewer.AsSystem(ctx)
	if a.Issuer == "" || a.Subject == "" || len(a.Subject) > 255 {
		return nil, problem.New(problem.Invalid, "the provider names no subject of 1 to 255 bytes")
	}
	id, err := s.signIn(ctx, a)
	if storage.IsDuplicate(err) { // the same account has just signed in for the first time elsewhere
		return s.signIn(ctx, a)
	}
	return id, err
}

func (s *Service) signIn(ctx context.Context, a Assertion) (*ent.Identity, error) {
	now := vocab.Now(s.Now)
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Identity, error) {
		id, err := identify(ctx, tx, a, now)
		if err != nil {
			return nil, err
		}
		first, err := speaksFor(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if first {
			if err := refreshProfile(ctx, tx, id.PersonID, a); err != nil {
				return nil, err
			}
		}
		left, err := refreshAffiliations(ctx, tx, id, a, now)
		if err != nil {
			return nil, err
		}
		for _, former := range left {
			if former == a.InstitutionID {
				continue // the rules there are asked below
			}
			if err := role.Assert(ctx, tx, id.PersonID, role.Claims{InstitutionID: former}, now); err != nil {
				return nil, err
			}
		}
		claims := role.Claims{InstitutionID: a.InstitutionID, Affiliations: a.Affiliations, Entitlements: a.Entitlements}
		if err := role.Assert(ctx, tx, id.PersonID, claims, now); err != nil {
			return nil, err
		}
		noted := ledger.Thing{ID: id.PersonID, At: []ident.ID{a.InstitutionID}}
		if a.Dropped > 0 {
			noted = noted.With("dropped_affiliations", strconv.Itoa(a.Dropped))
		}
		return id, ledger.Note(ctx, tx, toSignIn, noted)
	})
}

// identify finds the account by its digest, or makes it with a new person.
func identify(ctx context.Context, tx *ent.Tx, a Assertion, now time.Time) (*ent.Identity, error) {
	id, err := known(ctx, tx, a)
	if err != nil {
		return nil, err
	}
	if id != nil {
		if err := tx.Person.UpdateOneID(id.PersonID).SetSignedInAt(now).Exec(ctx); err != nil {
			return nil, err
		}
		return tx.Identity.UpdateOne(id).SetSignedInAt(now).SetAssurance(a.Assurance).Save(ctx)
	}
	p, err := tx.Person.Create().SetSignedInAt(now).Save(ctx)
	if err != nil {
		return nil, err
	}
	return add(ctx, tx, p.ID, a, now)
}

// known returns the account that an assertion is about, or nil.
func known(ctx context.Context, tx *ent.Tx, a Assertion) (*ent.Identity, error) {
	id, err := tx.Identity.Query().Where(identity.Digest(a.digest())).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	case id.Issuer != a.Issuer || id.Subject != a.Subject:
		return nil, fmt.Errorf("learner: identity %s has the digest of another account", id.ID)
	}
	return id, nil
}

// add gives a person an account.
func add(ctx context.Context, tx *ent.Tx, person ident.ID, a Assertion, now time.Time) (*ent.Identity, error) {
	return tx.Identity.Create().SetPersonID(person).SetProviderID(a.ProviderID).SetIssuer(a.Issuer).SetSubject(a.Subject).
		SetDigest(a.digest()).SetSignedInAt(now).SetAssurance(a.Assurance).Save(ctx)
}

func (a Assertion) digest() string { return storage.Digest(a.Issuer + "\x00" + a.Subject) }

// speaksFor says whether an account is the one whose home says what the profile
// holds: the first that the person has.
func speaksFor(ctx context.Context, tx *ent.Tx, id *ent.Identity) (bool, error) {
	first, err := tx.Identity.Query().Where(identity.PersonID(id.PersonID)).Order(identity.ByID()).FirstID(ctx)
	return first == id.ID, err
}

func refreshProfile(ctx context.Context, tx *ent.Tx, person ident.ID, a Assertion) error {
	given, family := vocab.Clean(maxName, a.GivenName), vocab.Clean(maxName, a.FamilyName)
	email, esi := vocab.Given(vocab.Clean(maxEmail, a.Email)), vocab.Given(vocab.Clean(maxESI, a.ESI))
	lang := vocab.LanguageOr("en", a.Language)
	update := tx.Profile.Update().Where(profile.PersonID(person)).SetGivenName(given).SetFamilyName(family).
		ClearEmail().ClearEsi().SetLanguage(lang) // what home no longer says is no longer known
	if email != nil {
		update.SetEmail(*email)
	}
	if esi != nil {
		update.SetEsi(*esi)
	}
	n, err := update.Save(ctx)
	if err != nil || n > 0 {
		return err
	}
	return tx.Profile.Create().SetPersonID(person).SetGivenName(given).SetFamilyName(family).
		SetNillableEmail(email).SetNillableEsi(esi).SetLanguage(lang).Exec(ctx)
}

// refreshAffiliations notes what home asserts of an account today, and ends what
// it no longer does: what it asserts of another account of the person is another
// affiliation. Whom it knows, and says no more of, is an affiliate; that is a
// note and no evidence, so that no rule for roles sees it. It returns where
// something ended.
func refreshAffiliations(ctx context.Context, tx *ent.Tx, id *ent.Identity, a Assertion, now time.Time) (left []ident.ID, err error) {
	asserted := a.Affiliations
	if len(asserted) == 0 {
		asserted = []string{"affiliate"}
	}
	var kinds []affiliation.Kind
	for _, name := range asserted {
		kind := affiliation.Kind(strings.ToUpper(strings.ReplaceAll(name, "-", "_")))
		if affiliation.KindValidator(kind) != nil {
			continue // not in the eduPerson vocabulary
		}
		kinds = append(kinds, kind)
		expires := vocab.AddMonths(now, affiliationMonths)
		n, err := tx.Affiliation.Update().
			Where(affiliation.IdentityID(id.ID), affiliation.InstitutionID(a.InstitutionID), affiliation.KindEQ(kind)).
			SetVerifiedAt(now).SetExpiresAt(expires).Save(ctx)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			continue
		}
		if err := tx.Affiliation.Create().SetPersonID(id.PersonID).SetIdentityID(id.ID).SetInstitutionID(a.InstitutionID).SetKind(kind).
			SetVerifiedAt(now).SetExpiresAt(expires).Exec(ctx); err != nil {
			return nil, err
		}
	}
	return endAffiliations(ctx, tx, now, affiliation.IdentityID(id.ID), affiliation.Or(affiliation.InstitutionIDNEQ(a.InstitutionID), affiliation.KindNotIn(kinds...)))
}

// endAffiliations ends those of the accounts that hold, and returns the
// institutions at which they were.
func endAffiliations(ctx context.Context, tx *ent.Tx, now time.Time, which ...predicate.Affiliation) ([]ident.ID, error) {
	which = append(which, affiliation.ExpiresAtGT(now))
	ended, err := tx.Affiliation.Query().Where(which...).All(ctx)
	if err != nil || len(ended) == 0 {
		return nil, err
	}
	var at []ident.ID
	for _, a := range ended {
		if !slices.Contains(at, a.InstitutionID) {
			at = append(at, a.InstitutionID)
		}
	}
	return at, tx.Affiliation.Update().Where(which...).SetExpiresAt(now).Exec(ctx)
}

// audiences says which audience of an offering an affiliation puts a person in.
// The vocabulary of eduPerson tells students and alumni; it does not tell
// doctoral candidates, postdocs and researchers from abroad from other members
// of an institution, so these apply within the general window.
var audiences = map[affiliation.Kind]vocab.TargetGroup{
	affiliation.KindSTUDENT: vocab.Students,
	affiliation.KindALUM:    vocab.Alumni,
}

// Audiences returns the target groups to which affiliations make somebody belong.
func Audiences(homes []*ent.Affiliation) (all []vocab.TargetGroup) {
	for _, h := range homes {
		if audience, ok := audiences[h.Kind]; ok && !slices.Contains(all, audience) {
			all = append(all, audience)
		}
	}
	return all
}
