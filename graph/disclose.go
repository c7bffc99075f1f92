package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/enrolment"
	"github.com/peregrine-exchange/peregrine/internal/learner"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
	"github.com/peregrine-exchange/peregrine/internal/relay"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Disclosing notes what an operation reads of people: nothing is answered of
// which that is not noted.
type Disclosing struct {
	Privacy  *privacy.Service
	Problems storage.Reporter
}

// ExtensionName is part of gqlgen's HandlerExtension.
func (Disclosing) ExtensionName() string { return "Disclosing" }

// Validate is part of gqlgen's HandlerExtension.
func (Disclosing) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptResponse is gqlgen's ResponseInterceptor.
func (d Disclosing) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	if viewer.From(ctx).Kind == viewer.Anonymous || graphql.GetOperationContext(ctx).Operation == nil { // refused before it ran
		return next(ctx)
	}
	var answer *graphql.Response
	err := d.Privacy.Disclose(ctx, purposeOf(graphql.GetOperationContext(ctx)), func(ctx context.Context) { answer = next(ctx) })
	if err != nil {
		return &graphql.Response{Errors: gqlerror.List{Presenter(d.Problems)(ctx, err)}}
	}
	return answer
}

// purposeOf is the operation's name, or its first field.
func purposeOf(operation *graphql.OperationContext) string {
	if name := operation.Operation.Name; name != "" {
		return name
	}
	for _, selected := range operation.Operation.SelectionSet {
		if f, ok := selected.(*ast.Field); ok {
			return f.Name
		}
	}
	return string(operation.Operation.Operation)
}

// sights returns what the viewer sees of each person's profile.
func (r *Resolver) sights(ctx context.Context, people []*ent.Person) ([]*privacy.Sight, error) {
	found, err := lookUp(ctx, sightOfPerson, relay.Keys(people, (*ent.Person).NodeID), r.Privacy.Sights)
	return each(people, func(p *ent.Person) *privacy.Sight { return found[p.ID] }), err
}

// profiled is a field of a person's profile.
type profiled struct {
	field vocab.PersonalField
	of    func(*ent.Profile) *string
}

// profile holds the fields of a person that come from their profile.
var profile = map[string]profiled{
	"displayName": {vocab.FieldName, func(p *ent.Profile) *string { return vocab.Given(learner.FullName(p)) }},
	"givenName":   {vocab.FieldName, func(p *ent.Profile) *string { return vocab.Given(p.GivenName) }},
	"familyName":  {vocab.FieldName, func(p *ent.Profile) *string { return vocab.Given(p.FamilyName) }},
	"email":       {vocab.FieldEmail, func(p *ent.Profile) *string { return p.Email }},
	"esi":         {vocab.FieldStudentIdentifier, func(p *ent.Profile) *string { return p.Esi }},
}

// profileField returns one field of each person's profile; nil where the viewer
// does not see it.
func (r *Resolver) profileField(ctx context.Context, people []*ent.Person, name string) ([]*string, error) {
	sights, err := r.sights(ctx, people)
	if err != nil {
		return nil, err
	}
	return profile[name].read(ctx, sights)
}

// read reads the field in each profile, which is noted.
func (f profiled) read(ctx context.Context, sights []*privacy.Sight) (values []*string, err error) {
	values = make([]*string, len(sights))
	for i := 0; err == nil && i < len(sights); i++ {
		values[i], err = sights[i].Read(ctx, f.field, f.of)
	}
	return values, err
}

// shown returns a field that stands with each application; nil where the viewer
// does not see it. Whether a seat is still taken matters for those that have one.
func (r *Resolver) shown(ctx context.Context, apps []*ent.Application, f vocab.PersonalField, of func(*ent.Application) *string) ([]*string, error) {
	var admitted []*ent.Application
	for _, app := range apps {
		if of(app) != nil && app.State == application.StateADMITTED && app.LearnerID != viewer.From(ctx).PersonID {
			admitted = append(admitted, app)
		}
	}
	found, err := r.enrolmentOf(ctx, admitted)
	if err != nil {
		return nil, err
	}
	seats := map[*ent.Application]*enrolment.State{}
	for i, app := range admitted {
		if found[i] != nil {
			seats[app] = &found[i].State
		}
	}
	values := make([]*string, len(apps))
	for i, app := range apps {
		if of(app) == nil {
			continue
		}
		switch seen, err := privacy.ReadApplication(ctx, app, seats[app], f); {
		case err != nil:
			return nil, err
		case seen:
			values[i] = of(app)
		}
	}
	return values, nil
}
