package main

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// cutter is a TCP proxy in front of a server that can cut every connection in the middle of whatever is said.
type cutter struct {
	net.Listener
	target string
	carry  func(near, far net.Conn) // until either end closes
	mu     sync.Mutex
	open   map[net.Conn]bool
}

// newCutter stands before the server of an address, and gives the address of its own.
func newCutter(t *testing.T, address string, carry func(near, far net.Conn)) (*cutter, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{Listener: l, target: u.Host, carry: carry, open: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = l.Close(); c.cut() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go c.join(near)
		}
	}()
	u.Host = l.Addr().String()
	return c, u.String()
}

func (c *cutter) join(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", c.target)
	if err != nil {
		return
	}
	defer far.Close()
	c.mu.Lock()
	c.open[near] = true
	c.mu.Unlock()
	c.carry(near, far)
	c.mu.Lock()
	delete(c.open, near)
	c.mu.Unlock()
}

func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		_ = conn.Close()
	}
}

// straight carries bytes both ways.
func straight(near, far net.Conn) {
	go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
	_, _ = io.Copy(near, far)
}

// mailRoad leads to the mail server. It knows the moment at which a mail has been taken and its sender has not heard of it.
type mailRoad struct {
	*cutter
	mu    sync.Mutex
	taken func(near net.Conn, pass func()) // what happens at the next such moment; nil for nothing
}

func newMailRoad(t *testing.T, address string) (r *mailRoad, own string) {
	t.Helper()
	r = &mailRoad{}
	r.cutter, own = newCutter(t, address, r.carryMail)
	return r, own
}

// once has fn called at the next such moment, instead of the answer being passed on; pass does that.
func (r *mailRoad) once(fn func(near net.Conn, pass func())) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken = fn
}

func (r *mailRoad) next() func(near net.Conn, pass func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fn := r.taken
	r.taken = nil
	return fn
}

func (r *mailRoad) carryMail(near, far net.Conn) {
	var mu sync.Mutex
	ended := false // the content has gone over, and its answer has not come back
	go func() {
		defer far.Close()
		var last []byte
		for said := make([]byte, 32<<10); ; {
			n, err := near.Read(said)
			last = append(last, said[:n]...)
			last = last[max(0, len(last)-5):]
			mu.Lock()
			ended = ended || bytes.Equal(last, []byte("\r\n.\r\n")) // RFC 5321, 4.1.1.4
			mu.Unlock()
			if _, failed := far.Write(said[:n]); err != nil || failed != nil {
				return
			}
		}
	}()
	for said := make([]byte, 4<<10); ; {
		n, err := far.Read(said)
		if n > 0 {
			mu.Lock()
			answer := ended
			ended = false
			mu.Unlock()
			pass := func() { _, _ = near.Write(said[:n]) }
			var fn func(net.Conn, func())
			if answer {
				fn = r.next()
			}
			if fn != nil {
				fn(near, pass)
			} else {
				pass()
			}
		}
		if err != nil {
			return
		}
	}
}
