package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/ticket"
)

const (
	answersFollowed = 5
	freshWithin     = 2 * time.Minute

	rowFresh = "from an answer to its being in the report"
)

// measureFreshness answers new inquiries and watches the report of this very year until it counts each answer.
func (b *bench) measureFreshness(ctx context.Context, d *desk, size deskSize, y year) error {
	browser, err := d.signedIn(ctx, bossEmail)
	if err != nil {
		return err
	}
	defer browser.close()
	browser.headers = "" // the answers are read
	var agent int64
	if err := d.db.QueryRow(ctx, `SELECT id FROM staff WHERE email = $1`, agentEmail).Scan(&agent); err != nil {
		return err
	}
	tickets := ticket.NewService(ticket.Config{DB: d.db})
	var took []time.Duration
	for range answersFollowed {
		var token [16]byte
		if _, err := rand.Read(token[:]); err != nil {
			return err
		}
		opened, err := tickets.Open(ctx, ticket.Inquiry{
			Channel: ticket.ChannelForm, Language: "en", Category: "case-question", Name: "Robin Bench", Email: "robin@example.org",
			Subject: "When is it counted?", Question: question, Number: identifier.ReadInquiry("", "", ""), Token: token,
		})
		if err != nil {
			return err
		}
		if err := d.allCounted(ctx); err != nil {
			return err
		}
		before, err := y.answered(ctx, browser)
		if err != nil {
			return err
		}
		if _, err := tickets.Reply(ctx, ticket.Staff(agent), opened.Reference, ticket.Draft{Body: "Now.", Status: ticket.StatusSolved}); err != nil {
			return err
		}
		answered := time.Now()
		for after := before; after <= before; {
			if after, err = y.answered(ctx, browser); err != nil {
				return err
			}
			if time.Since(answered) > freshWithin {
				return errors.New("the answer was not in the report within " + freshWithin.String())
			}
		}
		took = append(took, time.Since(answered))
	}
	t := percentiles(took)
	b.result.add(Row{
		Part: "reports", Name: rowFresh, Tickets: size.tickets, Years: size.years, Unit: "ms", Value: spread(t.P50), Times: &t,
		Note: fmt.Sprintf("%d answers", answersFollowed),
	})
	b.progress("%s of %s: p50 %.0f, worst %.0f ms", rowFresh, size, t.P50, t.P99)
	return nil
}

// allCounted waits until every change is in the reports' days. What search is to be told waits for ever here.
func (d *desk) allCounted(ctx context.Context) error {
	for begun := time.Now(); time.Since(begun) < freshWithin; {
		var counted bool
		err := d.db.QueryRow(ctx, `
			SELECT NOT EXISTS (SELECT FROM outbox WHERE not_before <= now()) AND NOT EXISTS (SELECT FROM outbox_task WHERE task = $1)`,
			report.TaskCountTicket).Scan(&counted)
		if err != nil || counted {
			return err
		}
		if err := wait(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	return errors.New("the reports' days were behind after " + freshWithin.String())
}

// answered is how many inquiries of the year the report counts as answered.
func (y year) answered(ctx context.Context, browser *client) (int, error) {
	a, err := browser.get(ctx, reportPath+".json?from="+y.from.Format(time.DateOnly))
	if err != nil {
		return 0, err
	}
	var told struct {
		Groups []struct {
			Group    string
			Answered int
		}
	}
	if err := json.Unmarshal(a.body, &told); err != nil {
		return 0, err
	}
	for _, g := range told.Groups {
		if g.Group == "all" {
			return g.Answered, nil
		}
	}
	return 0, errors.New("the report lacks the group of all")
}

// measureRebuild packs every day of the desk again.
func (b *bench) measureRebuild(ctx context.Context, d *desk, size deskSize) error {
	begun := time.Now()
	if err := d.askwell(ctx, "", "report", "rebuild"); err != nil {
		return err
	}
	took := time.Since(begun)
	b.result.add(Row{
		Part: "filling", Name: "askwell report rebuild", Tickets: size.tickets, Unit: "a second",
		Value: spread(float64(size.tickets) / took.Seconds()), Note: fmt.Sprintf("%.1f s, %s", took.Seconds(), size),
	})
	b.progress("packed %s again in %s", size, took.Round(time.Second))
	return nil
}
