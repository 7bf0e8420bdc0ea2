package config

import (
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // time zones on machines that have none

	"github.com/askwell/askwell/internal/identifier"
)

func readURL(field func(*Config) *string, schemes ...string) func(*Config, string) error {
	return func(c *Config, v string) error {
		if v == "" {
			return nil
		}
		u, err := url.Parse(v)
		if err != nil {
			return errors.New("is no URL") // the parser's own words would repeat a password
		}
		if err := oneOf(u.Scheme, schemes...); err != nil {
			return fmt.Errorf("must begin with %s://", strings.Join(schemes, ":// or "))
		}
		if u.Host == "" && u.Path == "" {
			return errors.New("names no host")
		}
		*field(c) = v
		return nil
	}
}

func readBaseURL(c *Config, v string) error {
	const shape = "must be like https://help.example.org"
	u, err := url.Parse(strings.TrimRight(v, "/"))
	switch {
	case err != nil || u.Hostname() == "" || oneOf(u.Scheme, "http", "https") != nil:
		return errors.New(shape)
	case u.User != nil:
		return errors.New(shape + ", without a name and a password")
	case u.Path != "":
		return errors.New(shape + ", without a path: Askwell needs a host name to itself")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New(shape + ", and end there, without ? and #")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return errors.New(shape + ", with a port from 1 to 65535 if with one")
		}
	}
	// As browsers write an origin: two spellings of one are one.
	u.Host = strings.ToLower(u.Host)
	if standard := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]; strings.HasSuffix(u.Host, standard) {
		u.Host = strings.TrimSuffix(u.Host, standard)
	}
	c.BaseURL = u
	return nil
}

// readSince reads a day, or all.
func readSince(c *Config, v string) (err error) {
	switch v = strings.ToLower(strings.TrimSpace(v)); v {
	case "":
	case "all":
		c.InboundIMAPAll = true
	default:
		if c.InboundIMAPSince, err = time.Parse(time.DateOnly, v); err != nil {
			return errors.New("must be a day like 2026-12-01, or all")
		}
	}
	return nil
}

// hostName is a host's name or a name in DNS below a domain's, in letters of ASCII.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)

// readHelo reads the name for EHLO: a host's full name, or an address literal (RFC 5321, 4.1.1.1).
func readHelo(c *Config, v string) error {
	literal := strings.HasPrefix(v, "[") && strings.HasSuffix(v, "]") && len(v) > 2
	if v = strings.TrimSpace(v); v != "" && !literal && (!hostName.MatchString(v) || !strings.Contains(v, ".")) {
		return errors.New("must be a full host name like help.example.org, or an address like [192.0.2.1]")
	}
	c.SMTPHelo = v
	return nil
}

func readDKIMName(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		if v = strings.ToLower(strings.TrimSpace(v)); v != "" && !hostName.MatchString(v) {
			return errors.New("must be a name in DNS, like askwell or example.org")
		}
		*field(c) = v
		return nil
	}
}

// readPlainMail reads an address without a name.
func readPlainMail(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		if parsed, err := mail.ParseAddress(v); err != nil || parsed.Address != v {
			return errors.New("must be an address like help@example.org, without a name")
		}
		*field(c) = v
		return nil
	}
}

func readMail(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		if v == "" {
			return nil
		}
		v = identifier.CleanEmail(v)
		if _, err := mail.ParseAddress(v); err != nil {
			return errors.New("must be like help@example.org or Name <help@example.org>")
		}
		*field(c) = v
		return nil
	}
}

// cleaned reads an address that is checked nowhere else, without what does not show.
func cleaned(read func(*Config, string) error) func(*Config, string) error {
	return func(c *Config, v string) error { return read(c, identifier.CleanEmail(v)) }
}

// readAddress reads a plain address, without a name.
func readAddress(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		if v == "" {
			return nil
		}
		v = identifier.CleanEmail(v)
		parsed, err := mail.ParseAddress(v)
		if err != nil || parsed.Address != v || strings.Contains(v, "+") {
			return errors.New("must be like reply@help.example.org, without a name and without a +")
		}
		*field(c) = v
		return nil
	}
}

func readAddresses(c *Config, v string) error {
	for part := range strings.SplitSeq(v, ",") {
		if part = identifier.CleanEmail(part); part == "" {
			continue
		}
		if parsed, err := mail.ParseAddress(part); err != nil || parsed.Address != part {
			return errors.New("must be addresses like help@example.org, separated by commas")
		}
		c.InboundAddresses = append(c.InboundAddresses, part)
	}
	return nil
}

func readKeys(c *Config, v string) error {
	for _, key := range strings.Split(v, ",") {
		if key = strings.TrimSpace(key); key == "" {
			continue
		}
		if len(key) < 32 {
			return errors.New("needs at least 32 characters; make one with: openssl rand -base64 33")
		}
		c.SecretKeys = append(c.SecretKeys, []byte(key))
	}
	return nil
}

func readProxies(c *Config, v string) error {
	for _, part := range strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' }) {
		prefix, err := netip.ParsePrefix(part)
		if err != nil {
			addr, errAddr := netip.ParseAddr(part)
			if errAddr != nil {
				return fmt.Errorf("%q is no network; write 10.0.0.0/8 or 10.1.2.3", part)
			}
			prefix = netip.PrefixFrom(addr.WithZone(""), addr.BitLen())
		}
		if prefix.Addr().Is4In6() && prefix.Bits() >= 96 { // connections are compared as the IPv4 that they are
			prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
		}
		if prefix.Bits() == 0 {
			return fmt.Errorf("%q is everybody: with it each visitor can pretend to be another; write your proxy's own address or network, like 10.1.2.3", part)
		}
		prefix = prefix.Masked()
		c.TrustedProxies = append(c.TrustedProxies, prefix)
	}
	return nil
}

func readInt(field func(*Config) *int, low, high int) func(*Config, string) error {
	return func(c *Config, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < low || n > high {
			return fmt.Errorf("must be a whole number from %d to %d", low, high)
		}
		*field(c) = n
		return nil
	}
}

func readDuration(field func(*Config) *time.Duration, low, high time.Duration) func(*Config, string) error {
	return func(c *Config, v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || d < low || d > high {
			return fmt.Errorf("must be a time like 3s or 2m, up to %s", high)
		}
		*field(c) = d
		return nil
	}
}

func readZone(c *Config, v string) error {
	zone, err := time.LoadLocation(v)
	if err != nil {
		return errors.New("must be a name like America/New_York")
	}
	c.Agency.TimeZone = zone
	return nil
}

var colorShape = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func readColor(c *Config, v string) error {
	if !colorShape.MatchString(v) {
		return errors.New("must be like #1a4480")
	}
	c.Agency.Color = strings.ToLower(v)
	return nil
}

// readFormRate reads "address:60/1h,email:20/1h", either part alone, or "off".
func readFormRate(c *Config, v string) error {
	c.FormRate = FormRate{}
	return readRates(v, "address:60/1h,email:20/1h", map[string]*Rate{"address": &c.FormRate.Address, "email": &c.FormRate.Email})
}

// readRequestRate reads "address:30/1h,network:300/1h,email:6/1h", some of the parts, or "off".
func readRequestRate(c *Config, v string) error {
	c.RequestRate = RequestRate{}
	return readRates(v, "address:30/1h,network:300/1h,email:6/1h", map[string]*Rate{
		"address": &c.RequestRate.Address, "network": &c.RequestRate.Network, "email": &c.RequestRate.Email,
	})
}

func readRates(v, example string, targets map[string]*Rate) error {
	if v == "off" {
		return nil
	}
	for part := range strings.SplitSeq(v, ",") {
		what, rate, found := strings.Cut(strings.TrimSpace(part), ":")
		target := targets[what]
		if !found || target == nil {
			return fmt.Errorf("must be like %s, or off", example)
		}
		parsed, err := parseRate(rate)
		if err != nil {
			return err
		}
		*target = parsed
	}
	return nil
}

func parseRate(v string) (Rate, error) {
	count, per, found := strings.Cut(v, "/")
	n, errCount := strconv.Atoi(count)
	d, errPer := time.ParseDuration(per)
	if !found || errCount != nil || errPer != nil || n < 1 || d < time.Second {
		return Rate{}, fmt.Errorf("%q is no rate; write 60/1h for sixty an hour", v)
	}
	return Rate{Count: n, Per: d}, nil
}
