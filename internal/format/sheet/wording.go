package sheet

// wording is the help in one language.
type wording struct {
	notes   []string
	heads   []string
	yes, no string
	meaning func(*column) string
	example func(*column) int // which one
}

var english = wording{
	notes: []string{
		"Fill in the sheet Courses: one row for each course, over the example. Only the first sheet is read.",
		"A course with several offerings has one row for each, one below the other, with the same externalId.",
		"Texts have a column for each language. Add as many as you like, such as title:cs or summary:fr (BCP 47).",
		"Columns that you do not need may be deleted or stay empty; their order does not matter. Unknown columns are reported and left aside.",
		"Lists are separated by \"|\". Dates are date cells or written 2027-03-01. Numbers have a point or a comma: 7.5 or 7,5.",
		"An apostrophe before = + - or @ at the beginning of a text keeps it from being a formula; it is removed when the table is read.",
		"As a text file: CSV in UTF-8, separated by commas, semicolons or tabs.",
	},
	heads: []string{"Column", "Needed", "Meaning", "Allowed codes", "Example"},
	yes:   "yes", no: "no",
	meaning: func(c *column) string { return c.english },
	example: func(*column) int { return 0 },
}

var german = wording{
	notes: []string{
		"Füllen Sie das Blatt Courses aus: eine Zeile je Kurs, anstelle des Beispiels. Nur das erste Blatt wird gelesen.",
		"Ein Kurs mit mehreren Angeboten hat je Angebot eine Zeile, direkt untereinander und mit derselben externalId.",
		"Texte haben eine Spalte je Sprache. Ergänzen Sie beliebig viele, etwa title:cs oder summary:fr (BCP 47).",
		"Nicht benötigte Spalten können gelöscht werden oder leer bleiben; ihre Reihenfolge ist beliebig. Unbekannte Spalten werden gemeldet und übergangen.",
		"Listen werden durch \"|\" getrennt. Datumsangaben sind Datumszellen oder in der Form 2027-03-01. Zahlen haben Punkt oder Komma: 7.5 oder 7,5.",
		"Ein Apostroph vor = + - oder @ am Anfang eines Textes verhindert, dass er zur Formel wird; beim Lesen wird es entfernt.",
		"Als Textdatei: CSV in UTF-8, getrennt durch Kommas, Semikolons oder Tabulatoren.",
	},
	heads: []string{"Spalte", "Erforderlich", "Bedeutung", "Zulässige Codes", "Beispiel"},
	yes:   "ja", no: "nein",
	meaning: func(c *column) string { return c.german },
	example: func(c *column) int { return len(c.example) - 1 },
}
