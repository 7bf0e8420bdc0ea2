package page

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// Agency is whom the desk answers for. Everything here is configuration.
type Agency struct {
	Name        string // "Bureau of Arrivals"
	Colour      string // "#rrggbb", the one brand colour: header, buttons, links
	Phone       string
	Email       string
	Address     string // lines parted by \n
	Website     string // https URL, or empty
	FindNumber  string // URL where an applicant signs in and sees the account number
	RegisterURL string // URL where one registers
	Demo        bool   // says on every public page that the agency is invented
	Legal       []Legal
	AgencyTexts                        // in the language of the page
	Texts       map[string]AgencyTexts // by language of the catalogue, when they differ
}

// AgencyTexts are what the agency says in the language of the page.
type AgencyTexts struct {
	Hours     Text // when the phone is answered
	Emergency Text // a notice at the top of the public pages, or none
	Burden    Text // how long a form takes: {minutes}; none for our own words
}

// Text is a text of the agency's. Lang is set when it is in another language than the page: then the page has to say so.
type Text struct{ Words, Lang string }

// Legal is a legal text in the footer: a link when it has a URL, else the Text itself.
type Legal struct {
	Lang  string // the language it is written in; empty shows it in every language
	Title string
	URL   string
	Text  string
}

// minContrast is WCAG 2.2's ratio for text (success criterion 1.4.3, level AA).
const minContrast = 4.5

var white = rgb{255, 255, 255}

func (a Agency) check() error {
	var problems []error
	if strings.TrimSpace(a.Name) == "" {
		problems = append(problems, errors.New("the name is empty"))
	}
	colour, err := parseColour(a.Colour)
	if err != nil {
		problems = append(problems, err)
	} else if ratio := contrast(colour, white); ratio < minContrast {
		problems = append(problems, fmt.Errorf("the colour %s has a contrast of %.2f:1 against white, text needs %.1f:1 (WCAG 1.4.3): choose a darker one",
			a.Colour, math.Floor(ratio*100)/100, minContrast))
	}
	for name, address := range map[string]string{"website": a.Website, "find number": a.FindNumber, "register": a.RegisterURL} {
		u, err := url.Parse(address)
		if err != nil || (address != "" && u.Scheme != "https" && u.Scheme != "http" && !strings.HasPrefix(address, "/")) {
			problems = append(problems, fmt.Errorf("the %s address %q is no web address", name, address))
		}
	}
	return errors.Join(problems...)
}

// in gives the agency with the texts of one language.
func (a Agency) in(lang string) Agency {
	if texts, ok := a.Texts[lang]; ok {
		a.AgencyTexts = texts
	}
	var legal []Legal
	for _, l := range a.Legal {
		if l.Lang == "" || l.Lang == lang {
			legal = append(legal, l)
		}
	}
	a.Legal = legal
	return a
}

// AddressLines are the lines of the postal address.
func (a Agency) AddressLines() []string {
	if a.Address == "" {
		return nil
	}
	return strings.Split(a.Address, "\n")
}

// PhoneLink is the tel: target of the phone number: digits and a leading plus.
func (a Agency) PhoneLink() string {
	return strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, a.Phone)
}

// stylesheet gives the agency's colour and its shades as CSS custom properties.
func (a Agency) stylesheet() string {
	c, err := parseColour(a.Colour)
	if err != nil {
		return "" // check refused it at the start
	}
	return fmt.Sprintf(":root{--agency:%s;--agency-dark:%s;--agency-darker:%s;--agency-pale:%s}\n",
		c, c.mix(rgb{}, 0.22), c.mix(rgb{}, 0.45), c.mix(white, 0.92))
}

// AgencyVersion changes when the agency's stylesheet does.
func (r *Renderer) agencyVersion() string {
	sum := sha256.Sum256([]byte(r.Agency.stylesheet()))
	return hex.EncodeToString(sum[:4])
}

// AgencyCSS serves the agency's colours, at /agency.css.
func (r *Renderer) AgencyCSS(c *gin.Context) {
	cache := "no-cache"
	if c.Query("v") == r.agencyVersion() {
		cache = immutable
	}
	c.Header("Cache-Control", cache)
	c.Data(http.StatusOK, "text/css; charset=utf-8", []byte(r.Agency.stylesheet()))
}

type rgb [3]uint8

func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// mix moves c towards other by share, channel by channel.
func (c rgb) mix(other rgb, share float64) rgb {
	for i := range c {
		c[i] = uint8(math.Round(float64(c[i])*(1-share) + float64(other[i])*share))
	}
	return c
}

func parseColour(s string) (rgb, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil || len(s) != 7 || s[0] != '#' {
		return rgb{}, fmt.Errorf("the colour %q is not of the form #rrggbb", s)
	}
	return rgb{uint8(n >> 16), uint8(n >> 8 & 0xff), uint8(n & 0xff)}, nil //nolint:gosec // 24 bits
}

// luminance is WCAG 2.2's relative luminance.
func (c rgb) luminance() float64 {
	var linear [3]float64
	for i, v := range c {
		s := float64(v) / 255
		if s <= 0.04045 {
			linear[i] = s / 12.92
		} else {
			linear[i] = math.Pow((s+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*linear[0] + 0.7152*linear[1] + 0.0722*linear[2]
}

// contrast is WCAG 2.2's contrast ratio, from 1 to 21.
func contrast(a, b rgb) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}
