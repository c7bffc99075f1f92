package institution

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/institutionname"
	"github.com/peregrine-exchange/peregrine/ent/providerhome"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Threat: a member that is called like another one, or has a domain of its, gets
// the other one's people to sign in with it: the chooser shows the two alike, and
// finds both by an e-mail address. So no two institutions look alike by a name or
// a domain, in whatever letters, and none has a domain within another's. Acronyms
// may be shared, since a few letters often are; none looks like another's name.

// naming is what people go by when they choose an institution.
type naming struct {
	name           vocab.Text
	acronym, schac string
	domains        []string
}

var (
	errLooks  = problem.New(problem.Conflict, "another institution has this name or domain, or one that looks like it")
	errWithin = problem.New(problem.Conflict, "another institution has this domain, or one above or below it")
	errSuffix = problem.New(problem.Invalid, "this is a public suffix, below which anybody may have a domain")
)

// checkOwn returns an INVALID problem for a domain that can be nobody's own.
func checkOwn(domain string, field ...string) error {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return problem.If(suffix == domain, errSuffix.At(field...))
}

// within says whether one domain is the other, or below it.
func within(a, b string) bool {
	return a == b || strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a)
}

// claim is something that one institution alone has: the field that says so, and
// the digest of what it looks like.
type claim struct{ field, key string }

// claims lists each look once: an institution may be called like its own domain.
func (n naming) claims() (all []claim) {
	add := func(field, text string) {
		key := lookKey(text)
		if !slices.ContainsFunc(all, func(c claim) bool { return c.key == key }) {
			all = append(all, claim{field, key})
		}
	}
	add("schac", n.schac)
	for _, t := range n.name.Translations() {
		add("name", t.Text)
	}
	for _, d := range n.domains {
		add("domains", d)
	}
	return all
}

// lookKey is the digest of what a text looks like; of one without letters, such as
// an emoji, of itself.
func lookKey(text string) string { return storage.Digest("look:" + cmp.Or(vocab.Skeleton(text), text)) }

// free returns a CONFLICT problem at each field, below path, that looks like
// what an institution other than own has, or is within its domains. Whoever takes
// a domain within the same one at the same moment waits.
func (n naming) free(ctx context.Context, tx *ent.Tx, own ident.ID, path ...string) error {
	ctx = viewer.AsSystem(ctx) // what is taken need not be visible
	if err := n.hold(ctx, tx); err != nil {
		return err
	}
	at := func(field string) []string { return append(slices.Clone(path), field) }
	claims := n.claims()
	if n.acronym != "" {
		claims = append(claims, claim{"acronym", lookKey(n.acronym)})
	}
	taken, err := tx.InstitutionName.Query().Where(institutionname.KeyIn(vocab.Each(claims, func(c claim) string { return c.key })...),
		institutionname.InstitutionIDNEQ(own)).All(ctx)
	if err != nil {
		return err
	}
	theirs, err := others(ctx, tx, own)
	if err != nil {
		return err
	}
	var found []error
	refused := map[string]bool{}
	for field, d := range n.homes {
		for _, other := range theirs {
			switch {
			case refused[field]:
			case within(d, other):
				refused[field], found = true, append(found, errWithin.At(at(field)...))
			case vocab.Skeleton(d) == vocab.Skeleton(other):
				refused[field], found = true, append(found, errLooks.At(at(field)...))
			}
		}
	}
	for _, c := range claims {
		if !refused[c.field] && slices.ContainsFunc(taken, func(t *ent.InstitutionName) bool { return t.Key == c.key }) {
			refused[c.field], found = true, append(found, errLooks.At(at(c.field)...))
		}
	}
	return problem.Join(found...)
}

// homes goes through the home organisation and the domains, each with its field.
func (n naming) homes(yield func(field, domain string) bool) {
	if !yield("schac", n.schac) {
		return
	}
	for _, d := range n.domains {
		if !yield("domains", d) {
			return
		}
	}
}

// others returns the domains of all other institutions, and those for which
// their providers speak.
func others(ctx context.Context, tx *ent.Tx, own ident.ID) (all []string, err error) {
	rows, err := tx.Institution.Query().Where(institution.IDNEQ(own)).Select(institution.FieldSchac, institution.FieldDomains).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, other := range rows {
		all = append(append(all, other.Schac), other.Domains...)
	}
	homes, err := tx.ProviderHome.Query().Where(providerhome.InstitutionIDNEQ(own)).Select(providerhome.FieldDomain).All(ctx)
	for _, h := range homes {
		all = append(all, h.Domain)
	}
	return all, err
}

// hold makes everybody wait who takes a domain within the same registrable ones:
// that a domain is above another no unique key can say.
func (n naming) hold(ctx context.Context, tx *ent.Tx) error {
	var keys []string
	for _, d := range n.homes {
		registrable, err := publicsuffix.EffectiveTLDPlusOne(d)
		if err != nil {
			continue // it is refused
		}
		keys = append(keys, storage.Digest("below:"+registrable))
	}
	slices.Sort(keys) // so that two never wait for one another
	for _, key := range slices.Compact(keys) {
		held := tx.InstitutionName.Update().Where(institutionname.Key(key)).SetUpdatedAt(vocab.Now(time.Now))
		if n, err := held.Save(ctx); err != nil || n > 0 {
			if err != nil {
				return err
			}
			continue
		}
		if err := tx.InstitutionName.Create().SetKey(key).Exec(ctx); storage.IsDuplicate(err) { // by who waits no longer
			if err := storage.Hold(ctx, tx.InstitutionName.Update().Where(institutionname.Key(key))); err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
	}
	return nil
}

// take writes down what the institution is called, in the place of what it was.
// It returns a CONFLICT problem at what another one has taken at the same moment.
func (n naming) take(ctx context.Context, tx *ent.Tx, own ident.ID, path ...string) error {
	ctx = viewer.AsSystem(ctx)
	had, err := tx.InstitutionName.Query().Where(institutionname.InstitutionID(own)).All(ctx)
	if err != nil {
		return err
	}
	claims := n.claims()
	for _, old := range had {
		if !slices.ContainsFunc(claims, func(c claim) bool { return c.key == old.Key }) {
			if err := tx.InstitutionName.DeleteOne(old).Exec(ctx); err != nil {
				return err
			}
		}
	}
	for _, c := range claims {
		if slices.ContainsFunc(had, func(old *ent.InstitutionName) bool { return old.Key == c.key }) {
			continue
		}
		err := tx.InstitutionName.Create().SetKey(c.key).SetInstitutionID(own).Exec(ctx)
		if err := storage.IfTaken(err, errLooks.At(append(slices.Clone(path), c.field)...)); err != nil {
			return err
		}
	}
	return nil
}
