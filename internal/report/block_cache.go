package report

import (
	"slices"
	"sync"
	"time"
)

// keptBytes is how much memory the blocks may take that a Service keeps: four shapes of a year with ten million tickets.
const keptBytes = 64 << 20

// version is what a packed day was made of: another one when it was made again.
type version struct {
	transaction int64 // that wrote it
	made        int64
}

// blockKey finds a block.
type blockKey struct {
	shape
	from, before int64
}

// kept is a block with the versions of its days, from its first to its last or the newest.
type kept struct {
	*block
	versions []version
	used     int64
}

// keptBlocks are the blocks counted last, so that only those are counted again whose days have changed. They are only ever
// used for the very versions that a report's snapshot holds. Safe for concurrent use.
type keptBlocks struct {
	mu    sync.Mutex
	all   map[blockKey]*kept
	bytes int
	clock int64
}

// get finds a block that holds for the cut-off; nil when there is none.
func (k *keptBlocks) get(key blockKey, versions []version, asOf int64) *block {
	k.mu.Lock()
	defer k.mu.Unlock()
	found := k.all[key]
	if found == nil || !slices.Equal(found.versions, versions) || asOf < found.settled {
		return nil
	}
	k.clock++
	found.used = k.clock
	return found.block
}

// put keeps a block, in the place of those that were not used for the longest time.
func (k *keptBlocks) put(key blockKey, versions []version, b *block) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.all == nil {
		k.all = map[blockKey]*kept{}
	}
	k.drop(key)
	for k.bytes+b.bytes() > keptBytes && len(k.all) > 0 {
		var oldest blockKey
		least := int64(-1)
		for key, one := range k.all {
			if least < 0 || one.used < least {
				oldest, least = key, one.used
			}
		}
		k.drop(oldest)
	}
	k.clock++
	k.all[key] = &kept{block: b, versions: versions, used: k.clock}
	k.bytes += b.bytes()
}

func (k *keptBlocks) drop(key blockKey) {
	if old := k.all[key]; old != nil {
		k.bytes -= old.bytes()
		delete(k.all, key)
	}
}

// packedDays are the days of a period: which are packed, and in which version.
type packedDays struct {
	first, last time.Time
	versions    map[time.Time]version
	unpacked    []time.Time
	tickets     int // of the packed ones
}

// of gives the versions of a span's days; nil when one of them is not packed.
func (d *packedDays) of(s span) (all []version) {
	for day := s.firstDay(); !day.After(s.lastDay()) && !day.After(d.last); day = day.AddDate(0, 0, 1) {
		v, known := d.versions[day]
		if !known {
			return nil
		}
		all = append(all, v)
	}
	return all
}
