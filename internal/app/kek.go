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

// keyFile is where the key-encryption key stands when none is set: beside an
// SQLite database. It is "" for other databases.
func keyFile(c config.Config) string {
	path, ok := strings.CutPrefix(string(c.Database), "sqlite:")
	if !ok {
		return ""
	}
	return filepath.Join(filepath.Dir(path), "key-encryption-key")
}

// kek returns the key-encryption key of the configuration. Beside an SQLite
// database, where none is set, it makes one once and keeps it in a file that
// only its owner reads: whoever copies the database alone cannot sign. It makes
// none where something is sealed already: the file has been lost then, and
// another one would only hide that.
func kek(c config.Config, sealed bool) (keyring.KEK, error) {
	if c.KEK != "" {
		return keyring.ParseKEK(string(c.KEK))
	}
	file := keyFile(c)
	if file == "" {
		return keyring.KEK{}, errors.New("app: no key-encryption key is set")
	}
	stored, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if sealed {
			return keyring.KEK{}, fmt.Errorf("app: %s is gone, and the keys in this database are sealed under the key-encryption key that it held; put it back", file)
		}
		return newKEK(file)
	}
	if err != nil {
		return keyring.KEK{}, fmt.Errorf("app: %w", err)
	}
	return keyring.ParseKEK(string(stored))
}

// newKEK makes a key and puts it, whole, where no file is yet. Of two starters
// one does; the other takes what is there then.
func newKEK(file string) (keyring.KEK, error) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	folder := filepath.Dir(file)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return keyring.KEK{}, fmt.Errorf("app: %w", err)
	}
	written, err := writeAside(folder, base64.StdEncoding.EncodeToString(raw)+"\n")
	if err != nil {
		return keyring.KEK{}, fmt.Errorf("app: %w", err)
	}
	defer os.Remove(written)
	if err := os.Link(written, file); err != nil && !errors.Is(err, fs.ErrExist) {
		return keyring.KEK{}, fmt.Errorf("app: %w", err)
	}
	stored, err := os.ReadFile(file)
	if err != nil {
		return keyring.KEK{}, fmt.Errorf("app: %w", err)
	}
	return keyring.ParseKEK(string(stored))
}

// writeAside writes a file of an arbitrary name that only its owner reads, and
// returns once the disk has it.
func writeAside(folder, text string) (path string, err error) {
	f, err := os.CreateTemp(folder, ".key-*")
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}
