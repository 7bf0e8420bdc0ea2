package replay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// field is one entry of a form as a browser would send it. A file is sent empty.
type field struct {
	name, value string
	file        bool
}

// readForm finds the inquiry form of a page and gives what a browser would send of it if nothing were typed.
func readForm(page io.Reader) ([]field, error) {
	doc, err := goquery.NewDocumentFromReader(page)
	if err != nil {
		return nil, fmt.Errorf("read the form page: %w", err)
	}
	form := doc.Find(`form:has(input[name="form_token"])`).First()
	if form.Length() == 0 {
		return nil, errors.New("the page has no form with a form_token")
	}
	var fields []field
	form.Find("input, select, textarea").Each(func(_ int, control *goquery.Selection) {
		name := control.AttrOr("name", "")
		if _, disabled := control.Attr("disabled"); name == "" || disabled {
			return
		}
		if f, sent := controlField(control); sent {
			f.name = name
			fields = append(fields, f)
		}
	})
	return fields, nil
}

// controlField gives what one control sends, and false for those that send nothing: buttons, and boxes that are not ticked.
func controlField(control *goquery.Selection) (field, bool) {
	switch goquery.NodeName(control) {
	case "textarea":
		return field{value: strings.TrimPrefix(control.Text(), "\n")}, true
	case "select":
		chosen := control.Find("option[selected]").First()
		if chosen.Length() == 0 {
			chosen = control.Find("option").First()
		}
		return field{value: chosen.AttrOr("value", strings.TrimSpace(chosen.Text()))}, chosen.Length() > 0
	}
	_, ticked := control.Attr("checked")
	switch strings.ToLower(control.AttrOr("type", "text")) {
	case "submit", "button", "reset", "image":
		return field{}, false
	case "checkbox", "radio":
		return field{value: control.AttrOr("value", "on")}, ticked
	case "file":
		return field{file: true}, true
	}
	return field{value: control.AttrOr("value", "")}, true
}

// fillIn puts what was typed into the form. Fields that the page does not have are sent all the same: their names are fixed.
func fillIn(fields []field, typed map[string]string) []field {
	left := make(map[string]string, len(typed))
	for name, value := range typed {
		left[name] = value
	}
	var filled []field
	for _, f := range fields {
		value, ours := left[f.name]
		if _, known := typed[f.name]; known && !ours {
			continue // another control of the same name
		}
		if ours {
			f.value = value
			delete(left, f.name)
		}
		filled = append(filled, f)
	}
	for name, value := range left {
		filled = append(filled, field{name: name, value: value})
	}
	return filled
}

// encode writes the fields as multipart/form-data, with the line ends that browsers send.
func encode(fields []field) (body []byte, contentType string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		if f.file {
			part := textproto.MIMEHeader{}
			part.Set("Content-Disposition", `form-data; name="`+f.name+`"; filename=""`)
			part.Set("Content-Type", "application/octet-stream")
			if _, err := w.CreatePart(part); err != nil {
				return nil, "", err
			}
			continue
		}
		if err := w.WriteField(f.name, lineEnds.Replace(f.value)); err != nil {
			return nil, "", err
		}
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), w.FormDataContentType(), nil
}

var lineEnds = strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n")

// problems gives the words of the page's error summary.
func problems(page io.Reader) string {
	doc, err := goquery.NewDocumentFromReader(page)
	if err != nil {
		return ""
	}
	var found []string
	doc.Find(`[role="alert"] a, .usa-alert--error a, .error-summary a`).Each(func(_ int, a *goquery.Selection) {
		found = append(found, strings.Join(strings.Fields(a.Text()), " "))
	})
	if len(found) == 0 {
		found = append(found, strings.Join(strings.Fields(doc.Find("title").First().Text()), " "))
	}
	return strings.Join(found, "; ")
}
