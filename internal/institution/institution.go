// Package institution holds the alliances, their member institutions with
// units and study programmes, who works there in which role, and which identity
// provider may speak for whom.
package institution

import (
	"context"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/internal/audit"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/outbox"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Service changes institutions.
type Service struct {
	DB  *ent.Client
	Now func() time.Time
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
	if err := requireSystem(ctx); err != nil {
		return nil, err
	}
	if err := vocab.CheckDomain(f.Slug+".alliance", "slug"); err != nil {
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Alliance, error) {
		a, err := tx.Alliance.Create().SetSlug(f.Slug).SetName(f.Name).SetWebsite(f.Website).SetBounds(f.Bounds).Save(ctx)
		if err != nil {
			return nil, err
		}
		return a, audit.Record(ctx, tx, audit.Entry{Verb: "alliance.found", Object: a.ID})
	})
}

// Details are what is known of an institution.
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
	Website     string
	Domains     []string
	Zone        string
}

// check returns all that is wrong with the details at once.
func (d Details) check() error {
	found := []error{
		vocab.CheckDomain(d.SCHAC, "schac"), vocab.CheckCountry(d.Country, "country"),
		optional(d.ErasmusCode, vocab.CheckErasmus, "erasmusCode"), optional(d.PIC, vocab.CheckPIC, "pic"),
		optional(d.OID, vocab.CheckOID, "oid"), optional(d.ROR, vocab.CheckROR, "ror"),
	}
	_, zone := vocab.Zone(d.Zone, "timeZone")
	found = append(found, zone)
	for _, domain := range d.Domains {
		found = append(found, vocab.CheckDomain(domain, "domains"))
	}
	if len(d.Name) == 0 {
		found = append(found, problem.New(problem.Invalid, "a name in at least one language is needed").At("name"))
	}
	return problem.Join(found...)
}

func optional(s *string, check func(string, ...string) error, field string) error {
	if s == nil {
		return nil
	}
	return check(*s, field)
}

// Admission is a new member of an alliance.
type Admission struct {
	AllianceID ident.ID
	Part       membership.Part
	Details
}

// Admit registers an institution and makes it an active member of an alliance.
// It returns a CONFLICT problem when one of its identifiers is taken.
func (s *Service) Admit(ctx context.Context, a Admission) (*ent.Institution, error) {
	if err := authz.Require(ctx, authz.ManageAlliance, a.AllianceID); err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	now := vocab.Now(s.Now)
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Institution, error) {
		inst, err := tx.Institution.Create().
			SetSchac(a.SCHAC).SetName(a.Name).SetAcronym(a.Acronym).SetCountry(a.Country).SetTown(a.Town).
			SetNillableErasmusCode(a.ErasmusCode).SetNillablePic(a.PIC).SetNillableOid(a.OID).SetNillableRor(a.ROR).
			SetWebsite(a.Website).SetDomains(a.Domains).SetZone(a.Zone).Save(ctx)
		if storage.IsDuplicate(err) {
			return nil, problem.New(problem.Conflict, "another institution has one of these identifiers already").At("schac")
		}
		if err != nil {
			return nil, err
		}
		if err := tx.Membership.Create().SetAllianceID(a.AllianceID).SetInstitutionID(inst.ID).
			SetState(membership.StateACTIVE).SetPart(a.Part).SetSince(now).
			SetHistory([]vocab.Standing{{State: string(membership.StateACTIVE), Since: now}}).Exec(ctx); err != nil {
			return nil, err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Verb: "institution.admit", Object: inst.ID, Institutions: []ident.ID{inst.ID}}); err != nil {
			return nil, err
		}
		return inst, outbox.Append(ctx, tx, outbox.Event{Type: "institution.admit", Object: inst.ID, Public: true})
	})
}

func requireSystem(ctx context.Context) error {
	if v, err := authz.SignedIn(ctx); err != nil {
		return err
	} else if v.Kind != viewer.System {
		return problem.New(problem.Forbidden, "only an operator can do this, on the command line")
	}
	return nil
}
