package intake

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/format"
	"github.com/peregrine-exchange/peregrine/internal/problem"
)

// Element is one of XML: its text, or its children in order.
type Element struct {
	Name     xml.Name
	Lang     string // xml:lang, "" when there is none
	Text     string // without white space at its ends
	Children []Element
}

// XML reads the children of a document's root one at a time. An error ends
// them: another root, malformed XML, a document type definition, and with it
// any entity but the five of XML itself, nesting deeper than MaxDepth, a single
// text or tag longer than format.MaxRow, or what the reader said.
func XML(r io.Reader, root xml.Name) iter.Seq2[Item[Element], error] {
	return func(yield func(Item[Element], error) bool) {
		src := &source{from: r}
		d := &markup{dec: xml.NewDecoder(src), src: src}
		if err := d.run(root, yield); err != nil && !errors.Is(err, errStopped) {
			yield(Item[Element]{}, err)
		}
	}
}

// lang is the attribute xml:lang, as the decoder names it.
var lang = xml.Name{Space: "http://www.w3.org/XML/1998/namespace", Local: "lang"}

type markup struct {
	dec   *xml.Decoder
	src   *source
	start int64 // where the item begins
	over  bool  // whether it is too large to be kept
}

func (d *markup) run(root xml.Name, yield func(Item[Element], error) bool) error {
	begun, ended := false, false
	for i := 0; ; {
		before := d.dec.InputOffset()
		tok, err := d.token()
		if err == io.EOF && ended {
			return nil
		}
		if err == io.EOF {
			return d.src.ended("XML", before, err)
		}
		if err != nil {
			return err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			switch {
			case ended:
				return d.src.ended("XML", before, nil)
			case !begun && tok.Name != root:
				return Foreign()
			case !begun:
				begun = true
				continue
			}
			d.start, d.over = before, false
			item := Item[Element]{Place: fmt.Sprintf("%s[%d]", tok.Name.Local, i)}
			if item.Value, err = d.element(tok, 2); err != nil {
				return err
			}
			if d.over {
				item.Value, item.Err = Element{}, tooLarge()
			}
			if i++; !yield(item, nil) {
				return errStopped
			}
		case xml.EndElement:
			ended = true
		case xml.CharData:
			if !begun && strings.TrimLeft(string(tok), "\ufeff \t\r\n") != "" || ended && strings.TrimSpace(string(tok)) != "" {
				return d.src.ended("XML", before, nil)
			}
		}
	}
}

// element returns the element that begins with a tag, or only walks to its end
// when the item is too large.
func (d *markup) element(tag xml.StartElement, depth int) (Element, error) {
	if depth > MaxDepth {
		return Element{}, tooDeep()
	}
	e := Element{Name: tag.Name}
	for _, a := range tag.Attr {
		if a.Name == lang {
			e.Lang = a.Value
		}
	}
	var text strings.Builder
	for {
		tok, err := d.token()
		if err == io.EOF {
			return e, d.src.ended("XML", d.dec.InputOffset(), err)
		}
		if err != nil {
			return e, err
		}
		if d.over = d.over || d.dec.InputOffset()-d.start > format.MaxRow; d.over {
			e.Children = nil
			text.Reset()
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			child, err := d.element(tok, depth+1)
			if err != nil {
				return e, err
			}
			if !d.over {
				e.Children = append(e.Children, child)
			}
		case xml.CharData:
			if !d.over {
				text.Write(tok)
			}
		case xml.EndElement:
			e.Text = strings.TrimSpace(text.String())
			return e, nil
		}
	}
}

// token returns the next token, io.EOF at the end of the document, or why there
// is none.
func (d *markup) token() (xml.Token, error) {
	d.src.allow(d.dec.InputOffset())
	tok, err := d.dec.Token()
	if err == io.EOF && d.src.err == nil {
		return nil, io.EOF
	}
	if err != nil {
		return nil, d.src.ended("XML", d.dec.InputOffset(), err)
	}
	if _, declared := tok.(xml.Directive); declared {
		return nil, problem.New(problem.Invalid, "the source has a document type definition, which is not read")
	}
	return tok, nil
}
