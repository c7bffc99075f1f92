// Package document keeps the files that learners send with their applications:
// who adds and removes them, what they may hold, and who reads them.
//
// A document:
//
//	RECEIVING → STORED
//	STORED (final)
//
// While its bytes arrive nobody sees it; it is stored once all of it has arrived
// and been looked at. What never gets that far is removed after an hour
// (clear.go), also when the server was killed.
//
// Threat: a file that is something else than it says, such as a page with a
// script that an officer opens; files without end; names that deceive; and staff
// who read what is none of their business. So the type is that of the content,
// of three that offices need; files have a size and a number; they are served to
// be saved and not shown; and whoever reads one of somebody else does so by the
// table of package authz, and is noted (package privacy).
//
// Price: nobody looks for a virus inside a document, nor at what a PDF does when
// it is opened. Who opens one does so with a reader that is up to date.
package document

import (
	"context"
	"io"
	"time"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/document"
	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/ledger"
	"github.com/peregrine-exchange/peregrine/internal/lifecycle"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
)

// Store keeps the bytes of documents by their identifiers. A folder or an object
// store could do as well; what no row of a document names is not theirs to show.
type Store interface {
	// Put keeps what body holds, at most limit bytes, and returns how many there
	// were. It returns a LIMITED problem when there are more. What it has kept of
	// a body that it did not take whole goes with Delete.
	Put(ctx context.Context, id ident.ID, body io.Reader, limit int64) (int64, error)
	// Open returns the bytes, from the first to the last.
	Open(ctx context.Context, id ident.ID) (io.ReadCloser, error)
	// Delete removes the bytes. It returns nil when there are none.
	Delete(ctx context.Context, id ident.ID) error
}

// Service adds, removes and reads documents.
type Service struct {
	DB      *ent.Client
	Now     func() time.Time
	Store   Store
	Privacy *privacy.Service // which notes who reads
}

// Limits.
const (
	MaxBytes = 10 << 20 // of a document
	MaxEach  = 10       // documents of a draft or an application
	maxName  = 255      // characters
)

var states = lifecycle.New("document", lifecycle.Next[document.State]{
	document.StateRECEIVING: {document.StateSTORED},
	document.StateSTORED:    {},
})

// Verbs are what is done with documents.
var Verbs ledger.Book

var (
	toAdd    = Verbs.Declare("document.add", "", ledger.Parties)
	toRemove = Verbs.Declare("document.remove", "removeDocument", ledger.Parties).Everyday()
)

// Actions say what the viewer may do with a document now.
func Actions(ctx context.Context, d *ent.Document) []authz.Action {
	return []authz.Action{toRemove.Act(authz.RequireSelf(ctx, d.LearnerID), removable(d))}
}
