package problem

import (
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

// Languages are those in which problems speak, English first.
var Languages = []language.Tag{language.English, language.German}

var catalogue = catalogueOf(german)

func catalogueOf(texts map[string]string) *catalog.Builder {
	b := catalog.NewBuilder(catalog.Fallback(language.English))
	for key, text := range texts {
		if err := b.SetString(language.German, key, text); err != nil {
			panic(err) // a broken entry of our own table
		}
	}
	return b
}

// Printer says the entries of the catalogue in the language that fits tag best.
func Printer(tag language.Tag) *message.Printer {
	return message.NewPrinter(tag, message.Catalog(catalogue))
}
