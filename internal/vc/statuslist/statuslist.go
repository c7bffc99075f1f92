// Package statuslist owns the W3C Bitstring Status List 1.0: a published list
// with one bit for each credential of an issuer, and the credential that signs
// it. Whoever verifies loads the whole list, so its publisher does not learn
// which credential was looked at.
package statuslist

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/vc"
)

// MinSize is the fewest bits of a list (section 6.1): one bit hides among many.
const MinSize = 131_072

// maxBytes bounds what a list may become when it is unpacked: 16 million bits.
const maxBytes = 2 << 20

// ErrRange is returned for an index outside the list, and for a size that no
// list can have.
var ErrRange = errors.New("statuslist: outside the list")

// List is the bits. It is not safe for use by many goroutines while one sets.
type List struct{ bits []byte }

// New returns a list of size bits, all 0. It returns ErrRange unless size is a
// multiple of 8 from MinSize to 16 777 216.
func New(size int) (*List, error) {
	if size < MinSize || size%8 != 0 || size/8 > maxBytes {
		return nil, fmt.Errorf("%w: a list has from %d to %d bits in whole bytes, not %d", ErrRange, MinSize, maxBytes*8, size)
	}
	return &List{make([]byte, size/8)}, nil
}

// Len returns the number of bits.
func (l *List) Len() int { return len(l.bits) * 8 }

// Set makes the bit at index 1, or 0. Index 0 is the leftmost bit of the first
// byte. It returns ErrRange outside the list.
func (l *List) Set(index int, on bool) error {
	if index < 0 || index >= l.Len() {
		return fmt.Errorf("%w: index %d of %d", ErrRange, index, l.Len())
	}
	mask := byte(0x80) >> (index % 8)
	if on {
		l.bits[index/8] |= mask
	} else {
		l.bits[index/8] &^= mask
	}
	return nil
}

// Get says whether the bit at index is 1. It returns ErrRange outside the list.
func (l *List) Get(index int) (bool, error) {
	if index < 0 || index >= l.Len() {
		return false, fmt.Errorf("%w: index %d of %d", ErrRange, index, l.Len())
	}
	return l.bits[index/8]&(0x80>>(index%8)) != 0, nil
}

// Encode returns the list as it is published: "u" (multibase base64url) and
// the GZIP of the bits. The same bits give the same text.
func (l *List) Encode() string {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(l.bits) // a buffer takes everything
	_ = w.Close()
	return "u" + base64.RawURLEncoding.EncodeToString(packed.Bytes())
}

// Decode reads what Encode wrote. It returns a FORM defect for another
// encoding, for fewer bits than MinSize, and, without unpacking it, for more
// than 16 million.
func Decode(encoded string) (*List, error) {
	text, ok := strings.CutPrefix(encoded, "u")
	if !ok {
		return nil, vc.Defective(vc.ReasonEncoding, "the list does not begin with u, for base64url")
	}
	packed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, vc.Defective(vc.ReasonEncoding, "the list is not base64url")
	}
	source := bytes.NewReader(packed)
	r, err := gzip.NewReader(source)
	if err != nil {
		return nil, vc.Defective(vc.ReasonEncoding, "the list is not GZIP")
	}
	r.Multistream(false)
	bits, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	switch {
	case err != nil:
		return nil, vc.Defective(vc.ReasonEncoding, "the list is not GZIP")
	case len(bits) > maxBytes:
		return nil, vc.Defective(vc.ReasonSize, "the list unpacks to more than %d bytes", maxBytes)
	case source.Len() > 0:
		return nil, vc.Defective(vc.ReasonEncoding, "something follows the list")
	case len(bits)*8 < MinSize:
		return nil, vc.Defective(vc.ReasonList, "the list has %d bits, at least %d are needed", len(bits)*8, MinSize)
	}
	return &List{bits}, nil
}
