package pages

import (
	"bytes"
	"html/template"
	"io"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/authz"
	"github.com/peregrine-exchange/peregrine/internal/viewer"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Privacy shows everybody what is stored about people, who sees it, how long it
// is kept, and what an erasure leaves.
type Privacy struct {
	Chrome
	Looks   []authz.Look
	Stored  []Stored
	Periods []Period
	Consent vocab.Consent
	Days    int // of waiting before an erasure begins
}

// Stored is a table with what becomes of its columns that are about a person.
type Stored struct {
	Table    string
	Exported []string
	Withheld []string
	Emptied  []string
	Deleted  bool
	Basis    vocab.Text // on which the rest stays; empty when nothing does
	Years    int        // 0: no end is set
}

// Period is how long a class of data is kept.
type Period struct {
	Class  string
	Months int
}

func (Privacy) page() page { return page{name: "privacy"} }

// Erase asks whether the person wants to be forgotten, and says what stays. Its
// form POSTs to the address of the page.
type Erase struct {
	Chrome
	Kept  []Kept
	Days  int    // of waiting before it begins
	Fault string // why it was refused, in the reader's language; may be empty
}

// Kept is what stays on one basis.
type Kept struct {
	Basis vocab.Text
	Count int
	Until *time.Time // nil: no end is set
}

func (e Erase) page() page {
	p := page{name: "erase", personal: true, hidden: true, strict: true}
	if e.Fault != "" {
		p.status = 409
	}
	return p
}

// Disclosure says who has read what about the person. Fields are values of
// PersonalField.
type Disclosure struct {
	By      vocab.Text // institution; empty for an alliance
	Role    viewer.Role
	Purpose string
	Fields  []vocab.PersonalField
	ReadAt  time.Time // last time
	Count   int
}

// Erasure is one that the person has asked for. State is a value of ErasureState.
type Erasure struct {
	ID          string
	State       string
	Reason      string
	BeginsAt    time.Time
	Done, Total int
}

// Data is a copy of all that is stored about a person, as a document of its own
// that needs nothing of this server.
type Data struct {
	Name   string
	MadeAt time.Time
	Tables []DataTable
}

// DataTable are the rows of one table.
type DataTable struct {
	Name string
	Rows [][]DataCell
}

// DataCell is a value with the name of its column.
type DataCell struct{ Name, Value string }

// WriteData writes a copy as HTML in the language of the tag.
func (r *Renderer) WriteData(w io.Writer, language string, d Data) error {
	for _, s := range r.speeches {
		if s.tag.String() != language {
			continue
		}
		t, err := template.New("data.html").Funcs(r.functions(s)).ParseFS(templates, "template/data.html")
		if err != nil {
			return err
		}
		var body bytes.Buffer
		if err := t.Execute(&body, struct {
			Data
			Lang string
		}{d, language}); err != nil {
			return err
		}
		_, err = w.Write(body.Bytes())
		return err
	}
	return nil
}
