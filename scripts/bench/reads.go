package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const seedWithin = 10 * time.Minute

// Names of rows that goals are set for.
const (
	rowAccepted = "inquiries accepted through the form"
	rowList     = "ticket list, first page"
)

// read is one page and the least that a database or a search engine does for it.
type read struct {
	name      string
	who       string   // signs in
	paths     []string // taken in turn
	floor     string   // what it is
	sql       string   // of the floor
	variables map[string]string
	words     []string // of the floor in the search engine, instead of sql
}

// measureReadsDesk reads a desk of a size.
func (b *bench) measureReadsDesk(ctx context.Context, size int) (err error) {
	d, err := b.startDesk(ctx, "reads-"+strconv.Itoa(size))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	if err := b.result.describe(ctx, d); err != nil {
		return err
	}
	begun := time.Now()
	if err := d.askwell(ctx, "", "seed", "--tickets", strconv.Itoa(size)); err != nil {
		return err
	}
	if err := d.drain(ctx, seedWithin); err != nil {
		return err
	}
	b.progress("seeded and indexed %d tickets in %s", size, time.Since(begun).Round(time.Second))
	// The server would do this by itself some minutes later.
	if _, err := d.db.Exec(ctx, `VACUUM (ANALYZE)`); err != nil {
		return err
	}
	if err := d.addStaff(ctx); err != nil {
		return err
	}
	reads, err := d.plan(ctx)
	if err != nil {
		return err
	}
	if err := d.quiet(ctx); err != nil {
		return err
	}
	for _, r := range reads {
		if err := b.measureRead(ctx, d, size, r); err != nil {
			return fmt.Errorf("%s at %d tickets: %w", r.name, size, err)
		}
	}
	return b.measureMemory(ctx, d, size)
}

// measureRead asks for the pages and runs the floor in turn.
func (b *bench) measureRead(ctx context.Context, d *desk, size int, r read) error {
	browser, err := d.signedIn(ctx, r.who)
	if err != nil {
		return err
	}
	defer browser.close()
	ask := func(n int) (took []time.Duration, bytes int, err error) {
		for i := range n {
			a, err := browser.get(ctx, r.paths[i%len(r.paths)])
			if err != nil {
				return nil, 0, err
			}
			took, bytes = append(took, a.took), len(a.body)
		}
		return took, bytes, nil
	}
	if _, _, err := ask(b.Requests / 10); err != nil { // warm-up
		return err
	}
	var times, floors []Times
	var medians, floorMedians []float64
	var bytes int
	var used CPU
	for range b.Rounds {
		before := d.cpuUsed()
		took, n, err := ask(b.Requests)
		if err != nil {
			return err
		}
		used = used.plus(d.cpuUsed().since(before))
		floor, err := b.readFloor(ctx, d, r)
		if err != nil {
			return err
		}
		t := percentiles(took)
		bytes, times, floors = n, append(times, t), append(floors, floor)
		medians, floorMedians = append(medians, t.P50), append(floorMedians, floor.P50)
	}
	t, ft := medianTimes(times), medianTimes(floors)
	b.result.add(Row{
		Part: "reads", Name: r.name, Tickets: size, Unit: "ms", Value: spread(medians...), Times: &t,
		CPU:   used.each(b.Rounds * b.Requests),
		Floor: &Floor{Name: r.floor, Value: spread(floorMedians...), Times: &ft},
	})
	b.progress("%s at %d tickets: p50 %.2f, p95 %.2f ms (%d bytes), floor %.2f ms", r.name, size, t.P50, t.P95, bytes, ft.P50)
	return nil
}

func (b *bench) readFloor(ctx context.Context, d *desk, r read) (Times, error) {
	if len(r.words) > 0 {
		return b.engineFloor(ctx, d, r.words)
	}
	p, err := d.newPgbench(b.dir, d.running.DatabaseURL)
	if err != nil {
		return Times{}, err
	}
	l, err := p.run(ctx, 1, time.Second, []string{r.sql + ";\n"}, r.variables)
	return l.times, err
}

// engineFloor asks the search engine itself for the same words.
func (b *bench) engineFloor(ctx context.Context, d *desk, words []string) (Times, error) {
	u, err := url.Parse(d.running.MeiliURL)
	if err != nil {
		return Times{}, err
	}
	engine := newClient(u.Host)
	defer engine.close()
	engine.headers = "Authorization: Bearer " + d.running.MeiliKey + "\r\n"
	var took []time.Duration
	for i := range b.Requests {
		body := fmt.Sprintf(`{"queries":[{"indexUid":"askwell_tickets","q":%q,"limit":20}]}`, words[i%len(words)])
		a, err := engine.send(ctx, "POST", "/multi-search", "application/json", []byte(body))
		if err != nil {
			return Times{}, err
		}
		if a.status != 200 {
			return Times{}, fmt.Errorf("the search engine answered %d: %.200s", a.status, a.body)
		}
		took = append(took, a.took)
	}
	return percentiles(took), nil
}

// searchPaths are the addresses of searches.
func searchPaths(words []string) []string {
	var paths []string
	for _, w := range words {
		paths = append(paths, "/console/search.json?q="+url.QueryEscape(w))
	}
	return paths
}

// mistype swaps two letters in the middle of a word.
func mistype(word string) string {
	letters := []rune(word)
	if m := len(letters) / 2; m > 0 && m+1 < len(letters) {
		letters[m], letters[m+1] = letters[m+1], letters[m]
	}
	return string(letters)
}

// longWords are those of a text with six letters or more, without signs.
func longWords(text string) []string {
	var long []string
	for _, w := range strings.Fields(text) {
		if w = strings.Trim(w, `.,;:!?"'()`); len(w) >= 6 && !strings.ContainsAny(w, "0123456789-@") {
			long = append(long, strings.ToLower(w))
		}
	}
	return long
}
