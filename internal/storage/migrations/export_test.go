package migrations

import (
	"context"
	"database/sql"
)

// For the tests, which stand outside because testkit imports this package.
var (
	ApplyDir = apply
	CheckDir = check
	Embedded = embedded
	ErrLost  = errLost
)

// TakeLease takes the lease and returns what renews it.
func TakeLease(ctx context.Context, db *sql.DB) (got bool, renew func(context.Context) error, err error) {
	if _, err := db.ExecContext(ctx, createLease); err != nil {
		return false, nil, err
	}
	l := newLease(db)
	got, err = l.take(ctx, db)
	return got, l.renew, err
}
