package search

// QueryText is what Meilisearch is asked for a typed text.
func QueryText(typed string) string { return ticketText(Parse(typed).terms) }
