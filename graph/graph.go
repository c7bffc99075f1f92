// Package graph is the GraphQL face of Peregrine: the schema by hand, thin
// resolvers, one place that turns problems into answers.
package graph
