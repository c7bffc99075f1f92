package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/peregrine-exchange/peregrine/internal/authn/token"
	"github.com/peregrine-exchange/peregrine/internal/config"
	"github.com/peregrine-exchange/peregrine/internal/keyring"
	"github.com/peregrine-exchange/peregrine/internal/storage"
)

// kek returns the key-encryption key of the configuration. Beside an SQLite
// database, where none is set, it makes one once and keeps it in a file that
// only its owner reads: whoever copies the database alone cannot sign.
func kek(c config.Config) (keyring.KEK, error) {
	if c.KEK != "" {
		return keyring.ParseKEK(string(c.KEK))
	}
	path, ok := strings.CutPrefix(string(c.Database), "sqlite:")
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

// checkKEK returns an error when keys in the database are sealed under another
// key-encryption key. A process that went on would make keys that no other
// opens, and could sign with none of theirs.
func checkKEK(ctx context.Context, db *storage.DB, k keyring.KEK) error {
	err := token.Keys(db.Client, time.Now, k).Open(ctx)
	if errors.Is(err, keyring.ErrWrongKEK) {
		return errors.New("app: the keys in this database are sealed under another key-encryption key; give the one that its other servers and commands have")
	}
	return err
}
