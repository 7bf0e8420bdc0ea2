package ticket

import "context"

// RecordMail notes on a ticket what a mail was that is no message: an automatic answer, one of somebody else, an acknowledgement that
// came back. It changes nothing else, and is noted once for each mail. Called by the worker that reads mails. Errors: not_found.
func (s *Service) RecordMail(ctx context.Context, reference string, kind EventKind, data Data) error {
	_, err := s.changeTicket(ctx, "note a mail on", reference, Worker(), func(c *change) error {
		var noted bool
		err := c.tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM ticket_event WHERE ticket_id = $1 AND kind = $2 AND (data->>'mail')::bigint = $3)`, c.ID, kind, data.Mail).Scan(&noted)
		if err != nil || noted {
			return err
		}
		c.event(kind, data)
		return nil
	})
	return err
}

// RecordFetched notes in a ticket's history that a member of staff fetched something of one of its mails: EventMailFileFetched or
// EventMailSourceFetched. Errors: not_found.
func (s *Service) RecordFetched(ctx context.Context, by Actor, reference string, what EventKind, mail int64) error {
	_, err := s.changeTicket(ctx, "note what was fetched on", reference, by, func(c *change) error {
		c.event(what, Data{Mail: mail})
		return nil
	})
	return err
}
