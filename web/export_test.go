package web

import "github.com/gin-gonic/gin"

// RoutesOf lists every URL of a site.
func RoutesOf(cfg Config) (gin.RoutesInfo, error) {
	engine, err := build(cfg)
	if err != nil {
		return nil, err
	}
	return engine.Routes(), nil
}
