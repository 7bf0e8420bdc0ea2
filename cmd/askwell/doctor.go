package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/config"
)

// checkWithin is how long a check may take unless its row says otherwise.
const checkWithin = 5 * time.Second

// check tries what Askwell does with one service, with the rights Askwell has, and leaves nothing behind.
type check struct {
	name string
	// try says what is well, or what is wrong and what to do about it: several errors, joined, are printed one by one, and a caution
	// does not fail the check.
	try    func(ctx context.Context, cfg config.Config) (well string, err error)
	within time.Duration // checkWithin when 0
}

// checks is everything that the doctor looks at, in the order in which it is printed.
var checks = []check{
	{name: "PostgreSQL", try: checkPostgres},
	{name: "Clock", try: checkClock},
	{name: "Redis", try: checkRedis, within: redisWithin},
	{name: "Meilisearch", try: checkSearch},
	{name: "Mail", try: checkMail, within: mailWithin},
	{name: "Mail in", try: checkInbound, within: mailWithin},
	{name: "Files", try: checkFiles},
	{name: "Virus scan", try: checkClamd, within: scanWithin},
	{name: "Mail held", try: checkHeld},
	{name: "Staff", try: checkStaff},
	{name: "Secrets", try: checkKeys},
	{name: "Hours", try: checkCalendar},
	{name: "Proxy", try: checkProxy, within: 30 * time.Second},
}

// runDoctor checks every dependency and says what to do. It changes nothing.
func runDoctor(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("doctor", "[--data DIR] | --web URL")
	data := dataFlag(fs)
	webURL := fs.String("web", "", "ask only the web server at this `address` whether it is ready")
	if err := parse(fs, args); err != nil {
		return err
	}
	if *webURL != "" {
		return checkWeb(ctx, *webURL)
	}
	cfg, err := target(t, *data)
	if err != nil {
		return err
	}
	failed := 0
	for _, c := range checks {
		if !c.run(ctx, t, cfg) {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of the checks failed", failed)
	}
	return nil
}

// run tries one service, prints what it found and reports whether it is well.
func (c check) run(ctx context.Context, t terminal, cfg config.Config) bool {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.within, checkWithin))
	defer cancel()
	well, err := c.try(ctx, cfg)
	passed, cautioned := true, false
	for _, finding := range findings(err) {
		label := "FAIL"
		if errors.As(finding, new(caution)) {
			label, cautioned = "WARN", true
		} else {
			passed = false
		}
		fmt.Fprintf(t.out, "%s  %-12s %s\n", label, c.name, strings.ReplaceAll(finding.Error(), "\n", "\n"+strings.Repeat(" ", 19)))
	}
	if passed && (well != "" || !cautioned) {
		fmt.Fprintf(t.out, "ok    %-12s %s\n", c.name, well)
	}
	return passed
}

// findings takes joined errors apart.
func findings(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // only what a check joined itself
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, findings(e)...)
	}
	return all
}

// advice says what is wrong and what to write where, and under it the service's own words.
func advice(what string, err error) error {
	if err == nil {
		return errors.New(what)
	}
	return fmt.Errorf("%s\n(%w)", what, err)
}

// caution is something that works today and is worth mending: the doctor prints it, and does not fail.
type caution struct{ error }

func cautionf(format string, args ...any) error { return caution{fmt.Errorf(format, args...)} }

// hidden keeps passwords out of what is printed: a connection error may repeat the whole address.
func hidden(err error) error {
	var connect interface{ Unwrap() error }
	if errors.As(err, &connect) && connect.Unwrap() != nil {
		return connect.Unwrap()
	}
	return err
}

// checkWeb is a health check for a container: quiet when all is well.
func checkWeb(ctx context.Context, base string) error {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(base, "/")+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s is not ready: %s", base, res.Status)
	}
	return nil
}

func loopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
