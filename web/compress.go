package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/web/page"
)

// compressFrom is the size in bytes from which compressing pays.
const compressFrom = 1400

var gzipWriters = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // the level is a valid one
	return w
}}

// compress sends pages and JSON gzipped to whoever takes it. Assets lie compressed already, streams and downloads pass. A page
// never mixes a secret with what another site made it show, because forms of other sites are refused: so its length tells
// nothing.
func compress(c *gin.Context) {
	c.Writer = &gzipResponse{ResponseWriter: c.Writer, accepted: page.Accepts(c.Request.Header, "gzip")}
	c.Next()
}

// gzipResponse compresses an answer that is written whole in one Write, as pages are. One that says that there is too much to do costs as little
// as can be.
type gzipResponse struct {
	gin.ResponseWriter
	accepted bool
}

func (w *gzipResponse) Write(data []byte) (int, error) {
	h := w.Header()
	if !w.Written() && compressible(h.Get("Content-Type")) && !strings.Contains(strings.Join(h["Vary"], ","), "Accept-Encoding") {
		h.Add("Vary", "Accept-Encoding")
	}
	if !w.accepted || w.Written() || len(data) < compressFrom || w.Status() == http.StatusServiceUnavailable || h.Get("Content-Encoding") != "" || !compressible(h.Get("Content-Type")) {
		return w.ResponseWriter.Write(data)
	}
	h.Set("Content-Encoding", "gzip")
	h.Del("Content-Length")
	zip := gzipWriters.Get().(*gzip.Writer)
	defer gzipWriters.Put(zip)
	zip.Reset(w.ResponseWriter)
	if _, err := zip.Write(data); err != nil {
		return 0, err
	}
	return len(data), zip.Close()
}

// Unwrap lets a deadline reach the connection.
func (w *gzipResponse) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteString is Write.
func (w *gzipResponse) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

func compressible(contentType string) bool {
	return strings.HasPrefix(contentType, "text/html") || strings.HasPrefix(contentType, "application/json")
}
