package main

import (
	"fmt"

	"github.com/peregrine-exchange/peregrine/graph"
	"github.com/peregrine-exchange/peregrine/internal/authz"
)

type schema struct {
	Part string `arg:"" optional:"" default:"graphql" enum:"graphql,rights,visibility" help:"graphql: the GraphQL schema; rights: who may do what; visibility: who sees what."`
}

// Run prints the GraphQL schema, or a table of who may do or see what, as text.
func (c schema) Run(s *streams) error {
	switch c.Part {
	case "rights":
		return authz.PrintRights(s.out)
	case "visibility":
		return authz.PrintVisibility(s.out)
	}
	_, err := fmt.Fprint(s.out, graph.SDL())
	return err
}
