package keyring

// SealText returns a text under the KEK, in the form of a sealed key. It opens
// only with the same name, so that rows cannot be swapped. It returns ErrKEK for
// the zero KEK.
func SealText(kek KEK, text, name string, owner Owner) (string, error) {
	return seal(kek, []byte(text), name, owner)
}

// OpenText returns the text that SealText sealed by this name for this owner,
// or the errors of Open.
func OpenText(kek KEK, envelope, name string, owner Owner) (string, error) {
	text, err := open(kek, envelope, name, owner, -1)
	return string(text), err
}
