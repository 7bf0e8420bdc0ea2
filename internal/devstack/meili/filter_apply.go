package meili

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// filter returns the live documents that meet the condition.
func (v *view) filter(c *condition, code string) (docSet, error) {
	if err := v.checkAttributes(c, code); err != nil {
		return nil, err
	}
	set, err := v.matching(c)
	if err != nil {
		return nil, err
	}
	set.and(v.live)
	return set, nil
}

func (v *view) checkAttributes(c *condition, code string) error {
	for _, child := range c.children {
		if err := v.checkAttributes(child, code); err != nil {
			return err
		}
	}
	if c.attribute == "" || matchesAny(v.rec.Settings.filterPatterns(), c.attribute) {
		return nil
	}
	known := append([]string(nil), v.rec.Settings.filterPatterns()...)
	if len(known) == 0 {
		return invalid(code, "Attribute `%s` is not filterable. This index does not have configured filterable attributes.",
			c.attribute)
	}
	sort.Strings(known)
	return invalid(code, "Attribute `%s` is not filterable. Available filterable attribute patterns are: `%s`.",
		c.attribute, strings.Join(known, "`, `"))
}

func (v *view) matching(c *condition) (docSet, error) {
	switch c.op {
	case "AND", "OR":
		set, err := v.matching(c.children[0])
		for _, child := range c.children[1:] {
			if err != nil {
				return nil, err
			}
			var other docSet
			if other, err = v.matching(child); err != nil {
				return nil, err
			}
			if c.op == "AND" {
				set.and(other)
			} else {
				set.or(other)
			}
		}
		return set, err
	case "NOT":
		inner, err := v.matching(c.children[0])
		if err != nil {
			return nil, err
		}
		set := v.live.clone()
		set.andNot(inner)
		return set, nil
	}
	return v.comparing(c)
}

func (v *view) comparing(c *condition) (docSet, error) {
	set := newDocSet(v.size)
	accepts := valueTest(c)
	for _, s := range v.segments {
		col, err := s.column(c.attribute)
		if err != nil {
			return nil, fmt.Errorf("read values of %s: %w", c.attribute, err)
		}
		switch c.op {
		case "EXISTS":
			col.exists.each(func(doc uint32) { set.add(s.base + doc) })
			continue
		case "NULL":
			col.null.each(func(doc uint32) { set.add(s.base + doc) })
			continue
		case "EMPTY":
			col.emptyish.each(func(doc uint32) { set.add(s.base + doc) })
			continue
		}
		wanted := make([]bool, len(col.values))
		any := false
		for i, value := range col.values {
			wanted[i] = accepts(value)
			any = any || wanted[i]
		}
		if !any {
			continue
		}
		for doc := range s.count {
			for _, ord := range col.of(doc) {
				if wanted[ord] {
					set.add(s.base + doc)
					break
				}
			}
		}
	}
	return set, nil
}

// valueTest returns the test that a condition makes of one value. Strings are equal in any case; a value that reads as a number is
// compared with numbers as one, and with strings, in their order, as it is written.
func valueTest(c *condition) func(value) bool {
	numbers := make([]float64, len(c.values))
	numeric := true
	folded := map[string]bool{}
	equal := map[float64]bool{}
	for i, text := range c.values {
		number, err := strconv.ParseFloat(text, 64)
		finite := err == nil && !math.IsInf(number, 0) && !math.IsNaN(number)
		if finite {
			equal[number] = true
		}
		numbers[i], numeric = number, numeric && finite
		folded[foldValue(text)] = true
	}
	compared := func(number func(float64) bool, text func(string) bool) func(value) bool {
		return func(v value) bool {
			if v.numeric {
				return numeric && number(v.number)
			}
			return text(v.folded)
		}
	}
	switch c.op {
	case "=", "IN":
		return func(v value) bool { return v.numeric && equal[v.number] || !v.numeric && folded[v.folded] }
	case ">":
		return compared(func(n float64) bool { return n > numbers[0] }, func(s string) bool { return s > c.values[0] })
	case ">=":
		return compared(func(n float64) bool { return n >= numbers[0] }, func(s string) bool { return s >= c.values[0] })
	case "<":
		return compared(func(n float64) bool { return n < numbers[0] }, func(s string) bool { return s < c.values[0] })
	case "<=":
		return compared(func(n float64) bool { return n <= numbers[0] }, func(s string) bool { return s <= c.values[0] })
	case "TO":
		return compared(func(n float64) bool { return n >= numbers[0] && n <= numbers[1] },
			func(s string) bool { return s >= c.values[0] && s <= c.values[1] })
	}
	return func(value) bool { return false }
}

// idsMatching returns the identifiers of the documents that a filter selects.
func (x *searchIndex) idsMatching(ctx context.Context, filter json.RawMessage) ([]string, error) {
	c, apiErr := parseFilter(filter, "invalid_document_filter")
	if apiErr != nil {
		return nil, apiErr
	}
	v, err := x.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	set := v.live
	if c != nil {
		if set, err = v.filter(c, "invalid_document_filter"); err != nil {
			return nil, err
		}
	}
	var ids []string
	err = x.db.View(func(tx *bolt.Tx) error {
		docs := readData(tx, v.rec.Data).docs
		for _, doc := range set.slice() {
			sequence, err := v.sequence(doc)
			if err != nil {
				return err
			}
			raw, err := storedJSON(docs.Get(sequence))
			if err != nil {
				return err
			}
			id, err := documentID(deref(v.rec.PrimaryKey), raw)
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	return ids, err
}
