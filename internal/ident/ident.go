// Package ident makes and reads the identifiers of everything that Peregrine
// stores. An identifier is one text everywhere: primary key, GraphQL id, log
// value and export id.
package ident

import (
	"encoding/base32"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/google/uuid"
)

// ID is a three-letter kind, "_" and a UUIDv7 in 26 characters of lower-case
// Crockford base32, such as "crs_06h0hph4yvw3v2c0x5e4r7t9n8". IDs made later
// sort later, so an ID alone orders a page. Clients never parse one.
type ID string

// Length is the number of bytes of every well-formed ID.
const Length = 30

// Kind is the three-letter prefix that says what an ID names.
type Kind string

// The kinds. A new entity adds its line here; two never share a prefix.
const (
	Alliance          Kind = "all"
	Membership        Kind = "mbr"
	Institution       Kind = "ins"
	Unit              Kind = "unt"
	Provider          Kind = "idp"
	ProviderHome      Kind = "hom"
	Person            Kind = "per"
	Profile           Kind = "pro"
	Identity          Kind = "idn"
	Affiliation       Kind = "aff"
	Role              Kind = "rol"
	RoleRule          Kind = "rru"
	Session           Kind = "ses"
	SignIn            Kind = "sgn"
	LogoutToken       Kind = "lgt"
	Programme         Kind = "prg"
	HomeModule        Kind = "mod"
	Course            Kind = "crs"
	CourseVersion     Kind = "crv"
	Offering          Kind = "off"
	MicroDegree       Kind = "mdg"
	Application       Kind = "app"
	Enrolment         Kind = "enr"
	Result            Kind = "res"
	SigningKey        Kind = "key"
	StatusList        Kind = "stl"
	Credential        Kind = "crd"
	RecognitionRule   Kind = "rul"
	RecognitionCase   Kind = "cas"
	AuditEntry        Kind = "aud"
	OutboxEvent       Kind = "evt"
	IdempotencyKey    Kind = "idk"
	SeatQuota         Kind = "quo"
	ImportSource      Kind = "src"
	ImportRun         Kind = "imp"
	ImportChunk       Kind = "imc"
	ImportFinding     Kind = "imf"
	Portal            Kind = "prt"
	PortalCode        Kind = "ptc"
	APIClient         Kind = "cli"
	ClientKey         Kind = "clk"
	ClientAssertion   Kind = "cla"
	ServerKey         Kind = "svk"
	WorkItem          Kind = "wrk"
	Disclosure        Kind = "dsc"
	AuditReader       Kind = "aur"
	AuditCheckpoint   Kind = "auc"
	InstitutionName   Kind = "inm"
	InstitutionChange Kind = "inc"
	Erasure           Kind = "era"
	Draft             Kind = "drf"
	AccessNeeds       Kind = "acn"
	Document          Kind = "doc"
	DocumentChunk     Kind = "dcc"
	ApplicationStep   Kind = "stp"
	Draw              Kind = "drw"
	AdmissionPolicy   Kind = "pol"
	Call              Kind = "cal"
	GradingScale      Kind = "gsc"
	ResultStep        Kind = "rst"
	Amendment         Kind = "amd"
)

var base = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// New makes an ID of kind k from the current time and 74 random bits. IDs made
// by one process rise strictly, also when the clock does not.
func New(k Kind) ID {
	u := uuid.Must(uuid.NewV7())
	return ID(string(k) + "_" + base.EncodeToString(u[:]))
}

// Maker returns a function that makes IDs of kind k, as ent's DefaultFunc.
func Maker(k Kind) func() ID { return func() ID { return New(k) } }

// Parse returns s as an ID, or an error when s is none.
func Parse(s string) (ID, error) {
	if len(s) != Length || s[3] != '_' {
		return "", fmt.Errorf("ident: %q is not an identifier", s)
	}
	for i := range 3 {
		if s[i] < 'a' || s[i] > 'z' {
			return "", fmt.Errorf("ident: %q is not an identifier", s)
		}
	}
	// Written again, because the decoder leaves out line breaks, and has no use
	// for the last two bits.
	if id := ID(s); Of(id.Kind(), id.Bytes()) == id {
		return id, nil
	}
	return "", fmt.Errorf("ident: %q is not an identifier", s)
}

// Kind returns the prefix of a well-formed ID and "" of any other.
func (id ID) Kind() Kind {
	if len(id) != Length {
		return ""
	}
	return Kind(id[:3])
}

// Bytes returns the 16 bytes of a well-formed ID, without its kind.
func (id ID) Bytes() (b [16]byte) {
	if len(id) == Length {
		_, _ = base.Decode(b[:], []byte(id[4:]))
	}
	return b
}

// Of returns the ID of a kind whose bytes Bytes returned.
func Of(k Kind, b [16]byte) ID { return ID(string(k) + "_" + base.EncodeToString(b[:])) }

// MarshalGQL writes the ID as a GraphQL string.
func (id ID) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(id))) }

// UnmarshalGQL reads a GraphQL ID, a text or a whole number (GraphQL, 3.5.5).
// What cannot be an identifier becomes the empty ID, which names nothing:
// callers answer NOT_FOUND, as they do for an unknown one, so that a guess
// learns nothing from the answer.
func (id *ID) UnmarshalGQL(v any) error {
	switch v := v.(type) {
	case string:
		*id, _ = Parse(v)
		return nil
	case int, int32, int64, uint64:
		*id = ""
		return nil
	case json.Number:
		if _, err := v.Int64(); err == nil {
			*id = ""
			return nil
		}
	}
	return fmt.Errorf("an id is a text or a whole number")
}
