package page

import (
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// Attachment hands out what somebody sent only as a download, never as a page of ours, whatever is in it.
func Attachment(c *gin.Context, content io.ReadSeeker, name, mediaType string) {
	h := c.Writer.Header()
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Type", mediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, no-store")
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, content)
}
