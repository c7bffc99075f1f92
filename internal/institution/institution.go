// Package institution holds the alliances, their member institutions with
// units and study programmes, and who works there in which role.
//
// An institution may be a member of several alliances. Each membership is led
// through these states:
//
//	INVITED → ACTIVE, LEFT
//	ACTIVE → SUSPENDED, LEFT
//	SUSPENDED → ACTIVE, LEFT
//	LEFT → INVITED
//
// The alliance invites, suspends and reinstates. The institution answers the
// invitation: ACTIVE, or LEFT when it declines. Either side ends a membership.
// Every state is kept with its beginning, so that a verifier can ask what an
// issuer was when it issued.
//
// What an institution is called is changed by a proposal that is led through
// these states:
//
//	PROPOSED → APPROVED, REJECTED, WITHDRAWN
//	APPROVED (final)
//	REJECTED (final)
//	WITHDRAWN (final)
//
// An institution that is ACTIVE in no alliance is cut off from what is new, and
// finishes what has begun:
//
//	Its courses             stay visible; no version and no offering is published
//	Its offerings           are NOT_AVAILABLE: nobody applies, and nobody is admitted
//	Its learners            apply for nothing; withdraw and are recognised as before
//	Its mobility officers   nominate nobody; they may still refuse
//	Its nominated learners  may be admitted elsewhere: the nomination stands
//	Running enrolments      go on; results are recorded and confirmed
//	Credentials of these    are still issued; verification says that the issuer
//	                        was no active member then
//	Issued credentials      stay valid; verification says what the issuer was
//	                        then and is now
//
// It is ACTIVE again, and all of this ends, with its next ACTIVE membership.
package institution

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service changes institutions and reads them.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
}

// Get reads an institution with the rights of ctx.
func (s *Service) Get(ctx context.Context, id ident.ID) (*ent.Institution, error) {
	return s.DB.Institution.Get(ctx, id)
}

// DefaultBounds are those of the first alliance: micro-credentials of 1 to 10
// and micro-degrees of 10 to 30 ECTS credits.
var DefaultBounds = []vocab.Bounds{
	{Kind: vocab.KindCourse, Min: 50, Max: 60_00},
	{Kind: vocab.KindMicroCredential, Min: 1_00, Max: 10_00},
	{Kind: vocab.KindMicroDegree, Min: 10_00, Max: 30_00},
}

// Founding is a new alliance.
type Founding struct {
	Slug    string
	Name    vocab.Text
	Website string
	Bounds  []vocab.Bounds
}

// Found makes an alliance. Only the system may: an operator founds one on the
// command line.
func (s *Service) Found(ctx context.Context, f Founding) (*ent.Alliance, error) {
	if err := authz.RequireSystem(ctx); err != nil {
		return nil, err
	}
	site, err := website(f.Website, "website")
	if err := problem.Join(vocab.CheckDomain(f.Slug+".alliance", "slug"), err, checkBounds(f.Bounds, "bounds")); err != nil {
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Alliance, error) {
		return ledger.Made(ctx, tx, toFound, func(a *ent.Alliance) ledger.Thing { return ledger.Thing{ID: a.ID, At: []ident.ID{a.ID}} }, nil,
			tx.Alliance.Create().SetSlug(f.Slug).SetName(f.Name).SetWebsite(site).SetBounds(f.Bounds))
	})
}

// Details are what is known of an institution when it is registered.
type Details struct {
	SCHAC       string
	Name        vocab.Text
	Acronym     string
	Country     string
	Town        vocab.Text
	ErasmusCode *string // nil outside Erasmus+
	PIC         *string
	OID         *string
	ROR         *string
	DEQAR       *string
	Website     string
	Domains     []string
	Zone        string
}

// Bounds of what an institution may say about itself.
const (
	maxName    = 200
	maxAcronym = 32
	maxDomains = 50
)

// check returns the details as they will be stored, or all that is wrong with
// them at once, at fields below path.
func (d Details) check(path ...string) (Details, error) {
	at := func(field string) []string { return append(slices.Clone(path), field) }
	found := []error{vocab.CheckCountry(d.Country, at("country")...), d.identifiers().check(path...)}
	add := func(err error) { found = append(found, err) }
	var err error
	d.Domains, err = domains(d.Domains, at("domains")...)
	add(err)
	if vocab.CheckDomain(d.SCHAC) == nil {
		add(checkOwn(d.SCHAC, at("schac")...))
	}
	_, err = vocab.Zone(d.Zone, at("timeZone")...)
	add(err)
	d.Acronym, err = vocab.Line(maxAcronym, d.Acronym, at("acronym")...)
	add(err)
	d.Website, err = website(d.Website, at("website")...)
	add(err)
	if len(d.Name) == 0 {
		add(errNoName.At(at("name")...))
	}
	return d, problem.Join(found...)
}

var errNoName = problem.New(problem.Invalid, "a name in at least one language is needed")

// website returns an address as it is stored; it may be empty.
func website(s string, field ...string) (string, error) {
	line, err := vocab.Line(255, s, field...)
	if err != nil || line == "" {
		return line, err
	}
	return line, vocab.CheckURL(line, field...)
}

// domains returns them as they are stored: each one once.
func domains(in []string, field ...string) ([]string, error) {
	if len(in) > maxDomains {
		return nil, problem.New(problem.Invalid, "at most %d domains are allowed", maxDomains).At(field...)
	}
	all := []string{}
	var found []error
	for _, domain := range in {
		found = append(found, cmp.Or(vocab.CheckDomain(domain, field...), checkOwn(domain, field...)))
		if !slices.Contains(all, domain) {
			all = append(all, domain)
		}
	}
	return all, problem.Join(found...)
}

// Admission is a new member of an alliance.
type Admission struct {
	AllianceID ident.ID
	Part       membership.Part
	Details
}

// Admit registers an institution and makes it an active member of an alliance
// at once, without an invitation: so an alliance is set up. It returns a
// CONFLICT problem when one of its identifiers is taken, or what it is called
// looks like another.
func (s *Service) Admit(ctx context.Context, a Admission) (*ent.Institution, error) {
	if err := toJoin.Require(ctx, a.AllianceID); err != nil {
		return nil, err
	}
	details, err := a.check()
	if err != nil {
		return nil, err
	}
	now := vocab.Now(s.Now)
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Institution, error) {
		inst, err := register(ctx, tx, details)
		if err != nil {
			return nil, err
		}
		if err := tx.Membership.Create().SetAllianceID(a.AllianceID).SetInstitutionID(inst.ID).
			SetState(membership.StateACTIVE).SetPart(a.Part).SetSince(now).
			SetHistory([]vocab.Standing{{State: string(membership.StateACTIVE), Since: now}}).Exec(ctx); err != nil {
			return nil, err
		}
		if err := protectMember(ctx, tx, a.AllianceID, inst.ID); err != nil {
			return nil, err
		}
		return inst, ledger.Note(ctx, tx, toJoin, ofInstitution(inst))
	})
}

// ofInstitution is the institution for the record.
func ofInstitution(i *ent.Institution) ledger.Thing { return ledger.Thing{ID: i.ID, Host: i.ID} }

// register stores an institution. It returns a CONFLICT problem at each of its
// identifiers, names and domains, below path, that another institution has.
func register(ctx context.Context, tx *ent.Tx, d Details, path ...string) (*ent.Institution, error) {
	if err := d.identifiers().free(ctx, tx, "", path...); err != nil {
		return nil, err
	}
	called := naming{d.Name, d.Acronym, d.SCHAC, d.Domains}
	if err := called.free(ctx, tx, "", path...); err != nil {
		return nil, err
	}
	create := tx.Institution.Create().
		SetSchac(d.SCHAC).SetName(d.Name).SetAcronym(d.Acronym).SetCountry(d.Country).SetTown(d.Town).
		SetNillableErasmusCode(d.ErasmusCode).SetNillablePic(d.PIC).SetNillableOid(d.OID).SetNillableRor(d.ROR).
		SetNillableDeqar(d.DEQAR).SetDomains(d.Domains).SetZone(d.Zone)
	if d.Website != "" {
		create.SetWebsite(d.Website)
	}
	inst, err := create.Save(ctx)
	if storage.IsDuplicate(err) {
		return nil, errTaken.At(append(slices.Clone(path), "schac")...) // by who registered at the same moment
	}
	if err != nil {
		return nil, err
	}
	return inst, called.take(ctx, tx, inst.ID, path...)
}
