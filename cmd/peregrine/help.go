package main

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"text/tabwriter"

	"github.com/peregrine-exchange/peregrine/internal/app"
	"github.com/peregrine-exchange/peregrine/internal/budget"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
)

// The handbook, a chapter a file. The first line is the title.
//
//go:embed help/*.txt
var handbook embed.FS

type help struct {
	Topic string `arg:"" optional:"" help:"Chapter to show."`
}

// Run shows a chapter, or lists them all.
func (h help) Run(s *streams) error {
	if h.Topic == "" {
		return list(s)
	}
	text, err := handbook.ReadFile("help/" + h.Topic + ".txt")
	if err != nil {
		_ = list(s)
		return fmt.Errorf("the handbook has no chapter %q", h.Topic)
	}
	fmt.Fprint(s.out, string(text))
	switch h.Topic {
	case "configuration":
		return settings(s)
	case "privacy":
		return printPrivacy(s.out)
	case "limits":
		return budget.Print(s.out)
	case "events":
		return ledger.Print(s.out, app.Verbs())
	}
	return nil
}

func list(s *streams) error {
	files, err := fs.Glob(handbook, "help/*.txt")
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, f := range files {
		text, err := handbook.ReadFile(f)
		if err != nil {
			return err
		}
		title, _, _ := strings.Cut(string(text), "\n")
		fmt.Fprintf(w, "%s\t%s\n", strings.TrimSuffix(strings.TrimPrefix(f, "help/"), ".txt"), title)
	}
	return w.Flush()
}

// settings prints the table of settings from the code that reads them.
func settings(s *streams) error {
	for _, setting := range config.Settings() {
		fmt.Fprintf(s.out, "\n%s\n    %s\n", setting.Name, setting.Description)
		if setting.Default != "" {
			fmt.Fprintf(s.out, "    default: %s\n", setting.Default)
		}
	}
	return nil
}
