// Package ent is the stored model. All of it is generated from ent/schema,
// except this file, the schema and the template.
package ent

//go:generate go tool ent generate --feature sql/versioned-migration,sql/modifier,intercept --template ./template ./schema
