package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/testkit"
)

type ledgerFault struct {
	name        string
	does, mends func()
}

func (d *ledgerDesk) faults() []ledgerFault {
	all := append(d.processFaults(), d.mailFaults()...)
	all = append(all, d.postgresFaults()...)
	all = append(all, d.redisFaults()...)
	if d.disk != nil {
		all = append(all, ledgerFault{"the disk of files is full", d.disk.fill, d.disk.free})
	}
	return all
}

func nothing() {}

func (d *ledgerDesk) restartServe() {
	d.web.ended(10 * time.Second)
	d.web = start(d.t, d.env, "serve", "--listen", d.address)
}

func (d *ledgerDesk) restartWork() {
	if !d.worker.ended(20 * time.Second) { // by a mail that went out
		d.t.Error("no mail goes out any more: the worker was not killed")
	}
	d.worker = start(d.t, d.env, "work")
}

func (d *ledgerDesk) processFaults() []ledgerFault {
	send := func(p **process, s syscall.Signal) func() { return func() { (*p).signal(s) } }
	return []ledgerFault{
		{"serve killed", send(&d.web, syscall.SIGKILL), d.restartServe},
		{"serve stalled", send(&d.web, syscall.SIGSTOP), send(&d.web, syscall.SIGCONT)},
		{"work killed", send(&d.worker, syscall.SIGKILL), d.restartWork},
		{"work stalled", send(&d.worker, syscall.SIGSTOP), send(&d.worker, syscall.SIGCONT)},
		{"search killed", func() { d.must(d.search.Close()) }, func() { d.search = d.startSearch(strings.TrimPrefix(d.search.URL(), "http://")) }},
	}
}

// mailFaults happen at the moment at which the mail server has taken a mail.
func (d *ledgerDesk) mailFaults() []ledgerFault {
	return []ledgerFault{
		{"work killed before it hears 250", func() {
			worker := d.worker
			d.road.once(func(net.Conn, func()) { worker.signal(syscall.SIGKILL) })
		}, d.restartWork},
		{"work killed between 250 and COMMIT", func() {
			worker := d.worker
			d.road.once(func(_ net.Conn, pass func()) { pass(); worker.signal(syscall.SIGKILL) })
		}, d.restartWork},
		{"the connection cut before 250", func() {
			d.road.once(func(near net.Conn, _ func()) { _ = near.Close() })
		}, nothing},
		{"the database's connections cut between 250 and COMMIT", func() {
			d.road.once(func(_ net.Conn, pass func()) { pass(); d.cutter.cut() })
		}, nothing},
		{"the mail server's connections cut", d.road.cut, d.road.cut},
	}
}

func (d *ledgerDesk) postgresFaults() []ledgerFault {
	t := d.t
	fill, free := testkit.FullDisk(t, d.db, "ticket", "message", "ticket_event", "outbox", "outbox_task", "outgoing_mail")
	readOnly := func(value string) func() {
		return func() {
			eventually(t, 20*time.Second, func() error {
				conn, err := d.db.Acquire(context.Background())
				if err != nil {
					return err
				}
				defer conn.Release()
				for _, sql := range []string{`SET default_transaction_read_only = off`, `ALTER SYSTEM SET default_transaction_read_only = ` + value, `SELECT pg_reload_conf()`} {
					if _, err := conn.Exec(context.Background(), sql); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	return []ledgerFault{
		{"the database's connections cut", d.cutter.cut, d.cutter.cut},
		{"PostgreSQL stalled", d.signalPostgres(syscall.SIGSTOP), d.signalPostgres(syscall.SIGCONT)},
		{"PostgreSQL only reads", readOnly("on"), readOnly("off")},
		{"PostgreSQL's disk is full", fill, free},
		{"PostgreSQL killed", d.killSession, func() {
			eventually(t, 20*time.Second, func() error { return d.db.Ping(context.Background()) })
		}},
		{"PostgreSQL restarted", func() { d.must(d.postgres.Stop(startContext(t))) }, func() {
			d.startPostgres(portOf(d.postgres.URL()))
		}},
	}
}

func (d *ledgerDesk) redisFaults() []ledgerFault {
	t := d.t
	options, err := redis.ParseURL(d.redis.URL())
	d.must(err)
	cache := redis.NewClient(options)
	t.Cleanup(func() { _ = cache.Close() })
	ask := func(args ...any) func() {
		return func() {
			eventually(t, 10*time.Second, func() error { return cache.Do(context.Background(), args...).Err() })
		}
	}
	var pid int
	signal := func(s syscall.Signal) func() {
		return func() {
			if s == syscall.SIGSTOP { // one that is stalled does not tell
				info, err := cache.Info(context.Background(), "server").Result()
				d.must(err)
				_, rest, _ := strings.Cut(info, "process_id:")
				pid, err = strconv.Atoi(strings.TrimSpace(strings.SplitN(rest, "\n", 2)[0]))
				d.must(err)
			}
			d.must(syscall.Kill(pid, s))
		}
	}
	return []ledgerFault{
		{"Redis is full", ask("CONFIG", "SET", "maxmemory", "1"), ask("CONFIG", "SET", "maxmemory", "0")},
		{"Redis only reads", ask("REPLICAOF", "127.0.0.1", "1"), ask("REPLICAOF", "NO", "ONE")},
		{"Redis emptied", ask("FLUSHALL"), nothing},
		{"Redis stalled", signal(syscall.SIGSTOP), signal(syscall.SIGCONT)},
		{"Redis killed", func() { d.must(d.redis.Stop(startContext(t))) }, func() {
			var err error
			d.redis, err = devstack.StartRedis(startContext(t), devstack.RedisConfig{Dir: d.dir, Port: portOf(d.redis.URL())})
			d.must(err)
		}},
	}
}

// killSession kills a session of Askwell's: the server ends all others and recovers.
func (d *ledgerDesk) killSession() {
	d.t.Helper()
	eventually(d.t, 10*time.Second, func() error {
		var pid int
		err := d.db.QueryRow(context.Background(), `
			SELECT pid FROM pg_stat_activity WHERE application_name = 'askwell' AND pid <> pg_backend_pid() LIMIT 1`).Scan(&pid)
		if err == nil {
			err = syscall.Kill(pid, syscall.SIGKILL)
		}
		return err
	})
}

// signalPostgres stops or continues the server and all of its sessions.
func (d *ledgerDesk) signalPostgres(s syscall.Signal) func() {
	return func() {
		pid, err := d.postmaster()
		d.must(err)
		stats, err := filepath.Glob("/proc/[0-9]*/stat")
		d.must(err)
		for _, stat := range stats {
			text, err := os.ReadFile(stat)
			if err != nil {
				continue
			}
			fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
			id, err := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
			if err == nil && (id == pid || len(fields) > 1 && fields[1] == strconv.Itoa(pid)) {
				_ = syscall.Kill(id, s)
			}
		}
	}
}

// postmaster is the process of the server that its sessions are children of.
func (d *ledgerDesk) postmaster() (int, error) {
	for _, pattern := range []string{"*/postmaster.pid", "*/*/postmaster.pid"} {
		found, err := filepath.Glob(filepath.Join(d.dir, pattern))
		if err != nil || len(found) == 0 {
			continue
		}
		text, err := os.ReadFile(found[0])
		if err != nil {
			return 0, err
		}
		line, _, _ := strings.Cut(string(text), "\n")
		return strconv.Atoi(line)
	}
	return 0, fmt.Errorf("no postmaster.pid below %s", d.dir)
}
