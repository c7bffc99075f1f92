package model

import "github.com/peregrine-exchange/peregrine/internal/ident"

// ProviderDomain is a home organisation that a provider may assert.
type ProviderDomain struct {
	Domain        string
	InstitutionID ident.ID
	Proposed      bool
}
