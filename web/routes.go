package web

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// routes lists every URL, grouped by who may call it.
func (s *site) routes(engine *gin.Engine) {
	engine.NoRoute(handle(noRoute))
	engine.NoMethod(handle(noMethod))
	s.machineRoutes(engine)
	s.publicRoutes(engine)
}

// machineRoutes are for browsers' assets, load balancers and monitoring.
func (s *site) machineRoutes(engine *gin.Engine) {
	engine.GET("/assets/*file", s.Pages.ServeAsset)
	engine.HEAD("/assets/*file", s.Pages.ServeAsset)
	engine.GET("/agency.css", s.Pages.AgencyCSS)
	engine.GET("/robots.txt", s.ops.Robots)
	engine.GET("/healthz", s.ops.Alive)
	engine.GET("/readyz", s.ops.Readiness)
	engine.GET("/metrics", handle(s.ops.Measures))
	if s.Mailbox != nil {
		engine.Any("/dev/mail", gin.WrapH(s.Mailbox))
		engine.Any("/dev/mail/*rest", gin.WrapH(s.Mailbox))
	}
}

// publicRoutes are for anybody.
func (s *site) publicRoutes(engine *gin.Engine) {
	engine.GET("/", handle(s.public.Start))
	engine.GET("/help/account-number", handle(s.public.AccountNumberHelp))
	engine.GET("/inquiries", redirectTo("/inquiries/new"))
	engine.GET("/inquiries/new", handle(s.public.NewInquiry))
	engine.GET("/inquiries/check", redirectTo("/inquiries/new"))
	engine.POST("/inquiries/check", handle(s.public.CheckInquiry))
	engine.POST("/inquiries", handle(s.public.SendInquiry))
	engine.GET("/inquiries/:reference", handle(s.public.Confirmation))
}

// redirectTo sends whoever reloads an address that only takes a form to the page with the form.
func redirectTo(path string) gin.HandlerFunc {
	return func(c *gin.Context) { c.Redirect(http.StatusSeeOther, path) }
}

const (
	kilobyte = 1 << 10
	megabyte = 1 << 20

	// bodyLimit holds for every route that bodyLimits does not name.
	bodyLimit = 64 * kilobyte
)

// bodyLimits are the most bytes that a request to a route may hold. Five files of 10 MB and the text fit into 52 MB.
var bodyLimits = map[string]int64{
	"/inquiries":       52 * megabyte,
	"/inquiries/check": 52 * megabyte,
}
