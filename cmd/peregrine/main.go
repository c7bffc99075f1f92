// Command peregrine is the exchange: server, migrations and tools in one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // deadlines have zones, also where the machine has no zone files

	"github.com/alecthomas/kong"

	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/telemetry"
)

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// cli lists the subcommands; each has a file of its own.
type cli struct {
	Config string `help:"File of PEREGRINE_…=VALUE lines; the environment goes over it." type:"path" placeholder:"FILE"`

	Serve    serve      `cmd:"" help:"Serve the exchange."`
	Migrate  migrate    `cmd:"" help:"Bring the database to the schema of this binary."`
	Seed     seedDemo   `cmd:"" help:"Fill an empty database with the demo alliance."`
	Import   importing  `cmd:"" help:"Import courses from a file."`
	Keys     keys       `cmd:"" help:"List or rotate the signing keys of an institution."`
	Token    askToken   `cmd:"" help:"Get an access token for a program, or make its key."`
	Verify   verify     `cmd:"" help:"Verify a credential from a file, an address or standard input."`
	Schema   schema     `cmd:"" help:"Print the GraphQL schema, or who may do and see what."`
	Version  versionCmd `cmd:"" help:"Print the version."`
	Help     help       `cmd:"" help:"Show a chapter of the handbook, or list them."`
	Alliance alliances  `cmd:"" help:"Found an alliance."`
	Provider providers  `cmd:"" help:"Register an identity provider."`
	Work     works      `cmd:"" help:"List what servers have to do later, have it tried again, or drop it."`
	Privacy  privacies  `cmd:"" help:"Export or erase a person on their behalf, and erase again whom a backup has brought back."`
	Admin    admins     `cmd:"" help:"Make the first administrator of an alliance."`
	Draw     draws      `cmd:"" help:"Verify the draw by which seats were given."`
	Audit    audits     `cmd:"" help:"Verify that the audit is as it was sealed."`
}

// streams are where a subcommand reads and writes.
type streams struct {
	ctx     context.Context
	in      io.Reader
	out     io.Writer
	err     io.Writer
	environ []string
	file    string
}

// config loads the settings and tells which database they name, since one that
// was not exported leaves the default. A subcommand that opens none never asks.
func (s *streams) config() (config.Config, *slog.Logger, error) {
	c, err := config.Load(s.file, s.environ)
	if err != nil {
		return c, nil, fmt.Errorf("the configuration has faults:\n%w", err)
	}
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // config has checked it
	forPeople := c.LogFormat == "text" || c.LogFormat == "auto" && terminal(s.err)
	log := telemetry.NewLogger(s.err, level, forPeople)
	slog.SetDefault(log)
	log.Info("database: " + c.Database.Where())
	return c, log, nil
}

// database loads the settings, opens the database with its schema current, and
// runs fn on it.
func (s *streams) database(fn func(config.Config, *storage.DB, *slog.Logger) error) error {
	c, log, err := s.config()
	if err != nil {
		return err
	}
	db, err := app.Open(s.ctx, c)
	if err != nil {
		return err
	}
	defer db.Close()
	return fn(c, db, log)
}

// sealed is database for commands that make or use keys.
func (s *streams) sealed(fn func(config.Config, *storage.DB, keyring.KEK, *slog.Logger) error) error {
	c, log, err := s.config()
	if err != nil {
		return err
	}
	db, key, err := app.OpenSealed(s.ctx, c)
	if err != nil {
		return err
	}
	defer db.Close()
	return fn(c, db, key, log)
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// errStatus ends the program with a status of its own, its message being said.
type errStatus int

func (e errStatus) Error() string { return fmt.Sprintf("status %d", int(e)) }

// run is main with its surroundings as arguments, so that tests can start it.
func run(args, environ []string, in io.Reader, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	exited := -1
	parser, err := kong.New(&c, kong.Name("peregrine"), kong.Writers(out, errs), kong.UsageOnError(),
		kong.Description("The exchange on which universities share courses and recognise what learners did elsewhere."),
		kong.Exit(func(code int) { exited = code }))
	if err != nil {
		fmt.Fprintln(errs, err)
		return 2
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		fmt.Fprintf(errs, "peregrine: %v\nTry: peregrine --help\n", err)
		return 2
	}
	s := &streams{ctx: ctx, in: in, out: out, err: errs, environ: environ, file: c.Config}
	if err := parsed.Run(s); err != nil {
		var status errStatus
		if errors.As(err, &status) {
			return int(status)
		}
		fmt.Fprintf(errs, "peregrine: %v\n", err)
		return 1
	}
	return 0
}

type versionCmd struct{}

// Run prints the version and what it was built of.
func (versionCmd) Run(s *streams) error {
	version, revision := "development", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if v := info.Main.Version; v != "" && v != "(devel)" {
			version = v
		}
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				revision = " " + setting.Value
			}
		}
		_, err := fmt.Fprintf(s.out, "peregrine %s%s (%s)\n", version, revision, info.GoVersion)
		return err
	}
	_, err := fmt.Fprintf(s.out, "peregrine %s\n", version)
	return err
}
