package config

import (
	"errors"
	"fmt"
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
		value := getenv(s.Name)
		if value == "" {
			value = s.Default
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
	if c.Agency.ShortName == "" {
		c.Agency.ShortName = c.Agency.Name
	}
	if c.MailFrom == "" {
		c.MailFrom = fmt.Sprintf("%q <%s>", c.Agency.Name, c.Agency.Email)
	}
	if len(wrong) > 0 {
		return Config{}, fmt.Errorf("the settings need mending:\n%w", errors.Join(wrong...))
	}
	return c, nil
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
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Name, value, s.About)
	}
	return b.String()
}
