package meili

import (
	"encoding/json"
	"slices"
	"strings"
)

// A condition is a node of a parsed filter.
type condition struct {
	op        string // AND OR NOT; = > >= < <= TO IN EXISTS NULL EMPTY STARTS CONTAINS
	children  []*condition
	attribute string
	values    []string
}

// maxFilterDepth is Meilisearch's own limit on nested parentheses.
const maxFilterDepth = 200

// parseFilter reads a filter in any of its forms: a string, an array whose
// members are joined by AND, and in it arrays joined by OR. None gives nil.
func parseFilter(raw json.RawMessage, code string) (*condition, *apiError) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return parseExpression(text, code)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, invalid(code, "Invalid syntax for the filter parameter: `expected String, Array, found: %s`.", raw)
	}
	return parseFilterList(list, "AND", code)
}

func parseFilterList(list []json.RawMessage, op, code string) (*condition, *apiError) {
	joined := &condition{op: op}
	for _, raw := range list {
		var text string
		var inner []json.RawMessage
		var child *condition
		var err *apiError
		switch {
		case json.Unmarshal(raw, &text) == nil:
			child, err = parseExpression(text, code)
		case op == "AND" && json.Unmarshal(raw, &inner) == nil:
			child, err = parseFilterList(inner, "OR", code)
		default:
			return nil, invalid(code, "Invalid syntax for the filter parameter: `expected String, found: %s`.", raw)
		}
		if err != nil {
			return nil, err
		}
		if child != nil {
			joined.children = append(joined.children, child)
		}
	}
	if len(joined.children) == 0 {
		return nil, nil
	}
	return joined, nil
}

func parseExpression(text, code string) (*condition, *apiError) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	words, err := lexFilter(text, code)
	if err != nil {
		return nil, err
	}
	p := &filterParser{words: words, text: text, code: code}
	c := p.or(0)
	if p.err == nil && p.at < len(p.words) {
		p.fail("Found unexpected characters at the end of the filter: `%s`. You probably forgot an `OR` or an `AND` rule.",
			escapeText(text[p.words[p.at].pos:]))
	}
	return c, p.err
}

type filterParser struct {
	words []filterWord
	at    int
	text  string
	code  string
	err   *apiError
}

func (p *filterParser) fail(format string, args ...any) *condition {
	if p.err == nil {
		p.err = invalid(p.code, format, args...)
	}
	return nil
}

// is says whether the next word is one of the unquoted keywords, and takes it.
func (p *filterParser) is(keywords ...string) bool {
	if p.at < len(p.words) && !p.words[p.at].quoted && slices.Contains(keywords, p.words[p.at].text) {
		p.at++
		return true
	}
	return false
}

func (p *filterParser) rest() string {
	if p.at < len(p.words) {
		return p.text[p.words[p.at].pos:]
	}
	return ""
}

// Every level of the grammar counts towards the depth: or, and, not, and what stands in parentheses.
func (p *filterParser) or(depth int) *condition  { return p.joined("OR", depth, p.and) }
func (p *filterParser) and(depth int) *condition { return p.joined("AND", depth, p.not) }

func (p *filterParser) joined(op string, depth int, operand func(int) *condition) *condition {
	if depth > maxFilterDepth {
		return p.tooDeep()
	}
	c := &condition{op: op, children: []*condition{operand(depth + 1)}}
	for p.err == nil && p.is(op) {
		c.children = append(c.children, operand(depth+1))
	}
	if len(c.children) == 1 {
		return c.children[0]
	}
	return c
}

func (p *filterParser) tooDeep() *condition {
	return p.fail("The filter exceeded the maximum depth limit. Try rewriting the filter so that it contains fewer nested conditions.")
}

func (p *filterParser) not(depth int) *condition {
	if depth >= maxFilterDepth {
		return p.tooDeep()
	}
	if p.is("NOT") {
		return negate(p.not(depth + 1))
	}
	if p.is("(") {
		start := p.words[p.at-1].pos
		c := p.or(depth + 2)
		if p.err == nil && !p.is(")") {
			return p.fail("Expression `%s` is missing the following closing delimiter: `)`.", escapeText(p.text[start:]))
		}
		return c
	}
	return p.comparison()
}

const wanted = "Was expecting an operation `=`, `!=`, `>=`, `>`, `<=`, `<`, `IN`, `NOT IN`, `TO`, `EXISTS`, " +
	"`NOT EXISTS`, `IS NULL`, `IS NOT NULL`, `IS EMPTY`, `IS NOT EMPTY`, `CONTAINS`, `NOT CONTAINS`, `STARTS WITH`, " +
	"`NOT STARTS WITH`, `_geoRadius`, `_geoBoundingBox` or `_geoPolygon` "

func (p *filterParser) unknown(start string) *condition {
	if start == "" {
		return p.fail(wanted + "but instead got nothing.")
	}
	return p.fail(wanted+"at `%s`.", escapeText(start))
}

func (p *filterParser) comparison() *condition {
	if strings.HasPrefix(p.rest(), "_geo") || strings.HasPrefix(p.rest(), "_vectors") {
		p.err = unsupported("filters by place or vector")
		return nil
	}
	start := p.rest()
	if start == "" {
		return p.unknown(start)
	}
	attribute, ok := p.value()
	if !ok {
		return nil
	}
	c := &condition{attribute: attribute}
	switch {
	case p.is("="):
		return p.compare(c, "=")
	case p.is("!="):
		return negate(p.compare(c, "="))
	case p.is(">", ">=", "<", "<="):
		return p.compare(c, p.words[p.at-1].text)
	case p.is("EXISTS"):
		c.op = "EXISTS"
		return c
	case p.is("IS"):
		negated := p.is("NOT")
		if !p.is("NULL", "EMPTY") {
			return p.unknown(start)
		}
		if c.op = p.words[p.at-1].text; negated {
			return negate(c)
		}
		return c
	case p.is("NOT"):
		return negate(p.keyword(c, true, start))
	}
	return p.keyword(c, false, start)
}

// keyword reads IN, STARTS WITH, CONTAINS, what NOT may stand before besides, and "a TO b".
func (p *filterParser) keyword(c *condition, negated bool, start string) *condition {
	switch {
	case p.is("IN"):
		return p.in(c)
	case negated && p.is("EXISTS"):
		c.op = "EXISTS"
		return c
	case p.is("CONTAINS"):
		return p.experimental(p.compare(c, "CONTAINS"))
	case p.is("STARTS"):
		if p.is("WITH") {
			return p.experimental(p.compare(c, "STARTS"))
		}
	case !negated && p.at+1 < len(p.words) && !p.words[p.at].sign && p.words[p.at+1].text == "TO" && !p.words[p.at+1].quoted:
		from, ok := p.value()
		if !ok {
			return nil
		}
		p.at++
		c.values = append(c.values, from)
		return p.compare(c, "TO")
	}
	return p.unknown(start)
}

// experimental refuses what Meilisearch refuses too unless it was told otherwise.
func (p *filterParser) experimental(c *condition) *condition {
	if c != nil && p.err == nil {
		p.err = invalid("feature_not_enabled", "Using `CONTAINS` or `STARTS WITH` in a filter requires enabling the `contains filter` "+
			"experimental feature. See https://github.com/orgs/meilisearch/discussions/763")
	}
	return nil
}

// negate turns a condition around; NOT twice is none.
func negate(c *condition) *condition {
	switch {
	case c == nil:
		return nil
	case c.op == "NOT":
		return c.children[0]
	}
	return &condition{op: "NOT", children: []*condition{c}}
}

var reserved = []string{"AND", "OR", "IN", "NOT", "TO", "EXISTS", "IS", "NULL", "EMPTY", "CONTAINS", "STARTS", "WITH", "_geoRadius", "_geoBoundingBox", "_geoPolygon"}

// value takes an attribute or a value: in quotation marks, or no reserved word.
func (p *filterParser) value() (string, bool) {
	if p.at >= len(p.words) {
		p.fail("Was expecting a value but instead got nothing.")
		return "", false
	}
	word := p.words[p.at]
	switch {
	case word.quoted:
	case word.sign:
		p.fail("Was expecting a value but instead got `%s`.", escapeText(p.errorWord()))
		return "", false
	case slices.Contains(reserved, word.text):
		p.fail("Was expecting a value but instead got `%s`, which is a reserved keyword. To use `%s` as a field name or a value, "+
			"surround it by quotes.", word.text, word.text)
		return "", false
	}
	p.at++
	return word.text, true
}

// errorWord is what stands where a value should, up to the next sign of the grammar.
func (p *filterParser) errorWord() string {
	rest := p.rest()
	if end := strings.IndexAny(rest, " \t\r\n()=<>!"); end > 0 {
		return rest[:end]
	}
	return rest
}

func (p *filterParser) compare(c *condition, op string) *condition {
	value, ok := p.value()
	if !ok {
		return nil
	}
	c.op, c.values = op, append(c.values, value)
	return c
}

func (p *filterParser) in(c *condition) *condition {
	c.op = "IN"
	if !p.is("[") {
		return p.fail("Expected `[` after `IN` keyword.")
	}
	for !p.is("]") {
		if p.at == len(p.words) {
			return p.fail("Expected matching `]` after the list of field names given to `IN[`")
		}
		word := p.words[p.at]
		if !word.quoted && (word.sign || slices.Contains(reserved, word.text)) {
			return p.fail("Expected only comma-separated field names inside `IN[..]` but instead found `%s`.", escapeText(p.rest()))
		}
		p.at++
		c.values = append(c.values, word.text)
		if !p.is(",") && (p.at == len(p.words) || p.words[p.at].quoted || p.words[p.at].text != "]") {
			if p.at == len(p.words) {
				return p.fail("Expected matching `]` after the list of field names given to `IN[`")
			}
			return p.fail("Expected only comma-separated field names inside `IN[..]` but instead found `%s`.", escapeText(p.rest()))
		}
	}
	return c
}
