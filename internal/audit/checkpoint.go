package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/auditcheckpoint"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// tokenType is that of a signed checkpoint, so that it is taken for nothing else.
const tokenType = "audit-checkpoint+jwt"

// MaxCheckpoint bounds a checkpoint as a file, in bytes.
const MaxCheckpoint = 16 << 10

// Checkpoint is a signed statement that the chain had this hash at this entry.
// It brings the key that signed it, so that who keeps it needs nothing of us.
type Checkpoint struct {
	Sequence int64    `json:"sequence"`
	Hash     string   `json:"hash"`
	IssuedAt string   `json:"issuedAt"` // RFC 3339
	Token    string   `json:"token"`    // the same, signed: a JWT
	Key      jose.Key `json:"key"`      // JWK
}

// statement is the payload of the token.
type statement struct {
	Issuer   string `json:"iss"`
	IssuedAt int64  `json:"iat"` // seconds since 1970
	Sequence int64  `json:"sequence"`
	Hash     string `json:"hash"`
}

// Checkpoints are made this often while entries come; a job looks more often, so
// that also servers that start anew keep to it.
const (
	Look  = 5 * time.Minute
	every = 50 * time.Minute
)

// Checkpoint signs how far the chain reaches, unless the last one was a short
// while ago or says so already. It seals first, so that a server which starts has
// something to sign. A job calls it.
func (c *Chain) Checkpoint(ctx context.Context) (int, error) {
	ctx = viewer.AsSystem(ctx)
	if _, err := c.Seal(ctx); err != nil {
		return 0, err
	}
	now := vocab.Now(c.Now)
	sequence, hash, err := last(ctx, c.DB)
	if err != nil || sequence == 0 {
		return 0, err
	}
	enough := auditcheckpoint.Or(auditcheckpoint.SequenceGTE(sequence), auditcheckpoint.CreatedAtGT(now.Add(-every)))
	known, err := c.DB.AuditCheckpoint.Query().Where(enough).Exist(ctx)
	if err != nil || known {
		return 0, err
	}
	key, err := c.Keys.Signer(ctx)
	if err != nil {
		return 0, err
	}
	defer key.Destroy()
	payload, err := json.Marshal(statement{c.BaseURL, now.Unix(), sequence, hash})
	if err != nil {
		return 0, fmt.Errorf("audit: %w", err)
	}
	token, err := jose.Sign(key, jose.Header{Type: tokenType}, payload)
	if err != nil {
		return 0, err
	}
	err = c.DB.AuditCheckpoint.Create().SetSequence(sequence).SetJwt(token).SetCreatedAt(now).Exec(ctx)
	if storage.IsDuplicate(err) {
		return 0, nil // another server was faster
	}
	return 1, err
}

// Published returns the newest checkpoint, and a NOT_FOUND problem while there
// is none. Anybody may have it: it says nothing of any entry.
func (c *Chain) Published(ctx context.Context) (*Checkpoint, error) {
	ctx = viewer.AsSystem(ctx)
	newest, err := c.DB.AuditCheckpoint.Query().Order(auditcheckpoint.BySequence(sql.OrderDesc())).First(ctx)
	if ent.IsNotFound(err) {
		return nil, problem.Missing("checkpoint")
	}
	if err != nil {
		return nil, err
	}
	keys, err := c.Keys.Published(ctx)
	if err != nil {
		return nil, err
	}
	said, key, err := read(newest.Jwt, keys)
	if err != nil {
		return nil, err
	}
	return &Checkpoint{Sequence: said.Sequence, Hash: said.Hash, IssuedAt: time.Unix(said.IssuedAt, 0).UTC().Format(time.RFC3339), Token: newest.Jwt, Key: key}, nil
}

// ParseCheckpoint reads a checkpoint that somebody has kept.
func ParseCheckpoint(b []byte) (Checkpoint, error) {
	var kept struct {
		Checkpoint
		Key json.RawMessage `json:"key"`
	}
	if err := json.Unmarshal(b, &kept); err != nil {
		return Checkpoint{}, fmt.Errorf("this is no checkpoint: %w", err)
	}
	key, err := jose.ParseKey(kept.Key)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("this is no checkpoint: %w", err)
	}
	kept.Checkpoint.Key = key
	return kept.Checkpoint, nil
}

// read checks the signature of a checkpoint and returns what it says.
func read(token string, keys jose.Set) (said statement, key jose.Key, err error) {
	parsed, err := jose.Parse(token, tokenType)
	if err != nil {
		return said, key, fmt.Errorf("audit: a checkpoint: %w", err)
	}
	payload, key, err := parsed.Verify(keys)
	if err != nil {
		return said, key, fmt.Errorf("audit: a checkpoint: %w", err)
	}
	if err := json.Unmarshal(payload, &said); err != nil {
		return said, key, fmt.Errorf("audit: a checkpoint: %w", err)
	}
	return said, key, nil
}
