package statuslist

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/vc"
	"github.com/peregrine-exchange/peregrine/internal/vc/jose"
)

const context = "https://www.w3.org/ns/credentials/v2"

// Credential is a list with who publishes it: a BitstringStatusListCredential.
type Credential struct {
	ID         string // URL at which it is published
	Issuer     string // URL or DID; the same as of the credentials on the list
	Purposes   []string
	ValidFrom  time.Time
	ValidUntil time.Time     // zero without end
	TTL        time.Duration // how long a copy may be used; zero when not stated
	List       *List
	Token      *jose.Token // what was read, to be verified; nil for a document
}

type document struct {
	Context    []string `json:"@context"`
	ID         string   `json:"id"`
	Type       []string `json:"type"`
	Issuer     string   `json:"issuer"`
	ValidFrom  string   `json:"validFrom"`
	ValidUntil string   `json:"validUntil,omitempty"`
	Subject    subject  `json:"credentialSubject"`
}

type subject struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Purpose any    `json:"statusPurpose"`
	List    string `json:"encodedList"`
	TTL     int64  `json:"ttl,omitempty"` // milliseconds
}

// Document returns the credential as JSON, without proof.
func (c Credential) Document() ([]byte, error) {
	d, err := c.document()
	if err != nil {
		return nil, err
	}
	return json.Marshal(d)
}

// Payload returns what a token of the credential holds: the document and its
// claims. It is to be signed with jose.TypeVCJWT.
func (c Credential) Payload() ([]byte, error) {
	d, err := c.document()
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		document
		jose.Claims
	}{d, jose.ClaimsOf(c.Issuer, c.ID, d.Subject.ID, c.ValidFrom, c.ValidUntil)})
}

func (c Credential) document() (document, error) {
	if c.ID == "" || c.Issuer == "" || len(c.Purposes) == 0 || c.ValidFrom.IsZero() || c.List == nil {
		return document{}, errors.New("statuslist: a list needs an address, an issuer, a purpose, a date and bits")
	}
	var purpose any = c.Purposes
	if len(c.Purposes) == 1 {
		purpose = c.Purposes[0]
	}
	return document{
		Context:    []string{context},
		ID:         c.ID,
		Type:       []string{"VerifiableCredential", "BitstringStatusListCredential"},
		Issuer:     c.Issuer,
		ValidFrom:  vc.Stamp(c.ValidFrom),
		ValidUntil: vc.Stamp(c.ValidUntil),
		Subject: subject{
			ID: c.ID + "#list", Type: "BitstringStatusList",
			Purpose: purpose, List: c.List.Encode(), TTL: c.TTL.Milliseconds(),
		},
	}, nil
}

// Parse reads a list credential, JSON or token, of anybody. Its signature and
// dates are still to be verified. It returns a FORM defect.
func Parse(data []byte) (*Credential, error) {
	doc, token, err := jose.Read(data, jose.TypeVCJWT, jose.TypeJWT)
	if err != nil {
		return nil, err
	}
	contexts, err := vc.Strings("@context", doc["@context"])
	if err != nil || len(contexts) == 0 || contexts[0] != context {
		return nil, vc.Defective(vc.ReasonContext, "the first context is not %s", context)
	}
	types, err := vc.Strings("type", doc["type"])
	if err != nil || !slices.Contains(types, "VerifiableCredential") || !slices.Contains(types, "BitstringStatusListCredential") {
		return nil, vc.Defective(vc.ReasonClass, "not a BitstringStatusListCredential")
	}
	sub, ok := doc["credentialSubject"].(map[string]any)
	if !ok || sub["type"] != "BitstringStatusList" {
		return nil, vc.Defective(vc.ReasonClass, "its subject is not a BitstringStatusList")
	}
	c := &Credential{Token: token}
	subjectID, err := c.read(doc, sub)
	if err != nil {
		return nil, err
	}
	if token != nil {
		want := jose.ClaimsOf(c.Issuer, c.ID, subjectID, c.ValidFrom, c.ValidUntil)
		if err := want.Check(doc); err != nil {
			return nil, err
		}
	}
	encoded, err := vc.TextAt(sub, "encodedList")
	if err != nil {
		return nil, err
	}
	c.List, err = Decode(encoded)
	return c, err
}

func (c *Credential) read(doc, sub map[string]any) (subjectID string, err error) {
	issuer := doc
	if object, ok := doc["issuer"].(map[string]any); ok {
		issuer = map[string]any{"issuer": object["id"]}
	}
	var errs [6]error
	c.ID, errs[0] = vc.TextAt(doc, "id")
	c.Issuer, errs[1] = vc.TextAt(issuer, "issuer")
	c.ValidFrom, errs[2] = vc.TimeAt(doc, "validFrom")
	c.ValidUntil, errs[3] = vc.TimeAt(doc, "validUntil")
	c.Purposes, errs[4] = vc.Strings("statusPurpose", sub["statusPurpose"])
	subjectID, errs[5] = vc.TextAt(sub, "id")
	if err := errors.Join(errs[:]...); err != nil {
		return "", err
	}
	if c.ID == "" || c.Issuer == "" || c.ValidFrom.IsZero() || len(c.Purposes) == 0 {
		return "", vc.Defective(vc.ReasonMember, "the list lacks its id, issuer, validFrom or statusPurpose")
	}
	if ttl, present := sub["ttl"]; present {
		n, ok := ttl.(json.Number)
		ms, err := strconv.ParseInt(string(n), 10, 64)
		if !ok || err != nil || ms < 0 || ms > int64(365*24*time.Hour/time.Millisecond) {
			return "", vc.Defective(vc.ReasonMember, "ttl is not a number of milliseconds within a year")
		}
		c.TTL = time.Duration(ms) * time.Millisecond
	}
	return subjectID, nil
}

// Check returns the STATUS check of one entry: FAILED when its bit is 1, and
// UNKNOWN when the list is not the one that the entry names, has another
// purpose, or has no such bit.
func (c *Credential) Check(entry vc.Status) vc.Check {
	on, err := c.List.Get(entry.Index)
	switch {
	case err != nil || c.ID != entry.List || !slices.Contains(c.Purposes, entry.Purpose):
		return vc.Check{Kind: vc.CheckStatus, Result: vc.Unknown, Reason: vc.ReasonStatusUnsupported}
	case !on:
		return vc.Pass(vc.CheckStatus)
	case entry.Purpose == vc.Revocation:
		return vc.Check{Kind: vc.CheckStatus, Result: vc.Failed, Reason: vc.ReasonRevoked}
	case entry.Purpose == vc.Suspension:
		return vc.Check{Kind: vc.CheckStatus, Result: vc.Failed, Reason: vc.ReasonSuspended}
	}
	// "refresh" and "message" say nothing about validity.
	return vc.Pass(vc.CheckStatus)
}
