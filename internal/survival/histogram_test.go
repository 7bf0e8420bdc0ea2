package survival

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// days are the seconds of a day by the clock on the wall, of eight hours, of an odd one, and of the shortest.
var days = []int64{Day, 8 * 60 * 60, 27_061, 60}

func TestBinsAreNarrow(t *testing.T) {
	t.Parallel()
	for _, day := range days {
		last := -1
		for d := int64(0); d < day<<16; d += 1 + d/4096 {
			bin := Bin(d, day)
			if bin < last || bin >= Bins {
				t.Fatalf("%d is in bin %d, after %d", d, bin, last)
			}
			last = bin
			first, end := edges(bin, day)
			middle := float64(first+end) / 2
			if off := math.Abs(middle - float64(d)); d < first || d > end || off > Precision*float64(d) || d <= 128 && off != 0 {
				t.Fatalf("%d is given back as %g", d, middle)
			}
		}
		for _, d := range []int64{-5, math.MinInt64} {
			if Bin(d, day) != 0 {
				t.Errorf("%d is in bin %d, want 0", d, Bin(d, day))
			}
		}
		for _, d := range []int64{math.MaxInt64, day << 16} {
			if bin := Bin(d, day); bin != Bins-1 {
				t.Errorf("%d is in bin %d, want the last", d, bin)
			}
		}
	}
}

// What happened just within whole days counts within them, and what happened a second later does not.
func TestBinsEndWithDays(t *testing.T) {
	t.Parallel()
	for _, day := range days {
		for n := int64(1); n <= 256; n++ {
			h := Histogram{Day: day}
			h.Add(n*day, true)
			h.Add(n*day+1, true)
			if got := h.Curve().At(float64(n * day)).Value; got != 0.5 {
				t.Errorf("of a day of %d s: after %d days %g still wait, want half", day, n, got)
			}
		}
	}
}

// In bins every figure is within 1 % of the exact one: times of the time, shares of the whole.
func TestBinnedIsWithinOnePercent(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 3))
		n := 20 + r.IntN(4000)
		tie := []float64{1, 60, 3600, 86400}[seed%4]
		var in []Observation
		var left, right Histogram
		for i := range n {
			d := math.Floor(r.ExpFloat64()*math.Exp(r.Float64()*12)/tie) * tie
			o := Observation{Duration: d, Observed: r.Float64() < 0.7}
			in = append(in, o)
			[]*Histogram{&left, &right}[i%2].Add(int64(d), o.Observed)
		}
		left.Join(right)
		exact, binned := KaplanMeier(in), left.Curve()
		if exact.N != binned.N || exact.Events != binned.Events {
			t.Fatalf("seed %d: %d, %d counted, want %d, %d", seed, binned.N, binned.Events, exact.N, exact.Events)
		}
		for _, p := range []float64{0.1, 0.5, 0.9} {
			want, got := exact.Quantile(p), binned.Quantile(p)
			if want.Reached != got.Reached || math.Abs(got.Value-want.Value) > 0.01*want.Value {
				t.Errorf("seed %d: quantile %g is %+v, exact %+v", seed, p, got, want)
			}
		}
		limit := exact.End() / 2
		if want, got := exact.RestrictedMean(limit), binned.RestrictedMean(limit); math.Abs(got.Value-want.Value) > 0.01*want.Value {
			t.Errorf("seed %d: mean %g, exact %g", seed, got.Value, want.Value)
		}
	}
}

func TestFromCounts(t *testing.T) {
	t.Parallel()
	got := FromCounts([]Count{
		{Time: 23, Events: 1}, {Time: 6, Events: 2}, {Time: 6, Events: 1, Censored: 1}, {Time: 7, Events: 1}, {Time: math.NaN(), Events: 9},
		{Time: 5, Events: -3}, {Time: math.Inf(1), Censored: 1}, {Time: -4, Censored: 2},
	})
	want := KaplanMeier(append(weeks(23, 6, 6, 6, -6, 7), Observation{}, Observation{}))
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Curve{}, row{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var nothing Histogram
	if c := nothing.Curve(); c.N != 0 || c.Quantile(0.5).Reached {
		t.Errorf("an empty histogram gives %+v", c)
	}
}

func BenchmarkHistogramAdd(b *testing.B) {
	var h Histogram
	for i := range b.N {
		h.Add(int64(i*7919)%5_000_000, i&7 != 0)
	}
}
