package app

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
)

// kek returns the key-encryption key of the configuration. Beside an SQLite
// database, where none is set, it makes one once and keeps it in a file that
// only its owner reads: whoever copies the database alone cannot sign.
func kek(c config.Config) (keyring.KEK, error) {
	if c.KEK != "" {
		return keyring.ParseKEK(string(c.KEK))
	}
	path, ok := strings.CutPrefix(c.Database, "sqlite:")
	if !ok {
		return keyring.KEK{}, errors.New("app: no key-encryption key is set")
	}
	file := filepath.Join(filepath.Dir(path), "key-encryption-key")
	stored, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return newKEK(file)
	}
	if err != nil {
		return keyring.KEK{}, fmt.Errorf("app: %w", err)
	}
	return keyring.ParseKEK(string(stored))
}

func newKEK(file string) (keyring.KEK, error) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	text := base64.StdEncoding.EncodeToString(raw)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return keyring.KEK{}, fmt.Errorf("app: %w", err)
	}
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		return keyring.KEK{}, fmt.Errorf("app: %w", err)
	}
	return keyring.ParseKEK(text)
}
