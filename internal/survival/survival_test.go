package survival

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Published trials: weeks of remission under 6-MP and placebo (Freireich 1963, Gehan 1965), and weeks to relapse of acute
// myelogenous leukaemia with and without maintenance (Miller 1981). A minus sign marks what was censored.
var (
	sixMP         = weeks(10, 7, -32, 23, 22, 6, 16, -34, -32, -25, -11, -20, -19, 6, -17, -35, 6, 13, -9, -6, -10)
	placebo       = weeks(1, 22, 3, 12, 8, 17, 2, 11, 8, 12, 2, 5, 4, 15, 8, 23, 5, 11, 4, 1, 8)
	maintained    = weeks(9, 13, -13, 18, 23, -28, 31, 34, -45, 48, -161)
	notMaintained = weeks(5, 5, 8, 8, 12, -16, 23, 27, 30, 33, 43, 45)
)

func weeks(times ...float64) []Observation {
	out := make([]Observation, len(times))
	for i, t := range times {
		out[i] = Observation{Duration: math.Abs(t), Observed: t > 0}
	}
	return out
}

// within compares figures that were published with so many digits.
func within(margin float64) cmp.Option { return cmpopts.EquateApprox(0, margin) }

// The values of R's survival package for the two trials (therneau/survival, tests; Kleinbaum and Klein, 3rd edition).
func TestKaplanMeierPublished(t *testing.T) {
	t.Parallel()
	c := KaplanMeier(sixMP)
	for at, want := range map[float64][2]float64{
		6: {0.8571, 0.0764}, 7: {0.8067, 0.0869}, 10: {0.7529, 0.0963}, 13: {0.6902, 0.1068}, 16: {0.6275, 0.1141}, 22: {0.5378, 0.1282},
		23: {0.4482, 0.1346},
	} {
		s := c.At(at)
		if diff := cmp.Diff(want, [2]float64{s.Value, s.StdErr}, within(0.00005)); diff != "" {
			t.Errorf("6-MP at %g weeks: S and its error (-want +got):\n%s", at, diff)
		}
	}
	c = KaplanMeier(maintained)
	for at, want := range map[float64][4]float64{
		9: {0.909, 0.0867, 0.7541, 1}, 13: {0.818, 0.1163, 0.6192, 1}, 18: {0.716, 0.1397, 0.4884, 1}, 23: {0.614, 0.1526, 0.3769, 0.999},
		31: {0.491, 0.1642, 0.2549, 0.946}, 34: {0.368, 0.1627, 0.1549, 0.875}, 48: {0.184, 0.1535, 0.0359, 0.944},
	} {
		s := c.At(at)
		if diff := cmp.Diff(want, [4]float64{s.Value, s.StdErr, s.Low, s.High}, within(0.0006)); diff != "" {
			t.Errorf("maintained at %g weeks: S, its error and interval (-want +got):\n%s", at, diff)
		}
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	all := Estimate{Reached: true, LowReached: true, HighReached: true}
	reached := func(value float64) Estimate { return Estimate{Value: value, Reached: true} }
	tests := []struct {
		name string
		in   []Observation
		p    float64
		want Estimate
		flat bool // look at the value alone
	}{
		{"maintained, R's interval", maintained, 0.5, Estimate{Value: 31, Low: 18, Reached: true, LowReached: true}, false},
		{"not maintained, R's interval", notMaintained, 0.5, Estimate{Value: 23, Low: 8, Reached: true, LowReached: true}, false},
		{"6-MP", sixMP, 0.5, reached(23), true},
		{"placebo", placebo, 0.5, reached(8), true},
		{"half of an even number: the middle", weeks(1, 2, 3, 4), 0.5, reached(2.5), true},
		{"half of an odd number", weeks(1, 2, 3), 0.5, reached(2), true},
		{"exactly at the level up to the end", weeks(1, 2, -3, -9), 0.5, reached(5.5), true},
		{"S is 0.1 but for rounding", weeks(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 0.9, reached(9.5), true},
		{"everything", weeks(1, 2, 3), 1, reached(3), true},
		{"not reached", weeks(1, -2, -3), 0.5, Estimate{}, true},
		{"ties", weeks(5, 5, 5), 0.5, reached(5), true},
		{"one observation", weeks(7), 0.5, reached(7), false},
		{"one, censored", weeks(-7), 0.5, Estimate{}, false},
		{"all censored", weeks(-1, -2, -3), 0.5, Estimate{}, false},
		{"empty", nil, 0.5, Estimate{}, false},
		{"no share", weeks(1, 2), 0, Estimate{}, false},
		{"too large a share", weeks(1, 2), 1.1, Estimate{}, false},
		{"no number", weeks(1, 2), math.NaN(), Estimate{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := KaplanMeier(tt.in).Quantile(tt.p)
			if tt.flat {
				got.Low, got.High, got.LowReached, got.HighReached = 0, 0, false, false
			}
			if diff := cmp.Diff(tt.want, got, within(1e-9)); diff != "" {
				t.Errorf("Quantile(%g) (-want +got):\n%s", tt.p, diff)
			}
		})
	}
	// Of 100 in a row without censoring, S(t) = 1 - t/100 and its log has the variance t/(100(100-t)): the lower limit comes
	// below one half at 42 (0.4909, from 0.5011) and the upper at 61 (0.4983, from 0.5085): worked out with another program.
	var row []Observation
	for i := range 100 {
		row = append(row, Observation{Duration: float64(i + 1), Observed: true})
	}
	want := all
	want.Value, want.Low, want.High = 50.5, 42, 61
	if diff := cmp.Diff(want, KaplanMeier(row).Quantile(0.5), within(1e-9)); diff != "" {
		t.Errorf("median of 1 to 100 (-want +got):\n%s", diff)
	}
}

func TestAtTheEdges(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		in   []Observation
		at   float64
		want Share
	}{
		// Clopper and Pearson's intervals, from tables: of 2 it happened to none, 0 to 84.19 %; of 1 to none, 0 to 97.5 %; of 22, 0 to
		// 15.44 %.
		{"before the first event", weeks(5, -9), 4, Share{Value: 1, Low: 0.1581, High: 1, Known: true}},
		{"nobody waits any more", weeks(5, 9), 9, Share{High: 0.8419, Known: true}},
		{"long after the last event", weeks(5, 9), 900, Share{High: 0.8419, Known: true}},
		{"beyond the data", weeks(-5), 6, Share{Value: 1, Low: 1, High: 1}},
		{"at the end of the data", weeks(-5), 5, Share{Value: 1, Low: 0.025, High: 1, Known: true}},
		{"empty", nil, 1, Share{Value: 1, Low: 1, High: 1}},
		{"below zero counts as zero", []Observation{{Duration: -3, Observed: true}}, 0, Share{High: 0.975, Known: true}},
		{"none of 22 by then", weeks(slices.Repeat([]float64{-7}, 22)...), 3, Share{Value: 1, Low: 1 - 0.1544, High: 1, Known: true}},
		{"all of 22 by then", weeks(slices.Repeat([]float64{7}, 22)...), 8, Share{High: 0.1544, Known: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, KaplanMeier(tt.in).At(tt.at), within(5e-5)); diff != "" {
				t.Errorf("At(%g) (-want +got):\n%s", tt.at, diff)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	in := append(weeks(3, -3, 1, -7), Observation{Duration: math.NaN(), Observed: true}, Observation{Duration: math.Inf(1)})
	c := KaplanMeier(in)
	if c.N != 4 || c.Events != 2 || c.Censored != 2 || c.End() != 7 {
		t.Errorf("n, events, censored, end = %d, %d, %d, %g, want 4, 2, 2, 7", c.N, c.Events, c.Censored, c.End())
	}
	for at, want := range map[float64]int{0: 4, 1: 4, 2: 3, 3: 3, 4: 1, 7: 1, 8: 0} {
		if got := c.AtRisk(at); got != want {
			t.Errorf("AtRisk(%g) = %d, want %d", at, got, want)
		}
	}
	// One of the three at risk at 3: what is censored then still counts. 3/4 of 2/3 is one half.
	if got := c.At(3).Value; math.Abs(got-0.5) > 1e-15 {
		t.Errorf("S(3) = %g, want 0.5", got)
	}
	if c.rows[0].time != 1 {
		t.Errorf("rows are out of order: %v", c.rows)
	}
}

func TestRestrictedMean(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		in         []Observation
		limit      float64
		value, err float64
		known      bool
	}{
		{"6-MP to 35 weeks", sixMP, 35, 23.2874, 2.8275, true},
		{"placebo to 35 weeks", placebo, 35, 8.6667, 1.3774, true},
		{"6-MP to 23 weeks", sixMP, 23, 17.9092, 1.5532, true},
		{"placebo to 23 weeks", placebo, 23, 8.6667, 1.3774, true},
		{"6-MP beyond the data", sixMP, 36, 23.2874 + 0.4482, 2.9433, false},
		{"nothing happened", weeks(-5, -9), 4, 4, 0, true},
		{"empty", nil, 4, 0, 0, false},
		{"no limit", sixMP, math.Inf(1), 0, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := KaplanMeier(tt.in).RestrictedMean(tt.limit)
			if math.Abs(got.Value-tt.value) > 0.0001 || got.Known != tt.known {
				t.Errorf("mean = %g, known %t, want %g, %t", got.Value, got.Known, tt.value, tt.known)
			}
			if tt.known && math.Abs(got.StdErr-tt.err) > 0.00005 {
				t.Errorf("its error = %g, want %g", got.StdErr, tt.err)
			}
		})
	}
}

func TestPoints(t *testing.T) {
	t.Parallel()
	want := []Point{{0, 1, 1, 1}, {1, 0.5, 0.5 / math.Exp(z*math.Sqrt(0.5)), 1}, {2, 0, 0, 0.841886116991581}} // its upper end: Clopper and Pearson's of 0 of 2
	if diff := cmp.Diff(want, KaplanMeier(weeks(1, 2)).Points(100), within(1e-12)); diff != "" {
		t.Errorf("Points (-want +got):\n%s", diff)
	}
	if got := KaplanMeier(nil).Points(10); got != nil {
		t.Errorf("Points of nothing = %v", got)
	}
	want = []Point{{0, 1, 1, 1}, {8, 1, 0.025, 1}}
	if diff := cmp.Diff(want, KaplanMeier(weeks(-8)).Points(10)); diff != "" {
		t.Errorf("Points of one censored (-want +got):\n%s", diff)
	}
	many := KaplanMeier(randomObservations(5000, 7)).Points(50)
	if len(many) > 50 || many[0].Time != 0 {
		t.Errorf("%d points, from %g", len(many), many[0].Time)
	}
	for i := range many[1:] {
		if many[i].Time > many[i+1].Time || many[i].Survival < many[i+1].Survival {
			t.Errorf("points %d and %d are out of order: %v, %v", i, i+1, many[i], many[i+1])
		}
	}
}

func randomObservations(n int, seed uint64) []Observation {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]Observation, n)
	for i := range out {
		out[i] = Observation{Duration: math.Round(r.ExpFloat64() * 1000), Observed: r.Float64() < 0.8}
	}
	return out
}

// Without censoring S is the share that lasts longer, and with it the definition can be followed observation by observation.
func TestKaplanMeierFollowsItsDefinition(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		in := randomObservations(int(seed*seed)+1, seed)
		c := KaplanMeier(in)
		for _, at := range []float64{0, 1, 100, 500, 693, 1000, 3000} {
			want := 1.0
			for _, o := range in {
				if !o.Observed || o.Duration > at {
					continue
				}
				d, n := 0.0, 0.0
				for _, other := range in {
					if other.Duration >= o.Duration {
						n++
					}
					if other.Duration == o.Duration && other.Observed {
						d++
					}
				}
				want *= math.Pow(1-d/n, 1/d) // once for each of the d tied
			}
			if got := c.At(at).Value; math.Abs(got-want) > 1e-9 {
				t.Errorf("seed %d: S(%g) = %g, want %g", seed, at, got, want)
			}
		}
	}
}
