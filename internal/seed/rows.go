package seed

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// table is where rows go, and the columns that they fill. The rest is filled by the columns' defaults.
type table struct {
	name    string
	columns []string
}

// rows are some rows of a table as COPY reads them (PostgreSQL, COPY, "Binary Format"): the values of a row one after the other,
// each with its length. Writing them at once, and not by way of []any, is what makes ten million tickets a matter of minutes.
type rows struct {
	table
	count int
	data  []byte
}

func (r *rows) reset() {
	r.count = 0
	r.data = append(r.data[:0], "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
}

// next begins a row; a value for each of the table's columns must follow.
func (r *rows) next() {
	r.count++
	r.data = binary.BigEndian.AppendUint16(r.data, uint16(len(r.columns)))
}

func (r *rows) length(n int) { r.data = binary.BigEndian.AppendUint32(r.data, uint32(n)) }

func (r *rows) null() { r.length(-1) }

func (r *rows) text(s string) {
	r.length(len(s))
	r.data = append(r.data, s...)
}

// textOrNull writes NULL for "".
func (r *rows) textOrNull(s string) {
	if s == "" {
		r.null()
		return
	}
	r.text(s)
}

func (r *rows) bigint(n int64) {
	r.length(8)
	r.data = binary.BigEndian.AppendUint64(r.data, uint64(n))
}

func (r *rows) bigintOrNull(n *int64) {
	if n == nil {
		r.null()
		return
	}
	r.bigint(*n)
}

// integerOrNull writes NULL for a number below 0.
func (r *rows) integerOrNull(n int32) {
	if n < 0 {
		r.null()
		return
	}
	r.length(4)
	r.data = binary.BigEndian.AppendUint32(r.data, uint32(n))
}

func (r *rows) boolean(b bool) {
	r.length(1)
	if b {
		r.data = append(r.data, 1)
		return
	}
	r.data = append(r.data, 0)
}

var epoch = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// time writes a timestamptz: microseconds since 2000.
func (r *rows) time(t time.Time) { r.bigint(t.UnixMicro() - epoch.UnixMicro()) }

func (r *rows) timeOrNull(t *time.Time) {
	if t == nil {
		r.null()
		return
	}
	r.time(*t)
}

// date writes the day of a time in UTC: days since 2000.
func (r *rows) date(t time.Time) {
	const day = 24 * 60 * 60
	seconds := t.Unix() - epoch.Unix()
	days := seconds / day
	if seconds%day < 0 {
		days--
	}
	r.length(4)
	r.data = binary.BigEndian.AppendUint32(r.data, uint32(days))
}

// array writes a text[].
func array[T ~string](r *rows, elements []T) {
	const oidOfText = 25
	at := len(r.data)
	r.length(0)
	dimensions := min(len(elements), 1)
	for _, n := range []int{dimensions, 0, oidOfText} {
		r.length(n)
	}
	if dimensions > 0 {
		r.length(len(elements))
		r.length(1) // the first has the number 1
	}
	for _, e := range elements {
		r.text(string(e))
	}
	binary.BigEndian.PutUint32(r.data[at:], uint32(len(r.data)-at-4))
}

// json writes a jsonb; write appends its text.
func (r *rows) json(write func([]byte) []byte) {
	at := len(r.data)
	r.length(0)
	r.data = write(append(r.data, 1)) // the version of the format
	binary.BigEndian.PutUint32(r.data[at:], uint32(len(r.data)-at-4))
}

// copyInto sends the rows; frozen says that the table is of this transaction and nobody else can see it.
func (r *rows) copyInto(ctx context.Context, tx pgx.Tx, frozen bool) error {
	if r.count == 0 {
		return nil
	}
	options := "FORMAT binary"
	if frozen {
		options += ", FREEZE"
	}
	sql := fmt.Sprintf("COPY %s (%s) FROM STDIN (%s)", r.name, strings.Join(r.columns, ", "), options)
	r.data = append(r.data, 0xff, 0xff) // the end
	tag, err := tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(r.data), sql)
	if err == nil && tag.RowsAffected() != int64(r.count) {
		err = fmt.Errorf("%d of %d rows arrived in %s", tag.RowsAffected(), r.count, r.name)
	}
	return err
}
