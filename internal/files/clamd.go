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
	"strings"
	"time"

	"github.com/askwell/askwell/internal/failure"
)

// Clamd is ClamAV's daemon.
type Clamd struct {
	network, address string
	patience         time.Duration
}

// NewClamd takes the address as tcp://host:3310 or unix:///run/clamav/clamd.ctl.
func NewClamd(address string) (*Clamd, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("clamd: the address is no URL")
	}
	c := &Clamd{network: u.Scheme, address: u.Host, patience: time.Minute}
	switch {
	case u.Scheme == "unix" && u.Path != "":
		c.address = u.Path
	case u.Scheme != "tcp" || u.Host == "":
		return nil, errors.New("clamd: the address must be like tcp://host:3310 or unix:///run/clamav/clamd.ctl")
	}
	return c, nil
}

// Verdict is what a scan found; Threat names it when the file is not clean.
type Verdict struct {
	Clean  bool
	Threat string
}

// chunk is how much is sent at once; clamd takes up to its StreamMaxLength in all.
const chunk = 64 << 10

// Scan sends the file as clamd's INSTREAM command wants it: chunks, each after its length in four bytes, then a length of
// zero. Error: unavailable when clamd is away, busy or does not answer; the same file may be sent again.
func (c *Clamd) Scan(ctx context.Context, file io.Reader) (Verdict, error) {
	reply, err := c.ask(ctx, "zINSTREAM\x00", file)
	if err != nil {
		return Verdict{}, failure.Unavailable("The virus scanner is away.", fmt.Errorf("scan a file: %w", err))
	}
	result := strings.TrimPrefix(reply, "stream: ")
	if threat, found := strings.CutSuffix(result, " FOUND"); found {
		return Verdict{Threat: threat}, nil
	}
	if result == "OK" {
		return Verdict{Clean: true}, nil
	}
	return Verdict{}, failure.Unavailable("The virus scanner could not read the file.", fmt.Errorf("scan a file: clamd says %q", reply))
}

// Ping says whether clamd answers.
func (c *Clamd) Ping(ctx context.Context) error {
	reply, err := c.ask(ctx, "zPING\x00", nil)
	if err == nil && reply != "PONG" {
		err = fmt.Errorf("it says %q", reply)
	}
	if err != nil {
		return failure.Unavailable("The virus scanner is away.", fmt.Errorf("ping clamd: %w", err))
	}
	return nil
}

func (c *Clamd) ask(ctx context.Context, command string, file io.Reader) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, c.network, c.address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })() // ends reads and writes under way
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
		return "", errors.Join(err, readErr, errors.New("no answer"))
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
