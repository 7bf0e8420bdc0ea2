package meili

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// A condition is a node of a parsed filter.
type condition struct {
	op        string // AND OR NOT; = > >= < <= TO IN EXISTS NULL EMPTY STARTS
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
			text[p.words[p.at].pos:])
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

func (p *filterParser) or(depth int) *condition  { return p.joined("OR", depth, p.and) }
func (p *filterParser) and(depth int) *condition { return p.joined("AND", depth, p.not) }

func (p *filterParser) joined(op string, depth int, operand func(int) *condition) *condition {
	c := &condition{op: op, children: []*condition{operand(depth)}}
	for p.err == nil && p.is(op) {
		c.children = append(c.children, operand(depth))
	}
	if len(c.children) == 1 {
		return c.children[0]
	}
	return c
}

func (p *filterParser) not(depth int) *condition {
	if depth > maxFilterDepth {
		return p.fail("The filter exceeded the maximum depth limit. Try rewriting the filter so that it contains fewer nested conditions.")
	}
	if p.is("NOT") {
		return &condition{op: "NOT", children: []*condition{p.not(depth + 1)}}
	}
	if p.is("(") {
		c := p.or(depth + 1)
		if p.err == nil && !p.is(")") {
			return p.fail("Expression `%s` is missing the following closing delimiter: `)`.", p.text)
		}
		return c
	}
	return p.comparison()
}

const wanted = "Was expecting an operation `=`, `!=`, `>=`, `>`, `<=`, `<`, `IN`, `NOT IN`, `TO`, `EXISTS`, " +
	"`NOT EXISTS`, `IS NULL`, `IS NOT NULL`, `IS EMPTY`, `IS NOT EMPTY`, `CONTAINS`, `NOT CONTAINS`, `STARTS WITH`, " +
	"`NOT STARTS WITH`, `_geoRadius`, `_geoBoundingBox` or `_geoPolygon` at `%s`."

func (p *filterParser) comparison() *condition {
	if strings.HasPrefix(p.rest(), "_geo") {
		p.err = unsupported("filters by place")
		return nil
	}
	start := p.rest()
	attribute, ok := p.word()
	if !ok {
		return p.fail(wanted, start)
	}
	c := &condition{attribute: attribute}
	negated := false
	switch {
	case p.is("="):
		return p.compare(c, "=")
	case p.is("!="):
		return negate(p.compare(c, "="))
	case p.is(">"), p.is(">="), p.is("<"), p.is("<="):
		return p.compareNumber(c, p.words[p.at-1].text)
	case p.is("EXISTS"):
		c.op = "EXISTS"
		return c
	case p.is("IS"):
		negated = p.is("NOT")
		if !p.is("NULL", "EMPTY") {
			return p.fail(wanted, start)
		}
		c.op = p.words[p.at-1].text
	case p.is("NOT"):
		negated = true
		fallthrough
	default:
		if c = p.keyword(c, negated, start); c == nil {
			return nil
		}
	}
	if negated {
		return negate(c)
	}
	return c
}

// keyword reads IN, EXISTS, STARTS WITH, CONTAINS and "a TO b".
func (p *filterParser) keyword(c *condition, negated bool, start string) *condition {
	switch {
	case p.is("IN"):
		return p.in(c)
	case p.is("EXISTS"):
		c.op = "EXISTS"
		return c
	case p.is("CONTAINS"):
		p.err = unsupported("the experimental filter operator CONTAINS")
		return nil
	case p.is("STARTS"):
		if p.is("WITH") {
			return p.compare(c, "STARTS")
		}
	case !negated:
		from, ok := p.word()
		if ok && p.is("TO") {
			c.values = append(c.values, from)
			if c = p.compareNumber(c, "TO"); c != nil {
				return p.checkNumber(c, from)
			}
			return nil
		}
	}
	return p.fail(wanted, start)
}

func negate(c *condition) *condition {
	if c == nil {
		return nil
	}
	return &condition{op: "NOT", children: []*condition{c}}
}

var reserved = []string{"(", ")", "[", "]", ",", "=", "!", "!=", ">", ">=", "<", "<=", "AND", "OR", "NOT", "IN", "TO", "EXISTS", "IS"}

// word takes an attribute or a value: quoted, or no reserved word.
func (p *filterParser) word() (string, bool) {
	if p.at >= len(p.words) {
		return "", false
	}
	word := p.words[p.at]
	if !word.quoted && slices.Contains(reserved, word.text) {
		return "", false
	}
	p.at++
	return word.text, true
}

func (p *filterParser) compare(c *condition, op string) *condition {
	value, ok := p.word()
	if !ok {
		return p.fail("Was expecting a value but instead got `%s`.", p.rest())
	}
	c.op, c.values = op, append(c.values, value)
	return c
}

func (p *filterParser) compareNumber(c *condition, op string) *condition {
	if c = p.compare(c, op); c == nil {
		return nil
	}
	return p.checkNumber(c, c.values[len(c.values)-1])
}

func (p *filterParser) checkNumber(c *condition, text string) *condition {
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		return p.fail("Attribute `%s`: value `%s` is not a number.", c.attribute, text)
	}
	return c
}

func (p *filterParser) in(c *condition) *condition {
	c.op = "IN"
	if !p.is("[") {
		return p.fail("Expected `[` after `IN` keyword.")
	}
	for {
		if p.is("]") {
			return c
		}
		value, ok := p.word()
		if !ok {
			return p.fail("Expected only comma-separated field names inside `IN[..]` but instead found `%s`.", p.rest())
		}
		c.values = append(c.values, value)
		if !p.is(",") {
			if p.is("]") {
				return c
			}
			return p.fail("Expression `%s` is missing the following closing delimiter: `]`.", p.text)
		}
	}
}
