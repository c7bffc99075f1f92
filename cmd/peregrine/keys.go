package main

import (
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/authn/token"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/credential"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

type keys struct {
	List   listKeys  `cmd:"" help:"List the keys of an institution, past and present."`
	Rotate rotateKey `cmd:"" help:"Retire the signing key and make a new one; what the old one signed stays valid."`

	Compromised compromisedKey `cmd:"" help:"Say that somebody else has a key: it signs no more, and only what is on record here stays genuine."`

	RotateExchange rotateExchange `cmd:"" help:"Replace the key that signs access tokens; it is replaced every 30 days by itself."`

	Reseal resealKeys `cmd:"" help:"Replace the key-encryption key: seal all that is sealed under the one in a file."`
}

type listKeys struct {
	Institution string `arg:"" help:"Home organisation, such as uni-hannover.de."`
}

// Run lists the keys.
func (k listKeys) Run(s *streams) error {
	return withKeys(s, k.Institution, func(c *credential.Service, inst ident.ID) error {
		all, err := c.PublishedKeys(s.ctx, inst)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "KEY\tALGORITHM\tSTATE\tFROM\tUNTIL")
		for _, key := range all {
			until := "–"
			if key.Stored.RetiredAt != nil {
				until = key.Stored.RetiredAt.Format(time.RFC3339)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", key.Stored.Kid, key.Stored.Algorithm, key.Stored.State, key.Stored.ActiveFrom.Format(time.RFC3339), until)
		}
		return w.Flush()
	})
}

type rotateKey struct {
	Institution string `arg:"" help:"Home organisation, such as uni-hannover.de."`
	Algorithm   string `help:"ES256, which every validator of badges takes, or EdDSA." enum:"EdDSA,ES256" default:"ES256"`
}

// Run rotates the key.
func (k rotateKey) Run(s *streams) error {
	return withKeys(s, k.Institution, func(c *credential.Service, inst ident.ID) error {
		key, err := c.RotateKey(viewer.AsSystem(s.ctx), inst, jose.Algorithm(k.Algorithm))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%s signs from now on\n", key.Kid)
		return err
	})
}

type compromisedKey struct {
	Institution string `arg:"" help:"Home organisation, such as uni-hannover.de."`
	Key         string `arg:"" help:"The key, as keys list names it."`
}

// Run marks the key.
func (k compromisedKey) Run(s *streams) error {
	return withKeys(s, k.Institution, func(c *credential.Service, inst ident.ID) error {
		key, err := c.Compromise(viewer.AsSystem(s.ctx), inst, k.Key)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%s is compromised; the next credential gets a new key\n", key.Kid)
		return err
	})
}

// withKeys opens the database and finds the institution.
func withKeys(s *streams, schac string, fn func(*credential.Service, ident.ID) error) error {
	return s.sealed(func(c config.Config, db *storage.DB, key keyring.KEK, _ *slog.Logger) error {
		inst, err := institutionOf(viewer.AsSystem(s.ctx), db, schac)
		if err != nil {
			return err
		}
		return fn(&credential.Service{DB: db.Client, Now: time.Now, KEK: key, BaseURL: c.BaseURL}, inst)
	})
}

type rotateExchange struct{}

// Run replaces the key. Tokens that are out stay good for their ten minutes.
func (rotateExchange) Run(s *streams) error {
	return s.sealed(func(c config.Config, db *storage.DB, kek keyring.KEK, log *slog.Logger) error {
		key, err := token.New(token.Options{DB: db.Client, Now: time.Now, KEK: kek, BaseURL: c.BaseURL, Log: log}).Rotate(viewer.AsSystem(s.ctx), nil)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%s signs access tokens from now on\n", key.Kid)
		return err
	})
}

type resealKeys struct {
	File string `arg:"" help:"File with the new key-encryption key; the settings name the old one."`
}

// Run seals everything under the new key, or nothing.
func (k resealKeys) Run(s *streams) error {
	text, err := config.ReadKey(k.File)
	if err != nil {
		return err
	}
	to, err := keyring.ParseKEK(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", k.File, err)
	}
	return s.database(func(c config.Config, db *storage.DB, _ *slog.Logger) error {
		made, already, err := app.Reseal(s.ctx, c, db, to)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%d sealed anew, %d were already; from now on all servers and commands need the key in %s (%s)\n", made, already, k.File, to.ID())
		return err
	})
}
