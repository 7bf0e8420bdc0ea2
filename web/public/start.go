package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/web/page"
)

// textPage is a page of text.
type textPage struct {
	page.Frame
	Within int // days in which most questions are answered
}

// Start is GET /: what one can do here. Anybody may call it.
func (a *Area) Start(c *gin.Context) error { return a.showText(c, "start") }

func (a *Area) showText(c *gin.Context, name string) error {
	frame := a.Pages.Frame(c)
	frame.Title = frame.Printer.T("public." + name + ".title")
	return a.Pages.HTML(c, http.StatusOK, "public/"+name, textPage{Frame: frame, Within: a.Settings.Agency.AnswerWithin})
}
