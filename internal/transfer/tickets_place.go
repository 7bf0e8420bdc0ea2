package transfer

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/ticket"
)

// places are the queues and the staff that a row may name: queues by code or name, staff by email address or, where no two have it, by name.
type places struct {
	queues map[string]int64
	staff  map[string]int64
	named  map[string]bool // names that two of the staff have
}

func readPlaces(ctx context.Context, db postgres.Querier) (places, error) {
	p := places{queues: map[string]int64{}, staff: map[string]int64{}, named: map[string]bool{}}
	var id int64
	var code, name string
	rows, err := db.Query(ctx, `SELECT id, code, name FROM queue`)
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&id, &code, &name}, func() error {
			p.queues[code], p.queues[strings.ToLower(name)] = id, id
			return nil
		})
	}
	if err != nil {
		return p, fmt.Errorf("read the queues: %w", postgres.Failure(err))
	}
	rows, err = db.Query(ctx, `SELECT id, email, name FROM staff`)
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&id, &code, &name}, func() error {
			p.staff[identifier.FoldEmail(code)] = id
			name = strings.ToLower(name)
			_, p.named[name] = p.staff[name]
			p.staff[name] = id
			return nil
		})
	}
	if err != nil {
		return p, fmt.Errorf("read the staff: %w", postgres.Failure(err))
	}
	return p, nil
}

var languageCode = regexp.MustCompile(`^[a-z]{2,3}$`)

// read sets how a ticket came and where it stands.
func (p places) read(r row, t *imported) error {
	t.channel, t.language = ticket.ChannelImport, "en"
	if v := strings.ToLower(r.value("channel")); v != "" {
		if !slices.Contains(ticket.Channels(), ticket.Channel(v)) {
			return fmt.Errorf("channel: %q is none of %v", v, ticket.Channels())
		}
		if t.channel = ticket.Channel(v); t.channel != ticket.ChannelImport && (t.name == "" || t.email == "") {
			return fmt.Errorf("channel: a ticket that came by %s has applicant_name and applicant_email", v)
		}
	}
	if v := strings.ToLower(r.value("language")); v != "" {
		if !languageCode.MatchString(v) {
			return fmt.Errorf("language: %q is no code like en or es", v)
		}
		t.language = v
	}
	if v := r.value("queue"); v != "" {
		id, known := p.queues[strings.ToLower(v)]
		if !known {
			return fmt.Errorf("queue: %q is not known here; there are: %s", v, strings.Join(slices.Sorted(maps.Keys(p.queues)), ", "))
		}
		t.queue = &id
	}
	if v := r.value("agent"); v != "" {
		key := identifier.FoldEmail(v)
		id, known := p.staff[key]
		switch {
		case !known:
			return fmt.Errorf("agent: nobody of the staff is called %q or has this email address; add them with askwell staff add", v)
		case p.named[key]:
			return fmt.Errorf("agent: two of the staff are called %q; write the email address", v)
		}
		t.agent = &id
	}
	return nil
}
