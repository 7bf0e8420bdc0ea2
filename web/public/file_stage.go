package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/web/form"
)

// staged is the answer to a file that was sent ahead of its form. Files are all that the form has now; Draft is the query of the page that
// shows them, "" for a browser without cookies.
type staged struct {
	Files    []form.FileView `json:"files"`
	Problems []string        `json:"problems"`
	Draft    string          `json:"draft"`
}

// StageFile is POST /inquiries/files.json: a file of any form with a token, as soon as it is chosen, or one of its files removed
// (remove=KEY). It waits with the form's draft, and nobody but the form's sender can name it. Anybody may call it. 422 says what is wrong
// with the file; 413 that it is too big.
func (a *Area) StageFile(c *gin.Context) error {
	sent, err := a.Forms.Read(c)
	if err != nil {
		return err
	}
	status := http.StatusOK
	switch {
	case sent.TooLarge:
		status = http.StatusRequestEntityTooLarge
	case !sent.Fresh || len(sent.FileProblems) > 0:
		status = http.StatusUnprocessableEntity
	}
	t := a.Pages.Printer(c)
	if !sent.Fresh {
		sent.FileProblems = append(sent.FileProblems, form.Problem{Field: form.FieldToken, Code: "stale"})
	}
	answer := staged{Files: a.Forms.FileViews(t, sent), Problems: []string{}}
	for _, p := range sent.FileProblems {
		answer.Problems = append(answer.Problems, p.Text(t, "public"))
	}
	sent.FileProblems = nil // they were told
	if status == http.StatusOK {
		answer.Draft = a.Forms.Drafts.SaveFiles(c, sent, draftData{Asker: sent.Raw(fieldAsker)})
	}
	c.JSON(status, answer)
	return nil
}
