package search

// QueryText is what Meilisearch is asked for a typed text.
func QueryText(typed string) string { return ticketText(Parse(typed).terms) }

// SettingsVersion is the version of the settings that this code makes.
const SettingsVersion = settingsVersion

// SetPage makes a rebuild read so few rows at once that a small desk has several pages.
func (e *Engine) SetPage(rows int64) { e.fillPage = rows }

// KeyActions are all that Askwell's key may do.
var KeyActions = keyActions
