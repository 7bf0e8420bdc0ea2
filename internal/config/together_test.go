package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/config"
)

func TestSettingsThatCannotWork(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		env  map[string]string
		says []string // each problem names the setting and what to write
	}{
		"BASE_URL with a path":            {map[string]string{"BASE_URL": "https://help.example/desk"}, []string{"BASE_URL", "without a path", "https://help.example.org"}},
		"BASE_URL with a query":           {map[string]string{"BASE_URL": "https://help.example?x=1"}, []string{"BASE_URL", "without ? and #"}},
		"BASE_URL with a question mark":   {map[string]string{"BASE_URL": "https://help.example?"}, []string{"BASE_URL", "without ? and #"}},
		"BASE_URL with a fragment":        {map[string]string{"BASE_URL": "https://help.example#x"}, []string{"BASE_URL", "without ? and #"}},
		"BASE_URL with a password":        {map[string]string{"BASE_URL": "https://a:b@help.example"}, []string{"BASE_URL", "without a name and a password"}},
		"BASE_URL without a host":         {map[string]string{"BASE_URL": "https://:443"}, []string{"BASE_URL"}},
		"BASE_URL with a port of no sort": {map[string]string{"BASE_URL": "https://help.example:70000"}, []string{"BASE_URL", "65535"}},
		"a listener and no address":       {map[string]string{"INBOUND_SMTP_LISTEN": ":2525"}, []string{"REPLY_ADDRESS", "INBOUND_SMTP_LISTEN", "reply@help.example.org"}},
		"a mailbox and no address":        {map[string]string{"INBOUND_IMAP_URL": "imaps://a:b@mail.example/INBOX"}, []string{"REPLY_ADDRESS", "INBOUND_IMAP_URL"}},
		"further addresses and no first":  {map[string]string{"INBOUND_ADDRESSES": "help@mail.example"}, []string{"REPLY_ADDRESS", "INBOUND_ADDRESSES"}},
		"a certificate without a key": {map[string]string{"INBOUND_SMTP_CERT": "/x", "INBOUND_SMTP_LISTEN": ":25", "REPLY_ADDRESS": "reply@mail.example"},
			[]string{"INBOUND_SMTP_KEY"}},
		"a key without a certificate": {map[string]string{"INBOUND_SMTP_KEY": "/x", "INBOUND_SMTP_LISTEN": ":25", "REPLY_ADDRESS": "reply@mail.example"},
			[]string{"INBOUND_SMTP_CERT"}},
		"a certificate and no listener":      {map[string]string{"INBOUND_SMTP_CERT": "/x", "INBOUND_SMTP_KEY": "/y", "REPLY_ADDRESS": "reply@mail.example"}, []string{"INBOUND_SMTP_LISTEN"}},
		"AGENCY_EMAIL is no address":         {map[string]string{"AGENCY_EMAIL": "bad"}, []string{"AGENCY_EMAIL", "help@example.org"}},
		"AGENCY_EMAIL with a name":           {map[string]string{"AGENCY_EMAIL": "Help <help@mail.example>"}, []string{"AGENCY_EMAIL"}},
		"a name for EHLO of one word":        {map[string]string{"SMTP_HELO": "desk"}, []string{"SMTP_HELO", "help.example.org", "[192.0.2.1]"}},
		"a name for EHLO with a space":       {map[string]string{"SMTP_HELO": "desk.example\r\nMAIL FROM:<x>"}, []string{"SMTP_HELO"}},
		"a DKIM key that is none":            {map[string]string{"DKIM_KEY": "secret", "DKIM_SELECTOR": "desk"}, []string{"DKIM_KEY", "openssl genrsa 2048"}},
		"a DKIM selector without a key":      {map[string]string{"DKIM_SELECTOR": "desk"}, []string{"DKIM_KEY", "DKIM_SELECTOR"}},
		"a page of no site":                  {map[string]string{"AGENCY_URL": "www.example.org"}, []string{"AGENCY_URL", "https://"}},
		"a page of another site":             {map[string]string{"AGENCY_REGISTER_URL": "//evil.example"}, []string{"AGENCY_REGISTER_URL"}},
		"a proxy network of everybody":       {map[string]string{"TRUSTED_PROXIES": "10.0.0.0/8,0.0.0.0/0"}, []string{"TRUSTED_PROXIES", `"0.0.0.0/0" is everybody`, "10.1.2.3"}},
		"a proxy network of everybody, IPv6": {map[string]string{"TRUSTED_PROXIES": "::/0"}, []string{"TRUSTED_PROXIES", "everybody"}},
		"everybody's IPv4, written as IPv6":  {map[string]string{"TRUSTED_PROXIES": "::ffff:0.0.0.0/96"}, []string{"TRUSTED_PROXIES", "everybody"}},
		"all at once": {map[string]string{"BASE_URL": "https://help.example/desk", "AGENCY_EMAIL": "bad", "INBOUND_SMTP_LISTEN": ":2525", "INTAKE_LIMIT": "-1"},
			[]string{"BASE_URL", "AGENCY_EMAIL", "REPLY_ADDRESS", "INTAKE_LIMIT"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(func(name string) string { return tc.env[name] }, config.NeedNothing)
			if err == nil {
				t.Fatal("it was accepted")
			}
			for _, want := range tc.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "a:b@") {
				t.Errorf("%q repeats a password", err)
			}
		})
	}
}

func TestBaseURLIsAnOrigin(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"https://help.example/": "https://help.example", "https://DESK.test": "https://desk.test", "https://desk.test:443": "https://desk.test",
		"http://desk.test:80": "http://desk.test", "http://desk.test:443": "http://desk.test:443", "https://[::1]:8443": "https://[::1]:8443",
	} {
		cfg, err := config.Load(func(name string) string { return map[string]string{"BASE_URL": given}[name] }, config.NeedNothing)
		if err != nil || cfg.BaseURL.String() != want {
			t.Errorf("%s: %v, want %s: %v", given, cfg.BaseURL, want, err)
		}
	}
}

func TestConnectionsAddUp(t *testing.T) {
	t.Parallel()
	for _, conns := range []string{"10", "40", "200"} {
		for _, limit := range []string{"0", "1", "500"} {
			env := map[string]string{"DATABASE_MAX_CONNS": conns, "INTAKE_LIMIT": limit}
			cfg, err := config.Load(func(name string) string { return env[name] }, config.NeedNothing)
			if err != nil {
				t.Fatal(err)
			}
			if sum := cfg.IntakeConns() + cfg.DeskConns() + config.ReadyConns; sum != cfg.DatabaseConns || cfg.IntakeConns() < 1 || cfg.DeskConns() < 3 || cfg.IntakeLimit < 1 {
				t.Errorf("%v: %d + %d + %d", env, cfg.IntakeConns(), cfg.DeskConns(), config.ReadyConns)
			}
		}
	}
}

func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	cfg, err := config.Load(func(name string) string {
		return map[string]string{"TRUSTED_PROXIES": "10.0.0.0/8, 192.168.1.5 ::1,::ffff:172.16.0.0/108"}[name]
	}, config.NeedNothing)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(cfg.TrustedProxies), "[10.0.0.0/8 192.168.1.5/32 ::1/128 172.16.0.0/12]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
