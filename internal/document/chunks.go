package document

import (
	"context"
	"io"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/documentchunk"
	"github.com/peregrine-exchange/peregrine/internal/chunk"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
)

// chunkBytes is what one row holds: far below what a database takes at once.
const chunkBytes = 256 << 10

// Chunks is the store in the database, whose rows go with those of their
// documents. It writes and reads on behalf of the system: who may do so is
// decided before.
type Chunks struct{ DB *ent.Client }

// Put is part of Store. Each part stands by itself, so that no transaction grows
// with the document.
func (c Chunks) Put(ctx context.Context, id ident.ID, body io.Reader, limit int64) (int64, error) {
	ctx = viewer.AsSystem(ctx)
	total, err := chunk.Write(body, chunkBytes, limit, TooLarge(limit), func(number int, part []byte) error {
		err := c.DB.DocumentChunk.Create().SetDocumentID(id).SetNumber(number).SetContent(part).Exec(ctx)
		if ent.IsConstraintError(err) { // its row is gone, with the draft or the learner
			return problem.Raced("document", id)
		}
		return err
	})
	if chunk.Broken(err) {
		err = chunk.Interrupted(err)
	}
	return total, err
}

// Open is part of Store.
func (c Chunks) Open(ctx context.Context, id ident.ID) (io.ReadCloser, error) {
	ctx = viewer.AsSystem(ctx)
	return io.NopCloser(&chunk.Reader{Next: func(number int) ([]byte, error) {
		part, err := c.DB.DocumentChunk.Query().Where(documentchunk.DocumentID(id), documentchunk.Number(number)).Only(ctx)
		if ent.IsNotFound(err) {
			return nil, io.EOF
		}
		if err != nil {
			return nil, err
		}
		return part.Content, nil
	}}), nil
}

// Delete is part of Store.
func (c Chunks) Delete(ctx context.Context, id ident.ID) error {
	_, err := c.DB.DocumentChunk.Delete().Where(documentchunk.DocumentID(id)).Exec(viewer.AsSystem(ctx))
	return err
}

// TooLarge is the refusal of a document with more bytes than allowed.
func TooLarge(limit int64) *problem.Error {
	return problem.New(problem.Limited, "a document has at most %d MiB", limit>>20).At("file").With(problem.Size(limit))
}
