package files_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/files"
)

// scanner speaks the part of clamd's protocol that its manual describes: zPING and zINSTREAM. It finds the word "EICAR".
func scanner(t *testing.T, network, address string, limit int) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answer(conn, limit)
		}
	}()
	return l.Addr().String()
}

func answer(conn net.Conn, limit int) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	command, err := r.ReadString(0)
	if err != nil {
		return
	}
	if command == "zVERSION\x00" {
		io.WriteString(conn, "ClamAV 1.4.3/27430/Mon Oct  6 10:33:22 2025\x00")
		return
	}
	if command == "zPING\x00" {
		io.WriteString(conn, "PONG\x00")
		return
	}
	var content strings.Builder
	for {
		var size uint32
		if err := binary.Read(r, binary.BigEndian, &size); err != nil {
			return
		}
		if size == 0 {
			break
		}
		if _, err := io.CopyN(&content, r, int64(size)); err != nil {
			return
		}
		if content.Len() > limit {
			io.WriteString(conn, "INSTREAM size limit exceeded. ERROR\x00")
			return
		}
	}
	if strings.Contains(content.String(), "BROKEN") {
		io.WriteString(conn, "stream: Can't parse data ERROR\x00")
		return
	}
	if strings.Contains(content.String(), "LOCKED") {
		io.WriteString(conn, "stream: Heuristics.Encrypted.Zip FOUND\x00")
		return
	}
	if strings.Contains(content.String(), "EICAR") {
		io.WriteString(conn, "stream: Win.Test.EICAR_HDB-1 FOUND\x00")
		return
	}
	io.WriteString(conn, "stream: OK\x00")
}

func clamd(t *testing.T, address string) *files.Clamd {
	t.Helper()
	c, err := files.NewClamd(address)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClamd(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "s")
	scanner(t, "unix", socket, 1<<20)
	at, err := clamd(t, "unix://"+socket).Signatures(t.Context())
	if want := time.Date(2025, 10, 6, 10, 33, 22, 0, time.Local); err != nil || !at.Equal(want) {
		t.Errorf("the signatures are of %s (%v), want %s", at, err, want)
	}
	for name, address := range map[string]string{
		"tcp": "tcp://" + scanner(t, "tcp", "127.0.0.1:0", 1<<20), "unix": "unix://" + socket,
	} {
		c := clamd(t, address)
		if err := c.Ping(t.Context()); err != nil {
			t.Errorf("%s: ping: %v", name, err)
		}
		if _, err := c.Scan(t.Context(), strings.NewReader("BROKEN")); !failure.Is(err, failure.KindConflict) {
			t.Errorf("%s: of a file that it cannot read: %v", name, err)
		}
		for content, want := range map[string]files.Verdict{
			"":                                    {Clean: true},
			strings.Repeat("a letter ", 50_000):   {Clean: true},
			strings.Repeat("x", 70_000) + "EICAR": {Threat: "Win.Test.EICAR_HDB-1"},
			"LOCKED":                              {Threat: "Heuristics.Encrypted.Zip", Unscannable: true},
			strings.Repeat("x", 2<<20):            {Threat: files.TooLarge, Unscannable: true},
		} {
			want.SignaturesAt = at
			got, err := c.Scan(t.Context(), strings.NewReader(content))
			if err != nil || got != want {
				t.Errorf("%s: %d bytes: %+v, %v; want %+v", name, len(content), got, err, want)
			}
		}
	}
}

func TestClamdIsUnavailable(t *testing.T) {
	t.Parallel()
	tooSmall := clamd(t, "tcp://"+scanner(t, "tcp", "127.0.0.1:0", 10))
	away := clamd(t, "tcp://127.0.0.1:1")
	for name, scan := range map[string]func() error{
		"away":       func() error { _, err := away.Scan(t.Context(), strings.NewReader("x")); return err },
		"ping":       func() error { return away.Ping(t.Context()) },
		"unreadable": func() error { _, err := tooSmall.Scan(t.Context(), iotest.ErrReader(errors.New("broken"))); return err },
	} {
		if err := scan(); !failure.Is(err, failure.KindUnavailable) {
			t.Errorf("%s: %v, want it unavailable, so that the file is held back and tried again", name, err)
		}
	}
	for _, address := range []string{"", "http://x", "tcp://", "unix://"} {
		if _, err := files.NewClamd(address); err == nil {
			t.Errorf("the address %q was accepted", address)
		}
	}
}

// A clamd that accepts and says nothing is given up in time to connect and to answer a ping.
func TestAHungClamdIsGivenUp(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := clamd(t, "tcp://"+l.Addr().String())
	if err := c.Ping(t.Context()); !failure.Is(err, failure.KindUnavailable) {
		t.Errorf("ping: %v", err)
	}
	if _, err := c.Signatures(t.Context()); !failure.Is(err, failure.KindUnavailable) {
		t.Errorf("signatures: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Scan(ctx, strings.NewReader("a letter")); !failure.Is(err, failure.KindUnavailable) {
		t.Errorf("scan: %v", err)
	}
}
