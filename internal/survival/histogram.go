package survival

import "math/bits"

// Bins of a Histogram: each holds durations above one edge and up to the next. Edges are counted in parts of a day, 2^dayBits of
// them: every part is one below 2^(subBits+1) parts, and from there 2^subBits of them divide each power of two. So whole days up
// to 256 of them are edges, and what happened within a day, two or fifteen is counted exactly.
const (
	subBits = 7
	dayBits = 17
	maxBits = 33 // 2^16 days

	// Bins is how many there are.
	Bins = (maxBits-subBits+1)<<subBits + 1
)

// Precision is how far at most a time that a Histogram counted lies from the one it is given back as, as a share of it.
const Precision = 1.0 / (1 << (subBits + 1))

// Day is the seconds of a day by the clock on the wall.
const Day = 24 * 60 * 60

// Histogram counts whole durations in bins, for cohorts too large to sort. Up to two minutes it is exact; from there each is taken
// for the middle of its bin, at most Precision away; what is longer than 2^16 days counts as that. The zero value is empty. It takes
// 28 kB, whatever it counts.
type Histogram struct {
	// Day is the seconds of a day by the clock that counts, up to 2^dayBits; 0 is Day. Set it before the first is added; only
	// histograms of one day are joined.
	Day int64

	bins      []bin
	low, high int // all that was counted lies from low to below high
}

type bin struct{ events, censored uint32 }

// Add counts one observation; below 0 counts as 0.
func (h *Histogram) Add(duration int64, observed bool) {
	at := Bin(duration, h.day())
	h.reach(at, at+1)
	if b := &h.bins[at]; observed {
		b.events++
	} else {
		b.censored++
	}
}

// AddBin adds observations whose durations lie in one bin.
func (h *Histogram) AddBin(at int, events, censored uint32) {
	h.reach(at, at+1)
	h.bins[at].events += events
	h.bins[at].censored += censored
}

// Join adds what another has counted.
func (h *Histogram) Join(other Histogram) {
	if other.bins == nil {
		return
	}
	h.reach(other.low, other.high)
	for i, b := range other.bins[other.low:other.high] {
		h.bins[other.low+i].events += b.events
		h.bins[other.low+i].censored += b.censored
	}
}

func (h *Histogram) day() int64 {
	if h.Day == 0 {
		return Day
	}
	return h.Day
}

func (h *Histogram) reach(low, high int) {
	if h.bins == nil {
		h.bins, h.low, h.high = make([]bin, Bins), low, high
	}
	h.low, h.high = min(h.low, low), max(h.high, high)
}

// Curve is the Kaplan-Meier estimate of what was counted. Whose waiting ended without it in one bin was at risk when it happened to
// the others of the bin, as with ties.
func (h Histogram) Curve() Curve {
	counts := make([]Count, 0, h.high-h.low)
	for i := h.low; i < h.high; i++ {
		if b := h.bins[i]; b.events+b.censored > 0 {
			first, last := edges(i, h.day())
			counts = append(counts, Count{Time: float64(first+last) / 2, Events: int(b.events), Censored: int(b.censored)})
		}
	}
	return estimate(counts)
}

// Bin is the bin of a duration, from 0 to below Bins, when a day has so many seconds. It is for those who count in arrays of their
// own, for AddBin.
func Bin(duration, day int64) int {
	if duration <= 0 {
		return 0
	}
	part := uint64((min(duration, 1<<maxBits)<<dayBits - 1) / day) // the parts that are over
	shift := bits.Len64(part) - (subBits + 1)
	if shift <= 0 {
		return int(part) + 1
	}
	return min(shift<<subBits+int(part>>shift)+1, Bins-1)
}

// edges are the first and the last whole duration in a bin.
func edges(bin int, day int64) (first, last int64) {
	if bin == 0 {
		return 0, 0
	}
	bin--
	shift := max(bin>>subBits-1, 0)
	low := int64(bin-shift<<subBits) << shift
	first = low*day>>dayBits + 1
	return first, max(first, (low+1<<shift)*day>>dayBits)
}
