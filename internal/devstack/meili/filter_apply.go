package meili

import (
	"context"
	"encoding/json"
	"fmt"
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
		c.attribute, strings.Join(known, ", "))
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

// valueTest returns the test that a condition makes of one value. Strings
// are equal case and accents aside; a value that reads as a number is also
// compared as one.
func valueTest(c *condition) func(value) bool {
	numbers := make([]float64, len(c.values))
	numeric := make([]bool, len(c.values))
	folded := map[string]bool{}
	for i, text := range c.values {
		number, err := strconv.ParseFloat(text, 64)
		numbers[i], numeric[i] = number, err == nil
		folded[foldValue(text)] = true
	}
	switch c.op {
	case "=", "IN":
		return func(v value) bool {
			if !v.numeric {
				return folded[v.folded]
			}
			for i := range numbers {
				if numeric[i] && numbers[i] == v.number {
					return true
				}
			}
			return false
		}
	case ">":
		return func(v value) bool { return v.numeric && v.number > numbers[0] }
	case ">=":
		return func(v value) bool { return v.numeric && v.number >= numbers[0] }
	case "<":
		return func(v value) bool { return v.numeric && v.number < numbers[0] }
	case "<=":
		return func(v value) bool { return v.numeric && v.number <= numbers[0] }
	case "TO":
		return func(v value) bool { return v.numeric && v.number >= numbers[0] && v.number <= numbers[1] }
	case "STARTS":
		return func(v value) bool { return !v.numeric && strings.HasPrefix(v.folded, foldValue(c.values[0])) }
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
