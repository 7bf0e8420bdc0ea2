package page

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/files"
)

// Download hands out a stored file that somebody sent: only as a download, never as a page of ours, whatever is in it.
func Download(c *gin.Context, store files.Store, key, name, mediaType string) error {
	file, err := store.Open(c.Request.Context(), key)
	if err != nil {
		return fmt.Errorf("open a file: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	Attachment(c, file, name, mediaType)
	return nil
}

// Attachment hands out what somebody sent as Download does, from memory or a file.
func Attachment(c *gin.Context, content io.ReadSeeker, name, mediaType string) {
	h := c.Writer.Header()
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Type", mediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, no-store")
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, content)
}
