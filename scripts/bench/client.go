package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// client is one browser's connection, kept alive. It is thinner than net/http's, because it shares the machine with what it
// measures.
type client struct {
	wire
	cookies map[string]string
	headers string // sent with each request
	out     []byte
}

func newClient(address string) *client {
	return &client{wire: wire{address: address}, cookies: map[string]string{}}
}

// answer is what came back. Body is whole.
type answer struct {
	status   int
	location string
	body     []byte
	took     time.Duration
}

// send makes a request on the connection, opening it first if need be.
func (c *client) send(ctx context.Context, method, path, contentType string, body []byte) (answer, error) {
	a, err := c.try(ctx, method, path, contentType, body)
	if err != nil {
		c.close()
		return a, fmt.Errorf("%s %s: %w", method, strings.SplitN(path, "?", 2)[0], err)
	}
	return a, nil
}

func (c *client) try(ctx context.Context, method, path, contentType string, body []byte) (a answer, err error) {
	if err := c.open(ctx, 16<<10); err != nil {
		return a, err
	}
	c.compose(method, path, contentType, body)
	begun := time.Now()
	if _, err := c.conn.Write(c.out); err != nil {
		return a, err
	}
	response, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return a, err
	}
	a.body, err = io.ReadAll(response.Body)
	a.took = time.Since(begun)
	response.Body.Close()
	a.status, a.location = response.StatusCode, response.Header.Get("Location")
	for _, cookie := range response.Cookies() {
		c.cookies[cookie.Name] = cookie.Value
	}
	if response.Close {
		c.close()
	}
	return a, err
}

func (c *client) compose(method, path, contentType string, body []byte) {
	b := c.out[:0]
	b = append(b, method...)
	b = append(b, ' ')
	b = append(b, path...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, c.address...)
	b = append(b, "\r\n"...)
	b = append(b, c.headers...)
	for name, value := range c.cookies {
		b = append(b, "Cookie: "+name+"="+value+"\r\n"...)
	}
	if body != nil {
		b = append(b, "Content-Type: "...)
		b = append(b, contentType...)
		b = append(b, "\r\nContent-Length: "...)
		b = strconv.AppendInt(b, int64(len(body)), 10)
		b = append(b, "\r\n"...)
	}
	b = append(b, "\r\n"...)
	b = append(b, body...)
	c.out = b
}

// get wants a page with status 200.
func (c *client) get(ctx context.Context, path string) (answer, error) {
	a, err := c.send(ctx, http.MethodGet, path, "", nil)
	if err == nil && a.status != http.StatusOK {
		err = fmt.Errorf("GET %s answered %d", path, a.status)
	}
	return a, err
}

// gzipped makes the client ask as browsers do.
func (c *client) gzipped() *client {
	c.headers = "Accept-Encoding: gzip\r\n"
	return c
}

// signIn signs a member of staff in.
func (c *client) signIn(ctx context.Context, email, password string) error {
	form := url.Values{"email": {email}, "password": {password}}
	a, err := c.send(ctx, http.MethodPost, "/console/sign-in", "application/x-www-form-urlencoded", []byte(form.Encode()))
	if err != nil {
		return err
	}
	if a.status != http.StatusSeeOther {
		return fmt.Errorf("sign-in answered %d", a.status)
	}
	return nil
}

const tokenMark = `name="form_token" value="`

// formToken reads the token in a page with the form.
func formToken(page []byte) (string, error) {
	_, rest, found := bytes.Cut(page, []byte(tokenMark))
	token, _, closed := bytes.Cut(rest, []byte(`"`))
	if !found || !closed || len(token) == 0 {
		return "", errors.New("the page has no form token")
	}
	return string(token), nil
}
