package thread

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/page"
)

// Solve is POST of "my question is solved".
func (s Side) Solve(c *gin.Context) error {
	return s.act(c, func(ctx context.Context, q asked) error {
		if _, err := s.Tickets.SolveByApplicant(ctx, q.by, q.Reference); err != nil {
			return err
		}
		s.Pages.Flash(c, "success", s.Pages.Printer(c).T("thread.solve.done"))
		c.Redirect(http.StatusSeeOther, q.url)
		return nil
	})
}

// Rate is POST of what the applicant thinks of the answers: one click on yes or no, and words afterwards by who wants to. Words that are
// too long come back with 422.
func (s Side) Rate(c *gin.Context) error {
	if err := form.Parse(c.Request); err != nil {
		return err
	}
	return s.act(c, func(ctx context.Context, q asked) error {
		choice := c.PostForm("helpful")
		if choice != "yes" && choice != "no" {
			return failure.Invalid("helpful", "unknown", "Choose yes or no.")
		}
		f := &sentMessage{Sent: s.Forms.New()}
		broken := f.rate(c, &q)
		words := f.words
		if p, is := form.CheckText("words", words, broken, ticket.MaxRatingWords); is && words != "" {
			return s.show(c, http.StatusUnprocessableEntity, q, f, []form.Problem{p})
		}
		if err := s.Tickets.Rate(ctx, q.by, q.Reference, ticket.Rating{Helpful: choice == "yes", Words: words}); err != nil {
			return err
		}
		if words != "" {
			s.Pages.Flash(c, "success", s.Pages.Printer(c).T("thread.rating.done"))
			c.Redirect(http.StatusSeeOther, q.url)
			return nil
		}
		c.Redirect(http.StatusSeeOther, q.url+"#rating")
		return nil
	})
}

// rate puts a rating as it was typed into its form; broken when it held bytes that are no text.
func (f *sentMessage) rate(c *gin.Context, q *asked) (broken bool) {
	typed, broken := form.Plain(c.PostForm("words"), true)
	words, kinds := identifier.MaskSensitive(typed)
	f.words, f.masked = words, len(kinds) > 0
	q.Rating = &ticket.Rating{Helpful: c.PostForm("helpful") == "yes"}
	return broken
}

// act does something to a question of the reader's. What has changed meanwhile is said on the question's own page.
func (s Side) act(c *gin.Context, do func(ctx context.Context, q asked) error) error {
	ctx, cancel := context.WithTimeout(c.Request.Context(), patience)
	defer cancel()
	q, err := s.read(ctx, c)
	if err != nil {
		return s.turnAway(c, err)
	}
	err = do(ctx, q)
	if failure.Is(err, failure.KindConflict) {
		t := s.Pages.Printer(c)
		return s.show(c, http.StatusConflict, q, &sentMessage{Sent: s.Forms.New()}, nil,
			page.Notice{Kind: "error", Title: t.T("thread.changed.title"), Text: t.T("thread.changed.text")})
	}
	return err
}

// File is GET of a file in the question, as a download alone, and only once it is known to carry no virus. Errors: not_found for
// another's file as for none.
func (s Side) File(c *gin.Context) error {
	ctx := c.Request.Context()
	q, err := s.read(ctx, c)
	if err != nil {
		return s.turnAway(c, err)
	}
	id, _ := strconv.ParseInt(c.Param("file"), 10, 64) // 0, which no file has, for what is none
	found, err := q.File(id)
	if err != nil {
		return err
	}
	return page.FileDoor{Store: s.Files, Scanner: s.Scanner, Tickets: s.Tickets}.Hand(c, found)
}
