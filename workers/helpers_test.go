package workers_test

import (
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
)

func (c linkCase) inquiry(in *ticket.Inquiry) {
	if c.name != "" {
		in.Name = c.name
	}
	if c.email != "" {
		in.Email = c.email
	}
	if c.question != "" {
		in.Question = c.question
		in.Number = identifier.ReadInquiry("", in.Subject, c.question)
	}
}

// otherNumber is another account's.
func otherNumber() (string, error) {
	check, err := identifier.CheckDigits("5555555555")
	return "5555555555" + check, err
}

// agent adds a member of staff and gives the row.
func (d *desk) agent() (id int64) {
	d.t.Helper()
	err := d.db.QueryRow(d.t.Context(), `
		INSERT INTO staff (email, name, role, password_hash) VALUES ('agent@desk.example', 'Agent', 'agent', '$argon2id$x') RETURNING id`).Scan(&id)
	if err != nil {
		d.t.Fatal(err)
	}
	return id
}
