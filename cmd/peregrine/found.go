package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/alliance"
	"github.com/peregrine-exchange/peregrine/ent/identity"
	entinstitution "github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/ent/provider"
	"github.com/peregrine-exchange/peregrine/ent/rolegrant"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/institution"
	registry "github.com/peregrine-exchange/peregrine/internal/provider"
	"github.com/peregrine-exchange/peregrine/internal/role"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// The first steps on an empty database, by the operator: an alliance with its
// first member, the provider of that member, and the first administrator, who
// does all else by the API.

type alliances struct {
	Found foundAlliance `cmd:"" help:"Found an alliance with its first members."`
}

type providers struct {
	Register registerProvider `cmd:"" help:"Register an identity provider, in force at once."`
}

type admins struct {
	Grant grantAdmin `cmd:"" help:"Make somebody who has signed in administrator of an alliance."`
}

type foundAlliance struct {
	File string `arg:"" help:"File with the alliance as JSON, or - for standard input; see peregrine help first-steps."`
}

// founding is the file.
type founding struct {
	Slug    string     `json:"slug"`
	Name    vocab.Text `json:"name"`
	Website string     `json:"website"`
	Members []struct {
		Part        membership.Part `json:"part"`
		SCHAC       string          `json:"schac"`
		Name        vocab.Text      `json:"name"`
		Acronym     string          `json:"acronym"`
		Country     string          `json:"country"`
		Town        vocab.Text      `json:"town"`
		ErasmusCode *string         `json:"erasmusCode"`
		PIC         *string         `json:"pic"`
		OID         *string         `json:"oid"`
		ROR         *string         `json:"ror"`
		DEQAR       *string         `json:"deqar"`
		Website     string          `json:"website"`
		Domains     []string        `json:"domains"`
		TimeZone    string          `json:"timeZone"`
	} `json:"members"`
}

// Run founds the alliance. Members that are here already are left out, so that
// a run that ended half way can be repeated.
func (f foundAlliance) Run(s *streams) error {
	var file founding
	if err := s.read(f.File, &file); err != nil {
		return err
	}
	return s.database(func(_ config.Config, db *storage.DB, _ *slog.Logger) error {
		ctx := viewer.AsSystem(s.ctx)
		service := &institution.Service{DB: db.Client, Now: time.Now}
		all, err := db.Client.Alliance.Query().Where(alliance.Slug(file.Slug)).Only(ctx)
		if ent.IsNotFound(err) {
			all, err = service.Found(ctx, institution.Founding{Slug: file.Slug, Name: file.Name, Website: file.Website, Bounds: institution.DefaultBounds})
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s\t%s\n", all.ID, all.Slug)
		for _, m := range file.Members {
			inst, err := db.Client.Institution.Query().Where(entinstitution.Schac(m.SCHAC)).Only(ctx)
			if ent.IsNotFound(err) {
				d := institution.Details{SCHAC: m.SCHAC, Name: m.Name, Acronym: m.Acronym, Country: m.Country, Town: m.Town, ErasmusCode: m.ErasmusCode,
					PIC: m.PIC, OID: m.OID, ROR: m.ROR, DEQAR: m.DEQAR, Website: m.Website, Domains: append([]string{}, m.Domains...), Zone: m.TimeZone}
				inst, err = service.Admit(ctx, institution.Admission{AllianceID: all.ID, Part: m.Part, Details: d})
			}
			if err != nil {
				return fmt.Errorf("%s: %w", m.SCHAC, err)
			}
			fmt.Fprintf(s.out, "%s\t%s\n", inst.ID, inst.Schac)
		}
		return nil
	})
}

type registerProvider struct {
	File string `arg:"" help:"File with the provider as JSON, or - for standard input; see peregrine help first-steps."`
}

// registration is the file.
type registration struct {
	Key                  string                        `json:"key"`
	Issuer               string                        `json:"issuer"`
	ClientID             string                        `json:"clientId"`
	ClientAuthentication provider.ClientAuthentication `json:"clientAuthentication"`
	ClientSecretRef      *string                       `json:"clientSecretRef"`
	Mode                 provider.Mode                 `json:"mode"`
	Scopes               []string                      `json:"scopes"`
	Algorithms           []string                      `json:"algorithms"`
	Claims               provider.Claims               `json:"claims"`
	ClaimNames           []registry.ClaimName          `json:"claimNames"`
	ACRValues            []registry.ACRValue           `json:"acrValues"`
	PromptLogin          bool                          `json:"promptLogin"`
	Homes                map[string]string             `json:"homes"` // domain to the home organisation of the institution
}

// Run registers the provider.
func (p registerProvider) Run(s *streams) error {
	file := registration{Mode: provider.ModeDIRECT, Scopes: []string{"openid", "profile", "email"}}
	if err := s.read(p.File, &file); err != nil {
		return err
	}
	return s.database(func(c config.Config, db *storage.DB, _ *slog.Logger) error {
		ctx := viewer.AsSystem(s.ctx)
		n := registry.Proposal{Key: file.Key, Issuer: file.Issuer, ClientID: file.ClientID, ClientAuthentication: file.ClientAuthentication,
			ClientSecretRef: file.ClientSecretRef, Mode: file.Mode, Scopes: file.Scopes, Algorithms: file.Algorithms, Claims: file.Claims,
			ClaimNames: file.ClaimNames, ACRValues: file.ACRValues, PromptLogin: file.PromptLogin}
		for domain, schac := range file.Homes {
			id, err := institutionOf(ctx, db, schac)
			if err != nil {
				return err
			}
			n.Homes = append(n.Homes, registry.Home{Domain: domain, InstitutionID: id})
		}
		service := &registry.Service{DB: db.Client, Now: time.Now, BaseURL: c.BaseURL, AllowHTTP: c.LocalProviders()}
		made, err := service.Register(ctx, n)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%s\t%s\nregister there as redirect URI: %s\n", made.ID, made.Key, service.RedirectURI(made))
		return err
	})
}

type grantAdmin struct {
	Issuer   string `required:"" help:"Issuer of the account with which they have signed in." placeholder:"ISS"`
	Subject  string `required:"" help:"Subject of the account." placeholder:"SUB"`
	Alliance string `required:"" help:"Short name of the alliance." placeholder:"KEY"`
}

// Run makes the person administrator of the alliance.
func (g grantAdmin) Run(s *streams) error {
	return s.database(func(_ config.Config, db *storage.DB, _ *slog.Logger) error {
		ctx := viewer.AsSystem(s.ctx)
		all, err := db.Client.Alliance.Query().Where(alliance.Slug(g.Alliance)).OnlyID(ctx)
		if ent.IsNotFound(err) {
			return fmt.Errorf("there is no alliance %q", g.Alliance)
		}
		if err != nil {
			return err
		}
		account, err := db.Client.Identity.Query().Where(identity.Issuer(g.Issuer), identity.Subject(g.Subject)).Only(ctx)
		if ent.IsNotFound(err) {
			return errors.New("nobody has signed in with that account yet; let them sign in once, then repeat this")
		}
		if err != nil {
			return err
		}
		role, err := s.administrator(db.Client, account.PersonID, all)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%s\t%s is administrator of %s\n", role, account.PersonID, g.Alliance)
		return err
	})
}

// administrator returns the person's role in the alliance, which it gives once.
func (s *streams) administrator(db *ent.Client, person, all ident.ID) (ident.ID, error) {
	ctx := viewer.AsSystem(s.ctx)
	held, err := db.RoleGrant.Query().Where(rolegrant.PersonID(person), rolegrant.AllianceID(all), rolegrant.RoleEQ(rolegrant.RoleALLIANCE_ADMINISTRATOR),
		authz.Held(time.Now())).FirstID(ctx)
	if err == nil || !ent.IsNotFound(err) {
		return held, err
	}
	made, err := (&role.Service{DB: db, Now: time.Now}).Grant(ctx, role.NewGrant{PersonID: person, Role: viewer.AllianceAdministrator, At: all})
	if err != nil {
		return "", err
	}
	return made.ID, nil
}

// institutionOf finds an institution by its home organisation.
func institutionOf(ctx context.Context, db *storage.DB, schac string) (ident.ID, error) {
	id, err := db.Client.Institution.Query().Where(entinstitution.Schac(schac)).OnlyID(ctx)
	if ent.IsNotFound(err) {
		return "", fmt.Errorf("there is no institution %q", schac)
	}
	return id, err
}

// open opens a file, or standard input for "-".
func (s *streams) open(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(s.in), nil
	}
	return os.Open(name)
}

// maxFile bounds a file of the operator.
const maxFile = 1 << 20

// read reads a file of JSON, or standard input for "-". A field that is not
// known is a slip of the pen and refused, and so is what follows the value.
func (s *streams) read(name string, into any) error {
	from, err := s.open(name)
	if err != nil {
		return err
	}
	defer from.Close()
	raw, err := io.ReadAll(io.LimitReader(from, maxFile))
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if d.More() {
		return fmt.Errorf("%s: something follows the value", name)
	}
	return nil
}
