package institution

import (
	"context"
	"maps"
	"slices"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/institution"
	"github.com/peregrine-exchange/peregrine/ent/membership"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// protection is how an institution has a protection: the field that says so,
// whether it has it, how it is given it, and whether an update takes it away.
type protection struct {
	field  string
	has    func(*ent.Institution) bool
	give   func(*ent.InstitutionUpdateOne)
	lowers func(Update) bool
}

var protections = map[vocab.Protection]protection{
	vocab.ProtectionStepUp: {
		"stepUp",
		func(i *ent.Institution) bool { return i.StepUp == vocab.StepUpRequired },
		func(u *ent.InstitutionUpdateOne) { u.SetStepUp(vocab.StepUpRequired) },
		func(u Update) bool { return isOther(u.StepUp, vocab.StepUpRequired) },
	},
	vocab.ProtectionCourseReview: {
		"courseReview",
		func(i *ent.Institution) bool { return i.CourseReview == institution.CourseReviewREQUIRED },
		func(u *ent.InstitutionUpdateOne) { u.SetCourseReview(institution.CourseReviewREQUIRED) },
		func(u Update) bool { return isOther(u.CourseReview, institution.CourseReviewREQUIRED) },
	},
	vocab.ProtectionResultConfirmation: {
		"resultConfirmation",
		func(i *ent.Institution) bool { return i.ResultConfirmation == institution.ResultConfirmationREQUIRED },
		func(u *ent.InstitutionUpdateOne) {
			u.SetResultConfirmation(institution.ResultConfirmationREQUIRED)
		},
		func(u Update) bool {
			return isOther(u.ResultConfirmation, institution.ResultConfirmationREQUIRED)
		},
	},
}

// isOther says whether a value is given and is not the one.
func isOther[T comparable](given *T, one T) bool { return given != nil && *given != one }

// belongs are the memberships by which an alliance's minimum holds.
func belongs() []membership.State {
	return []membership.State{membership.StateACTIVE, membership.StateSUSPENDED}
}

// protect gives an institution the protections that it lacks.
func protect(ctx context.Context, tx *ent.Tx, id ident.ID, required []vocab.Protection) error {
	inst, err := storage.Held(ctx, tx.Institution, id)
	if err != nil {
		return err
	}
	var given []string
	update := tx.Institution.UpdateOneID(id)
	for _, name := range required {
		if p := protections[name]; !p.has(inst) {
			p.give(update)
			given = append(given, p.field)
		}
	}
	if len(given) == 0 {
		return nil
	}
	if err := update.Exec(ctx); err != nil {
		return err
	}
	noted := ofInstitution(inst)
	noted.Payload.Fields = given
	return ledger.Note(ctx, tx, toProtect, noted)
}

// protectMembers gives all members of an alliance, which the caller holds, what
// they lack of the protections.
func protectMembers(ctx context.Context, tx *ent.Tx, of ident.ID, required []vocab.Protection) error {
	if len(required) == 0 {
		return nil
	}
	members, err := tx.Membership.Query().Where(membership.AllianceID(of), membership.StateIn(belongs()...)).Order(membership.ByInstitutionID()).All(ctx)
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := protect(ctx, tx, m.InstitutionID, required); err != nil {
			return err
		}
	}
	return nil
}

// protectMember gives an institution that becomes a member what it lacks.
func protectMember(ctx context.Context, tx *ent.Tx, of, id ident.ID) error {
	ctx = viewer.AsSystem(ctx)
	a, err := storage.Held(ctx, tx.Alliance, of) // so that what it asks for does not change meanwhile
	if err != nil {
		return err
	}
	return protect(ctx, tx, id, a.MemberProtections)
}

// keeps returns a CONFLICT problem at each protection that a member may not
// lower. It holds the alliances that it asks.
func (u Update) keeps(ctx context.Context, tx *ent.Tx) error {
	lowers := func(p protection) bool { return p.lowers(u) }
	if !slices.ContainsFunc(slices.Collect(maps.Values(protections)), lowers) {
		return nil
	}
	ctx = viewer.AsSystem(ctx)
	members, err := tx.Membership.Query().Where(membership.InstitutionID(u.InstitutionID), membership.StateIn(belongs()...)).Order(membership.ByAllianceID()).All(ctx)
	if err != nil {
		return err
	}
	var found []error
	for _, m := range members {
		a, err := storage.Held(ctx, tx.Alliance, m.AllianceID)
		if err != nil {
			return err
		}
		for _, name := range a.MemberProtections {
			p := protections[name]
			found = append(found, problem.If(p.lowers(u),
				problem.New(problem.Conflict, "the alliance %s asks this of all its members", a.Slug).At("input", p.field)))
		}
	}
	return problem.Join(found...)
}
