package search

import "github.com/meilisearch/meilisearch-go"

// shape numbers the documents' form. It goes up with every change to what a document holds, and Stale then says that the
// indexes are to be rebuilt.
const shape = 2

// The order of the searchable attributes is their weight. "hidden" is a ticket out of every figure: merged, a duplicate,
// spam or deleted. One in quarantine is found: whoever asks about it may be no spammer at all.
func ticketSettings() *meilisearch.Settings {
	return &meilisearch.Settings{
		SearchableAttributes: []string{"subject", "applicant_name", "reference", "body"},
		FilterableAttributes: []string{
			"id", "hidden", "status", "category", "queue", "link_state", "language", "assignee", "opened_at", "shape",
		},
		SortableAttributes:  []string{"opened_at"},
		DisplayedAttributes: []string{"id", "subject", "applicant_name", "reference", "body"},
		// The default rules, and the newer of two tickets that are alike in all of them.
		RankingRules:   []string{"words", "typo", "proximity", "attribute", "sort", "exactness", "opened_at:desc"},
		TypoTolerance:  exactOn("reference"),
		SearchCutoffMs: cutoffMs,
	}
}

func accountSettings() *meilisearch.Settings {
	return &meilisearch.Settings{
		SearchableAttributes: []string{"name", "number"},
		FilterableAttributes: []string{"id", "shape"},
		DisplayedAttributes:  []string{"id", "name", "number"},
		RankingRules:         []string{"words", "typo", "proximity", "attribute", "sort", "exactness"},
		TypoTolerance:        exactOn("number"),
		SearchCutoffMs:       cutoffMs,
	}
}

// cutoffMs makes Meilisearch answer with what it has before our own time-out gives up on it.
const cutoffMs = 800

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
