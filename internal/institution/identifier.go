package institution

import (
	"context"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// identifier is one of the names that others have for an institution.
type identifier struct {
	field string // of an input
	value *string
	check func(string, ...string) error
	is    func(string) predicate.Institution
	of    func(*ent.Institution) *string
}

type identifiers []identifier

// identifiers lists those that an institution has side by side. None is derived
// from another, and blanks count: they are stored as given.
func (d Details) identifiers() identifiers {
	all := identifiers{{"schac", &d.SCHAC, vocab.CheckDomain, institution.Schac, func(i *ent.Institution) *string { return &i.Schac }}}
	return append(all, optionalIdentifiers(d.ErasmusCode, d.PIC, d.OID, d.ROR, d.DEQAR)...)
}

// optionalIdentifiers are those that an institution may have or not. In an
// update nil leaves one as it is, and "" removes it.
func optionalIdentifiers(erasmus, pic, oid, ror, deqar *string) identifiers {
	return identifiers{
		{"erasmusCode", erasmus, vocab.CheckErasmus, institution.ErasmusCode, func(i *ent.Institution) *string { return i.ErasmusCode }},
		{"pic", pic, vocab.CheckPIC, institution.Pic, func(i *ent.Institution) *string { return i.Pic }},
		{"oid", oid, vocab.CheckOID, institution.Oid, func(i *ent.Institution) *string { return i.Oid }},
		{"ror", ror, vocab.CheckROR, institution.Ror, func(i *ent.Institution) *string { return i.Ror }},
		{"deqar", deqar, vocab.CheckDEQAR, institution.Deqar, func(i *ent.Institution) *string { return i.Deqar }},
	}
}

// check returns an INVALID problem at each identifier that is malformed.
func (ids identifiers) check(path ...string) error {
	var found []error
	for _, id := range ids {
		if id.value != nil && *id.value != "" {
			found = append(found, id.check(*id.value, append(slices.Clone(path), id.field)...))
		}
	}
	return problem.Join(found...)
}

var errTaken = problem.New(problem.Conflict, "another institution has this identifier already")

// free returns a CONFLICT problem at each identifier that an institution other
// than own has.
func (ids identifiers) free(ctx context.Context, tx *ent.Tx, own ident.ID, path ...string) error {
	var any []predicate.Institution
	for _, id := range ids {
		if id.value != nil && *id.value != "" {
			any = append(any, id.is(*id.value))
		}
	}
	if len(any) == 0 {
		return nil
	}
	others, err := tx.Institution.Query().Where(institution.Or(any...), institution.IDNEQ(own)).All(ctx)
	if err != nil {
		return err
	}
	var found []error
	for _, id := range ids {
		if slices.ContainsFunc(others, func(o *ent.Institution) bool {
			theirs := id.of(o)
			return id.value != nil && *id.value != "" && theirs != nil && *theirs == *id.value
		}) {
			found = append(found, errTaken.At(append(slices.Clone(path), id.field)...))
		}
	}
	return problem.Join(found...)
}
