package main

import (
	"math"
	"slices"
	"time"
)

// Spread is what several rounds gave.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

func spread(values ...float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return Spread{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Min: sorted[0], Max: sorted[n-1]}
}

// Times are percentiles in milliseconds.
type Times struct {
	P50 float64 `json:"p50_ms"`
	P95 float64 `json:"p95_ms"`
	P99 float64 `json:"p99_ms"`
}

// percentiles are by nearest rank: the smallest time that so many are no longer than.
func percentiles(times []time.Duration) Times {
	if len(times) == 0 {
		return Times{}
	}
	sorted := slices.Sorted(slices.Values(times))
	at := func(p float64) float64 {
		rank := int(math.Ceil(p * float64(len(sorted))))
		return float64(sorted[max(rank, 1)-1].Microseconds()) / 1000
	}
	return Times{P50: at(.50), P95: at(.95), P99: at(.99)}
}

// medianTimes takes the median of each percentile over rounds.
func medianTimes(rounds []Times) Times {
	pick := func(of func(Times) float64) float64 {
		var values []float64
		for _, t := range rounds {
			values = append(values, of(t))
		}
		return spread(values...).Median
	}
	return Times{
		P50: pick(func(t Times) float64 { return t.P50 }), P95: pick(func(t Times) float64 { return t.P95 }),
		P99: pick(func(t Times) float64 { return t.P99 }),
	}
}
