package openbadge

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
	"github.com/peregrine-exchange/peregrine/internal/vocab"
)

// Badge is a credential that was read. It is well formed; whether it is genuine
// and in force is still to be verified.
type Badge struct {
	Award    vc.Award    // as far as it says so; texts have one language, "und" when it does not say which
	Token    *jose.Token // nil for a JSON document
	Statuses []vc.Status // all entries of status lists; each must be looked up
	Unread   []string    // types of status methods that are not understood here
	Schemas  []string    // addresses of the schemas that it claims to fit
	Proofs   []Proof     // embedded proofs, not verified here
}

// Proof names an embedded proof.
type Proof struct{ Type, Cryptosuite, Method string }

var contextPattern = regexp.MustCompile(`^https://purl\.imsglobal\.org/spec/ob/v3p0/context(-3\.\d\.\d)*\.json$`)

// The bounds of texts of a stranger, in characters. Longer ones are cut, but
// an identifier of more bytes than maxURI is refused.
const (
	maxLine = 500
	maxText = 20_000
	maxURI  = 2048
)

// Parse reads an AchievementCredential of version 3.0 of anybody, as JSON or as
// VC-JWT. It returns a *vc.Defect of FORM for what is none: of another version
// or context, with an object of a foreign type or without a member that the
// form demands, or with claims that differ from the credential; and the defects
// of jose.Read.
func Parse(data []byte) (*Badge, error) {
	doc, token, err := jose.Read(data, jose.TypeJWT)
	if err != nil {
		return nil, err
	}
	if err := envelope(doc); err != nil {
		return nil, err
	}
	b := &Badge{Token: token}
	if err := b.read(doc); err != nil {
		return nil, err
	}
	if a := b.Award; token != nil {
		if err := jose.ClaimsOf(a.Issuer.ID, a.ID, a.Holder.ID, a.IssuedAt, a.ValidUntil).Check(doc); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// envelope checks what makes a document an AchievementCredential.
func envelope(doc map[string]any) error {
	if _, old := doc["vc"]; old {
		return vc.Defective(vc.ReasonVersion, "the credential is in the claim vc, as before version 2.0 of the data model")
	}
	contexts, err := vc.Strings("@context", doc["@context"])
	if err != nil { // an inline context could give any member any meaning
		return vc.Defective(vc.ReasonContext, "a context is not an address")
	}
	if slices.Contains(contexts, "https://www.w3.org/2018/credentials/v1") {
		return vc.Defective(vc.ReasonVersion, "the credential is one of version 1 of the data model")
	}
	if len(contexts) < 2 || contexts[0] != contextVC || !contextPattern.MatchString(contexts[1]) {
		return vc.Defective(vc.ReasonContext, "the first contexts are not those of Open Badges 3.0")
	}
	if !achieves(doc) {
		return vc.Defective(vc.ReasonClass, "not an AchievementCredential")
	}
	for _, member := range []string{"id", "issuer", "validFrom", "credentialSubject"} {
		if doc[member] == nil {
			return vc.Defective(vc.ReasonMember, "the credential lacks %s", member)
		}
	}
	if _, ok := doc["credentialSubject"].(map[string]any); !ok {
		return vc.Defective(vc.ReasonMember, "credentialSubject is not one object")
	}
	if err := conforms(doc["credentialSubject"], "AchievementSubject", "credentialSubject"); err != nil {
		return err
	}
	if _, named := doc["issuer"].(string); !named {
		if _, ok := doc["issuer"].(map[string]any); !ok {
			return vc.Defective(vc.ReasonMember, "issuer is not one object")
		}
		if err := conforms(doc["issuer"], "Profile", "issuer"); err != nil {
			return err
		}
	}
	for _, m := range [][2]string{{"image", "Image"}, {"evidence", "Evidence"}, {"endorsement", "EndorsementCredential"}} {
		if err := conforms(doc[m[0]], m[1], m[0]); err != nil {
			return err
		}
	}
	return nil
}

// achieves says whether a document is of the type AchievementCredential, under
// either of its names.
func achieves(doc map[string]any) bool {
	types, err := vc.Strings("type", doc["type"])
	return err == nil && slices.Contains(types, "VerifiableCredential") &&
		(slices.Contains(types, "AchievementCredential") || slices.Contains(types, "OpenBadgeCredential"))
}

// view reads members leniently: it holds the first defect and goes on, and it
// tidies texts that a stranger wrote.
type view struct{ err error }

// keep holds the first defect.
func (v *view) keep(err error) {
	if v.err == nil {
		v.err = err
	}
}

func (v *view) text(limit int, o map[string]any, name string) string {
	return vocab.Clean(limit, v.exact(o, name))
}

func (v *view) time(o map[string]any, name string) time.Time {
	t, err := vc.TimeAt(o, name)
	v.keep(err)
	return t
}

// exact reads an identifier. It is never tidied, for it must stay comparable.
func (v *view) exact(o map[string]any, name string) string {
	s, err := vc.TextAt(o, name)
	v.keep(err)
	return s
}

// isURI says whether s names something in the whole world.
func isURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && len(s) <= maxURI
}

func (b *Badge) read(doc map[string]any) error {
	var v view
	a := &b.Award
	subject := doc["credentialSubject"].(map[string]any)
	achieved, ok := subject["achievement"].(map[string]any)
	if !ok {
		return vc.Defective(vc.ReasonMember, "credentialSubject.achievement is not one object")
	}
	lang := v.text(maxLine, achieved, "inLanguage")
	if _, err := language.Parse(lang); err != nil {
		lang = "und"
	}
	text := func(limit int, o map[string]any, name string) vocab.Text { return textOf(lang, v.text(limit, o, name)) }

	a.ID = v.exact(doc, "id")
	if issuer, ok := doc["issuer"].(map[string]any); ok {
		a.Issuer = v.organisation(issuer, lang)
	} else {
		a.Issuer.ID = v.exact(doc, "issuer")
	}
	a.IssuedAt, a.ValidUntil, a.AwardedAt = v.time(doc, "validFrom"), v.time(doc, "validUntil"), v.time(doc, "awardedDate")
	if source, ok := subject["source"].(map[string]any); ok {
		a.AwardingBodies = []vc.Organisation{v.organisation(source, lang)}
	}
	a.Holder = v.holder(subject)
	a.Achievement = v.exact(achieved, "id")
	a.Title = text(maxLine, achieved, "name")
	a.Description = text(maxText, achieved, "description")
	if c, ok := achieved["criteria"].(map[string]any); ok {
		a.Criteria = text(maxText, c, "narrative")
	}
	kind := v.text(maxLine, achieved, "achievementType")
	for ours, theirs := range achievementTypes {
		if theirs == kind {
			a.Kind = ours
		}
	}
	for _, tag := range vc.Many(achieved["tag"]) {
		for ours, theirs := range stackTags {
			if theirs == tag {
				a.Stacking = ours
			}
		}
	}
	for _, item := range vc.Many(achieved["alignment"]) {
		v.align(a, item.(map[string]any), lang)
	}
	v.grade(a, subject, achieved)
	b.status(&v, doc)
	for _, item := range vc.Many(doc["credentialSchema"]) {
		if o, ok := item.(map[string]any); ok {
			b.Schemas = append(b.Schemas, v.exact(o, "id"))
		}
	}
	for _, item := range vc.Many(doc["proof"]) {
		if o, ok := item.(map[string]any); ok {
			b.Proofs = append(b.Proofs, Proof{v.exact(o, "type"), v.exact(o, "cryptosuite"), v.exact(o, "verificationMethod")})
		}
	}
	switch {
	case v.err != nil:
		return v.err
	case !isURI(a.ID) || !isURI(a.Issuer.ID) || !isURI(a.Achievement):
		return vc.Defective(vc.ReasonMember, "an identifier is not a URI")
	case a.IssuedAt.IsZero():
		return vc.Defective(vc.ReasonMember, "validFrom is empty")
	case a.Holder.ID == "" && len(vc.Many(subject["identifier"])) == 0:
		return vc.Defective(vc.ReasonMember, "credentialSubject has neither id nor identifier")
	}
	return nil
}

func textOf(lang, s string) vocab.Text {
	if s == "" {
		return nil
	}
	return vocab.Text{lang: s}
}

func (v *view) organisation(o map[string]any, lang string) vc.Organisation {
	org := vc.Organisation{ID: v.exact(o, "id"), Name: textOf(lang, v.text(maxLine, o, "name")), Website: v.text(maxLine, o, "url")}
	if a, ok := o["address"].(map[string]any); ok {
		org.Country = v.text(maxLine, a, "addressCountryCode")
	}
	into := map[string]*string{idROR: &org.ROR, idErasmus: &org.Erasmus, idPIC: &org.PIC, idSCHAC: &org.SCHAC}
	for _, item := range vc.Many(o["otherIdentifier"]) {
		entry := item.(map[string]any)
		if p := into[v.exact(entry, "identifierType")]; p != nil {
			*p = v.text(maxLine, entry, "identifier")
		}
	}
	return org
}

// holder reads who the credential is about. A hashed identity tells nothing to
// who does not know it already. A name in one piece is taken for a family name.
func (v *view) holder(subject map[string]any) vc.Holder {
	h := vc.Holder{ID: v.exact(subject, "id")}
	var name string
	into := map[string]*string{
		idName: &name, idGivenName: &h.GivenName, idFamilyName: &h.FamilyName, idBirth: &h.DateOfBirth, idESI: &h.ESI,
	}
	for _, item := range vc.Many(subject["identifier"]) {
		o := item.(map[string]any)
		if p := into[v.exact(o, "identityType")]; p != nil && o["hashed"] == false {
			*p = v.text(maxLine, o, "identityHash")
		}
	}
	if h.GivenName == "" && h.FamilyName == "" {
		h.FamilyName = name
	}
	return h
}

// align reads one alignment that says what the form has no member for. One
// that is not understood is left out: anybody may align to anything.
func (v *view) align(a *vc.Award, o map[string]any, lang string) {
	code, name, target := v.text(maxLine, o, "targetCode"), v.text(maxText, o, "targetName"), v.text(maxLine, o, "targetUrl")
	switch kind := v.exact(o, "targetType"); kind {
	case alignEQF:
		if n, err := strconv.Atoi(code); err == nil && vocab.CheckEQF(n) == nil {
			a.EQF = n
		}
	case alignECTS:
		if e, err := vocab.ParseECTS(code); err == nil {
			a.ECTS = e
		}
	case alignWorkload:
		hours, ok := strings.CutSuffix(strings.TrimPrefix(code, "PT"), "H")
		if n, err := strconv.Atoi(hours); ok && err == nil && n > 0 && n < 100_000 {
			a.Hours = n
		}
	case alignISCEDF:
		if c, err := vocab.ParseISCEDF(code); err == nil {
			a.ISCEDF = c
		}
	case alignESCO:
		a.Outcomes = append(a.Outcomes, vocab.Outcome{Text: textOf(lang, name), ESCO: target})
	case alignOutcome:
		a.Outcomes = append(a.Outcomes, vocab.Outcome{Text: textOf(lang, name)})
	case alignAssessment:
		if t := vocab.AssessmentType(code); slices.Contains(vocab.AssessmentTypes, t) {
			a.Assessments = append(a.Assessments, t)
		}
	case alignParticipation:
		if m := vocab.DeliveryMode(code); slices.Contains(vocab.DeliveryModes, m) {
			a.Participation = m
		}
	case alignSupervision:
		if s := vocab.Supervision(code); slices.Contains(vocab.Supervisions, s) {
			a.Supervision = s
		}
	case alignQuality:
		a.Quality = quality(code, textOf(lang, name), target)
	case alignLanguage:
		if vocab.CheckLanguage(code) == nil {
			a.Language = code
		}
	}
}

// quality undoes what stands in for an empty name or address.
func quality(code string, name vocab.Text, target string) vocab.QualityAssurance {
	q := vocab.QualityAssurance{Name: name, URL: target}
	kind := vocab.QualityKind(code)
	if !slices.Contains(vocab.QualityKinds, kind) {
		return q
	}
	q.Kind = kind
	concept := vc.QualityConcept(kind)
	if name.In() == concept.Label {
		q.Name = nil
	}
	if target == concept.URI {
		q.URL = ""
	}
	return q
}

// grade reads the first result whose description names a grading scale.
func (v *view) grade(a *vc.Award, subject, achieved map[string]any) {
	scales := map[string]vocab.GradeScale{}
	for _, item := range vc.Many(achieved["resultDescription"]) {
		description := item.(map[string]any)
		for _, item := range vc.Many(description["alignment"]) {
			o := item.(map[string]any)
			scale := vocab.GradeScale(v.exact(o, "targetCode"))
			if v.exact(o, "targetType") == alignScale && known(scale) {
				scales[v.exact(description, "id")] = scale
			}
		}
	}
	for _, item := range vc.Many(subject["result"]) {
		o := item.(map[string]any)
		if scale := scales[v.exact(o, "resultDescription")]; scale != "" && a.Grade == nil {
			a.Grade = &vc.Grade{Value: v.text(maxLine, o, "value"), Scale: scale}
		}
	}
}

// status reads the status entries. An index may be a text or, as some issuers
// write it, a number.
func (b *Badge) status(v *view, doc map[string]any) {
	for _, item := range vc.Many(doc["credentialStatus"]) {
		o, ok := item.(map[string]any)
		if !ok {
			v.keep(vc.Defective(vc.ReasonMember, "credentialStatus is not an object"))
			return
		}
		kind := v.exact(o, "type")
		_, sized := o["statusSize"]
		if kind != "BitstringStatusListEntry" || sized {
			b.Unread = append(b.Unread, kind)
			continue
		}
		var digits string
		switch i := o["statusListIndex"].(type) {
		case string:
			digits = i
		case json.Number:
			digits = i.String()
		}
		index, err := strconv.ParseUint(digits, 10, 31)
		s := vc.Status{List: v.exact(o, "statusListCredential"), Index: int(index), Purpose: v.exact(o, "statusPurpose")}
		if err != nil || s.List == "" || s.Purpose == "" {
			v.keep(vc.Defective(vc.ReasonMember, "credentialStatus lacks its list, index or purpose"))
			return
		}
		b.Statuses = append(b.Statuses, s)
	}
	if len(b.Statuses) > 0 {
		b.Award.Status = &b.Statuses[0]
	}
}
