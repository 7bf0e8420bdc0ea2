package meili

import (
	"fmt"
	"log/slog"
)

// dueDocuments is how many documents of one index are too many. The time of a query grows with them: with 100,000 tickets the slowest
// kinds take a tenth of a second for one person on two processors, and twice that is what people notice.
const dueDocuments = 200_000

// Overgrown says in a sentence that a real Meilisearch is due, once an index has grown beyond what this server is meant for; before
// that it is empty.
func (s *Server) Overgrown() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	most := int64(0)
	for _, x := range s.indexes {
		most = max(most, x.record().Documents)
	}
	if most <= s.due {
		return ""
	}
	return fmt.Sprintf("An index has %d documents, more than the %d that the in-process search server is meant for: "+
		"searching gets slow. Set MEILI_URL to a real Meilisearch.", most, s.due)
}

// warnIfOvergrown writes it to the log, once.
func (s *Server) warnIfOvergrown() {
	if s.warned {
		return
	}
	if warning := s.Overgrown(); warning != "" {
		s.warned = true
		s.logger.Warn("a real Meilisearch is due", slog.String("reason", warning))
	}
}
