package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/migrations"
)

// upFlags are what `askwell up` can be told.
type upFlags struct {
	data, listen string
	demo         bool
}

// runUp runs the whole desk in one process until it is told to stop.
func runUp(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("up", "[--data DIR] [--listen ADDR] [--no-demo]")
	var f upFlags
	fs.StringVar(&f.data, "data", "", "the `folder` that keeps everything (the usual one when empty)")
	fs.StringVar(&f.listen, "listen", "", "the `address` of the web server (LISTEN, else 127.0.0.1:8080)")
	noDemo := fs.Bool("no-demo", false, "start without demo data and demo sign-ins")
	if err := parse(fs, args); err != nil {
		return err
	}
	f.demo = !*noDemo
	return up(ctx, t, f)
}

func up(ctx context.Context, t terminal, f upFlags) (err error) {
	cfg, err := config.Load(upDefaults(t.getenv), config.NeedNothing)
	if err != nil {
		return err
	}
	lock, err := lockData(f.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	listener, err := listen(ctx, f.listen, t.getenv("LISTEN"))
	if err != nil {
		return err
	}
	defer listener.Close()
	if t.getenv("BASE_URL") == "" {
		cfg.BaseURL = localURL(listener.Addr())
	}
	log := t.logger(cfg, false)
	if len(cfg.SecretKeys) == 0 {
		key, err := secretKey(lock.Dir())
		if err != nil {
			return err
		}
		cfg.SecretKeys = [][]byte{key}
	}
	fmt.Fprintln(t.out, "Askwell is starting; its data is in", lock.Dir())
	services, err := startStack(ctx, lock.Dir(), listener.Addr(), &cfg, log)
	if err != nil {
		return stopped(ctx, err)
	}
	defer func() { err = errors.Join(err, services.Stop()) }()
	if cfg.FilesDir == "" {
		if cfg.FilesDir, err = services.filesDir(); err != nil {
			return err
		}
	}
	if _, err := migrations.Up(ctx, cfg.DatabaseURL); err != nil {
		return stopped(ctx, err)
	}
	return runAll(ctx, t, f, cfg, log, services, listener)
}

// runAll runs web and workers on services that are up.
func runAll(ctx context.Context, t terminal, f upFlags, cfg config.Config, log *slog.Logger, services *stack, listener net.Listener) (err error) {
	d, err := newDesk(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer d.close()
	if f.demo {
		if err := d.seedDemo(ctx, t); err != nil {
			return stopped(ctx, err)
		}
	}
	handler, err := d.handler(ctx, services.mailbox, f.demo)
	if err != nil {
		return err
	}
	err = devstack.WriteRunning(services.dir, devstack.Running{
		Web: cfg.BaseURL.String(), DatabaseURL: cfg.DatabaseURL, RedisURL: cfg.RedisURL, MeiliURL: cfg.MeiliURL,
		MeiliKey: cfg.MeiliKey, SMTPURL: cfg.SMTPURL,
	})
	if err != nil {
		return err
	}
	ready := func() {
		if ip := listener.Addr().(*net.TCPAddr).IP; f.demo && !ip.IsLoopback() {
			fmt.Fprintln(t.out, "  Careful: other machines can reach this desk, and everybody knows the demo's password (--no-demo leaves it out)")
		}
		for _, line := range services.about {
			fmt.Fprintln(t.out, "  "+line)
		}
		if f.demo {
			printSignIns(t.out, cfg.BaseURL)
		}
		fmt.Fprintf(t.out, "ready: %s\n", cfg.BaseURL)
	}
	return d.serveAndWork(ctx, listener, handler, ready)
}

// stopped turns the errors of a start that was interrupted into silence.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// upDefaults are the defaults that differ for a desk on one's own machine: no rate on the form, because everybody comes from one
// address there, a terminal that shows what needs attention and no more, and an end at once when somebody presses Ctrl-C.
func upDefaults(getenv func(string) string) func(string) string {
	ours := map[string]string{"FORM_RATE": "off", "REQUEST_RATE": "off", "LOG_LEVEL": "warn", "SHUTDOWN_GRACE": "0s", "SHUTDOWN_DRAIN": "3s"}
	return func(name string) string {
		if value := getenv(name); value != "" {
			return value
		}
		return ours[name]
	}
}

// lockData takes the data folder, or says who has it.
func lockData(dir string) (*devstack.Lock, error) {
	if dir == "" {
		var err error
		if dir, err = devstack.DefaultFolder(); err != nil {
			return nil, err
		}
	}
	lock, err := devstack.LockFolder(dir)
	var inUse *devstack.InUseError
	if errors.As(err, &inUse) {
		where := ""
		if running, err := devstack.ReadRunning(inUse.Dir); err == nil {
			where = " at " + running.Web
		}
		return nil, fmt.Errorf("a desk is running on %s already%s (process %d): use that one, stop it, or name another folder with --data",
			inUse.Dir, where, inUse.PID)
	}
	return lock, err
}

// listen takes the address for the web server; without one, this machine's port 8080.
func listen(ctx context.Context, flag, setting string) (net.Listener, error) {
	address := flag
	if address == "" {
		address = setting
	}
	if address == "" {
		address = "127.0.0.1:8080"
	}
	if !strings.Contains(address, ":") {
		address = ":" + address
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is taken by another program: stop it, or choose another address, for example --listen 127.0.0.1:8090", address)
	}
	if errors.Is(err, os.ErrPermission) {
		return nil, fmt.Errorf("this account may not listen on %s: choose a port above 1023, for example --listen 127.0.0.1:8090", address)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return listener, nil
}

// localURL is where a browser on this machine finds the listener.
func localURL(address net.Addr) *url.URL {
	host, port, err := net.SplitHostPort(address.String())
	if ip := net.ParseIP(host); err != nil || ip == nil || ip.IsUnspecified() || ip.IsLoopback() && ip.To4() != nil {
		host = "localhost"
	}
	return &url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}
}

func printSignIns(w io.Writer, base *url.URL) {
	fmt.Fprintf(w, "  Ask a question    %s/inquiries/new\n", base)
	fmt.Fprintf(w, "  Staff sign in at  %s/console/sign-in\n", base)
	fmt.Fprintln(w, "    agent@askwell.test  supervisor@askwell.test  administrator@askwell.test")
	fmt.Fprintln(w, "    password: askwell-demo-password")
}
