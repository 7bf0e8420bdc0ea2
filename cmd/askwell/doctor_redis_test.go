package main

import (
	"net/url"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/testkit"
)

// The doctor does with a real Redis what the task queue does, and names what an operator did to it.
func TestDoctorTriesTheTaskQueue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  []string // commands
		user string   // in the address
		want string
	}{
		"as it should be":          {want: "ok    Redis        takes tasks"},
		"it throws keys away":      {set: []string{"CONFIG SET maxmemory-policy allkeys-lru"}, want: "FAIL  Redis        maxmemory-policy is allkeys-lru"},
		"a user who may ping":      {set: []string{"ACL SETUSER ping on >secret +ping +info +hello"}, user: "ping", want: "FAIL  Redis        The user in REDIS_URL may not write"},
		"a user without scripts":   {set: []string{"ACL SETUSER half on >secret ~* &* +@all -@scripting"}, user: "half", want: "FAIL  Redis        It answers, but the task queue cannot be used"},
		"a user with least rights": {set: []string{docBlock(t, "redis.md", "acl", "PASSWORD", "secret")}, user: "askwell", want: "WARN  Redis        Its maxmemory-policy cannot be read"},
		"a wrong password":         {user: "nobody", want: "FAIL  Redis        Redis refuses the name or the password in REDIS_URL"},
		"a replica":                {set: []string{"REPLICAOF 127.0.0.1 1"}, want: "FAIL  Redis        It is a replica, which only reads"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := testkit.RedisURL(t)
			options, err := redis.ParseURL(address)
			if err != nil {
				t.Fatal(err)
			}
			client := redis.NewClient(options)
			defer client.Close()
			for _, command := range c.set {
				toRedis(t, client, command)
			}
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			if c.user != "" {
				u.User = url.UserPassword(c.user, "secret")
			}
			redisDoctor(t, u.String(), c.want)
		})
	}
}

func toRedis(t *testing.T, client *redis.Client, command string) {
	t.Helper()
	var words []any
	for _, word := range strings.Fields(command) {
		words = append(words, word)
	}
	if err := client.Do(t.Context(), words...).Err(); err != nil {
		t.Fatalf("%s: %v", command, err)
	}
}

// A desk works with the rights that docs/redis.md gives it: questions from its page are counted, acknowledged and indexed, and Redis refuses
// nothing.
func TestADeskWithLeastRightsAtRedis(t *testing.T) {
	t.Parallel()
	s := startSplit(t)
	options, err := redis.ParseURL(s.redis.URL())
	s.must(err)
	client := redis.NewClient(options)
	defer client.Close()
	toRedis(t, client, docBlock(t, "redis.md", "acl", "PASSWORD", "secret"))
	u, err := url.Parse(s.redis.URL())
	s.must(err)
	u.User = url.UserPassword("askwell", "secret")
	s.env = append(s.env, "REDIS_URL="+u.String(), "FORM_RATE=address:100/1h,email:100/1h")
	web, work := s.serve(), start(t, s.env, "work")
	got := newAcknowledged()
	s.send("allowed", 5, "", unknownNumber, got)
	s.whole(got, "unmatched")
	if n, err := client.Keys(t.Context(), "rate:*").Result(); err != nil || len(n) == 0 {
		t.Errorf("no rate is counted in Redis (%v)", err)
	}
	for _, p := range []*process{web, work} {
		if strings.Contains(p.out.String(), "NOPERM") {
			t.Errorf("Redis refuses something:\n%s", tail(p.out.String(), 3000))
		}
	}
	own, err := redis.ParseURL(u.String())
	s.must(err)
	user := redis.NewClient(own)
	defer user.Close()
	for _, refused := range [][]any{{"FLUSHALL"}, {"FLUSHDB"}, {"CONFIG", "GET", "*"}, {"SET", "other", "x"}, {"ACL", "LIST"}, {"SHUTDOWN"}} {
		if err := user.Do(t.Context(), refused...).Err(); err == nil || !strings.HasPrefix(err.Error(), "NOPERM") {
			t.Errorf("%v: %v, want NOPERM", refused, err)
		}
	}
}

// redisDoctor looks for a line in what doctor prints of an address of Redis.
func redisDoctor(t *testing.T, address, want string, env ...string) {
	t.Helper()
	doctor(t, append(env, "REDIS_URL="+address, "DATABASE_URL=postgres://127.0.0.1:1/x"), want)
}
