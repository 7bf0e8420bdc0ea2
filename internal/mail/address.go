package mail

import (
	"net"
	"strings"

	"golang.org/x/net/idna"
)

// asciiDomain gives the A-labels of a domain (RFC 5890), which every mail server takes.
func asciiDomain(domain string) (string, error) { return idna.Lookup.ToASCII(domain) }

// asciiAddress writes the domain of an address in A-labels; what is no such domain stays as it is.
func asciiAddress(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address
	}
	ascii, err := asciiDomain(address[at+1:])
	if err != nil {
		return address
	}
	return address[:at+1] + ascii
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

// isFullName reports whether a host has a domain.
func isFullName(host string) bool {
	return strings.Contains(strings.TrimSuffix(host, "."), ".")
}

// heloName is what EHLO says: a full host name, else an address literal (RFC 5321, 4.1.3 and 4.1.4), for hardened servers refuse anything
// else. A single label is no full name.
func heloName(name, host string) string {
	if name != "" {
		return name
	}
	if ip := net.ParseIP(host); ip != nil {
		return addressLiteral(ip)
	}
	if ascii, err := asciiDomain(host); err == nil && isFullName(ascii) {
		return ascii
	}
	return addressLiteral(net.IPv4(127, 0, 0, 1))
}

func addressLiteral(ip net.IP) string {
	if v4 := ip.To4(); v4 != nil {
		return "[" + v4.String() + "]"
	}
	return "[IPv6:" + ip.String() + "]"
}
