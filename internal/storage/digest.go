package storage

import (
	"crypto/sha256"
	"encoding/hex"
)

// Digest is the SHA-256 of a text in hexadecimal, as columns of 64 characters
// hold it: equal for equal bytes only, whatever a database's collation.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
