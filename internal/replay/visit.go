package replay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/identifier"
)

// maxPage is how much of a page is read.
const maxPage = 8 << 20

// longestPause bounds the doubling between two tries.
const longestPause = 5 * time.Second

// visitor is one applicant with a browser of their own.
type visitor struct {
	*runner
	client *http.Client
	until  time.Time // no further try after that
}

// visit sends one inquiry: the form, the time a person takes, the inquiry, the confirmation.
func (r *runner) visit(ctx context.Context, in Inquiry) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.fail(in.ID, "", err)
		return
	}
	v := &visitor{runner: r, client: &http.Client{
		Transport: r.transport, Jar: jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	v.until = time.Now().Add(r.Patience)
	page, err := v.get(ctx, "form", "/inquiries/new")
	if err != nil {
		r.fail(in.ID, "", err)
		return
	}
	fields, err := readForm(bytes.NewReader(page))
	if err != nil {
		r.fail(in.ID, "", err)
		return
	}
	r.think(1)
	err = pause(ctx, r.Think)
	r.think(-1)
	if err != nil {
		r.fail(in.ID, "", errStopped)
		return
	}
	v.until = time.Now().Add(r.Patience)
	path, reference, err := v.post(ctx, fillIn(fields, in.values()))
	if err != nil {
		r.fail(in.ID, "", err)
		return
	}
	if _, err := v.get(ctx, "confirmation", path); err != nil {
		r.fail(in.ID, reference, err)
		return
	}
	r.accept(in.ID, reference)
}

// get fetches a page that must be there; redirects are followed, as a browser follows them.
func (v *visitor) get(ctx context.Context, what, path string) ([]byte, error) {
	for hops := 0; hops < 5; hops++ {
		response, page, err := v.persist(ctx, what, func() (*http.Request, error) { //nolint:bodyclose // read and closed in once
			return v.request(ctx, http.MethodGet, path, nil)
		})
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", what, err)
		case response.StatusCode == http.StatusOK:
			return page, nil
		case response.StatusCode < 300 || response.StatusCode > 399:
			return nil, fmt.Errorf("%s: %s: %s", what, response.Status, problems(bytes.NewReader(page)))
		}
		if path, err = v.location(response); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil, fmt.Errorf("%s: redirected more than five times", what)
}

// post sends the form, again and again with the same token until it is acknowledged or refused, so that there is never a second
// ticket. It gives the path of the confirmation.
func (v *visitor) post(ctx context.Context, fields []field) (path, reference string, err error) {
	body, contentType, err := encode(fields)
	if err != nil {
		return "", "", err
	}
	response, page, err := v.persist(ctx, "inquiry", func() (*http.Request, error) { //nolint:bodyclose // read and closed in once
		request, err := v.request(ctx, http.MethodPost, "/inquiries", bytes.NewReader(body))
		if err == nil {
			request.Header.Set("Content-Type", contentType)
			request.Header.Set("Origin", v.To.Scheme+"://"+v.To.Host)
			request.Header.Set("Referer", v.To.String()+"/inquiries/new")
		}
		return request, err
	})
	if err != nil {
		return "", "", fmt.Errorf("inquiry: %w", err)
	}
	if response.StatusCode != http.StatusSeeOther {
		return "", "", fmt.Errorf("inquiry: %s: %s", response.Status, problems(bytes.NewReader(page)))
	}
	path, err = v.location(response)
	if err != nil {
		return "", "", fmt.Errorf("inquiry: %w", err)
	}
	text, found := strings.CutPrefix(path, "/inquiries/")
	reference, valid := identifier.ParseReference(text)
	if !found || !valid || reference != text {
		return "", "", fmt.Errorf("inquiry: 303 to %q, which is no confirmation", path)
	}
	return path, reference, nil
}

// location is where a redirect leads, which must be on the desk.
func (v *visitor) location(response *http.Response) (string, error) {
	u, err := response.Location()
	if err != nil {
		return "", fmt.Errorf("%s without a place to go", response.Status)
	}
	if u.Scheme != v.To.Scheme || u.Host != v.To.Host {
		return "", fmt.Errorf("%s leads away from the desk, to %s", response.Status, u.Host)
	}
	return u.RequestURI(), nil
}

func (v *visitor) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	target, err := v.To.Parse(path)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, target.String(), body)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"Accept": "text/html,application/xhtml+xml", "Accept-Language": "en", "User-Agent": "Mozilla/5.0 (askwell replay)",
		"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-User": "?1",
		"Upgrade-Insecure-Requests": "1",
	} {
		request.Header.Set(name, value)
	}
	return request, nil
}

// persist makes a request until the answer is one to live with: 502, 503, 504 and broken connections are tried again after a
// growing pause, 429 after the time that the desk asks for.
func (v *visitor) persist(ctx context.Context, what string, make func() (*http.Request, error)) (*http.Response, []byte, error) {
	wait := v.Backoff
	for {
		request, err := make()
		if err != nil {
			return nil, nil, err
		}
		response, page, err := v.once(what, request)
		if ctx.Err() != nil {
			return nil, nil, errStopped
		}
		now := wait
		switch {
		case err != nil:
		case response.StatusCode == http.StatusTooManyRequests:
			now = retryAfter(response, wait)
		case response.StatusCode < 502 || response.StatusCode > 504:
			return response, page, nil
		}
		if time.Now().Add(now).After(v.until) {
			if err == nil {
				err = errors.New(response.Status)
			}
			return nil, nil, fmt.Errorf("given up after %s: %w", v.Patience, err)
		}
		v.retried()
		if err := pause(ctx, now); err != nil {
			return nil, nil, errStopped
		}
		wait = min(2*wait, longestPause)
	}
}

// once makes one request in a slot of its own.
func (v *visitor) once(what string, request *http.Request) (*http.Response, []byte, error) {
	select {
	case v.slots <- struct{}{}:
	case <-request.Context().Done():
		return nil, nil, errStopped
	}
	defer func() { <-v.slots }()
	began := time.Now()
	response, err := v.client.Do(request)
	if err != nil {
		v.answered(what, "no answer", time.Since(began))
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // without the address, which is always the same
		}
		return nil, nil, err
	}
	defer response.Body.Close()
	page, err := io.ReadAll(io.LimitReader(response.Body, maxPage))
	v.answered(what, strconv.Itoa(response.StatusCode), time.Since(began))
	return response, page, err
}

// retryAfter is how long a 429 asks to wait, in seconds or until a date.
func retryAfter(response *http.Response, otherwise time.Duration) time.Duration {
	text := response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at))
	}
	return otherwise
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
