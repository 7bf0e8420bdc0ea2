package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/search"
)

const (
	// lateAfter is when changes have waited too long to be searchable.
	lateAfter = 5 * time.Minute
	// checkedWithin is how old the last nightly check may be: two nights may be missed.
	checkedWithin = 3 * 24 * time.Hour
)

// checkSearch looks at Meilisearch, at what Askwell's key may do there, and at what the indexes hold. All that is wrong is said at
// once, unless the rest cannot be seen.
func checkSearch(ctx context.Context, cfg config.Config) (string, error) {
	if cfg.MeiliURL == "" {
		return "", advice("MEILI_URL is not set.", nil)
	}
	db, err := postgres.Open(ctx, cfg.DatabaseURL, 2)
	if err != nil {
		return "", advice("Unknown, for the database does not answer.", nil)
	}
	defer db.Close()
	engine, err := search.New(search.Config{URL: cfg.MeiliURL, Key: cfg.MeiliKey, DB: db, Location: cfg.Agency.TimeZone, Labels: categoryLabels()})
	if err != nil {
		return "", advice("MEILI_URL cannot be read.", err)
	}
	if err := engine.Ping(ctx); err != nil {
		return "", advice("It does not answer: see that it runs and that MEILI_URL is right. Until then PostgreSQL answers searches.", err)
	}
	access, err := engine.Access(ctx)
	if err != nil {
		return "", advice("It does not answer as Meilisearch does: see that MEILI_URL is right.", err)
	}
	wrong := keyProblems(access, cfg.MeiliKey != "")
	if len(access.Lacks) > 0 {
		return "", errors.Join(wrong...)
	}
	state, fresh, err := searchState(ctx, engine)
	if err != nil {
		return "", errors.Join(append(wrong, err)...)
	}
	wrong = append(wrong, indexProblems(state, fresh)...)
	checked, err := lastCheck(ctx, db, cfg)
	if wrong = append(wrong, err); errors.Join(wrong...) != nil {
		return "", errors.Join(wrong...)
	}
	return fmt.Sprintf("version %s, %s tickets and %s accounts; %d changes wait, for %.0f s; %s", cmp.Or(state.Server, "unknown (askwell search-key records it)"),
		thousands(int(state.Tickets.Documents)), thousands(int(state.Accounts.Documents)), fresh.Waiting, fresh.LagSeconds, checked), nil
}

// keyProblems says what is wrong with MEILI_KEY. Nothing of the key itself is printed.
func keyProblems(a search.Access, given bool) (wrong []error) {
	switch {
	case a.Open:
		wrong = append(wrong, advice("It runs without a master key, so whoever reaches it can read every ticket: give it one (MEILI_MASTER_KEY), and make Askwell's with askwell search-key.", nil))
	case a.Refused && !given:
		wrong = append(wrong, advice("MEILI_KEY is not set: make a key with askwell search-key.", nil))
	case a.Refused:
		wrong = append(wrong, advice("It refuses MEILI_KEY: make the key with askwell search-key, and start Askwell with it.", nil))
	case len(a.Lacks) > 0:
		wrong = append(wrong, advice("MEILI_KEY lacks "+strings.Join(a.Lacks, ", ")+": bring it up to date with askwell search-key.", nil))
	}
	if len(a.Beyond) > 0 {
		wrong = append(wrong, advice("MEILI_KEY may do more than Askwell needs ("+strings.Join(a.Beyond, ", ")+"); is it the master key? Make a smaller one with askwell search-key.", nil))
	}
	return wrong
}

func searchState(ctx context.Context, engine *search.Engine) (search.State, search.Freshness, error) {
	state, err := engine.State(ctx)
	if err != nil {
		return state, search.Freshness{}, err
	}
	fresh, err := engine.Freshness(ctx)
	return state, fresh, err
}

// indexProblems says what is wrong with what the indexes hold.
func indexProblems(s search.State, fresh search.Freshness) (wrong []error) {
	if s.TooOld() {
		wrong = append(wrong, advice("Version "+s.Server+" is too old: Askwell needs "+search.OldestServer+" or later.", nil))
	}
	switch {
	case s.Version == 0 && s.Tickets.Rows+s.Accounts.Rows > 0:
		wrong = append(wrong, advice("The indexes are not built: a worker does that by itself; see that one runs, or run askwell reindex.", nil))
	case s.Version != 0 && s.Version != s.Needed:
		wrong = append(wrong, advice(fmt.Sprintf("The indexes are of version %d and this Askwell needs %d: a worker builds them again by itself; see that one runs, or run askwell reindex. Until then PostgreSQL answers searches.", s.Version, s.Needed), nil))
	default:
		for _, i := range []struct {
			name string
			held search.Held
		}{{"tickets", s.Tickets}, {"accounts", s.Accounts}} {
			if i.held.Documents+fresh.Waiting < i.held.Rows {
				wrong = append(wrong, advice(fmt.Sprintf("The index holds %s of %s %s: run askwell reindex --check.",
					thousands(int(i.held.Documents)), thousands(int(i.held.Rows)), i.name), nil))
			}
		}
	}
	if fresh.LagSeconds > lateAfter.Seconds() {
		wrong = append(wrong, advice(fmt.Sprintf("The index is %.0f s behind, %d changes wait: see that a worker runs.", fresh.LagSeconds, fresh.Waiting), nil))
	}
	return wrong
}

// lastCheck says when the indexes were last compared with the database. A desk that is younger than its first night is well.
func lastCheck(ctx context.Context, db *pgxpool.Pool, cfg config.Config) (string, error) {
	clock := func(at time.Time) string { return at.In(cfg.Agency.TimeZone).Format("2006-01-02 15:04 MST") }
	checks, err := search.LastChecks(ctx, db)
	if err != nil {
		return "", err
	}
	if len(checks) == 0 {
		return "not checked yet", nil
	}
	var mended int64
	oldest := checks[0]
	for _, c := range checks {
		if c.Problem != "" {
			return "", advice(fmt.Sprintf("The last check of %s broke off at %s: %s It is tried again the next night; askwell reindex --check does it now.",
				indexTitle(c), clock(c.FinishedAt), c.Problem), nil)
		}
		if c.StartedAt.Before(oldest.StartedAt) {
			oldest = c
		}
		mended += c.All()
	}
	if !cfg.IndexCheckAt.Off() && time.Since(oldest.StartedAt) > checkedWithin {
		return "", advice("The last nightly check was at "+clock(oldest.FinishedAt)+": see that a worker runs at INDEX_CHECK_AT.", nil)
	}
	return fmt.Sprintf("checked %s, %s mended", clock(oldest.FinishedAt), thousands(int(mended))), nil
}
