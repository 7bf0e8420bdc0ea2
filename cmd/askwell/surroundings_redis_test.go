//go:build surroundings

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/testkit"
)

// redisDoctor looks for a line in what `askwell doctor` says of an address of Redis.
func redisDoctor(t *testing.T, want, address string, env ...string) {
	t.Helper()
	if out, _ := try(t, append(env, "REDIS_URL="+address, "DATABASE_URL=postgres://127.0.0.1:1/x"), "", "doctor"); !strings.Contains(out, want) {
		t.Errorf("the doctor says %s\nwant %q in it", out, want)
	}
}

// workOn has a worker acknowledge questions over this Redis; meanwhile runs once a sixth of them is done.
func workOn(t *testing.T, questions int, meanwhile func(), env ...string) {
	t.Helper()
	db := testkit.Database(t)
	counted := make(chan int64, 1)
	go func() { counted <- askFor(t.Context(), t, db.Config().ConnString(), int64(questions)) }()
	search, mails := testkit.Search(t), testkit.Mailbox(t)
	p := start(t, append(env, "DATABASE_URL="+db.Config().ConnString(), "MEILI_URL="+search.URL(), "MEILI_KEY="+testkit.SearchKey, "SMTP_URL="+mails.URL(),
		"SECRET_KEY="+strings.Repeat("k", 32), "FILES_DIR="+t.TempDir(), "BASE_URL=http://desk.example"), "work")
	waitFor(t, db, p, fmt.Sprintf(`SELECT count(*) >= %d FROM ticket_event WHERE kind = 'acknowledged'`, questions/6))
	meanwhile()
	if n := <-counted; n != int64(questions) {
		t.Errorf("%d of %d questions were acknowledged", n, questions)
	}
	waitFor(t, db, p, fmt.Sprintf(`SELECT count(*) = %d AND (SELECT count(*) FROM outbox_task) = 0 FROM ticket_event WHERE kind = 'acknowledged'`, questions))
	all, err := mails.Messages()
	if err != nil || len(all) != questions {
		t.Errorf("%d mails went out (%v), want %d", len(all), err, questions)
	}
}

// A primary of a cluster dies while tasks are done, and its replica takes its slots.
func TestSurroundingsCluster(t *testing.T) {
	t.Parallel()
	var nodes []*process
	var addresses []string
	for range 6 {
		port, dir := clusterPort(t), openFolder(t)
		nodes = append(nodes, neighbor(t, "redis-server", "--port", port, "--bind", "127.0.0.1", "--cluster-enabled", "yes", "--cluster-node-timeout", "1000",
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
	redisDoctor(t, "FAIL  Redis        The user in REDIS_URL may not ask the cluster for its nodes", address)
	give("acl of a cluster")
	deadline := time.Now().Add(time.Minute)
	for out := ""; !strings.Contains(out, "WARN  Redis        Its maxmemory-policy cannot be read"); {
		if out, _ = try(t, []string{"REDIS_URL=" + address, "DATABASE_URL=postgres://127.0.0.1:1/x"}, "", "doctor"); time.Now().After(deadline) {
			t.Fatalf("the doctor says %s", out)
		}
	}
	redisDoctor(t, "FAIL  Redis        REDIS_URL leads to a node of a cluster: write redis-cluster://", "redis://askwell:secret@"+addresses[0])
	replicasInStep(t, addresses)
	const questions = 600
	workOn(t, questions, func() { nodes[0].signal(syscall.SIGKILL) }, "REDIS_URL="+address)
	held(t, "a primary of a cluster killed in the middle of %d questions: every question acknowledged by one mail", questions)
}

// replicasInStep waits until half of the nodes have what their primaries have: one that never had it cannot take over.
func replicasInStep(t *testing.T, addresses []string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		inStep := 0
		for _, address := range addresses {
			_, port, _ := strings.Cut(address, ":")
			out, err := exec.Command(program(t, "redis-cli"), "-p", port, "-a", "secret", "--no-auth-warning", "info", "replication").CombinedOutput()
			if err == nil && strings.Contains(string(out), "master_link_status:up") {
				inStep++
			}
		}
		if inStep == len(addresses)/2 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d replicas are in step", inStep)
		}
	}
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

// A Redis whose certificate a private authority signed takes tasks with REDIS_CA_FILE, and without it the doctor says what is missing.
func TestSurroundingsRedisTLS(t *testing.T) {
	t.Parallel()
	dir, port := openFolder(t), freePort(t)
	ca, cert, key := privateAuthority(t, dir)
	neighbor(t, "redis-server", "--port", "0", "--tls-port", port, "--bind", "127.0.0.1", "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", ca,
		"--tls-auth-clients", "no", "--requirepass", "secret", "--save", "", "--dir", dir)
	listening(t, "tcp", "127.0.0.1:"+port)
	address := "rediss://:secret@127.0.0.1:" + port + "/0"
	redisDoctor(t, "ok    Redis        takes tasks", address, "REDIS_CA_FILE="+ca)
	redisDoctor(t, "FAIL  Redis        This machine does not know who signed the certificate of Redis: set REDIS_CA_FILE", address)
	redisDoctor(t, "FAIL  Redis        ", "redis://:secret@127.0.0.1:"+port+"/0")
	const questions = 60
	workOn(t, questions, func() {}, "REDIS_URL="+address, "REDIS_CA_FILE="+ca)
	held(t, "TLS of a private authority: %d questions acknowledged", questions)
}

// privateAuthority writes the certificate of an authority, and one that it signed for this machine with its key.
func privateAuthority(t *testing.T, dir string) (ca, cert, key string) {
	t.Helper()
	sign := func(name string, authority bool, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, string) {
		own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{
			SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: authority, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		}
		if parent == nil {
			parent, signer = c, own
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, &own.PublicKey, signer)
		if err != nil {
			t.Fatal(err)
		}
		return c, own, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	authority, signer, text := sign("authority", true, nil, nil)
	ca = writeFileAt(t, dir, "ca.pem", text)
	_, own, text := sign("redis", false, authority, signer)
	cert = writeFileAt(t, dir, "redis.pem", text)
	der, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		t.Fatal(err)
	}
	return ca, cert, writeFileAt(t, dir, "redis.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}
