package lang

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// impliedInEnglish reports whether a key is the English text itself: the format
// of a problem, or a word in one.
func impliedInEnglish(key string) bool {
	return strings.HasPrefix(key, "word.") || strings.Contains(key, " ")
}

func TestEveryLanguageSaysEverything(t *testing.T) {
	if len(Languages) < 2 || Languages[0] != language.English {
		t.Fatalf("the languages are %v", Languages)
	}
	keys := map[string]bool{}
	for _, file := range all.files {
		for key := range file {
			keys[key] = true
		}
	}
	for _, tag := range Languages {
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			m, has := all.files[tag][key]
			switch implied := tag == language.English && impliedInEnglish(key); {
			case implied && has && (m.Argument == 0 || m.Other != key):
				t.Errorf("locale/%s.json has %q, which says itself, with other words or without counting", tag, key)
			case !implied && m.Other == "":
				t.Errorf("locale/%s.json lacks %q", tag, key)
			}
		}
	}
}

func TestNoKeyStandsTwice(t *testing.T) {
	for _, tag := range Languages {
		body, err := locales.ReadFile("locale/" + tag.String() + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(body, []byte("\n  \"")); lines != len(Keys(tag)) {
			t.Errorf("locale/%s.json has %d messages with %d keys, or not one on a line", tag, lines, len(Keys(tag)))
		}
	}
}

// Whatever the language and the number, the same arguments are said.
func TestLanguagesSayTheSameArguments(t *testing.T) {
	for _, tag := range Languages {
		for key, m := range all.files[tag] {
			english := key
			if !impliedInEnglish(key) {
				english = all.files[language.English][key].Other
			}
			if strings.HasPrefix(key, "word.") {
				english = ""
			}
			for _, format := range m.forms() {
				if err := sameVerbs(english, format); err != nil {
					t.Errorf("locale/%s.json: %q: %q: %v", tag, key, format, err)
				}
				if strings.Contains(format, "${") {
					t.Errorf("locale/%s.json: %q: the catalogue reads ${ as a variable", tag, key)
				}
			}
		}
	}
}

func TestPluralsHaveTheFormsOfTheirLanguage(t *testing.T) {
	for _, tag := range Languages {
		want := map[plural.Form]bool{}
		for n := range 200 {
			want[plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)] = true
		}
		for key, m := range all.files[tag] {
			for _, form := range slices.Sorted(maps.Keys(want)) {
				if m.Argument > 0 && m.forms()[form] == "" {
					t.Errorf("locale/%s.json: %q lacks the plural form %d", tag, key, form)
				}
			}
			if m.Argument == 0 && len(m.forms()) != 1 {
				t.Errorf("locale/%s.json: %q has plural forms, and no argument counts", tag, key)
			}
		}
	}
}

func TestSay(t *testing.T) {
	const hours, limit, unknown = "hours", "the body is larger than %d bytes", "no such text: %d, %s"
	austria := language.MustParse("de-AT")
	for _, tt := range []struct {
		tag  language.Tag
		key  string
		args []any
		want string
	}{
		{language.English, hours, []any{1}, "1 hour"},
		{language.English, hours, []any{0}, "0 hours"},
		{language.English, hours, []any{12000}, "12000 hours"},
		{language.German, hours, []any{1}, "1 Stunde"},
		{austria, hours, []any{2}, "2 Stunden"},
		{language.Czech, hours, []any{2}, "2 hours"},
		{language.Und, hours, []any{2}, "2 hours"},
		{language.English, "signin.found", []any{3, "a"}, "Found for “a”: 3."},
		{language.English, limit, []any{12000}, "the body is larger than 12000 bytes"},
		{language.German, limit, []any{12000}, "der Inhalt der Anfrage ist größer als 12000 Byte"},
		{language.German, unknown, []any{2026, "100%d"}, "no such text: 2026, 100%d"},
		{language.English, "all %d seats of this offering are taken", []any{2}, "all 2 seats of this offering are taken"},
		{language.English, "all %d seats of this offering are taken", []any{1}, "this offering has 1 seat, and it is taken"},
		{language.German, "no.such.key", nil, "no.such.key"},
	} {
		if got := Say(tt.tag, tt.key, tt.args...); got != tt.want {
			t.Errorf("Say(%s, %q, %v) = %q, want %q", tt.tag, tt.key, tt.args, got, tt.want)
		}
	}
	if !Has(austria, hours) || Has(language.English, limit) || Has(language.German, unknown) {
		t.Error("Has is wrong")
	}
}

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		wishes []string
		want   string
	}{
		{nil, "en"}, {[]string{"cs"}, "en"}, {[]string{"en-GB"}, "en"}, {[]string{"de-AT"}, "de"}, {[]string{"cs, de;q=0.5"}, "de"},
		{[]string{"", "de;q=x", "de"}, "de"}, {[]string{"en", "de"}, "en"}, {[]string{"de-AT", "en-US, de;q=0.9"}, "de"},
	} {
		if got := MatchStrings(tt.wishes...); got.String() != tt.want {
			t.Errorf("of %q, %s is spoken, want %s", tt.wishes, got, tt.want)
		}
	}
	if got := Match(language.Czech, language.MustParse("de-CH")); got != language.German {
		t.Errorf("of Czech and Swiss German, %s is spoken", got)
	}
}

func TestBrokenFilesAreFaults(t *testing.T) {
	for name, text := range map[string]string{
		"locale/no-such-language-at-all.json": `{}`,
		"locale/fr.json":                      `{"a": 1}`,
		"locale/it.json":                      `{"a": {"argument": 1, "one": "a", "others": "b"}}`,
		"locale/es.json":                      `{"a": {"argument": 1, "two": "a", "other": "b"}}`, // Spanish has no dual
	} {
		if _, err := read(fstest.MapFS{name: {Data: []byte(text)}}); err == nil {
			t.Errorf("%s is accepted: %s", name, text)
		}
	}
}

// verbs returns, for every argument of a format, the directives that say it,
// sorted and without their indexes: {{"%d"}, {"%04X", "%q"}}.
func verbs(format string) (said [][]string, err error) {
	heard := make([]listener, 20)
	args := []any{""} // the last one, which is said in the end so that fmt finds none too many
	for i := range heard {
		args = slices.Insert(args, i, any(&heard[i]))
	}
	if text := fmt.Sprintf(format+"\n%[21]s", args...); strings.Contains(text, "%!") {
		return nil, fmt.Errorf("a directive that cannot be read: %s", text)
	}
	for i, h := range heard {
		if h == nil {
			continue
		}
		if len(said) < i {
			return nil, fmt.Errorf("argument %d is not said", i)
		}
		slices.Sort(h)
		said = append(said, slices.Compact(h))
	}
	return said, nil
}

// listener is an argument that hears by which directives it is said.
type listener []string

// Format hears one.
func (l *listener) Format(s fmt.State, verb rune) { *l = append(*l, fmt.FormatString(s, verb)) }

// sameVerbs returns an error unless both formats say the same arguments in the
// same way. They may index them, to say them in another order.
func sameVerbs(english, other string) error {
	want, err := verbs(english)
	if err != nil {
		return err
	}
	got, err := verbs(other)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(want, got, slices.Equal) {
		return fmt.Errorf("the verbs are %v, want %v", got, want)
	}
	return nil
}

func TestTranslationKeepsVerbs(t *testing.T) {
	tests := []struct {
		english, german string
		same            bool
	}{
		{"none", "keines", true},
		{"100%% of %s", "%s zu 100%%", true},
		{"%s of %d", "%[2]d mal %[1]s", true},
		{"%s of %d", "%[2]d: %[1]s und %[1]s", true},
		{"%s of %d", "%[2]d: %[1]s und %[1]q", false},
		{"%s of %d", "%d mal %s", false},
		{"%s of %d", "%s", false},
		{"%s", "%s von %s", false},
		{"%s", "%q", false},
		{"%.1f", "%f", false},
		{"U+%04X", "U+%04[1]X", true},
		{"%s of %d", "%[2]d", false},
		{"%s", "%[99]s", false},
		{"%*d", "%*d", false},
		{"%s", "%s zu 5 %", false},
	}
	for _, tt := range tests {
		if err := sameVerbs(tt.english, tt.german); (err == nil) != tt.same {
			t.Errorf("%q → %q: %v, want same %t", tt.english, tt.german, err, tt.same)
		}
	}
}
