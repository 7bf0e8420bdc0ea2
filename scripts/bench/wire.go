package main

import (
	"bufio"
	"context"
	"net"
	"time"
)

const answerWithin = 30 * time.Second

// wire is a connection to the desk, opened by the first request and kept alive.
type wire struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
}

// open connects unless the connection stands, and gives the next answer its time.
func (w *wire) open(ctx context.Context, buffer int) error {
	if w.conn == nil {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", w.address)
		if err != nil {
			return err
		}
		w.conn, w.in = conn, bufio.NewReaderSize(conn, buffer)
	}
	return w.conn.SetDeadline(time.Now().Add(answerWithin))
}

func (w *wire) close() {
	if w.conn != nil {
		w.conn.Close()
		w.conn = nil
	}
}
