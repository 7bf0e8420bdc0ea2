package mail

import (
	"context"
	"fmt"
)

// Check connects and signs in to the mail server at the address, and sends nothing. For `askwell doctor`.
func Check(ctx context.Context, address string) error {
	server, err := parseServer(address)
	if err != nil {
		return err
	}
	l, err := server.dial(ctx)
	if err != nil {
		return fmt.Errorf("connect to the mail server: %w", err)
	}
	l.quit()
	return nil
}
