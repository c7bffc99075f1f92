// Package credential issues signed credentials of confirmed results, revokes
// them, and verifies what anybody presents.
//
//	ISSUING → ISSUED
//	ISSUED → REVOKED
//	REVOKED (final)
//
// It is issued once it is signed; a job finishes what was interrupted. The
// issuer's registrar revokes it for good, with a reason. The keys that sign are
// the institution's:
//
//	ACTIVE → RETIRED, COMPROMISED
//	RETIRED → COMPROMISED
//	COMPROMISED (final)
//
// What is to be signed is stored before it is signed: a crash leaves a row that
// says what was intended, and signing it later gives the same content.
package credential

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/credential"
	"github.com/peregrine-exchange/peregrine/ent/result"
	"github.com/peregrine-exchange/peregrine/ent/signingkey"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vc/form"
)

// Service issues, revokes and verifies credentials.
type Service struct {
	DB      *ent.Client
	Now     func() time.Time
	KEK     keyring.KEK // under which private keys are sealed
	Forms   form.Table  // needed to issue and to verify
	BaseURL string      // public address of this server, without a slash at its end
	Cases   Cases       // needed to revoke
	lists   listCache
}

// Cases are the cases of recognition, which this area knows by their end alone.
type Cases interface {
	// EndOpenTx ends what waits for a decision about a credential that is revoked
	// in the same transaction.
	EndOpenTx(ctx context.Context, tx *ent.Tx, credential ident.ID, now time.Time) error
}

var states = lifecycle.New("credential", lifecycle.Next[credential.State]{
	credential.StateISSUING: {credential.StateISSUED},
	credential.StateISSUED:  {credential.StateREVOKED},
	credential.StateREVOKED: {},
})

var keyStates = lifecycle.New("key", lifecycle.Next[signingkey.State]{
	signingkey.StateACTIVE:      {signingkey.StateRETIRED, signingkey.StateCOMPROMISED},
	signingkey.StateRETIRED:     {signingkey.StateCOMPROMISED},
	signingkey.StateCOMPROMISED: {},
})

// VerifyURL is the address of the public page on which anybody can verify c.
func (s *Service) VerifyURL(c *ent.Credential) string { return s.BaseURL + "/v/" + c.Token }

// IssuerURL identifies an institution as the issuer of credentials.
func (s *Service) IssuerURL(institution ident.ID) string {
	return s.BaseURL + "/issuers/" + string(institution)
}

// keyURL is where the public key of a kid is found.
func (s *Service) keyURL(institution ident.ID, kid string) string {
	return s.IssuerURL(institution) + "/keys/" + kid
}

// statusURL is the address of a published status list.
func (s *Service) statusURL(list ident.ID) string { return s.BaseURL + "/status/" + string(list) }

// ResultActions says whether the viewer may have a credential issued of a result.
// live is the one that keeps another from being issued, if there is one.
func ResultActions(ctx context.Context, r *ent.Result, live *ent.Credential) []authz.Action {
	var free error
	switch {
	case live != nil && live.State == credential.StateREVOKED:
		free = errAnnulled
	case live != nil:
		free = errCertified
	}
	return []authz.Action{toIssue.Act(toIssue.Require(ctx, r.HostID), authz.RequireOther(ctx, r.LearnerID), certifiable(r), free)}
}

var (
	errAnnulled  = problem.New(problem.Conflict, "this result is annulled; it is not certified again")
	errCertified = problem.New(problem.Conflict, "this result has a credential already; revoke it first")
)

// Actions says what the viewer may do with a credential now.
func Actions(ctx context.Context, c *ent.Credential) []authz.Action {
	return []authz.Action{toRevoke.Act(toRevoke.Require(ctx, c.InstitutionID), authz.RequireOther(ctx, c.LearnerID),
		states.Check(c.State, credential.StateREVOKED))}
}

// certifiable returns nil when a result can be certified.
func certifiable(r *ent.Result) error {
	return problem.If(r.State != result.StateCONFIRMED || r.Outcome != result.OutcomePASSED,
		problem.New(problem.Conflict, "this result is %s and %s; only a confirmed pass is certified", r.State, r.Outcome).With(problem.Transition{From: string(r.State)}))
}

// newToken returns 125 random bits as the end of a verification address.
func newToken() string { return rand.Text()[:25] }

// ofCredential is the credential for the record.
func ofCredential(c *ent.Credential) ledger.Thing {
	return ledger.Thing{ID: c.ID, Home: c.HomeID, Host: c.InstitutionID, Person: c.LearnerID}
}
