package pages

import (
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Rights shows auditors who may do what: each right with its roles, and each
// role with its rights.
type Rights struct {
	Chrome
	Rights    []authz.Right
	Roles     []RoleRights
	UnitRoles []viewer.Role // that may be held at a unit
	UnitVerbs []authz.Verb  // that these carry there
}

// RoleRights are the rights that a role carries.
type RoleRights struct {
	Role  viewer.Role
	Verbs []authz.Verb
}

// Visibility shows auditors who sees which rows.
type Visibility struct {
	Chrome
	Entities []authz.Sight
}
