package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// flooder is one connection of a flood. It is as thin as can be, because it shares the processors with what it measures: the request is
// composed once and only its token changes, and of the answer nothing is kept but status and address.
type flooder struct {
	wire
	request []byte
	token   []byte // in request
}

// newFlooder fills in a form of the sender's. cookie is the browser's, as "name=value". All tokens are as long as this one.
func newFlooder(address, cookie, token string, s *sender) *flooder {
	s.fill(token, "")
	f := &flooder{wire: wire{address: address}}
	f.request = fmt.Appendf(nil, "POST /inquiries HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: gzip\r\nCookie: %s\r\n"+
		"Content-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\n\r\n", address, cookie, boundary, len(s.body))
	f.request = append(f.request, s.body...)
	at := bytes.Index(f.request, []byte(token))
	f.token = f.request[at : at+len(token)]
	return f
}

// verdict is what became of a form. Location is "" unless it was accepted.
type verdict struct {
	status   int
	location string
}

// submit sends the form with this token.
func (f *flooder) submit(ctx context.Context, token string) (v verdict, err error) {
	if err := f.open(ctx, 4<<10); err != nil {
		return v, err
	}
	copy(f.token, token)
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
