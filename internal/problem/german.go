package problem

// german holds the German of every problem, by its English format. The test
// beside it reads all sources and fails on a problem that is missing here. A
// German format may index its verbs (%[2]s) to say them in another order.
//
// People are addressed as "Sie" and named without gender. Values of the API,
// such as states, stay as they are.
var german = map[string]string{
	// Any thing.
	"%s %s has just been changed by somebody else; load it again": "%s %s wurde soeben von anderer Seite geändert; bitte laden Sie neu",
	"%s is missing: Annex I asks for it":                          "%s fehlt: Anhang I verlangt diese Angabe",
	"there is no such %s, or it is not visible to you":            "%s: nicht vorhanden oder für Sie nicht sichtbar",
	"there is no such thing, or it is not visible to you":         "das Gesuchte ist nicht vorhanden oder für Sie nicht sichtbar",
	"this %s is %s and cannot become %s":                          "%s: Ein Wechsel von %s nach %s ist nicht möglich",

	// Server.
	"a fault of the server; the request id names it": "ein Fehler des Servers; die Anfrage-ID verweist darauf",
	"internal error": "interner Fehler",
	"the database does not answer; try again in a moment":      "die Datenbank antwortet nicht; bitte versuchen Sie es gleich noch einmal",
	"the request was cancelled":                                "die Anfrage wurde abgebrochen",
	"this took too long and was stopped; ask for less at once": "das hat zu lange gedauert und wurde beendet; fragen Sie weniger auf einmal ab",

	// Texts and their languages.
	"%q is not a language tag of BCP 47, such as \"en\" or \"de\"": "%q ist kein Sprachkürzel nach BCP 47 wie \"en\" oder \"de\"",
	"a name in at least one language is needed":                    "ein Name in mindestens einer Sprache ist erforderlich",
	"at most %d languages are allowed":                             "höchstens %d Sprachen sind zulässig",
	"the language %q stands twice":                                 "die Sprache %q kommt doppelt vor",
	"the text contains the invisible character U+%04X":             "der Text enthält das unsichtbare Zeichen U+%04X",
	"the text has %d characters, at most %d are allowed":           "der Text hat %d Zeichen, zulässig sind höchstens %d",
	"the text in language %q is empty":                             "der Text in der Sprache %q ist leer",
	"the text is not valid UTF-8":                                  "der Text ist kein gültiges UTF-8",
	"this text is needed":                                          "dieser Text ist erforderlich",

	// Codes, identifiers, dates.
	"%q is not a PIC of nine digits":                                                       "%q ist kein PIC aus neun Ziffern",
	"%q is not a ROR id, such as \"https://ror.org/0304hq317\"":                            "%q ist keine ROR-ID wie \"https://ror.org/0304hq317\"",
	"%q is not a code of ISCED-F 2013, such as \"0613\"":                                   "%q ist kein Code der ISCED-F 2013 wie \"0613\"",
	"%q is not a country of ISO 3166-1, such as \"DE\"":                                    "%q ist kein Land nach ISO 3166-1 wie \"DE\"",
	"%q is not a currency of ISO 4217, such as \"EUR\"":                                    "%q ist keine Währung nach ISO 4217 wie \"EUR\"",
	"%q is not a date such as \"2027-03-01\"":                                              "%q ist kein Datum wie \"2027-03-01\"",
	"%q is not a domain name in lower case, such as \"uni-hannover.de\"":                   "%q ist kein Domainname in Kleinbuchstaben wie \"uni-hannover.de\"",
	"%q is not a local time such as \"2025-09-11T23:00:00\"":                               "%q ist keine Ortszeit wie \"2025-09-11T23:00:00\"",
	"%q is not an Erasmus code, such as \"D  HANNOVE01\" with both blanks":                 "%q ist kein Erasmus-Code wie \"D  HANNOVE01\" mit beiden Leerzeichen",
	"%q is not an IANA time zone, such as \"Europe/Berlin\"":                               "%q ist keine IANA-Zeitzone wie \"Europe/Berlin\"",
	"%q is not an address such as \"https://example.org/\"":                                "%q ist keine Adresse wie \"https://example.org/\"",
	"%q is not the address of an ESCO skill, http://data.europa.eu/esco/skill/ and a UUID": "%q ist keine Adresse einer ESCO-Kompetenz aus http://data.europa.eu/esco/skill/ und einer UUID",
	"%q is not an organisation id, E and eight digits":                                     "%q ist keine Organisations-ID aus E und acht Ziffern",
	"%s does not exist in %s because clocks go forward":                                    "%s gibt es in %s nicht, weil dann die Uhr vorgestellt wird",

	// Credits, levels, grades.
	"%.1f hours a credit are outside the usual 25 to 30":                "%.1f Stunden je Leistungspunkt liegen außerhalb der üblichen 25 bis 30",
	"%q is not a number of ECTS credits such as \"5\" or \"7.5\"":       "%q ist keine Zahl von Leistungspunkten (ECTS) wie \"5\" oder \"7.5\"",
	"%s ECTS credits are more than the %s that anything can have":       "%s Leistungspunkte (ECTS) sind mehr als die höchstens möglichen %s",
	"%s ECTS credits are outside the %s to %s of a %s in this alliance": "%s Leistungspunkte (ECTS) liegen außerhalb des Bereichs von %s bis %s, der in dieser Allianz für %s gilt",
	"EQF levels are 1 to 8, not %d":                                     "EQR-Niveaus gehen von 1 bis 8; %d gehört nicht dazu",
	"a grade on the scale %s is needed":                                 "eine Note der Skala %s ist erforderlich",
	"a workload of %d hours is not possible":                            "ein Arbeitsaufwand von %d Stunden ist nicht möglich",
	"the grade %s and the outcome %s contradict each other":             "die Note %s und das Ergebnis %s widersprechen einander",
	"the scale %s has no grade %q":                                      "die Skala %s hat keine Note %q",
	"the scale PASS_FAIL has no grades":                                 "die Skala PASS_FAIL hat keine Noten",

	// Signing in and rights.
	"a bearer token cannot make another one":                                                      "mit einem Bearer-Token lässt sich kein weiteres erzeugen",
	"a request carries a bearer token or a session cookie, not both and nothing else":             "eine Anfrage trägt entweder ein Bearer-Token oder ein Sitzungs-Cookie, nicht beides und nichts anderes",
	"an alliance administrator is one of an alliance, every other role belongs to an institution": "die Rolle der Allianzverwaltung gehört zu einer Allianz, jede andere Rolle zu einer Hochschule",
	"nobody decides about themselves":                                                             "niemand entscheidet in eigener Sache",
	"only an operator can do this, on the command line":                                           "das ist nur der Betriebsleitung auf der Kommandozeile möglich",
	"only the learner can do this":                                                                "das kann nur die lernende Person selbst tun",
	"sign in first":                                                                               "melden Sie sich zuerst an",
	"the bearer token is unknown or has expired":                                                  "das Bearer-Token ist unbekannt oder abgelaufen",
	"the provider names no subject of 1 to 255 bytes":                                             "der Anmeldedienst nennt keine Kennung (subject) von 1 bis 255 Byte",
	"the request comes from another site":                                                         "die Anfrage kommt von einer anderen Website",
	"your roles do not include the right %q there":                                                "Ihre Rollen schließen das Recht %q dort nicht ein",

	// Institutions.
	"another institution has one of these identifiers already":            "eine dieser Kennungen gehört bereits einer anderen Hochschule",
	"the institution has a programme with the code %q already":            "die Hochschule hat bereits einen Studiengang mit dem Code %q",
	"the institution has a unit with the key %q already":                  "die Hochschule hat bereits eine Organisationseinheit mit dem Schlüssel %q",
	"the institution is no active member of an alliance":                  "die Hochschule ist kein aktives Mitglied einer Allianz",
	"the issuer, the key or a domain belongs to another provider already": "der Aussteller (issuer), der Schlüssel oder eine Domain gehört bereits zu einem anderen Anmeldedienst",
	"the programme belongs to another institution":                        "der Studiengang gehört zu einer anderen Hochschule",
	"the unit belongs to another institution":                             "die Organisationseinheit gehört zu einer anderen Hochschule",

	// Courses and offerings.
	"a code is needed":                                                                            "ein Code ist erforderlich",
	"a cohort needs a deadline for applications":                                                  "eine Kohorte braucht eine Bewerbungsfrist",
	"a cohort needs a first day":                                                                  "eine Kohorte braucht einen ersten Tag",
	"a quota has 0 to %d seats, as many as the offering, not %d":                                  "ein Kontingent hat 0 bis %d Plätze, so viele wie das Angebot, nicht %d",
	"a quota is for another institution than the provider":                                        "ein Kontingent ist für eine andere Hochschule als die anbietende bestimmt",
	"a seat is offered for 1 to %d hours, not %d":                                                 "ein Platz wird für 1 bis %d Stunden angeboten, nicht %d",
	"a waitlist has 0 to %d places, not %d":                                                       "eine Warteliste hat 0 bis %d Plätze, nicht %d",
	"%d seats are taken already, which are more than %d":                                          "es sind bereits %d Plätze vergeben, mehr als %d",
	"an offering has at most %d sessions":                                                         "ein Angebot hat höchstens %d Termine",
	"applications close after the last day of the offering":                                       "die Bewerbungsfrist endet nach dem letzten Tag des Angebots",
	"here a second person reviews courses before they are published; submit the draft for review": "hier prüft eine zweite Person Kurse vor der Veröffentlichung; reichen Sie den Entwurf zur Prüfung ein",
	"no target group is named, so learners cannot tell whether it is for them":                    "es ist keine Zielgruppe genannt, sodass Lernende nicht erkennen, ob der Kurs für sie bestimmt ist",
	"nobody reviews what they have submitted themselves; another person publishes it":             "niemand prüft eigene Einreichungen; eine andere Person veröffentlicht den Entwurf",
	"say what is to be changed":                                                                   "geben Sie an, was zu ändern ist",
	"the audience %s stands twice":                                                                "die Zielgruppe %s kommt doppelt vor",
	"the draft of this course is being reviewed and does not change; return it first":             "der Entwurf dieses Kurses wird gerade geprüft und ändert sich nicht; geben Sie ihn zuerst zurück",
	"the session ends after the last day of the offering":                                         "der Termin endet nach dem letzten Tag des Angebots",
	"the session ends before it starts":                                                           "der Termin endet, bevor er beginnt",
	"the session starts before the first day of the offering":                                     "der Termin beginnt vor dem ersten Tag des Angebots",
	"there is no English text, which learners of other partners would need":                       "es fehlt ein englischer Text, den Lernende anderer Partner brauchen",
	"there is no summary, which lists show":                                                       "es fehlt eine Zusammenfassung, wie sie Listen zeigen",
	"this course is %s and its offerings take no new applications":                                "dieser Kurs ist im Zustand %s; seine Angebote nehmen keine neuen Bewerbungen an",
	"this institution has a quota already":                                                        "diese Hochschule hat bereits ein Kontingent",
	"this offering is %s and does not change any more":                                            "dieses Angebot ist im Zustand %s und ändert sich nicht mehr",
	"this offering is published: its windows may be extended, or opened again, but not cut":       "dieses Angebot ist veröffentlicht: Seine Fristen lassen sich verlängern oder neu eröffnen, aber nicht kürzen",
	"this offering is published: this does not change any more":                                   "dieses Angebot ist veröffentlicht: Diese Angabe ändert sich nicht mehr",
	"a fee of %d cents is not possible":                                                           "eine Gebühr von %d Cent ist nicht möglich",
	"an offering has 1 to %d seats, not %d":                                                       "ein Angebot hat 1 bis %d Plätze, nicht %d",
	"applications close before they open":                                                         "die Bewerbungsfrist endet, bevor sie beginnt",
	"at most %d learning outcomes are allowed":                                                    "höchstens %d Lernergebnisse sind zulässig",
	"at most %d topics are allowed":                                                               "höchstens %d Themen sind zulässig",
	"the institution has a course with the code %q already":                                       "die Hochschule hat bereits einen Kurs mit dem Code %q",
	"the offering ends before it starts":                                                          "das Angebot endet, bevor es beginnt",
	"this course has no draft to publish; edit it first":                                          "dieser Kurs hat keinen Entwurf, der veröffentlicht werden könnte; bearbeiten Sie ihn zuerst",
	"this course is %s; publish it before you offer it":                                           "dieser Kurs ist im Zustand %s; veröffentlichen Sie ihn, bevor Sie ihn anbieten",

	// Micro-degrees.
	"a course stands in two groups, so its credits would count twice": "ein Kurs steht in zwei Gruppen, sodass seine Leistungspunkte doppelt zählen würden",
	"the group %q asks for %s ECTS credits and offers %s":             "die Gruppe %q verlangt %s Leistungspunkte (ECTS) und bietet %s",
	"the group %q lists a course that is not published":               "die Gruppe %q führt einen Kurs auf, der nicht veröffentlicht ist",
	"the groups ask for %s ECTS credits, the micro-degree has %s":     "die Gruppen verlangen %s Leistungspunkte (ECTS), das Micro-Degree hat %s",
	"there is a micro-degree with the key %q already":                 "es gibt bereits ein Micro-Degree mit dem Schlüssel %q",

	// Recognition rules.
	"nobody answers their own proposal":                                                   "niemand beantwortet den eigenen Vorschlag",
	"the course has %s ECTS credits; a rule counts more than none and no more than these": "der Kurs hat %s Leistungspunkte (ECTS); eine Regel rechnet mehr als null und höchstens so viele an",
	"the course is the home institution's own":                                            "der Kurs ist ein eigener der Heimathochschule",
	"the module is not one of the rule's programme":                                       "das Modul gehört nicht zum Studiengang der Regel",
	"the rule ends before it begins":                                                      "die Regel endet, bevor sie beginnt",

	// Applications and admission.
	"a refusal needs a reason":                                                                  "eine Ablehnung braucht eine Begründung",
	"all %d seats of this offering are taken":                                                   "alle %d Plätze dieses Angebots sind vergeben",
	"all %d seats for learners of this institution are taken":                                   "alle %d Plätze für Lernende dieser Hochschule sind vergeben",
	"applications closed on %s (%s)":                                                            "die Bewerbungsfrist endete am %s (%s)",
	"applications open on %s (%s)":                                                              "die Bewerbungsfrist beginnt am %s (%s)",
	"this is an offering of your own institution; enrol there":                                  "dies ist ein Angebot Ihrer eigenen Hochschule; schreiben Sie sich dort ein",
	"this offering is %s and takes no applications":                                             "dieses Angebot ist im Zustand %s und nimmt keine Bewerbungen an",
	"you belong to several institutions; say from which one you apply":                          "Sie gehören mehreren Hochschulen an; geben Sie an, von welcher aus Sie sich bewerben",
	"you have applied for this offering already":                                                "Sie haben sich für dieses Angebot bereits beworben",
	"your account has no current affiliation with such a home institution; sign in there again": "Ihr Konto hat keine aktuelle Zugehörigkeit zu einer solchen Heimathochschule; melden Sie sich dort erneut an",

	// Enrolments and results.
	"a result cannot be achieved in the future": "ein Ergebnis kann nicht in der Zukunft erreicht worden sein",
	"all %d attempts are used":                  "alle %d Versuche sind aufgebraucht",
	"attempt %d waits to be confirmed":          "Versuch %d wartet noch auf Bestätigung",
	"this enrolment is %s and takes no result":  "diese Einschreibung ist im Zustand %s und nimmt kein Ergebnis auf",

	// Credentials.
	"this credential is %s; only one in force can be recognised":   "dieser Nachweis ist im Zustand %s; nur ein gültiger kann anerkannt werden",
	"this result has a credential already; revoke it first":        "zu diesem Ergebnis gibt es bereits einen Nachweis; widerrufen Sie ihn zuerst",
	"this result is %s and %s; only a confirmed pass is certified": "dieses Ergebnis ist %s und %s; nur ein bestätigtes Bestehen wird bescheinigt",

	// Recognition.
	"a decision is GRANTED, GRANTED_PARTIALLY or REFUSED, not %s":                        "eine Entscheidung lautet GRANTED, GRANTED_PARTIALLY oder REFUSED, nicht %s",
	"a refused case counts no credits":                                                   "bei einer abgelehnten Anerkennung zählen keine Leistungspunkte",
	"anything but a full grant names a substantial difference":                           "ohne Anerkennung in vollem Umfang ist ein wesentlicher Unterschied zu nennen",
	"at most %d differences are allowed":                                                 "höchstens %d Unterschiede sind zulässig",
	"granted in full counts all %s ECTS credits":                                         "eine Anerkennung in vollem Umfang zählt alle %s Leistungspunkte (ECTS)",
	"granted in part counts more than none and fewer than all %s ECTS credits":           "eine teilweise Anerkennung zählt mehr als null und weniger als alle %s Leistungspunkte (ECTS)",
	"your home institution has counted this credential already, or decides about it now": "Ihre Heimathochschule hat diesen Nachweis bereits angerechnet oder entscheidet gerade darüber",

	// Requests.
	"%d operations of yours are running already":            "von Ihnen laufen bereits %d Operationen",
	"%s is not of the type that GraphQL over HTTP gives it": "%s hat nicht den Typ, den GraphQL over HTTP vorsieht",
	"a GET must carry the header %s":                        "ein GET muss den Header %s tragen",
	"batches of requests are not served: send one object":   "gebündelte Anfragen werden nicht unterstützt: senden Sie ein einzelnes Objekt",
	"no document is registered under this documentId":       "unter dieser documentId ist kein Dokument hinterlegt",
	"send a mutation by POST":                               "senden Sie eine Mutation per POST",
	"send either query or documentId":                       "senden Sie entweder query oder documentId",
	"send the body as application/json in UTF-8":            "senden Sie den Inhalt als application/json in UTF-8",
	"send the body without a content encoding":              "senden Sie den Inhalt ohne Content-Encoding",
	"the body could not be read":                            "der Inhalt der Anfrage war nicht lesbar",
	"the body is larger than %d bytes":                      "der Inhalt der Anfrage ist größer als %d Byte",
	"the body is not one JSON object of at most %d levels":  "der Inhalt der Anfrage ist kein JSON-Objekt mit höchstens %d Ebenen",
	"the parameters are larger than %d bytes":               "die Parameter sind größer als %d Byte",
	"the parameters are malformed":                          "die Parameter sind fehlerhaft",
	"this address answers GET and POST only":                "diese Adresse beantwortet nur GET und POST",
	"this address does not serve subscriptions":             "diese Adresse unterstützt keine Subscriptions",

	// Documents, their inputs and their cost.
	"%s must be 1 to %d":                                                                            "%s muss zwischen 1 und %d liegen",
	"%s takes exactly one member, which is not null":                                                "%s erwartet genau ein Feld, das nicht null ist",
	"@defer is not served: an answer comes in one piece":                                            "@defer wird nicht unterstützt: Eine Antwort kommt in einem Stück",
	"a condition must be true or false":                                                             "eine Bedingung muss true oder false sein",
	"a fragment contains itself":                                                                    "ein Fragment enthält sich selbst",
	"a list has at most %d items":                                                                   "eine Liste hat höchstens %d Einträge",
	"name the operation to run: the document holds %d":                                              "nennen Sie die gewünschte Operation: Das Dokument enthält %d",
	"not a number that this input can hold":                                                         "keine Zahl, die hier zulässig ist",
	"the document asks for __schema or __type more than once":                                       "das Dokument fragt mehr als einmal nach __schema oder __type",
	"the document asks for more than %d fields":                                                     "das Dokument fragt nach mehr als %d Feldern",
	"the document has more than %d fields of the same name":                                         "das Dokument hat mehr als %d Felder gleichen Namens",
	"the document holds no operation":                                                               "das Dokument enthält keine Operation",
	"the document nests more than %d levels of fields":                                              "das Dokument verschachtelt Felder über mehr als %d Ebenen",
	"the operation asks for more than %d fields at its root":                                        "die Operation fragt auf oberster Ebene nach mehr als %d Feldern",
	"the operation costs %d points, more than the %d it may: ask for smaller pages or fewer fields": "die Operation kostet %d Punkte, zulässig sind %d: fragen Sie kleinere Seiten oder weniger Felder ab",
	"the operation took too long and was ended":                                                     "die Operation hat zu lange gedauert und wurde beendet",
	"the operation was cancelled":                                                                   "die Operation wurde abgebrochen",

	// Lists and repetitions.
	"a page has 1 to %d rows, not %d":                               "eine Seite hat 1 bis %d Zeilen, nicht %d",
	"a page is either the first after, or the last before a cursor": "eine Seite ist entweder die erste nach (first, after) oder die letzte vor (last, before) einem Cursor",
	"an idempotency key has 1 to %d characters":                     "ein Idempotenzschlüssel hat 1 bis %d Zeichen",
	"at most %d identifiers at once":                                "höchstens %d Kennungen auf einmal",
	"this idempotency key was used for another input":               "dieser Idempotenzschlüssel wurde für eine andere Eingabe verwendet",
	"this is not a cursor of the list":                              "das ist kein Cursor dieser Liste",
}

// worded are the formats that say words of ours and not only data. In looks
// their arguments of type string up in germanWords.
var worded = map[string]bool{
	"%s %s has just been changed by somebody else; load it again": true,
	"%s is missing: Annex I asks for it":                          true,
	"there is no such %s, or it is not visible to you":            true,
	"this %s is %s and cannot become %s":                          true,
}

// germanWords holds the German of what worded formats say. Things stand without
// an article and elements of a credential with one, as the formats need them.
var germanWords = map[string]string{
	"application":      "Bewerbung",
	"course":           "Kurs",
	"credential":       "Nachweis",
	"draft":            "Entwurf",
	"enrolment":        "Einschreibung",
	"institution":      "Hochschule",
	"key":              "Schlüssel",
	"module":           "Modul",
	"offering":         "Angebot",
	"person":           "Person",
	"programme":        "Studiengang",
	"recognition case": "Anerkennungsverfahren",
	"recognition rule": "Anerkennungsregel",
	"result":           "Ergebnis",
	"session":          "Sitzung",
	"unit":             "Organisationseinheit",

	// Elements that a course version lacks.
	"a learning outcome":                "ein Lernergebnis",
	"a teaching language":               "eine Unterrichtssprache",
	"the EQF level":                     "das EQR-Niveau",
	"the description":                   "die Beschreibung",
	"the field of education":            "das Bildungsfeld (ISCED-F)",
	"the form of participation":         "die Form der Teilnahme",
	"the quality assurance":             "die Qualitätssicherung",
	"the supervision of the assessment": "die Art der Prüfungsaufsicht",
	"the title":                         "der Titel",
	"the type of assessment":            "die Art der Prüfung",
	"the workload in ECTS credits":      "der Arbeitsaufwand in Leistungspunkten (ECTS)",
	"the workload in hours":             "der Arbeitsaufwand in Stunden",

	// Elements that an award lacks (vc.Elements).
	"assessments":    "die Art der Prüfung",
	"awardingBodies": "der Name der verleihenden Einrichtung",
	"holder":         "der Name der lernenden Person",
	"issuedAt":       "das Ausstellungsdatum",
	"issuer.country": "das Land der ausstellenden Einrichtung",
	"outcomes":       "ein Lernergebnis",
	"participation":  "die Form der Teilnahme",
	"quality":        "die Qualitätssicherung",
	"title":          "der Titel",
	"workload":       "der Arbeitsaufwand",
}
