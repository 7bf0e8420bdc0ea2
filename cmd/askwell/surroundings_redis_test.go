//go:build surroundings

package main

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/redisurl"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/workers"
)

// workOn has a worker acknowledge questions over this Redis; meanwhile runs once a sixth of them is done.
func workOn(t *testing.T, questions int, meanwhile func(), env ...string) {
	t.Helper()
	db := testkit.Database(t)
	counted := make(chan int64, 1)
	go func() { counted <- askFor(t.Context(), t, db.Config().ConnString(), int64(questions)) }()
	search, mails := testkit.Search(t), testkit.Mailbox(t)
	start(t, append(env, "DATABASE_URL="+db.Config().ConnString(), "MEILI_URL="+search.URL(), "MEILI_KEY="+testkit.SearchKey, "SMTP_URL="+mails.URL(),
		"SECRET_KEY="+strings.Repeat("k", 32), "FILES_DIR="+t.TempDir(), "BASE_URL=http://desk.example"), "work")
	waitFor(t, db, fmt.Sprintf(`SELECT count(*) >= %d FROM ticket_event WHERE kind = 'acknowledged'`, questions/6))
	meanwhile()
	if n := <-counted; n != int64(questions) {
		t.Errorf("%d of %d questions were acknowledged", n, questions)
	}
	waitFor(t, db, fmt.Sprintf(`SELECT count(*) = %d AND (SELECT count(*) FROM outbox_task) = 0 FROM ticket_event WHERE kind = 'acknowledged'`, questions))
	all, err := mails.Messages()
	if err != nil || len(all) != questions {
		t.Errorf("%d mails went out (%v), want %d", len(all), err, questions)
	}
}

// Three Sentinels, as docs/redis.md says, move the primary while tasks are done.
func TestSurroundingsSentinel(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	ports := []string{freePort(t), freePort(t)}
	var servers []*process
	for i, port := range ports {
		args := []string{"--port", port, "--bind", "127.0.0.1", "--requirepass", "secret", "--masterauth", "secret", "--save", "", "--dir", dir}
		if i > 0 {
			args = append(args, "--replicaof", "127.0.0.1 "+ports[0])
		}
		servers = append(servers, startProgram(t, "redis-server", args...))
		listening(t, "tcp", "127.0.0.1:"+port)
	}
	var sentinels []string
	for i := range 3 {
		port := freePort(t)
		conf := docBlock(t, "redis.md", "sentinel", "port 26379", "port "+port+"\nbind 127.0.0.1\ndir "+dir, "10.0.0.11 6379", "127.0.0.1 "+ports[0], "PASSWORD", "secret",
			"down-after-milliseconds mymaster 5000", "down-after-milliseconds mymaster 1000")
		startProgram(t, "redis-server", writeFileAt(t, dir, fmt.Sprintf("sentinel%d.conf", i), conf), "--sentinel")
		listening(t, "tcp", "127.0.0.1:"+port)
		sentinels = append(sentinels, "127.0.0.1:"+port)
	}
	address := "redis-sentinel://:secret@" + strings.Join(sentinels, ",") + "/0?master=mymaster"
	client, err := redisurl.Open(address, "")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	takesTasks := func() {
		t.Helper()
		eventually(t, time.Minute, func() error {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			return workers.TryQueue(ctx, client)
		})
	}
	takesTasks()
	redisDoctor(t, address, "ok    Redis        takes tasks")
	redisDoctor(t, "redis://"+sentinels[0], "FAIL  Redis        REDIS_URL leads to a Sentinel: write redis-sentinel://")
	redisDoctor(t, "redis-sentinel://:secret@"+sentinels[0]+"/0?master=other", "FAIL  Redis        Sentinel does not answer, or knows no primary of this name")

	const questions = 600
	var took time.Duration
	workOn(t, questions, func() {
		servers[0].signal(syscall.SIGKILL)
		began := time.Now()
		takesTasks()
		took = time.Since(began)
	}, "REDIS_URL="+address)
	held(t, "Redis' primary killed in the middle of %d questions: another took over after %s; every question acknowledged by one mail", questions, took.Round(100*time.Millisecond))
}

// A primary of a cluster dies while tasks are done, and its replica takes its slots.
func TestSurroundingsCluster(t *testing.T) {
	t.Parallel()
	var nodes []*process
	var addresses []string
	for range 6 {
		port, dir := clusterPort(t), openFolder(t)
		nodes = append(nodes, startProgram(t, "redis-server", "--port", port, "--bind", "127.0.0.1", "--cluster-enabled", "yes", "--cluster-node-timeout", "1000",
			"--requirepass", "secret", "--masterauth", "secret", "--repl-diskless-sync-delay", "0", "--save", "", "--dir", dir))
		listening(t, "tcp", "127.0.0.1:"+port)
		addresses = append(addresses, "127.0.0.1:"+port)
	}
	create := append([]string{"-a", "secret", "--no-auth-warning", "--cluster", "create"}, addresses...)
	if out, err := exec.Command(program(t, "redis-cli"), append(create, "--cluster-replicas", "1", "--cluster-yes")...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	give := func(block string) { // a node keeps its own users
		t.Helper()
		for _, address := range addresses {
			_, port, _ := strings.Cut(address, ":")
			command := append([]string{"-p", port, "-a", "secret", "--no-auth-warning"}, strings.Fields(strings.ReplaceAll(docBlock(t, "redis.md", block), "PASSWORD", "secret"))...)
			if out, err := exec.Command(program(t, "redis-cli"), command...).CombinedOutput(); err != nil || !strings.Contains(string(out), "OK") {
				t.Fatalf("%v %s", err, out)
			}
		}
	}
	address := "redis-cluster://askwell:secret@" + strings.Join(addresses, ",")
	give("acl")
	redisDoctor(t, address, "FAIL  Redis        The user in REDIS_URL may not ask the cluster for its nodes")
	give("acl of a cluster")
	eventually(t, time.Minute, func() error {
		out, _ := try(t, []string{"REDIS_URL=" + address, "DATABASE_URL=postgres://127.0.0.1:1/x"}, "", "doctor")
		if !strings.Contains(out, "WARN  Redis        Its maxmemory-policy cannot be read") {
			return fmt.Errorf("doctor printed %s", out)
		}
		return nil
	})
	redisDoctor(t, "redis://askwell:secret@"+addresses[0], "FAIL  Redis        REDIS_URL leads to a node of a cluster: write redis-cluster://")
	replicasInStep(t, addresses)
	const questions = 600
	workOn(t, questions, func() { nodes[0].signal(syscall.SIGKILL) }, "REDIS_URL="+address)
	held(t, "a primary of a cluster killed in the middle of %d questions: every question acknowledged by one mail", questions)
}

// replicasInStep waits until half of the nodes have what their primaries have: one that never had it cannot take over.
func replicasInStep(t *testing.T, addresses []string) {
	t.Helper()
	eventually(t, time.Minute, func() error {
		inStep := 0
		for _, address := range addresses {
			_, port, _ := strings.Cut(address, ":")
			out, err := exec.Command(program(t, "redis-cli"), "-p", port, "-a", "secret", "--no-auth-warning", "info", "replication").CombinedOutput()
			if err == nil && strings.Contains(string(out), "master_link_status:up") {
				inStep++
			}
		}
		if inStep < len(addresses)/2 {
			return fmt.Errorf("%d replicas are in step", inStep)
		}
		return nil
	})
}

// clusterPort is a free port whose bus, 10,000 above it, is one, too.
func clusterPort(t *testing.T) string {
	t.Helper()
	for range 200 {
		port := freePort(t)
		var n int
		if _, err := fmt.Sscan(port, &n); err != nil || n > 55000 {
			continue
		}
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", n+10000)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no two free ports 10,000 apart")
	return ""
}

// A Redis whose certificate a private authority signed takes tasks with REDIS_CA_FILE, and without it doctor says what is missing.
func TestSurroundingsRedisTLS(t *testing.T) {
	t.Parallel()
	dir, port := openFolder(t), freePort(t)
	certified := testkit.Certificate(t, dir)
	startProgram(t, "redis-server", "--port", "0", "--tls-port", port, "--bind", "127.0.0.1", "--tls-cert-file", certified.CertFile, "--tls-key-file", certified.KeyFile, "--tls-ca-cert-file", certified.CAFile,
		"--tls-auth-clients", "no", "--requirepass", "secret", "--save", "", "--dir", dir)
	listening(t, "tcp", "127.0.0.1:"+port)
	address := "rediss://:secret@127.0.0.1:" + port + "/0"
	redisDoctor(t, address, "ok    Redis        takes tasks", "REDIS_CA_FILE="+certified.CAFile)
	redisDoctor(t, address, "FAIL  Redis        This machine does not know who signed the certificate of Redis: set REDIS_CA_FILE")
	redisDoctor(t, "redis://:secret@127.0.0.1:"+port+"/0", "FAIL  Redis        ")
	const questions = 60
	workOn(t, questions, func() {}, "REDIS_URL="+address, "REDIS_CA_FILE="+certified.CAFile)
	held(t, "TLS of a private authority: %d questions acknowledged", questions)
}
