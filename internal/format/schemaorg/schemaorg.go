// Package schemaorg owns courses as search engines read them: schema.org in
// JSON-LD. The context is only named, never fetched. Texts carry their language
// (JSON-LD 1.1, section 4.2.4); codes of the European Union stand as defined
// terms with their addresses.
//
// What schema.org has no word for, such as supervision or types of assessment,
// is left out: this format is for being found, jsonl for being complete.
package schemaorg

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"github.com/peregrine-exchange/peregrine/internal/format"
)

const context = "https://schema.org"

// One returns the document of one course. It may stand in a script element of
// a page as it is: <, > and & are escaped.
func One(l format.Listed) ([]byte, error) {
	return json.Marshal(struct {
		Context string `json:"@context"`
		course
	}{context, courseOf(l)})
}

// Write writes the courses as one ItemList, one at a time. It returns the error
// that ends the courses; what was written then is no valid document.
func Write(w io.Writer, courses format.Courses) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, `{"@context":%q,"@type":"ItemList","itemListElement":[`, context) // its error stays until Flush
	n := 0
	for l, err := range courses {
		if err != nil {
			return err
		}
		n++
		text, err := json.Marshal(listItem{Type: "ListItem", Position: n, Item: courseOf(l)})
		if err != nil {
			return err
		}
		if n > 1 {
			text = append([]byte(",\n"), text...)
		}
		if _, err := out.Write(text); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, `],"numberOfItems":%d}`+"\n", n)
	return out.Flush()
}
