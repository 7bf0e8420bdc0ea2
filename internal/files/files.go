// Package files keeps what applicants attach, tells what it is by its content, and has it scanned for viruses.
package files

import (
	"context"
	"io"
	"time"
)

// Stored is a file in the store. Key cannot be guessed and says nothing about the file.
type Stored struct {
	Key    string
	Size   int64 // bytes
	SHA256 []byte
}

// File is an open file of the store.
type File interface {
	io.Reader
	io.ReaderAt
	io.Seeker
	io.Closer
	Size() int64
}

// Store keeps files under keys of its own. Errors: not_found for a key it does not hold; anything else is the store's.
type Store interface {
	// Put keeps everything that r gives. Once it returns, the file survives the loss of power.
	Put(ctx context.Context, r io.Reader) (Stored, error)
	Open(ctx context.Context, key string) (File, error)
	// Touch makes the file count as new for Old.
	Touch(ctx context.Context, key string) error
	Delete(ctx context.Context, key string) error
	// Old gives the keys of files put or touched before a moment, some at a time, until fn fails.
	Old(ctx context.Context, before time.Time, fn func(keys []string) error) error
}
