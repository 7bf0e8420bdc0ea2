package search

// QueryText is what Meilisearch is asked for a typed text.
func QueryText(typed string) string { return meiliText(Parse(typed).terms) }
