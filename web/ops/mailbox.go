package ops

import (
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/web/remote"
)

// MayReadMailbox reports whether the mailbox of `up` is shown at all: never on a site that others open over https, where a proxy stands
// in front.
func MayReadMailbox(base *url.URL) bool { return base == nil || base.Scheme != "https" }

// GuardMailbox lets only this machine read applicants' mail. Error: forbidden.
func (a *Area) GuardMailbox(c *gin.Context) error {
	if !MayReadMailbox(a.BaseURL) || !remote.Direct(c.Request, a.BaseURL) {
		return failure.Forbidden("The mailbox can be read in a browser on the machine itself only, at a loopback address.")
	}
	return nil
}
