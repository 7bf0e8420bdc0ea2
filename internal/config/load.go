package config

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// Need says which settings a command cannot do without.
type Need int

// What commands need.
const (
	NeedNothing  Need = iota // `up` starts what is missing
	NeedServices             // `serve` and `work`
)

// Load reads every setting through getenv (os.Getenv) and reports all mistakes in one error, a line each.
func Load(getenv func(string) string, need Need) (Config, error) {
	var c Config
	var wrong []error
	for _, s := range Settings() {
		if s.text != nil {
			*s.text(&c.Agency) = Text{name: s.Name, getenv: getenv}
			continue
		}
		value, err := s.value(getenv)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		if value == "" && s.required && need == NeedServices {
			wrong = append(wrong, fmt.Errorf("%s is not set: %s", s.Name, s.About))
			continue
		}
		if err := s.read(&c, value); err != nil {
			wrong = append(wrong, fmt.Errorf("%s %w", s.Name, err))
		}
	}
	if need == NeedServices && c.FilesDir == "" {
		wrong = append(wrong, errors.New("FILES_DIR is not set: the folder for applicants' files"))
	}
	for _, s := range agencyTexts() {
		s.text(&c.Agency).base = c.Agency.Language
	}
	if c.Agency.ShortName == "" {
		c.Agency.ShortName = c.Agency.Name
	}
	if c.MailFrom == "" {
		c.MailFrom = fmt.Sprintf("%q <%s>", c.Agency.Name, c.Agency.Email)
	}
	c.complete()
	if wrong = append(wrong, c.together()...); len(wrong) > 0 {
		return Config{}, fmt.Errorf("the settings need mending:\n%w", errors.Join(wrong...))
	}
	return c, nil
}

// value is what the environment says, for a secret also the contents of the file that NAME_FILE names, else the default.
func (s Setting) value(getenv func(string) string) (string, error) {
	if value := getenv(s.Name); value != "" {
		return value, nil
	}
	file := getenv(s.Name + "_FILE")
	if !s.Secret || file == "" {
		return s.Default, nil
	}
	contents, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%s_FILE cannot be read: %w", s.Name, err)
	}
	return strings.TrimSpace(string(contents)), nil
}

// Markdown documents every setting as one table.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| variable | default | what it is |\n|---|---|---|\n")
	for _, s := range Settings() {
		value := s.Default
		if value != "" {
			value = "`" + value + "`"
		}
		name := "`" + s.Name + "`"
		if s.Secret {
			name += " (secret)"
		}
		if s.text != nil {
			name += " (by language)"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, value, s.About)
	}
	return b.String()
}
