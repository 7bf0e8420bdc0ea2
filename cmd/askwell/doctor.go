package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/migrations"
)

const checkWithin = 5 * time.Second

// check looks at one dependency: what is well, or what is wrong and what to do about it.
type check struct {
	name string
	look func(ctx context.Context, cfg config.Config) (well string, err error)
}

// runDoctor checks every dependency and says what to do. It changes nothing.
func runDoctor(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("doctor", "[--data DIR] | --web URL")
	data := dataFlag(fs)
	webURL := fs.String("web", "", "ask only the web server at this `address` whether it is ready")
	if err := parse(fs, args); err != nil {
		return err
	}
	if *webURL != "" {
		return checkWeb(ctx, *webURL)
	}
	cfg, err := target(t, *data)
	if err != nil {
		return err
	}
	sick := 0
	for _, c := range []check{
		{"PostgreSQL", checkPostgres}, {"Clock", checkClock}, {"Redis", checkRedis}, {"Meilisearch", checkSearch},
		{"Mail", checkMail}, {"Mail in", checkInbound}, {"Files", checkFiles}, {"Virus scan", checkClamd}, {"Staff", checkStaff}, {"Secrets", checkKeys}, {"Hours", checkCalendar},
	} {
		ctx, cancel := context.WithTimeout(ctx, checkWithin)
		well, err := c.look(ctx, cfg)
		cancel()
		if err != nil {
			sick++
			fmt.Fprintf(t.out, "FAIL  %-12s %s\n", c.name, strings.ReplaceAll(err.Error(), "\n", "\n      "+strings.Repeat(" ", 13)))
			continue
		}
		fmt.Fprintf(t.out, "ok    %-12s %s\n", c.name, well)
	}
	if sick > 0 {
		return fmt.Errorf("%d of the checks failed", sick)
	}
	return nil
}

func advice(what string, err error) error {
	if err == nil {
		return errors.New(what)
	}
	return fmt.Errorf("%s\n(%w)", what, err)
}

func checkPostgres(ctx context.Context, cfg config.Config) (string, error) {
	if cfg.DatabaseURL == "" {
		return "", advice("DATABASE_URL is not set.", nil)
	}
	conn, err := pgx.Connect(ctx, cfg.DatabaseURL)
	if err != nil {
		return "", advice("It does not answer: see that it runs and that DATABASE_URL is right.", hidden(err))
	}
	defer conn.Close(ctx)
	var number int
	var version string
	if err := conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_version')`).Scan(&number, &version); err != nil {
		return "", err
	}
	if number < 150000 {
		return "", advice("Version "+version+" is too old: Askwell needs 15 or later.", nil)
	}
	latest, err := migrations.Latest()
	if err != nil {
		return "", err
	}
	if err := errors.Join(postgres.CheckSchema(ctx, conn, latest), postgres.CheckWrite(ctx, conn)); err != nil {
		return "", advice(databaseAdvice(err), hidden(err))
	}
	return fmt.Sprintf("%s, schema %d", version, latest), nil
}

// checkClock compares this machine's clock with the database's. Askwell goes by the database's, so a difference does no harm by itself;
// but whoever reads logs, and whatever else runs here, goes by this one.
func checkClock(ctx context.Context, cfg config.Config) (string, error) {
	db, err := postgres.Open(ctx, cfg.DatabaseURL, 1)
	if err != nil {
		return "", advice("Unknown, for the database does not answer.", nil)
	}
	defer db.Close()
	clock := postgres.NewClock(db, slog.New(slog.DiscardHandler))
	if err := clock.Measure(ctx); err != nil {
		return "", advice("Unknown, for the database does not answer.", nil)
	}
	skew, _ := clock.Skew()
	if err := postgres.SkewError(skew); err != nil {
		return "", advice("Askwell goes by the database's clock, logs and other programs by this machine's.", err)
	}
	return fmt.Sprintf("%s from the database's", skew.Abs().Round(time.Millisecond)), nil
}

// hidden keeps passwords out of what is printed: a connection error may repeat the whole address.
func hidden(err error) error {
	var connect interface{ Unwrap() error }
	if errors.As(err, &connect) && connect.Unwrap() != nil {
		return connect.Unwrap()
	}
	return err
}

func checkRedis(ctx context.Context, cfg config.Config) (string, error) {
	options, err := redis.ParseURL(cfg.RedisURL)
	if err != nil {
		return "", advice("REDIS_URL is not set or cannot be read.", nil)
	}
	client := redis.NewClient(options)
	defer client.Close()
	if err := client.Ping(ctx).Err(); err != nil {
		return "", advice("It does not answer: see that it runs and that REDIS_URL is right. Until then tasks wait in the database; none is lost.", err)
	}
	if err := writeRedis(ctx, client); err != nil {
		return "", advice(redisAdvice(err), err)
	}
	policy, err := client.ConfigGet(ctx, "maxmemory-policy").Result()
	if set := policy["maxmemory-policy"]; err == nil && set != "noeviction" && set != "" {
		return "", advice("maxmemory-policy is "+set+": set it to noeviction, or tasks are thrown away under pressure and wait for their lease to end.", nil)
	}
	return "answers", nil
}

func checkMail(ctx context.Context, cfg config.Config) (string, error) {
	if cfg.SMTPURL == "" {
		return "", advice("SMTP_URL is not set.", nil)
	}
	if err := mail.Check(ctx, cfg.SMTPURL); err != nil {
		return "", advice("The mail server does not answer, or refuses the name and password in SMTP_URL.", err)
	}
	if err := unsentMails(ctx, cfg.DatabaseURL); err != nil {
		return "", err
	}
	return "the mail server answers", nil
}

// inARow is from how many mails on the doctor points at a fault that time does not mend.
const inARow = 3

// unsentMails says what keeps mails from leaving. The server's words stand on the page of tasks: they may quote an address.
func unsentMails(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil //nolint:nilerr // another check says so
	}
	defer conn.Close(ctx)
	counts, err := outbox.CountUnsent(ctx, conn)
	if err != nil {
		return nil //nolint:nilerr // likewise
	}
	var wrong []string
	for _, c := range counts {
		fault := mail.Fault(c.Fault)
		switch {
		case c.State == outbox.MailUnconfirmed:
			wrong = append(wrong, fmt.Sprintf("%d mails were handed over and nobody knows whether they were taken", c.Mails))
		case c.State == outbox.MailWaiting && c.Mails >= inARow && fault != mail.FaultTemporary && fault != mail.FaultUnreachable:
			wrong = append(wrong, fmt.Sprintf("%d mails wait, for the mail server answers %d %s (%s)", c.Mails, c.Code, c.Status, c.Fault))
		case c.State == outbox.MailExpired:
			wrong = append(wrong, fmt.Sprintf("%d mails were not taken for five days (%s)", c.Mails, c.Fault))
		}
	}
	if wrong == nil {
		return nil
	}
	return advice(strings.Join(wrong, "\n")+"\nSee /console/task-queues for the server's words; there, and on their tickets, they can be sent again.", nil)
}

func checkFiles(ctx context.Context, cfg config.Config) (string, error) {
	if cfg.FilesDir == "" {
		return "", advice("FILES_DIR is not set.", nil)
	}
	if _, err := os.Stat(cfg.FilesDir); err != nil {
		return "", advice("FILES_DIR cannot be read: make the folder, and let it belong to this account.", err)
	}
	folder, err := files.NewFolder(cfg.FilesDir)
	if err == nil {
		err = writeFile(ctx, folder)
	}
	if err != nil {
		return "", advice(filesAdvice(err), err)
	}
	return "the folder can be written", nil
}

func checkClamd(ctx context.Context, cfg config.Config) (string, error) {
	if cfg.ClamdURL == "" {
		return "off: CLAMD_URL is not set, files are offered to staff unscanned", nil
	}
	scanner, err := files.NewClamd(cfg.ClamdURL)
	if err != nil {
		return "", advice("CLAMD_URL cannot be used.", err)
	}
	if err := scanner.Ping(ctx); err != nil {
		return "", advice("clamd does not answer: files are held back until it does.", err)
	}
	return "clamd answers", nil
}

func checkStaff(ctx context.Context, cfg config.Config) (string, error) {
	conn, err := pgx.Connect(ctx, cfg.DatabaseURL)
	if err != nil {
		return "", advice("Unknown, for the database does not answer.", nil)
	}
	defer conn.Close(ctx)
	var active, demo int
	err = conn.QueryRow(ctx, `
		SELECT count(*), count(*) FILTER (WHERE demo) FROM staff WHERE deactivated_at IS NULL`).Scan(&active, &demo)
	if err != nil {
		return "", err
	}
	if active == 0 {
		return "", advice("Nobody can sign in: add the first administrator with askwell staff add.", nil)
	}
	if demo > 0 && !loopback(cfg.BaseURL) {
		return "", advice(fmt.Sprintf("%d demo sign-ins with a password that everybody knows can reach this desk.", demo), nil)
	}
	return fmt.Sprintf("%d can sign in", active), nil
}

// checkCalendar looks at the working hours that reports count by.
func checkCalendar(ctx context.Context, cfg config.Config) (string, error) {
	db, err := postgres.Open(ctx, cfg.DatabaseURL, 1)
	if err != nil {
		return "", advice("Unknown, for the database does not answer.", nil)
	}
	defer db.Close()
	versions, err := report.NewService(db, nil).CalendarHistory(ctx, 1)
	switch {
	case err != nil:
		return "", err
	case len(versions) == 0:
		return "the usual week: Monday to Friday, 9 to 17", nil
	case versions[0].Broken != nil:
		return "", advice(fmt.Sprintf("Version %d of the calendar cannot be used, so there are no reports by working hours: %v.\n"+
			"Set them again in the console under Working hours, or with askwell calendar --set FILE.", versions[0].Version, versions[0].Broken), nil)
	}
	return fmt.Sprintf("version %d of the calendar, %s", versions[0].Version, versions[0].Calendar.Zone), nil
}

// checkWeb is a health check for a container: quiet when all is well.
func checkWeb(ctx context.Context, base string) error {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(base, "/")+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s is not ready: %s", base, res.Status)
	}
	return nil
}

func loopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
