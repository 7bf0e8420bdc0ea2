// Package redisurl opens Redis by its address: one server, the primary that Sentinel names, or a cluster.
package redisurl

import (
	"crypto/tls"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/trust"
)

// dialWithin is how long a connection may take: what waits for Redis has PostgreSQL to fall back on.
const dialWithin = 2 * time.Second

const caSetting = "REDIS_CA_FILE"

// Shapes are the forms of an address, for messages.
const Shapes = "redis://:password@host:6379/0, rediss:// with TLS, redis-sentinel://:password@host:26379,host2:26379/0?master=mymaster, or redis-cluster://:password@host:6379,host2:6379"

// Schemes are those of an address.
func Schemes() []string {
	return []string{"redis", "rediss", "unix", "redis-sentinel", "rediss-sentinel", "redis-cluster", "rediss-cluster"}
}

// Open makes a client; it connects to nothing yet. A Sentinel's address names the primary as master, and may have a sentinel_password and a
// sentinel_username. caFile names the certificates, in PEM, that vouch for servers with TLS; the system's when empty. Name and password that
// an address holds are percent-encoded.
func Open(address, caFile string) (redis.UniversalClient, error) {
	scheme, _, _ := strings.Cut(address, "://")
	if scheme == "redis" || scheme == "rediss" || scheme == "unix" {
		return openOne(address, caFile)
	}
	kind, secure := strings.CutPrefix(scheme, "rediss-")
	if !secure {
		kind = strings.TrimPrefix(scheme, "redis-")
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || kind != "sentinel" && kind != "cluster" {
		return nil, errors.New("the address of Redis must be like " + Shapes)
	}
	options := &redis.UniversalOptions{
		Addrs: strings.Split(u.Host, ","), DialTimeout: dialWithin, ContextTimeoutEnabled: true, DisableIdentity: true, Username: u.User.Username(),
	}
	options.Password, _ = u.User.Password()
	if secure {
		roots, err := trust.Roots(caSetting, caFile)
		if err != nil {
			return nil, err
		}
		options.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	}
	if kind == "cluster" {
		if strings.Trim(u.Path, "/0") != "" {
			return nil, errors.New("a cluster of Redis has the database 0 alone")
		}
		return redis.NewClusterClient(options.Cluster()), nil
	}
	q := u.Query()
	options.MasterName, options.SentinelUsername, options.SentinelPassword = q.Get("master"), q.Get("sentinel_username"), q.Get("sentinel_password")
	if options.MasterName == "" {
		return nil, errors.New("the address of Sentinel must name the primary, like redis-sentinel://host:26379/0?master=mymaster")
	}
	if db := strings.Trim(u.Path, "/"); db != "" {
		if options.DB, err = strconv.Atoi(db); err != nil {
			return nil, errors.New("the database in the address of Redis must be a number")
		}
	}
	return redis.NewFailoverClient(options.Failover()), nil
}

func openOne(address, caFile string) (redis.UniversalClient, error) {
	options, err := redis.ParseURL(address)
	if err != nil {
		return nil, errors.New("the address of Redis must be like " + Shapes)
	}
	options.DialTimeout, options.ContextTimeoutEnabled, options.DisableIdentity = dialWithin, true, true
	if options.TLSConfig != nil {
		if options.TLSConfig.RootCAs, err = trust.Roots(caSetting, caFile); err != nil {
			return nil, err
		}
	}
	return redis.NewClient(options), nil
}
