package search

// QueryText is what Meilisearch is asked for a typed text.
var QueryText = queryText
