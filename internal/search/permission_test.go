package search_test

import (
	"testing"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
)

// Whatever answers, and whatever is asked: who may not open tickets finds none, and is told no count of any.
func TestSearchFindsNothingForWhoMayOpenNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, _ := d.open("Lighthouse", "Question")
	d.account("163920702842", "Jean Horvat", "jean@mail.example", "A012345678")
	d.index()
	away := d.connect("http://127.0.0.1:1")
	texts := []string{"lighthouse", "horvat", reference, "163920702842", "A012345678", "ana@mail.example", "status:new", ""}
	for name, engine := range map[string]*search.Engine{"Meilisearch": d.engine, "PostgreSQL": away} {
		for _, role := range staff.Roles() {
			who := staff.Member{ID: 1, Role: role}
			for _, text := range []string{"lighthouse", reference} {
				found, err := engine.Search(t.Context(), search.Query{For: who, Text: text, Facets: true})
				if may := role.Can(staff.AnswerTickets); err != nil || (len(found.Hits) == 1) != may {
					t.Errorf("%s, %s: %q finds %d hits (%v), may open them: %t", name, role, text, len(found.Hits), err, may)
				}
			}
		}
		for _, who := range []staff.Member{{}, {ID: 1}, {ID: 1, Role: "applicant"}, {ID: 1, Role: "Agent"}, {ID: 1, Role: "agent "}} {
			for _, text := range texts {
				found, err := engine.Search(t.Context(), search.Query{For: who, Text: text, Facets: true})
				if !failure.Is(err, failure.KindForbidden) || len(found.Hits) > 0 || found.Total > 0 || len(found.Facets) > 0 {
					t.Errorf("%s, role %q: %q gives %+v (%v)", name, who.Role, text, found, err)
				}
				if hit, jumps, err := engine.Jump(t.Context(), who, text); jumps || hit.ID != 0 || err != nil {
					t.Errorf("%s, role %q: %q jumps to %+v (%v)", name, who.Role, text, hit, err)
				}
			}
		}
	}
}
