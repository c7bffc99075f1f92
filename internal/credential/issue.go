package credential

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/profile"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/idempotency"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
	"github.com/peregrine-exchange/peregrine/internal/work"
)

// Issue asks for the credential of a result.
type Issue struct {
	ResultID       ident.ID
	IdempotencyKey *string
}

// errNoKey tells that the institution has no key to sign with yet.
var errNoKey = errors.New("credential: the institution has no signing key")

// Issue issues the credential of a confirmed, passed result. It returns an
// INVALID problem for each mandatory element of Annex I that is missing, and a
// CONFLICT problem when the result has a credential already or is annulled.
func (s *Service) Issue(ctx context.Context, in Issue) (*ent.Credential, error) {
	call := idempotency.Of(toIssue, in.IdempotencyKey, in)
	var host ident.ID
	intend := func() (*ent.Credential, error) {
		return idempotency.Write(ctx, s.DB, call, s.DB.Credential.Get, func(tx *ent.Tx) (*ent.Credential, error) {
			r, err := tx.Result.Get(ctx, in.ResultID)
			if err != nil {
				return nil, storage.Found(err, "result", "input", "resultId")
			}
			if err := cmp.Or(toIssue.Require(ctx, r.HostID), authz.RequireOther(ctx, r.LearnerID), certifiable(r)); err != nil {
				return nil, err
			}
			annulled := tx.Credential.Query().Where(credential.ResultID(r.ID), credential.RevocationReasonIn(vocab.Annulling...))
			if err := storage.IfAny(ctx, annulled, errAnnulled); err != nil {
				return nil, err
			}
			host = r.HostID
			key, err := liveKey(viewer.AsSystem(ctx), tx.Client(), host)
			if ent.IsNotFound(err) {
				return nil, errNoKey
			}
			if err != nil {
				return nil, err
			}
			return s.intend(ctx, tx, r, key, leftBehind)
		})
	}
	c, err := intend()
	if errors.Is(err, errNoKey) { // made only for who may issue, and before it signs
		if _, err := s.activeKey(ctx, host); err != nil {
			return nil, err
		}
		c, err = intend()
	}
	if err != nil {
		return nil, err
	}
	return s.finish(ctx, c)
}

// intend stores what is to be signed, with its place in a status list. Unless its
// caller signs it before, a server does so after a time.
func (s *Service) intend(ctx context.Context, tx *ent.Tx, r *ent.Result, key *ent.SigningKey, after time.Duration) (*ent.Credential, error) {
	list, index, err := s.reserve(ctx, tx, r.HostID)
	if err != nil {
		return nil, err
	}
	id, token := ident.New(ident.Credential), newToken()
	award, version, err := s.award(ctx, tx, r, id)
	if err != nil {
		return nil, err
	}
	award.VerifyURL = s.BaseURL + "/v/" + token
	award.Status = &vc.Status{List: s.statusURL(list.ID), Index: index, Purpose: vc.Revocation}
	if err := complete(award); err != nil {
		return nil, err
	}
	source, err := json.Marshal(award)
	if err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	digest := sha256.Sum256(source)
	c, err := tx.Credential.Create().SetID(id).SetLearnerID(r.LearnerID).SetInstitutionID(r.HostID).SetHomeID(r.HomeID).
		SetResultID(r.ID).SetVersionID(version.ID).SetSigningKeyID(key.ID).SetStatusListID(list.ID).SetStatusIndex(index).
		SetState(credential.StateISSUING).SetToken(token).SetLiveKey(string(r.ID)).SetEcts(r.Ects).
		SetAward(string(source)).SetDigest(hex.EncodeToString(digest[:])).SetRequestedAt(award.IssuedAt).Save(ctx)
	if err := storage.IfTaken(err, errCertified); err != nil {
		return nil, err
	}
	if err := finishes.Enqueue(ctx, tx, string(c.ID), c.ID, vocab.Now(s.Now).Add(after)); err != nil {
		return nil, err
	}
	return c, ledger.Note(ctx, tx, toIntend, ofCredential(c).With("digest", c.Digest))
}

// award gathers the elements of Annex I from the version that the learner took.
func (s *Service) award(ctx context.Context, tx *ent.Tx, r *ent.Result, id ident.ID) (vc.Award, *ent.CourseVersion, error) {
	e, err := tx.Enrolment.Get(ctx, r.EnrolmentID)
	if err != nil {
		return vc.Award{}, nil, err
	}
	v, err := tx.CourseVersion.Get(ctx, e.VersionID)
	if err != nil {
		return vc.Award{}, nil, err
	}
	c, err := tx.Course.Get(ctx, v.CourseID)
	if err != nil {
		return vc.Award{}, nil, err
	}
	o, err := tx.Offering.Get(ctx, e.OfferingID)
	if err != nil {
		return vc.Award{}, nil, err
	}
	inst, err := tx.Institution.Get(ctx, r.HostID)
	if err != nil {
		return vc.Award{}, nil, err
	}
	// Whoever may issue need not see the profile: it goes into the credential, the
	// reading of which is noted.
	holder, err := tx.Profile.Query().Where(profile.PersonID(r.LearnerID)).Only(viewer.AsSystem(ctx))
	if err != nil {
		return vc.Award{}, nil, err
	}
	issuer := s.Organisation(inst)
	return vc.Award{
		ID: s.BaseURL + "/credentials/" + string(id), Kind: vocab.CredentialKind(c.Kind),
		Achievement: s.BaseURL + "/courses/" + string(c.ID), Issuer: issuer, AwardingBodies: []vc.Organisation{issuer},
		Holder: vc.Holder{ID: holderID(r.LearnerID), GivenName: holder.GivenName, FamilyName: holder.FamilyName},
		Title:  v.Title, Description: v.Description, Criteria: v.AssessmentNote, Outcomes: v.Outcomes,
		ECTS: r.Ects, Hours: v.Hours, EQF: vocab.OrZero(v.Eqf), ISCEDF: vocab.OrZero(v.Isced),
		Assessments: v.Assessments, Participation: o.Mode, Quality: vocab.OrZero(v.Quality), Prerequisites: v.Prerequisites,
		Supervision: vocab.OrZero(v.Supervision), Stacking: vocab.OrZero(v.Stackability), Language: o.Language, Grade: grade(r),
		IssuedAt: vocab.Now(s.Now), AwardedAt: r.ConfirmedAt.UTC(),
	}, v, nil
}

// holderID names a person in credentials by the UUID of their identifier: a
// name of a namespace that is registered (RFC 8141, 5.1; RFC 9562, 4).
func holderID(person ident.ID) string { return "urn:uuid:" + uuid.UUID(person.Bytes()).String() }

func grade(r *ent.Result) *vc.Grade {
	if r.Grade == nil {
		return nil
	}
	return &vc.Grade{Value: *r.Grade, Scale: r.Scale}
}

// Organisation is an institution as credentials name it.
func (s *Service) Organisation(i *ent.Institution) vc.Organisation {
	return vc.Organisation{
		ID: s.IssuerURL(i.ID), Name: i.Name, Country: i.Country, Website: vocab.OrZero(i.Website),
		ROR: vocab.OrZero(i.Ror), Erasmus: vocab.OrZero(i.ErasmusCode), PIC: vocab.OrZero(i.Pic), SCHAC: i.Schac,
	}
}

// complete returns an INVALID problem for each missing element of Annex I.
func complete(a vc.Award) error {
	var found []error
	for _, element := range a.Missing() {
		found = append(found, problem.New(problem.Invalid, "%s is missing: Annex I asks for it", element).At("award", element))
	}
	return problem.Join(found...)
}

// finish signs what was intended and stores it. Whoever comes second finds it
// signed and returns that. Signing is outside every transaction: it holds no
// row. The same intent gives the same content; of two signatures one is stored.
func (s *Service) finish(ctx context.Context, c *ent.Credential) (*ent.Credential, error) {
	if c.State != credential.StateISSUING {
		return c, nil
	}
	jwt, err := s.sign(ctx, c)
	if err != nil {
		return nil, err
	}
	return storage.Write(ctx, s.DB, func(tx *ent.Tx) (*ent.Credential, error) {
		signed := tx.Credential.Update().Where(credential.ID(c.ID)).SetJwt(jwt).SetIssuedAt(c.RequestedAt)
		n, err := storage.MoveAll(ctx, states, credential.StateISSUING, credential.StateISSUED, signed)
		if err != nil {
			return nil, err
		}
		if n == 1 {
			if err := finishes.Drop(ctx, tx, string(c.ID)); err != nil {
				return nil, err
			}
			if err := ledger.Note(ctx, tx, toIssue, ofCredential(c)); err != nil {
				return nil, err
			}
		}
		return tx.Credential.Get(ctx, c.ID)
	})
}

func (s *Service) sign(ctx context.Context, c *ent.Credential) (string, error) {
	var award vc.Award
	if err := json.Unmarshal([]byte(c.Award), &award); err != nil {
		return "", fmt.Errorf("credential: award of %s: %w", c.ID, err)
	}
	in := s.Forms.Issued()
	payload, _, err := in.Render(award) // what the form cannot hold stays in the award that is stored
	if err != nil {
		return "", fmt.Errorf("credential: %w", err)
	}
	stored, err := s.DB.SigningKey.Get(viewer.AsSystem(ctx), c.SigningKeyID)
	if err != nil {
		return "", err
	}
	return s.signWith(stored, in.Type, payload)
}

// finishes is the work of signing what a request intended and did not finish. It
// is due when that counts as left behind.
var finishes = work.Kind[ident.ID]{Name: "credential.finish"}

const leftBehind = time.Minute

// Handlers do the work of this package.
func (s *Service) Handlers() []work.Handler {
	return []work.Handler{finishes.By(func(ctx context.Context, _ *work.Lease, id ident.ID) error {
		c, err := s.DB.Credential.Get(ctx, id)
		if err != nil {
			return err
		}
		if _, err = s.finish(ctx, c); err != nil {
			return fmt.Errorf("credential %s: %w", id, err)
		}
		return nil
	})}
}
