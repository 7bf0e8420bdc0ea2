package config

import (
	"fmt"
	"strings"
	"time"
)

// Setting documents one environment variable and reads it.
type Setting struct {
	Name     string
	Default  string
	About    string
	Secret   bool // never printed
	required bool // for serve and work, which start nothing themselves
	read     func(c *Config, value string) error
	text     func(*Agency) *Text // of a text by language, in place of read
}

// Settings lists every variable in the order of the documentation.
func Settings() []Setting {
	return concat(services(), inbound(), server(), form(), agency(), agencyTexts(), agencyRules())
}

func concat(groups ...[]Setting) (all []Setting) {
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

func services() []Setting {
	return []Setting{
		{Name: "DATABASE_URL", required: true, Secret: true, read: readURL(func(c *Config) *string { return &c.DatabaseURL }, "postgres", "postgresql"),
			About: "PostgreSQL 15 or later, as `postgres://name:password@host:5432/askwell`. `up` starts one when empty."},
		{Name: "DATABASE_LISTEN_URL", Secret: true, read: readURL(func(c *Config) *string { return &c.DatabaseListen }, "postgres", "postgresql"),
			About: "PostgreSQL itself, where `DATABASE_URL` leads to a pooler that pools by transaction: for LISTEN, locks of a session and `migrate`, with up to eight connections a process. `DATABASE_URL` when empty."},
		{Name: "DATABASE_MAX_CONNS", Default: "40", read: readInt(func(c *Config) *int { return &c.DatabaseConns }, minConns, maxConns),
			About: "Connections to PostgreSQL that one process holds at most; `max_connections` there must be larger than the sum over all processes. `INTAKE_LIMIT` of them, up to half, are for applicants' pages alone, and two for `/readyz`."},
		{Name: "REDIS_URL", required: true, Secret: true, read: readURL(func(c *Config) *string { return &c.RedisURL }, "redis", "rediss", "unix", "redis-sentinel", "rediss-sentinel", "redis-cluster", "rediss-cluster"),
			About: "Redis 7 or later, or Valkey, as `redis://:password@host:6379/0`, `redis-sentinel://:password@host:26379,host2:26379/0?master=mymaster` or `redis-cluster://:password@host:6379,host2:6379`; `rediss` is with TLS. `up` starts one when empty."},
		{Name: "REDIS_CA_FILE", read: text(func(c *Config) *string { return &c.RedisCAFile }),
			About: "The certificates, in PEM, that vouch for Redis with TLS, when they are a private authority's; the system's when empty."},
		{Name: "MEILI_URL", required: true, read: readURL(func(c *Config) *string { return &c.MeiliURL }, "http", "https"),
			About: "Meilisearch 1.15 or later, as `http://host:7700`. `up` starts a small one of its own when empty."},
		{Name: "MEILI_KEY", Secret: true, read: text(func(c *Config) *string { return &c.MeiliKey }),
			About: "The key that Askwell uses with Meilisearch, as `askwell search-key` makes it: for Askwell's indexes and no more."},
		{Name: "MEILI_MASTER_KEY", Secret: true, read: text(func(c *Config) *string { return &c.MeiliMaster }),
			About: "Meilisearch's master key. Only `askwell search-key` reads it; keep it from `serve` and `work`."},
		{Name: "SMTP_URL", required: true, Secret: true, read: readURL(func(c *Config) *string { return &c.SMTPURL }, "smtp", "smtps"),
			About: "The mail server, as `smtp://name:password@host:587` (STARTTLS when offered; `?tls=required` insists, `smtps` uses TLS from the start). `up` keeps mails in a mailbox when empty, and shows it at `/dev/mail` to a browser on the machine itself, unless `BASE_URL` is https."},
		{Name: "SMTP_CA_FILE", read: text(func(c *Config) *string { return &c.SMTPCAFile }),
			About: "The certificates, in PEM, that vouch for the mail server's, when they are a private authority's; the system's when empty."},
		{Name: "SMTP_HELO", read: readHelo,
			About: "The name that Askwell gives the mail server, as `help.example.org`; the host of `BASE_URL` when empty. Strict servers want the full name of this machine in DNS."},
		{Name: "MAIL_FROM", Default: "", read: readMail(func(c *Config) *string { return &c.MailFrom }),
			About: "The sender of every mail, as `Name <address>` or an address; the agency's name and `AGENCY_EMAIL` when empty."},
		{Name: "DKIM_KEY", Secret: true, read: readDKIMKey,
			About: "A private key in PEM (RSA, 2048 bits, or Ed25519) with which mails are signed, `\\n` for the ends of its lines; `askwell doctor` says which record in DNS goes with it. Mails are not signed when empty."},
		{Name: "DKIM_SELECTOR", read: readDKIMName(func(c *Config) *string { return &c.DKIMSelector }),
			About: "The name of that key in DNS, as `askwell` for `askwell._domainkey.example.org`."},
		{Name: "DKIM_DOMAIN", read: readDKIMName(func(c *Config) *string { return &c.DKIMDomain }),
			About: "The domain that signs; that of `MAIL_FROM` when empty."},
		{Name: "CLAMD_URL", read: readURL(func(c *Config) *string { return &c.ClamdURL }, "tcp", "unix"),
			About: "clamd, as `tcp://host:3310` or `unix:///run/clamav/clamd.ctl`. When set, files are held back until scanned."},
		{Name: "FILES_DIR", Default: "", read: text(func(c *Config) *string { return &c.FilesDir }),
			About: "The folder for applicants' files, shared by every process; `up` uses its data folder when empty. Required for `serve` and `work`."},
	}
}

func inbound() []Setting {
	return []Setting{
		{Name: "REPLY_ADDRESS", read: readAddress(func(c *Config) *string { return &c.ReplyAddress }),
			About: "The mailbox that applicants answer to, as `reply@help.example.org`. Every mail carries an address of its ticket below it, `reply+...@help.example.org`; that mail must reach Askwell, by `INBOUND_SMTP_LISTEN` or `INBOUND_IMAP_URL`. Without it answers go to `AGENCY_EMAIL`, and a person enters them."},
		{Name: "INBOUND_ADDRESSES", read: readAddresses,
			About: "Further addresses whose mail becomes tickets, separated by commas."},
		{Name: "INBOUND_SMTP_LISTEN", read: text(func(c *Config) *string { return &c.InboundSMTPListen }),
			About: "The address on which `work` and `up` take mail in by SMTP, as `:2525`. Nothing listens when empty."},
		{Name: "INBOUND_SMTP_CERT", read: text(func(c *Config) *string { return &c.InboundSMTPCert }),
			About: "The certificate file for STARTTLS, in PEM, with `INBOUND_SMTP_KEY`; without them mail comes in unencrypted."},
		{Name: "INBOUND_SMTP_KEY", read: text(func(c *Config) *string { return &c.InboundSMTPKey }),
			About: "The key file of `INBOUND_SMTP_CERT`."},
		{Name: "INBOUND_IMAP_URL", Secret: true, read: readURL(func(c *Config) *string { return &c.InboundIMAPURL }, "imap", "imaps"),
			About: "A mailbox to read instead, as `imaps://name:password@host/INBOX?done=Askwell`; what was taken in moves to the folder `done` (`Askwell` when it is not named). `imap` uses STARTTLS where it is offered (`?tls=required` insists, `?tls=off` has none); a password goes over TLS only, or to this machine."},
		{Name: "INBOUND_IMAP_CA_FILE", read: text(func(c *Config) *string { return &c.InboundIMAPCAFile }),
			About: "The certificates, in PEM, that vouch for the mailbox's server, when they are a private authority's; the system's when empty."},
		{Name: "INBOUND_IMAP_SINCE", read: readSince,
			About: "From which day on the mailbox's mails are taken in, as `2026-12-01`, or `all`. Needed for a mailbox in which more than 50 mails wait when it is read for the first time; earlier mails stay untouched."},
		{Name: "INBOUND_AUTH_SERVER", read: readDKIMName(func(c *Config) *string { return &c.InboundAuthServer }),
			About: "The name under which your own mail server writes `Authentication-Results` (RFC 8601), as `mx.example.org`; senders whom it found genuine show as proven. It must take away fields of that name that come with a mail."},
		{Name: "INBOUND_MAX_SIZE", Default: "26214400", read: readInt(func(c *Config) *int { return &c.InboundMaxSize }, 100_000, 100<<20),
			About: "The most bytes that one mail may have; a larger one is refused, and its sender is told."},
		{Name: "INBOUND_KEEP_RAW", Default: "720h", read: readDuration(func(c *Config) *time.Duration { return &c.InboundKeepRaw }, time.Hour, 10*365*24*time.Hour),
			About: "How long a mail is kept as it came, sealed with `SECRET_KEY`, after it was filed, laid aside or discarded. Its text, with Social Security and card numbers masked, and its files stay. A mail that waits for a person stays whole."},
	}
}

func server() []Setting {
	return []Setting{
		{Name: "LISTEN", Default: ":8080", read: text(func(c *Config) *string { return &c.Listen }),
			About: "The address that the web server listens on. `up` listens on this machine only unless told otherwise."},
		{Name: "BASE_URL", Default: "http://localhost:8080", read: readBaseURL,
			About: "The public address, for links in mails: scheme, host and, if need be, port. Cookies are marked Secure when it is https."},
		{Name: "SHUTDOWN_GRACE", Default: "5s", read: readDuration(func(c *Config) *time.Duration { return &c.ShutdownGrace }, 0, 5*time.Minute),
			About: "How long `serve` still takes requests after SIGTERM, while `/readyz` says 503 so that the load balancer sends no more. `up` takes none."},
		{Name: "SHUTDOWN_DRAIN", Default: "20s", read: readDuration(func(c *Config) *time.Duration { return &c.ShutdownDrain }, 0, time.Hour),
			About: "How long requests that are under way after that, uploads among them, may take to end. `up` gives them 3 s."},
		{Name: "SECRET_KEY", Secret: true, required: true, read: readKeys,
			About: "At least 32 characters that nobody can guess, and a backup must not lose (docs/operators.md). Several, separated by commas: the first seals and signs, all open and verify. `up` makes one when empty."},
		{Name: "TRUSTED_PROXIES", read: readProxies,
			About: "The proxies in front, by address or network, as `10.1.2.3,192.168.1.0/24`: their `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Request-Id` are believed, and nobody else's (docs/proxy.md)."},
		{Name: "METRICS_TOKEN", Secret: true, read: text(func(c *Config) *string { return &c.MetricsToken }),
			About: "A bearer token for `/metrics`; without one only a program on this machine may read it, at a loopback address and not through a proxy (docs/proxy.md)."},
		{Name: "WORKER_CONCURRENCY", Default: "8", read: readInt(func(c *Config) *int { return &c.Concurrency }, 1, 512),
			About: "Tasks that one worker process runs at once."},
		{Name: "INDEX_CHECK_AT", Default: "03:30", read: readTimeOfDay(func(c *Config) *TimeOfDay { return &c.IndexCheckAt }),
			About: "When the workers compare the search indexes with the database each night and mend what differs, in `AGENCY_TIME_ZONE`; `off` for never."},
		{Name: "LOG_LEVEL", Default: "info", read: func(c *Config, v string) error { return c.LogLevel.UnmarshalText([]byte(v)) },
			About: "`debug`, `info`, `warn` or `error`."},
		{Name: "LOG_FORMAT", Default: "", read: func(c *Config, v string) error {
			c.LogJSON = v == "json"
			return oneOf(v, "", "text", "json")
		}, About: "`text` or `json`; empty: json for `serve` and `work`, text for `up`."},
	}
}

func form() []Setting {
	return []Setting{
		{Name: "INTAKE_LIMIT", Default: "0", read: readInt(func(c *Config) *int { return &c.IntakeLimit }, 0, 1000),
			About: "Questions, messages and files that one process works on at once, and as many other public pages. Requests beyond that are answered 503, with what was typed and a button to try again. 0: four for each processor, at least eight."},
		{Name: "FORM_MIN_FILL", Default: "3s", read: readDuration(func(c *Config) *time.Duration { return &c.FormMinFill }, 0, time.Hour),
			About: "An inquiry sent sooner than this after its form was loaded is quarantined as possible spam."},
		{Name: "FORM_RATE", Default: "address:60/1h,email:20/1h", read: readFormRate,
			About: "Inquiries per network address and per email address before they are quarantined; past ten times of it they are asked to wait. `off` sets no limit."},
		{Name: "REQUEST_RATE", Default: "address:30/1h,network:300/1h,email:6/1h", read: readRequestRate,
			About: "Registrations, new passwords, number reminders and status links per network address, per network (/24 or /56) and per email address before one is asked to wait. `off` sets no limit."},
		{Name: "UNDO_SEND", Default: "10s", read: readDuration(func(c *Config) *time.Duration { return &c.UndoSend }, 0, time.Hour),
			About: "How long a reply can be taken back before its mail goes out."},
	}
}

func agency() []Setting {
	a := func(field func(*Agency) *string) func(*Config, string) error {
		return text(func(c *Config) *string { return field(&c.Agency) })
	}
	return []Setting{
		{Name: "AGENCY_NAME", Default: "Bureau of Arrivals", read: a(func(g *Agency) *string { return &g.Name }), About: "The agency's full name. The default is an invented one."},
		{Name: "AGENCY_SHORT_NAME", Default: "", read: a(func(g *Agency) *string { return &g.ShortName }), About: "A short name for the phone's narrow header; the full one when empty."},
		{Name: "AGENCY_COLOR", Default: "#1a4480", read: readColor, About: "The header's and the buttons' colour, as `#rrggbb`; dark enough for white text (4.5 to 1)."},
		{Name: "AGENCY_EMAIL", Default: "help@arrivals.example", read: cleaned(readPlainMail(func(c *Config) *string { return &c.Agency.Email })), About: "Where an applicant can write instead."},
		{Name: "AGENCY_PHONE", Default: "555-0100", read: a(func(g *Agency) *string { return &g.Phone }), About: "Where an applicant can call instead."},
		{Name: "AGENCY_ADDRESS", Default: "100 Harbor Street, Port Example", read: a(func(g *Agency) *string { return &g.Address }), About: "The postal address."},
		{Name: "AGENCY_URL", Default: "", read: readPublicURL(func(c *Config) *string { return &c.Agency.URL }), About: "The agency's own website."},
		{Name: "AGENCY_REGISTER_URL", Default: "", read: readPublicURL(func(c *Config) *string { return &c.Agency.RegisterURL }), About: "Where an applicant registers for an online account; a page of Askwell when empty."},
		{Name: "AGENCY_FIND_NUMBER_URL", Default: "", read: readPublicURL(func(c *Config) *string { return &c.Agency.FindNumberURL }), About: "Where an applicant finds the account number; a page of Askwell when empty."},
	}
}

// agencyTexts are the texts that each language may have its own of. Without them the pages and mails say the demo's, from the message files.
func agencyTexts() []Setting {
	return []Setting{
		{Name: "AGENCY_HOURS", text: func(g *Agency) *Text { return &g.Hours },
			About: "When the phone is answered."},
		{Name: "AGENCY_PRIVACY_TEXT", text: func(g *Agency) *Text { return &g.PrivacyText },
			About: "The privacy notice, on the page `/privacy`. `\\n` ends a paragraph; one that begins with `# ` is a heading."},
		{Name: "AGENCY_BURDEN_TEXT", text: func(g *Agency) *Text { return &g.BurdenText },
			About: "The burden statement beside every form; `{minutes}` in it becomes the minutes that the form takes."},
		{Name: "AGENCY_EMERGENCY_TEXT", text: func(g *Agency) *Text { return &g.EmergencyText },
			About: "A notice at the top of the public pages, for closures and emergencies. None when empty."},
	}
}

func agencyRules() []Setting {
	return []Setting{
		{Name: "AGENCY_ANSWER_WITHIN_DAYS", Default: "5", read: readInt(func(c *Config) *int { return &c.Agency.AnswerWithin }, 1, 365), About: "Days in which most questions are answered, as the confirmation promises."},
		{Name: "AGENCY_LANGUAGE", Default: "en", read: text(func(c *Config) *string { return &c.Agency.Language }), About: "The language of a page before its reader chooses one."},
		{Name: "AGENCY_TIME_ZONE", Default: "America/New_York", read: readZone, About: "The time zone of the console and of the mails, as `America/New_York`."},
	}
}

func text(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		*field(c) = strings.TrimSpace(v)
		return nil
	}
}

func oneOf(v string, allowed ...string) error {
	for _, a := range allowed {
		if v == a {
			return nil
		}
	}
	return fmt.Errorf("%q is none of %s", v, strings.Join(allowed, ", "))
}
