package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/peregrine-exchange/peregrine/internal/format"
)

// Members are those of a JSON object: strings, json.Number, bool, nil,
// Members and []any. Of a name that stands twice the last one counts.
type Members = map[string]any

// JSON reads the items of a JSON document one at a time. A list at the top is
// the items; of an object, the member called list is, and the other members go
// to rest, which is complete when the items have ended. An object without that
// member is itself the one item, with the place "".
//
// An error ends the items: malformed JSON, nesting deeper than MaxDepth, a
// single text longer than format.MaxRow, or what the reader said.
func JSON(r io.Reader, list string, rest Members) iter.Seq2[Item[any], error] {
	return func(yield func(Item[any], error) bool) {
		src := &source{from: r}
		d := &document{dec: json.NewDecoder(src), src: src}
		d.dec.UseNumber()
		if err := d.run(list, rest, yield); err != nil && !errors.Is(err, errStopped) {
			yield(Item[any]{}, err)
		}
	}
}

// errStopped ends the walk when nobody wants more items.
var errStopped = errors.New("stopped")

type document struct {
	dec   *json.Decoder
	src   *source
	start int64 // where the item begins
	over  bool  // whether it is too large to be kept
}

func (d *document) run(list string, rest Members, yield func(Item[any], error) bool) error {
	first, err := d.token()
	if err != nil {
		return err
	}
	listed := true
	switch first {
	case json.Delim('['):
		err = d.items("", 1, yield)
	case json.Delim('{'):
		listed, err = d.object(list, rest, yield)
	default:
		return Foreign()
	}
	if err != nil {
		return err
	}
	if _, err := d.next(); err != io.EOF {
		return d.src.ended("JSON", d.dec.InputOffset(), err)
	}
	if !listed && !yield(Item[any]{Value: rest}, nil) {
		return errStopped
	}
	return nil
}

// object walks the members of the document. What is not in the list counts as
// one item.
func (d *document) object(list string, rest Members, yield func(Item[any], error) bool) (listed bool, err error) {
	used := int64(0)
	for d.more() {
		d.begin()
		key, err := d.token()
		if err != nil {
			return listed, err
		}
		tok, err := d.token()
		if err != nil {
			return listed, err
		}
		if key == list && tok == json.Delim('[') {
			listed = true
			if err := d.items(list, 2, yield); err != nil {
				return listed, err
			}
			continue
		}
		d.start -= used
		v, err := d.value(tok, 2)
		if err != nil {
			return listed, err
		}
		used = d.dec.InputOffset() - d.start
		if d.over || used > format.MaxRow {
			return listed, tooLarge()
		}
		if key != list {
			rest[key.(string)] = v
			continue
		}
		listed = true
		if v != nil && !yield(Item[any]{Place: list, Value: v}, nil) {
			return listed, errStopped
		}
	}
	_, err = d.token()
	return listed, err
}

// items walks a list whose opening bracket has been read.
func (d *document) items(name string, depth int, yield func(Item[any], error) bool) error {
	for i := 0; d.more(); i++ {
		d.begin()
		tok, err := d.token()
		if err != nil {
			return err
		}
		item := Item[any]{Place: fmt.Sprintf("%s[%d]", name, i)}
		if item.Value, err = d.value(tok, depth+1); err != nil {
			return err
		}
		if d.over {
			item.Value, item.Err = nil, tooLarge()
		}
		if !yield(item, nil) {
			return errStopped
		}
	}
	_, err := d.token()
	return err
}

func (d *document) begin() { d.start, d.over = d.dec.InputOffset(), false }

// value returns the value that begins with tok, or only walks to its end when
// the item is too large.
func (d *document) value(tok json.Token, depth int) (any, error) {
	d.over = d.over || d.dec.InputOffset()-d.start > format.MaxRow
	if _, nested := tok.(json.Delim); !nested {
		return tok, nil
	}
	if depth > MaxDepth {
		return nil, tooDeep()
	}
	var members Members
	if tok == json.Delim('{') {
		members = Members{}
	}
	elements := []any{}
	for d.more() {
		name := ""
		if tok == json.Delim('{') {
			key, err := d.token()
			if err != nil {
				return nil, err
			}
			name = key.(string)
		}
		first, err := d.token()
		if err != nil {
			return nil, err
		}
		v, err := d.value(first, depth+1)
		switch {
		case err != nil:
			return nil, err
		case d.over:
			clear(members)
			elements = nil
		case tok == json.Delim('{'):
			members[name] = v
		default:
			elements = append(elements, v)
		}
	}
	if _, err := d.token(); err != nil {
		return nil, err
	}
	d.over = d.over || d.dec.InputOffset()-d.start > format.MaxRow
	if tok == json.Delim('{') {
		return members, nil
	}
	return elements, nil
}

func (d *document) more() bool {
	d.src.allow(d.dec.InputOffset())
	return d.dec.More()
}

func (d *document) next() (json.Token, error) {
	d.src.allow(d.dec.InputOffset())
	return d.dec.Token()
}

// token returns the next token, or why there is none.
func (d *document) token() (json.Token, error) {
	tok, err := d.next()
	if err != nil {
		return nil, d.src.ended("JSON", d.dec.InputOffset(), err)
	}
	return tok, nil
}
