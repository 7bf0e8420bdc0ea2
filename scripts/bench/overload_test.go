package main

import (
	"bufio"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadVerdict(t *testing.T) {
	t.Parallel()
	const next = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	for name, tc := range map[string]struct {
		answer string
		want   verdict
	}{
		"accepted":           {"HTTP/1.1 303 See Other\r\nLocation: /inquiries/TA-1?lang=es\r\nContent-Length: 0\r\n\r\n", verdict{303, "/inquiries/TA-1?lang=es"}},
		"refused, of length": {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\nRetry-After: 10\r\n\r\nagain", verdict{status: 503}},
		"refused, in chunks": {"HTTP/1.1 503 Service Unavailable\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nagain\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n", verdict{status: 503}},
	} {
		in := bufio.NewReader(strings.NewReader(tc.answer + next))
		got, err := readVerdict(in)
		if err != nil || got != tc.want {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, tc.want)
		}
		if after, err := readVerdict(in); err != nil || after.status != 200 {
			t.Errorf("%s: the next answer: %+v, %v", name, after, err)
		}
	}
	if got := referenceIn("/inquiries/TA-1?lang=es"); got != "TA-1" {
		t.Errorf("reference %q", got)
	}
	if _, err := readVerdict(bufio.NewReader(strings.NewReader("nonsense\r\n\r\n"))); err == nil {
		t.Error("nonsense was read")
	}
}

func TestFlooderChangesItsTokenAlone(t *testing.T) {
	t.Parallel()
	s := &sender{accounts: []applicantAccount{{"1", "Ana", "ana@example.org"}}, count: new(atomic.Int64)}
	f := newFlooder("127.0.0.1:1", "a=b", "TOKEN-1", s)
	before := string(f.request)
	copy(f.token, "TOKEN-2")
	if diff := cmp.Diff(strings.Replace(before, "TOKEN-1", "TOKEN-2", 1), string(f.request)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !strings.Contains(before, "\r\n\r\n--"+boundary) || !strings.HasSuffix(before, "--"+boundary+"--\r\n") {
		t.Errorf("no form: %q", before)
	}
}

func TestOverloadGoals(t *testing.T) {
	t.Parallel()
	good := Overload{
		Name: "flood", Refused: Answers{9, Times{P95: 199}}, During: Seen{List: Times{P95: 499}, Lists: 5}, Peak: 299, Back: 5,
	}
	for name, tc := range map[string]struct {
		change func(*Overload)
		want   []bool
	}{
		"all met":               {func(*Overload) {}, []bool{true, true, true, true, true}},
		"late refusals":         {func(o *Overload) { o.Refused.Times.P95 = 200 }, []bool{false, true, true, true, true}},
		"nobody refused":        {func(o *Overload) { o.Refused = Answers{} }, []bool{true, true, true, true, true}},
		"agents wait":           {func(o *Overload) { o.During.List.P95 = 500 }, []bool{true, false, true, true, true}},
		"agents saw nothing":    {func(o *Overload) { o.During = Seen{} }, []bool{true, false, true, true, true}},
		"memory":                {func(o *Overload) { o.Peak = 300 }, []bool{true, true, false, true, true}},
		"slow to come back":     {func(o *Overload) { o.Back = 5.1 }, []bool{true, true, true, false, true}},
		"never back":            {func(o *Overload) { o.Back = -1 }, []bool{true, true, true, false, true}},
		"an inquiry is missing": {func(o *Overload) { o.Missing = 1 }, []bool{true, true, true, true, false}},
		"a request failed":      {func(o *Overload) { o.Failed = 1 }, []bool{true, true, true, true, false}},
	} {
		o := good
		tc.change(&o)
		r := Result{Overload: []Overload{o}}
		r.judge()
		var got []bool
		for _, goal := range r.Goals {
			got = append(got, goal.Met)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
		var out strings.Builder
		if err := r.writeTable(&out); err != nil || !strings.Contains(out.String(), "flood, for 0 s") {
			t.Errorf("%s: %v\n%s", name, err, out.String())
		}
	}
}

// All is as before once a whole second was.
func TestWatchTellsWhenAllIsAsBefore(t *testing.T) {
	t.Parallel()
	ended := time.Unix(1000, 0)
	w := &watch{seen: map[string][]moment{}}
	for i := range 100 { // the list is slow for 3 s, the form for 2
		at := ended.Add(time.Duration(i) * 100 * time.Millisecond)
		list, form := 10*time.Millisecond, 10*time.Millisecond
		if i < 30 {
			list = time.Second
		}
		if i < 20 {
			form = time.Second
		}
		w.add(seenList, at, list)
		w.add(seenIntake, at, form)
	}
	before := Seen{List: Times{P95: 10}, Intake: Times{P95: 10}}
	if got, _ := w.back(ended, before); got != 3 {
		t.Errorf("back after %v s, want 3", got)
	}
	if got, _ := (&watch{seen: map[string][]moment{}}).back(ended, before); got != -1 {
		t.Errorf("back after %v s where nothing was seen, want -1", got)
	}
}
