package vocab

// InstitutionIdentity is what people know an institution by.
type InstitutionIdentity struct {
	Name        Text     `json:"name"`
	Acronym     string   `json:"acronym"`
	Domains     []string `json:"domains"`
	ErasmusCode *string  `json:"erasmusCode,omitempty"`
	PIC         *string  `json:"pic,omitempty"`
	OID         *string  `json:"oid,omitempty"`
	ROR         *string  `json:"ror,omitempty"`
	DEQAR       *string  `json:"deqar,omitempty"`
}
