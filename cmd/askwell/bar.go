package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"
)

// bar shows how far a long command has come: a line that moves on a terminal, a line now and then elsewhere.
type bar struct {
	t     terminal
	what  string
	live  bool
	last  time.Time
	began time.Time
	from  int // how much was done before it began
	shown bool
}

func newBar(t terminal, what string) *bar {
	file, ok := t.err.(*os.File)
	return &bar{t: t, what: what, live: ok && term.IsTerminal(int(file.Fd())), began: time.Now(), last: time.Now()}
}

// set says that done of total are done; total 0 is not known.
func (b *bar) set(done, total int) {
	if total > 0 {
		text := fmt.Sprintf("%s of %s %s", thousands(done), thousands(total), b.what)
		b.show(float64(done)/float64(total), text+pace(done-b.from, total-done, time.Since(b.began)))
		return
	}
	b.show(-1, thousands(done)+" "+b.what)
}

// show draws how much is done (0 to 1; below 0 when that is not known) and the words beside it.
func (b *bar) show(part float64, text string) {
	pause := 100 * time.Millisecond
	if !b.live {
		pause = 5 * time.Second
	}
	if now := time.Now(); now.Sub(b.last) < pause {
		return
	}
	b.last, b.shown = time.Now(), true
	if part >= 0 {
		const width = 30
		full := int(width * min(1, part))
		text = fmt.Sprintf("[%s%s] %3.0f %% %s", strings.Repeat("#", full), strings.Repeat(".", width-full), 100*min(1, part), text)
	}
	if b.live {
		fmt.Fprintf(b.t.err, "\r\033[K%s", text)
		return
	}
	fmt.Fprintln(b.t.err, text)
}

// pace tells how quick it goes and how long the rest takes at that pace, once there is something to go by.
func pace(done, left int, took time.Duration) string {
	perSecond := float64(done) / took.Seconds()
	if took < 2*time.Second || perSecond < 1 {
		return ""
	}
	rest := time.Duration(float64(left) / perSecond * float64(time.Second))
	return fmt.Sprintf(", %s a second, %s left", thousands(int(perSecond)), rest.Round(time.Second))
}

// took is the time since the bar was made.
func (b *bar) took() time.Duration { return time.Since(b.began).Round(10 * time.Millisecond) }

// end leaves the terminal's line clean.
func (b *bar) end() {
	if b.live && b.shown {
		fmt.Fprint(b.t.err, "\r\033[K")
	}
}

// thousands writes a count with commas.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
