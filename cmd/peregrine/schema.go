package main

import (
	"fmt"

	"github.com/peregrine-exchange/peregrine/graph"
)

type schema struct{}

// Run prints the GraphQL schema as text.
func (schema) Run(s *streams) error {
	_, err := fmt.Fprint(s.out, graph.SDL())
	return err
}
