package files

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// Type is a kind of file that applicants may attach.
type Type string

// The types, by media type.
const (
	PDF  Type = "application/pdf"
	JPEG Type = "image/jpeg"
	PNG  Type = "image/png"
	HEIC Type = "image/heic"
	DOCX Type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
)

// Extension is what a download's name ends in.
func (t Type) Extension() string {
	switch t {
	case PDF:
		return ".pdf"
	case JPEG:
		return ".jpg"
	case PNG:
		return ".png"
	case HEIC:
		return ".heic"
	case DOCX:
		return ".docx"
	}
	return ""
}

// Sniff tells a file's type by its content, whatever its name says; false when it is none that may be attached. An error is
// the reader's.
func Sniff(r io.ReaderAt, size int64) (Type, bool, error) {
	head := make([]byte, min(size, 1024))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", false, err
	}
	switch {
	case bytes.Contains(head, []byte("%PDF-")): // readers allow for a kilobyte before it
		return PDF, true, nil
	case bytes.HasPrefix(head, []byte{0xFF, 0xD8, 0xFF}):
		return JPEG, true, nil
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return PNG, true, nil
	case isHEIC(head):
		return HEIC, true, nil
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) && isDOCX(r, size):
		return DOCX, true, nil
	}
	return "", false, nil
}

// heicBrands are the brands of ISO/IEC 23008-12 for pictures coded in HEVC.
var heicBrands = []string{"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"}

// isHEIC reads the file type box, the first in the file: its size, "ftyp", the major brand, a version, then the brands that
// the file is compatible with.
func isHEIC(head []byte) bool {
	if len(head) < 16 || string(head[4:8]) != "ftyp" {
		return false
	}
	box := head[:min(uint64(binary.BigEndian.Uint32(head)), uint64(len(head)))]
	for at := 8; at+4 <= len(box); at += 4 {
		if at == 12 { // the version
			continue
		}
		for _, brand := range heicBrands {
			if string(box[at:at+4]) == brand {
				return true
			}
		}
	}
	return false
}

// isDOCX looks into the archive for the parts of a text document (ECMA-376). One with macros is none.
func isDOCX(r io.ReaderAt, size int64) bool {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return false
	}
	var types, document bool
	for _, f := range archive.File {
		switch f.Name {
		case "[Content_Types].xml":
			types = true
		case "word/document.xml":
			document = true
		case "word/vbaProject.bin":
			return false
		}
	}
	return types && document
}
