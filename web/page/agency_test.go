package page

import (
	"math"
	"testing"
)

// Ratios as published: black on white by WCAG 2.2 itself, the greys by W3C's and WebAIM's examples (#767676 is the lightest
// grey that passes AA on white, #777777 the darkest that fails).
func TestContrast(t *testing.T) {
	t.Parallel()
	for colour, want := range map[string]float64{"#000000": 21, "#ffffff": 1, "#767676": 4.54, "#777777": 4.48, "#ff0000": 4.00} {
		c, err := parseColour(colour)
		if err != nil {
			t.Fatal(err)
		}
		if got := contrast(c, white); math.Abs(got-want) > 0.006 {
			t.Errorf("contrast of %s with white = %.3f, want %.2f", colour, got, want)
		}
	}
}

func TestColourIsStrict(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "#fff", "005ea2", "#005eag", "#005ea2;}body{display:none", "+#05ea2"} {
		if c, err := parseColour(s); err == nil {
			t.Errorf("parseColour(%q) = %s, want an error", s, c)
		}
	}
}
