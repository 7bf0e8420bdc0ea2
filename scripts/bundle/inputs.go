package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// hashInputs hashes names and contents of all files in the given folders and files. Contents, not times: a checkout sets
// times at will.
func hashInputs(paths ...string) (string, error) {
	sum := sha256.New()
	for _, path := range paths {
		err := filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(path, file)
			if err != nil {
				return err
			}
			fmt.Fprintf(sum, "%s %d\n", rel, len(data))
			sum.Write(data)
			return nil
		})
		if err != nil {
			return "", fmt.Errorf("read what the bundle is made from: %w", err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// upToDate says whether dist was made from these inputs and is whole.
func upToDate(dist, inputs string) bool {
	data, err := os.ReadFile(filepath.Join(dist, "manifest.json"))
	if err != nil {
		return false
	}
	var m manifest
	if json.Unmarshal(data, &m) != nil || m.Inputs != inputs {
		return false
	}
	for _, file := range m.Files {
		if _, err := os.Stat(filepath.Join(dist, file)); err != nil {
			return false
		}
	}
	return true
}
