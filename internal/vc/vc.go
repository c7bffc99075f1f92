// Package vc holds what every form of a verifiable credential shares: the
// neutral award that is the one source of all forms, the report of a
// verification, the defects that a form's reader finds, and the bounds within
// which a document of a stranger is read. It knows no format, no database, no
// clock and no network; the packages below it each own one format.
package vc
