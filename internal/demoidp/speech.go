package demoidp

import (
	"net/http"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/lang"
)

// speech says what the pages say, in one language.
type speech struct{ language.Tag }

// Say returns the message of a key.
func (s speech) Say(key string, args ...any) string { return lang.Say(s.Tag, "demoidp."+key, args...) }

// speechFor picks the language: first what the client asked for (ui_locales),
// then what the browser prefers. A malformed preference counts as none.
func speechFor(req *http.Request, wanted []language.Tag) speech {
	preferred, _, _ := language.ParseAcceptLanguage(req.Header.Get("Accept-Language"))
	return speech{lang.Match(append(append([]language.Tag{}, wanted...), preferred...)...)}
}
