package survival

import "math/bits"

// Bins of a Histogram: exact below 2^(subBits+1), from there 2^subBits to each power of two.
const (
	subBits = 7
	maxBits = 32 // 136 years in seconds

	// Bins is how many there are.
	Bins = (maxBits - subBits + 1) << subBits
)

// Precision is how far at most a time that a Histogram counted lies from the one it is given back as, as a share of it.
const Precision = 1.0 / (1 << (subBits + 1))

// Histogram counts whole durations in bins, for cohorts too large to sort. Below 256 it is exact; from there each is taken for the
// middle of its bin, at most Precision away; what is longer than 136 years counts as that. The zero value is empty. It takes
// 26 kB, whatever it counts.
type Histogram struct {
	bins      []bin
	low, high int // all that was counted lies from low to below high
}

type bin struct{ events, censored uint32 }

// Add counts one observation; below 0 counts as 0.
func (h *Histogram) Add(duration int64, observed bool) {
	at := Bin(duration)
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

func (h *Histogram) reach(low, high int) {
	if h.bins == nil {
		h.bins, h.low, h.high = make([]bin, Bins), low, high
	}
	h.low, h.high = min(h.low, low), max(h.high, high)
}

// Curve is the Kaplan-Meier estimate of what was counted.
func (h Histogram) Curve() Curve {
	counts := make([]Count, 0, h.high-h.low)
	for i := h.low; i < h.high; i++ {
		if b := h.bins[i]; b.events+b.censored > 0 {
			counts = append(counts, Count{Time: middleOf(i), Events: int(b.events), Censored: int(b.censored)})
		}
	}
	return estimate(counts)
}

// Bin is the bin of a duration, from 0 to below Bins: the first subBits+1 digits of the binary number, and how many follow. It is
// for those who count in arrays of their own, for AddBin.
func Bin(duration int64) int {
	d := uint64(max(duration, 0))
	shift := bits.Len64(d) - (subBits + 1)
	if shift <= 0 {
		return int(d)
	}
	return min(shift<<subBits+int(d>>shift), Bins-1)
}

func middleOf(bin int) float64 {
	shift := bin>>subBits - 1
	if shift <= 0 {
		return float64(bin)
	}
	low := (bin - shift<<subBits) << shift
	return float64(low) + float64(int(1)<<shift-1)/2
}
