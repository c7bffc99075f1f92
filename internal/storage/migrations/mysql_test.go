package migrations_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"

	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/storage/migrations"
)

func TestRunGoesOnAtTheStatementThatFailedOnMySQL(t *testing.T) {
	only(t, dialect.MySQL)
	ctx, db := t.Context(), fresh(t)
	before := "CREATE TABLE a (n int);\nINSERT INTO a VALUES (1);\n"
	faulty := folder(t, before+"ALTER TABLE nowhere ADD COLUMN m int;\n")
	for range 2 {
		if _, err := migrations.ApplyDir(ctx, db.SQL, db.Dialect, now, faulty); err == nil || !strings.Contains(err.Error(), "nowhere") {
			t.Fatalf("Apply = %v, want the statement that failed", err)
		}
		if err := migrations.CheckDir(ctx, db.SQL, db.Dialect, faulty); !errors.Is(err, migrations.ErrBehind) {
			t.Errorf("Check of a half-applied schema = %v, want ErrBehind", err)
		}
	}
	corrected := folder(t, before+"ALTER TABLE a ADD COLUMN m int;\nINSERT INTO a VALUES (2, 2);\n")
	if applied, err := migrations.ApplyDir(ctx, db.SQL, db.Dialect, now, corrected); err != nil || !slices.Equal(applied, []string{"1.sql"}) {
		t.Fatalf("Apply of the corrected file = %v, %v", applied, err)
	}
	if err := migrations.CheckDir(ctx, db.SQL, db.Dialect, corrected); err != nil {
		t.Error(err)
	}
	if n := number(t, db, "SELECT COUNT(*) FROM a"); n != 2 {
		t.Errorf("%d rows, want 2: a statement ran twice or not at all", n)
	}
}

func TestStatementsThatRanMustNotChangeOnMySQL(t *testing.T) {
	only(t, dialect.MySQL)
	for what, changed := range map[string]string{
		"another first statement": "CREATE TABLE b (n int);\nDROP TABLE b;\n",
		"shorter than what ran":   "",
	} {
		t.Run(what, func(t *testing.T) {
			db := fresh(t)
			faulty := folder(t, "CREATE TABLE a (n int);\nDROP TABLE nowhere;\n")
			if _, err := migrations.ApplyDir(t.Context(), db.SQL, db.Dialect, now, faulty); err == nil {
				t.Fatal("the faulty file was applied")
			}
			if _, err := migrations.ApplyDir(t.Context(), db.SQL, db.Dialect, now, folder(t, changed)); err == nil {
				t.Error("the changed file was applied")
			}
		})
	}
}

// A process that is killed between a statement and its record leaves the one
// without the other.
func TestKilledRunGoesOnOnMySQL(t *testing.T) {
	only(t, dialect.MySQL)
	dir := folder(t, "CREATE TABLE a (n int);\nCREATE TABLE b (n int);\n")
	for _, tt := range []struct {
		what, record string
		resumes      bool
	}{
		{"killed", `JSON_SET(body, '$.applied', 0)`, true},
		{"refused by the server", `JSON_SET(body, '$.applied', 0, '$.error', 'table exists')`, false},
	} {
		t.Run(tt.what, func(t *testing.T) {
			db := fresh(t)
			if _, err := migrations.ApplyDir(t.Context(), db.SQL, db.Dialect, now, dir); err != nil {
				t.Fatal(err)
			}
			exec(t, db, "DROP TABLE b", "UPDATE schema_revisions SET body = "+tt.record)
			_, err := migrations.ApplyDir(t.Context(), db.SQL, db.Dialect, now, dir)
			if (err == nil) != tt.resumes {
				t.Fatalf("Apply = %v, resumes: %t", err, tt.resumes)
			}
			if tt.resumes {
				exec(t, db, "INSERT INTO b VALUES (1)")
			}
		})
	}
}

// A process may be killed after any statement and before its record. The next
// starter gets to where an undisturbed one would have, whatever kind of
// statement it was.
func TestKilledRunGoesOnAtEveryStatementOnMySQL(t *testing.T) {
	only(t, dialect.MySQL)
	statements := []string{
		"CREATE TABLE p (id int NOT NULL, PRIMARY KEY (id)) ENGINE = InnoDB",
		"CREATE TABLE c (id int NOT NULL, p_id int NOT NULL, s varchar(20), n int) ENGINE = InnoDB",
		"ALTER TABLE c ADD PRIMARY KEY (id)",
		"ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id)",
		"ALTER TABLE c ADD COLUMN d int NULL, ADD COLUMN e int NULL",
		"ALTER TABLE c ADD INDEX by_d (d)",
		"CREATE UNIQUE INDEX by_e ON c (e)",
		"INSERT INTO p VALUES (1), (2)",
		"INSERT INTO c (id, p_id, d) VALUES (1, 1, 10)",
		"UPDATE c SET s = 'a' WHERE s IS NULL",
		"ALTER TABLE c MODIFY COLUMN s varchar(40) NOT NULL",
		"ALTER TABLE c RENAME COLUMN n TO m",
		"ALTER TABLE c CHANGE COLUMN m k bigint NULL",
		"ALTER TABLE c RENAME INDEX by_d TO of_d",
		"DROP INDEX of_d ON c",
		"ALTER TABLE c DROP COLUMN d",
		"ALTER TABLE c DROP FOREIGN KEY c_p",
		"DELETE FROM c WHERE s = 'b'",
		"ALTER TABLE c RENAME TO f",
		"RENAME TABLE p TO g",
		"DROP TABLE f",
	}
	file := func(statements []string) migrate.Dir { return folder(t, strings.Join(statements, ";\n")+";\n") }
	undisturbed := func(n int) string {
		db := fresh(t)
		if _, err := migrations.ApplyDir(t.Context(), db.SQL, db.Dialect, now, file(statements[:n])); err != nil {
			t.Fatal(err)
		}
		return shape(t, db)
	}
	whole, untilLast := undisturbed(len(statements)), undisturbed(len(statements)-1)
	for i, killedAfter := range statements {
		t.Run(killedAfter, func(t *testing.T) {
			db := fresh(t)
			broken := append(slices.Clone(statements[:i]), "ALTER TABLE nowhere ADD COLUMN x int")
			if _, err := migrations.ApplyDir(t.Context(), db.SQL, db.Dialect, now, file(broken)); err == nil {
				t.Fatal("the broken file was applied")
			}
			exec(t, db, killedAfter, "UPDATE schema_revisions SET body = JSON_REMOVE(body, '$.error', '$.errorStatement')")
			all, want := statements, whole
			if i < len(statements)-1 { // stop before the last, which leaves little to compare
				all, want = statements[:len(statements)-1], untilLast
			}
			if _, err := migrations.ApplyDir(t.Context(), db.SQL, db.Dialect, now, file(all)); err != nil {
				t.Fatalf("the next start: %v", err)
			}
			if got := shape(t, db); got != want {
				t.Errorf("it ended at\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// What an interrupted start forgives, a statement that is wrong is not: a
// column that never was, a foreign key of another mistake, a row twice.
func TestMistakesAreNotForgivenAfterAnInterruptionOnMySQL(t *testing.T) {
	only(t, dialect.MySQL)
	before := []string{"CREATE TABLE a (n int NOT NULL PRIMARY KEY) ENGINE = InnoDB", "INSERT INTO a VALUES (1)"}
	for _, mistake := range []string{
		"ALTER TABLE a MODIFY COLUMN nowhere int",
		"ALTER TABLE nowhere ADD COLUMN m int",
		"ALTER TABLE a ADD CONSTRAINT x FOREIGN KEY (n) REFERENCES nowhere (n)",
		"UPDATE a SET n = NULL",
	} {
		t.Run(mistake, func(t *testing.T) {
			db := fresh(t)
			dir := folder(t, strings.Join(append(before, mistake), ";\n")+";\n")
			if _, err := migrations.ApplyDir(t.Context(), db.SQL, db.Dialect, now, dir); err == nil {
				t.Fatal("the mistake was applied")
			}
			exec(t, db, "UPDATE schema_revisions SET body = JSON_REMOVE(body, '$.error', '$.errorStatement')")
			if _, err := migrations.ApplyDir(t.Context(), db.SQL, db.Dialect, now, dir); err == nil {
				t.Error("the mistake was forgiven")
			}
		})
	}
}

// shape returns the tables as the server would make them again, and their rows.
func shape(t *testing.T, db *storage.DB) string {
	t.Helper()
	rows, err := db.SQL.Query("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name NOT LIKE 'schema\\_%' ORDER BY table_name")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		var create string
		if err := db.SQL.QueryRow("SHOW CREATE TABLE "+name).Scan(&name, &create); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s\n%d rows\n", create, number(t, db, "SELECT COUNT(*) FROM "+name))
	}
	return all.String()
}

func TestStarterWaitsForTheLeaseOnMySQL(t *testing.T) {
	only(t, dialect.MySQL)
	db := fresh(t)
	_, names := embedded(t)
	got, renew, err := migrations.TakeLease(t.Context(), db.SQL)
	if err != nil || !got {
		t.Fatalf("taking a free lease = %t, %v", got, err)
	}
	if err := renew(t.Context()); err != nil {
		t.Errorf("renewing a lease that is held = %v", err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if applied, err := migrations.Apply(ctx, db.SQL, db.Dialect, now); !errors.Is(err, context.DeadlineExceeded) || len(applied) != 0 {
		t.Errorf("Apply beside the holder = %v, %v, want DeadlineExceeded", applied, err)
	}

	exec(t, db, "UPDATE schema_lease SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
	if applied, err := migrations.Apply(t.Context(), db.SQL, db.Dialect, now); err != nil || !slices.Equal(applied, names) {
		t.Errorf("Apply after the lease ran out = %v, %v", applied, err)
	}
	if n := number(t, db, "SELECT COUNT(*) FROM schema_lease"); n != 0 {
		t.Error("the lease was not given back")
	}
	if err := renew(t.Context()); !errors.Is(err, migrations.ErrLost) {
		t.Errorf("renewing a lease that was taken over = %v, want ErrLost", err)
	}
}

func TestSettingsOfTheMigrationStayWithItOnMySQL(t *testing.T) {
	only(t, dialect.MySQL)
	db := fresh(t)
	db.SQL.SetMaxIdleConns(1)
	usual := number(t, db, "SELECT @@SESSION.lock_wait_timeout")
	if err := migrations.Check(t.Context(), db.SQL, db.Dialect); !errors.Is(err, migrations.ErrBehind) {
		t.Fatal(err)
	}
	if n := number(t, db, "SELECT @@SESSION.lock_wait_timeout"); n != usual {
		t.Errorf("lock_wait_timeout of a later connection = %d, want %d", n, usual)
	}
}

func TestColumnTypesOnMySQL(t *testing.T) {
	only(t, dialect.MySQL)
	db := fresh(t)
	if _, err := migrations.Apply(t.Context(), db.SQL, db.Dialect, now); err != nil {
		t.Fatal(err)
	}
	if n := number(t, db, "SELECT COUNT(*) FROM information_schema.table_constraints WHERE table_schema = DATABASE() AND constraint_type = 'FOREIGN KEY'"); n == 0 {
		t.Error("the schema has no foreign keys")
	}
	const ours = "c.table_schema = DATABASE() AND c.table_name NOT LIKE 'schema\\_%' AND "
	for _, tt := range []struct{ rule, broken string }{
		{"ids are char(30) in ascii_bin", `(c.column_name = 'id' OR c.column_name LIKE '%\_id') AND c.column_name NOT IN ('client_id', 'request_id', 'external_id')
			AND (c.column_type <> 'char(30)' OR c.collation_name <> 'ascii_bin')`},
		{"every char is ascii_bin", "c.data_type = 'char' AND c.collation_name <> 'ascii_bin'"},
		{"all other text is utf8mb4_bin", "c.data_type IN ('varchar', 'text', 'mediumtext', 'longtext') AND c.collation_name <> 'utf8mb4_bin'"},
		{"times are datetime(6)", "(c.data_type IN ('timestamp', 'date', 'time') OR c.data_type = 'datetime' AND c.datetime_precision <> 6)"},
		{"there is no native enum, no float, no decimal", "c.data_type IN ('enum', 'set', 'float', 'double', 'decimal', 'uuid')"},
		{"an indexed text fits into an index everywhere", "c.column_key <> '' AND c.character_maximum_length > 191"},
	} {
		rows, err := db.SQL.Query("SELECT CONCAT(c.table_name, '.', c.column_name, ' ', c.column_type, ' ', COALESCE(c.collation_name, '')) FROM information_schema.columns c WHERE " +
			ours + "(" + tt.broken + ")")
		if err != nil {
			t.Fatalf("%s: %v", tt.rule, err)
		}
		for rows.Next() {
			var column string
			if err := rows.Scan(&column); err != nil {
				t.Fatal(err)
			}
			t.Errorf("%s, but %s", tt.rule, column)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		_ = rows.Close()
	}
}

// TestMigrationsCopyNoTable keeps changes of the schema online: a statement
// that copies its table stalls every node of a cluster for as long. A file
// that has to says why, in a line "-- copies: REASON". The first file meets
// empty tables.
func TestMigrationsCopyNoTable(t *testing.T) {
	only(t, dialect.MySQL)
	db := fresh(t)
	mariaDBOnly(t, db)
	dir, _ := embedded(t)
	if err := copying(t.Context(), db, dir); err != nil {
		t.Error(err)
	}
}

func TestCopyOfATableIsNoticed(t *testing.T) {
	only(t, dialect.MySQL)
	const first = "CREATE TABLE a (n int NOT NULL, s varchar(60) CHARACTER SET utf8mb4) ENGINE = InnoDB;\n"
	for _, tt := range []struct {
		statement string
		copies    bool
	}{
		{"ALTER TABLE a ADD COLUMN m int NOT NULL DEFAULT 7", false},
		{"ALTER TABLE a ADD INDEX by_n (n)", false},
		{"CREATE INDEX by_n ON a (n)", false},
		{"CREATE TABLE b (n int)", false},
		{"ALTER TABLE a MODIFY COLUMN s varchar(100) CHARACTER SET utf8mb4", true},
		{"ALTER TABLE a MODIFY COLUMN n bigint NOT NULL", true},
		{"-- copies: the table is small\nALTER TABLE a MODIFY COLUMN n bigint NOT NULL", false},
	} {
		t.Run(tt.statement, func(t *testing.T) {
			db := fresh(t)
			mariaDBOnly(t, db)
			if err := copying(t.Context(), db, folder(t, first, tt.statement+";\n")); (err != nil) != tt.copies {
				t.Errorf("copying = %v, want an error: %t", err, tt.copies)
			}
		})
	}
}

func mariaDBOnly(t *testing.T, db *storage.DB) {
	t.Helper()
	if number(t, db, "SELECT VERSION() LIKE '%MariaDB%'") == 0 {
		t.Skip("only MariaDB can be asked to refuse a copy")
	}
}

var (
	altersTable = regexp.MustCompile(`(?i)^ALTER\s+TABLE\s`)
	altersIndex = regexp.MustCompile(`(?i)^(CREATE\s+(UNIQUE\s+)?|DROP\s+)INDEX\s`)
	saysWhy     = regexp.MustCompile(`(?m)^-- copies: \S`)
)

// copying runs the files and returns an error for the first statement after
// the first file that MariaDB cannot run without copying a table.
func copying(ctx context.Context, db *storage.DB, dir migrate.Dir) error {
	files, err := dir.Files()
	if err != nil {
		return err
	}
	for i, f := range files {
		statements, err := f.StmtDecls()
		if err != nil {
			return err
		}
		for _, s := range statements {
			query := strings.TrimSuffix(s.Text, ";")
			switch {
			case i == 0 || saysWhy.Match(f.Bytes()):
			case altersTable.MatchString(query):
				query += ", ALGORITHM = NOCOPY"
			case altersIndex.MatchString(query):
				query += " ALGORITHM = NOCOPY"
			}
			if _, err := db.SQL.ExecContext(ctx, query); err != nil {
				return fmt.Errorf("%s: %s: %w", f.Name(), s.Text, err)
			}
		}
	}
	return nil
}
