// Package problem holds the errors that a caller of Peregrine may see. Every
// other error is a fault: it goes to the log and the caller learns only a
// request id.
package problem

import (
	"errors"
	"log/slog"
	"slices"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/lang"
)

// Code says what kind of problem it is. The set is small, stable and part of
// the API (ErrorCode in the GraphQL schema).
type Code string

// The codes.
const (
	Invalid         Code = "INVALID"          // the input breaks a rule; Field names where
	Unauthenticated Code = "UNAUTHENTICATED"  // sign in first
	Forbidden       Code = "FORBIDDEN"        // signed in, but without the right
	StepUpRequired  Code = "STEP_UP_REQUIRED" // signed in and with the right, but not by a second factor
	NotFound        Code = "NOT_FOUND"        // missing, or not visible to the viewer
	Conflict        Code = "CONFLICT"         // the thing is in another state, or has just changed
	Limited         Code = "LIMITED"          // too much, too often, too large
	Unavailable     Code = "UNAVAILABLE"      // try again later
	Internal        Code = "INTERNAL"         // a fault of ours
)

// Error is one problem. Its text is an English format that is also its key in
// package lang, so that In can say it in another language.
type Error struct {
	Code   Code
	Field  []string // path into the input, such as ["input", "ects"]; empty when it concerns the whole
	format string
	args   []any
	detail Detail
	cause  error
}

// New makes a problem. format and args are those of fmt.Sprintf; the format is
// a complete sentence part in lower case that names the thing, its state and
// what would help.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, format: format, args: args}
}

// At returns a copy of e that names the input field at path.
func (e *Error) At(path ...string) *Error {
	c := *e
	c.Field = slices.Clone(path)
	return &c
}

// With returns a copy of e that carries a detail, such as the state from which
// something could not move.
func (e *Error) With(detail Detail) *Error {
	c := *e
	c.detail = detail
	return &c
}

// Because returns a copy of e that keeps its cause for the log. Callers never
// see it.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Cause returns what Because kept, or nil.
func (e *Error) Cause() error { return e.cause }

// Unwrap lets errors.Is and As find the cause, so that whoever repeats a
// transaction knows a deadlock under any problem. The code of a problem stays
// its own: that of a cause does not count.
func (e *Error) Unwrap() error {
	if e.cause == nil {
		return nil
	}
	return reason{e.cause}
}

// reason is a cause that is searched for everything but codes.
type reason struct{ error }

func (r reason) Is(target error) bool {
	_, code := target.(codeError)
	return !code && errors.Is(r.error, target)
}

func (r reason) As(target any) bool { return errors.As(r.error, target) }

// Detail returns what With stored, or nil.
func (e *Error) Detail() Detail { return e.detail }

// Extensions returns what an answer says beside the text: the code, the field
// and the detail.
func (e *Error) Extensions() map[string]any {
	all := map[string]any{}
	if e.detail != nil {
		all = e.detail.extensions()
	}
	all["code"] = string(e.Code)
	if len(e.Field) > 0 {
		all["field"] = e.Field
	}
	return all
}

// Error returns the English text.
func (e *Error) Error() string { return e.In(language.English) }

// LogValue returns the text and, for the log alone, what is behind it.
func (e *Error) LogValue() slog.Value {
	if e.cause == nil {
		return slog.StringValue(e.Error())
	}
	return slog.StringValue(e.Error() + ": " + e.cause.Error())
}

// In returns the text in the language that fits tag best, English by default.
func (e *Error) In(tag language.Tag) string { return lang.Say(tag, e.format, e.saidIn(tag)...) }

// worded are the formats that say words of ours and not only data: their
// arguments of type string are looked up as words. Things stand without an
// article and elements of a credential with one, as the formats need them.
var worded = map[string]bool{
	"%s %s has just been changed by somebody else; load it again": true,
	"%s is missing: Annex I asks for it":                          true,
	"there is no such %s, or it is not visible to you":            true,
	"this %s is %s and cannot become %s":                          true,
}

// saidIn returns the arguments with their words in a language.
func (e *Error) saidIn(tag language.Tag) []any {
	if !worded[e.format] {
		return e.args
	}
	args := slices.Clone(e.args)
	for i, arg := range args {
		if word, ok := arg.(string); ok && lang.Has(tag, "word."+word) {
			args[i] = lang.Say(tag, "word."+word)
		}
	}
	return args
}

// Is makes errors.Is(err, problem.Is(code)) true for every problem of the code.
func (e *Error) Is(target error) bool {
	var c codeError
	return errors.As(target, &c) && e.Code == Code(c)
}

type codeError Code

func (c codeError) Error() string { return string(c) }

// Is returns a target for errors.Is that matches every problem of the code.
func Is(code Code) error { return codeError(code) }

// Join returns all errors that are not nil as one, or nil. All takes it apart.
func Join(errs ...error) error { return errors.Join(errs...) }

// All returns the problems in err and in what it joins, in order. It returns
// nil when anything in err is not a problem, because a fault must not hide
// behind one.
func All(err error) []*Error {
	if err == nil {
		return nil
	}
	if p, ok := err.(*Error); ok {
		return []*Error{p}
	}
	var parts []error
	switch u := err.(type) {
	case interface{ Unwrap() []error }:
		parts = u.Unwrap()
	case interface{ Unwrap() error }:
		parts = []error{u.Unwrap()}
	}
	var all []*Error
	for _, part := range parts {
		found := All(part)
		if found == nil {
			return nil
		}
		all = append(all, found...)
	}
	return all
}

// If returns err when a condition that it describes holds, and nil otherwise. The
// text of a problem is made only when it is told, so one for nothing costs little.
func If(holds bool, err error) error {
	if holds {
		return err
	}
	return nil
}

// Missing is the NOT_FOUND problem for a thing that an input refers to.
func Missing(what string) *Error {
	return New(NotFound, "there is no such %s, or it is not visible to you", what)
}

// Raced is the CONFLICT problem of a caller who lost a race.
func Raced(what string, id any) *Error {
	return New(Conflict, "%s %s has just been changed by somebody else; load it again", what, id)
}
