// Package ent is the stored model. All of it is generated from ent/schema,
// except this file, the schema and the templates. A function that ent makes and
// nobody uses is taken out again; see internal/slim.
package ent

//go:generate go tool ent generate --feature sql/versioned-migration,sql/modifier,intercept --template ./template ./schema
//go:generate go run ../internal/slim ..
