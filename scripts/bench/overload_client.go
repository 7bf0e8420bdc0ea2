package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// flooder is one connection of a flood. It is as thin as can be, because it shares the processors with what it measures: the request is
// composed once and only its token changes, and of the answer nothing is kept but status and address.
type flooder struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
	request []byte
	token   []byte // in request
}

// newFlooder fills in a form of the sender's. cookie is the browser's, as "name=value". All tokens are as long as this one.
func newFlooder(address, cookie, token string, s *sender) *flooder {
	s.fill(token, "")
	f := &flooder{address: address}
	f.request = fmt.Appendf(nil, "POST /inquiries HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: gzip\r\nCookie: %s\r\n"+
		"Content-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\n\r\n", address, cookie, boundary, len(s.body))
	f.request = append(f.request, s.body...)
	at := bytes.Index(f.request, []byte(token))
	f.token = f.request[at : at+len(token)]
	return f
}

func (f *flooder) close() {
	if f.conn != nil {
		f.conn.Close()
		f.conn = nil
	}
}

// verdict is what became of a form. Location is "" unless it was accepted.
type verdict struct {
	status   int
	location string
}

// submit sends the form with this token.
func (f *flooder) submit(ctx context.Context, token string) (v verdict, err error) {
	if f.conn == nil {
		var dialer net.Dialer
		if f.conn, err = dialer.DialContext(ctx, "tcp", f.address); err != nil {
			f.conn = nil
			return v, err
		}
		f.in = bufio.NewReaderSize(f.conn, 4<<10)
	}
	copy(f.token, token)
	_ = f.conn.SetDeadline(time.Now().Add(answerWithin)) // of a connection that is open
	if _, err = f.conn.Write(f.request); err == nil {
		v, err = readVerdict(f.in)
	}
	if err != nil {
		f.close()
	}
	return v, err
}

var errAnswer = errors.New("the answer cannot be read")

// readVerdict reads an answer as net/http's server writes it.
func readVerdict(in *bufio.Reader) (v verdict, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return v, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return v, errAnswer
	}
	if v.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return v, errAnswer
	}
	length, chunked := 0, false
	for {
		if line, err = in.ReadSlice('\n'); err != nil {
			return v, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch string(name) {
		case "Content-Length":
			if length, err = strconv.Atoi(string(value)); err != nil {
				return v, errAnswer
			}
		case "Transfer-Encoding":
			chunked = string(value) == "chunked"
		case "Location":
			if v.status == http.StatusSeeOther {
				v.location = string(value)
			}
		}
	}
	if !chunked {
		_, err = in.Discard(length)
		return v, err
	}
	return v, discardChunks(in)
}

func discardChunks(in *bufio.Reader) error {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimRight(line, "\r\n")), 16, 32)
		if err != nil {
			return errAnswer
		}
		if _, err := io.CopyN(io.Discard, in, size+int64(len("\r\n"))); err != nil {
			return err
		}
		if size == 0 {
			return nil
		}
	}
}
