package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func env(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestLoadDefaults(t *testing.T) {
	t.Parallel()
	c, err := Load(env(nil), NeedNothing)
	if err != nil {
		t.Fatal(err)
	}
	if c.FormMinFill != 3*time.Second {
		t.Errorf("FORM_MIN_FILL is %s without being set, want the 3s that is documented", c.FormMinFill)
	}
	want := FormRate{Address: Rate{60, time.Hour}, Email: Rate{20, time.Hour}}
	if diff := cmp.Diff(want, c.FormRate); diff != "" {
		t.Errorf("FORM_RATE (-want +got):\n%s", diff)
	}
}

func TestLoadReportsEveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Load(env(map[string]string{
		"DATABASE_URL": "mysql://x", "FORM_MIN_FILL": "soon", "FORM_RATE": "lots", "SECRET_KEY": "short",
		"AGENCY_COLOR": "blue", "AGENCY_TIME_ZONE": "Mars/Base", "BASE_URL": "help", "TRUSTED_PROXIES": "everyone",
		"WORKER_CONCURRENCY": "0", "LOG_LEVEL": "loud", "MAIL_FROM": "nobody",
	}), NeedServices)
	if err == nil {
		t.Fatal("mistakes were accepted")
	}
	for _, name := range []string{
		"DATABASE_URL", "FORM_MIN_FILL", "FORM_RATE", "SECRET_KEY", "AGENCY_COLOR", "AGENCY_TIME_ZONE", "BASE_URL",
		"TRUSTED_PROXIES", "WORKER_CONCURRENCY", "LOG_LEVEL", "MAIL_FROM", "REDIS_URL", "MEILI_URL", "SMTP_URL", "FILES_DIR",
	} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %s:\n%v", name, err)
		}
	}
}

func TestLoadNeverRepeatsASecret(t *testing.T) {
	t.Parallel()
	_, err := Load(env(map[string]string{"DATABASE_URL": "postgres://me:hunter2@host:port/\x7f", "SECRET_KEY": "hunter2"}), NeedNothing)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error is %v, want one without the secret", err)
	}
}

func TestSecretsFromFiles(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("0123456789abcdef0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(env(map[string]string{"SECRET_KEY_FILE": file, "LISTEN_FILE": "/nowhere"}), NeedNothing)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(c.SecretKeys[0]); got != "0123456789abcdef0123456789abcdef" {
		t.Errorf("the key is %q", got)
	}
	if _, err := Load(env(map[string]string{"MEILI_KEY_FILE": file + "x"}), NeedNothing); err == nil {
		t.Error("a file that is not there was accepted")
	}
}

func TestFormRate(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]FormRate{
		"off":                       {},
		"email:5/1m":                {Email: Rate{5, time.Minute}},
		"address:100/1h,email:5/1m": {Address: Rate{100, time.Hour}, Email: Rate{5, time.Minute}},
	} {
		c, err := Load(env(map[string]string{"FORM_RATE": value}), NeedNothing)
		if err != nil {
			t.Fatal(err)
		}
		if value == "email:5/1m" {
			want.Address = Rate{} // a part that is not named is off
		}
		if diff := cmp.Diff(want, c.FormRate); diff != "" {
			t.Errorf("FORM_RATE=%s (-want +got):\n%s", value, diff)
		}
	}
}

func TestDocumentationIsCurrent(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), Markdown()) {
		t.Error("docs/configuration.md does not hold the table of settings as it is; run make generate")
	}
}
