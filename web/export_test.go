package web

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"github.com/askwell/askwell/web/limit"
)

// RoutesOf lists every URL of a site.
func RoutesOf(cfg Config) (gin.RoutesInfo, error) {
	engine, err := build(cfg, newAdmission(1))
	if err != nil {
		return nil, err
	}
	return engine.Routes(), nil
}

// NewFull makes a site without a free slot.
func NewFull(cfg Config) (http.Handler, error) {
	none := limit.NewSlots(0, 0)
	return build(cfg, admission{forms: none, pages: none, accounts: none, staff: none, refusals: rate.NewLimiter(rate.Inf, 0)})
}
