package search

import (
	"strings"
	"time"
)

// The kinds of record that a search finds.
const (
	KindTicket  = "ticket"
	KindAccount = "account"
)

// What answered a search.
const (
	EngineExact       = "exact" // an identifier, looked up in PostgreSQL
	EngineMeilisearch = "meilisearch"
	EnginePostgreSQL  = "postgresql" // full text, while Meilisearch is unavailable, slow or of other settings
	EngineNone        = "none"       // nothing was asked for
)

// ServerBuiltIn is the version of the search server that `askwell up` runs where no Meilisearch is installed.
const ServerBuiltIn = "built-in"

// Why PostgreSQL answered in Meilisearch's place.
const (
	WhyAway     = "away"     // it does not answer, or not as it should
	WhySlow     = "slow"     // it took longer than a person should wait
	WhySettings = "settings" // its indexes are of another version
	WhyRefused  = "refused"  // it does not take the query
)

// Results is one page of hits. Total is how many there are in all, estimated when Meilisearch answered; AtLeast says that it
// and the facets' counts are lower bounds, and that only the newest of what matches was ranked: PostgreSQL stopped there. LagSeconds is how long
// the oldest change has waited to be found by the engine that answered, and Waiting how many wait (MaxWaiting stands for that
// many or more). Partial says that no record holds every word. Conditions are those found in the text, Words is the rest of it,
// and Problems are the conditions that were left out of account. Cut says that only the beginning of the text was read.
type Results struct {
	Engine     string
	Server     string // when Engine is Meilisearch: its version, ServerBuiltIn, or "" when it is not known
	Why        string // when Engine is PostgreSQL
	TookMS     int64
	LagSeconds float64
	Waiting    int64
	Total      int64
	AtLeast    bool
	Hits       []Hit
	Facets     Facets
	Partial    bool
	Conditions []Condition
	Words      string
	Problems   []Problem
	Cut        bool
}

// Facets count tickets by the values of each of FacetFields. A field that conditions are about is counted as if they were not.
type Facets map[Field]map[string]int64

// Hit is one record, as PostgreSQL has it now. Reference is a ticket's, Number an account's, or that of the account the ticket
// is linked to.
type Hit struct {
	Kind      string    `json:"kind"`
	ID        int64     `json:"-"`
	Reference string    `json:"reference,omitempty"`
	Number    string    `json:"number,omitempty"`
	Title     string    `json:"title"` // the ticket's subject, the account's name
	Marked    []Span    `json:"-"`     // Title with what matched
	Excerpt   []Span    `json:"excerpt,omitempty"`
	Name      string    `json:"name,omitempty"` // of the applicant
	Status    string    `json:"status,omitempty"`
	Category  string    `json:"category,omitempty"`
	Queue     string    `json:"queue,omitempty"` // its name
	LinkState string    `json:"link_state,omitempty"`
	Language  string    `json:"language,omitempty"`
	Assignee  string    `json:"assignee,omitempty"` // name
	OpenedAt  time.Time `json:"opened_at,omitzero"`
	Hidden    bool      `json:"hidden,omitempty"` // in quarantine, or counted in no figure
}

// Span is a piece of text, marked when it matched.
type Span struct {
	Text string `json:"text"`
	Mark bool   `json:"mark,omitempty"`
}

// Meilisearch wraps what matched in these; they are in Unicode's private use area, and spans drops any that a text brings.
const (
	markStart = "\uE000"
	markEnd   = "\uE001"
)

var marks = strings.NewReplacer(markStart, "", markEnd, "")

// spans reads a highlighted text.
func spans(s string) []Span {
	var found []Span
	add := func(text string, mark bool) {
		if text = marks.Replace(text); text != "" {
			found = append(found, Span{Text: text, Mark: mark})
		}
	}
	for s != "" {
		before, rest, opened := strings.Cut(s, markStart)
		add(before, false)
		if !opened {
			break
		}
		inside, after, closed := strings.Cut(rest, markEnd)
		add(inside, closed)
		s = after
		if !closed {
			break
		}
	}
	return found
}

func marked(found []Span) bool {
	for _, s := range found {
		if s.Mark {
			return true
		}
	}
	return false
}
