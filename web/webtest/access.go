package webtest

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"github.com/askwell/askwell/internal/staff"
)

// Password is every test member's.
const Password = "a password that only the tests have"

// Member adds a member of staff with this role, email address and Password, and gives the row's ID.
func (d *Desk) Member(t testing.TB, role staff.Role, email string) int64 {
	t.Helper()
	var id int64
	err := d.DB.QueryRow(t.Context(), `
		INSERT INTO staff (email, name, role, password_hash)
		VALUES ($1, $2, $3, $4)
		RETURNING id`, email, "Test "+string(role), role, quickHash(Password)).Scan(&id)
	if err != nil {
		t.Fatalf("add a member: %v", err)
	}
	return id
}

// quickHash is an argon2id hash as the staff table keeps them, with parameters that cost next to nothing.
func quickHash(password string) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	hash := argon2.IDKey([]byte(password), salt, 1, 64, 1, 32)
	return fmt.Sprintf("$argon2id$v=%d$m=64,t=1,p=1$%s$%s", argon2.Version,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(hash))
}

// SignIn adds a member with this role and gives them, signed in.
func (d *Desk) SignIn(t testing.TB, role staff.Role) *Visitor {
	t.Helper()
	email := fmt.Sprintf("%s-%s@staff.test", role, strings.ToLower(rand.Text()[:8]))
	d.Member(t, role, email)
	v := d.NewVisitor(t)
	answer := v.Post("/console/sign-in", url.Values{"email": {email}, "password": {Password}})
	if answer.Status != http.StatusSeeOther {
		t.Fatalf("sign in as %s: status %d, want 303: %s", role, answer.Status, answer.Text("main"))
	}
	return v
}

// CheckAccess holds that whoever is not signed in is sent to sign in (401 for JSON and CSV), and that only the allowed roles get past
// the door: 403 for the others. The path must be one that works for the allowed ones.
func CheckAccess(t *testing.T, d *Desk, method, path string, allowed ...staff.Role) {
	t.Helper()
	anybody := d.NewVisitor(t).Send(method, path, "application/x-www-form-urlencoded", http.NoBody)
	address, _, _ := strings.Cut(path, "?")
	switch {
	case strings.HasSuffix(address, ".json"), strings.HasSuffix(address, ".csv"):
		if anybody.Status != http.StatusUnauthorized {
			t.Errorf("%s %s, not signed in: status %d, want 401", method, path, anybody.Status)
		}
	case anybody.Status != http.StatusSeeOther || !strings.HasPrefix(anybody.Location(), "/console/sign-in"):
		t.Errorf("%s %s, not signed in: status %d to %q, want 303 to /console/sign-in", method, path, anybody.Status, anybody.Location())
	}
	for _, role := range staff.Roles() {
		answer := d.SignIn(t, role).Send(method, path, "application/x-www-form-urlencoded", http.NoBody)
		refused := answer.Status == http.StatusForbidden
		turnedAway := answer.Status == http.StatusUnauthorized || strings.HasPrefix(answer.Location(), "/console/sign-in")
		if may := slices.Contains(allowed, role); refused == may || turnedAway {
			t.Errorf("%s %s as %s: status %d, allowed is %v", method, path, role, answer.Status, may)
		}
	}
}
