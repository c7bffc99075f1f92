package app

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/peregrine-exchange/peregrine/ent/draw"
	"github.com/peregrine-exchange/peregrine/ent/serverkey"
	"github.com/peregrine-exchange/peregrine/ent/session"
	"github.com/peregrine-exchange/peregrine/ent/signingkey"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/storage"
)

// sealed is a column of envelopes, with what each of them is bound to as SQL of
// its table.
type sealed struct {
	table, column     string
	name, whose, what string
	hint              bool // of one that does not open nothing is lost that anybody needs
}

// Everything that is sealed under the key-encryption key. Reading it takes no
// schema of today, because it is read before a migration too.
var everythingSealed = []sealed{
	{table: signingkey.Table, column: signingkey.FieldSealed, name: signingkey.FieldKid, whose: signingkey.FieldInstitutionID, what: "'credential'"},
	{table: serverkey.Table, column: serverkey.FieldSealed, name: serverkey.FieldKid, whose: "'exchange'", what: serverkey.FieldPurpose},
	{table: draw.Table, column: draw.FieldSealed, name: draw.FieldCommitment, whose: draw.FieldInstitutionID, what: "'draw'"},
	{table: session.Table, column: session.FieldIDToken, name: session.FieldDigest, whose: session.FieldIdentityID, what: "'id_token'", hint: true},
}

// envelope is one of them.
type envelope struct {
	id, text, name string
	owner          keyring.Owner
}

// batch is how many envelopes are in memory at once.
const batch = 500

// queried is a database, or a transaction on one.
type queried interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

// each calls fn with the envelopes of the column.
func (s sealed) each(ctx context.Context, from queried, fn func(envelope) error) error {
	query := fmt.Sprintf("SELECT id, %s, %s, %s, %s FROM %s WHERE %s IS NOT NULL AND id > ? ORDER BY id LIMIT %d",
		s.column, s.name, s.whose, s.what, s.table, s.column, batch)
	for after := ""; ; {
		rows, err := from.QueryContext(ctx, query, after)
		if err != nil {
			return err
		}
		var all []envelope
		for rows.Next() {
			var e envelope
			if err := rows.Scan(&e.id, &e.text, &e.name, &e.owner.Institution, &e.owner.Purpose); err != nil {
				return errors.Join(err, rows.Close())
			}
			all = append(all, e)
		}
		if err := rows.Err(); err != nil || len(all) == 0 {
			return err
		}
		for _, e := range all {
			if err := fn(e); err != nil {
				return err
			}
		}
		after = all[len(all)-1].id
	}
}

// inForce returns the key-encryption key of the configuration, and an error when
// any key in the database is sealed under another one. A process that went on
// would make keys that no other opens, and could sign with none of theirs. It
// changes nothing, but where nothing is sealed yet it may make the key.
func inForce(ctx context.Context, c config.Config, db *storage.DB) (keyring.KEK, error) {
	var keys []envelope
	for _, s := range everythingSealed {
		if s.hint {
			continue
		}
		found, err := db.Has(ctx, s.table)
		if err == nil && found {
			err = s.each(ctx, db.SQL, func(e envelope) error { keys = append(keys, e); return nil })
		}
		if err != nil {
			return keyring.KEK{}, err
		}
	}
	k, err := kek(c, len(keys) > 0)
	if err != nil {
		return k, err
	}
	for _, e := range keys {
		// One that is damaged says so when it is needed: others can sign meanwhile.
		if err := keyring.Opens(k, e.text, e.name, e.owner); errors.Is(err, keyring.ErrWrongKEK) {
			return k, wrong(c, k, fmt.Errorf("key %s: %w", e.name, err))
		}
	}
	return k, nil
}

// wrong says of the error that an envelope is sealed under another KEK which one
// was given, and what to do. Other errors it passes on.
func wrong(c config.Config, k keyring.KEK, err error) error {
	if !errors.Is(err, keyring.ErrWrongKEK) {
		return err
	}
	given := config.Prefix + "KEY_ENCRYPTION_KEY"
	if c.KEK == "" || c.KEKFile != "" {
		given = cmp.Or(c.KEKFile, keyFile(c))
	}
	return fmt.Errorf("app: keys in this database are sealed under another key-encryption key than that of %s (%s); give the one that its other servers and commands have, "+
		"or if it is being replaced, see peregrine help production: %w", given, k.ID(), err)
}

// Reseal seals everything that is sealed in the database under another
// key-encryption key than that of the configuration, in one transaction. It
// returns how many envelopes it made, and how many were there already: what a
// server left behind that was not stopped is mended by another run.
func Reseal(ctx context.Context, c config.Config, db *storage.DB, to keyring.KEK) (made, already int, err error) {
	from, err := kek(c, true)
	if err != nil {
		return 0, 0, err
	}
	tx, err := db.SQL.BeginTx(ctx, nil)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = tx.Rollback() }() // nothing, once it is committed
	for _, s := range everythingSealed {
		err := s.each(ctx, tx, func(e envelope) error {
			if keyring.Opens(to, e.text, e.name, e.owner) == nil {
				already++
				return nil
			}
			next, err := keyring.Reseal(from, to, e.text, e.name, e.owner)
			if err != nil && !s.hint {
				return wrong(c, from, fmt.Errorf("nothing was changed: key %s: %w", e.name, err))
			}
			made++
			return s.put(ctx, tx, e, sql.NullString{String: next, Valid: err == nil})
		})
		if err != nil {
			return 0, 0, err
		}
	}
	return made, already, tx.Commit()
}

// put replaces an envelope, unless somebody else has meanwhile.
func (s sealed) put(ctx context.Context, tx *sql.Tx, e envelope, next sql.NullString) error {
	done, err := tx.ExecContext(ctx, fmt.Sprintf("UPDATE %s SET %s = ? WHERE id = ? AND %s = ?", s.table, s.column, s.column), next, e.id, e.text)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 && !s.hint {
		return errors.Join(err, fmt.Errorf("app: nothing was changed: key %s was replaced meanwhile; stop all servers and repeat this", e.name))
	}
	return nil
}
