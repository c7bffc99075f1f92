package gate

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strconv"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// refusal makes p an error of GraphQL, with its extensions.
func refusal(p *problem.Error) *gqlerror.Error {
	return &gqlerror.Error{Message: p.Error(), Err: p, Extensions: p.Extensions()}
}

func unknownDocument() *problem.Error {
	return problem.New(problem.NotFound, "no document is registered under this documentId")
}

// ended says why an operation stopped before it was done.
func ended(ctx context.Context) *problem.Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return problem.New(problem.Unavailable, "the operation took too long and was ended")
	}
	return problem.New(problem.Unavailable, "the operation was cancelled")
}

// present is the error presenter of the executor.
func (g *gate) present(ctx context.Context, err error) *gqlerror.Error {
	located, isLocated := errors.AsType[*gqlerror.Error](err)
	if isLocated && isUnfit(located) {
		return unfit(located)
	}
	if problem.All(err) == nil && ctx.Err() != nil {
		// What fails after the end fails because of it, whatever a driver calls it.
		late := refusal(ended(ctx).Because(err))
		late.Path = graphql.GetPath(ctx)
		if isLocated {
			late.Path, late.Locations = located.Path, located.Locations
		}
		err, located, isLocated = late, late, true
	}
	shown := g.show(ctx, err)
	if shown == nil {
		shown = refusal(internal())
	}
	if isLocated && problem.All(err) != nil {
		// Copied, because the owner may hand out the same error twice.
		whole := *shown
		whole.Extensions = maps.Clone(located.Extensions)
		if whole.Extensions == nil {
			whole.Extensions = map[string]any{}
		}
		maps.Copy(whole.Extensions, shown.Extensions)
		shown = &whole
	}
	return shown
}

// isUnfit reports whether err says that a document or its variables do not fit
// the grammar or the schema.
func isUnfit(err *gqlerror.Error) bool {
	code := err.Extensions["code"]
	return code == errcode.ParseFailed || code == errcode.ValidationFailed
}

// unfit shows such an error: INVALID, short, and with the path of a variable as
// field, because path is for fields of the answer.
func unfit(err *gqlerror.Error) *gqlerror.Error {
	extensions := map[string]any{"code": string(problem.Invalid)}
	if field := fieldOf(err.Path); field != nil {
		extensions["field"] = field
	}
	return &gqlerror.Error{Message: cut(err.Message), Locations: err.Locations, Extensions: extensions}
}

// fieldOf turns gqlparser's path of a variable into the one of our problems.
func fieldOf(path ast.Path) []string {
	if len(path) == 0 {
		return nil
	}
	field := make([]string, 0, len(path))
	for _, step := range path {
		switch step := step.(type) {
		case ast.PathName:
			field = append(field, string(step))
		case ast.PathIndex:
			field = append(field, strconv.Itoa(int(step)))
		}
	}
	if field[0] == "variable" {
		field[0] = "variables"
	}
	return field
}

// cut shortens text to MaxMessage characters.
func cut(text string) string {
	if utf8.RuneCountInString(text) <= MaxMessage {
		return text
	}
	return string([]rune(text)[:MaxMessage-1]) + "…"
}

// each returns all errors of a document where gqlgen, which has room for one,
// was given them as the cause of one.
func each(errs gqlerror.List) gqlerror.List {
	if len(errs) == 1 {
		if all, ok := errs[0].Err.(gqlerror.List); ok {
			errs = all
		}
	}
	return errs[:min(len(errs), MaxErrors)]
}

func internal() *problem.Error { return problem.New(problem.Internal, "internal error") }

// show is the presenter of an owner who has none.
func show(ctx context.Context, err error) *gqlerror.Error {
	var p *problem.Error
	if all := problem.All(err); len(all) > 0 {
		p = all[0]
	} else {
		slog.ErrorContext(ctx, "fault", "err", err)
		p = internal()
	}
	shown := refusal(p)
	if located, ok := errors.AsType[*gqlerror.Error](err); ok {
		shown.Path, shown.Locations = located.Path, located.Locations
	}
	return shown
}
