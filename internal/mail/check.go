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
	client, err := server.client()
	if err != nil {
		return fmt.Errorf("set up the mail client: %w", err)
	}
	if err := client.DialWithContext(ctx); err != nil {
		return fmt.Errorf("connect to the mail server: %w", errSafe{err})
	}
	return client.Close()
}
