package page

import (
	"net/http"
	"strconv"
	"strings"
)

// Accepts reports whether a client takes a content coding (RFC 9110, 12.5.3): it names it, or everything by an asterisk, with a weight above 0. A
// coding's own weight goes before the asterisk's, and a client that names nothing gets nothing compressed.
func Accepts(h http.Header, coding string) bool {
	named, any := -1.0, -1.0
	for part := range strings.SplitSeq(strings.Join(h["Accept-Encoding"], ","), ",") {
		name, parameters, _ := strings.Cut(part, ";")
		switch name = strings.ToLower(strings.TrimSpace(name)); name {
		case coding, "x-" + coding: // x-gzip is gzip (8.4.1.3)
			named = max(named, weight(parameters))
		case "*":
			any = weight(parameters)
		}
	}
	return named > 0 || named < 0 && any > 0
}

// weight reads ";q=0.5": 1 when there is none, 0 when it is none.
func weight(parameters string) float64 {
	name, value, given := strings.Cut(strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(parameters, " ", ""), "\t", "")), "=")
	if !given || name != "q" {
		return 1
	}
	q, err := strconv.ParseFloat(value, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}
