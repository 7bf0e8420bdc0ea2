//go:build surroundings

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/askwell/askwell/web/remote"
)

func (p *proxied) holdArrival() {
	t := p.t
	t.Helper()
	key, n := []byte("a key that only this test has and that is long"), 0
	for _, from := range []struct{ base, address string }{{"https://" + p.https, visitor}, {"https://" + p.https6, "::1"}} {
		for _, forged := range []http.Header{
			{}, {"X-Forwarded-For": {"198.51.100.9"}}, {"X-Forwarded-For": {"198.51.100.9", "127.0.0.1"}}, {"X-Forwarded-For": {"unknown, [2001:db8::1]:80"}},
			{"X-Forwarded-Proto": {"http"}, "X-Forwarded-Host": {"evil.example"}, "Forwarded": {"for=198.51.100.9"}, "X-Real-Ip": {"198.51.100.9"}},
		} {
			probe := remote.NewProbe(key, time.Now())
			carrier := &http.Request{Header: forged.Clone()}
			probe.Send(carrier)
			status, body, _ := p.answer(from.base, from.address, http.MethodGet, remote.ProbePath, nil, carrier.Header)
			got, err := probe.Read(key, []byte(body))
			want := strings.TrimPrefix(from.base, "https://")
			if err != nil || got.Address != from.address || !got.Trusted || got.Scheme != "https" || got.Host != want {
				t.Errorf("from %s with %v: %d, %+v: %v", from.address, forged, status, got, err)
				continue
			}
			n++
		}
	}
	held(t, "client address, scheme and host right over IPv4 and IPv6, whatever was forged: %d of 10", n)
}

func (p *proxied) holdLimit() {
	t := p.t
	t.Helper()
	statuses := map[int]int{}
	for n := range 6 {
		form := strings.NewReader(url.Values{"email": {fmt.Sprintf("limit%d@mail.example", n)}}.Encode())
		status, _, _ := p.answer("https://"+p.https, visitor, http.MethodPost, "/help/account-number", form, http.Header{
			"Content-Type": {"application/x-www-form-urlencoded"}, "X-Forwarded-For": {fmt.Sprintf("198.51.100.%d", n)}, "X-Forwarded-Host": {"evil.example"},
		})
		statuses[status]++
	}
	if statuses[http.StatusSeeOther] != 3 || statuses[http.StatusTooManyRequests] != 3 {
		t.Errorf("at a limit of 3, six requests with forged addresses were answered %v", statuses)
	}
	held(t, "a limit of 3 against six forged addresses: %d passed, %d refused", statuses[http.StatusSeeOther], statuses[http.StatusTooManyRequests])
}

func (p *proxied) holdClosed() {
	t := p.t
	t.Helper()
	for _, host := range []string{"localhost", "127.0.0.1"} {
		for path, want := range map[string]int{"/metrics": http.StatusForbidden, "/dev/mail": http.StatusNotFound} {
			if status, _, _ := p.answer("https://"+host+":"+portIn(p.https), "127.0.0.1", http.MethodGet, path, nil, nil); status != want {
				t.Errorf("%s at %s: %d, want %d", path, host, status, want)
			}
		}
	}
	status, _, header := p.answer("http://localhost:"+portIn(p.http), visitor, http.MethodGet, "/privacy?lang=es", nil, nil)
	if to := header.Get("Location"); status/100 != 3 || to != "https://"+cmp.Or(p.leadsTo, p.name())+"/privacy?lang=es" {
		t.Errorf("http is answered %d to %q", status, to)
	}
	status, _, header = p.answer("https://"+p.https, visitor, http.MethodOptions, "/", nil, nil)
	if status != http.StatusNoContent || header.Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("OPTIONS /: %d, Allow %q", status, header.Get("Allow"))
	}
	held(t, "/metrics and /dev/mail closed, http led to https, OPTIONS answered")
}

func (p *proxied) holdBodies() {
	t := p.t
	t.Helper()
	for _, size := range []int64{60 << 20, 120 << 20} {
		r, w := io.Pipe()
		parts := multipart.NewWriter(w)
		go func() {
			_ = parts.WriteField("subject", "A large file")
			file, err := parts.CreateFormFile("attachments", "photo.jpg")
			if err == nil {
				_, err = io.CopyN(file, letters{}, size)
			}
			w.CloseWithError(errors.Join(err, parts.Close()))
		}()
		status, body, header := p.answer("https://"+p.https, visitor, http.MethodPost, "/inquiries/check", r, http.Header{"Content-Type": {parts.FormDataContentType()}})
		if status/100 == 3 { // to the page of the draft
			status, body = http.StatusUnprocessableEntity, header.Get("Location")
		} else if header.Get("X-Request-Id") == "" || !strings.Contains(body, "</html>") || !strings.Contains(body, `class="site-header"`) {
			t.Errorf("%d MB: %d, and not by Askwell: %.300s", size>>20, status, body)
		}
		if status != http.StatusUnprocessableEntity && status != http.StatusRequestEntityTooLarge {
			t.Errorf("%d MB: %d", size>>20, status)
		}
	}
	held(t, "bodies of 60 and 120 MB answered by Askwell's own page")
}

type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func (p *proxied) holdLocations() {
	t := p.t
	t.Helper()
	reference := p.question()
	letters := strings.Repeat("\u0633", 400)
	agent := p.from("127.0.0.8", "https://"+p.https)
	long := "/console/search?" + url.Values{"q": {letters}}.Encode()
	from := "?" + url.Values{"from": {"search?" + url.Values{"q": {letters}}.Encode()}}.Encode()
	post := func(path string, form url.Values) {
		t.Helper()
		status, body, header, err := agent.post(path, form)
		if err != nil || status != http.StatusSeeOther || len(header.Get("Location")) > 2000 {
			t.Errorf("%.60s: %d to %d bytes: %v %s", path, status, len(header.Get("Location")), err, tail(body, 300))
		}
	}
	post("/console/sign-in", url.Values{"email": {"agent@desk.example"}, "password": {demoPassword + " two"}, "next": {long}})
	post("/console/tickets/"+reference+"/notes"+from, url.Values{"body": {"A note"}})
	post("/console/sign-out", url.Values{"next": {long}})
	if status, _ := agent.get(long + strings.Repeat("&x=y", 900)); status != http.StatusSeeOther {
		t.Errorf("a long search of nobody: %d", status)
	}
	held(t, "4 redirects with 400 letters of six bytes each fit")
}

func (p *proxied) question() string {
	t := p.t
	t.Helper()
	b := p.from("127.0.0.7", "https://"+p.https)
	status, body, header, err := b.post("/inquiries", inquiryForm(b.token(), "A question through a proxy", unknownNumber))
	if err != nil || status != http.StatusSeeOther {
		t.Fatalf("a question: %d %v %s", status, err, tail(body, 500))
	}
	return strings.TrimPrefix(header.Get("Location"), "/inquiries/")
}

func (p *proxied) holdDoctor() {
	t := p.t
	t.Helper()
	out, _ := try(t, append(p.env, "SSL_CERT_FILE="+p.CAFile), "", "doctor")
	if !strings.Contains(out, "ok    Proxy        requests come from 127.0.0.1, which is trusted") || strings.Contains(out, "WARN  Proxy") {
		t.Errorf("doctor says\n%s", out)
	}
	out, _ = try(t, append(p.env, "SSL_CERT_FILE="+p.CAFile, "SECRET_KEY=the key of another desk that is just as long"), "", "doctor")
	if !strings.Contains(out, "FAIL  Proxy        BASE_URL answers, and it is not this desk") {
		t.Errorf("doctor of another desk says\n%s", out)
	}
	held(t, "doctor through the proxy: ok; with another desk's key: not this desk")
}

func (p *proxied) holdRestart() {
	t := p.t
	t.Helper()
	var sent, wrong atomic.Int64
	stop := make(chan struct{})
	var all sync.WaitGroup
	for n := range 6 {
		all.Go(func() {
			b := p.from(fmt.Sprintf("127.0.0.%d", 20+n), "https://"+p.https)
			for {
				select {
				case <-stop:
					return
				default:
				}
				status, _, _, err := b.do(p.request("/privacy"))
				if sent.Add(1); (err != nil || status != http.StatusOK) && wrong.Add(1) < 5 {
					t.Errorf("a request: %d %v", status, err)
				}
			}
		})
	}
	uploads := 0
	for i := range p.serves {
		finish, done := startUpload(t, p.visit())
		p.serves[i].signal(syscall.SIGTERM)
		eventually(t, 30*time.Second, func() error { // the grace has ended: what is under way is uploads now
			conn, err := net.Dial("tcp", p.backs[i])
			if err != nil {
				return nil
			}
			return errors.Join(errors.New("it takes connections"), conn.Close())
		})
		finish()
		if err := <-done; err != nil {
			t.Errorf("the upload that was under way: %v", err)
		} else {
			uploads++
		}
		if !p.serves[i].ended(time.Minute) || p.serves[i].err != nil {
			t.Errorf("a process that was told to stop: %v", p.serves[i].err)
		}
		p.serveAt(i)
		time.Sleep(10 * time.Second) // as docs/proxy.md says
	}
	close(stop)
	all.Wait()
	if n := wrong.Load(); n > 0 {
		t.Errorf("%d of %d requests were lost", n, sent.Load())
	}
	held(t, "both restarted one after the other: %d of %d requests lost, %d of 2 uploads done", wrong.Load(), sent.Load(), uploads)
}

func (p *proxied) request(path string) *http.Request {
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, "https://"+p.https+path, nil)
	p.must(err)
	return req
}

func (p *proxied) holdLog() {
	t := p.t
	t.Helper()
	for _, path := range []string{"/status/", "/register/confirm/", "/account/password/", "/account/email/", "/account/not-me/"} {
		p.answer("https://"+p.https, visitor, http.MethodGet, path+"t0kent0ken?lang=es", nil, http.Header{"Referer": {"https://" + p.https + "/status/t0kent0ken"}})
	}
	p.answer("https://"+p.https, visitor, http.MethodGet, "/inquiries/check?draft=t0kent0ken", nil, nil)
	p.answer("https://"+p.https, visitor, http.MethodGet, "/console/search?q=t0kent0ken", nil, nil)
	p.answer("https://"+p.https, visitor, http.MethodGet, "/privacy?last=t0kent0ken", nil, nil)
	eventually(t, 10*time.Second, func() error {
		if log := p.accessLogged(); strings.Count(log, "/account/not-me/-")+strings.Count(log, `"/account/not-me"`) == 0 || !strings.Contains(log, "/privacy") {
			return fmt.Errorf("the log lacks the requests: %s", tail(log, 1000))
		}
		return nil
	})
	log := p.accessLogged()
	if strings.Contains(log, "t0ken") || strings.Contains(log, "lang=") || strings.Contains(log, "draft=") {
		t.Errorf("the log holds a token or a query: %s", tail(log, 2000))
	}
	held(t, "no token and no query in %d bytes of the proxy's log", len(log))
}

func (p *proxied) holdUnavailable() {
	t := p.t
	t.Helper()
	for _, serve := range p.serves {
		serve.signal(syscall.SIGTERM)
	}
	for _, serve := range p.serves {
		serve.ended(time.Minute)
	}
	eventually(t, 20*time.Second, func() error {
		status, body, header, err := p.ask("https://"+p.https, visitor, http.MethodGet, "/inquiries/new", nil, nil)
		if err != nil || status != http.StatusServiceUnavailable || !strings.Contains(body, "Inténtelo de nuevo en un minuto") || header.Get("Retry-After") != "30" ||
			!strings.HasPrefix(header.Get("Content-Type"), "text/html") {
			return fmt.Errorf("while nothing answers: %d %v %v %.300s", status, err, header, body)
		}
		return nil
	})
	out, _ := try(t, append(p.env, "SSL_CERT_FILE="+p.CAFile), "", "doctor")
	if !strings.Contains(out, "FAIL  Proxy        BASE_URL answers, but reaches no serve") {
		t.Errorf("doctor says\n%s", out)
	}
	p.answer("https://"+p.https, visitor, http.MethodGet, "/status/t0kent0ken?lang=es", nil, nil)
	for _, log := range []string{p.accessLogged(), p.errorsLogged()} {
		if strings.Contains(log, "t0ken") {
			t.Errorf("while nothing answers the log holds a token: %s", tail(log, 2000))
		}
	}
	held(t, "while nothing answers: no token in the logs, the proxy's page, 503, Retry-After; doctor says so")
}
