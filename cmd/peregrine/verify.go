package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

type verify struct {
	Source string `arg:"" help:"File, address of a verification page or credential, or - for standard input."`
}

// Run verifies a credential against the database of this server and reports
// each check. It ends with status 0 for VALID, 3 for NOT_IN_FORCE, 4 for
// INVALID and 5 for INCONCLUSIVE.
func (v verify) Run(s *streams) error {
	jwt, err := v.read(s)
	if err != nil {
		return err
	}
	return s.database(func(c config.Config, db *storage.DB, _ *slog.Logger) error {
		ctx := viewer.With(s.ctx, &viewer.Viewer{Kind: viewer.Anonymous})
		report, err := (&credential.Service{DB: db.Client, Now: time.Now, Forms: app.Forms, BaseURL: c.BaseURL}).VerifyJWT(ctx, jwt)
		if err != nil {
			return err
		}
		return show(s.out, report)
	})
}

func show(out io.Writer, report *credential.Verification) error {
	fmt.Fprintln(out, report.Outcome)
	if a := report.Award; a != nil {
		fmt.Fprintf(out, "%s: %s, %s ECTS, issued by %s on %s\n", a.Holder.Name(), a.Title.In("en"), a.ECTS, a.Issuer.Name.In("en"), a.IssuedAt.Format(time.DateOnly))
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, check := range report.Checks {
		fmt.Fprintf(w, "%s\t%s\t%s\n", check.Kind, check.Result, vc.Explain(check, language.English))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if status, bad := map[vc.Outcome]errStatus{vc.NotInForce: 3, vc.Invalid: 4, vc.Inconclusive: 5}[report.Outcome]; bad {
		return status
	}
	return nil
}

// read returns the credential that the argument names.
func (v verify) read(s *streams) (string, error) {
	if strings.HasPrefix(v.Source, "https://") || strings.HasPrefix(v.Source, "http://") {
		return fetch(s.ctx, v.Source)
	}
	from, err := s.open(v.Source)
	if err != nil {
		return "", err
	}
	defer from.Close()
	b, err := io.ReadAll(io.LimitReader(from, vc.MaxBytes+1))
	return string(b), err
}

// fetch loads a credential that the operator names, from a verification page or
// from its file.
func fetch(ctx context.Context, address string) (string, error) {
	if file := "/" + app.Forms.Issued().File; strings.Contains(address, "/v/") && !strings.HasSuffix(address, file) {
		address += file
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	answer, err := (&http.Client{Timeout: 10 * time.Second}).Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", errors.New(address + " answers " + answer.Status)
	}
	b, err := io.ReadAll(io.LimitReader(answer.Body, vc.MaxBytes+1))
	return string(b), err
}
