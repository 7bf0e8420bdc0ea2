package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/sla"
)

// runCalendar shows when the desk works, or sets it: what reports count as working hours.
func runCalendar(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("calendar", "[--set FILE] [--data DIR]")
	data := dataFlag(fs)
	set := fs.String("set", "", "use the calendar in this `file`, in the form that the command prints")
	if err := parse(fs, args); err != nil {
		return err
	}
	cfg, db, err := openTarget(ctx, t, *data, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	reports := report.NewService(db, nil)
	var c sla.Calendar
	if *set == "" {
		c, err = reports.Calendar(ctx, cfg.Agency.TimeZone.String())
	} else if err = readCalendar(*set, &c); err == nil {
		c, err = reports.SetCalendar(ctx, report.CalendarChange{Calendar: c})
	}
	if err != nil {
		return err
	}
	written, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintf(t.err, "version %d\n", c.Version)
	fmt.Fprintln(t.out, string(written))
	return nil
}

func readCalendar(file string, c *sla.Calendar) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var named struct {
		Zone     *string         `json:"zone"`
		Hours    json.RawMessage `json:"hours"`
		Holidays json.RawMessage `json:"holidays"`
	}
	strict := json.NewDecoder(bytes.NewReader(raw))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&named); err != nil {
		return fmt.Errorf("%s: %w (it may name zone, hours and holidays, as askwell calendar prints them)", file, err)
	}
	if named.Zone == nil || *named.Zone == "" {
		return fmt.Errorf(`%s names no zone: add one, like "zone": "America/New_York"`, file)
	}
	if err := json.Unmarshal(raw, c); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
