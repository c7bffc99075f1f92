package document

import (
	"cmp"
	"context"
	"io"

	"github.com/peregrine-exchange/peregrine/ent"
	"github.com/peregrine-exchange/peregrine/ent/application"
	"github.com/peregrine-exchange/peregrine/ent/document"
	"github.com/peregrine-exchange/peregrine/ent/predicate"
	"github.com/peregrine-exchange/peregrine/internal/ident"
	"github.com/peregrine-exchange/peregrine/internal/privacy"
	"github.com/peregrine-exchange/peregrine/internal/problem"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// File is a document with its bytes.
type File struct {
	*ent.Document
	io.ReadCloser
}

// Open opens a document that the viewer may read, and notes that it was read where
// it is somebody else's. What the viewer may not read does not exist.
func (s *Service) Open(ctx context.Context, id ident.ID) (*File, error) {
	found, fault := []*ent.Document(nil), error(nil)
	err := s.Privacy.Disclose(ctx, "document", func(ctx context.Context) { found, fault = s.Seen(ctx, []ident.ID{id}) })
	if err := cmp.Or(fault, err); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, problem.Missing("document")
	}
	body, err := s.Store.Open(ctx, id)
	return &File{found[0], body}, err
}

// Seen returns those of the documents that the viewer may read, and notes that.
func (s *Service) Seen(ctx context.Context, ids []ident.ID) (seen []*ent.Document, err error) {
	all, err := s.stored(ctx, document.IDIn(ids...))
	if err != nil {
		return nil, err
	}
	var apps []ident.ID
	for _, d := range all {
		if own(ctx, d.LearnerID) {
			seen = append(seen, d)
		} else if d.ApplicationID != nil {
			apps = append(apps, *d.ApplicationID)
		}
	}
	reasons, err := s.reasons(ctx, apps)
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		if own(ctx, d.LearnerID) || d.ApplicationID == nil {
			continue
		}
		if reason, ok := reasons[*d.ApplicationID]; ok {
			if err := reason.Note(ctx); err != nil {
				return nil, err
			}
			seen = append(seen, d)
		}
	}
	return seen, nil
}

// Of returns the documents of each application, oldest first, and notes that they
// were read. An application whose documents the viewer may not read is left out.
// It takes a few statements for however many applications.
func (s *Service) Of(ctx context.Context, apps []ident.ID) (map[ident.ID][]*ent.Document, error) {
	reasons, err := s.reasons(ctx, apps)
	if err != nil || len(reasons) == 0 {
		return nil, err
	}
	by := make(map[ident.ID][]*ent.Document, len(reasons))
	var seen []ident.ID
	for id := range reasons {
		by[id], seen = []*ent.Document{}, append(seen, id)
	}
	all, err := s.stored(ctx, document.ApplicationIDIn(seen...))
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		by[*d.ApplicationID] = append(by[*d.ApplicationID], d)
	}
	for id, list := range by {
		if len(list) == 0 {
			continue // that there is none tells nothing of the learner
		}
		if err := reasons[id].Note(ctx); err != nil {
			return nil, err
		}
	}
	return by, nil
}

// stored returns documents on behalf of the system, oldest first.
func (s *Service) stored(ctx context.Context, which predicate.Document) ([]*ent.Document, error) {
	return s.DB.Document.Query().Where(which, document.StateEQ(document.StateSTORED)).Order(document.ByID()).All(viewer.AsSystem(ctx))
}

// reasons returns why the viewer may read the documents of each application, for
// those of which they may.
func (s *Service) reasons(ctx context.Context, ids []ident.ID) (map[ident.ID]privacy.Reason, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	apps, err := s.DB.Application.Query().Where(application.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	seats, err := seatsOf(ctx, s.DB, apps...)
	if err != nil {
		return nil, err
	}
	all := map[ident.ID]privacy.Reason{}
	for _, app := range apps {
		if reason, ok := privacy.ReasonFor(ctx, app, seats[app.ID], vocab.FieldDocuments); ok {
			all[app.ID] = reason
		}
	}
	return all, nil
}

// own says whether the viewer reads what is theirs. The system reads all.
func own(ctx context.Context, learner ident.ID) bool {
	v := viewer.From(ctx)
	return v.Kind == viewer.System || v.Kind == viewer.Person && v.PersonID == learner
}
