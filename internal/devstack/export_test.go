package devstack

import (
	"net"
	"strconv"
)

// PortOf is the port in an address.
func PortOf(addr string) int {
	_, port, _ := net.SplitHostPort(addr)
	n, _ := strconv.Atoi(port)
	return n
}
