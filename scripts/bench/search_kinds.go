package main

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
)

// kind is one kind of query: addresses that are taken in turn, and what their floor asks.
type kind struct {
	name  string
	paths []string
	words []string // for the engines alone; none for what is looked up exactly
	sql   string   // of the row's floor
	value string   // of :value in it
}

// of makes a kind from texts; more is put behind each address.
func ofTexts(name, more string, texts ...string) kind {
	k := kind{name: name, words: texts}
	for _, t := range texts {
		k.paths = append(k.paths, "/console/search.json?q="+url.QueryEscape(t)+more)
	}
	return k
}

// kindsOfQuery lists what is asked. The words are those of the demo's texts and of the planted tickets.
func (d *desk) kindsOfQuery(ctx context.Context) ([]kind, error) {
	pasted, err := d.texts(ctx, `
		SELECT left(regexp_replace(m.body, '\s+', ' ', 'g'), 200) FROM message m JOIN ticket t ON t.id = m.ticket_id
		WHERE m.kind = 'inquiry' AND length(m.body) > 200 AND t.excluded_reason IS NULL ORDER BY md5(t.reference) LIMIT 20`)
	if err != nil {
		return nil, err
	}
	names, err := d.texts(ctx, `SELECT name FROM account ORDER BY md5(number) LIMIT 20`)
	if err != nil {
		return nil, err
	}
	kinds := []kind{
		ofTexts("one word, rare", "", "lighthouse", "tuberculosis", "collarbone", "mochila", "okinawa"),
		ofTexts("one word, common", "", "card", "address", "appointment", "interview", "caso"),
		ofTexts("one letter", "", "c", "p", "m", "w", "t"),
		ofTexts("two letters", "", "ca", "pa", "no", "wh", "ta"),
		ofTexts("three letters", "", "car", "pas", "not", "whe", "tar"),
		ofTexts("two words", "", "card mail", "password wrong", "appointment hospital", "address confirm", "huellas caso"),
		ofTexts("two words, one mistyped", "", "crads mail", "pasword wrong", "apointment hospital", "adress confirm", "huelas caso"), //nolint:misspell // the slips are the test
		ofTexts("a phrase", "", `"green card"`, `"spelled wrong"`, `"new code"`, `"next step"`, `"mi caso"`),
		ofTexts("200 characters pasted", "", pasted...),
		ofTexts("one word, two filters", "&status=open&status=pending&category=card-not-received", "card", "mail", "address", "tracking", "new"),
		ofTexts("one word, newest first", "&sort=newest", "card", "address", "appointment", "interview", "caso"),
		ofTexts("one word, without counts", "&facets=0", "card", "address", "appointment", "interview", "caso"),
		{name: "no word, a filter", paths: []string{"/console/search.json?status=open", "/console/search.json?language=es"}, words: []string{""}},
		ofTexts("an account's name", "", names...),
	}
	identifiers, err := d.identifiers(ctx)
	return append(kinds, identifiers...), err
}

// identifiers are looked up exactly. Each floor is its row by pgbench.
func (d *desk) identifiers(ctx context.Context) ([]kind, error) {
	var kinds []kind
	for _, k := range []struct{ name, sample, floor string }{
		{"a reference", `SELECT reference FROM ticket WHERE excluded_reason IS NULL ORDER BY md5(reference) LIMIT 20`, listColumns + `WHERE reference = :value`},
		{"an account number", `SELECT number FROM account ORDER BY md5(number) LIMIT 20`, `SELECT id, number, name FROM account WHERE number = :value`},
		{
			"a receipt number", `SELECT receipt_number FROM account_case ORDER BY md5(receipt_number) LIMIT 20`,
			`SELECT a.id, a.number, a.name FROM account_case c JOIN account a ON a.id = c.account_id WHERE c.receipt_number = :value`,
		},
		{
			"an A-Number", `SELECT a_number FROM account WHERE a_number IS NOT NULL ORDER BY md5(number) LIMIT 20`,
			`SELECT id, number, name FROM account WHERE a_number = :value`,
		},
		{"an email address", `SELECT email FROM account ORDER BY md5(number) LIMIT 20`, `SELECT id, number, name FROM account WHERE lower(email) = :value`},
	} {
		texts, err := d.texts(ctx, k.sample)
		if err != nil {
			return nil, err
		}
		one := ofTexts(k.name, "", texts...)
		one.words, one.sql, one.value = nil, k.floor, strings.ToLower(texts[0])
		if k.name != "an email address" {
			one.value = texts[0]
		}
		kinds = append(kinds, one)
	}
	return kinds, nil
}

func (d *desk) texts(ctx context.Context, sql string) ([]string, error) {
	rows, err := d.db.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err == nil && len(texts) == 0 {
		err = errors.New("the desk has nothing to search for")
	}
	return texts, err
}
