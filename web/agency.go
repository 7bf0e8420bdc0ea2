package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/page"
)

// NewPages reads every template, text and asset that is built in. demo says on every public page that the agency is invented.
func NewPages(settings config.Config, demo bool, now func() time.Time) (*page.Renderer, error) {
	catalog, err := messages.Load(Messages())
	if err != nil {
		return nil, fmt.Errorf("messages: %w", err)
	}
	a := settings.Agency
	return page.New(page.Config{
		Templates: Templates(), Dist: Dist(), Messages: catalog, Language: a.Language, Location: a.TimeZone, Now: now,
		Secure: settings.BaseURL != nil && settings.BaseURL.Scheme == "https",
		Agency: page.Agency{
			Name: a.Name, Colour: a.Color, Phone: a.Phone, Email: a.Email, Hours: a.Hours, Website: a.URL,
			Address: strings.ReplaceAll(a.Address, `\n`, "\n"), FindNumber: a.FindNumberURL, RegisterURL: a.RegisterURL, Demo: demo,
		},
	})
}
