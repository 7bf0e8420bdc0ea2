package search

import (
	"slices"

	"github.com/meilisearch/meilisearch-go"
)

// The order of the searchable attributes is their weight. "sort" comes first: without a wish it does nothing, and with one a
// person wants the newest of what matches, not the newest of what matches best.
var rankingRules = []string{"sort", "words", "typo", "proximity", "attribute", "exactness"}

// ticketSettings: "hidden" is a ticket out of every figure: merged, a duplicate, spam or deleted. One in quarantine is found:
// whoever asks about it may be no spammer at all.
func ticketSettings() *meilisearch.Settings {
	return &meilisearch.Settings{
		SearchableAttributes: []string{"subject", "applicant_name", "name_words", "reference", "body", "spelled", "topic"},
		FilterableAttributes: []string{
			"id", "hidden", "status", "category", "queue", "link_state", "language", "assignee", "account", "sender", "opened_at",
			"opened_month",
		},
		SortableAttributes:  []string{"opened_at"},
		DisplayedAttributes: []string{"id", "version", "subject", "body"},
		// Of two tickets that are alike in all rules the newer one.
		RankingRules:  append(slices.Clone(rankingRules), "opened_at:desc"),
		TypoTolerance: exactOn("reference", "spelled"),
		StopWords:     stopWords(),
		// Meilisearch takes these for parts of words: "500" would not find "$500", nor "lost" "<b>lost</b>".
		SeparatorTokens: []string{"$", "+", "<", "=", ">", "^", "|", "~"},
		Synonyms:        synonyms(),
		Faceting:        &meilisearch.Faceting{MaxValuesPerFacet: maxFacetValues, SortFacetValuesBy: map[string]meilisearch.SortFacetType{"*": meilisearch.SortFacetTypeCount}},
		SearchCutoffMs:  cutoffMs,
	}
}

func accountSettings() *meilisearch.Settings {
	return &meilisearch.Settings{
		SearchableAttributes: []string{"name", "name_words", "number"},
		FilterableAttributes: []string{"id"},
		SortableAttributes:   []string{"opened_at"},
		DisplayedAttributes:  []string{"id", "version", "name"},
		RankingRules:         rankingRules,
		TypoTolerance:        exactOn("number"),
		SearchCutoffMs:       cutoffMs,
	}
}

func stampSettings() *meilisearch.Settings {
	return &meilisearch.Settings{SearchableAttributes: []string{"id"}}
}

const (
	// cutoffMs makes Meilisearch answer with what it has before our own time-out gives up on it.
	cutoffMs = 300
	// maxFacetValues bounds the values that are counted of one field: months of 16 years, and more staff than answer tickets.
	maxFacetValues = 200
)

// exactOn allows typing slips in words and none in identifiers: Meilisearch lets one through from 5 characters and two from
// 9, in numbers too unless told otherwise.
func exactOn(attributes ...string) *meilisearch.TypoTolerance {
	return &meilisearch.TypoTolerance{
		Enabled:             true,
		MinWordSizeForTypos: meilisearch.MinWordSizeForTypos{OneTypo: 5, TwoTypos: 9},
		DisableOnWords:      []string{},
		DisableOnAttributes: attributes,
		DisableOnNumbers:    true,
	}
}
