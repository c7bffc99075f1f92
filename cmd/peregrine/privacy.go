package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/lang"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

type privacies struct {
	Export  exportPerson `cmd:"" help:"Write all that is stored about a person, as JSON."`
	Erase   erasePerson  `cmd:"" help:"Have a person erased by the next server that runs, without waiting."`
	Journal journal      `cmd:"" help:"List who is erased, by digest, to keep beside the backups."`
	Replay  replay       `cmd:"" help:"Have those erased again whom a backup has brought back."`
}

func privacyOf(c config.Config, db *storage.DB) *privacy.Service {
	return &privacy.Service{DB: db.Client, SQL: db.SQL, Now: time.Now, Periods: c.Periods()}
}

type exportPerson struct {
	Person string `arg:"" help:"Identifier of the person."`
}

// Run writes the copy.
func (p exportPerson) Run(s *streams) error {
	return s.database(func(c config.Config, db *storage.DB, _ *slog.Logger) error {
		id, err := ident.Parse(p.Person)
		if err != nil {
			return err
		}
		all, err := privacyOf(c, db).ExportOf(viewer.AsSystem(s.ctx), id, c.BaseURL)
		if err != nil {
			return err
		}
		encoder := json.NewEncoder(s.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(all)
	})
}

type erasePerson struct {
	Person string `arg:"" help:"Identifier of the person."`
}

// Run asks for the erasure.
func (p erasePerson) Run(s *streams) error {
	return s.database(func(c config.Config, db *storage.DB, _ *slog.Logger) error {
		id, err := ident.Parse(p.Person)
		if err != nil {
			return err
		}
		e, err := privacyOf(c, db).EraseOf(viewer.AsSystem(s.ctx), id)
		if err != nil {
			return err
		}
		fmt.Fprintln(s.out, e.ID)
		return nil
	})
}

type journal struct{}

// Run lists the digests.
func (journal) Run(s *streams) error {
	return s.database(func(c config.Config, db *storage.DB, _ *slog.Logger) error {
		return privacyOf(c, db).Journal(s.ctx, func(digest string, at time.Time) error {
			_, err := fmt.Fprintf(s.out, "%s\t%s\n", digest, at.UTC().Format(time.RFC3339))
			return err
		})
	})
}

type replay struct{}

// Run reads a journal, or lines of a log, from standard input.
func (replay) Run(s *streams) error {
	digests := map[string]bool{}
	lines := bufio.NewScanner(s.in)
	for lines.Scan() {
		for word := range strings.FieldsFuncSeq(lines.Text(), func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }) {
			if len(word) == 64 {
				digests[word] = true
			}
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return s.database(func(c config.Config, db *storage.DB, _ *slog.Logger) error {
		n, err := privacyOf(c, db).Replay(s.ctx, digests)
		fmt.Fprintf(s.out, "%d of %d have come back and are erased by the next server that runs\n", n, len(digests))
		return err
	})
}

// printPrivacy writes the tables by which personal data is seen, erased and kept.
func printPrivacy(w io.Writer) error {
	say := func(key string, args ...any) string { return lang.Say(language.English, key, args...) }
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "FIELD\tAT\tROLES\tWHILE\tSHARED")
	for _, l := range authz.Looks() {
		shared := "-"
		if l.Shared {
			shared = "yes"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", l.Field, l.Side, joined(l.Roles), joined(l.Stages), shared)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	fmt.Fprintln(tw, "TABLE.COLUMN\tIN THE COPY\tAFTER AN ERASURE")
	for _, l := range privacy.Links {
		if l.Acts() {
			fmt.Fprintf(tw, "%s.%s\tidentifiers\tstays: %s\n", l.Table, l.Column, l.Keep.Key)
			continue
		}
		for _, c := range append(l.Export, l.Withhold...) {
			fmt.Fprintf(tw, "%s.%s\t%s\t%s\n", l.Table, c, has(l.Export, c), becomes(l, c))
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, key := range []string{"record", "issued", "accountable", "noted", "pseudonym"} {
		fmt.Fprintf(tw, "%s\t%s\n", key, say("privacy.basis."+key))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nCLASS         MONTHS  WHAT")
	for _, r := range privacy.Retentions {
		fmt.Fprintf(w, "%-12s  %-6d  %s\n", r.Class, vocab.DefaultPeriods[r.Class], say("privacy.retention."+r.Class))
	}
	return nil
}

func joined[T ~string](all []T) string {
	return strings.Join(vocab.Each(all, func(v T) string { return string(v) }), " ")
}

func has(all []string, one string) string {
	if slices.Contains(all, one) {
		return "yes"
	}
	return "no: a secret or a technical value"
}

// becomes says what an erasure makes of a column.
func becomes(l privacy.Link, c string) string {
	switch {
	case l.Delete:
		return "deleted"
	case slices.Contains(l.Clear, c):
		return "emptied"
	case l.Keep.Years > 0:
		return fmt.Sprintf("stays for %d years: %s", l.Keep.Years, l.Keep.Key)
	}
	return "stays: " + l.Keep.Key
}
