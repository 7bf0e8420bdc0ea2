package files

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/askwell/askwell/internal/failure"
)

// Clamd is ClamAV's daemon.
type Clamd struct {
	network, address string
	patience         time.Duration // for a whole scan

	mu         sync.Mutex
	signatures time.Time // as clamd told at asked
	asked      time.Time
	failed     time.Time // when clamd was asked last and did not tell
	failure    error
}

const (
	connectWithin = 2 * time.Second  // to clamd, and for its PONG
	silentWithin  = 30 * time.Second // nothing moves
	signaturesFor = time.Minute      // clamd is asked anew
	failedFor     = 5 * time.Second  // and after it did not tell
)

// NewClamd takes the address as tcp://host:3310 or unix:///run/clamav/clamd.ctl.
func NewClamd(address string) (*Clamd, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("clamd: the address is no URL")
	}
	c := &Clamd{network: u.Scheme, address: u.Host, patience: 2 * time.Minute}
	switch {
	case u.Scheme == "unix" && u.Path != "":
		c.address = u.Path
	case u.Scheme != "tcp" || u.Host == "":
		return nil, errors.New("clamd: the address must be like tcp://host:3310 or unix:///run/clamav/clamd.ctl")
	}
	return c, nil
}

// Verdict is what a scan found; Threat names it when the file is not clean. Unscannable says that the scanner could not look into it, and
// Threat why: another scan says the same. SignaturesAt is when the signatures were made that the scan used at least, or the zero time.
type Verdict struct {
	Clean        bool
	Unscannable  bool
	Threat       string
	SignaturesAt time.Time
}

// TooLarge is the Threat of a file beyond clamd's StreamMaxLength.
const TooLarge = "StreamMaxLength"

// unscannable are the heuristics that say that something was not looked into, and not that it is bad.
var unscannable = []string{"Heuristics.Encrypted", "Heuristics.Limits.Exceeded", "Heuristics.Broken."}

const unread = "The virus scanner could not read the file."

// chunk is how much is sent at once; clamd takes up to its StreamMaxLength in all.
const chunk = 64 << 10

// Scan sends the file as clamd's INSTREAM command wants it: chunks, each after its length in four bytes, then a length of
// zero. Errors: unavailable when clamd is busy or does not answer; the same file may be sent again. Conflict when clamd answers that it failed
// to read this file.
func (c *Clamd) Scan(ctx context.Context, file io.Reader) (Verdict, error) {
	if err := c.Ping(ctx); err != nil { // a clamd that hangs is found out at once, and gets no file
		return Verdict{}, err
	}
	signatures, err := c.Signatures(ctx) // before the scan, which may use newer ones
	if err != nil {
		return Verdict{}, err
	}
	verdict, err := c.instream(ctx, file)
	verdict.SignaturesAt = signatures
	return verdict, err
}

func (c *Clamd) instream(ctx context.Context, file io.Reader) (Verdict, error) {
	reply, err := c.ask(ctx, "zINSTREAM\x00", file)
	if err != nil {
		return Verdict{}, failure.Unavailable("The virus scanner is unavailable.", fmt.Errorf("scan a file: %w", err))
	}
	result := strings.TrimPrefix(reply, "stream: ")
	if threat, found := strings.CutSuffix(result, " FOUND"); found {
		blind := slices.ContainsFunc(unscannable, func(prefix string) bool { return strings.HasPrefix(threat, prefix) })
		return Verdict{Threat: threat, Unscannable: blind}, nil
	}
	if strings.HasPrefix(reply, "INSTREAM size limit exceeded") {
		return Verdict{Threat: TooLarge, Unscannable: true}, nil
	}
	if result == "OK" {
		return Verdict{Clean: true}, nil
	}
	err = fmt.Errorf("scan a file: clamd answered %q", reply)
	if result != reply && strings.HasSuffix(result, " ERROR") {
		return Verdict{}, failure.New(failure.KindConflict, unread, err)
	}
	return Verdict{}, failure.Unavailable(unread, err)
}

// Ping says whether clamd answers.
func (c *Clamd) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	reply, err := c.ask(ctx, "zPING\x00", nil)
	if err == nil && reply != "PONG" {
		err = fmt.Errorf("it says %q", reply)
	}
	if err != nil {
		return failure.Unavailable("The virus scanner is unavailable.", fmt.Errorf("ping clamd: %w", err))
	}
	return nil
}

// Signatures tells of when clamd's signatures are; the zero time when it does not say. While clamd hangs one caller finds out, in two seconds, and
// those who come in the next few are told at once. Error: unavailable.
func (c *Clamd) Signatures(ctx context.Context) (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.asked) < signaturesFor {
		return c.signatures, nil
	}
	if time.Since(c.failed) < failedFor {
		return time.Time{}, c.failure
	}
	within, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	reply, err := c.ask(within, "zVERSION\x00", nil)
	if err != nil {
		err = failure.Unavailable("The virus scanner is unavailable.", fmt.Errorf("ask clamd for its version: %w", err))
		if ctx.Err() == nil { // whoever asked has gone: that says nothing of clamd
			c.failed, c.failure = time.Now(), err
		}
		return time.Time{}, err
	}
	c.asked, c.signatures = time.Now(), time.Time{}
	if parts := strings.SplitN(reply, "/", 3); len(parts) == 3 { // ClamAV 1.4.3/27430/Mon Oct 14 10:33:22 2025
		if at, err := time.ParseInLocation("Mon Jan _2 15:04:05 2006", strings.TrimSpace(parts[2]), time.Local); err == nil {
			c.signatures = at
		}
	}
	return c.signatures, nil
}

// moving gives each read and write of a conversation a time of its own: a file may take long, silence may not.
type moving struct{ net.Conn }

func (m moving) Read(p []byte) (int, error) {
	if err := m.SetReadDeadline(time.Now().Add(silentWithin)); err != nil {
		return 0, err
	}
	return m.Conn.Read(p)
}

func (m moving) Write(p []byte) (int, error) {
	if err := m.SetWriteDeadline(time.Now().Add(silentWithin)); err != nil {
		return 0, err
	}
	return m.Conn.Write(p)
}

func (c *Clamd) ask(ctx context.Context, command string, file io.Reader) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	raw, err := (&net.Dialer{Timeout: connectWithin}).DialContext(ctx, c.network, c.address)
	if err != nil {
		return "", err
	}
	defer raw.Close()
	defer context.AfterFunc(ctx, func() { _ = raw.Close() })() // ends reads and writes under way
	conn := moving{raw}
	if _, err := io.WriteString(conn, command); err != nil {
		return "", err
	}
	if file != nil {
		var unread *readError
		if err = stream(conn, file); errors.As(err, &unread) {
			return "", err
		}
		// clamd answers early, and stops reading, when the file is over its limit: its words say more than the broken pipe.
	}
	var reply bytes.Buffer
	if _, readErr := io.Copy(&reply, io.LimitReader(conn, 4<<10)); reply.Len() == 0 {
		return "", errors.Join(err, readErr, ctx.Err(), errors.New("no answer"))
	}
	return strings.TrimRight(reply.String(), "\x00\n"), nil
}

func stream(conn io.Writer, file io.Reader) error {
	buffer := make([]byte, 4+chunk)
	for {
		n, err := io.ReadFull(file, buffer[4:])
		if n > 0 {
			binary.BigEndian.PutUint32(buffer, uint32(n)) //nolint:gosec // at most chunk
			if _, err := conn.Write(buffer[:4+n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			_, err = conn.Write([]byte{0, 0, 0, 0})
			return err
		case err != nil:
			return &readError{err}
		}
	}
}

// readError says that the file could not be read: clamd would wait for the rest.
type readError struct{ error }

func (e *readError) Unwrap() error { return e.error }
