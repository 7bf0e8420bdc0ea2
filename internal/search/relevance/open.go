package relevance

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
)

// atOnce is how many inquiries are opened at a time: on a disk that is written through, each waits for it.
const atOnce = 8

// Open sends the inquiries as the public form does and gives their references by ID. An inquiry that was sent before keeps
// its ticket.
func (s *Set) Open(ctx context.Context, tickets *ticket.Service) (map[string]string, error) {
	references := make(map[string]string, len(s.inquiries))
	var mu sync.Mutex
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(atOnce)
	for _, in := range s.inquiries {
		all.Go(func() error {
			opened, err := tickets.Open(ctx, s.read(in))
			if err != nil {
				return fmt.Errorf("open inquiry %s: %w", in["id"], err)
			}
			mu.Lock()
			defer mu.Unlock()
			references[in["id"]] = opened.Reference
			return nil
		})
	}
	return references, all.Wait()
}

func (s *Set) read(in row) ticket.Inquiry {
	masked := func(text string) string {
		text, _ = identifier.MaskSensitive(text)
		return text
	}
	i := ticket.Inquiry{
		Channel: ticket.ChannelForm, Language: cmp.Or(in["language"], "en"), Category: in["category"],
		Name: in["name"], Email: in["email"], Subject: masked(in["subject"]), Question: masked(in["question"]),
	}
	i.Number = identifier.ReadInquiry(in["account_number"], i.Subject, i.Question)
	sum := sha256.Sum256([]byte(s.Name + in["id"]))
	copy(i.Token[:], sum[:])
	return i
}
