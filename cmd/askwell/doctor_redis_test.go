package main

import (
	"net/url"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/testkit"
)

// leastRights is the line of docs/redis.md.
const leastRights = "ACL SETUSER askwell on >secret ~asynq:* ~rate:* ~askwell:* &asynq:* -@all +@read +@write +@connection +@scripting +@pubsub +@transaction +info +time -@dangerous +keys +info"

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
		"a user with least rights": {set: []string{leastRights}, user: "askwell", want: "WARN  Redis        Its maxmemory-policy cannot be read"},
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
				var words []any
				for _, word := range strings.Fields(command) {
					words = append(words, word)
				}
				if err := client.Do(t.Context(), words...).Err(); err != nil {
					t.Fatalf("%s: %v", command, err)
				}
			}
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			if c.user != "" {
				u.User = url.UserPassword(c.user, "secret")
			}
			out, _ := try(t, []string{"REDIS_URL=" + u.String(), "DATABASE_URL=postgres://127.0.0.1:1/x"}, "", "doctor")
			if !strings.Contains(out, c.want) {
				t.Errorf("the doctor says %s\nwant %q in it", out, c.want)
			}
		})
	}
}
