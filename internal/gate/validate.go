package gate

import (
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// quiet are the rules that would guess what the caller meant, by name, and
// their twins that do not: guessing takes time and tells of hidden names.
var quiet = map[string]validator.Rule{
	rules.FieldsOnCorrectTypeRule.Name: rules.FieldsOnCorrectTypeRuleWithoutSuggestions,
	rules.KnownArgumentNamesRule.Name:  rules.KnownArgumentNamesRuleWithoutSuggestions,
	rules.KnownTypeNamesRule.Name:      rules.KnownTypeNamesRuleWithoutSuggestions,
	rules.ScalarLeafsRule.Name:         rules.ScalarLeafsRuleWithoutSuggestions,
	rules.ValuesOfCorrectTypeRule.Name: rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
}

// enough ends a validation that has found as many errors as are shown.
type enough struct{}

// validate returns the first MaxErrors faults of doc against schema, and links
// doc to the definitions of schema.
func validate(schema *ast.Schema, doc *ast.QueryDocument) (found gqlerror.List) {
	defer func() {
		if v := recover(); v != nil && v != (enough{}) {
			panic(v)
		}
	}()
	bounded := rules.NewRules()
	for name, check := range rules.NewDefaultRules().GetInner() {
		if twin, has := quiet[name]; has {
			check = twin.RuleFunc
		}
		bounded.AddRule(name, func(observers *validator.Events, _ validator.AddErrFunc) {
			check(observers, func(options ...validator.ErrorOption) {
				err := &gqlerror.Error{Rule: name}
				for _, option := range options {
					option(err)
				}
				err.Message = cut(err.Message)
				errcode.Set(err, errcode.ValidationFailed)
				if found = append(found, err); len(found) == MaxErrors {
					panic(enough{})
				}
			})
		})
	}
	validator.ValidateWithRules(schema, doc, bounded)
	return found
}
