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
type Histogram struct{ bins []bin }

type bin struct{ events, censored uint32 }

// Add counts one observation; below 0 counts as 0.
func (h *Histogram) Add(duration int64, observed bool) {
	if h.bins == nil {
		h.bins = make([]bin, Bins)
	}
	if b := &h.bins[Bin(duration)]; observed {
		b.events++
	} else {
		b.censored++
	}
}

// AddBin adds observations whose durations lie in one bin.
func (h *Histogram) AddBin(at int, events, censored uint32) {
	if h.bins == nil {
		h.bins = make([]bin, Bins)
	}
	h.bins[at].events += events
	h.bins[at].censored += censored
}

// Join adds what another has counted.
func (h *Histogram) Join(other Histogram) {
	if h.bins == nil && other.bins != nil {
		h.bins = make([]bin, Bins)
	}
	for i, b := range other.bins {
		h.bins[i].events += b.events
		h.bins[i].censored += b.censored
	}
}

// Curve is the Kaplan-Meier estimate of what was counted.
func (h Histogram) Curve() Curve {
	counts := make([]Count, 0, len(h.bins))
	for i, b := range h.bins {
		if b.events+b.censored > 0 {
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
