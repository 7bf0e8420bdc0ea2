package portal

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/session"
)

// copyOf is all that an account holds, as its owner takes it along. Times are RFC 3339 in UTC.
type copyOf struct {
	Made      time.Time      `json:"made"`
	Account   copiedAccount  `json:"account"`
	Cases     []copiedCase   `json:"cases"`
	Questions []copiedThread `json:"questions"`
	History   []copiedEvent  `json:"history"`
	files     []ticket.Attachment
}

type copiedAccount struct {
	Number      string `json:"number"`
	Name        string `json:"name"`
	Email       string `json:"email"`
	DateOfBirth string `json:"date_of_birth,omitempty"`
	Address     string `json:"address"`
	ANumber     string `json:"a_number,omitempty"`
	Language    string `json:"language"`
}

type copiedCase struct {
	ReceiptNumber string       `json:"receipt_number"`
	Form          string       `json:"form"`
	ReceivedOn    string       `json:"received_on"`
	Status        string       `json:"status"`
	History       []copiedStep `json:"history"`
}

type copiedStep struct {
	Status string    `json:"status"`
	At     time.Time `json:"at"`
}

type copiedThread struct {
	Reference string          `json:"reference"`
	Subject   string          `json:"subject"`
	Opened    time.Time       `json:"opened"`
	Messages  []copiedMessage `json:"messages"`
}

type copiedMessage struct {
	From  string    `json:"from"`           // you, agency, or another: somebody else whose mail the agency added
	Name  string    `json:"name,omitempty"` // of another
	At    time.Time `json:"at"`
	Text  string    `json:"text"`
	Files []string  `json:"files,omitempty"` // their paths in the ZIP file
}

type copiedEvent struct {
	What    string            `json:"what"`
	At      time.Time         `json:"at"`
	Browser string            `json:"browser,omitempty"`
	Network string            `json:"network,omitempty"`
	Before  map[string]string `json:"before,omitempty"`
}

// DownloadForm is GET /account/data, for who is signed in.
func (a *Area) DownloadForm(c *gin.Context) error {
	p := struct{ page.Frame }{a.Pages.Frame(c)}
	p.Title = p.Printer.T("portal.data.title")
	return a.Pages.HTML(c, http.StatusOK, "portal/data", p)
}

// Download is POST /account/data: a ZIP file with data.json and the files. It is written down in the account's history.
func (a *Area) Download(c *gin.Context) error {
	ctx := c.Request.Context()
	mine := owner(c)
	all, err := a.gather(ctx, mine)
	if err != nil {
		return err
	}
	if err := account.Record(ctx, a.Accounts.DB, mine.ID, account.EventDownloaded, a.Now().UTC(), session.Visit(c), account.EventData{}); err != nil {
		return err
	}
	c.Header("Content-Type", "application/zip")
	c.Header("Content-Disposition", `attachment; filename="my-account.zip"`)
	c.Header("Cache-Control", "private, no-store")
	c.Status(http.StatusOK)
	return a.pack(ctx, c.Writer, all)
}

// pack writes the ZIP file as it goes: no file is held in memory. One that the store has lost is left out, and logged.
func (a *Area) pack(ctx context.Context, to io.Writer, all copyOf) error {
	archive := zip.NewWriter(to)
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("write an account's data: %w", err)
	}
	w, err := archive.Create("data.json")
	if err == nil {
		_, err = w.Write(text)
	}
	if err != nil {
		return fmt.Errorf("write an account's data: %w", err)
	}
	for _, f := range all.files {
		if err := a.packFile(ctx, archive, f); err != nil {
			a.Logger.Error("a file is missing in a download", slog.Int64("file", f.ID), slog.Any("error", err))
		}
	}
	return archive.Close()
}

func (a *Area) packFile(ctx context.Context, archive *zip.Writer, f ticket.Attachment) error {
	file, err := a.Files.Open(ctx, f)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // read only
	w, err := archive.Create(pathOf(f))
	if err != nil {
		return err
	}
	_, err = io.Copy(w, file)
	return err
}

// pathOf is where a file stands in the ZIP file; names may be the same, so each has a folder of its own.
func pathOf(f ticket.Attachment) string { return "files/" + strconv.FormatInt(f.ID, 10) + "/" + f.Name }

func (a *Area) gather(ctx context.Context, mine account.Account) (copyOf, error) {
	all := copyOf{Made: a.Now().UTC(), Account: copiedAccount{
		Number: mine.Number, Name: mine.Name, Email: mine.Email, Address: mine.Address, ANumber: mine.ANumber, Language: mine.Language,
	}}
	if mine.DateOfBirth != nil {
		all.Account.DateOfBirth = mine.DateOfBirth.Format(time.DateOnly)
	}
	if err := a.gatherCases(ctx, mine.ID, &all); err != nil {
		return all, err
	}
	for after := (ticket.Cursor{}); ; {
		part, err := a.Tickets.OfAccount(ctx, mine.ID, after, ticket.MaxPage)
		if err != nil {
			return all, err
		}
		for _, q := range part.List {
			if err := a.gatherThread(ctx, mine.ID, q, &all); err != nil {
				return all, err
			}
		}
		if after = part.Next; after.ID == 0 {
			break
		}
	}
	events, err := a.Store.History(ctx, mine.ID, 10_000)
	for _, e := range events {
		happened := copiedEvent{What: string(e.Kind), At: e.At.UTC(), Browser: e.Browser, Before: e.Data.Before}
		if e.Network != nil {
			happened.Network = e.Network.String()
		}
		all.History = append(all.History, happened)
	}
	return all, err
}

func (a *Area) gatherCases(ctx context.Context, id int64, all *copyOf) error {
	cases, err := a.Store.Cases(ctx, id)
	if err != nil {
		return err
	}
	steps, err := a.Store.CaseSteps(ctx, id)
	for _, one := range cases {
		c := copiedCase{ReceiptNumber: one.ReceiptNumber, Form: one.Form, Status: one.Status, ReceivedOn: one.ReceivedOn.Format(time.DateOnly)}
		for _, step := range steps[one.ID] {
			c.History = append(c.History, copiedStep{step.Status, step.At.UTC()})
		}
		all.Cases = append(all.Cases, c)
	}
	return err
}

func (a *Area) gatherThread(ctx context.Context, id int64, q ticket.Question, all *copyOf) error {
	thread, err := a.Tickets.ApplicantThread(ctx, ticket.Owner(id), q.Reference)
	if err != nil {
		return err
	}
	copied := copiedThread{Reference: thread.Reference, Subject: thread.Subject, Opened: thread.OpenedAt.UTC()}
	for _, m := range thread.Messages {
		one := copiedMessage{From: "agency", At: m.At.UTC(), Text: m.Body}
		switch {
		case m.By != "":
			one.From, one.Name = "another", m.By
		case m.Mine:
			one.From = "you"
		}
		for _, f := range m.Files {
			if f.Offered() {
				one.Files = append(one.Files, pathOf(f))
				all.files = append(all.files, f)
			}
		}
		copied.Messages = append(copied.Messages, one)
	}
	all.Questions = append(all.Questions, copied)
	return nil
}
