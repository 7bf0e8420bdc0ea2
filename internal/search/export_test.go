package search

import (
	"context"

	"github.com/meilisearch/meilisearch-go"
)

// QueryText is what Meilisearch is asked for a typed text.
func QueryText(typed string) string { return ticketText(Parse(typed).terms) }

// SettingsVersion is the version of the settings that this code makes.
const SettingsVersion = settingsVersion

// SetPage makes a rebuild read so few rows at once that a small desk has several pages.
func (e *Engine) SetPage(rows int64) { e.fillPage = rows }

// KeyActions are all that Askwell's key may do.
var KeyActions = keyActions

// SetBounds makes PostgreSQL's full text stop where a small desk goes on.
func (e *Engine) SetBounds(most, newest int) { e.bounds = bounds{most, newest} }

// Newest gives the rows that are found when looking through all tickets has taken too long.
func (e *Engine) Newest(ctx context.Context, q Query) ([]int64, error) {
	p, err := e.plan(ctx, q)
	if err != nil {
		return nil, err
	}
	all, err := e.wants(ctx, p.typed.terms)
	if err != nil {
		return nil, err
	}
	w := window{limit: p.Limit}
	got, err := e.fullTry(ctx, sought{plan: p, wants: all, window: w, patience: e.thorough, newest: true})
	return mapped(got.hits, func(f found) int64 { return f.id }), err
}

// Settings are those that are sent, by the index.
func Settings() map[string]*meilisearch.Settings {
	return map[string]*meilisearch.Settings{"tickets": ticketSettings(), "accounts": accountSettings(), "version": stampSettings()}
}
