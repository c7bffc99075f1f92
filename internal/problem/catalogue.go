package problem

import (
	"fmt"

	"golang.org/x/text/language"
)

// Languages are those in which problems speak, English first.
var Languages = []language.Tag{language.English, language.German}

var spoken = language.NewMatcher(Languages)

// Said picks from a text in each of the Languages the one to say to somebody.
func Said(text [2]string, in language.Tag) string {
	_, i, _ := spoken.Match(in)
	return text[i]
}

// inGerman formats with fmt, as Error does: years, identifiers and limits keep
// their digits as they are, without the grouping of a message.Printer. A
// format without an entry is said in English.
func (e *Error) inGerman() string {
	text, known := german[e.format]
	if !known {
		return e.Error()
	}
	args := e.args
	if worded[e.format] {
		args = make([]any, len(e.args))
		for i, arg := range e.args {
			args[i] = arg
			if word, ok := arg.(string); ok && germanWords[word] != "" {
				args[i] = germanWords[word]
			}
		}
	}
	return fmt.Sprintf(text, args...)
}
