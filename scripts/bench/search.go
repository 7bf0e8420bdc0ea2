package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/search/relevance"
	"github.com/askwell/askwell/internal/ticket"
)

// engines answer in turn: Meilisearch, and PostgreSQL to those who find nobody at Meilisearch's address.
var engines = []string{search.EngineMeilisearch, search.EnginePostgreSQL}

// measureSearch times every kind of query on desks of all sizes, and asks the largest and the real inquiries for what they hold.
func (b *bench) measureSearch(ctx context.Context) error {
	for _, size := range b.SearchSizes {
		if err := b.measureSearchDesk(ctx, size); err != nil {
			return fmt.Errorf("search at %d tickets: %w", size, err)
		}
	}
	b.result.compareSizes("search", b.SearchSizes)
	if err := b.judgeRealInquiries(ctx); err != nil {
		return fmt.Errorf("search in the real inquiries: %w", err)
	}
	return nil
}

func (b *bench) measureSearchDesk(ctx context.Context, size int) (err error) {
	d, err := b.startDesk(ctx, "search-"+strconv.Itoa(size))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	if err := b.result.describe(ctx, d); err != nil {
		return err
	}
	if err := b.seed(ctx, d, size); err != nil {
		return err
	}
	set, err := relevance.Planted()
	if err != nil {
		return err
	}
	queries, err := d.plant(ctx, set)
	if err != nil {
		return err
	}
	asked, err := d.kindsOfQuery(ctx)
	if err != nil {
		return err
	}
	return b.onBothEngines(ctx, d, func(engine string, at *searcher) error {
		for _, k := range asked {
			if err := b.measureQuery(ctx, d, size, at, k); err != nil {
				return fmt.Errorf("%s by %s: %w", k.name, engine, err)
			}
		}
		if size != b.SearchSizes[len(b.SearchSizes)-1] {
			return nil
		}
		if engine == search.EnginePostgreSQL {
			if err := b.measureReindex(ctx, d, size); err != nil {
				return err
			}
		}
		return b.judge(ctx, at, fmt.Sprintf("%s among %d seeded", set.Name, size), size, queries)
	})
}

// untilSearchable names the row of seed.
const untilSearchable = "askwell seed, until all of it is searchable"

// seed fills the desk and says how long it was until all could be found.
func (b *bench) seed(ctx context.Context, d *desk, size int) error {
	begun := time.Now()
	if err := d.askwell(ctx, "", "seed", "--tickets", strconv.Itoa(size)); err != nil {
		return err
	}
	if err := d.drain(ctx, seedWithin); err != nil {
		return err
	}
	took := time.Since(begun)
	b.result.add(Row{
		Part: "filling", Name: untilSearchable, Tickets: size, Unit: "a second",
		Value: spread(float64(size) / took.Seconds()), Note: fmt.Sprintf("%.1f s", took.Seconds()),
	})
	b.progress("seeded and indexed %d tickets in %s", size, took.Round(time.Second))
	return nil
}

// measureReindex builds the indexes again.
func (b *bench) measureReindex(ctx context.Context, d *desk, size int) error {
	begun := time.Now()
	if err := d.askwell(ctx, "", "reindex"); err != nil {
		return err
	}
	took := time.Since(begun)
	b.result.add(Row{
		Part: "filling", Name: "askwell reindex, beside the index in use", Tickets: size, Unit: "a second",
		Value: spread(float64(size) / took.Seconds()), Note: fmt.Sprintf("%.1f s", took.Seconds()),
	})
	b.progress("reindexed %d tickets in %s", size, took.Round(time.Second))
	return nil
}

// plant puts a set of relevance on the desk, waits until it can be found, and gives its queries.
func (d *desk) plant(ctx context.Context, set *relevance.Set) ([]relevance.Query, error) {
	rejects := filepath.Join(d.dir, "rejected.csv")
	for _, file := range []struct {
		what string
		rows []byte
	}{{"accounts", set.Accounts}, {"cases", set.Cases}} {
		if err := d.askwell(ctx, string(file.rows), "import", file.what, "-", "--rejects", rejects); err != nil {
			return nil, err
		}
	}
	references, err := set.Open(ctx, ticket.NewService(ticket.Config{DB: d.db}))
	if err != nil {
		return nil, err
	}
	if err := d.drain(ctx, seedWithin); err != nil {
		return nil, err
	}
	// The server would do this by itself some minutes later.
	if _, err := d.db.Exec(ctx, `VACUUM (ANALYZE)`); err != nil {
		return nil, err
	}
	if err := d.addStaff(ctx); err != nil {
		return nil, err
	}
	return set.Queries(references)
}

// onBothEngines calls fn with somebody to ask for each engine.
func (b *bench) onBothEngines(ctx context.Context, d *desk, fn func(engine string, at *searcher) error) error {
	if err := d.quiet(ctx); err != nil {
		return err
	}
	for _, engine := range engines {
		at, err := b.newSearcher(ctx, d, engine)
		if err != nil {
			return err
		}
		err = fn(engine, at)
		if err = errors.Join(err, at.close()); err != nil {
			return err
		}
	}
	return nil
}

// judgeRealInquiries asks a desk of the real inquiries, where they are: ASKWELL_DATA, or shared/data beside the checkout.
func (b *bench) judgeRealInquiries(ctx context.Context) (err error) {
	dir := os.Getenv("ASKWELL_DATA")
	if dir == "" {
		dir = filepath.Join("..", "shared", "data")
	}
	set, err := relevance.Real(dir)
	if errors.Is(err, os.ErrNotExist) {
		b.progress("the real input is not there (ASKWELL_DATA names its folder); its queries are left out")
		return nil
	}
	if err != nil {
		return err
	}
	d, err := b.startDesk(ctx, "search-real")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	queries, err := d.plant(ctx, set)
	if err != nil {
		return err
	}
	return b.onBothEngines(ctx, d, func(_ string, at *searcher) error {
		return b.judge(ctx, at, set.Name, set.Size(), queries)
	})
}
