package messages

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"golang.org/x/text/feature/plural"
)

// text is one message: its plural forms, or the single form "other".
type text map[string]string

var pluralNames = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other,
}

func (t text) other() string { return t["other"] }

func (t text) form(f plural.Form) string {
	for name, form := range pluralNames {
		if form == f {
			if s, ok := t[name]; ok {
				return s
			}
		}
	}
	return t.other()
}

// decodeObject reads the next JSON object token by token: encoding/json into a map would keep the last of two equal keys
// and hide the duplicate.
func decodeObject(d *json.Decoder, prefix string, into map[string]text) error {
	if err := expectOpening(d, prefix); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		key := name.(string)
		if prefix != "" {
			key = prefix + "." + key
		}
		if err := decodeValue(d, key, into); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	if prefix == "" {
		if _, err := d.Token(); err != io.EOF {
			return fmt.Errorf("text after the object")
		}
	}
	return nil
}

func expectOpening(d *json.Decoder, prefix string) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	if token != json.Delim('{') {
		return fmt.Errorf("%q is neither a text nor an object", prefix)
	}
	return nil
}

func decodeValue(d *json.Decoder, key string, into map[string]text) error {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return err
	}
	if _, ok := into[key]; ok {
		return fmt.Errorf("message %q is defined twice", key)
	}
	if raw[0] == '"' {
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		into[key] = text{"other": s}
		return nil
	}
	if forms, ok := pluralForms(raw); ok {
		into[key] = forms
		return nil
	}
	nested := map[string]text{}
	if err := decodeObject(json.NewDecoder(bytes.NewReader(raw)), key, nested); err != nil {
		return err
	}
	for k, v := range nested {
		if _, ok := into[k]; ok {
			return fmt.Errorf("message %q is defined twice", k)
		}
		into[k] = v
	}
	return nil
}

// pluralForms reads raw as the forms of one message: "other" is there and all names are plural categories.
func pluralForms(raw json.RawMessage) (text, bool) {
	var forms map[string]string
	if json.Unmarshal(raw, &forms) != nil || len(forms) < 2 {
		return nil, false
	}
	if _, ok := forms["other"]; !ok {
		return nil, false
	}
	for name := range forms {
		if !slices.Contains([]string{"zero", "one", "two", "few", "many", "other"}, name) {
			return nil, false
		}
	}
	return forms, true
}
