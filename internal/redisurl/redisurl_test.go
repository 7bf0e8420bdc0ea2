package redisurl_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/redisurl"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(broken, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"redis://:p%40ss@host:6379/3": "one host:6379 p@ss 3 tls false",
		"rediss://name:secret@host":   "one host:6379 secret 0 tls true",
		"unix:///run/redis.sock?db=2": "one /run/redis.sock  2 tls false",
		"redis-sentinel://:secret@a:26379,b:26379/2?master=m&sentinel_password=s": "one FailoverClient secret 2 tls false",
		"rediss-sentinel://a:26379/?master=m":                                     "one FailoverClient  0 tls true",
		"redis-cluster://name:secret@a:6379,b:6379":                               "cluster [a:6379 b:6379] name secret tls false",
		"rediss-cluster://a:6379/0":                                               "cluster [a:6379]   tls true",
		"redis-cluster://a:6379/1":                                                "refused",
		"redis-sentinel://a:26379":                                                "refused",
		"redis-sentinel://a:26379/x?master=m":                                     "refused",
		"http://host":                                                             "refused",
		"redis-other://host":                                                      "refused",
		"":                                                                        "refused",
	} {
		got := "refused"
		client, err := redisurl.Open(address, "")
		switch c := client.(type) {
		case *redis.Client:
			o := c.Options()
			got = fmt.Sprintf("one %s %s %d tls %t", o.Addr, o.Password, o.DB, o.TLSConfig != nil)
		case *redis.ClusterClient:
			o := c.Options()
			got = fmt.Sprintf("cluster %v %s %s tls %t", o.Addrs, o.Username, o.Password, o.TLSConfig != nil)
		}
		if got != want || (err != nil) != (want == "refused") {
			t.Errorf("%s: %s (%v), want %s", address, got, err, want)
		}
		if client != nil {
			_ = client.Close()
		}
	}
	for _, address := range []string{"rediss://host", "rediss-cluster://host:6379"} {
		if _, err := redisurl.Open(address, broken); err == nil {
			t.Errorf("%s: a CA file that is none was taken", address)
		}
	}
}
