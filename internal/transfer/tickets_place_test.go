package transfer_test

import (
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/testkit"
)

// How a ticket came, where it stands and whose it is are taken over; what is not known here is refused, with what is.
func TestImportTicketsPlaces(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	if _, err := db.Exec(t.Context(), `
		INSERT INTO staff (email, name, role, password_hash) VALUES
			('zoe@desk.example', 'Zoe', 'agent', '$argon2id$none'), ('sam@desk.example', 'Sam', 'agent', '$argon2id$none'), ('sam2@desk.example', 'Sam', 'agent', '$argon2id$none')`); err != nil {
		t.Fatal(err)
	}
	head := "opened_at,category,applicant_name,applicant_email,channel,queue,language,agent\n"
	_, rejected := took(t, db, plain, head+
		"2025-01-01,feedback,Ana,ana@mail.example,EMAIL,cases,es,Zoe@desk.example\n"+
		"2025-01-02,feedback,,,,,,zoe\n"+
		"2025-01-03,feedback,Ana,ana@mail.example,fax,,,\n"+
		"2025-01-03,feedback,,,email,,,\n"+
		"2025-01-03,feedback,,,,nowhere,,\n"+
		"2025-01-03,feedback,,,,,Spanish,\n"+
		"2025-01-03,feedback,,,,,,nobody\n"+
		"2025-01-03,feedback,,,,,,Sam\n")
	check(t, "taken", []string{"email cases es zoe@desk.example", "import general en zoe@desk.example"}, texts(t, db, `
		SELECT concat_ws(' ', t.channel, q.code, t.language, s.email) FROM ticket t JOIN queue q ON q.id = t.queue_id JOIN staff s ON s.id = t.assignee_id ORDER BY t.opened_at`))
	for i, want := range []string{"channel:", "channel: a ticket that came by email has", "queue: \"nowhere\" is not known here; there are: ", "language:", "agent: nobody", "agent: two of the staff"} {
		if len(rejected) <= i || !strings.HasPrefix(rejected[i][1], want) {
			t.Errorf("rejection %d is %q, want %q", i, rejected, want)
		}
	}
}
