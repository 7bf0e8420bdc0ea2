//go:build surroundings

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSurroundingsNginx(t *testing.T) {
	t.Parallel()
	p := startProxied(t)
	site := docBlock(t, "proxy.md", "nginx", p.places(
		"listen 443 ssl", "listen "+p.https+" ssl", "listen [::]:443 ssl", "listen "+p.https6+" ssl", "listen 80;", "listen "+p.http+";", "    listen [::]:80;\n", "",
		"/var/log/nginx", filepath.Join(p.dir, "log"))...)
	account := ""
	if os.Getuid() == 0 {
		account = "user www-data;\n"
	}
	var temporary strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temporary, "%s_temp_path %s;\n", kind, filepath.Join(p.dir, kind))
	}
	main := p.write("nginx.conf", account+"daemon off;\nworker_processes 2;\npid "+filepath.Join(p.dir, "nginx.pid")+";\nerror_log stderr;\nevents {}\nhttp {\n"+temporary.String()+site+"}\n")
	startProgram(t, "nginx", "-c", main, "-p", p.dir, "-e", "stderr")
	listening(t, "tcp", p.https)
	p.accessLogged = p.logFile("askwell.log")
	p.hold()
}

func TestSurroundingsHaproxy(t *testing.T) {
	t.Parallel()
	p := startProxied(t)
	p.write("askwell.http", strings.ReplaceAll(docBlock(t, "proxy.md", "haproxy-unavailable")+"\n", "\n", "\r\n")+docBlock(t, "proxy.md", "unavailable"))
	log, logged := syslog(t)
	conf := docBlock(t, "proxy.md", "haproxy", p.places(
		"bind 0.0.0.0:443 ssl", "bind "+p.https+" ssl", "bind [::]:443 v6only ssl", "bind "+p.https6+" v6only ssl", "bind 0.0.0.0:80", "bind "+p.http, "    bind [::]:80 v6only\n", "",
		"/etc/haproxy/errors", p.dir, "log /dev/log local0", "log "+log+" local0")...)
	startProgram(t, "haproxy", "-db", "-f", p.write("haproxy.cfg", conf))
	listening(t, "tcp", p.https)
	p.accessLogged = logged
	p.hold()
}

// syslog collects what is sent to an address by UDP.
func syslog(t *testing.T) (address string, logged func() string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	var text output
	go func() {
		line := make([]byte, 64<<10)
		for {
			n, _, err := conn.ReadFrom(line)
			if err != nil {
				return
			}
			_, _ = text.Write(append(line[:n:n], '\n'))
		}
	}()
	return conn.LocalAddr().String(), text.String
}

func TestSurroundingsApache(t *testing.T) {
	t.Parallel()
	p := startProxied(t)
	site := docBlock(t, "proxy.md", "apache", p.places("<VirtualHost *:443>", "<VirtualHost "+p.https+" "+p.https6+">", "<VirtualHost *:80>", "<VirtualHost "+p.http+">", "/var/log/apache2", filepath.Join(p.dir, "log"))...)
	var main strings.Builder
	modules := "mpm_event authz_core alias mime dir log_config ssl socache_shmcb headers proxy proxy_http proxy_balancer lbmethod_byrequests slotmem_shm setenvif unique_id"
	for module := range strings.FieldsSeq(modules) {
		if path := "/usr/lib/apache2/modules/mod_" + module + ".so"; exists(path) { // others are built in
			fmt.Fprintf(&main, "LoadModule %s_module %s\n", module, path)
		}
	}
	fmt.Fprintf(&main, "ServerRoot %s\nDefaultRuntimeDir %s\nPidFile %s\nErrorLog /dev/stderr\nServerName localhost\nTypesConfig /dev/null\nAddType text/html .html\n", p.dir, p.dir, filepath.Join(p.dir, "apache.pid"))
	if os.Getuid() == 0 {
		main.WriteString("User www-data\nGroup www-data\n")
	}
	for _, address := range []string{p.https, p.https6, p.http} {
		fmt.Fprintf(&main, "Listen %s\n", address)
	}
	startProgram(t, "apache2", "-DFOREGROUND", "-f", p.write("apache.conf", main.String()+site))
	listening(t, "tcp", p.https)
	p.accessLogged = p.logFile("askwell.log")
	p.hold()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestSurroundingsCaddy(t *testing.T) {
	t.Parallel()
	p := startProxied(t)
	site := docBlock(t, "proxy.md", "caddy", p.places("help.example.org {", "https://localhost:"+portIn(p.https)+", https://127.0.0.1:"+portIn(p.https)+" {\nbind 127.0.0.1", "/var/log/caddy", filepath.Join(p.dir, "log"))...)
	site6 := strings.Replace(site, "https://localhost:"+portIn(p.https)+", https://127.0.0.1:"+portIn(p.https)+" {\nbind 127.0.0.1", "https://[::1]:"+portIn(p.https6)+" {\nbind ::1", 1)
	options := fmt.Sprintf("{\nadmin off\nhttp_port %s\nhttps_port %s\ndefault_sni localhost\nstorage file_system %s\n}\n", portIn(p.http), portIn(p.https), filepath.Join(p.dir, "caddy"))
	startProgram(t, "env", "XDG_CONFIG_HOME="+p.dir, "XDG_DATA_HOME="+p.dir, program(t, "caddy"), "run", "--adapter", "caddyfile", "--config", p.write("Caddyfile", options+site+site6))
	listening(t, "tcp", p.https)
	p.leadsTo, p.accessLogged = "localhost", p.logFile("askwell.log") // Caddy leaves the port out that it takes for that of https
	p.hold()
}

// places replaces what is different here in any of the configurations, further pairs first.
func (p *proxied) places(further ...string) []string {
	conf := strings.Join(further, "\n")
	pairs := append(further, "127.0.0.1:8081", p.backs[0], "127.0.0.1:8082", p.backs[1], "/var/www/askwell", filepath.Join(p.dir, "www"))
	switch {
	case strings.Contains(conf, "haproxy"):
		pairs = append(pairs[:len(pairs)-2], "/etc/ssl/private/help.example.org.both.pem", filepath.Join(p.dir, "both.pem"), "https://help.example.org", "https://"+p.name(), "help.example.org", "localhost")
	case strings.Contains(conf, "caddy"):
		pairs = append(pairs, "/etc/ssl/private/help.example.org.pem", p.CertFile, "/etc/ssl/private/help.example.org.key", p.KeyFile)
	default:
		pairs = append(pairs, "/etc/ssl/private/help.example.org.pem", p.CertFile, "/etc/ssl/private/help.example.org.key", p.KeyFile,
			"https://help.example.org", "https://"+p.name(), "help.example.org", "localhost")
	}
	return pairs
}
