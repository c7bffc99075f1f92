package graph

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/graph/model"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/storage"
	"github.com/peregrine-exchange/peregrine/internal/telemetry"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// Presenter renders an error of a query, or an unexpected one of a mutation.
func Presenter(problems storage.Reporter) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		var out *gqlerror.Error
		if errors.As(err, &out) && out.Err == nil {
			return out // of gqlgen or the gate, rendered already
		}
		p := problems.Report(ctx, err, graphql.GetPath(ctx).String())[0]
		extensions := p.Extensions()
		extensions["requestId"] = telemetry.RequestID(ctx)
		return &gqlerror.Error{Message: p.In(languageOf(ctx)), Path: graphql.GetPath(ctx), Extensions: extensions}
	}
}

// Refusals answers the expected refusal of a mutation as data in the errors of
// its payload, so that resolvers just return it.
type Refusals struct{ Problems storage.Reporter }

// ExtensionName is part of gqlgen's HandlerExtension.
func (Refusals) ExtensionName() string { return "Refusals" }

// Validate is part of gqlgen's HandlerExtension.
func (Refusals) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptField is gqlgen's FieldInterceptor.
func (r Refusals) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	answer, err := next(ctx)
	if err == nil || graphql.GetFieldContext(ctx).Object != "Mutation" {
		return answer, err
	}
	all, fault := storage.Problems(err)
	if fault {
		return nil, err // the presenter reports it
	}
	refusals := make([]model.UserError, len(all))
	for i, p := range all {
		switch p.Code {
		case problem.Invalid, problem.Forbidden, problem.NotFound, problem.Conflict:
			refusals[i] = userError(p, languageOf(ctx))
		default:
			return nil, p
		}
	}
	r.Problems.Report(ctx, err, graphql.GetPath(ctx).String())
	return answer.(model.Refusable).Refused(refusals), nil // resolvers return a nil payload beside an error
}

// userError gives a problem the type that fits its detail.
func userError(p *problem.Error, in language.Tag) model.UserError {
	field := p.Field
	if field == nil {
		field = []string{}
	}
	message := p.In(in)
	switch d := p.Detail().(type) {
	case problem.Transition:
		e := &model.StateError{Code: p.Code, Message: message, Field: field, From: d.From}
		if d.To != "" {
			e.To = &d.To
		}
		return e
	case problem.Window:
		return &model.DeadlineError{Code: p.Code, Message: message, Field: field, OpensAt: d.OpensAt, ClosesAt: d.ClosesAt, TimeZone: d.Zone}
	case problem.Seats:
		return &model.CapacityError{Code: p.Code, Message: message, Field: field, Seats: int(d)}
	case problem.Version:
		return &model.VersionError{Code: p.Code, Message: message, Field: field, Version: int(d)}
	case problem.Right:
		return &model.PermissionError{Code: p.Code, Message: message, Field: field, Right: string(d)}
	}
	return &model.GeneralError{Code: p.Code, Message: message, Field: field}
}

func languageOf(ctx context.Context) language.Tag {
	if v := viewer.From(ctx); v != nil {
		return v.Language
	}
	return language.English
}
