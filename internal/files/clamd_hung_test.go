package files_test

import (
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/files"
)

func TestAHungClamdTakesTwoSecondsOfAScan(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // the kernel takes connections, nobody answers: a stopped process
	c, err := files.NewClamd("tcp://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, err = c.Scan(t.Context(), strings.NewReader("a letter"))
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("a scan took %s: %v", took, err)
	}
}

// Twenty downloads at once wait for a hung clamd together, not one after another, and ask it once.
func TestAHungClamdIsAskedOnceForItsVersion(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			t.Cleanup(func() { conn.Close() })
		}
	}()
	t.Cleanup(func() { l.Close() })
	c, err := files.NewClamd("tcp://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	var downloads sync.WaitGroup
	for range 20 {
		downloads.Go(func() {
			if at, err := c.Signatures(t.Context()); !failure.Is(err, failure.KindUnavailable) {
				t.Errorf("a clamd that hangs has signatures of %s, %v", at, err)
			}
		})
	}
	downloads.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("clamd was asked %d times", n)
	}
}
