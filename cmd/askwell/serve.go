package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/web"
)

// runServe runs a web server on services that were given by address.
func runServe(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("serve", "[--listen ADDR]")
	address := fs.String("listen", "", "the `address` of the web server (LISTEN)")
	if err := parse(fs, args); err != nil {
		return err
	}
	cfg, err := config.Load(t.getenv, config.NeedServices)
	if err != nil {
		return err
	}
	if *address == "" {
		*address = cfg.Listen
	}
	listener, err := listen(ctx, *address, "")
	if err != nil {
		return err
	}
	log := t.logger(cfg, true)
	d, err := newDesk(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer d.close()
	limitMemory()
	handler, err := d.handler(ctx, nil, false)
	if err != nil {
		return err
	}
	if cfg.BaseURL.Scheme == "https" && len(cfg.TrustedProxies) == 0 {
		log.Warn("BASE_URL is https and TRUSTED_PROXIES names no proxy: all visitors count as one")
	}
	log.Info("serving", slog.String("address", listener.Addr().String()), slog.String("version", version))
	return d.serve(ctx, listener, handler)
}

// runWork runs a worker on services that were given by address.
func runWork(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("work", "[--no-mail]")
	noMail := fs.Bool("no-mail", false, "send no mail: what is due waits for a worker that does")
	if err := parse(fs, args); err != nil {
		return err
	}
	cfg, err := config.Load(t.getenv, config.NeedServices)
	if err != nil {
		return err
	}
	log := t.logger(cfg, true)
	d, err := newDesk(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer d.close()
	d.noMail = *noMail
	log.Info("working", slog.String("version", version))
	return d.work(ctx)
}

// serve answers until the context ends. Then it goes on for SHUTDOWN_GRACE, in which /readyz and closed connections tell the load balancer
// to go elsewhere, takes no more, and lets the requests under way finish within SHUTDOWN_DRAIN.
func (d *desk) serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := web.NewServer(handler, d.log)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	if d.cfg.ShutdownGrace > 0 {
		d.log.Info("stopping", slog.Duration("grace", d.cfg.ShutdownGrace), slog.Duration("drain", d.cfg.ShutdownDrain))
		select {
		case err := <-failed:
			return fmt.Errorf("serve: %w", err)
		case <-time.After(d.cfg.ShutdownGrace):
		}
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.cfg.ShutdownDrain)
	defer cancel()
	if err := server.Shutdown(finish); err != nil {
		d.log.Warn("some requests were cut off", slog.Any("error", err))
		return server.Close()
	}
	return nil
}

// work runs tasks until the context ends.
func (d *desk) work(ctx context.Context) error {
	w, err := d.workers()
	if err != nil {
		return err
	}
	return w.Run(ctx)
}

// serveAndWork does both; when one of them ends, so does the other.
func (d *desk) serveAndWork(ctx context.Context, listener net.Listener, handler http.Handler, ready func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var both errgroup.Group
	run := func(fn func(context.Context) error) {
		both.Go(func() error {
			defer cancel()
			err := fn(ctx)
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		})
	}
	run(func(ctx context.Context) error { return d.serve(ctx, listener, handler) })
	run(d.work)
	ready()
	return both.Wait()
}
