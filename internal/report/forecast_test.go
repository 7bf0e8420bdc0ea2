package report_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/askwell/askwell/internal/report"
)

// flows repeats four weeks out of one.
func flows(week ...report.Flow) (days []report.Flow) {
	for range 4 {
		days = append(days, week...)
	}
	return days
}

func TestForecast(t *testing.T) {
	t.Parallel()
	same := func(arrivals, responses int) []report.Flow {
		f := report.Flow{Arrivals: arrivals, Responses: responses}
		return flows(f, f, f, f, f, f, f)
	}
	for name, c := range map[string]struct {
		backlog int
		days    []report.Flow
		want    report.Forecast
	}{
		"nothing waits":      {0, same(10, 10), report.Forecast{Outlook: report.OutlookNothing}},
		"no history":         {5, nil, report.Forecast{Outlook: report.OutlookFew, Backlog: 5}},
		"hardly any answers": {5, append(make([]report.Flow, 27), report.Flow{Responses: 19}), report.Forecast{Outlook: report.OutlookFew, Backlog: 5}},
		// By hand: the variance is Poisson's, 9 a day; the standard error √(9/28) = 0.56695, times 2.0796 is 1.17902.
		"neither way": {50, same(9, 10), report.Forecast{
			Outlook: report.OutlookUncertain, Backlog: 50, Net: 1, Between: [2]float64{1 - 1.17902, 1 + 1.17902},
		}},
		"it grows": {50, same(9, 4), report.Forecast{
			Outlook: report.OutlookGrows, Backlog: 50, Net: -5, Between: [2]float64{-5 - 1.17902, -5 + 1.17902},
		}},
		// The roots of (36 - 1.39010) T² - (2·6·60 + 38.9226) T + 3600.
		"it clears": {60, same(9, 15), report.Forecast{
			Outlook: report.OutlookClears, Backlog: 60, Net: 6, Between: [2]float64{6 - 1.17902, 6 + 1.17902},
			Days: 10, Range: [2]float64{6.94005, 14.98785},
		}},
		// A weekend without answers is no accident: it adds nothing to the variance.
		"weekends": {60, flows(
			report.Flow{Arrivals: 9}, report.Flow{Arrivals: 9, Responses: 21}, report.Flow{Arrivals: 9, Responses: 21}, report.Flow{Arrivals: 9, Responses: 21},
			report.Flow{Arrivals: 9, Responses: 21}, report.Flow{Arrivals: 9, Responses: 21}, report.Flow{Arrivals: 9}), report.Forecast{
			Outlook: report.OutlookClears, Backlog: 60, Net: 6, Between: [2]float64{6 - 1.17902, 6 + 1.17902},
			Days: 10, Range: [2]float64{6.94005, 14.98785},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := report.NewForecast(c.backlog, c.days)
			if diff := cmp.Diff(c.want, got, cmpopts.EquateApprox(0, 1e-4)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// In worlds whose rates are known the day on which the backlog is gone lies within the range 95 times of a hundred, and the rate
// within its interval, weekends and crowded days included.
func TestForecastHoldsWhatItPromises(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(4, 28))
	for name, world := range map[string]struct {
		backlog             int
		arrivals, responses [7]float64
		spread              float64 // of days about their weekday's rate, as a share
	}{
		"steady":            {600, [7]float64{40, 40, 40, 40, 40, 40, 40}, [7]float64{60, 60, 60, 60, 60, 60, 60}, 0},
		"weekends off":      {1500, [7]float64{20, 50, 45, 45, 40, 40, 20}, [7]float64{0, 90, 90, 90, 90, 90, 0}, 0},
		"days of all kinds": {3000, [7]float64{60, 90, 90, 90, 90, 80, 60}, [7]float64{80, 150, 150, 150, 140, 130, 80}, 0.2},
	} {
		const worlds = 4000
		rate, day, told := 0, 0, 0
		truth := 0.0
		for i := range 7 {
			truth += (world.responses[i] - world.arrivals[i]) / 7
		}
		count := func(mean float64) int {
			return poisson(random, mean*max(1+world.spread*random.NormFloat64(), 0))
		}
		for range worlds {
			var days []report.Flow
			for i := range report.ForecastDays {
				days = append(days, report.Flow{Arrivals: count(world.arrivals[i%7]), Responses: count(world.responses[i%7])})
			}
			f := report.NewForecast(world.backlog, days)
			if f.Between[0] <= truth && truth <= f.Between[1] {
				rate++
			}
			if f.Outlook != report.OutlookClears {
				continue
			}
			told++
			left, gone := world.backlog, 0
			for ; left > 0 && gone < 10_000; gone++ {
				left += count(world.arrivals[gone%7]) - count(world.responses[gone%7])
			}
			if f.Range[0] <= float64(gone) && float64(gone) <= math.Ceil(f.Range[1]) { // gone is a whole day
				day++
			}
		}
		for what, share := range map[string]float64{"the rate": float64(rate) / worlds, "the day": float64(day) / float64(told)} {
			t.Logf("%s: %s is within its interval in %.1f %% of the worlds", name, what, 100*share)
			if share < 0.93 || share > 0.985 {
				t.Errorf("%s: %s is within its interval in %.1f %%, want 95", name, what, 100*share)
			}
		}
		if told < worlds*9/10 {
			t.Errorf("%s: a day is told in %d of %d worlds", name, told, worlds)
		}
	}
}

// poisson draws a number of events with this mean (Knuth's way, in pieces so that it never underflows).
func poisson(random *rand.Rand, mean float64) (n int) {
	for ; mean > 30; mean -= 30 {
		n += poisson(random, 30)
	}
	limit, product := math.Exp(-mean), random.Float64()
	for product > limit {
		n++
		product *= random.Float64()
	}
	return n
}
