package seed

import (
	"testing"
	"time"

	"github.com/askwell/askwell/internal/identifier"
)

func TestPermutationIsOne(t *testing.T) {
	t.Parallel()
	for _, n := range []uint64{1, 2, 3, 10, 97, 1000, 4096, 50_000} {
		p, seen := newPermutation(n, 42), map[uint64]bool{}
		for i := range n {
			at := p.at(i)
			if at >= n || seen[at] {
				t.Fatalf("below %d: %d comes out of %d, or twice", n, at, i)
			}
			seen[at] = true
		}
	}
}

func TestReferencesNeverCollide(t *testing.T) {
	t.Parallel()
	p, seen := newPermutation(references, 1), make(map[string]bool, 200_000)
	inOrder := 0
	last := ""
	for i := range uint64(200_000) {
		reference := identifier.ReferenceOf(int64(p.at(i)))
		if parsed, ok := identifier.ParseReference(reference); !ok || parsed != reference {
			t.Fatalf("%s is no reference", reference)
		}
		if seen[reference] {
			t.Fatalf("%s comes twice", reference)
		}
		seen[reference] = true
		if reference > last {
			inOrder++
		}
		last = reference
	}
	if inOrder < 99_000 || inOrder > 101_000 {
		t.Errorf("%d of 200,000 references are greater than the one before; chance would have half", inOrder)
	}
}

func TestAccountNumbersAreValidAndUnique(t *testing.T) {
	t.Parallel()
	w, seen := newWorld(9, time.Now().AddDate(-1, 0, 0), time.Now()), map[string]bool{}
	for i := range uint64(100_000) {
		for _, number := range []string{w.number(i), w.nobodysNumber(i)} {
			if !identifier.ValidAccountNumber(number) || number[0] == '0' {
				t.Fatalf("%s is no account number", number)
			}
			if seen[number] {
				t.Fatalf("%s comes twice", number)
			}
			seen[number] = true
		}
	}
}

// The federal holidays of 2025 and 2026 as the Office of Personnel Management lists them, without those that a Saturday or Sunday
// moves.
func TestHolidays(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{
		"2025-01-01": true, "2025-01-20": true, "2025-02-17": true, "2025-05-26": true, "2025-06-19": true, "2025-07-04": true,
		"2025-09-01": true, "2025-10-13": true, "2025-11-11": true, "2025-11-27": true, "2025-12-25": true,
		"2026-01-01": true, "2026-01-19": true, "2026-02-16": true, "2026-05-25": true, "2026-06-19": true,
		"2026-09-07": true, "2026-10-12": true, "2026-11-11": true, "2026-11-26": true, "2026-12-25": true,
	}
	for day := time.Date(2025, 1, 1, 8, 0, 0, 0, time.UTC); day.Year() < 2027; day = day.AddDate(0, 0, 1) {
		if weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday; !weekend && holiday(day) != listed[day.Format(time.DateOnly)] {
			t.Errorf("%s: holiday is %v", day.Format(time.DateOnly), holiday(day))
		}
	}
}

func TestOfficeHours(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		moment, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	o := newOffice(zone, at("2025-11-01 00:00"), at("2026-11-01 00:00"))
	for _, c := range []struct {
		name, from, want string
		worked           time.Duration
	}{
		{"the same day", "2025-11-24 09:00", "2025-11-24 11:30", 150 * time.Minute},
		{"over night", "2025-11-24 16:00", "2025-11-25 09:00", 2 * time.Hour},
		{"from the evening", "2025-11-24 21:00", "2025-11-25 09:00", time.Hour},
		{"before the doors open", "2025-11-24 03:00", "2025-11-24 09:00", time.Hour},
		{"over Thanksgiving", "2025-11-26 16:30", "2025-11-28 08:30", time.Hour},
		{"over a weekend", "2025-11-28 16:00", "2025-12-01 09:00", 2 * time.Hour},
		{"from a Sunday", "2025-11-30 12:00", "2025-12-01 10:00", 2 * time.Hour},
		{"over the change of clocks", "2026-03-06 16:00", "2026-03-09 09:00", 2 * time.Hour},
	} {
		if got := o.after(at(c.from), c.worked); !got.Equal(at(c.want)) {
			t.Errorf("%s: %s", c.name, got.In(zone))
		}
	}
}
