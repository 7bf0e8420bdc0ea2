package ops

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/web/remote"
)

// Probe tells `askwell doctor` how its request arrived, and anybody else that there is no such page. A body that comes with it is not read: only
// what stands in front may have something against its size. Error: not found.
func (a *Area) Probe(c *gin.Context) error {
	answer, err := remote.Answer(c.Request, a.Keys, a.Now(), a.Watch.Shared())
	if err != nil {
		return failure.NotFound("This page does not exist.")
	}
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, "application/json", answer)
	return nil
}
