package files

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/failure"
)

// Folder is a Store in a folder that only this account can read. Several processes, on several machines, may share it.
type Folder struct {
	root string
}

const (
	ownerOnly  = 0o600
	ownerEnter = 0o700
	unfinished = "unfinished" // files that are still being written lie here, so that no key ever names half a file
)

// NewFolder makes the folder where it is not there yet.
func NewFolder(root string) (*Folder, error) {
	if root == "" {
		return nil, errors.New("files: no folder was named")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(root, unfinished), ownerEnter); err != nil {
		return nil, fmt.Errorf("files: make the folder: %w", err)
	}
	return &Folder{root: root}, nil
}

// Put writes the file beside its place, syncs it, moves it there and syncs the folder.
func (f *Folder) Put(ctx context.Context, r io.Reader) (stored Stored, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("store a file: %w", err)
		}
	}()
	key := strings.ToLower(rand.Text())
	temporary := filepath.Join(f.root, unfinished, key)
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, ownerOnly)
	if err != nil {
		return Stored{}, err
	}
	defer os.Remove(temporary) // after the move there is nothing to remove
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(file, hash), untilDone{ctx, r})
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return Stored{}, err
	}
	if err := f.place(temporary, key); err != nil {
		return Stored{}, err
	}
	return Stored{Key: key, Size: size, SHA256: hash.Sum(nil)}, nil
}

func (f *Folder) place(temporary, key string) error {
	final := f.path(key)
	shelf := filepath.Dir(final)
	switch err := os.Mkdir(shelf, ownerEnter); {
	case err == nil:
		if err := syncFolder(f.root); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	if err := os.Rename(temporary, final); err != nil {
		return err
	}
	return syncFolder(shelf)
}

// Open opens a file for reading.
func (f *Folder) Open(_ context.Context, key string) (File, error) {
	path, err := f.find(key)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, known("open", err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(known("open", err), file.Close())
	}
	return opened{file, info.Size()}, nil
}

// Touch sets the file's time to now.
func (f *Folder) Touch(_ context.Context, key string) error {
	path, err := f.find(key)
	if err != nil {
		return err
	}
	now := time.Now()
	return known("touch", os.Chtimes(path, now, now))
}

// Delete removes a file.
func (f *Folder) Delete(_ context.Context, key string) error {
	path, err := f.find(key)
	if err != nil {
		return err
	}
	return known("delete", os.Remove(path))
}

// Old walks the folder, a shelf at a time. What was left unfinished before that moment goes.
func (f *Folder) Old(ctx context.Context, before time.Time, fn func(keys []string) error) error {
	shelves, err := os.ReadDir(f.root)
	if err != nil {
		return fmt.Errorf("list files: %w", err)
	}
	for _, shelf := range shelves {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !shelf.IsDir() {
			continue
		}
		keys, err := f.oldOn(shelf.Name(), before)
		if err != nil {
			return fmt.Errorf("list files: %w", err)
		}
		if shelf.Name() == unfinished {
			for _, key := range keys {
				_ = os.Remove(filepath.Join(f.root, unfinished, key)) // the next walk tries again
			}
			continue
		}
		if len(keys) > 0 {
			if err := fn(keys); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *Folder) oldOn(shelf string, before time.Time) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(f.root, shelf))
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, entry := range entries {
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if keyShape.MatchString(entry.Name()) && info.Mode().IsRegular() && info.ModTime().Before(before) {
			keys = append(keys, entry.Name())
		}
	}
	return keys, nil
}

var keyShape = regexp.MustCompile(`^[a-z2-7]{26}$`)

// find refuses what is no key, so that a key can never lead out of the folder.
func (f *Folder) find(key string) (string, error) {
	if !keyShape.MatchString(key) {
		return "", failure.NotFound("There is no such file.")
	}
	return f.path(key), nil
}

// path spreads the files over a thousand shelves.
func (f *Folder) path(key string) string { return filepath.Join(f.root, key[:2], key) }

func known(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return failure.New(failure.KindNotFound, "There is no such file.", err)
	}
	return fmt.Errorf("%s a file: %w", what, err)
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

type opened struct {
	*os.File
	size int64
}

func (o opened) Size() int64 { return o.size }

// untilDone ends a copy with its request.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
