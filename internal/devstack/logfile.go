package devstack

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// logLimit is the size at which a server's log is set aside, at its next start, for a new one.
const logLimit = 16 << 20

// logFile is what a server writes to; it remembers where this start began.
type logFile struct {
	*os.File
	from int64
}

// openLog opens the log of a server in dir/log, closed to other accounts. One older log is kept.
func openLog(dir, name string) (*logFile, error) {
	folder := filepath.Join(dir, "log")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the log folder: %w", err)
	}
	path := filepath.Join(folder, name+".log")
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("set the log aside: %w", err)
		}
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	l := &logFile{File: f}
	l.mark()
	return l, nil
}

// mark makes tail start here.
func (l *logFile) mark() {
	if end, err := l.Seek(0, io.SeekEnd); err == nil {
		l.from = end
	}
}

// tail returns the last lines, up to 2,000 bytes, written since mark.
func (l *logFile) tail() string {
	text, err := io.ReadAll(io.NewSectionReader(l, l.from, logLimit))
	if err != nil {
		return ""
	}
	text = bytes.TrimSpace(text)
	if len(text) > 2000 {
		text = text[len(text)-2000:]
		if _, rest, found := bytes.Cut(text, []byte("\n")); found {
			text = rest
		}
	}
	return string(text)
}
