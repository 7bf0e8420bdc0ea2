package account

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/password"
)

// The limits of an account's details, in characters.
const (
	MaxName    = 128
	MaxEmail   = 254
	MaxAddress = 1000
)

// oldest is the age that nobody has reached (the oldest person known died at 122).
const oldest = 125

// Registration is what somebody fills in to get an account.
type Registration struct {
	Name, Address, Email, Password, Language string
	DateOfBirth                              time.Time // a day, in UTC; the zero time when what was typed is none
}

// Register takes a registration in. Nothing is looked up: an address that has an account gets the same page in the same time, and the
// mail tells whoever reads it. Anybody may call it. Errors: invalid with fields name, date_of_birth, address, email, password;
// unavailable.
func (s *Service) Register(ctx context.Context, in Registration) error {
	in.Name, in.Address = keep(in.Name), keep(in.Address)
	wrong := append(CheckDetails(in.Name, in.Address, in.DateOfBirth, s.Now()), CheckEmail(in.Email)...)
	wrong = append(wrong, failure.FieldsOf(password.Fit(in.Password, in.Email, in.Name, s.agency))...)
	if err := failure.InvalidFields(wrong...); err != nil {
		return err
	}
	hash, err := password.Hash(ctx, in.Password)
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return s.Ask(ctx, Request{
		Kind: RequestRegistration, Email: strings.TrimSpace(in.Email), Language: in.Language, Name: in.Name,
		DateOfBirth: &in.DateOfBirth, Address: in.Address, PasswordHash: hash,
	})
}

// keep is a detail as it is kept: without blanks around it, and without a number that must not stand anywhere.
func keep(typed string) string {
	masked, _ := identifier.MaskSensitive(strings.TrimSpace(typed))
	return masked
}

// CheckDetails says what is wrong with personal details: fields name, date_of_birth and address.
func CheckDetails(name, address string, born, now time.Time) []failure.Field {
	wrong := checkText("name", name, MaxName, "Enter your name.")
	switch {
	case born.IsZero():
		wrong = append(wrong, failure.Field{Name: "date_of_birth", Code: "invalid", Text: "Enter a date that exists."})
	case born.After(now):
		wrong = append(wrong, failure.Field{Name: "date_of_birth", Code: "future", Text: "The date is in the future."})
	case born.Before(now.AddDate(-oldest, 0, 0)):
		wrong = append(wrong, failure.Field{Name: "date_of_birth", Code: "too_old", Text: "Check the year."})
	}
	return append(wrong, checkText("address", address, MaxAddress, "Enter your address.")...)
}

// CheckEmail says what is wrong with an email address: field email.
func CheckEmail(email string) []failure.Field {
	email = identifier.CleanEmail(email)
	wrong := checkText("email", email, MaxEmail, "Enter your email address.")
	if len(wrong) == 0 && !identifier.ValidEmail(email) {
		wrong = append(wrong, failure.Field{Name: "email", Code: "invalid", Text: "Enter an email address like name@example.com."})
	}
	return wrong
}

func checkText(field, value string, limit int, text string) []failure.Field {
	switch n := utf8.RuneCountInString(strings.TrimSpace(value)); {
	case n == 0:
		return []failure.Field{{Name: field, Code: "missing", Text: text}}
	case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
		return []failure.Field{{Name: field, Code: "unreadable", Text: text + " Some characters cannot be read."}}
	case n > limit:
		return []failure.Field{{Name: field, Code: "too_long", Text: fmt.Sprintf("%s It can have up to %d characters.", text, limit)}}
	}
	return nil
}
