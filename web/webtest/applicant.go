package webtest

import (
	"crypto/rand"
	"testing"

	"github.com/askwell/askwell/internal/identifier"
)

// Applicant adds an account with this email address and Password, and gives the row's ID.
func (d *Desk) Applicant(t testing.TB, email string) int64 {
	t.Helper()
	number, err := identifier.NewAccountNumber(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var id int64
	err = d.DB.QueryRow(t.Context(), `
		WITH added AS (
			INSERT INTO account (number, name, name_words, email) VALUES ($1, 'Ada Quill', '{ada,quill}', $2)
			RETURNING id
		)
		INSERT INTO account_credential (account_id, password_hash, changed_at) SELECT id, $3, now() FROM added
		RETURNING account_id`, number, email, quickHash(Password)).Scan(&id)
	if err != nil {
		t.Fatalf("add an applicant: %v", err)
	}
	return id
}
