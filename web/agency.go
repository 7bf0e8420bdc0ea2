package web

import (
	"cmp"
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
			Name: a.Name, Colour: a.Color, Phone: a.Phone, Email: a.Email, Website: a.URL,
			Address: strings.ReplaceAll(a.Address, `\n`, "\n"), FindNumber: cmp.Or(a.FindNumberURL, "/account/sign-in"), RegisterURL: cmp.Or(a.RegisterURL, "/register"), Demo: demo,
			Texts: agencyTexts(a, catalog),
		},
	})
}

// agencyTexts are the agency's texts in every language there is.
func agencyTexts(a config.Agency, catalog *messages.Catalog) map[string]page.AgencyTexts {
	texts := map[string]page.AgencyTexts{}
	for _, l := range catalog.Languages() {
		of := func(set config.Text) page.Text {
			words, written := set.In(l.Code)
			if written == l.Code {
				written = ""
			}
			return page.Text{Words: words, Lang: written}
		}
		said := page.AgencyTexts{Hours: of(a.Hours), Emergency: of(a.EmergencyText), Burden: of(a.BurdenText)}
		if said.Hours.Words == "" {
			said.Hours = page.Text{Words: catalog.For(l.Code).T("agency.hours")}
		}
		texts[l.Code] = said
	}
	return texts
}

// AgencyHours gives the function that says when the phone is answered, for mails in any language.
func AgencyHours(a config.Agency, catalog *messages.Catalog) func(language string) string {
	texts := agencyTexts(a, catalog)
	return func(language string) string { return texts[catalog.For(language).Language.Code].Hours.Words }
}
