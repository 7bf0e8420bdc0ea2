package files_test

import (
	"net"
	"strings"
	"testing"
	"time"

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
